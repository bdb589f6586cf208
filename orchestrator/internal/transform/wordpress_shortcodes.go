package transform

import (
	"html"
	"slices"
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// coreShortcodes are those that WordPress itself registers, rendered to canonical HTML.
var coreShortcodes = map[string]func(w *wpLift, sc *shortcode, content string) string{
	"caption": (*wpLift).caption, "wp_caption": (*wpLift).caption, "gallery": (*wpLift).gallery,
	"playlist": (*wpLift).playlist, "audio": (*wpLift).player, "video": (*wpLift).player,
	"embed": func(w *wpLift, sc *shortcode, content string) string {
		url := cmpOr(html.UnescapeString(strings.TrimSpace(content)), sc.get("src"))
		if url == "" {
			return ""
		}
		return w.embed(url, "")
	},
}

const maxShortcodeDepth = 5

// shortcodes renders the core's shortcodes. Of others the tags go and the content stays, and each is told as a loss; what only
// looks like one stays as it is.
func (w *wpLift) shortcodes(s string, depth int) string {
	if strings.IndexByte(s, '[') < 0 || depth > maxShortcodeDepth {
		return s
	}
	all := collect(s)
	code := codeRanges(s)
	var e edits
	for _, t := range all {
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
			e.replace(s, t.start, end, render(w, t.shortcode, w.shortcodes(content, depth+1)))
		case code.code(t.start) || !t.likely(s):
		default:
			e.replace(s, t.start, t.end, "")
			if !t.closing {
				w.lose("shortcode:"+t.name, w.field, 1)
			}
		}
	}
	return e.done(s)
}

// tagged is a shortcode with its closing tag.
type tagged struct {
	*shortcode
	closer *shortcode
	// paired says that a closing tag of the name follows or, for a closing tag, an opening one precedes.
	paired bool
}

// collect reads all tags and finds each one's closing tag, in one pass from behind.
func collect(s string) []tagged {
	var all []tagged
	for sc := range shortcodes(s) {
		all = append(all, tagged{shortcode: sc})
	}
	next, opened := map[string]*shortcode{}, map[string]bool{}
	for i := len(all) - 1; i >= 0; i-- {
		t := &all[i]
		switch {
		case t.closing:
			next[t.name] = t.shortcode
		case !t.selfClosing:
			// A later opening of the same name before the closing tag takes it: the platform pairs the nearest.
			t.closer, t.paired = next[t.name], next[t.name] != nil
			opened[t.name] = true
			delete(next, t.name)
		}
	}
	for i := range all {
		if all[i].closing {
			all[i].paired = opened[all[i].name]
		}
	}
	return all
}

// content is what stands between the tags, and where the whole ends.
func (t *tagged) content(s string) (string, int) {
	if t.closer == nil {
		return "", t.end
	}
	return s[t.end:t.closer.start], t.closer.end
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
	for _, t := range collect(s) {
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
func (w *wpLift) caption(sc *shortcode, content string) string {
	text := html.UnescapeString(sc.get("caption"))
	picture := strings.TrimSpace(content)
	if text == "" {
		if end := pictureEnd(picture); end > 0 {
			picture, text = picture[:end], strings.TrimSpace(picture[end:])
		}
	}
	if text == "" {
		return picture
	}
	class := ""
	if align := sc.get("align"); align == "alignleft" || align == "alignright" {
		class = ` class="` + align + `"`
	}
	return "<figure" + class + ">" + picture + "<figcaption>" + text + "</figcaption></figure>"
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
func (w *wpLift) gallery(sc *shortcode, _ string) string {
	ids := w.mediaIDs(cmpOr(sc.get("ids"), sc.get("include")))
	if len(ids) == 0 {
		w.lose("shortcode:"+sc.name, w.field, 1)
		return ""
	}
	var b strings.Builder
	b.WriteString(`<figure class="gallery">`)
	for _, t := range ids {
		b.WriteString(`<img src="` + t.String() + `" alt="">`)
	}
	b.WriteString("</figure>")
	return b.String()
}

// mediaIDs are the known media of a list with commas.
func (w *wpLift) mediaIDs(list string) (all []record.Token) {
	for id := range strings.SplitSeq(list, ",") {
		k := record.Key{Kind: recordv1.Kind_KIND_MEDIA, ID: strings.TrimSpace(id)}
		if k.ID != "" && w.linker.links != nil && w.linker.links.Known(k) {
			all = append(all, record.Token{Ref: k})
		}
	}
	return all
}

func (w *wpLift) playlist(sc *shortcode, _ string) string {
	ids := w.mediaIDs(cmpOr(sc.get("ids"), sc.get("include")))
	if len(ids) == 0 {
		w.lose("shortcode:"+sc.name, w.field, 1)
	}
	element := "audio"
	if sc.get("type") == "video" {
		element = "video"
	}
	var b strings.Builder
	for _, t := range ids {
		b.WriteString("<figure><" + element + ` controls src="` + t.String() + `"></` + element + "></figure>")
	}
	return b.String()
}

// mediaAttrs are the attributes that can name the file of [audio] and [video].
var mediaAttrs = []string{"src", "mp3", "mp4", "m4a", "m4v", "ogg", "ogv", "oga", "webm", "wav", "flac", "flv", "wmv", "wma"}

// player is [audio] or [video]; the address may also be the content.
func (w *wpLift) player(sc *shortcode, content string) string {
	src := ""
	for _, name := range mediaAttrs {
		src = cmpOr(src, sc.get(name))
	}
	if src = cmpOr(cmpOr(src, sc.arg), strings.TrimSpace(content)); src == "" || strings.ContainsAny(src, "<>\"") {
		w.lose("shortcode:"+sc.name, w.field, 1)
		return content
	}
	if sc.name == "video" && playerOf(src) != "" {
		return w.embed(src, "")
	}
	var b strings.Builder
	b.WriteString("<figure><" + sc.name + ` controls src="` + escapeAttr(html.UnescapeString(src)) + `"`)
	for _, name := range []string{"poster", "width", "height"} {
		if v := sc.get(name); v != "" && sc.name == "video" {
			b.WriteString(" " + name + `="` + escapeAttr(html.UnescapeString(v)) + `"`)
		}
	}
	b.WriteString("></" + sc.name + "></figure>")
	return b.String()
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
