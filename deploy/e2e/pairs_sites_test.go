//go:build accept

package e2e

import (
	"database/sql"
	"path/filepath"
	"sync"
	"testing"
)

// place is a site in a pair, and what can be asked of it without its agent.
type place struct {
	// args are those of its agent, but for the role.
	args []string
	// state is everything that the site consists of, tables of the ledger included.
	state func(*testing.T) map[string]string
	// broken asks for the rows that keep the platform from showing what it has; by what is broken.
	broken func(*testing.T) map[string][]string
	// db and prefix are where the ledger is.
	db     *sql.DB
	prefix string
}

func (p *place) serve(t *testing.T, role string) *agent {
	t.Helper()
	return serve(t, append([]string{"--role", role}, p.args...)...)
}

// pairSource is a fixture that has content. home is the empty one of the same version that what has arrived elsewhere comes back to.
// refused are those of its records that no target can take, each with the code that says why.
type pairSource struct {
	name, platform, home string
	open                 func(*testing.T) *place
	refused              []string
}

// pairTarget is a fixture that is empty.
type pairTarget struct {
	name, platform string
	open           func(*testing.T) *place
}

var pairSources = []pairSource{
	{"wp-dev", "wordpress", "wp-blank", func(t *testing.T) *place { return newWordPress(t, "wp-dev").place() }, nil},
	{"wp-dev.xml", "wxr", "", exportPlace, nil},
	{"ghost", "ghost", "ghost-blank", func(t *testing.T) *place { return newGhost(t, "ghost.db").place() }, nil},
	{"j3-dev", "joomla", "j3-blank", func(t *testing.T) *place { return newJoomla(t, "j3-dev").place() }, nil},
	{"j5-dev", "joomla", "j5-blank", func(t *testing.T) *place { return newJoomla(t, "j5-dev").place() }, nil},
	{"d7-dev", "drupal", "d7-blank", func(t *testing.T) *place { return newDrupal(t, "d7-dev").place() }, nil},
	{"d9-dev", "drupal", "d9-blank", func(t *testing.T) *place { return newDrupal(t, "d9-dev").place() }, nil},
	{"d10-dev", "drupal", "d10-blank", func(t *testing.T) *place { return newDrupal(t, "d10-dev").place() }, nil},
	{"modx-dev", "modx", "modx-blank", func(t *testing.T) *place { return newMODX(t, "modx-dev", "mdx_").place() }, nil},
	{"hugo", "folder", "hugo-blank", func(t *testing.T) *place { return folderPlace(t, sampleFolder(t)) }, []string{"content/broken.md file_unreadable"}},
}

var pairTargets = []pairTarget{
	{"wp-blank", "wordpress", func(t *testing.T) *place { return newTarget(t).place() }},
	{"ghost-blank", "ghost", func(t *testing.T) *place { return newGhost(t, "ghost-blank.db").place() }},
	{"j3-blank", "joomla", func(t *testing.T) *place { return newJoomla(t, "j3-blank").place() }},
	{"j4-blank", "joomla", func(t *testing.T) *place { return newJoomla(t, "j4-blank").place() }},
	{"j5-blank", "joomla", func(t *testing.T) *place { return newJoomla(t, "j5-blank").place() }},
	{"modx-blank", "modx", func(t *testing.T) *place { return newMODX(t, "modx-blank", "modx_").place() }},
	{"modx3-blank", "modx", func(t *testing.T) *place { return newMODX(t, "modx3-blank", "m3_").place() }},
	{"d7-blank", "drupal", func(t *testing.T) *place { return newDrupal(t, "d7-blank").guarded(t).place() }},
	{"d9-blank", "drupal", func(t *testing.T) *place { return newDrupal(t, "d9-blank").place() }},
	{"d10-blank", "drupal", func(t *testing.T) *place { return newDrupal(t, "d10-blank").place() }},
	{"hugo-blank", "folder", func(t *testing.T) *place { return folderPlace(t, newFolder(t)) }},
	{"jekyll-blank", "folder", func(t *testing.T) *place { return flavourPlace(t, "jekyll") }},
	{"eleventy-blank", "folder", func(t *testing.T) *place { return flavourPlace(t, "eleventy") }},
}

func (s *wpSite) place() *place {
	return &place{args: []string{"--site", s.root}, db: s.db.DB, prefix: "wp_", broken: s.broken,
		state: func(t *testing.T) map[string]string { return state(t, s) }}
}

func (g *ghostSite) place() *place {
	return &place{args: []string{"--site", g.root}, db: g.db, state: g.state, broken: g.broken}
}

func (s *joomlaSite) place() *place {
	return &place{args: []string{"--site", s.root, "--base-url", joomlaBase}, db: s.db.DB, prefix: s.prefix, state: s.state, broken: s.broken}
}

func (s *modxSite) place() *place {
	return &place{args: s.args(), db: s.db.DB, prefix: s.prefix, state: s.state, broken: s.broken}
}

func (s *drupalSite) place() *place {
	return &place{args: s.args(), db: s.db.DB, state: s.state, broken: s.broken}
}

// nowhereKey is what is broken about a link on a page that leads nowhere.
const nowhereKey = "leads nowhere"

// folderPlace is a site of Hugo. The ledger is in the database that its agent makes beside the files.
func folderPlace(t *testing.T, dir string) *place {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, ".bailey", "site.db")+"?mode=ro")
	need(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return &place{args: []string{"--site", dir, "--flavour", "hugo"}, db: db,
		state:  func(t *testing.T) map[string]string { return tree(t, dir, ".bailey") },
		broken: func(t *testing.T) map[string][]string { return map[string][]string{nowhereKey: nowhere(t, dir)} }}
}

func exportPlace(t *testing.T) *place {
	s := newWordPress(t, "wp-dev")
	return &place{args: []string{"--platform", "wxr", "--dsn", s.export(t), "--files", s.uploads()}}
}

// opened starts the agent of a source once, for all the pairs that read it. It lives as long as the test that it is given, and at
// its end the source is what it was (Rule 5).
func (s pairSource) opened(t *testing.T) func() *agent {
	return sync.OnceValue(func() *agent {
		p := s.open(t)
		if p.state != nil {
			before := p.state(t)
			t.Cleanup(func() { sameState(t, s.name, before, p.state(t)) })
		}
		return p.serve(t, "source")
	})
}
