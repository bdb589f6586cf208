package joomla

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Probe looks at the whole site.
func (s *Site) Probe(ctx context.Context, opt cms.Options) (*cms.Facts, error) {
	f := &cms.Facts{Logins: s.logins(), BaseURL: s.base(), Counts: map[cms.Kind]uint64{}, Types: map[cms.Kind][]*agentv1.TypeCount{}}
	for _, look := range []func(context.Context, *cms.Facts) error{s.lookVersion, s.lookIdentity, s.lookLanguages, s.lookFields, s.lookBase, s.findings} {
		if err := look(ctx, f); err != nil {
			return nil, err
		}
	}
	for _, kind := range record.Kinds {
		sums, err := s.types(ctx, kind, opt)
		if err != nil {
			return nil, fmt.Errorf("count %s: %w", record.KindName(kind), err)
		}
		for name, n := range sums {
			f.Counts[kind] += n
			f.Types[kind] = append(f.Types[kind], &agentv1.TypeCount{Type: name, Count: n})
		}
		sort.Slice(f.Types[kind], func(i, j int) bool { return f.Types[kind][i].GetType() < f.Types[kind][j].GetType() })
	}
	return f, nil
}

// lookVersion takes the version of the program files, else that in the row of the extension "joomla", else that of the schema.
func (s *Site) lookVersion(ctx context.Context, f *cms.Facts) (err error) {
	if f.Database, err = s.db.Product(ctx); err != nil {
		return err
	}
	f.Version = s.set.Version
	if f.Version == "" {
		cache, err := s.one(ctx, s.db, "SELECT manifest_cache FROM {extensions} WHERE type = 'file' AND element = 'joomla'")
		if err != nil {
			return err
		}
		f.Version = look(parsed(cache), "version").GetText()
	}
	if f.Version == "" {
		if f.Version, err = s.one(ctx, s.db, "SELECT v.version_id FROM {schemas} v JOIN {extensions} e ON e.extension_id = v.extension_id "+
			"WHERE e.type = 'file' AND e.element = 'joomla'"); err != nil {
			return err
		}
	}
	if major, _, _ := strings.Cut(f.Version, "."); !slices.Contains([]string{"3", "4", "5", "6"}, major) {
		f.Findings = append(f.Findings, &agentv1.Finding{Code: "version_untested", Severity: agentv1.Severity_SEVERITY_WARNING,
			Cause: "this Joomla is of none of the versions that the driver is tested with, 3.10 to 6", Fix: "Look through the result with care."})
	}
	return nil
}

// lookIdentity: the first Super User is made by the installer, with a number of chance and the moment.
func (s *Site) lookIdentity(ctx context.Context, f *cms.Facts) error {
	rows, err := s.query(ctx, s.db, "SELECT id, username, "+s.name("registerDate")+" AS made FROM {users} ORDER BY id LIMIT 1")
	if err != nil {
		return err
	}
	f.Identity = []string{Platform, s.set.Prefix, s.set.Database.Name}
	for _, r := range rows {
		f.Identity = append(f.Identity, r.Text("id"), r.Text("username"), r.Text("made"))
	}
	return nil
}

// language is the site's default.
func (s *Site) language(ctx context.Context, q querier) (string, error) {
	params, err := s.one(ctx, q, "SELECT params FROM {extensions} WHERE type = 'component' AND element = 'com_languages'")
	if err != nil {
		return "", err
	}
	if lang := look(parsed(params), "site").GetText(); lang != "" {
		return lang, nil
	}
	return "en-GB", nil
}

func (s *Site) lookLanguages(ctx context.Context, f *cms.Facts) error {
	first, err := s.language(ctx, s.db)
	if err != nil {
		return err
	}
	f.Locales = []string{first}
	codes, err := s.column(ctx, s.db, "SELECT lang_code FROM {languages} WHERE published = 1 ORDER BY ordering, lang_code")
	for _, c := range codes {
		if c = strings.TrimSpace(c); c != first {
			f.Locales = append(f.Locales, c)
		}
	}
	return err
}

// maxFields is how many names of custom fields are told.
const maxFields = 1000

func (s *Site) lookFields(ctx context.Context, f *cms.Facts) error {
	if !s.schema.Has("fields") {
		return nil
	}
	kindOf := map[string]cms.Kind{articleContext: kindEntry, contactContext: kindEntry, categoryContext: kindTerm, userContext: kindUser}
	rows, err := s.query(ctx, s.db, fmt.Sprintf("SELECT f.context, f.name, COUNT(v.field_id) AS n FROM {fields} f LEFT JOIN {fields_values} v ON v.field_id = f.id "+
		"GROUP BY f.context, f.name ORDER BY COUNT(v.field_id) DESC, f.name LIMIT %d", maxFields))
	for _, r := range rows {
		if kind, ok := kindOf[r.Text("context")]; ok {
			f.Fields = append(f.Fields, &agentv1.FieldInfo{Kind: kind, Name: r.Text("name"), Count: uint64(r.Number("n"))}) //nolint:gosec // a count
		}
	}
	return err
}

func (s *Site) lookBase(_ context.Context, f *cms.Facts) error {
	if f.BaseURL == "" {
		f.Findings = append(f.Findings, &agentv1.Finding{Code: "base_url_unknown", Severity: agentv1.Severity_SEVERITY_WARNING,
			Cause: "Joomla takes its address from each request and keeps none", Fix: "Start the agent with --base-url and the site's address."})
	}
	if s.root != nil {
		if _, err := s.root.Stat("images"); err == nil {
			return nil
		}
	}
	f.Findings = append(f.Findings, &agentv1.Finding{Code: "files_out_of_reach", Severity: agentv1.Severity_SEVERITY_WARNING, Kind: kindMedia,
		Cause: "the site's folder is not known, or holds no folder images, so no files are moved",
		Fix:   "Start the agent with --site, or with --files and the folder that holds the folder images."})
	return nil
}

// typeColumns say what a record calls the type of a table's row.
var typeColumns = map[string]string{"categories": "extension", "tags": "'tag'", "content": "'post'", "modules": "'" + typeModule + "'",
	"contact_details": "'" + typeContact + "'", "history": "'revision'", "ucm_history": "'revision'", "users": "'user'", "menu_types": "'menu'", "redirect_links": "'redirect'"}

// types counts a kind by type; the sum is exactly what Read yields.
func (s *Site) types(ctx context.Context, kind cms.Kind, opt cms.Options) (map[string]uint64, error) {
	sums := map[string]uint64{}
	for _, st := range s.newReader(s.db, kind).streams(opt) {
		if st.Table == "" {
			n, err := st.Count(ctx, s.db)
			if err != nil {
				return nil, err
			}
			if n > 0 {
				sums[map[bool]string{true: "settings", false: "file"}[st.Name == siteID]] = uint64(n) //nolint:gosec // a count
			}
			continue
		}
		rows, err := s.query(ctx, s.db, "SELECT "+typeColumns[st.Name]+" AS t, COUNT(*) AS n FROM "+st.Table+st.Filter(" WHERE ")+" GROUP BY 1")
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if n := r.Number("n"); n > 0 {
				sums[taxonomyOf(r.Text("t"))] += uint64(n)
			}
		}
	}
	return sums, nil
}
