//go:build accept

package e2e

import (
	"crypto/sha256"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// names calls the records of one site by names that both sites of a move share, so that texts can be compared without
// ids and addresses. It is written apart from the orchestrator's own rewriting, to judge it.
type names struct {
	home  string
	posts map[int]string
	terms map[int]string
	users map[int]string
	notes map[int]string
	paths map[string]string
}

func newNames(home string) *names {
	return &names{strings.TrimRight(home, "/"), map[int]string{}, map[int]string{}, map[int]string{}, map[int]string{}, map[string]string{}}
}

// nameSites names the records of a site. ambiguous holds the guids that need the title beside them.
func nameSite(d *wpDump, ambiguous map[string]bool) *names {
	n := newNames(d.Home)
	for _, list := range [][]*wpPost{d.Posts, d.Media, d.Revisions} {
		for _, p := range list {
			n.posts[p.ID] = postName(p, ambiguous)
			n.path(p.Permalink, n.posts[p.ID])
		}
	}
	for _, m := range d.Media {
		n.path(m.URL, "file of "+n.posts[m.ID])
		if s, ok := m.OriginalURL.(string); ok && s != m.URL {
			n.path(s, "original of "+n.posts[m.ID])
		}
		for _, s := range m.Sizes {
			if s.URL != m.URL {
				n.path(s.URL, fmt.Sprintf("%dx%d of %s", s.Width, s.Height, n.posts[m.ID]))
			}
		}
	}
	for _, t := range d.Terms {
		n.terms[t.TermID] = t.Taxonomy + ":" + t.Slug
		n.path(t.Link, n.terms[t.TermID])
	}
	for _, u := range d.Users {
		n.users[u.ID] = "user:" + u.Login
		n.path(u.PostsURL, n.users[u.ID])
	}
	for _, c := range d.Comments {
		n.notes[c.ID] = fmt.Sprintf("%s|%s|%s|%.40s", n.post(c.PostID), c.DateGMT, c.Author, c.Content)
	}
	return n
}

// postName is made of what a move must keep; hashed, so that no address stands in a name.
func postName(p *wpPost, ambiguous map[string]bool) string {
	key := p.GUID
	switch {
	case p.Type == "revision":
		key = p.ModifiedGMT + "|" + p.Title + "|" + p.Slug[strings.IndexByte(p.Slug, '-')+1:] + "|" + p.Content
	case ambiguous[p.GUID]:
		key += "|" + p.Title + "|" + p.Date
	}
	return fmt.Sprintf("%s %x", p.Type, sha256.Sum256([]byte(key)))[:len(p.Type)+13]
}

// ambiguousGUIDs are those that several posts of the source share.
func ambiguousGUIDs(d *wpDump) map[string]bool {
	seen, twice := map[string]bool{}, map[string]bool{}
	for _, list := range [][]*wpPost{d.Posts, d.Media} {
		for _, p := range list {
			twice[p.GUID] = twice[p.GUID] || seen[p.GUID]
			seen[p.GUID] = true
		}
	}
	return twice
}

func (n *names) path(address, name string) {
	u, err := url.Parse(address)
	if err != nil || address == "" || !strings.HasPrefix(address, n.home) || u.RawQuery != "" || strings.Trim(u.Path, "/") == "" {
		return
	}
	key := strings.Trim(u.Path, "/")
	if _, taken := n.paths[key]; !taken {
		n.paths[key] = name
	}
}

func lookup(m map[int]string, id int) string {
	if id == 0 {
		return ""
	}
	if s, ok := m[id]; ok {
		return s
	}
	return "#" + strconv.Itoa(id)
}

func (n *names) post(id int) string { return lookup(n.posts, id) }
func (n *names) term(id int) string { return lookup(n.terms, id) }
func (n *names) user(id int) string { return lookup(n.users, id) }
func (n *names) note(id int) string { return lookup(n.notes, id) }

var (
	relative = regexp.MustCompile(`((?:href|src|action|poster)=["'])(/[^/"'][^"']*)`)
	idForms  = regexp.MustCompile(`(wp-image-|wp-att-|attachment_|data-id="|"(?:id|ref|mediaId|postId|parentId|pageId)":\s*)(\d+)\b`)
	idLists  = regexp.MustCompile(`((?:\bids|\binclude|\bexclude)=["']?|"ids":\s*\[)([\d,\s"]+)`)
	termIDs  = regexp.MustCompile(`("(?:categories|category|post_tag|genre|isbn_tag|categoryIds|tagIds)":\s*(?:"|\[))([\d,\s]+)`)
	digits   = regexp.MustCompile(`\d+`)
	address  = regexp.MustCompile(`^/[^\s"'<>\)\]\\]*`)
)

// text replaces the site's addresses and ids in a text by names.
func (n *names) text(s string) string {
	s = relative.ReplaceAllStringFunc(s, func(m string) string {
		p := relative.FindStringSubmatch(m)
		if name, known := n.address(p[2]); known {
			return p[1] + name
		}
		return m
	})
	s = n.absolute(s)
	s = idForms.ReplaceAllStringFunc(s, func(m string) string {
		p := idForms.FindStringSubmatch(m)
		id, err := strconv.Atoi(p[2])
		if err != nil || n.posts[id] == "" {
			return m
		}
		return p[1] + "⟦" + n.posts[id] + "⟧"
	})
	return listed(termIDs, listed(idLists, s, n.posts), n.terms)
}

// listed replaces the ids in the lists that a pattern finds.
func listed(lists *regexp.Regexp, s string, names map[int]string) string {
	return lists.ReplaceAllStringFunc(s, func(m string) string {
		p := lists.FindStringSubmatch(m)
		return p[1] + digits.ReplaceAllStringFunc(p[2], func(d string) string {
			if id, err := strconv.Atoi(d); err == nil && names[id] != "" {
				return "⟦" + names[id] + "⟧"
			}
			return d
		})
	})
}

// absolute replaces addresses that begin with the site's home, with or without JSON's escaped slashes.
func (n *names) absolute(s string) string {
	for _, home := range []string{n.home, strings.Replace(n.home, "http:", "HTTP:", 1), strings.Replace(n.home, "http:", "https:", 1), strings.Replace(n.home, "http:", "", 1)} {
		var b strings.Builder
		for {
			i := strings.Index(s, home)
			if i < 0 {
				break
			}
			b.WriteString(s[:i])
			s = s[i+len(home):]
			path := address.FindString(s)
			name, _ := n.address(path)
			b.WriteString(name)
			s = s[len(path):]
		}
		b.WriteString(s)
		s = b.String()
	}
	return s
}

// address names what a path of the site leads to; known is false when it leads to no record.
func (n *names) address(path string) (name string, known bool) {
	plain, fragment, _ := strings.Cut(path, "#")
	if fragment != "" {
		fragment = "#" + fragment
	}
	p, query, _ := strings.Cut(plain, "?")
	if strings.Trim(p, "/") == "" && query != "" {
		if name := n.query(query); name != "" {
			return "⟦" + name + "⟧" + fragment, true
		}
	}
	if query != "" {
		query = "?" + query
	}
	decoded, err := url.PathUnescape(strings.Trim(p, "/"))
	if err != nil {
		decoded = strings.Trim(p, "/")
	}
	if name, ok := n.paths[decoded]; ok {
		return "⟦" + name + "⟧" + query + fragment, true
	}
	return "⟦home⟧" + p + query + fragment, false
}

// query names the record of a plain address like ?p=12.
func (n *names) query(q string) string {
	values, err := url.ParseQuery(strings.ReplaceAll(strings.ReplaceAll(q, "&amp;", "&"), "&#038;", "&"))
	if err != nil || len(values) != 1 {
		return ""
	}
	for _, k := range []string{"p", "page_id", "attachment_id"} {
		if id, err := strconv.Atoi(values.Get(k)); err == nil {
			return n.posts[id]
		}
	}
	if id, err := strconv.Atoi(values.Get("cat")); err == nil {
		return n.terms[id]
	}
	return ""
}
