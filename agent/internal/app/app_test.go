package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/fake"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/deploy/testbed"
	"github.com/baileybridge/bailey/proto/agenttest"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/link"
)

func TestMain(m *testing.M) { testbed.Main(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// buffer may be written while it is read.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// siteDir is a folder with a site on SQLite and its configuration file.
func siteDir(t *testing.T, prefix string) (dir, dsn string) {
	t.Helper()
	dir = t.TempDir()
	file := filepath.Join(dir, "site.db")
	must(t, os.WriteFile(file, nil, 0o600))
	must(t, os.Mkdir(filepath.Join(dir, "uploads"), 0o750))
	db, err := cmssql.Open(t.Context(), cmssql.Config{Dialect: cmssql.SQLite, File: file}, true)
	must(t, err)
	must(t, fake.Install(t.Context(), db, prefix, "https://fake.example", "uuid"))
	must(t, db.Close())
	conf, err := json.Marshal(map[string]string{"DSN": "sqlite:" + file, "Prefix": prefix, "Files": filepath.Join(dir, "uploads"), "Version": "1.0"})
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "fake-config.json"), conf, 0o600))
	return dir, "sqlite:" + file
}

// told is how an error reads: cause, code, fix.
var told = regexp.MustCompile(`^bailey-agent: [^\n]+ \([a-z_]+\)\n  [A-Z][^\n]+\n$`)

func command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs buffer
	code = run(t.Context(), []cms.Driver{fake.Driver{}}, args, &out, &errs)
	return code, out.String(), errs.String()
}

// agent is a running agent.
type agent struct {
	*testing.T
	out, errs *buffer
	stop      context.CancelFunc
	done      chan int
	lines     chan string
}

// firstLine hands on the first line that is written.
type firstLine struct {
	*buffer
	once sync.Once
	to   chan string
}

func (f *firstLine) Write(p []byte) (int, error) {
	n, err := f.buffer.Write(p)
	f.once.Do(func() { f.to <- strings.TrimSpace(string(p)) })
	return n, err
}

func start(t *testing.T, args ...string) *agent {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	a := &agent{T: t, out: &buffer{}, errs: &buffer{}, stop: stop, done: make(chan int, 1), lines: make(chan string, 1)}
	go func() {
		a.done <- run(ctx, []cms.Driver{fake.Driver{}}, append([]string{"serve"}, args...), &firstLine{buffer: a.out, to: a.lines}, a.errs)
	}()
	t.Cleanup(stop)
	return a
}

func (a *agent) link() link.Link {
	a.Helper()
	select {
	case line := <-a.lines:
		l, err := link.Parse(line)
		must(a.T, err)
		return l
	case code := <-a.done:
		a.Fatalf("exit %d: %s", code, a.errs)
	case <-time.After(20 * time.Second):
		a.Fatal("no link")
	}
	return link.Link{}
}

func (a *agent) end() {
	a.Helper()
	a.stop()
	if code := <-a.done; code != 0 {
		a.Errorf("exit %d: %s", code, a.errs)
	}
}

func TestServe(t *testing.T) {
	t.Parallel()
	dir, _ := siteDir(t, "fk_")
	file := filepath.Join(t.TempDir(), "link")
	a := start(t, "--site", dir, "--role", "source", "--link-file", file, "--max-rate", "1000")
	l := a.link()
	c := agenttest.Connect(t, l)
	d, err := c.Describe(t.Context(), &agentv1.DescribeRequest{})
	must(t, err)
	if d.GetPlatform() != "fake" || d.GetRole() != agentv1.Role_ROLE_SOURCE || d.GetBaseUrl() != "https://fake.example" || slices.Contains(d.GetCapabilities(), "WriteRecords") {
		t.Errorf("described as %v", d)
	}
	if _, err := c.Finish(t.Context(), &agentv1.FinishRequest{Scope: &agentv1.WriteScope{SourceSite: "s", Run: "r"}}); err == nil {
		t.Error("a source finished a migration")
	}
	got, err := os.ReadFile(file)
	must(t, err)
	if st, _ := os.Stat(file); string(got) != l.Reveal()+"\n" || st.Mode().Perm() != 0o600 {
		t.Errorf("link file %v holds %q", st.Mode(), got)
	}
	a.end()
	if out := a.out.String(); strings.Count(out, "\n") != 1 {
		t.Errorf("standard output is %q", out)
	}
	logs := a.errs.String()
	if strings.Contains(logs, strings.Split(l.Reveal(), "token=")[1]) || !strings.Contains(logs, `"call":"/bailey.agent.v1.AgentService/Describe"`) {
		t.Errorf("the log holds the token or no audit: %s", logs)
	}
	for line := range strings.SplitSeq(strings.TrimSpace(logs), "\n") {
		if !json.Valid([]byte(line)) {
			t.Errorf("no JSON: %s", line)
		}
	}
}

// After kill -9 an agent that is started again has the same link.
func TestIdentityKeepsTheLink(t *testing.T) {
	t.Parallel()
	dir, _ := siteDir(t, "fk_")
	keep := filepath.Join(t.TempDir(), "identity")
	port, err := testbed.FreePort()
	must(t, err)
	var links []string
	for range 2 {
		a := start(t, "--site", dir, "--role", "target", "--identity", keep, "--listen", net.JoinHostPort("127.0.0.1", fmt.Sprint(port)))
		l := a.link()
		links = append(links, l.Reveal())
		_, err := agenttest.Connect(t, l).Describe(t.Context(), &agentv1.DescribeRequest{})
		must(t, err)
		a.end()
	}
	if links[0] != links[1] {
		t.Error("the link changed")
	}
	if st, _ := os.Stat(keep); st.Mode().Perm() != 0o600 {
		t.Errorf("mode is %v", st.Mode())
	}
	must(t, os.Chmod(keep, 0o644))
	if code, _, errs := command(t, "serve", "--site", dir, "--role", "source", "--identity", keep); code != 1 || !strings.Contains(errs, "chmod 600") {
		t.Errorf("exit %d: %s", code, errs)
	}
	must(t, os.WriteFile(keep, []byte("nonsense"), 0o600))
	must(t, os.Chmod(keep, 0o600))
	if code, _, errs := command(t, "serve", "--site", dir, "--role", "source", "--identity", keep); code != 1 || !strings.Contains(errs, "no identity") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

func TestStartFailures(t *testing.T) {
	t.Parallel()
	dir, dsn := siteDir(t, "fk_")
	aim := filepath.Join(t.TempDir(), "aim")
	must(t, os.Symlink(filepath.Join(t.TempDir(), "elsewhere"), aim))
	empty := filepath.Join(t.TempDir(), "empty.db")
	must(t, os.WriteFile(empty, nil, 0o600))
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer func() { _ = taken.Close() }()
	for name, c := range map[string]struct {
		args []string
		code int
		tell string
	}{
		"nothing":      {nil, 2, "--role"},
		"role":         {[]string{"--role", "both", "--site", dir}, 2, "--role source"},
		"no site":      {[]string{"--role", "source"}, 2, "--site DIR"},
		"both":         {[]string{"--role", "source", "--site", dir, "--dsn", dsn}, 2, "either"},
		"platform":     {[]string{"--role", "source", "--platform", "geocities", "--dsn", dsn}, 2, "there are fake"},
		"flag":         {[]string{"--colour", "blue"}, 2, "colour"},
		"dsn":          {[]string{"--role", "source", "--platform", "fake", "--dsn", "nonsense"}, 2, "mysql://"},
		"level":        {[]string{"--role", "source", "--site", dir, "--log-level", "loud"}, 2, "loud"},
		"listen":       {[]string{"--role", "source", "--site", dir, "--listen", "here"}, 2, "host:port"},
		"no such dir":  {[]string{"--role", "source", "--site", t.TempDir()}, 1, "no site of a known platform"},
		"prefix":       {[]string{"--role", "source", "--platform", "fake", "--dsn", dsn, "--prefix", "other_"}, 1, "begin with fk_"},
		"empty":        {[]string{"--role", "source", "--platform", "fake", "--dsn", "sqlite:" + empty}, 1, "no tables that share a prefix"},
		"no file":      {[]string{"--role", "source", "--platform", "fake", "--dsn", "sqlite:/no/such.db"}, 1, "no database file /no/such.db"},
		"dead":         {[]string{"--role", "source", "--platform", "fake", "--dsn", "mysql://u:hush@127.0.0.1:1/n"}, 1, "does not answer"},
		"files":        {[]string{"--role", "source", "--site", dir, "--files", "/no/such"}, 1, "--files DIR"},
		"symlink":      {[]string{"--role", "source", "--site", dir, "--link-file", aim}, 1, "not a plain file"},
		"link folder":  {[]string{"--role", "source", "--site", dir, "--link-file", "/no/such/link"}, 1, "cannot be written"},
		"port is used": {[]string{"--role", "source", "--site", dir, "--listen", taken.Addr().String()}, 1, "free port"},
	} {
		code, out, errs := command(t, append([]string{"serve"}, c.args...)...)
		if code != c.code || !strings.Contains(errs, c.tell) || out != "" || strings.Contains(errs, "hush") {
			t.Errorf("%s: exit %d, want %d; told %q, want %q", name, code, c.code, errs, c.tell)
		}
		if !told.MatchString(errs) {
			t.Errorf("%s: not a cause with its code, and a fix below: %s", name, errs)
		}
	}
}

func TestMariaDBFailures(t *testing.T) {
	t.Parallel()
	db := testbed.MariaDB(t).Database(t)
	good, err := cmssql.ParseDSN(db.DSN)
	must(t, err)
	wrong := "mysql://nobody:hush@/" + good.Name + "?socket=" + good.Address
	if good.Network == "tcp" {
		wrong = "mysql://nobody:hush@" + good.Address + "/" + good.Name
	}
	code, _, errs := command(t, "serve", "--role", "source", "--platform", "fake", "--dsn", wrong)
	if code != 1 || !strings.Contains(errs, "refuses the account") || strings.Contains(errs, "hush") {
		t.Errorf("exit %d: %s", code, errs)
	}
	// The prefix need not be named where the database has one only.
	own, err := cmssql.Open(t.Context(), good, true)
	must(t, err)
	must(t, fake.Install(t.Context(), own, "my_blog_", "https://fake.example", "uuid"))
	must(t, own.Close())
	a := start(t, "--role", "target", "--platform", "fake", "--dsn", db.DSN)
	a.link()
	a.end()
}

func TestDetect(t *testing.T) {
	t.Parallel()
	dir, _ := siteDir(t, "fk_")
	code, out, errs := command(t, "detect", dir)
	if code != 0 || errs != "" {
		t.Fatalf("exit %d: %s", code, errs)
	}
	for _, want := range []string{"platform     fake", "version      1.0", "base url     https://fake.example", "database     sqlite:", "prefix       fk_", "files        /", "entry        0", "site         1"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not told: %s", want, out)
		}
	}
	if code, _, _ := command(t, "detect", t.TempDir()); code != 1 {
		t.Errorf("exit %d", code)
	}
	if code, _, _ := command(t, "detect"); code != 2 {
		t.Errorf("exit %d", code)
	}
	must(t, os.WriteFile(filepath.Join(dir, "fake-config.json"), []byte("{"), 0o600))
	if code, _, errs := command(t, "detect", dir); code != 1 || !strings.Contains(errs, "looks like Fake") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

func TestOtherCommands(t *testing.T) {
	t.Parallel()
	if code, out, _ := command(t, "version"); code != 0 || out != "bailey-agent "+Version+"\n" {
		t.Errorf("exit %d: %q", code, out)
	}
	for _, args := range [][]string{{}, {"dance"}, {"version", "extra"}} {
		if code, _, errs := command(t, args...); code != 2 || errs == "" {
			t.Errorf("%v: exit %d", args, code)
		}
	}
	if code, out, _ := command(t, "serve", "--help"); code != 0 || !strings.Contains(out, "--link-file") {
		t.Errorf("exit %d: %s", code, out)
	}
}

func TestCommonPrefixes(t *testing.T) {
	t.Parallel()
	names := func(prefix string, tables ...string) (out []string) {
		for _, n := range tables {
			out = append(out, prefix+n)
		}
		return out
	}
	wp := []string{"posts", "postmeta", "options", "users", "usermeta", "term_taxonomy", "term_relationships", "terms", "term_a", "term_b"}
	for want, tables := range map[string][]string{
		"wp_": names("wp_", wp...), "my_blog_": names("my_blog_", wp...), "": names("", "posts", "users"), "a_ b_": append(names("a_", wp...), names("b_", "w", "x", "y", "z")...),
	} {
		if got := strings.Join(commonPrefixes(tables), " "); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
