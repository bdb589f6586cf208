//go:build accept

package e2e

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// invariants are what must hold for MODX to show its resources, each as a query that finds what breaks it.
var modxInvariants = map[string]string{
	"two resources of a context answer at one address": "SELECT GROUP_CONCAT(id) FROM {site_content} WHERE uri <> '' GROUP BY context_key, uri HAVING COUNT(*) > 1",
	"a resource has no address":                        "SELECT id FROM {site_content} WHERE id > 1 AND (uri IS NULL OR uri = '')",
	// The installer's own page has neither an address nor a date of publication.
	"a resource has no alias":                 "SELECT id FROM {site_content} WHERE alias IS NULL OR alias = ''",
	"a resource above others is no container": "SELECT p.id FROM {site_content} p JOIN {site_content} c ON c.parent = p.id WHERE p.isfolder = 0",
	"a parent is missing":                     "SELECT c.id FROM {site_content} c LEFT JOIN {site_content} p ON p.id = c.parent WHERE c.parent <> 0 AND p.id IS NULL",
	"an author is missing":                    "SELECT c.id FROM {site_content} c LEFT JOIN {users} u ON u.id = c.createdby WHERE c.createdby <> 0 AND u.id IS NULL",
	"a template is missing":                   "SELECT c.id FROM {site_content} c LEFT JOIN {site_templates} t ON t.id = c.template WHERE c.template <> 0 AND t.id IS NULL",
	"a context is missing":                    "SELECT c.id FROM {site_content} c LEFT JOIN {context} x ON x.`key` = c.context_key WHERE x.`key` IS NULL",
	"a class is of another version":           "SELECT id FROM {site_content} WHERE (class_key LIKE '%Revolution%') <> (SELECT value LIKE '3%' FROM {system_settings} WHERE `key` = 'settings_version')",
	"a class of a user is of another version": "SELECT id FROM {users} WHERE (hash_class LIKE '%Revolution%') <> (SELECT value LIKE '3%' FROM {system_settings} WHERE `key` = 'settings_version')",
	"a user has no profile":                   "SELECT u.id FROM {users} u LEFT JOIN {user_attributes} a ON a.internalKey = u.id WHERE a.id IS NULL",
	"a member's group or role is missing":     "SELECT m.id FROM {member_groups} m LEFT JOIN {membergroup_names} g ON g.id = m.user_group LEFT JOIN {user_group_roles} r ON r.id = m.role WHERE g.id IS NULL OR r.id IS NULL",
	"a value's variable is not in the template": "SELECT v.id FROM {site_tmplvar_contentvalues} v JOIN {site_content} c ON c.id = v.contentid " +
		"LEFT JOIN {site_tmplvar_templates} t ON t.tmplvarid = v.tmplvarid AND t.templateid = c.template WHERE t.tmplvarid IS NULL",
	"a token is left":       "SELECT id FROM {site_content} WHERE CONCAT_WS(' ', content, introtext, properties) REGEXP 'bailey:(entry|media|user)/'",
	"site_start is missing": "SELECT s.value FROM {system_settings} s LEFT JOIN {site_content} c ON c.id = s.value WHERE s.`key` IN ('site_start', 'error_page') AND c.id IS NULL",
	"a date is no date":     "SELECT id FROM {site_content} WHERE id > 1 AND (createdon = 0 OR published = 1 AND publishedon = 0)",
}

func (s *modxSite) broken(t *testing.T) map[string][]string {
	t.Helper()
	queries := map[string]string{}
	for what, query := range modxInvariants {
		queries[what] = s.sql(query)
	}
	return breaking(t, s.db.DB, queries)
}

func (s *modxSite) holds(t *testing.T) {
	t.Helper()
	for what, ids := range s.broken(t) {
		t.Errorf("%s: %v", what, ids[:min(len(ids), 10)])
	}
}

func (s *modxSite) sql(query string) string {
	return strings.NewReplacer("{", "`"+s.prefix, "}", "`").Replace(query)
}

// state is everything that the site consists of.
func (s *modxSite) state(t *testing.T) map[string]string {
	t.Helper()
	all := checksums(t, s.db.DB)
	for k, v := range fileHashes(t, s.root) {
		all[k] = v
	}
	return all
}

// one reads the only value of a query.
func (s *modxSite) one(t *testing.T, query string) string {
	t.Helper()
	var v string
	if err := s.db.DB.QueryRow(s.sql(query)).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

// intoMODX moves a site, twice, and takes it back.
func intoMODX(t *testing.T, src *agent, dst *modxSite) (rep *report, once func()) {
	t.Helper()
	before := dst.state(t)
	target := dst.serve(t, "target")
	data := t.TempDir()
	rep = migrate(t, data, src, target, []int{0, 3})
	rep.reconcile(t)
	dst.holds(t)
	return rep, func() {
		t.Helper()
		written := dst.state(t)
		migrate(t, data, src, target, []int{0, 3}).nothingChanged(t)
		dst.holds(t)
		sameState(t, "the target after a second run", withoutLedger(written), withoutLedger(dst.state(t)))
		if res := bailey(t, "rollback", rep.Migration, "--data", data, "--target", target.link()); res.code != 0 {
			t.Fatalf("rollback: %d\n%s", res.code, tail(res.text(), 3000))
		}
		sameState(t, "the target after the rollback", before, dst.state(t))
	}
}

func TestMODXToMODX(t *testing.T) {
	for fixture, prefix := range map[string]string{"modx-blank": "modx_", "modx3-blank": "m3_"} {
		t.Run(fixture, func(t *testing.T) {
			source, target := newMODX(t, "modx-dev", "mdx_"), newMODX(t, fixture, prefix)
			untouched := source.state(t)
			src := source.serve(t, "source")
			rep, again := intoMODX(t, src, target)
			resources := modxTruth(t, "resources")
			for _, o := range resources {
				switch id := o.word("id"); {
				case slices.Contains([]string{"38", "55", "72", "89"}, id):
					// Closed to visitors by a right that is not moved: it must not be public here.
					o["published"] = false
				case id == "99":
					// Its content type is not there.
					o["uri"] = "data.html"
				}
				target.arrived(t, o)
			}
			if n := target.one(t, "SELECT COUNT(*) FROM {site_content} WHERE context_key = 'fr'"); n != "7" {
				t.Errorf("%s resources in the context fr", n)
			}
			if n := target.one(t, "SELECT COUNT(*) FROM {context_setting} s JOIN {site_content} c ON c.id = s.value AND c.context_key = s.context_key WHERE s.`key` = 'site_start'"); n != "2" {
				t.Errorf("%s contexts start at one of their own resources", n)
			}
			n := target.one(t, "SELECT COUNT(*) FROM {site_content} WHERE id > 1 AND content REGEXP '\\\\[\\\\[~[0-9]+'")
			if linked, err := strconv.Atoi(n); err != nil || linked < 90 {
				t.Errorf("%s resources link by id", n)
			}
			// One resource has no row of its own for a variable that inherits: its value is written.
			for what, want := range map[string]string{"site_tmplvars": "22", "site_tmplvar_templates": "34", "site_templates": "5", "users": "11", "site_tmplvar_contentvalues": "593"} {
				if got := target.one(t, "SELECT COUNT(*) FROM {"+what+"}"); got != want {
					t.Errorf("%s: %s rows instead of %s", what, got, want)
				}
			}
			if len(rep.Rejected) > 0 {
				t.Errorf("rejected: %v", rep.Rejected)
			}
			again()
			sameState(t, "the source", untouched, source.state(t))
		})
	}
}

// arrived checks that a resource of the truth answers at its address in its context, with its title and its state.
func (s *modxSite) arrived(t *testing.T, o truthItem) {
	t.Helper()
	var n int
	err := s.db.DB.QueryRow(s.sql("SELECT COUNT(*) FROM {site_content} WHERE context_key = ? AND uri = ? AND pagetitle = ? AND published = ? AND deleted = ? AND menuindex = ? AND hidemenu = ? AND uri_override = ?"),
		o.word("context_key"), o.word("uri"), o.word("pagetitle"), o.word("published"), o.word("deleted"), o.word("menuindex"), o.word("hidemenu"), o.word("uri_override")).Scan(&n)
	if err != nil || n != 1 {
		t.Errorf("resource %s (%s %s): found %d times (%v)", o.word("id"), o.word("context_key"), o.word("uri"), n, err)
	}
}

func TestMODXToWordPress(t *testing.T) {
	source, target := newMODX(t, "modx-dev", "mdx_"), newTarget(t)
	src, dst := source.serve(t, "source"), serve(t, "--site", target.root, "--role", "target")
	data := t.TempDir()
	rep := migrate(t, data, src, dst, []int{0, 3})
	rep.reconcile(t)
	got := target.dump(t, nil, nil)
	titles := map[string]*wpPost{}
	for _, p := range got.Posts {
		titles[p.Title] = p
		if strings.Contains(p.Content+p.Title+p.Excerpt, "[[") {
			t.Errorf("a tag is left in %q", p.Title)
		}
	}
	for _, o := range modxTruth(t, "resources") {
		if title := o.word("pagetitle"); !strings.Contains(title, "[[") && titles[title] == nil && o.word("class_key") == "modDocument" {
			t.Errorf("%q did not arrive", title)
		}
	}
	migrate(t, data, src, dst, []int{0, 3}).nothingChanged(t)
}
