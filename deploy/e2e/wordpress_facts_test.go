//go:build accept

package e2e

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// factList gathers the facts of a record.
type factList []fact

func (l *factList) add(field, path string, value any) {
	switch v := value.(type) {
	case nil:
		*l = append(*l, fact{field, path, ""})
	case string:
		*l = append(*l, fact{field, path, v})
	default:
		*l = append(*l, fact{field, path, fmt.Sprint(v)})
	}
}

// pathOf is an address without its host, so that it can be compared between sites.
func pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	if u.RawQuery != "" {
		return "(plain)"
	}
	return u.Path
}

// postFacts are the facts of a post, page, attachment or revision.
func postFacts(n *names, p *wpPost) factList {
	var l factList
	l.add("type", "type", p.Type)
	l.add("status", "status", p.Status)
	l.add("title", "title", p.Title)
	l.add("slug", "slug", p.Slug)
	l.add("guid", "guid", p.GUID)
	l.add("author", "authors", n.user(p.AuthorID))
	l.add("date", "published", p.Date)
	l.add("date_gmt", "published", p.DateGMT)
	l.add("modified", "modified", p.Modified)
	l.add("modified_gmt", "modified", p.ModifiedGMT)
	l.add("excerpt", "excerpt", n.text(p.Excerpt))
	l.add("content", "content", n.text(p.Content))
	l.add("password", "password", p.Password)
	l.add("comment_status", "comments", p.CommentStatus)
	l.add("ping_status", "pings", p.PingStatus)
	l.add("parent", "parent", n.post(p.Parent))
	l.add("menu_order", "position", p.MenuOrder)
	l.add("mime_type", "mime", p.MimeType)
	l.add("comment_count", "comment_count", p.CommentCount)
	l.add("sticky", "featured", p.Sticky)
	l.add("format", "format", p.Format)
	l.add("featured_image", "image", n.post(p.FeaturedImage))
	l.add("template", "template", p.Template)
	l.add("terms", "terms", postTerms(n, p))
	if !strings.Contains(p.Permalink, "?") {
		l.add("permalink", "slug", pathOf(p.Permalink))
	}
	l.meta(n, p.Meta, "fields.", "_thumbnail_id")
	return l
}

func postTerms(n *names, p *wpPost) string {
	var all []string
	for _, t := range p.Terms {
		all = append(all, n.term(t.TermID))
	}
	sort.Strings(all)
	return strings.Join(all, ", ")
}

// meta adds one fact per meta key: all its stored strings in order.
func (l *factList) meta(n *names, meta []wpMeta, path string, except ...string) {
	order, values := []string{}, map[string][]string{}
	for _, m := range meta {
		if _, ok := values[m.Key]; !ok {
			order = append(order, m.Key)
		}
		if id, err := strconv.Atoi(fmt.Sprint(m.Raw)); err == nil && m.Key == "_yoast_wpseo_primary_category" && n != nil {
			m.Raw = n.term(id)
		} else if err == nil && strings.HasSuffix(m.Key, imageID) && n != nil {
			m.Raw = n.post(id)
		}
		values[m.Key] = append(values[m.Key], fmt.Sprintf("%T:%s", m.Raw, stored(n, m.Raw)))
	}
	for _, k := range order {
		if !contains(except, k) && !follows(values, k) {
			at := path + k
			if seo := yoastPath[k]; seo != "" {
				at = seo
			}
			l.add("meta."+k, at, strings.Join(values[k], "\x00"))
		}
	}
}

// imageID ends the keys under which Yoast notes the id of a picture whose address it keeps under the key without it.
const imageID = "-image-id"

// follows says that a key holds nothing but the id of the picture whose address stands beside it: Yoast adds it by itself.
func follows(values map[string][]string, key string) bool {
	address := values[strings.TrimSuffix(key, "-id")]
	if !strings.HasSuffix(key, imageID) || len(address) != 1 || len(values[key]) != 1 {
		return false
	}
	_, name, _ := strings.Cut(values[key][0], ":")
	return name != "" && strings.Contains(address[0], name)
}

// yoastPath says in which field of a record the meta keys of Yoast travel.
var yoastPath = map[string]string{
	"_yoast_wpseo_title": "seo.title", "_yoast_wpseo_metadesc": "seo.description", "_yoast_wpseo_focuskw": "seo.focus_keyword",
	"_yoast_wpseo_canonical": "seo.canonical_url", "_yoast_wpseo_opengraph-image": "seo.og_image", "_yoast_wpseo_opengraph-title": "seo.og_title",
}

var lengths = regexp.MustCompile(`\bs:\d+:"`)

// stored is a stored string with addresses replaced by names; a serialized string's length follows its address.
func stored(n *names, raw any) string {
	s := fmt.Sprint(raw)
	if n == nil || !strings.Contains(s, n.home) {
		return s
	}
	return lengths.ReplaceAllString(n.absolute(s), `s:N:"`)
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// mediaPath turns the path of an entry's field into that of a media record.
var mediaPath = map[string]string{"content": "description", "excerpt": "caption", "published": "created", "authors": "author", "parent": "attached_to"}

// mediaFacts are the facts of an attachment, its files included.
func mediaFacts(n *names, m *wpPost) factList {
	l := postFacts(n, m)
	for i, f := range l {
		if p, ok := mediaPath[f.path]; ok {
			l[i].path = p
		}
	}
	l = without(l, "meta._wp_attachment_image_alt", "meta._wp_attached_file")
	l.add("alt", "alt", m.Alt)
	l.add("attached_file", "files", m.AttachedFile)
	l.add("url", "files", pathOf(m.URL))
	l.add("bytes", "files", m.Bytes)
	l.add("sha256", "files", m.SHA256)
	l.add("width", "width", m.Width)
	l.add("height", "height", m.Height)
	for name, s := range m.Sizes {
		l.add("size."+name, "files", fmt.Sprintf("%dx%d %s", s.Width, s.Height, pathOf(s.URL)))
	}
	if s, ok := m.OriginalURL.(string); ok {
		l.add("original", "files", pathOf(s))
	}
	return l
}

func without(l factList, fields ...string) factList {
	var kept factList
	for _, f := range l {
		if !contains(fields, f.field) {
			kept = append(kept, f)
		}
	}
	return kept
}

func userFacts(n *names, u *wpUser) factList {
	var l factList
	l.add("login", "login", u.Login)
	l.add("nicename", "slug", u.Nicename)
	l.add("email", "email", u.Email)
	l.add("url", "url", u.URL)
	l.add("registered", "registered", u.Registered)
	l.add("display_name", "display_name", u.DisplayName)
	l.add("first_name", "first_name", u.FirstName)
	l.add("last_name", "last_name", u.LastName)
	l.add("nickname", "nickname", u.Nickname)
	l.add("description", "bio", u.Description)
	l.add("roles", "roles", strings.Join(u.Roles, ","))
	l.add("caps", "capabilities", canonJSON(u.Caps))
	l.add("posts_url", "slug", pathOf(u.PostsURL))
	l.add("post_count", "post_count", u.PostCount)
	l.meta(n, u.Meta, "fields.", "first_name", "last_name", "nickname", "description", "wp_capabilities")
	return l
}

func canonJSON(raw json.RawMessage) string {
	m := map[string]any{}
	if json.Unmarshal(raw, &m) != nil {
		return "{}"
	}
	b, err := json.Marshal(m)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// termFacts are the facts of a term; count and objects are given, because the target may have had some before.
func termFacts(n *names, t *wpTerm, count int, objects string) factList {
	var l factList
	l.add("taxonomy", "taxonomy", t.Taxonomy)
	l.add("name", "name", t.Name)
	l.add("slug", "slug", t.Slug)
	l.add("parent", "parent", n.term(t.Parent))
	l.add("description", "description", n.text(t.Description))
	l.add("count", "count", count)
	l.add("objects", "objects", objects)
	l.add("link", "slug", pathOf(t.Link))
	var above []string
	for _, a := range t.Ancestors {
		above = append(above, n.term(a))
	}
	l.add("ancestors", "parent", strings.Join(above, " < "))
	l.meta(n, t.Meta, "fields.")
	return l
}

func commentFacts(n *names, c *wpComment) factList {
	var l factList
	l.add("post", "entry", n.post(c.PostID))
	l.add("parent", "parent", n.note(c.Parent))
	l.add("user", "user", n.user(c.UserID))
	l.add("type", "type", c.Type)
	l.add("approved", "status", c.Approved)
	l.add("author", "author_name", c.Author)
	l.add("author_email", "author_email", c.AuthorEmail)
	l.add("author_url", "author_url", n.text(c.AuthorURL))
	l.add("author_ip", "author_ip", c.AuthorIP)
	l.add("agent", "agent", c.Agent)
	l.add("karma", "karma", c.Karma)
	l.add("date", "created", c.Date)
	l.add("date_gmt", "created", c.DateGMT)
	l.add("content", "content", n.text(c.Content))
	l.meta(n, c.Meta, "fields.")
	return l
}

// menuFacts are the facts of a menu and its items, items named by their place.
func menuFacts(n *names, m *wpMenu) factList {
	var l factList
	l.add("name", "name", m.Name)
	l.add("slug", "slug", m.Slug)
	l.add("locations", "locations", strings.Join(m.Locations, ","))
	l.add("items", "items", len(m.Items))
	place := map[int]int{}
	for i, it := range m.Items {
		place[it.ID] = i + 1
		l.item(n, "item"+strconv.Itoa(i+1), it, place)
	}
	return l
}

func (l *factList) item(n *names, at string, it *wpMenuItem, place map[int]int) {
	object := n.post(it.ObjectID)
	if it.Type == "taxonomy" {
		object = n.term(it.ObjectID)
	}
	if it.Type == "custom" || it.Type == "post_type_archive" {
		object = ""
	}
	parent := ""
	if it.Parent != 0 {
		parent = "item" + strconv.Itoa(place[it.Parent])
	}
	l.add(at+".parent", "items.parent_id", parent)
	l.add(at+".order", "items.position", it.Order)
	l.add(at+".type", "items.type", it.Type)
	l.add(at+".object", "items.object", it.Object)
	l.add(at+".object_id", "items.target", object)
	l.add(at+".title", "items.title", it.Title)
	l.add(at+".url", "items.url", n.text(it.URL))
	l.add(at+".target", "items.window", it.Target)
	l.add(at+".classes", "items.classes", strings.Join(it.Classes, " "))
	l.add(at+".xfn", "items.xfn", it.XFN)
	l.add(at+".attr_title", "items.title_attr", it.AttrTitle)
	l.add(at+".description", "items.description", it.Description)
	l.add(at+".status", "items.hidden", it.Status)
	l.add(at+".invalid", "items.target", it.Invalid)
}
