package folder

import (
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// slug is a text as it stands in addresses: lower case, letters and digits of all scripts, "-", "_" and "." between them.
func slug(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(strings.TrimSpace(s)) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.Is(unicode.M, r), r == '_', r == '.':
			b.WriteRune(r)
		default:
			if t := b.String(); t != "" && t[len(t)-1] != '-' {
				b.WriteByte('-')
			}
		}
	}
	return strings.Trim(b.String(), "-.")
}

// datedName is the name of a post: "2024-01-31-hello".
var datedName = regexp.MustCompile(`^(\d{4}-\d{1,2}-\d{1,2})-(.+)$`)

// undated stands in the name of a post that has no date: Jekyll wants one there.
const undated = "1970-01-01"

// place is what the path of a content file says by itself.
type place struct {
	// dir is the folder below the content, section its first part, name the file without date, language and ending.
	dir, section, name string
	date, language     string
	// index: "_index" of a section or "index" of a bundle.
	index string
	// collection of Jekyll: "posts" for _posts.
	collection string
	html       bool
}

func (c *config) placeOf(file string) place {
	rel := strings.TrimPrefix(strings.TrimPrefix(file, c.content), "/")
	p := place{dir: path.Dir(rel), html: !isMarkdown(file)}
	if p.dir == "." {
		p.dir = ""
	}
	base := strings.TrimSuffix(path.Base(rel), path.Ext(rel))
	for _, lang := range c.tongues.known() {
		if rest, ok := strings.CutSuffix(base, "."+lang); ok {
			base, p.language = rest, lang
		}
	}
	if c.flavour == jekyll {
		p.dir, p.collection = collectionOf(p.dir)
	}
	if m := datedName.FindStringSubmatch(base); m != nil && (c.flavour == eleventy || p.collection != "") {
		p.date, base = m[1], m[2]
	}
	p.section, _, _ = strings.Cut(p.dir, "/")
	p.name = base
	if base == "index" || base == "_index" {
		p.index, p.name = base, path.Base("/"+p.dir)
		if p.name == "/" {
			p.name = ""
		}
	}
	return p
}

// collectionOf takes the folder of a collection out of a path.
func collectionOf(dir string) (rest, collection string) {
	var kept []string
	for part := range strings.SplitSeq(dir, "/") {
		if collection == "" && strings.HasPrefix(part, "_") {
			collection = part[1:]
			continue
		}
		if part != "" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "/"), collection
}

func isMarkdown(file string) bool {
	switch strings.ToLower(path.Ext(file)) {
	case ".md", ".markdown", ".mkd", ".mdown":
		return true
	}
	return false
}

// addresses are the paths that a content file answers to, the public one first, without the site's prefix.
func (c *config) addresses(file string, front *doc, e *recordv1.Entry) []string {
	p := c.placeOf(file)
	public := c.public(p, front, e)
	all := []string{public, "/" + strings.TrimPrefix(strings.TrimPrefix(file, c.content), "/")}
	if c.content != "" {
		all = append(all, "/"+file)
	}
	return all
}

func (c *config) public(p place, front *doc, e *recordv1.Entry) string {
	switch c.flavour {
	case jekyll:
		return c.jekyllAddress(p, front, e)
	case eleventy:
		return or(c.chosen(front, ""), folderAddress(p.dir, p, p.name))
	}
	lang := ""
	if p.language != "" {
		lang = "/" + p.language
	}
	if at := c.chosen(front, lang); at != "" {
		return at
	}
	name := slug(or(e.GetSlug(), p.name))
	if pattern := c.permalinks[p.section]; pattern != "" && p.index != "_index" {
		return lang + c.expand(pattern, p, name, e)
	}
	return lang + strings.ToLower(folderAddress(hyphens(p.dir), p, name))
}

// chosen is the address that front matter itself names for Hugo and Eleventy; empty: none, or one that is computed. Hugo puts the language
// before one that does not begin at the root. (https://gohugo.io/content-management/urls/)
func (c *config) chosen(front *doc, lang string) string {
	at := plain(front.get(c.shape.address))
	if at == "false" {
		at = plain(front.get("url"))
	}
	if at == "" || strings.Contains(at, "{") || strings.Contains(at, "://") {
		return ""
	}
	if lang != "" && at[0] != '/' {
		at = lang + "/" + at
	}
	return rooted(at)
}

// termAddress is where the page of a term stands by itself; termAt looks at its front matter.
func termAddress(id string) string { return "/" + id + "/" }

func (c *config) termAt(id string, front *doc) string {
	return or(c.chosen(front, ""), termAddress(id))
}

// hyphens are the folders as Hugo writes them into addresses.
func hyphens(dir string) string { return strings.ReplaceAll(dir, " ", "-") }

func folderAddress(dir string, p place, name string) string {
	if p.index != "" {
		if p.index == "index" && name != "" && name != p.name {
			dir = path.Join(path.Dir(dir), name)
		}
		return rooted(path.Join("/", dir) + "/")
	}
	return rooted(path.Join("/", dir, name) + "/")
}

func rooted(p string) string {
	p = "/" + strings.TrimLeft(p, "/")
	return strings.ReplaceAll(p, "//", "/")
}

// jekyllStyles are Jekyll's names for patterns. (https://jekyllrb.com/docs/permalinks/)
var jekyllStyles = map[string]string{
	"date": "/:categories/:year/:month/:day/:title:output_ext", "pretty": "/:categories/:year/:month/:day/:title/", "ordinal": "/:categories/:year/:y_day/:title:output_ext",
	"weekdate": "/:categories/:year/W:week/:short_day/:title:output_ext", "none": "/:categories/:title:output_ext",
}

func (c *config) jekyllAddress(p place, front *doc, e *recordv1.Entry) string {
	pattern := plain(front.get("permalink"))
	style := c.permalinks[""]
	switch {
	case pattern != "":
	case p.collection == "posts" || p.collection == "drafts":
		pattern = style
	case p.collection != "":
		pattern = or(c.collection(p.collection), jekyllCollection)
	case p.index != "":
		return rooted(p.dir + "/")
	case style == "pretty" || strings.HasSuffix(style, "/"):
		return rooted(path.Join(p.dir, p.name) + "/")
	default:
		return rooted(path.Join(p.dir, p.name) + ".html")
	}
	return c.expand(or(jekyllStyles[pattern], pattern), p, slug(or(e.GetSlug(), p.name)), e)
}

var placeholder = regexp.MustCompile(`:[a-z_]+(?:\[[^\]]*\])?`)

// expand fills the placeholders of a pattern of Hugo or Jekyll.
func (c *config) expand(pattern string, p place, name string, e *recordv1.Entry) string {
	at := time.Unix(e.GetPublished().GetSeconds(), 0).In(time.FixedZone("", int(e.GetPublished().GetOffset())))
	year, week := at.ISOWeek()
	values := map[string]string{
		":year": at.Format("2006"), ":month": at.Format("01"), ":i_month": at.Format("1"), ":day": at.Format("02"), ":i_day": at.Format("2"), ":short_year": at.Format("06"),
		":monthname": at.Format("January"), ":weekday": strconv.Itoa(int(at.Weekday())), ":weekdayname": at.Format("Monday"), ":short_day": at.Format("Mon"),
		":yearday": strconv.Itoa(at.YearDay()), ":y_day": at.Format("002"), ":hour": at.Format("15"), ":minute": at.Format("04"), ":second": at.Format("05"),
		":week": two(week), ":w_year": strconv.Itoa(year), ":title": name, ":slug": name, ":slugorfilename": name, ":slugorcontentbasename": name, ":filename": p.name,
		":contentbasename": p.name, ":name": name, ":section": p.section, ":sections": p.dir, ":path": path.Join(p.dir, p.name), ":basename": p.name,
		":collection": p.collection, ":categories": c.categories(p, e), ":output_ext": ".html",
	}
	out := placeholder.ReplaceAllStringFunc(pattern, func(key string) string {
		key, _, _ = strings.Cut(key, "[")
		return values[key]
	})
	if c.flavour == hugo {
		out = strings.ToLower(out)
		if path.Ext(out) == "" {
			out += "/"
		}
	}
	for strings.Contains(out, "//") {
		out = strings.ReplaceAll(out, "//", "/")
	}
	return rooted(out)
}

func two(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

// categories are the folders that Jekyll puts before a post's name.
func (c *config) categories(p place, e *recordv1.Entry) string {
	all := []string{}
	if p.dir != "" {
		all = strings.Split(p.dir, "/")
	}
	for _, ref := range e.GetTerms() {
		if name, ok := strings.CutPrefix(ref.GetSourceId(), "categories/"); ok && !contains(all, name) {
			all = append(all, name)
		}
	}
	return strings.Join(all, "/")
}

func contains(all []string, s string) bool {
	for _, a := range all {
		if a == s {
			return true
		}
	}
	return false
}
