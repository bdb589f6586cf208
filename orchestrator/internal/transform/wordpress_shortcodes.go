package transform

import (
	"html"
	"slices"
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// coreShortcodes are those that WordPress itself registers, rendered to canonical HTML; false: what they show is not in the record.
var coreShortcodes = map[string]func(w *wpLift, sc *shortcode, content string) (string, bool){
	"caption": (*wpLift).caption, "wp_caption": (*wpLift).caption, "gallery": (*wpLift).gallery,
	"playlist": (*wpLift).playlist, "audio": (*wpLift).player, "video": (*wpLift).player,
	"embed": func(w *wpLift, sc *shortcode, content string) (string, bool) {
		url := cmpOr(html.UnescapeString(strings.TrimSpace(content)), sc.get("src"))
		if url == "" {
			return "", true
		}
		return w.embed(url, ""), true
	},
}

const maxShortcodeDepth = 20

// shortcodes renders the core's shortcodes and sees to those of others; what only looks like one stays as it is.
func (w *wpLift) shortcodes(s string, depth int) string {
	if strings.IndexByte(s, '[') < 0 || depth > maxShortcodeDepth {
		return s
	}
	all := pair(shortcodes(s))
	code := codeRanges(s)
	var e edits
	for i := range all {
		t := &all[i]
		if t.start < e.at {
			continue
		}
		switch render := coreShortcodes[t.name]; {
		case code.script(t.start):
		case t.escaped:
			e.replace(s, t.start-1, t.end+1, s[t.start:t.end])
		case render != nil && t.closing:
			e.replace(s, t.start, t.end, "")
		case render != nil:
			content, end := t.content(s)
			content = w.shortcodes(content, depth+1)
			with, ok := render(w, t.shortcode, content)
			if !ok {
				c := &construct{tag: "shortcode:" + t.name, field: w.field, text: s, start: t.start, end: end, attr: t.get, nested: depth > 0,
					content: func() string { return content }}
				if other, ok := w.instead(c); ok {
					with = other
				}
			}
			e.replace(s, t.start, end, with)
		case code.code(t.start) || !t.likely(s):
		default:
			w.foreign(&e, s, t, "shortcode:"+t.name, w.field, depth, func(content string) string { return w.shortcodes(content, depth+1) })
		}
	}
	return e.done(s)
}

// likely says that a tag nobody here knows is a shortcode and no text in brackets.
func (t *tagged) likely(s string) bool {
	if len(t.name) > 64 || t.end < len(s) && s[t.end] == '(' {
		return false
	}
	return t.paired || t.selfClosing || len(t.attrs) > 0 || strings.IndexByte(t.name, '_') > 0
}

// shortcodeUnautop takes the paragraph away that autop put around a shortcode standing alone.
func shortcodeUnautop(s string) string {
	if strings.IndexByte(s, '[') < 0 {
		return s
	}
	var e edits
	for _, t := range pair(shortcodes(s)) {
		if t.start < e.at || t.closing || coreShortcodes[t.name] == nil && !t.likely(s) {
			continue
		}
		_, end := t.content(s)
		head := strings.TrimRight(s[:t.start], " \t\r\n")
		tail := strings.TrimLeft(s[end:], " \t\r\n")
		if strings.HasSuffix(head, "<p>") && strings.HasPrefix(tail, "</p>") {
			e.replace(s, len(head)-len("<p>"), len(s)-len(tail)+len("</p>"), s[t.start:end])
		}
	}
	return e.done(s)
}

// caption is a picture with its text: the picture with its link is what stands before the first text.
func (w *wpLift) caption(sc *shortcode, content string) (string, bool) {
	text := html.UnescapeString(sc.get("caption"))
	picture := strings.TrimSpace(content)
	if text == "" {
		if end := pictureEnd(picture); end > 0 {
			picture, text = picture[:end], strings.TrimSpace(picture[end:])
		}
	}
	if text == "" {
		return picture, true
	}
	class := ""
	if align := sc.get("align"); align == "alignleft" || align == "alignright" {
		class = ` class="` + align + `"`
	}
	return "<figure" + class + ">" + picture + "<figcaption>" + text + "</figcaption></figure>", true
}

// pictureEnd is where an <img>, with the <a> around it, ends at the start of s; 0: there is none.
func pictureEnd(s string) int {
	i := strings.Index(s, "<img")
	if i < 0 {
		return 0
	}
	end := i + tagBytes(s[i:])
	if rest := strings.TrimLeft(s[end:], " \r\n\t"); strings.HasPrefix(s, "<a") && strings.HasPrefix(rest, "</a>") {
		end = len(s) - len(rest) + len("</a>")
	}
	return end
}

// gallery shows the named pictures. One without names shows what is attached to the entry, which a text cannot tell.
func (w *wpLift) gallery(sc *shortcode, _ string) (string, bool) {
	ids := w.mediaIDs(cmpOr(sc.get("ids"), sc.get("include")))
	if len(ids) == 0 {
		return "", false
	}
	var b strings.Builder
	b.WriteString(`<figure class="gallery">`)
	for _, t := range ids {
		b.WriteString(`<img src="` + t.String() + `" alt="">`)
	}
	b.WriteString("</figure>")
	return b.String(), true
}

// mediaIDs are the known media of a list with commas; others are counted.
func (w *wpLift) mediaIDs(list string) (all []record.Token) {
	for id := range strings.SplitSeq(list, ",") {
		k := record.Key{Kind: recordv1.Kind_KIND_MEDIA, ID: strings.TrimSpace(id)}
		switch {
		case k.ID == "":
		case w.linker.links != nil && w.linker.links.Known(k):
			all = append(all, record.Token{Ref: k})
		default:
			w.lose("media_missing", w.field, 1)
		}
	}
	return all
}

func (w *wpLift) playlist(sc *shortcode, _ string) (string, bool) {
	ids := w.mediaIDs(cmpOr(sc.get("ids"), sc.get("include")))
	element := "audio"
	if sc.get("type") == "video" {
		element = "video"
	}
	var b strings.Builder
	for _, t := range ids {
		b.WriteString("<figure><" + element + ` controls src="` + t.String() + `"></` + element + "></figure>")
	}
	return b.String(), len(ids) > 0
}

// mediaAttrs are the attributes that can name the file of [audio] and [video].
var mediaAttrs = []string{"src", "mp3", "mp4", "m4a", "m4v", "ogg", "ogv", "oga", "webm", "wav", "flac", "flv", "wmv", "wma"}

// player is [audio] or [video]; the address may also be the content.
func (w *wpLift) player(sc *shortcode, content string) (string, bool) {
	src := ""
	for _, name := range mediaAttrs {
		src = cmpOr(src, sc.get(name))
	}
	if src = cmpOr(cmpOr(src, sc.arg), strings.TrimSpace(content)); src == "" || strings.ContainsAny(src, "<>\"") {
		return content, false
	}
	if sc.name == "video" && playerOf(src) != "" {
		return w.embed(src, ""), true
	}
	var b strings.Builder
	b.WriteString("<figure><" + sc.name + ` controls src="` + escapeAttr(html.UnescapeString(src)) + `"`)
	for _, name := range []string{"poster", "width", "height"} {
		if v := sc.get(name); v != "" && sc.name == "video" {
			b.WriteString(" " + name + `="` + escapeAttr(html.UnescapeString(v)) + `"`)
		}
	}
	b.WriteString("></" + sc.name + "></figure>")
	return b.String(), true
}

// ranges of a text in order; questions must ascend.
type ranges struct {
	spans []span
	at    int
}

type span struct {
	start, end int
	script     bool
}

func (r *ranges) find(i int) *span {
	for r.at < len(r.spans) && r.spans[r.at].end <= i {
		r.at++
	}
	if r.at < len(r.spans) && r.spans[r.at].start <= i {
		return &r.spans[r.at]
	}
	return nil
}

func (r *ranges) script(i int) bool { s := r.find(i); return s != nil && s.script }

func (r *ranges) code(i int) bool { return r.find(i) != nil }

// codeRanges are the elements whose text is code or script, outermost only.
func codeRanges(s string) *ranges {
	r := &ranges{}
	var open []string
	for at := 0; ; {
		i := strings.IndexByte(s[at:], '<')
		if i < 0 {
			return r
		}
		at += i
		name := codeElement(s[at:])
		if name == "" || slices.Contains(open, name) {
			at++
			continue
		}
		end := strings.Index(s[at:], "</"+name)
		if end < 0 {
			// Not closed, so no later one of the name is either.
			open = append(open, name)
			at++
			continue
		}
		r.spans = append(r.spans, span{at, at + end, name == "script" || name == "style"})
		at += end
	}
}

func codeElement(s string) string {
	for _, name := range []string{"script", "style", "pre", "code", "textarea", "kbd"} {
		if strings.HasPrefix(s[1:], name) && len(s) > len(name)+1 && strings.IndexByte(" >\t\r\n", s[len(name)+1]) >= 0 {
			return name
		}
	}
	return ""
}
