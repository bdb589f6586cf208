package pipeline

import (
	"bytes"
	"context"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// suspect is a record that differs, with its differences in the checkpoint.
type suspect struct {
	ref *recordv1.Ref
	// resent: the source gives another record than the one that was last sent.
	resent      bool
	first, last int
}

// blame finds out who changed what differs. Few records do, so the target is asked about those alone.
func (v *verification) blame(ctx context.Context) error {
	for part := range chunksOf(v.suspects, maxChunkRecords) {
		refs := make([]*recordv1.Ref, len(part))
		for i, s := range part {
			refs[i] = s.ref
		}
		states, err := v.env.Target.States(ctx, v.env.scope(), refs)
		if err != nil {
			return err
		}
		for i, s := range part {
			for d := s.first; d < s.last; d++ {
				v.check.Differences[d].Altered = alteredBy(s.resent, states[i].GetState())
			}
		}
	}
	return nil
}

func alteredBy(resent bool, state agentv1.RowState) migration.Altered {
	edited := state == agentv1.RowState_ROW_STATE_EDITED || state == agentv1.RowState_ROW_STATE_GONE
	switch {
	case resent && edited:
		return migration.AlteredOnBoth
	case resent:
		return migration.AlteredOnSource
	case edited:
		return migration.AlteredOnTarget
	}
	return ""
}

// resent says that a record of the source is another one than it was when it was last sent.
func resent(want *recordv1.Record, got *agentv1.ReadBackItem) bool {
	return len(got.GetDigest()) > 0 && !bytes.Equal(got.GetDigest(), want.GetDigest())
}
