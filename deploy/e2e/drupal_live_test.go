//go:build accept

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// drupalProgram is the folder of an installed Drupal of the fixture's version; empty: none is named.
func drupalProgram(t *testing.T, fixture string) (dir, variable string) {
	t.Helper()
	if strings.HasPrefix(fixture, "d7-") {
		return os.Getenv("DRUPAL7_DIR"), "DRUPAL7_DIR"
	}
	if dir = os.Getenv("DRUPAL_DIR"); dir != "" && !strings.HasPrefix(fixture, drupalNow(t, "")) {
		dir = ""
	}
	return dir, "DRUPAL_DIR"
}

// drupalNow is the fixture of this name for the version of the program that DRUPAL_DIR names; for 9 when it names none.
func drupalNow(t *testing.T, name string) string {
	t.Helper()
	dir, major := os.Getenv("DRUPAL_DIR"), "9"
	if dir != "" {
		major = codeMajor(t, dir, "core/lib/Drupal.php", `const VERSION = '(\d+)`)
	}
	return "d" + major + "-" + name
}

// needDrupal skips a test that only the real Drupal can judge.
func needDrupal(t *testing.T, fixture string) {
	t.Helper()
	if dir, variable := drupalProgram(t, fixture); dir == "" {
		t.Skipf("NOT ASKED: the real Drupal. Set %s to the folder of its program (7.105, or 9.5 to 11 with vendor/ in it) and have php with mysql, gd and xml in the PATH", variable)
	}
}

// liveDrupal is a real Drupal that serves a site.
type liveDrupal struct {
	*phpSite
	// passwords are those that accounts should have.
	passwords map[string]string
}

// boot puts the program to the site and serves it under a free address of this machine; nil when no program is named.
func (s *drupalSite) boot(t *testing.T) *liveDrupal {
	t.Helper()
	dir, variable := drupalProgram(t, s.fixture)
	if dir == "" {
		t.Logf("NOT ASKED: the real Drupal; %s names no folder", variable)
		return nil
	}
	s.install(t, dir)
	l := &liveDrupal{phpSite: phpServer{router: "drupal-router.php", options: []string{"display_errors=1", "opcache.enable=1", usualErrors}}.serve(t, s.root)}
	waitFor(t, 30*time.Second, func() bool { code, _ := l.get("/robots.txt"); return code == http.StatusOK })
	return l
}

// install copies the program; the site keeps its settings, and nothing runs by itself.
func (s *drupalSite) install(t *testing.T, dir string) {
	t.Helper()
	file := filepath.Join(s.root, "sites", "default", "settings.php")
	settings, err := os.ReadFile(file)
	need(t, err)
	if out, err := exec.Command("cp", "-r", dir+"/.", s.root).CombinedOutput(); err != nil {
		t.Fatalf("copy Drupal: %v: %s", err, tail(string(out), 1000))
	}
	quiet := "\n$conf['cron_safe_threshold'] = 0;\n"
	if !strings.HasPrefix(s.fixture, "d7-") {
		quiet = "\n$config['automated_cron.settings']['interval'] = 0;\n"
	}
	need(t, os.WriteFile(file, append(settings, quiet...), 0o644))
}

// installDrupal lets a Drupal that no fixture has, 11 and later, install itself.
func installDrupal(t *testing.T, fixture string) *drupalSite {
	t.Helper()
	needDrupal(t, fixture)
	dir, _ := drupalProgram(t, fixture)
	s := &drupalSite{root: t.TempDir(), fixture: fixture, db: server.Database(t)}
	if out, err := exec.Command("cp", "-r", dir+"/.", s.root).CombinedOutput(); err != nil {
		t.Fatalf("copy Drupal: %v: %s", err, tail(string(out), 1000))
	}
	cmd := exec.Command("php", "-d", "memory_limit=1G", "-d", "sendmail_path=/bin/true", "testdata/drupal-install.php")
	cmd.Env = append(os.Environ(), "DRUPAL_ROOT="+s.root, "DRUPAL_DATABASE="+s.db.Name, fmt.Sprintf("DRUPAL_PORT=%d", server.Port))
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "installed "+fixture[1:3]) {
		t.Fatalf("Drupal does not install itself: %v: %s", err, tail(string(out), 3000))
	}
	for _, locked := range []string{"", "settings.php"} {
		need(t, os.Chmod(filepath.Join(s.root, "sites", "default", locked), 0o755))
	}
	return s
}

// page is a page that must be there and hold the words.
func (l *liveDrupal) page(path string, words ...string) string {
	l.t.Helper()
	code, body := l.get(path)
	if code != http.StatusOK {
		l.t.Errorf("%s: Drupal answered %d\n%s", path, code, tail(plainText(body), 600))
		return body
	}
	text := plainText(body)
	for _, w := range words {
		if !strings.Contains(text, strings.Join(strings.Fields(w), " ")) {
			l.t.Errorf("%s does not show %q", path, w)
		}
	}
	for _, bad := range []string{"Notice: ", "Warning: ", "Fatal error: ", "The website encountered an unexpected error"} {
		if i := strings.Index(text, bad); i >= 0 {
			l.t.Errorf("%s: Drupal complains: %.300s", path, text[i:])
		}
	}
	return body
}

var pageTag = regexp.MustCompile(`<[^>]*>`)

// plainText is what a page says.
func plainText(page string) string {
	return strings.Join(strings.Fields(html.UnescapeString(pageTag.ReplaceAllString(page, " "))), " ")
}

// login opens a session with the form, as people do, and says whether Drupal let the account in.
func (l *liveDrupal) login(name, password string) bool {
	l.t.Helper()
	_, form := l.get("/user/login")
	fields := url.Values{"name": {name}, "pass": {password}, "op": {"Log in"}}
	for _, f := range regexp.MustCompile(`name="(form_build_id|form_id|form_token)" value="([^"]*)"`).FindAllStringSubmatch(form[max(strings.Index(form, "user-login"), 0):], -1) {
		if !fields.Has(f[1]) {
			fields.Set(f[1], f[2])
		}
	}
	_, body := l.by(l.client, "/user/login", fields)
	// Later versions send the menu of the account after the page, for a script to put in.
	return strings.Contains(strings.ReplaceAll(body, `\/`, "/"), "/user/logout")
}

// logout forgets the session.
func (l *liveDrupal) logout() { l.client = l.visitor() }

// drupalDump is what Drupal's own interface says that the site holds.
type drupalDump struct {
	Version string       `json:"version"`
	Nodes   []drupalSeen `json:"nodes"`
	Terms   []drupalSeen `json:"terms"`
	Users   []drupalSeen `json:"users"`
	Files   []drupalSeen `json:"files"`
	Media   []drupalSeen `json:"media"`
	// Said are the translations of what are no nodes.
	Said     []drupalSeen `json:"said"`
	Comments []drupalSeen `json:"comments"`
	Menus    []struct {
		ID    string       `json:"id"`
		Main  bool         `json:"main"`
		Title string       `json:"title"`
		Links []drupalLink `json:"links"`
	} `json:"menus"`
	Passwords map[string]bool `json:"passwords"`
	Errors    []string        `json:"errors"`
}

type drupalSeen struct {
	ID           json.RawMessage `json:"id"`
	Type         string          `json:"type"`
	Bundle       string          `json:"bundle"`
	Title        string          `json:"title"`
	Status       int             `json:"status"`
	Language     string          `json:"language"`
	Author       string          `json:"author"`
	Path         string          `json:"path"`
	Comments     int             `json:"comments"`
	Threads      int             `json:"threads"`
	HTML         string          `json:"html"`
	Terms        []string        `json:"terms"`
	Revisions    int             `json:"revisions"`
	Access       bool            `json:"access"`
	Translations int             `json:"translations"`
	Nodes        []int           `json:"nodes"`
	Depth        int             `json:"depth"`
	Mail         string          `json:"mail"`
	Roles        []string        `json:"roles"`
	URI          string          `json:"uri"`
	Exists       bool            `json:"exists"`
	Thread       string          `json:"thread"`
	Node         json.RawMessage `json:"node"`
	Source       string          `json:"source"`
}

type drupalLink struct {
	Title  string       `json:"title"`
	Href   string       `json:"href"`
	Hidden int          `json:"hidden"`
	Access bool         `json:"access"`
	Below  []drupalLink `json:"below"`
}

func (d drupalSeen) id() string { return strings.Trim(string(d.ID), `"`) }

// dump asks Drupal what the site holds.
func (l *liveDrupal) dump(passwords map[string]string) *drupalDump {
	l.t.Helper()
	pw, err := json.Marshal(passwords)
	need(l.t, err)
	return l.ask("DRUPAL_PASSWORDS=" + string(pw))
}

// speak gives the site more languages, and articles texts in each.
func (l *liveDrupal) speak(codes ...string) { l.ask("DRUPAL_LANGUAGES=" + strings.Join(codes, " ")) }

// modules turns modules on.
func (l *liveDrupal) modules(names ...string) { l.ask("DRUPAL_MODULES=" + strings.Join(names, " ")) }

func (l *liveDrupal) ask(env ...string) *drupalDump {
	l.t.Helper()
	cmd := exec.Command("php", "-d", "display_errors=stderr", "-d", "memory_limit=1G", "testdata/drupal.php")
	cmd.Env = append(append(os.Environ(), "DRUPAL_ROOT="+l.root, "DRUPAL_BASE="+l.base), env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		l.t.Fatalf("Drupal cannot be asked: %v\n%s\n%s", err, tail(errs.String(), 3000), tail(out.String(), 1000))
	}
	if errs.Len() > 0 {
		l.t.Errorf("Drupal complains while it is asked:\n%s", tail(errs.String(), 3000))
	}
	d := &drupalDump{}
	if err := json.Unmarshal(out.Bytes(), d); err != nil {
		l.t.Fatalf("Drupal's answer cannot be read: %v\n%s", err, tail(out.String(), 1000))
	}
	return d
}
