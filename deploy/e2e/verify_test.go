//go:build accept

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestVerifyTellsWhoEdited edits a finished migration on either side and on both: the verification of another day names each
// record with its fields and where it was edited, and adjustments stay on its report.
func TestVerifyTellsWhoEdited(t *testing.T) {
	source, target := newWordPress(t, "wp-dev"), newTarget(t)
	src := serve(t, "--site", source.root, "--role", "source")
	dst := serve(t, "--site", target.root, "--role", "target")
	data := t.TempDir()
	rep := migrate(t, data, src, dst, []int{0, 3})
	says(t, bailey(t, "verify", rep.Migration, "--data", data), []int{0}, "Verified again")

	ids := entries(t, target, 4)
	edit := func(s *wpSite, id any, title string) {
		t.Helper()
		if _, err := s.db.DB.Exec("UPDATE wp_posts SET post_title = ? WHERE ID = ?", title, id); err != nil {
			t.Fatal(err)
		}
	}
	edit(source, ids[0].source, "Edited on the source")
	edit(target, ids[1].target, "Edited on the target")
	edit(source, ids[2].source, "Edited on both, here")
	edit(target, ids[2].target, "Edited on both, there")
	if _, err := target.db.DB.Exec("DELETE FROM wp_posts WHERE ID = ?", ids[3].target); err != nil {
		t.Fatal(err)
	}
	if _, err := target.db.DB.Exec("UPDATE wp_options SET option_value = 'Renamed by its owner' WHERE option_name = 'blogname'"); err != nil {
		t.Fatal(err)
	}

	says(t, bailey(t, "verify", rep.Migration, "--data", data), []int{4}, "edited on the source since", "edited on the target since", "edited on both sites since")
	file := filepath.Join(t.TempDir(), "verified.json")
	says(t, bailey(t, "verify", rep.Migration, "--data", data, "--signed", file), []int{4})
	want := map[string]string{
		"entry/" + ids[0].source + " title": "source", "entry/" + ids[1].source + " title": "target", "entry/" + ids[2].source + " title": "both",
		"entry/" + ids[3].source + " missing": "target", "site/site title": "target",
	}
	got, losses := differences(t, file)
	for k, v := range want {
		if got[k] != v {
			t.Errorf("%s was altered on %q, the report says %q (%v)", k, v, got[k], got)
		}
	}
	if len(losses) == 0 || len(losses) < len(rep.Losses) {
		t.Errorf("%d losses and adjustments on the report, %d on that of the run", len(losses), len(rep.Losses))
	}
}

// pair is an entry on both sides.
type pair struct{ source, target string }

// entries gives published posts that the migration created and that nothing else points to by its title.
func entries(t *testing.T, target *wpSite, n int) []pair {
	t.Helper()
	rows, err := target.db.DB.Query(fmt.Sprintf(`SELECT l.source_id, l.target_id FROM wp_bailey_ledger l JOIN wp_posts p ON p.ID = CAST(l.target_id AS UNSIGNED)
		WHERE l.kind = 5 AND l.origin = 1 AND p.post_type = 'post' AND p.post_status = 'publish' ORDER BY p.ID LIMIT %d`, n))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var all []pair
	for rows.Next() {
		var p pair
		if err := rows.Scan(&p.source, &p.target); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if err := rows.Err(); err != nil || len(all) < n {
		t.Fatalf("%d entries: %v", len(all), err)
	}
	return all
}

// differences reads a signed report: "kind/id field" to where it was altered.
func differences(t *testing.T, file string) (map[string]string, []any) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var rep struct {
		Differences []struct {
			Kind, Field, Altered string
			SourceID             string `json:"source_id"`
		}
		Losses []any
	}
	if err := json.Unmarshal(b, &rep); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, d := range rep.Differences {
		all[d.Kind+"/"+d.SourceID+" "+d.Field] = d.Altered
	}
	return all, rep.Losses
}
