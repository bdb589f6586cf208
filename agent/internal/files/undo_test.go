package files_test

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/zap"

	"github.com/baileybridge/bailey/agent/internal/cms/fake"
	"github.com/baileybridge/bailey/agent/internal/files"
	"github.com/baileybridge/bailey/agent/internal/ledger"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

// A rollback removes the files that are still as they were stored, and the folders that were made for them; a file that
// people have changed stays and is told, and so does the folder around it.
func TestRollbackOfFiles(t *testing.T) {
	s := newStand(t)
	must(t, os.MkdirAll(filepath.Join(s.dir, "2019/05"), 0o750))
	for id, wish := range map[string]string{"a": "2020/01/a.jpg", "b": "2020/02/b.jpg", "c": "2019/05/c.jpg"} {
		s.outcome(s.send(id, wish, "bytes of "+id), agentv1.Outcome_OUTCOME_CREATED)
	}
	// A copy of b, which stays as it was when b is edited, and goes.
	resp, err := s.in.Receive(t.Context(), s.scope(), header("d", "bytes of b", len("bytes of b")), "2020/01/d.jpg", pieces("", io.EOF))
	must(t, err)
	s.outcome(resp, agentv1.Outcome_OUTCOME_CREATED)
	must(t, os.WriteFile(filepath.Join(s.dir, "2020/02/b.jpg"), []byte("edited"), 0o600))
	undo := func(dry bool) (kept []string) {
		books, folder := s.books, ledger.Discarder(s.in)
		if dry {
			d, err := ledger.OpenDryRun(t.Context(), fake.Driver{}, s.set, s.site, zap.NewNop())
			must(t, err)
			defer func() { must(t, d.Close()) }()
			books, folder = d.Ledger, files.NewForetell(s.tree, d.Ledger)
		}
		sc, err := books.Scope(t.Context(), stream)
		must(t, err)
		err = books.Rollback(t.Context(), sc, &agentv1.RollbackRequest{DryRun: dry}, folder, func(r *agentv1.RollbackResponse) error {
			for _, res := range r.GetResults() {
				kept = append(kept, res.GetAction()+" "+res.GetProblem().GetCode()+" "+res.GetRef().GetSourceId())
			}
			return nil
		})
		must(t, err)
		return kept
	}
	for _, dry := range []bool{true, false} {
		if kept := undo(dry); len(kept) != 1 || kept[0][:17] != "kept edited_since" {
			t.Errorf("dry %v: %v", dry, kept)
		}
		for name, there := range map[string]bool{"2020/01/a.jpg": dry, "2020/01/d.jpg": dry, "2020/01": dry, "2020/02/b.jpg": true, "2019/05/c.jpg": dry, "2019/05": true} {
			if _, err := os.Stat(filepath.Join(s.dir, name)); (err == nil) != there {
				t.Errorf("dry %v: %s: %v", dry, name, err)
			}
		}
	}
	if all, err := os.ReadDir(s.dir); err != nil || len(all) != 2 {
		t.Errorf("left are %v, %v", all, err)
	}
}
