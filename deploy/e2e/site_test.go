//go:build accept

package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/deploy/testbed"
)

const packaged = "/usr/share/wordpress"

// wpSite is a real WordPress: Debian's program files, a fixture's database and uploads.
type wpSite struct {
	root string
	host string
	db   *testbed.Database
}

// newWordPress loads a fixture (wp-dev, wp-blank) into a fresh database and a fresh web root.
func newWordPress(t *testing.T, fixture string) *wpSite {
	t.Helper()
	s := &wpSite{root: t.TempDir(), db: server.Database(t)}
	load(t, server.Socket, s.db.Name, filepath.Join(fixtures, fixture, "db.sql.gz"))
	var home string
	if err := s.db.DB.QueryRow("SELECT option_value FROM wp_options WHERE option_name = 'home'").Scan(&home); err != nil {
		t.Fatal(err)
	}
	s.host = strings.TrimPrefix(home, "http://")
	if err := s.install(fixture, server.Port); err != nil {
		t.Fatal(err)
	}
	return s
}

// newTarget is wp-blank under an address of this machine that is free.
func newTarget(t *testing.T) *wpSite {
	t.Helper()
	s := newWordPress(t, "wp-blank")
	port, err := testbed.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	s.moveHome(t, fmt.Sprintf("http://127.0.0.1:%d", port))
	return s
}

func (s *wpSite) install(fixture string, port int) error {
	for _, n := range []string{"wp-includes", "wp-admin", "wp-login.php", "wp-load.php", "wp-settings.php", "wp-blog-header.php", "index.php"} {
		if err := os.Symlink(filepath.Join(packaged, n), filepath.Join(s.root, n)); err != nil {
			return err
		}
	}
	content := filepath.Join(s.root, "wp-content")
	if err := os.MkdirAll(filepath.Join(content, "mu-plugins"), 0o755); err != nil {
		return err
	}
	if err := os.Symlink(filepath.Join(packaged, "wp-content", "themes"), filepath.Join(content, "themes")); err != nil {
		return err
	}
	types, err := os.ReadFile(filepath.Join(fixtures, "wp-dev", "site-types.php"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(content, "mu-plugins", "site-types.php"), types, 0o644); err != nil {
		return err
	}
	if out, err := exec.Command("tar", "xzf", filepath.Join(fixtures, fixture, "uploads.tar.gz"), "-C", content).CombinedOutput(); err != nil {
		return fmt.Errorf("unpack uploads: %w: %s", err, out)
	}
	config, err := os.ReadFile("testdata/wp-config.php")
	if err != nil {
		return err
	}
	text := strings.NewReplacer("__NAME__", s.db.Name, "__PORT__", strconv.Itoa(port)).Replace(string(config))
	return os.WriteFile(filepath.Join(s.root, "wp-config.php"), []byte(text), 0o600)
}

// load feeds a gzipped dump to the mariadb client.
func load(t *testing.T, socket, name, file string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("mariadb", "--no-defaults", "--socket="+socket, "--user=root", "--default-character-set=utf8mb4", name)
	cmd.Stdin = z
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("load %s: %v: %s", file, err, out)
	}
}

// uploads is the folder of uploaded files.
func (s *wpSite) uploads() string { return filepath.Join(s.root, "wp-content", "uploads") }

// home is the site's address as its database states it.
func (s *wpSite) home() string { return "http://" + s.host }

// moveHome gives the site an address that it can be reached under, as an owner does after a move.
func (s *wpSite) moveHome(t *testing.T, home string) {
	t.Helper()
	s.host = strings.TrimPrefix(home, "http://")
	if _, err := s.db.DB.Exec("UPDATE wp_options SET option_value = ? WHERE option_name IN ('home','siteurl')", home); err != nil {
		t.Fatal(err)
	}
}

// dump asks WordPress what the site holds.
func (s *wpSite) dump(t *testing.T, options []string, passwords map[string]string) *wpDump {
	t.Helper()
	pw, err := json.Marshal(passwords)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("php", "-d", "display_errors=stderr", "-d", "memory_limit=512M", "testdata/dump.php")
	cmd.Env = append(os.Environ(), "WP_ROOT="+s.root, "WP_HOST="+s.host, "WP_OPTIONS="+strings.Join(options, ","), "WP_PASSWORDS="+string(pw))
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("WordPress cannot be asked: %v\n%s\n%s", err, tail(errs.String(), 3000), tail(out.String(), 1000))
	}
	d := &wpDump{}
	if err := json.Unmarshal(out.Bytes(), d); err != nil {
		t.Fatalf("WordPress's answer cannot be read: %v\n%s\n%s", err, tail(errs.String(), 3000), tail(out.String(), 1000))
	}
	return d
}

// web serves the site with PHP's own web server; get fetches a path from it.
func (s *wpSite) web(t *testing.T) (get func(path string) (int, string)) {
	t.Helper()
	return phpServer{router: "router.php", address: s.host, options: []string{"display_errors=1", "opcache.enable=1", usualErrors}}.serve(t, s.root).get
}
