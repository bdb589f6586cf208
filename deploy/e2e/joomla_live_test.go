//go:build accept

package e2e

import (
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// liveJoomla is a real Joomla that serves a site of the fixtures.
type liveJoomla struct {
	*phpSite
	site *joomlaSite
	// answered is what a visitor got who asked for an article, by its alias.
	answered map[string]int
}

// joomlaView is what Joomla's own classes say of a site (testdata/joomla-judge.php).
type joomlaView struct {
	Version  string
	Articles []struct {
		ID, State, Access, Catid                        int
		Title, Alias, Text, Images, Route, Asset, Above string
		SameAsset                                       bool `json:"same_asset"`
		Editors, Registered                             bool
		Tags                                            []string
	}
	Categories []struct {
		ID, Level, Items, Parent  int
		Title, Path, Route, Asset string
	}
	Tags []struct {
		ID           int
		Title, Route string
	}
	Menu  []joomlaItem
	Users []struct {
		ID, Block          int
		Login, Name, Email string
		Groups, Levels     []int
	}
}

// joomlaItem is an item of a menu.
type joomlaItem struct {
	ID, Home, Level                               int
	Title, Type, Link, Route, Component, Menutype string
	Tree                                          []int
}

// joomlaCode is the code of a Joomla that runs a fixture: JOOMLA_DIR for 4 to 6, JOOMLA3_DIR for 3. Joomla 6 runs a site of 5 that it has
// brought up to date.
func joomlaCode(t *testing.T, fixture string) (code, major string) {
	t.Helper()
	if strings.HasPrefix(fixture, "j3-") {
		return systemCode(t, "JOOMLA3_DIR", "Joomla 3"), "3"
	}
	code = systemCode(t, "JOOMLA_DIR", "Joomla 4, 5 or 6")
	major = codeMajor(t, code, "libraries/src/Version.php", `MAJOR_VERSION\s*=\s*(\d+)`)
	if runs := map[string]string{"4": "j4-", "5": "j5-", "6": "j5-"}[major]; runs == "" || !strings.HasPrefix(fixture, runs) {
		t.Skipf("NOT ASKED: JOOMLA_DIR names a Joomla %s, that does not run %s", major, fixture)
	}
	return code, major
}

// realJoomla loads a fixture as a site of the Joomla that is named.
func realJoomla(t *testing.T, fixture string) (s *joomlaSite, code string) {
	t.Helper()
	code, major := joomlaCode(t, fixture)
	s = newJoomla(t, fixture)
	if major != "6" {
		return s, code
	}
	s.around(t, code)
	update := exec.Command("php", "-d", "error_reporting=4437", filepath.Join(s.root, "cli", "joomla.php"), "maintenance:database", "--fix", "--no-interaction")
	if out, err := update.CombinedOutput(); err != nil {
		t.Fatalf("the database is not brought up to date: %v: %s", err, tail(string(out), 2000))
	}
	return s, code
}

// boot puts the code of the real Joomla around the site and serves it.
func (s *joomlaSite) boot(t *testing.T, code string) *liveJoomla {
	t.Helper()
	s.around(t, code)
	l := &liveJoomla{phpServer{}.serve(t, s.root), s, map[string]int{}}
	// Joomla 6 takes PHP's own server for the command line, and then what is asked for as the folder that it lies in, unless it is told.
	s.configure(t, `\$live_site = '[^']*'`, "$$live_site = '"+l.base+"'")
	return l
}

// configure changes a setting of the site.
func (s *joomlaSite) configure(t *testing.T, setting, with string) {
	t.Helper()
	file := filepath.Join(s.root, "configuration.php")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(regexp.MustCompile(setting).ReplaceAllString(strings.ReplaceAll(string(b), "__ROOT__", s.root), with)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// around puts the code of the real Joomla around the site.
func (s *joomlaSite) around(t *testing.T, code string) {
	t.Helper()
	overlay(t, code, s.root, "administrator", "cli", "components", "includes", "language", "layouts", "libraries", "media", "modules", "plugins", "templates", "index.php")
	if _, err := os.Stat(filepath.Join(code, "api")); err == nil { // Joomla 3 has none.
		overlay(t, code, s.root, "api")
	}
	for _, dir := range []string{"cache", "tmp", "administrator/cache", "administrator/logs"} {
		if err := os.RemoveAll(filepath.Join(s.root, dir)); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(s.root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	s.configure(t, `\$host = '[^']*'`, "$$host = '127.0.0.1:"+strconv.Itoa(server.Port)+"'")
}

var joomlaToken = regexp.MustCompile(`name="([0-9a-f]{32})" value="1"`)

// sends fills in a form of a page, with the token that Joomla gave for it.
func (l *liveJoomla) sends(who *http.Client, page string, form url.Values) (int, string) {
	l.t.Helper()
	_, body := l.by(who, page, nil)
	token := joomlaToken.FindStringSubmatch(body)
	if token == nil {
		l.t.Errorf("%s has no form: %.300s", page, said(body))
		return 0, ""
	}
	form.Set(token[1], "1")
	return l.by(who, page, form)
}

// login opens a session with the form of the site, as members do, and says whether Joomla let the account in.
func (l *liveJoomla) login(name, password string) bool {
	l.t.Helper()
	who := l.visitor()
	l.sends(who, "/index.php?option=com_users&view=login", url.Values{"username": {name}, "password": {password}, "option": {"com_users"}, "task": {"user.login"}, "return": {""}})
	_, body := l.by(who, "/index.php?option=com_users&view=login", nil)
	return strings.Contains(body, "user.logout")
}

// administration is a session of the fixture's administrator.
func (l *liveJoomla) administration() *http.Client {
	l.t.Helper()
	who := l.visitor()
	_, body := l.sends(who, "/administrator/index.php", url.Values{"username": {"labadmin"}, "passwd": {"LabAdmin-pass-2024"}, "option": {"com_login"}, "task": {"login"}, "return": {"aW5kZXgucGhw"}})
	if !strings.Contains(body, "task=logout") {
		l.t.Errorf("the administrator is not let in: %.300s", said(body))
	}
	return who
}

var joomlaListed = regexp.MustCompile(`name="cid\[\]" value="(\d+)"`)

// listed are the articles that the administration lists, of every state.
func (l *liveJoomla) listed(who *http.Client) []string {
	l.t.Helper()
	form := url.Values{"filter[published]": {"*"}, "list[limit]": {"0"}, "limit": {"0"}, "option": {"com_content"}, "view": {"articles"}}
	code, body := l.sends(who, "/administrator/index.php?option=com_content&view=articles", form)
	if code != http.StatusOK {
		l.t.Errorf("the list of articles: %d: %.300s", code, said(body))
	}
	var ids []string
	for _, m := range joomlaListed.FindAllStringSubmatch(body, -1) {
		ids = append(ids, m[1])
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func (l *liveJoomla) view() *joomlaView {
	l.t.Helper()
	v := &joomlaView{}
	l.ask("joomla-judge.php", "", v)
	return v
}

// rebuilt are the places in trees that Joomla gives otherwise when it makes them anew.
func (l *liveJoomla) rebuilt() map[string][]any {
	l.t.Helper()
	var all struct{ Rebuilt map[string][]any }
	l.ask("joomla-judge.php", "rebuild=1", &all)
	return all.Rebuilt
}
