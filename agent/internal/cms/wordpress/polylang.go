package wordpress

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// polylang keeps languages as terms: of the taxonomy language for posts, term_language for terms; and groups of translations as
// terms of post_translations and term_translations. (Polylang 3, src/translated-object.php)
type polylang struct{}

const (
	postLanguage, postGroup = "language", "post_translations"
	termLanguage, termGroup = "term_language", "term_translations"
	// termTongues are those whose relations are of terms; the numbers of posts are the same.
	termTongues = "'term_language','term_translations'"
	// wholeCounts are of taxonomies whose counts take every relation, drafts as well (_update_generic_term_count).
	wholeCounts = termTongues + ",'post_translations'"
)

// installed: terms are WordPress's own.
func (polylang) installed(string, map[string]bool) bool { return true }

func (polylang) name(key string) string { return key }

func (polylang) hidden() []string { return []string{postLanguage, postGroup, termLanguage, termGroup} }

func (polylang) languages(ctx context.Context, s *Site, q cmssql.Querier, e *env) (*tongues, error) {
	terms, err := s.loadTerms(ctx, q, "x.taxonomy = 'language' ORDER BY x.term_taxonomy_id")
	if err != nil {
		return nil, err
	}
	set, err := php.Unserialize([]byte(e.opts["polylang"]))
	if err != nil {
		set = nil // settings of which we understand nothing: languages count all the same
	}
	t := &tongues{locales: map[string]string{}, dirs: map[string]string{}, standard: lookup(set, "default_lang").GetText()}
	for _, x := range terms {
		about, err := php.Unserialize([]byte(x.description))
		if err == nil && lookup(about, "locale").GetText() != "" {
			t.locales[x.slug.String] = language(lookup(about, "locale").GetText())
		}
	}
	if intOf(lookup(set, "force_lang")) == 1 {
		t.dirs = polylangDirs(set, t)
	}
	t.translated = func(name string) bool { return polylangTranslates(set, name) }
	return t, nil
}

// polylangDirs are what addresses begin with when the language is a directory. (PLL_Links_Directory::add_language_to_link)
func polylangDirs(set *recordv1.Value, t *tongues) map[string]string {
	dirs := map[string]string{}
	for code := range t.locales {
		switch {
		case code == t.standard && truth(lookup(set, "hide_default")):
		case truth(lookup(set, "rewrite")):
			dirs[code] = code + "/"
		default:
			dirs[code] = "language/" + code + "/"
		}
	}
	return dirs
}

// polylangTranslates: what WordPress has of itself always is, but for media; the rest is the owner's choice.
func polylangTranslates(set *recordv1.Value, name string) bool {
	switch name {
	case "post", "page", "wp_block", "category", "post_tag":
		return true
	case "attachment":
		return truth(lookup(set, "media_support"))
	}
	for _, list := range []string{"post_types", "taxonomies"} {
		for _, p := range lookup(set, list).GetArray().GetPairs() {
			if p.GetValue().GetText() == name {
				return true
			}
		}
	}
	return false
}

// truth is a setting stored as a boolean, a number or as text.
func truth(v *recordv1.Value) bool { return v.GetBoolValue() || intOf(v) != 0 }

func (polylang) said(ctx context.Context, s *Site, q cmssql.Querier, kind cms.Kind, ids []int64) (map[int64]saying, error) {
	all := make(map[int64]saying, len(ids))
	query, in := "SELECT r.object_id, x.taxonomy, t.slug FROM {term_relationships} r JOIN {term_taxonomy} x ON x.term_taxonomy_id = r.term_taxonomy_id "+
		"JOIN {terms} t ON t.term_id = x.term_id WHERE x.taxonomy IN ('language','post_translations') AND ", "r.object_id IN "
	if kind == recordv1.Kind_KIND_TERM {
		query, in = "SELECT o.term_taxonomy_id, x.taxonomy, t.slug FROM {term_taxonomy} o JOIN {term_relationships} r ON r.object_id = o.term_id "+
			"JOIN {term_taxonomy} x ON x.term_taxonomy_id = r.term_taxonomy_id JOIN {terms} t ON t.term_id = x.term_id WHERE x.taxonomy IN ("+termTongues+") AND ",
			"o.term_taxonomy_id IN "
	}
	err := cmssql.EachIn(ctx, q, ids, func(r *sql.Rows) error {
		var id int64
		var taxonomy, slug string
		err := r.Scan(&id, &taxonomy, &slug)
		x := all[id]
		if taxonomy == postGroup || taxonomy == termGroup {
			x.group = slug
		} else {
			x.code = strings.TrimPrefix(slug, "pll_")
		}
		all[id] = x
		return err
	}, s.sql(query+in), " ORDER BY x.term_taxonomy_id DESC")
	return all, err
}

func (p polylang) say(w *writer, rows []*saying) error {
	objects, err := p.objects(w, rows)
	if err != nil {
		return err
	}
	language, group := postLanguage, postGroup
	if w.kind == recordv1.Kind_KIND_TERM {
		language, group = termLanguage, termGroup
	}
	if err := p.unsay(w, objects, language, group); err != nil {
		return err
	}
	codes, groups := map[string]bool{}, map[string]bool{}
	for _, x := range rows {
		codes[p.languageSlug(language, x.code)], groups[x.group] = true, true
	}
	spoken, err := p.terms(w, language, codes, false)
	if err != nil {
		return err
	}
	grouped, err := p.terms(w, group, groups, true)
	if err != nil {
		return err
	}
	var related [][]any
	for i, x := range rows {
		if tt := spoken[p.languageSlug(language, x.code)]; tt != 0 {
			related = append(related, []any{objects[i], tt, 0})
		}
		if tt := grouped[x.group]; tt != 0 {
			related = append(related, []any{objects[i], tt, 0})
		}
	}
	_, err = w.tx.Insert(w.ctx, w.s.prefix+"term_relationships", []string{"object_id", "term_taxonomy_id", "term_order"}, related)
	return err
}

func (polylang) languageSlug(taxonomy, code string) string {
	if taxonomy == termLanguage && code != "" {
		return "pll_" + code
	}
	return code
}

// objects are what relations name: ids of posts, term_ids of terms.
func (polylang) objects(w *writer, rows []*saying) ([]int64, error) {
	ids := make([]int64, len(rows))
	for i, x := range rows {
		ids[i] = x.id
	}
	if w.kind != recordv1.Kind_KIND_TERM {
		return ids, nil
	}
	by := map[int64]int64{}
	err := cmssql.EachIn(w.ctx, w.tx, ids, func(r *sql.Rows) error {
		var tt, id int64
		err := r.Scan(&tt, &id)
		by[tt] = id
		return err
	}, w.s.sql("SELECT term_taxonomy_id, term_id FROM {term_taxonomy} WHERE term_taxonomy_id IN "), "")
	for i, tt := range ids {
		ids[i] = by[tt]
	}
	return ids, err
}

func (polylang) unsay(w *writer, objects []int64, language, group string) error {
	return cmssql.ExecIn(w.ctx, w.tx, objects, w.s.sql("DELETE FROM {term_relationships} WHERE term_taxonomy_id IN "+
		"(SELECT term_taxonomy_id FROM {term_taxonomy} WHERE taxonomy IN ('"+language+"','"+group+"')) AND object_id IN "))
}

// terms finds terms of a taxonomy by slug, and makes those that are missing. Parallel batches may make one twice; Finish joins them.
func (polylang) terms(w *writer, taxonomy string, slugs map[string]bool, missing bool) (map[string]int64, error) {
	delete(slugs, "")
	found := map[string]int64{}
	err := cmssql.EachIn(w.ctx, w.tx, slices.Sorted(maps.Keys(slugs)), func(r *sql.Rows) error {
		var tt int64
		var slug string
		err := r.Scan(&tt, &slug)
		found[slug] = tt
		return err
	}, w.s.sql("SELECT x.term_taxonomy_id, t.slug FROM {term_taxonomy} x JOIN {terms} t ON t.term_id = x.term_id WHERE x.taxonomy = '"+taxonomy+"' AND t.slug IN "),
		" ORDER BY x.term_taxonomy_id DESC")
	if err != nil || !missing {
		return found, err
	}
	for _, slug := range slices.Sorted(maps.Keys(slugs)) {
		if found[slug] != 0 {
			continue
		}
		if found[slug], err = w.newTerm(taxonomy, slug, slug, ""); err != nil {
			return nil, err
		}
		if err := w.s.madeTerm(w.ctx, w.u, found[slug]); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// finish writes into each group of ours which translation is in which language, and removes empty ones.
func (polylang) finish(ctx context.Context, s *Site, u *cms.Unit) error {
	for _, x := range []struct{ group, language string }{{postGroup, postLanguage}, {termGroup, termLanguage}} {
		if err := s.joinTerms(ctx, u.Tx, x.group); err != nil {
			return err
		}
		members := map[int64]*recordv1.Value{}
		err := cmssql.Each(ctx, u.Tx, func(r *sql.Rows) error {
			var tt, object int64
			var code string
			err := r.Scan(&tt, &object, &code)
			if members[tt] == nil {
				members[tt] = phpArray()
			}
			assign(members[tt], strings.TrimPrefix(code, "pll_"), php.Int(object))
			return err
		}, s.sql("SELECT x.term_taxonomy_id, r.object_id, lt.slug FROM {term_taxonomy} x JOIN {terms} t ON t.term_id = x.term_id AND t.slug LIKE '"+
			strings.ReplaceAll(ownGroup, "_", "!_")+"%' ESCAPE '!' JOIN {term_relationships} r ON r.term_taxonomy_id = x.term_taxonomy_id "+
			"JOIN {term_relationships} l ON l.object_id = r.object_id JOIN {term_taxonomy} lx ON lx.term_taxonomy_id = l.term_taxonomy_id AND lx.taxonomy = '"+x.language+"' "+
			"JOIN {terms} lt ON lt.term_id = lx.term_id WHERE x.taxonomy = '"+x.group+"' ORDER BY x.term_taxonomy_id, lt.slug"))
		if err != nil {
			return err
		}
		texts := make(map[int64]string, len(members))
		for tt, v := range members {
			texts[tt] = serialized(v)
		}
		if err := setEach(ctx, s, u.Tx, "term_taxonomy", "term_taxonomy_id", "description", texts); err != nil {
			return err
		}
	}
	return nil
}

func (polylang) part(kind cms.Kind) cms.Part {
	if kind != recordv1.Kind_KIND_TERM {
		return cms.Part{}
	}
	return cms.Part{Table: "term_relationships", Join: "JOIN (SELECT term_id, term_taxonomy_id AS own FROM {term_taxonomy}) x ON x.term_id = t.object_id", Owner: "x.own", Key: "object_id",
		Scope: "term_taxonomy_id IN (SELECT term_taxonomy_id FROM {term_taxonomy} WHERE taxonomy IN (" + termTongues + "))"}
}
