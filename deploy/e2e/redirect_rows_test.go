//go:build accept

package e2e

import "testing"

// TestRedirectRows moves Ghost to Joomla and has the old addresses written into Joomla's own table of redirects, once; a rollback takes
// them back with everything else.
func TestRedirectRows(t *testing.T) {
	source, target := newGhost(t, "ghost.db"), newJoomla(t, "j5-blank")
	before := target.state(t)
	src, dst := source.place().serve(t, "source"), target.serve(t, "target")
	data := t.TempDir()
	rep := migrate(t, data, src, dst, []int{0, 3})
	into := []string{"redirects", rep.Migration, "--data", data, "--into-target"}
	var once map[string]string
	for range 2 {
		if res := bailey(t, into...); res.code != 0 {
			t.Fatalf("bailey redirects ended with %d: %s", res.code, res.stderr)
		} else {
			t.Log(res.stderr)
		}
		now := withoutLedger(target.state(t))
		if once != nil {
			sameState(t, "the target after the redirects were written again", once, now)
		}
		once = now
	}
	var rows, wrong int
	need(t, target.db.DB.QueryRow(target.sql("SELECT COUNT(*), COALESCE(SUM(old_url NOT LIKE '/%' OR new_url NOT LIKE '/%' OR header <> 301 OR published <> 1), 0) FROM {redirect_links}")).Scan(&rows, &wrong))
	if rows < 50 || wrong != 0 {
		t.Errorf("%d rows, %d of them wrong", rows, wrong)
	}
	migrate(t, data, src, dst, []int{0, 3}).nothingChanged(t)
	if res := bailey(t, "rollback", rep.Migration, "--data", data, "--target", dst.link()); res.code != 0 {
		t.Fatalf("rollback: %d\n%s", res.code, tail(res.text(), 3000))
	}
	sameState(t, "the target after the rollback", before, target.state(t))
}
