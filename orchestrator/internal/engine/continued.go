package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
)

// continued says that a migration has written to its target, in this run or in the one before, and was not taken back since:
// the target must have its ledger then.
func continued(ctx context.Context, st store.Store, mig *migration.Migration) (bool, error) {
	if mig.Status == migration.RollingBack || mig.Status == migration.RolledBack {
		return false, nil
	}
	tasks, err := st.Tasks(ctx, mig.ID)
	if err != nil {
		return false, err
	}
	for _, c := range migration.CountKinds(tasks) {
		if c.Held() > 0 {
			return true, nil
		}
	}
	if mig.Previous != migration.Done && mig.Previous != migration.Failed {
		return false, nil
	}
	text, err := st.Report(ctx, mig.ID)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	var rep migration.Report
	if err == nil {
		err = json.Unmarshal(text, &rep)
	}
	if err != nil {
		return false, fmt.Errorf("read the report of the run before: %w", err)
	}
	t := rep.Totals()
	return t.Created+t.Updated+t.Unchanged+t.Adopted > 0, nil
}
