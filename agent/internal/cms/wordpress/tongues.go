package wordpress

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// multilingual is a plugin that keeps the languages of a site, of which WordPress itself has one.
type multilingual interface {
	// installed says that the plugin's tables are there; have holds all, in lower case.
	installed(prefix string, have map[string]bool) bool
	// languages reads which the site has.
	languages(ctx context.Context, s *Site, q cmssql.Querier, e *env) (*tongues, error)
	// said gives the languages of posts by ID, or of terms by term_taxonomy_id.
	said(ctx context.Context, s *Site, q cmssql.Querier, kind cms.Kind, ids []int64) (map[int64]saying, error)
	// say replaces the languages of rows.
	say(w *writer, rows []*saying) error
	// finish brings in line what is derived from the rows.
	finish(ctx context.Context, s *Site, u *cms.Unit) error
	// hidden are taxonomies that are the plugin's own.
	hidden() []string
	// name is what a group of ours is called when it is read.
	name(key string) string
	// part are the rows that belong to a record of the kind.
	part(kind cms.Kind) cms.Part
}

// plugins by the option in which each keeps its settings.
var plugins = []struct {
	option string
	multilingual
}{{"polylang", polylang{}}, {"icl_sitepress_settings", wpml{}}}

// findPlugin looks which plugin keeps the site's languages; nil: none.
func (s *Site) findPlugin(ctx context.Context, have map[string]bool) (multilingual, error) {
	var names []string
	for _, p := range plugins {
		names = append(names, p.option)
	}
	opts, err := s.options(ctx, s.db, names)
	for _, p := range plugins {
		if opts[p.option] != "" && p.installed(s.prefix, have) {
			return p.multilingual, err
		}
	}
	return nil, err
}

// tongues are the languages of a site.
type tongues struct {
	// locales by code: "fr" → "fr-FR".
	locales map[string]string
	// standard is the code of the language of what has none.
	standard string
	// dirs begin addresses, by code: "fr/".
	dirs map[string]string
	// translated says of a post type or taxonomy that it has languages.
	translated func(name string) bool
}

// code finds the language of a locale: its own, or else one of another country.
func (t *tongues) code(locale string) string {
	best := ""
	for _, code := range slices.Sorted(maps.Keys(t.locales)) {
		switch have := t.locales[code]; {
		case have == locale:
			return code
		case best == "" && strings.EqualFold(base(have), base(locale)):
			best = code
		}
	}
	return best
}

func base(locale string) string {
	b, _, _ := strings.Cut(locale, "-")
	return b
}

// prefixed puts a language's directory into an address below root.
func (t *tongues) prefixed(root, path, code string) string {
	if t == nil || t.dirs[code] == "" || strings.Contains(path, "?") || !strings.HasPrefix(path, root) {
		return path
	}
	return root + t.dirs[code] + strings.TrimPrefix(path, root)
}

// saying is the language of one row.
type saying struct {
	job  *job
	id   int64
	kind string
	code string
	// group of translations; empty: none.
	group string
}

// into tells a record its language.
func (x saying) into(rec *recordv1.Record, t *tongues) {
	if t != nil {
		rec.Locale, rec.TranslationGroup = t.locales[x.code], x.group
	}
}

// said gives the languages of rows of a kind; none without a plugin.
func (s *Site) said(ctx context.Context, q cmssql.Querier, kind cms.Kind, ids []int64) (map[int64]saying, error) {
	if s.plugin == nil || len(ids) == 0 {
		return nil, nil
	}
	return s.plugin.said(ctx, s, q, kind, ids)
}

// say writes the languages of what was written. typeOf is the post type or taxonomy of a job's row.
func (w *writer) say(typeOf func(*job) string) error {
	if w.s.plugin == nil {
		return nil
	}
	var rows []*saying
	for _, j := range w.jobs {
		if j.id == 0 || j.res.Outcome != outcomeCreated && j.res.Outcome != outcomeUpdated {
			continue
		}
		if x := w.saying(j, typeOf(j)); x != nil {
			rows = append(rows, x)
		}
	}
	return w.s.plugin.say(w, rows)
}

// saying chooses a language of the site for a record.
func (w *writer) saying(j *job, kind string) *saying {
	t, locale, group := w.env.tongues, j.rec.GetLocale(), j.rec.GetTranslationGroup()
	x := &saying{job: j, id: j.id, kind: kind}
	switch {
	case !t.translated(kind):
		return x.none(j, "type_not_translated")
	case locale == "":
		// What has no language is shown in none.
		x.code = t.standard
	default:
		x.code = t.code(locale)
	}
	if x.code == "" {
		return x.none(j, "language_not_set_up")
	}
	if have := t.locales[x.code]; have != locale {
		j.adjust("locale", "language_matched", have)
	}
	if group != "" {
		x.group = groupKey(group)
		j.adjust("translation_group", "group_hashed", w.s.plugin.name(x.group))
	}
	return x
}

// none leaves the row without a language.
func (x *saying) none(j *job, code string) *saying {
	if j.rec.GetLocale() != "" {
		j.adjust("locale", code, "")
	}
	if j.rec.GetTranslationGroup() != "" {
		j.adjust("translation_group", code, "")
	}
	return x
}

// ownGroup begins the names of groups that we make; so they never meet those that the site has.
const ownGroup = "pll_bailey_"

// groupKey is the name of a group on this site.
func groupKey(group string) string {
	sum := sha256.Sum256([]byte(group))
	return ownGroup + hex.EncodeToString(sum[:8])
}
