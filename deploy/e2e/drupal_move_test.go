//go:build accept

package e2e

import (
	"database/sql"
	"strings"
	"testing"
)

// Drupal moves into WordPress: all is accounted for, the second run changes nothing, and no tag of Drupal's own is left to
// be seen, nor a script that visitors have written.
func TestDrupalToWordPress(t *testing.T) {
	for _, fixture := range []string{"d7-dev", "d9-dev"} {
		t.Run(fixture, func(t *testing.T) {
			s, target := newDrupal(t, fixture), newTarget(t)
			before := checksums(t, s.db.DB)
			src := s.serve(t, "source")
			dst := serve(t, "--site", target.root, "--role", "target")
			data := t.TempDir()
			rep := migrate(t, data, src, dst, []int{0, 3})
			rep.reconcile(t)
			for _, x := range rep.Rejected {
				t.Errorf("rejected: %+v", x)
			}
			for _, x := range rep.Differences {
				t.Errorf("verification: %+v", x)
			}
			drupalTraces(t, target.db.DB)
			sameState(t, "the source", before, checksums(t, s.db.DB))
			once := state(t, target)
			again := migrate(t, data, src, dst, []int{0, 3})
			again.nothingChanged(t)
			sameState(t, "the target after a second run", once, state(t, target))
		})
	}
}

// drupalTraces counts what should have been lifted out of texts that visitors see.
func drupalTraces(t *testing.T, db *sql.DB) {
	t.Helper()
	for _, table := range []string{"wp_posts.post_content", "wp_comments.comment_content"} {
		name, column, _ := strings.Cut(table, ".")
		for _, trace := range []string{"<drupal-media", "data-entity-uuid", "<!--break-->", "/node/1\"", "lab.test/node/"} {
			var n int
			if err := db.QueryRow("SELECT COUNT(*) FROM "+name+" WHERE "+column+" LIKE ?", "%"+trace+"%").Scan(&n); err != nil {
				t.Fatal(err)
			}
			if n > 0 {
				t.Errorf("%s still holds %q %d times", table, trace, n)
			}
		}
	}
	var n int
	if err := db.QueryRow("SELECT COUNT(*) FROM wp_comments WHERE comment_content LIKE '%<script%'").Scan(&n); err != nil || n > 0 {
		t.Errorf("%d comments hold a script of a visitor (%v)", n, err)
	}
}
