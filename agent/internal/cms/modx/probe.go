package modx

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

// Probe implements cms.Site.
func (s *Site) Probe(ctx context.Context, _ cms.Options) (*cms.Facts, error) {
	if err := s.alive(ctx); err != nil {
		return nil, err
	}
	e, err := s.env(ctx, s.db)
	if err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	f := &cms.Facts{Logins: logins[0].Schemes, Version: s.set.Version, BaseURL: s.baseURL(e), Counts: map[cms.Kind]uint64{}, Types: map[cms.Kind][]*agentv1.TypeCount{}}
	if f.Version == "" {
		f.Version = e.settings["settings_version"]
	}
	f.Locales = locales(e)
	for _, look := range []func(context.Context, *env, *cms.Facts) error{s.counts, s.types, s.identity, s.fieldCounts, s.findings} {
		if err := look(ctx, e, f); err != nil {
			return nil, fmt.Errorf("look at the site: %w", err)
		}
	}
	f.Database, err = s.db.Product(ctx)
	return f, err
}

func locales(e *env) []string {
	all := []string{e.language()}
	for _, c := range e.contexts {
		if l := e.setting(c.Text("key"), "cultureKey"); l != "" && !contains(all, l) {
			all = append(all, l)
		}
	}
	return distinct(all)
}

func (s *Site) counts(ctx context.Context, _ *env, f *cms.Facts) error {
	for _, kind := range []cms.Kind{kindSite, kindUser, kindMedia, kindEntry, kindMenu} {
		n, err := s.count(ctx, kind)
		if err != nil {
			return err
		}
		f.Counts[kind] = uint64(n)
	}
	return nil
}

func (s *Site) types(ctx context.Context, _ *env, f *cms.Facts) error {
	rows, err := s.query(ctx, s.db, "SELECT class_key, COUNT(*) AS n FROM {site_content} GROUP BY class_key ORDER BY class_key")
	byType := map[string]*agentv1.TypeCount{}
	for _, r := range rows {
		t := typeOf(r.Text("class_key"))
		if byType[t] == nil {
			byType[t] = &agentv1.TypeCount{Type: t}
			f.Types[kindEntry] = append(f.Types[kindEntry], byType[t])
		}
		byType[t].Count += uint64(r.Number("n"))
	}
	return err
}

// identity: when the installer made the first account and its workspace, in which database.
func (s *Site) identity(ctx context.Context, _ *env, f *cms.Facts) error {
	queries := []string{"SELECT DATABASE() AS made", "SELECT createdon AS made FROM {users} ORDER BY id LIMIT 1"}
	if s.columns["workspaces"] != nil {
		queries = append(queries, "SELECT created AS made FROM {workspaces} ORDER BY id LIMIT 1")
	}
	f.Identity = []string{Platform, s.set.Prefix}
	for _, query := range queries {
		rows, err := s.query(ctx, s.db, query)
		if err != nil {
			return err
		}
		for _, r := range rows {
			f.Identity = append(f.Identity, r.Text("made"))
		}
	}
	return nil
}

func (s *Site) fieldCounts(ctx context.Context, _ *env, f *cms.Facts) error {
	rows, err := s.query(ctx, s.db, "SELECT t.name, COUNT(v.id) AS n FROM {site_tmplvars} t JOIN {site_tmplvar_contentvalues} v ON v.tmplvarid = t.id GROUP BY t.id, t.name ORDER BY n DESC, t.name LIMIT 1000")
	for _, r := range rows {
		f.Fields = append(f.Fields, &agentv1.FieldInfo{Kind: kindEntry, Name: r.Text("name"), Count: uint64(r.Number("n"))})
	}
	return err
}

func (s *Site) findings(ctx context.Context, e *env, f *cms.Facts) error {
	if f.BaseURL == "" {
		f.Findings = append(f.Findings, &agentv1.Finding{Code: "base_url_unknown", Severity: agentv1.Severity_SEVERITY_WARNING, Kind: kindSite,
			Cause: "MODX takes the site's address from each request and stores it nowhere, so links with the full address are not recognized",
			Fix:   "start the agent with --base-url and the site's public address"})
	}
	if s.root == nil {
		f.Findings = append(f.Findings, &agentv1.Finding{Code: "files_out_of_reach", Severity: agentv1.Severity_SEVERITY_WARNING, Kind: kindMedia,
			Cause: "the web root is not known or not there, so no files are moved", Fix: "start the agent with --site, or with --files and the path of the folder that holds assets"})
	}
	if e.setting(homeContext, "friendly_urls") != "1" {
		f.Findings = append(f.Findings, &agentv1.Finding{Code: "plain_addresses", Severity: agentv1.Severity_SEVERITY_INFO, Kind: kindEntry,
			Cause: "friendly_urls is off: pages answer to index.php?id= only", Fix: "turn the setting on in the target if pages shall have readable addresses"})
	}
	for _, look := range []func(context.Context, *env, *cms.Facts) error{s.findClasses, s.findStored, s.findCalls} {
		if err := look(ctx, e, f); err != nil {
			return err
		}
	}
	return nil
}

func (s *Site) findClasses(ctx context.Context, _ *env, f *cms.Facts) error {
	rows, err := s.query(ctx, s.db, "SELECT class_key, COUNT(*) AS n FROM {site_content} GROUP BY class_key ORDER BY class_key")
	for _, r := range rows {
		if class := r.Text("class_key"); bare(class) != classOf[typeOf(class)] {
			f.Findings = append(f.Findings, &agentv1.Finding{Code: "class_of_extra", Severity: agentv1.Severity_SEVERITY_WARNING, Kind: kindEntry, Count: uint64(r.Number("n")),
				Cause: "resources of the class " + bare(class) + " belong to an extra; they are moved as pages, without what the extra keeps in tables of its own",
				Fix:   "look at these pages after the migration"})
		}
	}
	return err
}

// inventory are what a site consists of beside its content. It is code or belongs to it: told, never moved.
var inventory = []struct{ table, name, code, cause string }{
	{"site_templates", "templatename", "templates", "templates are not moved; entries name the one they use"},
	{"site_htmlsnippets", "name", "chunks", "chunks are parts of templates and pages; they are not moved"},
	{"site_snippets", "name", "snippets", "snippets are PHP code; they are neither run nor moved"},
	{"site_plugins", "name", "plugins", "plugins are PHP code; they are neither run nor moved"},
	{"property_set", "name", "property_sets", "property sets hold the parameters of calls; they are not moved"},
	{"media_sources", "name", "media_sources", "media sources are not moved; the files of those below the web root are, and paths in variables follow them"},
}

// maxNamed bounds the elements that are told by name.
const maxNamed = 20

func (s *Site) findStored(ctx context.Context, _ *env, f *cms.Facts) error {
	for _, in := range inventory {
		if s.columns[in.table] == nil {
			continue
		}
		rows, err := s.query(ctx, s.db, "SELECT COUNT(*) AS n FROM {"+in.table+"}")
		if err != nil {
			return err
		}
		if rows[0].Number("n") == 0 {
			continue
		}
		found := &agentv1.Finding{Code: in.code, Severity: agentv1.Severity_SEVERITY_INFO, Count: uint64(rows[0].Number("n")), Cause: in.cause,
			Fix: "rebuild what the content calls in the target"}
		if rows, err = s.query(ctx, s.db, "SELECT "+in.name+" AS name FROM {"+in.table+"} ORDER BY id LIMIT ?", maxNamed); err != nil {
			return err
		}
		for _, r := range rows {
			found.Examples = append(found.Examples, r.Text("name"))
		}
		f.Findings = append(f.Findings, found)
	}
	return nil
}

// texts of a site in which elements are called, each as (id of a resource or 0, text).
var callers = []string{
	"SELECT id, CONCAT_WS(' ', pagetitle, longtitle, description, introtext, content) FROM {site_content} WHERE CONCAT_WS(' ', pagetitle, longtitle, description, introtext, content) LIKE '%[[%'",
	"SELECT contentid, value FROM {site_tmplvar_contentvalues} WHERE value LIKE '%[[%'",
	"SELECT 0, content FROM {site_templates} WHERE content LIKE '%[[%'",
	"SELECT 0, snippet FROM {site_htmlsnippets} WHERE snippet LIKE '%[[%'",
}

// maxCalls bounds the elements told one by one.
const maxCalls = 100

// findCalls tells which chunks and snippets are called, how often, and by which resources.
func (s *Site) findCalls(ctx context.Context, _ *env, f *cms.Facts) error {
	calls := newCalls()
	for _, query := range callers {
		err := cmssql.Each(ctx, s.db, func(rows *sql.Rows) error {
			var id string
			var text sql.NullString
			if err := rows.Scan(&id, &text); err != nil {
				return err
			}
			calls.scan(id, text.String)
			return nil
		}, s.sql(query))
		if err != nil {
			return err
		}
	}
	stored, err := s.elementNames(ctx)
	if err != nil {
		return err
	}
	rest := uint64(0)
	for i, c := range calls.most() {
		if i >= maxCalls {
			rest += c.count
			continue
		}
		f.Findings = append(f.Findings, c.finding(stored))
	}
	if rest > 0 {
		f.Findings = append(f.Findings, &agentv1.Finding{Code: "calls_of_others", Severity: agentv1.Severity_SEVERITY_WARNING, Count: rest, Cause: "calls of further chunks and snippets",
			Fix: "search the content for [[ to find them"})
	}
	return nil
}

func (s *Site) elementNames(ctx context.Context) (map[string]bool, error) {
	rows, err := s.query(ctx, s.db, "SELECT CONCAT('$', name) AS name FROM {site_htmlsnippets} UNION ALL SELECT name FROM {site_snippets}")
	m := map[string]bool{}
	for _, r := range rows {
		m[strings.ToLower(r.Text("name"))] = true
	}
	return m, err
}
