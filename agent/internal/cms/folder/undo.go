package folder

import (
	"context"
	"fmt"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// Bodies implements cms.Undoer: one row per record, which stands for its file.
func (s *Site) Bodies(kind cms.Kind) []cms.Body {
	b := cms.Body{Parts: []cms.Part{{Table: "files", Owner: "t.id", Key: "id", Scope: fmt.Sprintf("kind = %d", kind), Ignore: []string{"pending"}}}}
	if kind == kindEntry {
		b.Hide = s.hide
	}
	return []cms.Body{b}
}

// hide turns entries into drafts.
func (s *Site) hide(ctx context.Context, tx *cmssql.Tx, ids []string) error {
	rows, err := s.rows(ctx, tx, kindEntry, ids)
	if err != nil {
		return err
	}
	for _, r := range rows {
		rest, ok := strings.CutPrefix(r.content, "---\n")
		front, _, _, err := splitFront(r.content)
		if !ok || err != nil {
			continue
		}
		lines := ""
		for line := range strings.Lines(s.config.shape.draft) {
			key, _, _ := strings.Cut(line, ":")
			if before, after, ok := strings.Cut("\n"+rest, "\n"+key+": "); ok && front.get(key) != nil {
				// What was written here first stands in one line.
				_, after, _ = strings.Cut(after, "\n")
				rest = strings.TrimPrefix(before+"\n"+after, "\n")
			}
			lines += line
		}
		if _, err := tx.Exec(ctx, "UPDATE files SET content = ? WHERE path = ?", "---\n"+lines+rest, r.path); err != nil {
			return fmt.Errorf("hide: %w", err)
		}
	}
	return nil
}

// Settle implements cms.Undoer: the configuration that was made goes, unless people have made it their own.
func (s *Site) Settle(_ context.Context, _ *cmssql.Tx, _ cms.Row, _, edited bool) (cms.Verdict, error) {
	if edited {
		return cms.Left, nil
	}
	return cms.Undo, nil
}
