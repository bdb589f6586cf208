//go:build accept

package e2e

import (
	"compress/gzip"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/deploy/testbed"
)

// drupalSite is a folder like that of a Drupal installation, whose database is a fixture's. No program of Drupal is in it.
type drupalSite struct {
	root, fixture string
	db            *testbed.Database
}

// drupalPrograms are what tells an installation's version, by the fixture's first letters.
var drupalPrograms = map[string][2]string{
	"d7-":  {"includes/bootstrap.inc", "<?php\ndefine('VERSION', '7.105');\ndefine('DRUPAL_CORE_COMPATIBILITY', '7.x');\n"},
	"d9-":  {"core/lib/Drupal.php", "<?php\nclass Drupal {\n  const VERSION = '9.5.11';\n}\n"},
	"d10-": {"core/lib/Drupal.php", "<?php\nclass Drupal {\n  const VERSION = '10.1.5';\n}\n"},
}

// newDrupal restores a fixture; its settings.php is the real one, with the address of this run's database.
func newDrupal(t *testing.T, fixture string) *drupalSite {
	t.Helper()
	if strings.HasPrefix(fixture, "d11-") {
		return installDrupal(t, fixture)
	}
	s := &drupalSite{root: t.TempDir(), fixture: fixture}
	from := filepath.Join(fixtures, fixture)
	program := drupalPrograms[fixture[:strings.IndexByte(fixture, '-')+1]]
	putFile(t, filepath.Join(s.root, program[0]), []byte(program[1]))
	sites := filepath.Join(s.root, "sites", "default")
	need(t, os.MkdirAll(sites, 0o755))
	if out, err := exec.Command("tar", "xzf", filepath.Join(from, "files.tar.gz"), "-C", sites).CombinedOutput(); err != nil {
		t.Fatalf("unpack files: %v: %s", err, out)
	}
	conf, err := os.ReadFile(filepath.Join(from, "settings.php"))
	need(t, err)
	set := func(key, value string) {
		conf = regexp.MustCompile(`'`+key+`' => '[^']*'`).ReplaceAll(conf, []byte(`'`+key+`' => '`+value+`'`))
	}
	switch {
	case strings.HasSuffix(fixture, "-sqlite"):
		putFile(t, filepath.Join(sites, "files", ".ht.sqlite"), gunzip(t, filepath.Join(from, "db.sqlite.gz")))
	case strings.HasSuffix(fixture, "-pg"):
		pg := testbed.Postgres(t)
		url := pg.Database(t)
		cmd := exec.Command("psql", "-q", "-v", "ON_ERROR_STOP=0", url)
		cmd.Stdin = strings.NewReader(string(gunzip(t, filepath.Join(from, "db.pgsql.gz"))))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("load the dump: %v: %s", err, tail(string(out), 2000))
		}
		name := regexp.MustCompile(`/([a-z0-9]+)\?`).FindStringSubmatch(url)[1]
		set("database", name)
		set("username", "postgres")
		set("port", strconv.Itoa(pg.Port))
	default:
		s.db = server.Database(t)
		load(t, server.Socket, s.db.Name, filepath.Join(from, "db.sql.gz"))
		set("database", s.db.Name)
		set("username", "root")
		set("port", strconv.Itoa(server.Port))
	}
	set("password", "")
	putFile(t, filepath.Join(sites, "settings.php"), conf)
	return s
}

// guarded gives the site a folder of private files, as its page of settings does.
func (s *drupalSite) guarded(t *testing.T) *drupalSite {
	t.Helper()
	putFile(t, filepath.Join(s.root, "sites", "default", "files", "private", ".htaccess"), []byte("Deny from all\n"))
	conf := filepath.Join(s.root, "sites", "default", "settings.php")
	have, err := os.ReadFile(conf)
	need(t, err)
	putFile(t, conf, append(have, "\n$conf['file_private_path'] = 'sites/default/files/private';\n"...))
	return s
}

func need(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func putFile(t *testing.T, file string, content []byte) {
	t.Helper()
	need(t, os.MkdirAll(filepath.Dir(file), 0o755))
	need(t, os.WriteFile(file, content, 0o644))
}

func gunzip(t *testing.T, file string) []byte {
	t.Helper()
	f, err := os.Open(file)
	need(t, err)
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	need(t, err)
	content, err := io.ReadAll(z)
	need(t, err)
	return content
}

func (s *drupalSite) serve(t *testing.T, role string) *agent {
	t.Helper()
	return serve(t, append(s.args(), "--role", role)...)
}

func (s *drupalSite) args() []string {
	host := "http://" + s.fixture[:strings.IndexByte(s.fixture, '-')] + "dev.lab.test"
	return []string{"--site", s.root, "--base-url", host}
}

// copied is another installation with the same content: a running Drupal writes into both database and folder.
func (s *drupalSite) copied(t *testing.T) *drupalSite {
	t.Helper()
	c := &drupalSite{root: t.TempDir(), fixture: s.fixture, db: server.Database(t)}
	if out, err := exec.Command("cp", "-r", s.root+"/.", c.root).CombinedOutput(); err != nil {
		t.Fatalf("copy the site: %v: %s", err, out)
	}
	dump := exec.Command("sh", "-c", `mariadb-dump --no-defaults --socket="$1" --user=root --default-character-set=utf8mb4 --hex-blob "$2" | mariadb --no-defaults --socket="$1" --user=root --default-character-set=utf8mb4 "$3"`,
		"sh", server.Socket, s.db.Name, c.db.Name)
	if out, err := dump.CombinedOutput(); err != nil {
		t.Fatalf("copy the database: %v: %s", err, tail(string(out), 2000))
	}
	file := filepath.Join(c.root, "sites", "default", "settings.php")
	conf, err := os.ReadFile(file)
	need(t, err)
	putFile(t, file, []byte(strings.ReplaceAll(string(conf), "'"+s.db.Name+"'", "'"+c.db.Name+"'")))
	return c
}
