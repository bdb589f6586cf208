//go:build accept

package e2e

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/baileybridge/bailey/deploy/testbed"
)

// liveGhost is a real Ghost that serves a site.
type liveGhost struct {
	t      *testing.T
	base   string
	client *http.Client
	cmd    *exec.Cmd
	out    *lockedBuffer
	done   chan struct{}
}

// ghostProgram is the folder of an installed Ghost 5. It needs npm, so it is asked only where one is named.
func ghostProgram(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("GHOST_DIR")
	if dir == "" {
		t.Skip("NOT ASKED: the real Ghost. Set GHOST_DIR to the folder of an installed Ghost 5 (its index.js and node_modules) and have node in the PATH")
	}
	return dir
}

// firstGhost is a site as Ghost's own first start and setup make it; Ghost is stopped again.
func firstGhost(t *testing.T) *ghostSite {
	t.Helper()
	g := emptyGhost(t)
	g.configure(t)
	live := g.boot(t)
	live.send("POST", "authentication/setup/", `{"setup":[{"name":"Owner","email":"owner@ghost.test","password":"`+ownerPassword+`","blogTitle":"First start"}]}`, 201)
	live.stop()
	g.open(t)
	return g
}

const ownerPassword = "Quartz-Lemon-42!"

// boot starts the real Ghost on the site, under a free address of this machine, and logs in when the site has an owner.
func (g *ghostSite) boot(t *testing.T) *liveGhost {
	t.Helper()
	program := ghostProgram(t)
	port, err := testbed.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	g.serveAt(t, program, port)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	l := &liveGhost{t: t, base: fmt.Sprintf("http://127.0.0.1:%d", port), out: &lockedBuffer{}, done: make(chan struct{}),
		client: &http.Client{Timeout: time.Minute, Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}}
	l.cmd = exec.Command("node", filepath.Join(program, "index.js"))
	l.cmd.Dir, l.cmd.Stdout, l.cmd.Stderr = g.root, l.out, l.out
	l.cmd.Env = append(os.Environ(), "NODE_ENV=production")
	l.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := l.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = l.cmd.Wait(); close(l.done) }()
	t.Cleanup(l.stop)
	waitFor(t, 2*time.Minute, func() bool {
		code, _ := l.get("/ghost/api/admin/site/")
		return l.ended() || code == http.StatusOK
	})
	if l.ended() {
		t.Fatalf("Ghost did not start:\n%s", tail(l.out.String(), 4000))
	}
	return l
}

// revive takes the redacted keys and secrets out of a fixture; Ghost makes new ones on its start.
func (g *ghostSite) revive(t *testing.T) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+g.file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.Exec("DELETE FROM settings WHERE value = 'redacted'"); err != nil {
		t.Fatal(err)
	}
}

// serveAt gives the site the address, the themes and the manifest of the program.
func (g *ghostSite) serveAt(t *testing.T, program string, port int) {
	t.Helper()
	file := filepath.Join(g.root, "config.production.json")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var config map[string]any
	if err := json.Unmarshal(b, &config); err != nil {
		t.Fatal(err)
	}
	config["url"] = fmt.Sprintf("http://127.0.0.1:%d", port)
	config["mail"] = map[string]any{"transport": "stub"}
	config["security"] = map[string]any{"staffDeviceVerification": false}
	config["privacy"] = map[string]any{"useUpdateCheck": false, "useGravatar": false}
	config["server"] = map[string]any{"host": "127.0.0.1", "port": port}
	if b, err = json.Marshal(config); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"package.json", "content/themes"} {
		if err := os.Symlink(filepath.Join(program, name), filepath.Join(g.root, name)); err != nil && !os.IsExist(err) {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{"data", "settings", "public", "logs", "adapters"} {
		if err := os.MkdirAll(filepath.Join(g.root, "content", dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func (l *liveGhost) ended() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

// stop ends Ghost as its owner does.
func (l *liveGhost) stop() {
	if l.ended() {
		return
	}
	_ = l.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-l.done:
	case <-time.After(20 * time.Second):
		_ = l.cmd.Process.Kill()
		<-l.done
	}
}

// get fetches a page of the site.
func (l *liveGhost) get(path string) (int, string) { return answer(l.client.Get(l.base + path)) }

// send calls the Admin API, which must answer with the code.
func (l *liveGhost) send(method, path, body string, code int) []byte {
	l.t.Helper()
	got, answer := l.call(method, path, body)
	if got != code {
		l.t.Fatalf("%s %s: Ghost answered %d\n%.800s", method, path, got, answer)
	}
	return answer
}

func (l *liveGhost) call(method, path, body string) (int, []byte) {
	l.t.Helper()
	req, err := http.NewRequest(method, l.base+"/ghost/api/admin/"+path, bytes.NewBufferString(body))
	if err != nil {
		l.t.Fatal(err)
	}
	return l.do(req, "application/json")
}

// do sends what the administration's own page would.
func (l *liveGhost) do(req *http.Request, mime string) (int, []byte) {
	l.t.Helper()
	req.Header.Set("Origin", l.base)
	req.Header.Set("Content-Type", mime)
	code, body := answer(l.client.Do(req))
	if code == 0 {
		l.t.Fatal(body)
	}
	return code, []byte(body)
}

// login opens a session of a member of the staff and says whether Ghost let him in.
func (l *liveGhost) login(email, password string) bool {
	l.t.Helper()
	b, err := json.Marshal(map[string]string{"username": email, "password": password})
	if err != nil {
		l.t.Fatal(err)
	}
	code, _ := l.call("POST", "session/", string(b))
	return code == http.StatusCreated
}

// list reads all of one resource of the Admin API.
func (l *liveGhost) list(name, query string, to any) {
	l.t.Helper()
	l.decode(name, l.send("GET", name+"/?limit=all&"+query, "", http.StatusOK), to)
}

// public reads all of one resource of the Content API, as a visitor's programs do.
func (l *liveGhost) public(key, name, query string, to any) {
	l.t.Helper()
	code, body := l.get("/ghost/api/content/" + name + "/?limit=all&key=" + key + "&" + query)
	if code != http.StatusOK {
		l.t.Fatalf("Content API, %s: %d\n%.500s", name, code, body)
	}
	l.decode(name, []byte(body), to)
}

func (l *liveGhost) decode(name string, answer []byte, to any) {
	l.t.Helper()
	var whole map[string]json.RawMessage
	err := json.Unmarshal(answer, &whole)
	if err == nil {
		err = json.Unmarshal(whole[name], to)
	}
	if err != nil {
		l.t.Fatalf("%s: %v in %.300s", name, err, answer)
	}
}

// contentKey makes an integration, as an owner does for a visitor's programs, and gives its key.
func (l *liveGhost) contentKey() string {
	l.t.Helper()
	var made []struct {
		Keys []struct{ Type, Secret string } `json:"api_keys"`
	}
	l.decode("integrations", l.send("POST", "integrations/?include=api_keys", `{"integrations":[{"name":"Judge"}]}`, http.StatusCreated), &made)
	for _, k := range made[0].Keys {
		if k.Type == "content" {
			return k.Secret
		}
	}
	l.t.Fatal("Ghost made an integration without a key")
	return ""
}

// publicRows reads all of one resource of the Content API by id.
func (l *liveGhost) publicRows(key, name, query string) map[string]map[string]string {
	l.t.Helper()
	var all []object
	l.public(key, name, query, &all)
	rows := map[string]map[string]string{}
	for _, o := range all {
		row := flat(o)
		rows[row["id"]] = row
	}
	return rows
}

// look keeps Ghost running for a person, until the file that LOOK names is there.
func (l *liveGhost) look() {
	file := os.Getenv("LOOK")
	if file == "" {
		return
	}
	fmt.Println("look at", l.base, "with", l.cmd.Dir)
	waitFor(l.t, time.Hour, func() bool { _, err := os.Stat(file); return err == nil })
}
