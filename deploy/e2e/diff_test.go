//go:build accept

package e2e

import (
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// foreseen is one record of bailey plan --diff --json.
type foreseen struct {
	Kind     string
	SourceID string `json:"source_id"`
	Title    string
	Action   string
	Fields   []string
	Edited   bool
	Problem  *struct{ Code string }
}

type forecast struct {
	Records []foreseen
	Plan    struct {
		Diff []struct {
			Kind          string
			Actions       map[string]int
			Lossy, Edited int
		}
	}
}

// diffed is a pair of sites, and what a dry run says about moving one to the other.
type diffed struct {
	data     string
	src, dst *agent
	source   *wpSite
	// db and prefix reach the target's tables, people may write there; state digests all that a dry run must leave alone.
	db     *sql.DB
	people *sql.DB
	prefix string
	state  func(*testing.T) map[string]string
	// title is the statement that changes a target row's title.
	title string
}

// TestPlanDiffWordPress: wp-dev → wp-blank.
func TestPlanDiffWordPress(t *testing.T) {
	source, target := newWordPress(t, "wp-dev"), newTarget(t)
	d := &diffed{source: source, db: target.db.DB, people: target.db.DB, prefix: "wp_", title: "UPDATE wp_posts SET post_title = ? WHERE ID = ?",
		state: func(t *testing.T) map[string]string { return state(t, target) }}
	d.run(t, target.root)
}

// TestPlanDiffGhost: wp-dev → ghost-blank.
func TestPlanDiffGhost(t *testing.T) {
	source, target := newWordPress(t, "wp-dev"), newGhost(t, "ghost-blank.db")
	people, err := sql.Open("sqlite", target.file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = people.Close() }()
	d := &diffed{source: source, db: target.db, people: people, title: "UPDATE posts SET title = ? WHERE id = ?",
		state: func(t *testing.T) map[string]string {
			all := target.state(t)
			all["the file"] = target.fileHash(t)
			return all
		}}
	d.run(t, target.root)
}

func (d *diffed) run(t *testing.T, target string) {
	d.src, d.dst, d.data = serve(t, "--site", d.source.root, "--role", "source"), serve(t, "--site", target, "--role", "target"), t.TempDir()
	first := d.foretell(t)
	rep := migrate(t, d.data, d.src, d.dst, []int{0, 3})
	first.came(t, rep, map[string]ledgerRow{}, d.ledger(t))

	if again := d.foretell(t); !again.quiet(t) {
		t.Error("a run after the first one would change something")
	}
	changed, gone, edited := d.edit(t)
	second := d.foretell(t)
	for _, n := range second.Records {
		key := n.Kind + "/" + n.SourceID
		switch {
		// What people have edited on the target is kept.
		case contains(changed, key) && !contains(edited, key) && !contains(n.Fields, "title"):
			t.Errorf("%s: would change %v, not its title", key, n.Fields)
		case n.Edited != contains(edited, key):
			t.Errorf("%s: edited on the target %v", key, n.Edited)
		case (n.Action == "gone") != (key == gone):
			t.Errorf("%s: action %s", key, n.Action)
		}
	}
	before := d.ledger(t)
	second.came(t, migrate(t, d.data, d.src, d.dst, []int{0, 3, 4}), before, d.ledger(t))
}

// foretell asks what a run would do, and checks that asking changes nothing.
func (d *diffed) foretell(t *testing.T) *forecast {
	t.Helper()
	before := d.state(t)
	page := filepath.Join(t.TempDir(), "diff.html")
	if dir := os.Getenv("REPORTS"); dir != "" {
		page = filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "-")+".diff.html")
	}
	res := bailey(t, "plan", "--diff", "--json", "--html", page, "--titles", "--source", d.src.link(), "--target", d.dst.link(), "--data", d.data)
	if res.code != 0 {
		t.Fatalf("bailey plan --diff ended with %d\n%s\n%s", res.code, tail(res.stderr, 3000), tail(d.dst.out.String(), 3000))
	}
	sameState(t, "the target after a dry run", before, d.state(t))
	f := &forecast{}
	if err := json.Unmarshal([]byte(res.stdout), f); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(page); err != nil || !strings.Contains(string(b), "What would become of each record") {
		t.Errorf("the page: %v", err)
	}
	for _, n := range f.Records {
		if n.Title != "" && (n.Kind == "user" || n.Kind == "comment") {
			t.Errorf("%s/%s is told with a title", n.Kind, n.SourceID)
		}
	}
	return f
}

// ledgerRow is what the target's ledger says of a record.
type ledgerRow struct{ outcome, target, run string }

func (d *diffed) ledger(t *testing.T) map[string]ledgerRow {
	t.Helper()
	rows, err := d.db.Query("SELECT kind, source_id, outcome, target_id, run FROM " + d.prefix + "bailey_ledger")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	all := map[string]ledgerRow{}
	for rows.Next() {
		var kind, outcome int32
		var id string
		var r ledgerRow
		if err := rows.Scan(&kind, &id, &outcome, &r.target, &r.run); err != nil {
			t.Fatal(err)
		}
		r.outcome = []string{"", "create", "update", "unchanged", "adopt", "skip", "reject"}[outcome]
		all[record.KindName(recordv1.Kind(kind))+"/"+id] = r
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// came compares each record with what the run wrote down in the target's ledger, and the counts with the run's report.
func (f *forecast) came(t *testing.T, rep *report, before, after map[string]ledgerRow) {
	t.Helper()
	told := map[string]map[string]int{}
	compared := 0
	for _, n := range f.Records {
		key := n.Kind + "/" + n.SourceID
		if told[n.Kind] == nil {
			told[n.Kind] = map[string]int{}
		}
		told[n.Kind][n.Action]++
		now, was := after[key], before[key]
		switch n.Action {
		case "create", "update", "adopt":
			if compared++; now.outcome != n.Action || now.run == was.run {
				t.Errorf("%s: said %s, the ledger says %+v, before %+v", key, n.Action, now, was)
			}
		case "unchanged":
			if compared++; now != was || now.target == "" {
				t.Errorf("%s: said unchanged, the ledger says %+v, before %+v", key, now, was)
			}
		case "gone":
			if now != was {
				t.Errorf("%s: gone, but the ledger says %+v, before %+v", key, now, was)
			}
		}
	}
	for _, k := range rep.Kinds {
		got := map[string]int{"create": k.Created, "update": k.Updated, "unchanged": k.Unchanged, "adopt": k.Adopted, "skip": k.Skipped, "reject": k.Rejected}
		for action, n := range got {
			if action == "skip" && told[k.Kind] == nil {
				continue // a kind that the target does not hold
			}
			if told[k.Kind][action] != n {
				t.Errorf("%s: said %s %d, came %d", k.Kind, action, told[k.Kind][action], n)
			}
		}
	}
	for _, r := range rep.Rejected {
		found := false
		for _, n := range f.Records {
			found = found || n.Kind == r.Kind && n.SourceID == r.SourceID && n.Action == "reject" && n.Problem.Code == r.Code
		}
		if !found {
			t.Errorf("%s/%s was rejected (%s), which was not said", r.Kind, r.SourceID, r.Code)
		}
	}
	t.Logf("%d records compared with the ledger", compared)
}

// quiet says that nothing would be written.
func (f *forecast) quiet(t *testing.T) bool {
	t.Helper()
	ok := true
	for _, n := range f.Records {
		if n.Action == "create" || n.Action == "update" || n.Action == "gone" || n.Edited {
			t.Errorf("%s/%s: %s, edited %v", n.Kind, n.SourceID, n.Action, n.Edited)
			ok = false
		}
	}
	return ok
}

// edit changes titles on both sides and removes a post from the source.
func (d *diffed) edit(t *testing.T) (changed []string, gone string, edited []string) {
	t.Helper()
	rows, err := d.source.db.DB.Query("SELECT ID FROM wp_posts WHERE post_type = 'post' AND post_status = 'publish' ORDER BY ID LIMIT 6")
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if err := rows.Close(); err != nil || len(ids) < 6 {
		t.Fatalf("%v, %v", ids, err)
	}
	do := func(db *sql.DB, query string, args ...any) {
		if _, err := db.Exec(query, args...); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range ids[:3] {
		do(d.source.db.DB, "UPDATE wp_posts SET post_title = CONCAT(post_title, ' anew') WHERE ID = ?", id)
		changed = append(changed, "entry/"+id)
	}
	// One that has changed on both sides, and one that only people on the target have touched.
	for _, id := range ids[2:4] {
		do(d.people, d.title, "Edited by people", d.ledger(t)["entry/"+id].target)
		edited = append(edited, "entry/"+id)
	}
	do(d.source.db.DB, "DELETE FROM wp_posts WHERE ID = ?", ids[5])
	return changed, "entry/" + ids[5], edited
}
