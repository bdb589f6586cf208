package api

import (
	"context"
	"encoding/json"
	"time"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	controlv1 "github.com/baileybridge/bailey/proto/bailey/control/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

func (s *server) migration(ctx context.Context, id string) (*controlv1.Migration, error) {
	m, err := s.o.Store.Migration(ctx, id)
	if err != nil {
		return nil, err
	}
	tasks, err := s.o.Store.Tasks(ctx, id)
	if err != nil {
		return nil, err
	}
	msg := message(m, tasks)
	msg.Cutover = s.cutoverOf(id).message()
	return msg, nil
}

// message is a migration as the control service shows it.
func message(m *migration.Migration, tasks []migration.Task) *controlv1.Migration {
	out := &controlv1.Migration{
		Id: m.ID, State: stateOf(m), SourcePlatform: m.Source.Platform, TargetPlatform: m.Target.Platform,
		Selection: &controlv1.Selection{Sample: m.Selection.Sample, Revisions: m.Selection.Revisions, RepairCharset: m.Selection.RepairCharset, Classic: m.Selection.Classic, KeepAddresses: m.Selection.KeepAddresses,
			FetchMissing: m.Selection.FetchMissing, FetchHosts: m.Selection.FetchHosts},
		Started: &recordv1.Time{Seconds: m.Started.Unix()},
		Desired: wished(m), Alive: m.Alive(time.Now()), Waiting: waitMessages(m.Waiting),
		Throttle: &controlv1.Throttle{RecordsPerSecond: m.Rate.Records, BytesPerSecond: m.Rate.Bytes},
	}
	for _, name := range m.Selection.Kinds {
		if k, ok := record.ParseKind(name); ok {
			out.Selection.Kinds = append(out.Selection.Kinds, k)
		}
	}
	if f := m.Failure; f != nil {
		out.Failure = &agentv1.Problem{Code: f.Code, Cause: f.Cause, Fix: f.Fix}
	}
	if !m.Ended.IsZero() {
		out.Ended = &recordv1.Time{Seconds: m.Ended.Unix()}
	}
	for _, p := range migration.ProgressOf(m, tasks) {
		out.Progress = append(out.Progress, &controlv1.Progress{Stage: string(p.Stage), Kind: p.Kind, Done: p.Done, Total: p.Total, Rejected: p.Rejected})
	}
	return out
}

// wished is what the operator wants.
func wished(m *migration.Migration) controlv1.Steer {
	for steer, d := range desired {
		if d == m.Desired {
			return steer
		}
	}
	return controlv1.Steer_STEER_UNSPECIFIED
}

func waitMessages(all []migration.Wait) []*controlv1.Wait {
	var out []*controlv1.Wait
	for _, w := range all {
		k, _ := record.ParseKind(w.Kind)
		msg := &controlv1.Wait{
			On: w.On, Call: w.Call, Stage: string(w.Stage), Kind: k, Shard: uint32(w.Shard), Since: &recordv1.Time{Seconds: w.Since.Unix()},
			Text: w.Text(time.Now()),
		}
		if !w.NextTry.IsZero() {
			msg.NextTry = &recordv1.Time{Seconds: w.NextTry.Unix()}
		}
		if f := w.Failure; f != nil {
			msg.Failure = &agentv1.Problem{Code: f.Code, Cause: f.Cause, Fix: f.Fix}
		}
		out = append(out, msg)
	}
	return out
}

func stateOf(m *migration.Migration) controlv1.State {
	switch m.Status {
	case migration.Done:
		return controlv1.State_STATE_DONE
	case migration.Failed:
		return controlv1.State_STATE_FAILED
	case migration.Paused:
		return controlv1.State_STATE_PAUSED
	case migration.Cancelled:
		return controlv1.State_STATE_CANCELLED
	case migration.RollingBack:
		return controlv1.State_STATE_ROLLING_BACK
	case migration.RolledBack:
		return controlv1.State_STATE_ROLLED_BACK
	}
	return map[migration.Stage]controlv1.State{
		migration.StageSplit: controlv1.State_STATE_PLANNING, migration.StageIndex: controlv1.State_STATE_PLANNING, migration.StageWithdraw: controlv1.State_STATE_COPYING,
		migration.StageCopy: controlv1.State_STATE_COPYING, migration.StageRelink: controlv1.State_STATE_RELINKING,
		migration.StageFinish: controlv1.State_STATE_RELINKING, migration.StageVerify: controlv1.State_STATE_VERIFYING,
		migration.StageDone: controlv1.State_STATE_VERIFYING,
	}[m.Stage]
}

// event is the state of a run as one JSON object.
func event(m *migration.Migration, tasks []migration.Task) (string, error) {
	type kind struct {
		Kind     string `json:"kind"`
		Done     uint64 `json:"done"`
		Total    uint64 `json:"total"`
		Rejected uint64 `json:"rejected"`
	}
	ev := struct {
		Event     string           `json:"event"`
		Migration string           `json:"migration"`
		Status    migration.Status `json:"status"`
		Stage     migration.Stage  `json:"stage"`
		Kinds     []kind           `json:"kinds"`
		Waiting   []migration.Wait `json:"waiting,omitempty"`
	}{Event: "progress", Migration: m.ID, Status: m.Status, Stage: m.Stage, Kinds: []kind{}, Waiting: m.Waiting}
	for _, p := range migration.ProgressOf(m, tasks) {
		ev.Kinds = append(ev.Kinds, kind{record.KindName(p.Kind), p.Done, p.Total, p.Rejected})
	}
	b, err := json.Marshal(ev)
	return string(b), err
}
