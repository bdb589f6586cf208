package wordpress

import (
	"context"
	"database/sql"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// term is one row of term_taxonomy with its row of terms. A record's identity is the term_taxonomy_id: old sites let several
// taxonomies share one term_id, and those stay distinct.
type term struct {
	tt, id, parent        int64
	taxonomy, description string
	name, slug            sql.NullString
	size                  int64
}

func (s *Site) loadTerms(ctx context.Context, q cmssql.Querier, where string, args ...any) ([]*term, error) {
	var all []*term
	err := cmssql.Each(ctx, q, func(r *sql.Rows) error {
		t := &term{}
		all = append(all, t)
		return r.Scan(&t.tt, &t.id, &t.taxonomy, &t.description, &t.parent, &t.name, &t.slug, &t.size)
	}, s.sql("SELECT x.term_taxonomy_id, x.term_id, x.taxonomy, CASE WHEN "+s.bytes("x.description")+" > ? THEN '' ELSE x.description END, x.parent, "+
		"t.name, t.slug, "+s.bytes("x.description")+" FROM {term_taxonomy} x LEFT JOIN {terms} t ON t.term_id = x.term_id WHERE "+where),
		append([]any{rowMax}, args...)...)
	return all, err
}

func (r *reader) terms(ctx context.Context, sc scope) (*page, error) {
	terms, err := r.s.loadTerms(ctx, r.q, sc.where+sc.order, sc.args...)
	if err != nil || len(terms) == 0 {
		return &page{}, err
	}
	ids := make([]int64, len(terms))
	for i, t := range terms {
		ids[i] = t.id
	}
	meta, err := r.s.loadMeta(ctx, r.q, termMeta, ids)
	if err != nil {
		return nil, err
	}
	tree, err := r.s.termTree(ctx, r.q, terms)
	if err != nil {
		return nil, err
	}
	if r.withPaths {
		if err := r.link.preloadTerms(ctx, ids); err != nil {
			return nil, err
		}
	}
	tts := make([]int64, len(terms))
	for i, t := range terms {
		tts[i] = t.tt
	}
	said, err := r.s.said(ctx, r.q, r.kind, tts)
	if err != nil {
		return nil, err
	}
	p := &page{}
	for _, t := range terms {
		p.bytes += t.size
		p.add(t.tt, r.term(t, meta[t.id], tree, said[t.tt]))
	}
	return p, nil
}

// termTree knows which rows of term_taxonomy belong to terms and to those above them.
type termTree struct {
	tt     map[taxTerm]int64
	shared map[int64]bool
}

func (s *Site) termTree(ctx context.Context, q cmssql.Querier, terms []*term) (*termTree, error) {
	var ids set
	for _, t := range terms {
		ids.add(t.id)
		ids.add(t.parent)
	}
	tree := &termTree{tt: map[taxTerm]int64{}, shared: map[int64]bool{}}
	once := map[int64]bool{}
	err := cmssql.EachIn(ctx, q, ids.ids, func(r *sql.Rows) error {
		var tt int64
		var k taxTerm
		if err := r.Scan(&tt, &k.id, &k.taxonomy); err != nil {
			return err
		}
		tree.tt[k] = tt
		tree.shared[k.id] = once[k.id]
		once[k.id] = true
		return nil
	}, s.sql("SELECT term_taxonomy_id, term_id, taxonomy FROM {term_taxonomy} WHERE term_id IN "), "")
	return tree, err
}

// recordTaxonomy is the taxonomy's name in records; storedTaxonomy the inverse.
func recordTaxonomy(t string) string {
	if t == "post_tag" {
		return "tag"
	}
	return t
}

func storedTaxonomy(t string) string {
	if t == "tag" {
		return "post_tag"
	}
	return t
}

// systemTaxonomy says that a taxonomy is the theme editor's own and has no pages.
func systemTaxonomy(t string) bool { return t == "wp_theme" || t == "wp_template_part_area" }

func (r *reader) term(t *term, m metaRows, tree *termTree, said saying) cms.Item {
	ref := r.ref(t.tt)
	if !t.name.Valid {
		return unread(ref, agentv1.Outcome_OUTCOME_SKIPPED, "orphan_term", "the row of term_taxonomy has no row in terms; WordPress does not show it", "nothing needs to be done")
	}
	if t.size > rowMax {
		return tooLarge(ref, t.size)
	}
	body := &recordv1.Term{Taxonomy: recordTaxonomy(t.taxonomy), Name: unescapeName(t.name.String), Slug: decodeSlug(t.slug.String),
		Internal: systemTaxonomy(t.taxonomy)}
	rec := &recordv1.Record{Ref: ref, Body: &recordv1.Record_Term{Term: body}}
	said.into(rec, r.env.tongues)
	if t.description != "" {
		body.Description = &recordv1.Body{Markup: "html", Text: t.description}
	}
	if t.parent != 0 {
		if tt, ok := tree.tt[taxTerm{t.taxonomy, t.parent}]; ok {
			body.Parent = termRef(tt)
		} else {
			note(rec, "parent_missing", "parent")
		}
	}
	if tree.shared[t.id] {
		body.SharedId = itoa(t.id)
	}
	m.fields(rec, same)
	it := cms.Item{Record: rec}
	if r.withPaths {
		address := r.link.termPath(t.taxonomy, t.id, t.slug.String)
		it.Paths = distinct([]string{r.env.tongues.prefixed(r.link.root(), address, said.code), address, plainTermPath(t.taxonomy, t.id, t.slug.String), idTermPath(t.taxonomy, t.id)})
		it.Paths = append(it.Paths, r.link.feedPath(it.Paths[0].GetPath())...)
	}
	return it
}
