package wordpress

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// post is one row of the table posts.
type post struct {
	id, author, parent, order            int64
	date, dateGMT, modified, modifiedGMT string
	content, title, excerpt, filtered    string
	status, comments, pings, password    string
	name, guid, kind, mime               string
	size                                 int64
	meta                                 metaRows
	terms                                []relation
}

// relation is one term of a post.
type relation struct {
	tt, term, order int64
	taxonomy, slug  string
}

func (s *Site) postColumns(brief bool) string {
	content, size := fmt.Sprintf("CASE WHEN %s > %d THEN '' ELSE post_content END", s.bytes("post_content"), rowMax), s.bytes("post_content")
	if brief {
		content, size = "''", "0"
	}
	return fmt.Sprintf("ID, post_author, post_parent, menu_order, %s, %s, %s, %s, %s, post_title, post_excerpt, post_status, comment_status, ping_status, post_password, "+
		"post_name, guid, post_type, post_mime_type, CASE WHEN post_content_filtered = '' THEN '' ELSE 'x' END, %s",
		s.date("post_date"), s.date("post_date_gmt"), s.date("post_modified"), s.date("post_modified_gmt"), content, size+"+"+s.bytes("post_excerpt"))
}

func scanPost(r *sql.Rows) (*post, error) {
	p := &post{}
	return p, r.Scan(&p.id, &p.author, &p.parent, &p.order, &p.date, &p.dateGMT, &p.modified, &p.modifiedGMT, &p.content, &p.title, &p.excerpt,
		&p.status, &p.comments, &p.pings, &p.password, &p.name, &p.guid, &p.kind, &p.mime, &p.filtered, &p.size)
}

// postHint makes MySQL walk the primary key, which is the reading order, rather than sort what another index gives.
func (s *Site) postHint(order string) string {
	if s.db.Dialect() == cmssql.MySQL && order != "" {
		return " FORCE INDEX (PRIMARY)"
	}
	return ""
}

func (s *Site) loadPosts(ctx context.Context, q cmssql.Querier, sc scope, brief bool) ([]*post, error) {
	rows, err := q.Query(ctx, s.sql("SELECT "+s.postColumns(brief)+" FROM {posts}"+s.postHint(sc.order)+" WHERE "+sc.where+sc.order), sc.args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var all []*post
	for size := int64(0); size < pageBytes && rows.Next(); {
		p, err := scanPost(rows)
		if err != nil {
			return nil, err
		}
		size += min(p.size, rowMax)
		all = append(all, p)
	}
	return all, rows.Err()
}

// addPostMeta cuts the page where custom fields would make it too large, then loads them.
func (s *Site) addPostMeta(ctx context.Context, q cmssql.Querier, posts []*post) ([]*post, error) {
	meta, sizes, ok, err := s.usualMeta(ctx, q, postMeta, idsOf(posts))
	if !ok && err == nil {
		return s.addLargeMeta(ctx, q, posts)
	}
	for _, p := range posts {
		p.meta = meta[p.id]
		p.size += sizes[p.id]
	}
	return posts, err
}

// addLargeMeta looks how large custom fields are before it reads them.
func (s *Site) addLargeMeta(ctx context.Context, q cmssql.Querier, posts []*post) ([]*post, error) {
	sizes, err := s.metaSizes(ctx, q, postMeta, idsOf(posts))
	if err != nil {
		return nil, err
	}
	var load []int64
	total := int64(0)
	for i, p := range posts {
		p.size += sizes[p.id]
		if p.size > rowMax {
			continue
		}
		if total += sizes[p.id]; total > pageBytes && len(load) > 0 {
			posts = posts[:i]
			break
		}
		load = append(load, p.id)
	}
	meta, err := s.sizedMeta(ctx, q, postMeta, load)
	for _, p := range posts {
		p.meta = meta[p.id]
	}
	return posts, err
}

func idsOf(posts []*post) []int64 {
	ids := make([]int64, len(posts))
	for i, p := range posts {
		ids[i] = p.id
	}
	return ids
}

// addTerms relates posts to their terms, in WordPress's order.
func (l *linker) addTerms(ctx context.Context, posts []*post) error {
	by := make(map[int64]*post, len(posts))
	for _, p := range posts {
		by[p.id] = p
	}
	var missing set
	err := eachOwned(ctx, l.q, idsOf(posts), func(r *sql.Rows) error {
		var object int64
		var t relation
		if err := r.Scan(&object, &t.tt, &t.order); err != nil || by[object] == nil {
			return err
		}
		if _, known := l.tts[t.tt]; !known {
			missing.add(t.tt)
		}
		by[object].terms = append(by[object].terms, t)
		return nil
	}, l.s.sql("SELECT object_id, term_taxonomy_id, term_order FROM {term_relationships} WHERE "), "object_id", "")
	if err != nil {
		return err
	}
	if err := l.loadNames(ctx, missing.ids); err != nil {
		return err
	}
	for _, p := range by {
		l.nameTerms(p)
	}
	return nil
}

// loadNames remembers what rows of term_taxonomy are called.
func (l *linker) loadNames(ctx context.Context, tts []int64) error {
	return cmssql.EachIn(ctx, l.q, tts, func(r *sql.Rows) error {
		var t relation
		err := r.Scan(&t.tt, &t.term, &t.taxonomy, &t.slug)
		l.tts[t.tt] = t
		return err
	}, l.s.sql("SELECT x.term_taxonomy_id, t.term_id, x.taxonomy, t.slug FROM {term_taxonomy} x JOIN {terms} t ON t.term_id = x.term_id WHERE x.term_taxonomy_id IN "), "")
}

// nameTerms completes and sorts a post's relations; those to no term, to link categories and to what a plugin keeps languages in are dropped.
func (l *linker) nameTerms(p *post) {
	p.terms = slices.DeleteFunc(p.terms, func(t relation) bool {
		name, ok := l.tts[t.tt]
		return !ok || name.taxonomy == "link_category" || l.s.plugin != nil && slices.Contains(l.s.plugin.hidden(), name.taxonomy)
	})
	for i, t := range p.terms {
		p.terms[i] = l.tts[t.tt]
		p.terms[i].order = t.order
	}
	slices.SortFunc(p.terms, func(a, b relation) int { return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.tt, b.tt)) })
}

func (r *reader) posts(ctx context.Context, sc scope) (*page, error) {
	posts, err := r.s.loadPosts(ctx, r.q, sc, r.opt.Brief)
	if err != nil || len(posts) == 0 {
		return &page{}, err
	}
	if posts, err = r.s.addPostMeta(ctx, r.q, posts); err != nil {
		return nil, err
	}
	if err := r.link.addTerms(ctx, posts); err != nil {
		return nil, err
	}
	around, err := r.surroundings(ctx, posts)
	if err != nil {
		return nil, err
	}
	if around.said, err = r.s.said(ctx, r.q, r.kind, idsOf(posts)); err != nil {
		return nil, err
	}
	if r.withPaths {
		if err := r.link.preload(ctx, posts); err != nil {
			return nil, err
		}
	}
	p := &page{}
	for _, row := range posts {
		p.bytes += row.size
		it, err := r.post(ctx, row, around)
		if err != nil {
			return nil, err
		}
		p.add(row.id, it)
	}
	return p, nil
}

func (r *reader) post(ctx context.Context, row *post, around *surroundings) (cms.Item, error) {
	if row.size > rowMax {
		return tooLarge(r.ref(row.id), row.size), nil
	}
	if row.kind == "attachment" {
		return r.media(ctx, row, around)
	}
	return r.entry(ctx, row, around)
}

// surroundings are rows that posts of a page point to.
type surroundings struct {
	// types of posts by id; absent: no such post.
	types map[int64]string
	// categories by term id.
	categories map[int64]int64
	// said are languages of the posts of the page.
	said map[int64]saying
}

// entryOrMedia is a ref to a post; nil when there is none.
func (a *surroundings) entryOrMedia(id int64) *recordv1.Ref {
	return refTo(a.types[id], id)
}

// refTo is a ref to a post of a type; nil for none.
func refTo(kind string, id int64) *recordv1.Ref {
	switch kind {
	case "":
		return nil
	case "attachment":
		return record.NewRef(recordv1.Kind_KIND_MEDIA, itoa(id))
	}
	return record.NewRef(recordv1.Kind_KIND_ENTRY, itoa(id))
}

func (r *reader) surroundings(ctx context.Context, posts []*post) (*surroundings, error) {
	var ids, terms set
	for _, p := range posts {
		ids.add(p.parent)
		ids.add(atoi(p.meta.get("_thumbnail_id")))
		ids.add(atoi(p.meta.get(yoast + "opengraph-image-id")))
		ids.add(atoi(p.meta.get(yoast + "twitter-image-id")))
		terms.add(atoi(p.meta.get(primaryCategory)))
	}
	types, err := r.s.postTypes(ctx, r.q, ids.ids)
	if err != nil {
		return nil, err
	}
	cats, err := r.s.categories(ctx, r.q, terms.ids)
	return &surroundings{types: types, categories: cats}, err
}

func (s *Site) postTypes(ctx context.Context, q cmssql.Querier, ids []int64) (map[int64]string, error) {
	types := make(map[int64]string, len(ids))
	err := cmssql.EachIn(ctx, q, ids, func(r *sql.Rows) error {
		var id int64
		var t string
		if err := r.Scan(&id, &t); err != nil {
			return err
		}
		types[id] = t
		return nil
	}, s.sql("SELECT ID, post_type FROM {posts} WHERE ID IN "), "")
	return types, err
}

func (s *Site) categories(ctx context.Context, q cmssql.Querier, termIDs []int64) (map[int64]int64, error) {
	cats := make(map[int64]int64, len(termIDs))
	err := cmssql.EachIn(ctx, q, termIDs, func(r *sql.Rows) error {
		var term, tt int64
		if err := r.Scan(&term, &tt); err != nil {
			return err
		}
		cats[term] = tt
		return nil
	}, s.sql("SELECT term_id, term_taxonomy_id FROM {term_taxonomy} WHERE taxonomy = 'category' AND term_id IN "), "")
	return cats, err
}

// taxonomyCache remembers the taxonomies of rows of term_taxonomy, which stay what they are.
type taxonomyCache struct {
	mu   sync.Mutex
	rows map[int64]string
}

// find gives what is remembered, and the rest.
func (c *taxonomyCache) find(tts []int64) (all map[int64]string, missing []int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	all = make(map[int64]string, len(tts))
	for _, tt := range tts {
		if t, ok := c.rows[tt]; ok {
			all[tt] = t
		} else {
			missing = append(missing, tt)
		}
	}
	return all, missing
}

// forget is for when rows are made: in SQLite they may get numbers that others had.
func (c *taxonomyCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rows = nil
}

func (c *taxonomyCache) keep(rows map[int64]string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rows == nil || len(c.rows)+len(rows) > maxRemembered {
		c.rows = map[int64]string{}
	}
	maps.Copy(c.rows, rows)
}

// taxonomies are the taxonomies of rows of term_taxonomy.
func (s *Site) taxonomies(ctx context.Context, q cmssql.Querier, tts []int64) (map[int64]string, error) {
	all, missing := s.taxonomy.find(tts)
	if len(missing) == 0 {
		return all, nil
	}
	err := cmssql.EachIn(ctx, q, missing, func(r *sql.Rows) error {
		var tt int64
		var t string
		err := r.Scan(&tt, &t)
		all[tt] = t
		return err
	}, s.sql("SELECT term_taxonomy_id, taxonomy FROM {term_taxonomy} WHERE term_taxonomy_id IN "), "")
	if err == nil {
		s.taxonomy.keep(all)
	}
	return all, err
}

func userRef(id int64) *recordv1.Ref {
	if id <= 0 {
		return nil
	}
	return record.NewRef(recordv1.Kind_KIND_USER, itoa(id))
}

func termRef(tt int64) *recordv1.Ref { return record.NewRef(recordv1.Kind_KIND_TERM, itoa(tt)) }
