package transform

import (
	"path"
	"regexp"
	"strings"
)

// Braces that stand for themselves are kept as these letters of the private area until the text is rendered.
var literal = newRareReplacer([]string{"\xee\x80"}, "\ue000", "{{&lt;", "\ue001", "&gt;}}", "\ue002", "{{%", "\ue003", "%}}", "\ue004", "{{", "\ue005", "}}", "\ue006", "{%", "\ue007", "%}")

var (
	hugoEscaped = regexp.MustCompile(`(?s)\{\{([<%])/\*(.*?)\*/([>%])\}\}`)
	hugoTag     = regexp.MustCompile(`(?s)\{\{([<%])\s*(/?)\s*([A-Za-z0-9_./-]+)((?:"(?:[^"\\]|\\.)*"|` + "`[^`]*`" + `|[^"` + "`" + `])*?)\s*(/?)([>%])\}\}`)
	hugoArg     = regexp.MustCompile(`(?s)(?:([A-Za-z][A-Za-z0-9_-]*)\s*=\s*)?(?:"((?:[^"\\]|\\.)*)"|` + "`([^`]*)`" + `|([^\s"` + "`" + `]+))`)
)

// highlighted is code with its language, as shortcode or tag.
var highlighted = regexp.MustCompile(`(?s)\{(?:\{[<%]|%-?)\s*highlight\s+"?([A-Za-z0-9_+-]*)"?[^{}]*?[>%]\}\}?\n?(.*?)\n?\{(?:\{[<%]\s*/|%-?\s*end)\s*highlight\s*-?[>%]\}\}?`)

// hugoArgs are the arguments of a shortcode; those without a name have their number.
func hugoArgs(s string) map[string]string {
	args := map[string]string{}
	n := 0
	for _, m := range hugoArg.FindAllStringSubmatch(s, -1) {
		key := m[1]
		if key == "" {
			key = itoa(n)
			n++
		}
		args[key] = strings.ReplaceAll(m[2], `\"`, `"`) + m[3] + m[4]
	}
	return args
}

// shortcodesOfHugo fills in Hugo's own shortcodes. Others belong to the theme: their tags go and are told as losses by name; what
// stands between a pair of them stays. (https://gohugo.io/content-management/shortcodes/)
func (j *job) shortcodesOfHugo(s, field string) string {
	s = hugoEscaped.ReplaceAllStringFunc(s, func(m string) string {
		p := hugoEscaped.FindStringSubmatch(m)
		if p[1] == "<" {
			return "\ue000" + p[2] + "\ue001"
		}
		return "\ue002" + p[2] + "\ue003"
	})
	s = highlighted.ReplaceAllString(s, "\n```$1\n$2\n```\n")
	return j.hugoTags(s, field, 0)
}

func (j *job) hugoTags(s, field string, depth int) string {
	all := pair(tagsOf(s, hugoTag, func(p []string) *shortcode {
		return &shortcode{name: p[3], closing: p[2] != "", selfClosing: p[5] != "", arg: p[4], attrs: attrsOf(p[4])}
	}))
	var e edits
	for i := range all {
		t := &all[i]
		switch fill := hugoShortcodes[t.name]; {
		case t.start < e.at:
		case fill != nil && !t.closing:
			e.replace(s, t.start, t.end, fill(hugoArgs(t.arg)))
		case fill != nil:
			e.replace(s, t.start, t.end, "")
		default:
			j.foreign(&e, s, t, "shortcode:"+t.name, field, depth, func(content string) string { return j.hugoTags(content, field, depth+1) })
		}
	}
	return e.done(s)
}

// tagsOf yields what an expression finds in a text, as read makes it of the groups.
func tagsOf(s string, find *regexp.Regexp, read func(groups []string) *shortcode) func(yield func(*shortcode) bool) {
	return func(yield func(*shortcode) bool) {
		for _, m := range find.FindAllStringSubmatchIndex(s, -1) {
			groups := make([]string, 0, len(m)/2)
			for i := 0; i < len(m); i += 2 {
				groups = append(groups, s[max(m[i], 0):max(m[i+1], 0)])
			}
			sc := read(groups)
			if sc.start, sc.end = m[0], m[1]; !yield(sc) {
				return
			}
		}
	}
}

// attrsOf are a shortcode's arguments as attributes.
func attrsOf(s string) (all []attr) {
	for name, value := range hugoArgs(s) {
		all = append(all, attr{name: name, value: value})
	}
	return all
}

var hugoShortcodes = map[string]func(args map[string]string) string{
	"ref": pageRef, "relref": pageRef, "figure": hugoFigure,
	"youtube": func(a map[string]string) string {
		return frame("https://www.youtube.com/embed/", cmpOr(a["id"], a["0"]))
	},
	"vimeo": func(a map[string]string) string {
		return frame("https://player.vimeo.com/video/", cmpOr(a["id"], a["0"]))
	},
	"gist": func(a map[string]string) string { return linkTo("https://gist.github.com/" + a["0"] + "/" + a["1"]) },
	"instagram": func(a map[string]string) string {
		return linkTo("https://www.instagram.com/p/" + cmpOr(a["id"], a["0"]) + "/")
	},
	"tweet": tweet, "twitter": tweet, "x": tweet,
}

func frame(base, id string) string {
	return `<iframe src="` + escapeAttr(base+id) + `" width="560" height="315" allowfullscreen></iframe>`
}

func linkTo(address string) string {
	return `<a href="` + escapeAttr(address) + `">` + escapeHTML(address) + `</a>`
}

func tweet(a map[string]string) string {
	return linkTo("https://twitter.com/" + cmpOr(a["user"], "i") + "/status/" + cmpOr(a["id"], a["0"]))
}

// pageRef is the address under which a content file is indexed.
func pageRef(a map[string]string) string {
	at := cmpOr(a["path"], a["0"])
	file, fragment := cutFragment(at)
	if file == "" {
		return fragment
	}
	if path.Ext(file) == "" {
		return "/" + strings.Trim(file, "/") + "/" + fragment
	}
	return "/" + strings.TrimLeft(file, "/") + fragment
}

// hugoFigure writes the markup of Hugo's own figure.
func hugoFigure(a map[string]string) string {
	img := `<img src="` + escapeAttr(a["src"]) + `"`
	for _, key := range []string{"alt", "width", "height"} {
		if a[key] != "" {
			img += " " + key + `="` + escapeAttr(a[key]) + `"`
		}
	}
	img += ">"
	if a["link"] != "" {
		img = `<a href="` + escapeAttr(a["link"]) + `">` + img + "</a>"
	}
	caption := ""
	if a["title"] != "" {
		caption = "<h4>" + escapeHTML(a["title"]) + "</h4>"
	}
	if a["caption"] != "" {
		caption += "<p>" + escapeHTML(a["caption"]) + "</p>"
	}
	if caption != "" {
		caption = "<figcaption>" + caption + "</figcaption>"
	}
	return "<figure>" + img + caption + "</figure>"
}

var (
	liquidRaw     = regexp.MustCompile(`(?s)\{%-?\s*raw\s*-?%\}(.*?)\{%-?\s*endraw\s*-?%\}`)
	liquidComment = regexp.MustCompile(`(?s)\{%-?\s*comment\s*-?%\}.*?\{%-?\s*endcomment\s*-?%\}`)
	liquidTag     = regexp.MustCompile(`(?s)\{%-?\s*([A-Za-z_]+)\s*(.*?)\s*-?%\}`)
	liquidOut     = regexp.MustCompile(`(?s)\{\{-?\s*(.*?)\s*-?\}\}`)
	liquidPath    = regexp.MustCompile(`^["']([^"']*)["']\s*\|\s*(?:relative_url|absolute_url|url)$`)
	liquidBase    = regexp.MustCompile(`^site\.(?:baseurl|url)$`)
)

var keepBraces = strings.NewReplacer("{{", "\ue004", "}}", "\ue005", "{%", "\ue006", "%}", "\ue007")

// liquid fills in what is static: links to files and posts, addresses, code. Everything else is a program: it goes and is told by
// name. (https://jekyllrb.com/docs/liquid/tags/)
func (j *job) liquid(s, field string) string {
	s = liquidRaw.ReplaceAllStringFunc(s, func(m string) string { return keepBraces.Replace(liquidRaw.FindStringSubmatch(m)[1]) })
	s = highlighted.ReplaceAllString(s, "\n```$1\n$2\n```\n")
	s = liquidComment.ReplaceAllString(s, "")
	s = j.liquidTags(s, field, 0)
	var e edits
	for _, m := range liquidOut.FindAllStringSubmatchIndex(s, -1) {
		arg := s[m[2]:m[3]]
		if at := liquidPath.FindStringSubmatch(arg); at != nil {
			e.replace(s, m[0], m[1], at[1])
			continue
		}
		with := ""
		if !liquidBase.MatchString(arg) {
			c := &construct{tag: "liquid:output", field: field, text: s, start: m[0], end: m[1], attr: func(string) string { return arg }}
			if with, _ = j.instead(c); j.ctx.action(c.tag) == ActionKeepRaw {
				with = keepBraces.Replace(with)
			}
		}
		e.replace(s, m[0], m[1], with)
	}
	return e.done(s)
}

func (j *job) liquidTags(s, field string, depth int) string {
	all := pair(tagsOf(s, liquidTag, func(p []string) *shortcode {
		name, closing := strings.CutPrefix(p[1], "end")
		return &shortcode{name: name, closing: closing, arg: p[2], attrs: attrsOf(p[2])}
	}))
	var e edits
	for i := range all {
		t := &all[i]
		switch arg := strings.Trim(t.arg, `"'`); {
		case t.start < e.at:
		case t.name == "post_url":
			e.replace(s, t.start, t.end, "/_posts/"+strings.TrimPrefix(arg, "/")+".md")
		case t.name == "link":
			e.replace(s, t.start, t.end, "/"+strings.TrimLeft(arg, "/"))
		default:
			j.foreign(&e, s, t, "liquid:"+t.name, field, depth, func(content string) string { return j.liquidTags(content, field, depth+1) })
		}
	}
	return e.done(s)
}
