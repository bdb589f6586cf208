package wordpress

import (
	"context"
	"database/sql"
	"regexp"
	"sort"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// linker knows the addresses of records. It remembers the rows above those asked for.
type linker struct {
	s   *Site
	q   cmssql.Querier
	env *env
	// structure is that of permalinks, divided.
	structure []string
	posts     map[int64]*post
	terms     map[taxTerm]termNode
	names     map[int64]string
	// tts are rows of term_taxonomy that posts are related to.
	tts map[int64]relation
}

type taxTerm struct {
	taxonomy string
	id       int64
}

type termNode struct {
	slug   string
	parent int64
}

// maxRemembered bounds the linker's memory; maxTree the depth of a tree, against circles.
const (
	maxRemembered = 20000
	maxTree       = 100
)

func newLinker(s *Site, q cmssql.Querier, e *env) *linker {
	l := &linker{s: s, q: q, env: e, structure: structureOf(e.opts["permalink_structure"])}
	l.forget()
	return l
}

func (l *linker) forget() {
	l.posts, l.terms, l.names, l.tts = map[int64]*post{}, map[taxTerm]termNode{}, map[int64]string{}, map[int64]relation{}
}

// preload reads what the addresses of posts are made of: pages above, categories, authors.
func (l *linker) preload(ctx context.Context, posts []*post) error {
	if len(l.posts)+len(l.terms)+len(l.names)+len(l.tts) > maxRemembered {
		l.forget()
	}
	all := posts
	for level, front := 0, posts; len(front) > 0 && level < maxTree; level++ {
		var missing set
		for _, p := range front {
			if l.posts[p.parent] == nil && !isPending(p.parent) {
				missing.add(p.parent)
			}
		}
		above, err := l.light(ctx, missing.ids)
		if err != nil {
			return err
		}
		for _, p := range above {
			l.posts[p.id] = p
		}
		all, front = append(all[:len(all):len(all)], above...), above
	}
	if err := l.preloadCategories(ctx, posts, all[len(posts):]); err != nil {
		return err
	}
	return l.preloadAuthors(ctx, all)
}

// light reads posts without their texts.
func (l *linker) light(ctx context.Context, ids []int64) ([]*post, error) {
	all, ids := l.s.lately.find(ids)
	err := cmssql.EachIn(ctx, l.q, ids, func(r *sql.Rows) error {
		p := &post{}
		if err := r.Scan(&p.id, &p.parent, &p.author, &p.date, &p.status, &p.name, &p.kind); err != nil {
			return err
		}
		all = append(all, p)
		return nil
	}, l.s.sql("SELECT ID, post_parent, post_author, "+l.s.date("post_date")+", post_status, post_name, post_type FROM {posts} WHERE ID IN "), "")
	return all, err
}

func (l *linker) uses(tag string) bool {
	return strings.Contains(l.env.opts["permalink_structure"], tag)
}

func (l *linker) preloadCategories(ctx context.Context, posts, above []*post) error {
	if !l.uses("%category%") {
		return nil
	}
	if err := l.addTerms(ctx, above); err != nil {
		return err
	}
	want := set{}
	want.add(atoi(l.env.opts["default_category"]))
	for _, p := range append(posts[:len(posts):len(posts)], above...) {
		for _, t := range p.terms {
			if t.taxonomy == "category" {
				want.add(t.term)
			}
		}
	}
	return l.preloadTerms(ctx, want.ids)
}

// preloadTerms reads terms and all above them.
func (l *linker) preloadTerms(ctx context.Context, ids []int64) error {
	for level := 0; len(ids) > 0 && level < maxTree; level++ {
		var above set
		err := cmssql.EachIn(ctx, l.q, ids, func(r *sql.Rows) error {
			var k taxTerm
			var n termNode
			if err := r.Scan(&k.id, &k.taxonomy, &n.parent, &n.slug); err != nil {
				return err
			}
			l.terms[k] = n
			if _, known := l.terms[taxTerm{k.taxonomy, n.parent}]; !known {
				above.add(n.parent)
			}
			return nil
		}, l.s.sql("SELECT x.term_id, x.taxonomy, x.parent, t.slug FROM {term_taxonomy} x JOIN {terms} t ON t.term_id = x.term_id WHERE x.term_id IN "), "")
		if err != nil {
			return err
		}
		ids = above.ids
	}
	return nil
}

func (l *linker) preloadAuthors(ctx context.Context, posts []*post) error {
	if !l.uses("%author%") {
		return nil
	}
	var want set
	for _, p := range posts {
		if _, known := l.names[p.author]; !known {
			want.add(p.author)
		}
	}
	return cmssql.EachIn(ctx, l.q, want.ids, func(r *sql.Rows) error {
		var id int64
		var name string
		err := r.Scan(&id, &name)
		l.names[id] = name
		return err
	}, l.s.sql("SELECT ID, user_nicename FROM {users} WHERE ID IN "), "")
}

// plainPath is the address that always works.
func plainPath(p *post) string {
	switch p.kind {
	case "page":
		return "/?page_id=" + itoa(p.id)
	case "attachment":
		return "/?attachment_id=" + itoa(p.id)
	}
	return "/?p=" + itoa(p.id)
}

// postPath is the public address below home of a post that preload has seen.
func (l *linker) postPath(p *post) string {
	shown := p.status == "publish" || p.status == "private" || p.kind == "attachment"
	if !l.env.pretty() || !shown || p.name == "" {
		return plainPath(p)
	}
	switch p.kind {
	case "post":
		return l.datedPath(p)
	case "page":
		return l.env.slash(l.root() + l.tree(p))
	case "attachment":
		return l.attachmentPath(p)
	}
	if base, ok := l.env.bases[p.kind]; ok {
		return l.env.slash("/" + base + "/" + l.tree(p))
	}
	return plainPath(p)
}

// root is what addresses of pages begin with.
func (l *linker) root() string {
	if strings.HasPrefix(l.env.opts["permalink_structure"], "/index.php/") {
		return "/index.php/"
	}
	return "/"
}

// tree is the slugs of a post and of all above it.
func (l *linker) tree(p *post) string {
	path := p.name
	for range maxTree {
		above := l.posts[p.parent]
		if above == nil || above.kind != p.kind || above == p {
			break
		}
		path, p = above.name+"/"+path, above
	}
	return path
}

// settled says that no page above p still waits for its own parent: its address is final.
func (l *linker) settled(p *post) bool {
	for range maxTree {
		if isPending(p.parent) {
			return false
		}
		above := l.posts[p.parent]
		if above == nil || above == p {
			break
		}
		p = above
	}
	return true
}

func (l *linker) attachmentPath(p *post) string {
	above := l.posts[p.parent]
	if above == nil || above.kind == "attachment" {
		return l.env.slash(l.root() + p.name)
	}
	base := l.postPath(above)
	if strings.Contains(base, "?") {
		return plainPath(p)
	}
	if digits(p.name) || l.uses("%category%") {
		return l.env.slash(strings.TrimRight(base, "/") + "/attachment/" + p.name)
	}
	return l.env.slash(strings.TrimRight(base, "/") + "/" + p.name)
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// datedPath fills the permalink structure.
func (l *linker) datedPath(p *post) string {
	d := p.date
	if len(d) < len(sqlTime) {
		d = zeroTime
	}
	category := ""
	if l.uses("%category%") {
		category = l.categoryPath(p)
	}
	var b strings.Builder
	for i, part := range l.structure {
		if i%2 == 0 {
			b.WriteString(part)
			continue
		}
		switch part {
		case "%year%":
			b.WriteString(d[0:4])
		case "%monthnum%":
			b.WriteString(d[5:7])
		case "%day%":
			b.WriteString(d[8:10])
		case "%hour%":
			b.WriteString(d[11:13])
		case "%minute%":
			b.WriteString(d[14:16])
		case "%second%":
			b.WriteString(d[17:19])
		case "%postname%":
			b.WriteString(p.name)
		case "%post_id%":
			b.WriteString(itoa(p.id))
		case "%author%":
			b.WriteString(l.names[p.author])
		case "%category%":
			b.WriteString(category)
		}
	}
	return b.String()
}

var permalinkTag = regexp.MustCompile("%(?:year|monthnum|day|hour|minute|second|postname|post_id|author|category)%")

// structureOf divides a permalink structure: literal, tag, literal, …
func structureOf(structure string) []string {
	var parts []string
	end := 0
	for _, at := range permalinkTag.FindAllStringIndex(structure, -1) {
		parts = append(parts, structure[end:at[0]], structure[at[0]:at[1]])
		end = at[1]
	}
	return append(parts, structure[end:])
}

// categoryPath uses the category with the lowest term id and all above it. (get_permalink)
func (l *linker) categoryPath(p *post) string {
	var ids []int64
	for _, t := range p.terms {
		if t.taxonomy == "category" {
			ids = append(ids, t.term)
		}
	}
	if len(ids) == 0 {
		return l.termTree("category", atoi(l.env.opts["default_category"]))
	}
	sort.Slice(ids, func(i, j int) bool { return ids[i] < ids[j] })
	return l.termTree("category", ids[0])
}

// termTree is the slugs of a term and of all above it.
func (l *linker) termTree(taxonomy string, id int64) string {
	n := l.terms[taxTerm{taxonomy, id}]
	path := n.slug
	for range maxTree {
		above, ok := l.terms[taxTerm{taxonomy, n.parent}]
		if !ok || n.parent == 0 {
			break
		}
		path, n = above.slug+"/"+path, above
	}
	return path
}

// termPath is the address of a term's archive.
func (l *linker) termPath(taxonomy string, id int64, slug string) string {
	if base := l.termBase(taxonomy); base != "" && l.env.pretty() {
		return l.env.slash(base + "/" + l.termTree(taxonomy, id))
	}
	return plainTermPath(taxonomy, id, slug)
}

func (l *linker) termBase(taxonomy string) string {
	switch taxonomy {
	case "category":
		return l.optionBase("category_base", "category")
	case "post_tag":
		return l.optionBase("tag_base", "tag")
	}
	if base, ok := l.env.bases[taxonomy]; ok {
		return "/" + base
	}
	return ""
}

func (l *linker) optionBase(option, standard string) string {
	if b := strings.Trim(l.env.opts[option], "/"); b != "" {
		return "/" + b
	}
	return l.env.front() + standard
}

func plainTermPath(taxonomy string, id int64, slug string) string {
	switch taxonomy {
	case "category":
		return "/?cat=" + itoa(id)
	case "post_tag":
		return "/?tag=" + slug
	}
	return "/?" + taxonomy + "=" + slug
}

// idTermPath is the address that names a term by its term_id, which blocks do as well; empty: there is none.
func idTermPath(taxonomy string, id int64) string {
	switch taxonomy {
	case "category":
		return "/?cat=" + itoa(id)
	case "post_tag":
		return "/?tag_id=" + itoa(id)
	}
	return ""
}

// feedPath is the address of the feed of what stands at an address; nil: it has none. (get_feed_link, get_term_feed_link)
func (l *linker) feedPath(address string) []*agentv1.Path {
	at, query, asked := strings.Cut(address, "?")
	switch {
	case !l.env.pretty() && asked:
		return []*agentv1.Path{path(at+"?feed=rss2&"+query, record.FormFeed)}
	case !l.env.pretty():
		return []*agentv1.Path{path(at+"?feed=rss2", record.FormFeed)}
	case asked:
		return nil
	}
	return []*agentv1.Path{path(l.env.slash(strings.TrimSuffix(at, "/")+"/feed"), record.FormFeed)}
}

func (l *linker) authorPath(id int64, nicename string) string {
	if !l.env.pretty() {
		return "/?author=" + itoa(id)
	}
	return l.env.slash(l.env.front() + "author/" + nicename)
}
