//go:build accept

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"

	"github.com/baileybridge/bailey/deploy/testbed"
)

// phpSite is a real system written in PHP that serves a site under a free address of this machine.
type phpSite struct {
	t          *testing.T
	base, root string
	client     *http.Client
	out        *lockedBuffer
}

// systemCode is the folder of a real system's code; a test that only that system can judge is skipped without it.
func systemCode(t *testing.T, variable, what string) string {
	t.Helper()
	dir := os.Getenv(variable)
	if dir == "" {
		t.Skipf("NOT ASKED: the real %s. Set %s to the folder of its code and have php with mysqli, pdo_mysql, gd, xml and mbstring in the PATH", what, variable)
	}
	return dir
}

// codeMajor is the major version that a file of a system's code tells.
func codeMajor(t *testing.T, code, file, pattern string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(code, file))
	need(t, err)
	m := regexp.MustCompile(pattern).FindSubmatch(b)
	if m == nil {
		t.Fatalf("%s tells no version", file)
	}
	return string(m[1])
}

// overlay copies folders and files of a system's code into a site; what the site has stays.
func overlay(t *testing.T, code, root string, names ...string) {
	t.Helper()
	for _, name := range names {
		if out, err := exec.Command("cp", "-rn", filepath.Join(code, name), root).CombinedOutput(); err != nil {
			t.Fatalf("copy %s: %v: %s", name, err, tail(string(out), 500))
		}
	}
}

// phpServer says how PHP's own server serves a folder. Router is a script of testdata, or empty; address is where, empty for a free one.
type phpServer struct {
	router, address string
	// options come after the usual ones, and win.
	options []string
}

// usualErrors is Debian's error_reporting: all but what is deprecated.
const usualErrors = "error_reporting=22527"

// serve starts the server. What the code deprecates is not asked for: the older systems say it on every page.
func (o phpServer) serve(t *testing.T, root string) *phpSite {
	t.Helper()
	if o.address == "" {
		port, err := testbed.FreePort()
		need(t, err)
		o.address = fmt.Sprintf("127.0.0.1:%d", port)
	}
	p := &phpSite{t: t, base: "http://" + o.address, root: root, out: &lockedBuffer{}}
	p.client = p.visitor()
	args := []string{"-d", "display_errors=0", "-d", "log_errors=1", "-d", "error_reporting=4437", "-d", "memory_limit=512M", "-d", "opcache.enable=0", "-d", "sendmail_path=/bin/true", "-d", "session.save_path=" + t.TempDir(),
		"-S", o.address, "-t", root}
	for _, option := range o.options {
		args = append(args, "-d", option)
	}
	if o.router != "" {
		router, err := filepath.Abs(filepath.Join("testdata", o.router))
		need(t, err)
		args = append(args, router)
	}
	cmd := exec.Command("php", args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = root, p.out, p.out
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		for _, line := range strings.Split(p.out.String(), "\n") {
			if strings.Contains(line, "PHP Fatal") || strings.Contains(line, "PHP Parse") {
				t.Errorf("the system died: %.600s", line)
			}
		}
	})
	waitFor(t, 30*time.Second, func() bool {
		res, err := p.client.Head(p.base + "/bailey-nothing.txt")
		if err == nil {
			_ = res.Body.Close()
		}
		return err == nil
	})
	return p
}

// visitor is a browser of its own.
func (p *phpSite) visitor() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return &http.Client{Timeout: 3 * time.Minute, Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}
}

func (p *phpSite) get(path string) (int, string) { return p.by(p.client, path, nil) }

// by fetches a page, or sends a form, as one visitor.
func (p *phpSite) by(who *http.Client, path string, form url.Values) (int, string) {
	p.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = p.base + path
	}
	// Routes come unescaped, as Joomla gives them; what is escaped stays.
	path = beyondASCII.ReplaceAllStringFunc(path, url.PathEscape)
	if form == nil {
		return answer(who.Get(path))
	}
	return answer(who.PostForm(path, form))
}

// answer is a response's code and body; 0 and what went wrong when none came.
func answer(res *http.Response, err error) (int, string) {
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err.Error()
	}
	return res.StatusCode, string(body)
}

var (
	beyondASCII = regexp.MustCompile(`[^\x21-\x7e]+`)
	unmarked    = regexp.MustCompile(`</?[a-zA-Z!][^<>]*>`)
	unspoken    = regexp.MustCompile(`(?s)<(script|style|head)\b.*?</(script|style|head)>`)
)

// said is what a page says, in letters and digits alone: typography is the theme's.
func said(page string) string {
	text := unmarked.ReplaceAllString(unspoken.ReplaceAllString(page, " "), " ")
	text = unmarked.ReplaceAllString(html.UnescapeString(html.UnescapeString(text)), " ")
	return " " + strings.Join(strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ") + " "
}

// ask runs a script of testdata inside the system, as a page of it, and reads its answer.
func (p *phpSite) ask(script, query string, to any) {
	p.t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", script))
	if err == nil {
		err = os.WriteFile(filepath.Join(p.root, script), b, 0o600)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	code, body := p.get("/" + script + "?" + query)
	if at := bytes.IndexByte([]byte(body), '{'); code != http.StatusOK || at < 0 {
		p.t.Fatalf("the system cannot be asked: %d: %.2000s\n%s", code, body, tail(p.out.String(), 2000))
	} else if err := json.Unmarshal([]byte(body[at:]), to); err != nil {
		p.t.Fatalf("the system's answer cannot be read: %v\n%.1500s", err, body)
	}
}

// look keeps the system running for a person, until the file that LOOK names is there.
func (p *phpSite) look() {
	file := os.Getenv("LOOK")
	if file == "" {
		return
	}
	fmt.Println("look at", p.base, "with", p.root)
	waitFor(p.t, time.Hour, func() bool { _, err := os.Stat(file); return err == nil })
}
