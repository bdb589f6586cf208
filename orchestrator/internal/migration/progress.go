package migration

import (
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// Progress is how far one kind is in the present stage.
type Progress struct {
	Stage Stage
	Kind  recordv1.Kind
	// Done of Total records; Total is an exact count.
	Done, Total uint64
	// Rejected so far.
	Rejected uint64
}

// ProgressOf gives the progress of every kind that is moved, in order.
func ProgressOf(m *Migration, tasks []Task) []Progress {
	stage := m.Stage
	if stage == StageSplit {
		stage = StageIndex
	}
	if stage == StageRelink || stage == StageFinish || stage == StageWithdraw {
		stage = StageCopy
	}
	if stage == StageDone {
		stage = StageVerify
	}
	var all []Progress
	for _, p := range m.Kinds {
		if !p.Moved || p.Listed == 0 || stage == StageIndex && !p.Addressable && !m.Mode.Sync {
			continue
		}
		all = append(all, progressOf(m.Stage, stage, p, tasks))
	}
	return all
}

func progressOf(shown, stage Stage, p KindPlan, tasks []Task) Progress {
	g := Progress{Stage: shown, Kind: p.Kind, Total: p.Listed}
	for _, t := range tasks {
		if t.Kind != p.Kind {
			continue
		}
		g.Rejected += t.Counts.Rejected
		if t.Stage == stage {
			g.Done += t.Counts.Read
		}
	}
	return g
}
