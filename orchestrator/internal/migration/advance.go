package migration

import (
	"slices"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Stage is a step of a migration. Each begins when the one before is finished.
type Stage string

// Stages in order.
const (
	// StageSplit asks the source for shards.
	StageSplit Stage = "split"
	// StageIndex reads which address belongs to which record and, in a sync, what has changed.
	StageIndex Stage = "index"
	// StageWithdraw takes from the target what the source no longer has (sync).
	StageWithdraw Stage = "withdraw"
	// StageCopy moves records, kind by kind.
	StageCopy Stage = "copy"
	// StageRelink fills pointers that were not known when their record was written.
	StageRelink Stage = "relink"
	// StageFinish recounts and clears caches on the target.
	StageFinish Stage = "finish"
	// StageVerify re-reads the target and compares.
	StageVerify Stage = "verify"
	// StageRecheck is the verification of a finished run at a later time. Advance knows nothing of it: the run is over.
	StageRecheck Stage = "recheck"
	// StageDone is the end.
	StageDone Stage = "done"
)

var stages = []Stage{StageSplit, StageIndex, StageWithdraw, StageCopy, StageRelink, StageFinish, StageVerify}

// Snapshot is all that Advance looks at.
type Snapshot struct {
	Mode  Mode
	Kinds []KindPlan
	Tasks []Task
}

// Next is what is to be done now.
type Next struct {
	Stage Stage
	// Create are tasks that must be made before anything else; Ready is then empty.
	Create []Spec
	// Ready may run side by side.
	Ready []Task
}

// Advance says what comes next. It is pure: the same snapshot always gives the same answer, in every engine.
func Advance(s Snapshot) Next {
	for _, stage := range stages {
		if create := missing(stage, s); len(create) > 0 {
			return Next{Stage: stage, Create: create}
		}
		if ready := ready(stage, s.Tasks); len(ready) > 0 {
			return Next{Stage: stage, Ready: ready}
		}
	}
	return Next{Stage: StageDone}
}

// missing gives the tasks that a stage needs and that are not there. Shards are made by the split tasks.
func missing(stage Stage, s Snapshot) []Spec {
	switch stage {
	case StageSplit:
		return missingSplits(s)
	case StageWithdraw, StageCopy:
		return missingOfSync(stage, s)
	case StageRelink, StageFinish:
		if !has(s.Tasks, stage, recordv1.Kind_KIND_UNSPECIFIED) {
			return []Spec{{Stage: stage}}
		}
	}
	return nil
}

func missingSplits(s Snapshot) []Spec {
	var specs []Spec
	for _, p := range s.Kinds {
		if p.Moved && p.Listed > 0 && !has(s.Tasks, StageSplit, p.Kind) {
			specs = append(specs, Spec{Stage: StageSplit, Kind: p.Kind})
		}
	}
	return specs
}

// missingOfSync gives a task per kind: what has changed, or is gone, is listed in the store and not divided among shards.
func missingOfSync(stage Stage, s Snapshot) []Spec {
	var specs []Spec
	for _, p := range s.Kinds {
		if s.Mode.Sync && p.Moved && !has(s.Tasks, stage, p.Kind) {
			specs = append(specs, Spec{Stage: stage, Kind: p.Kind})
		}
	}
	return specs
}

func has(tasks []Task, stage Stage, k recordv1.Kind) bool {
	for _, t := range tasks {
		if t.Stage == stage && t.Kind == k {
			return true
		}
	}
	return false
}

// ready gives the unfinished tasks of a stage; while copying only those of the first unfinished kind, so that refs point backwards.
// What is withdrawn goes in the opposite order: nothing goes before what needs it.
func ready(stage Stage, tasks []Task) []Task {
	open := unfinished(stage, tasks)
	kinds := slices.Clone(record.Kinds)
	switch stage {
	case StageCopy:
	case StageWithdraw:
		slices.Reverse(kinds)
	default:
		return open
	}
	for _, k := range kinds {
		if of := ofKind(open, k); len(of) > 0 {
			return of
		}
	}
	return nil
}

func unfinished(stage Stage, tasks []Task) []Task {
	var open []Task
	for _, t := range tasks {
		if t.Stage == stage && !t.Done {
			open = append(open, t)
		}
	}
	return open
}

func ofKind(tasks []Task, k recordv1.Kind) []Task {
	var of []Task
	for _, t := range tasks {
		if t.Kind == k {
			of = append(of, t)
		}
	}
	return of
}
