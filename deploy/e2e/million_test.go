//go:build accept

package e2e

import (
	"bufio"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/baileybridge/bailey/deploy/testbed"
)

// Bounds of a migration of very many small records.
const (
	// storeBytes is what the orchestrator's store may hold per record, beside a constant.
	storeBytes, storeConstant = 100, 1 << 20
	// grow is what the last quarter of a stage may need beyond the one before, in MiB: the garbage collector's freedom.
	grow = 8
	// unsaved is how many records may be on the target without the store's knowledge when the orchestrator is killed: shards at
	// a time, unanswered batches of each, records of a batch.
	unsaved = 4 * (3 + 1) * 1000
)

// TestMillion moves very many small records (RECORDS, 50,000 unless set), kills the orchestrator in the middle of the copying,
// and goes on. Rule 9: the memory of no process grows with the site, and neither does what the store keeps of a record.
func TestMillion(t *testing.T) {
	n := envInt("RECORDS", 50000)
	source, target := smallSite(t, n), smallSite(t, 0)
	src := serveFixed(t, freePort(t), "--platform", "wordpress", "--dsn", source.DSN, "--prefix", "wp_", "--role", "source")
	dst := serveFixed(t, freePort(t), "--platform", "wordpress", "--dsn", target.DSN, "--prefix", "wp_", "--role", "target")
	data := t.TempDir()
	m := &memory{of: map[string][]sample{}, begun: time.Now()}
	defer m.stop()
	m.watch("source agent", src.cmd.Process.Pid)
	m.watch("target agent", dst.cmd.Process.Pid)

	begun := time.Now()
	first := m.bailey(t, "orchestrator, killed", migrateArgs(data, src, dst)...)
	saved := first.until(t, func(e event) bool { return e.Stage == "copy" && e.done("entry") >= n/2 }).done("entry")
	_ = first.cmd.Process.Kill()
	first.wait(t)
	before := settled(t, target.DB)
	read := src.recordsRead(t)
	t.Logf("killed after %s with %d of %d entries on the target, %d of them known to be there", time.Since(begun).Round(time.Second), before, n, saved)
	if before >= n {
		t.Fatal("it was killed too late")
	}

	restarted := time.Now()
	second := m.bailey(t, "orchestrator", migrateArgs(data, src, dst)...)
	waitFor(t, 60*time.Second, func() bool { return posts(t, target.DB) > before })
	resumed := time.Since(restarted)
	res := second.wait(t)
	if res.code != 0 {
		t.Fatalf("bailey migrate ended with %d\n%s\ntarget agent:\n%s", res.code, tail(res.text(), 2000), tail(dst.out.String(), 2000))
	}
	rep := parseReport(t, res)
	rep.reconcile(t)
	m.stop()

	// Besides, everything is read once for the verification.
	read = src.recordsRead(t) - read - n
	info, err := os.Stat(filepath.Join(data, "bailey.db"))
	if err != nil {
		t.Fatal(err)
	}
	again := read - (n - before)
	t.Logf("all in %s; first new record %.1f s after the restart; %d records read that were on the target; store %.1f bytes per record",
		time.Since(begun).Round(time.Second), resumed.Seconds(), again, float64(info.Size())/float64(n))
	if read > n-saved {
		t.Errorf("%d records were read after the restart, though %d were known to be done", read, saved)
	}
	if again < 0 || again > unsaved {
		t.Errorf("%d records were read again, at most %d were unanswered", again, unsaved)
	}
	if most := int64(storeBytes*n + storeConstant); info.Size() > most {
		t.Errorf("the store has %d bytes, more than %d", info.Size(), most)
	}
	if got := posts(t, target.DB); got != n {
		t.Errorf("%d entries on the target", got)
	}
	m.flat(t)
}

// smallSite is a WordPress with n entries of a few words, made by the database itself.
func smallSite(t *testing.T, n int) *testbed.Database {
	t.Helper()
	d := server.Database(t)
	schema, err := os.ReadFile("../bench/wordpress.sql")
	if err != nil {
		t.Fatal(err)
	}
	home := fmt.Sprintf("http://%s.example", d.Name)
	for _, s := range []string{string(schema),
		"INSERT INTO wp_options (option_name, option_value) VALUES ('siteurl', '" + home + "'), ('home', '" + home + `'), ('blogname', 'Small'), ('permalink_structure', '/%postname%/'),
			('gmt_offset', '0'), ('default_category', '1'), ('db_version', '53496'), ('stylesheet', 'x'), ('template', 'x'),
			('wp_user_roles', 'a:1:{s:13:"administrator";a:1:{s:4:"name";s:13:"Administrator";}}')`,
		"INSERT INTO wp_users (ID, user_login, user_pass, user_nicename, user_email, user_registered, display_name) VALUES (1, 'admin', 'x', 'admin', 'admin@example.test', '2020-01-01', 'admin')",
		`INSERT INTO wp_usermeta (user_id, meta_key, meta_value) VALUES (1, 'wp_capabilities', 'a:1:{s:13:"administrator";b:1;}')`,
		"INSERT INTO wp_terms (term_id, name, slug) VALUES (1, 'Uncategorized', 'uncategorized')",
		"INSERT INTO wp_term_taxonomy (term_taxonomy_id, term_id, taxonomy, description) VALUES (1, 1, 'category', '')",
		fmt.Sprintf(`INSERT INTO wp_posts (ID, post_author, post_date, post_date_gmt, post_content, post_title, post_excerpt, post_name, to_ping, pinged, post_modified, post_modified_gmt, post_content_filtered, guid)
			SELECT seq, 1, '2020-01-01', '2020-01-01', CONCAT('<p>Note ', seq, ' of a log, a few words long.</p>'), CONCAT('Note ', seq), '', CONCAT('note-', seq), '', '', '2020-01-01', '2020-01-01', '',
			CONCAT('%s/?p=', seq) FROM seq_1_to_%d WHERE seq <= %d`, home, max(1, n), n),
	} {
		if _, err := d.DB.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func posts(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	if err := db.QueryRow("SELECT COUNT(*) FROM wp_posts").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// settled counts the entries when the agent has ended what it was sent.
func settled(t *testing.T, db *sql.DB) int {
	t.Helper()
	last, n := -1, posts(t, db)
	for ; n != last; last, n = n, posts(t, db) {
		time.Sleep(time.Second)
	}
	return n
}

// recordsRead sums what an agent says in its log that it handed over.
func (a *agent) recordsRead(t *testing.T) (n int) {
	t.Helper()
	for _, line := range strings.Split(a.out.String(), "\n") {
		var l struct {
			Call, Kind string
			Records    int
		}
		if json.Unmarshal([]byte(line), &l) == nil && l.Call == "ReadRecords" && l.Kind == "entry" {
			n += l.Records
		}
	}
	return n
}

// event is a line of bailey migrate --json.
type event struct {
	Stage string
	Kinds []struct {
		Kind string
		Done int
	}
}

func (e event) done(kind string) int {
	for _, k := range e.Kinds {
		if k.Kind == kind {
			return k.Done
		}
	}
	return 0
}

// followed is a bailey whose events are followed.
type followed struct {
	cmd    *exec.Cmd
	events chan event
	last   string
	errs   *lockedBuffer
}

// bailey starts the orchestrator and watches its memory.
func (m *memory) bailey(t *testing.T, name string, args ...string) *followed {
	t.Helper()
	b := &followed{cmd: exec.Command(baileyBin, args...), events: make(chan event, 1), errs: &lockedBuffer{}}
	b.cmd.Stderr = b.errs
	b.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := b.cmd.StdoutPipe()
	if err == nil {
		err = b.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	m.watch(name, b.cmd.Process.Pid)
	go func() {
		defer close(b.events)
		r := bufio.NewReaderSize(out, 1<<20)
		for {
			line, err := r.ReadString('\n')
			var e event
			if json.Unmarshal([]byte(line), &e) == nil {
				b.last = line
				m.enter(name, e.Stage)
				b.events <- e
			}
			if err != nil {
				return
			}
		}
	}()
	return b
}

// until follows the events to the first that fits.
func (b *followed) until(t *testing.T, fits func(event) bool) event {
	t.Helper()
	for e := range b.events {
		if fits(e) {
			return e
		}
	}
	t.Fatalf("bailey ended too early:\n%s\n%s", tail(b.last, 2000), tail(b.errs.String(), 2000))
	return event{}
}

// wait follows the events to the end.
func (b *followed) wait(t *testing.T) result {
	t.Helper()
	for range b.events {
	}
	_ = b.cmd.Wait()
	return ended(b.cmd.ProcessState, b.last, b.errs.String())
}

// sample is the resident memory of a process in a stage, in MiB.
type sample struct {
	stage string
	mib   float64
}

// memory samples processes.
type memory struct {
	mu    sync.Mutex
	stage string
	names []string
	of    map[string][]sample
	quits []chan struct{}
	// begun is when the first process was started, entered says when which stage was.
	begun   time.Time
	entered []string
}

func (m *memory) enter(name, stage string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if stage != "" && m.stage != stage {
		m.stage = stage
		m.entered = append(m.entered, fmt.Sprintf("%s in %s at %.0f s", name, stage, time.Since(m.begun).Seconds()))
	}
}

func (m *memory) watch(name string, pid int) {
	quit := make(chan struct{})
	m.names, m.quits = append(m.names, name), append(m.quits, quit)
	go func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
			}
			if kib := resident(pid); kib > 0 {
				m.mu.Lock()
				m.of[name] = append(m.of[name], sample{m.stage, float64(kib) / 1024})
				m.mu.Unlock()
			}
		}
	}()
}

func (m *memory) stop() {
	for _, q := range m.quits {
		close(q)
	}
	m.quits = nil
}

// resident reads VmRSS in KiB; 0 when the process has ended.
func resident(pid int) (kib int) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(b), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			_, _ = fmt.Sscan(rest, &kib)
		}
	}
	return kib
}

// flat prints each process's memory as a series of peaks, and compares the halves of the long stages.
func (m *memory) flat(t *testing.T) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	t.Log(strings.Join(m.entered, "; "))
	for _, name := range m.names {
		all := m.of[name]
		t.Logf("%-21s MiB %s", name, series(all, 20))
		for _, stage := range []string{"index", "copy", "finish", "verify"} {
			var in []sample
			for _, s := range all {
				if s.stage == stage {
					in = append(in, s)
				}
			}
			if len(in) < 40 {
				continue
			}
			// In the first half the garbage collector is still finding its measure.
			last := len(in) * 3 / 4
			one, two := peak(in[len(in)/2:last]), peak(in[last:])
			t.Logf("%-21s %-7s third quarter %.0f, last %.0f MiB (%s)", name, stage, one, two, series(in, 10))
			if two > one+grow {
				t.Errorf("the memory of the %s grows in the stage %s: %.0f, then %.0f MiB", name, stage, one, two)
			}
		}
	}
}

func peak(all []sample) (most float64) {
	for _, s := range all {
		most = max(most, s.mib)
	}
	return most
}

// series is the peak of each of so many parts.
func series(all []sample, parts int) string {
	var b strings.Builder
	for i := range parts {
		if part := all[i*len(all)/parts : (i+1)*len(all)/parts]; len(part) > 0 {
			fmt.Fprintf(&b, "%.0f ", peak(part))
		}
	}
	return strings.TrimSpace(b.String())
}
