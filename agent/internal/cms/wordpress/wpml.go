package wordpress

import (
	"context"
	"database/sql"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// wpml keeps languages in a table of its own: a row per post ("post_page") and per row of term_taxonomy ("tax_category"), where
// translations have the same trid.
type wpml struct{}

func (wpml) name(key string) string { return "trid_" + itoa(tridOf(key)) }

func (wpml) hidden() []string { return nil }

func (wpml) installed(prefix string, have map[string]bool) bool {
	p := strings.ToLower(prefix)
	return have[p+"icl_translations"] && have[p+"icl_languages"]
}

func (wpml) languages(ctx context.Context, s *Site, q cmssql.Querier, e *env) (*tongues, error) {
	set, err := php.Unserialize([]byte(e.opts["icl_sitepress_settings"]))
	if err != nil {
		set = nil // settings of which we understand nothing: languages count all the same
	}
	t := &tongues{locales: map[string]string{}, dirs: map[string]string{}, standard: lookup(set, "default_language").GetText()}
	err = cmssql.Each(ctx, q, func(r *sql.Rows) error {
		var code, locale string
		err := r.Scan(&code, &locale)
		t.locales[code] = language(locale)
		return err
	}, s.sql("SELECT code, COALESCE(default_locale, code) FROM {icl_languages} WHERE active = 1 OR code IN (SELECT language_code FROM {icl_translations})"))
	if intOf(lookup(set, "language_negotiation_type")) == 1 {
		for code := range t.locales {
			if code != t.standard || truth(lookup(lookup(set, "urls"), "directory_for_default_language")) {
				t.dirs[code] = code + "/"
			}
		}
	}
	t.translated = func(name string) bool { return wpmlTranslates(set, name) }
	return t, err
}

// wpmlTranslates: 0 is "not translated"; types that WPML has no word on are translated when WordPress has them of itself.
func wpmlTranslates(set *recordv1.Value, name string) bool {
	for _, list := range []string{"custom_posts_sync_option", "taxonomies_sync_option"} {
		if v := lookup(lookup(set, list), name); v != nil {
			return truth(v)
		}
	}
	switch name {
	case "post", "page", "wp_block", "attachment", "category", "post_tag":
		return true
	}
	return false
}

// element begins the type of a kind's rows.
func (wpml) element(kind cms.Kind) string {
	if kind == recordv1.Kind_KIND_TERM {
		return "tax_"
	}
	return "post_"
}

func (p wpml) ofKind(kind cms.Kind) string {
	return "SUBSTR(element_type,1," + strconv.Itoa(len(p.element(kind))) + ") = '" + p.element(kind) + "'"
}

func (p wpml) said(ctx context.Context, s *Site, q cmssql.Querier, kind cms.Kind, ids []int64) (map[int64]saying, error) {
	all := make(map[int64]saying, len(ids))
	err := cmssql.EachIn(ctx, q, ids, func(r *sql.Rows) error {
		var id, trid int64
		var code string
		err := r.Scan(&id, &code, &trid)
		x := saying{code: code}
		if trid != 0 {
			x.group = "trid_" + itoa(trid)
		}
		all[id] = x
		return err
	}, s.sql("SELECT element_id, language_code, CASE WHEN EXISTS (SELECT 1 FROM {icl_translations} o WHERE o.trid = t.trid AND o.translation_id <> t.translation_id) "+
		"THEN trid ELSE 0 END FROM {icl_translations} t WHERE "+p.ofKind(kind)+" AND element_id IN "), "")
	return all, err
}

func (p wpml) say(w *writer, rows []*saying) error {
	ids := make([]int64, len(rows))
	for i, x := range rows {
		ids[i] = x.id
	}
	err := cmssql.ExecIn(w.ctx, w.tx, ids, w.s.sql("DELETE FROM {icl_translations} WHERE "+p.ofKind(w.kind)+" AND element_id IN "))
	if err != nil {
		return err
	}
	taken, err := p.taken(w, rows)
	if err != nil {
		return err
	}
	var all [][]any
	for _, x := range rows {
		if x.code == "" {
			continue
		}
		var source any
		if x.code != w.env.tongues.standard {
			source = w.env.tongues.standard
		}
		place := translation{trid(x), x.code}
		if taken[place] {
			// Two of one language in a group, as WPML cannot have it: the second stands alone.
			place.trid = tridOf(groupKey(p.element(w.kind) + itoa(x.id)))
			x.job.adjust("translation_group", "language_taken", "")
		}
		taken[place] = true
		all = append(all, []any{p.element(w.kind) + x.kind, x.id, place.trid, x.code, source})
	}
	_, err = w.tx.Insert(w.ctx, w.s.prefix+"icl_translations", []string{"element_type", "element_id", "trid", "language_code", "source_language_code"}, all)
	return err
}

type translation struct {
	trid int64
	code string
}

func (wpml) taken(w *writer, rows []*saying) (map[translation]bool, error) {
	var trids set
	for _, x := range rows {
		if x.code != "" {
			trids.add(trid(x))
		}
	}
	all := map[translation]bool{}
	err := cmssql.EachIn(w.ctx, w.tx, trids.ids, func(r *sql.Rows) error {
		var t translation
		err := r.Scan(&t.trid, &t.code)
		all[t] = true
		return err
	}, w.s.sql("SELECT trid, language_code FROM {icl_translations} WHERE trid IN "), "")
	return all, err
}

// trid is a group's number. What stands alone has one of its own, as WPML wants it.
func trid(x *saying) int64 {
	if x.group == "" {
		return tridOf(groupKey(x.kind + " " + itoa(x.id)))
	}
	return tridOf(x.group)
}

// tridOf is above all numbers that WPML has given away, and within what PHP and JavaScript count.
func tridOf(key string) int64 {
	b, _ := hex.DecodeString(strings.TrimPrefix(key, ownGroup))
	n := int64(0)
	for _, x := range b[:6] {
		n = n<<8 | int64(x)
	}
	return 1<<48 | n
}

func (wpml) finish(context.Context, *Site, *cms.Unit) error { return nil }

func (p wpml) part(kind cms.Kind) cms.Part {
	return cms.Part{Table: "icl_translations", Owner: "t.element_id", Key: "element_id", Scope: p.ofKind(kind)}
}
