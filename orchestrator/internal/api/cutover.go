package api

import (
	"context"
	"errors"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	controlv1 "github.com/baileybridge/bailey/proto/bailey/control/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// defaultPasses is how many passes a cut-over makes at most before the last one.
const defaultPasses = 10

var (
	deletedPolicies = map[controlv1.Deleted]migration.Deleted{
		controlv1.Deleted_DELETED_UNSPECIFIED: migration.DeletedKeep, controlv1.Deleted_DELETED_KEEP: migration.DeletedKeep,
		controlv1.Deleted_DELETED_UNPUBLISH: migration.DeletedUnpublish, controlv1.Deleted_DELETED_DELETE: migration.DeletedDelete,
	}
	editedPolicies = map[controlv1.Edited]migration.Edited{
		controlv1.Edited_EDITED_UNSPECIFIED: migration.EditedKeep, controlv1.Edited_EDITED_KEEP: migration.EditedKeep,
		controlv1.Edited_EDITED_OVERWRITE: migration.EditedOverwrite,
	}
)

// syncRequest asks for what a sync or a cut-over is told. A policy of a later version is refused: it must not pass for keep.
func syncRequest(id string, o *controlv1.SyncOptions) (engine.Request, error) {
	deleted, ok := deletedPolicies[o.GetDeleted()]
	edited, known := editedPolicies[o.GetEdited()]
	if !ok || !known {
		return engine.Request{}, migration.Usage("policy_unknown", "a policy is not known here", "Send one that this service's version has.")
	}
	mapped, err := mappingOf(o)
	return engine.Request{Sync: id, Workers: int(min(o.GetWorkers(), 64)), Mode: migration.Mode{Deleted: deleted, Edited: edited}, Mapping: mapped}, err
}

// idle refuses a migration that this or another process works on.
func (s *server) idle(ctx context.Context, id string) error {
	m, err := s.o.Store.Migration(ctx, id)
	if err == nil && (s.busy(id) || m.Alive(time.Now())) {
		err = alreadyRunning()
	}
	return err
}

// cutover is one that this process makes; worker processes may do its passes.
type cutover struct {
	// frozen is closed when nobody edits the source any more, stop when the pass at work is to be the last.
	frozen, stop   chan struct{}
	freeze, giveUp func()

	mu   sync.Mutex
	told *controlv1.Cutover
}

func newCutover() *cutover {
	c := &cutover{frozen: make(chan struct{}), stop: make(chan struct{}), told: &controlv1.Cutover{State: controlv1.CutoverState_CUTOVER_STATE_CATCHING_UP}}
	c.freeze = sync.OnceFunc(func() { close(c.frozen) })
	c.giveUp = sync.OnceFunc(func() { close(c.stop) })
	return c
}

func (c *cutover) tell(change func(*controlv1.Cutover)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(c.told)
}

// message is how it stands; nil for none.
func (c *cutover) message() *controlv1.Cutover {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return proto.CloneOf(c.told)
}

// going says that it has not come to its end.
func (c *cutover) going() bool {
	switch c.message().GetState() {
	case controlv1.CutoverState_CUTOVER_STATE_CATCHING_UP, controlv1.CutoverState_CUTOVER_STATE_WAITING, controlv1.CutoverState_CUTOVER_STATE_LAST_PASS:
		return true
	}
	return false
}

func (s *server) cutoverOf(id string) *cutover {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cutovers[id]
}

// cutOver begins a cut-over and gives back once its first pass has begun.
func (s *server) cutOver(ctx context.Context, id string, o *controlv1.SyncOptions) error {
	r, err := syncRequest(id, o)
	if err != nil {
		return err
	}
	if err := s.idle(ctx, id); err != nil {
		return err
	}
	c := newCutover()
	s.mu.Lock()
	before := s.cutovers[id]
	if s.running[id] {
		s.mu.Unlock()
		return alreadyRunning()
	}
	s.running[id], s.cutovers[id] = true, c
	s.mu.Unlock()
	begun := make(chan error, 1)
	s.jobs.Go(func() {
		first := true
		err := s.passes(c, r, o, func() {
			if first {
				first = false
				begun <- nil
			}
		})
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.running, id)
		if first {
			// Nothing was begun: what is told is the cut-over before.
			s.cutovers[id] = before
			begun <- err
		}
	})
	select {
	case err := <-begun:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// passes makes the cut-over. When the service ends, what this process works on stops after the batch; workers finish their pass.
func (s *server) passes(c *cutover, r engine.Request, o *controlv1.SyncOptions, begun func()) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	leave := cancel
	if s.o.Manager.Engine == nil {
		leave = c.giveUp
	}
	go func() {
		select {
		case <-s.stop:
			leave()
		case <-ctx.Done():
		}
	}()
	req := engine.CutoverRequest{Request: r, Passes: int(min(o.GetMaxPasses(), 1000))}
	if req.Passes == 0 {
		req.Passes = defaultPasses
	}
	req.Run = func(j *engine.Job) (*migration.Report, error) {
		begun()
		return j.Run(ctx, c.stop)
	}
	req.Passed = func(pass int, rep *migration.Report) {
		c.tell(func(t *controlv1.Cutover) { t.Passes, t.Quiet = uint32(pass), rep.Totals().Changed() == 0 })
	}
	req.Freeze = func() error { return c.await(ctx, o.GetWait()) }
	done, err := s.o.Manager.Cutover(ctx, req)
	c.tell(func(t *controlv1.Cutover) { conclude(t, done, err) })
	return err
}

var errGivenUp = errors.New("the last pass was not begun")

// await comes back when the last pass may begin.
func (c *cutover) await(ctx context.Context, wait bool) error {
	if wait {
		c.tell(func(t *controlv1.Cutover) { t.State = controlv1.CutoverState_CUTOVER_STATE_WAITING })
		select {
		case <-c.frozen:
		case <-c.stop:
			return errGivenUp
		case <-ctx.Done():
			return errGivenUp
		}
	}
	c.tell(func(t *controlv1.Cutover) { t.State = controlv1.CutoverState_CUTOVER_STATE_LAST_PASS })
	return nil
}

func conclude(t *controlv1.Cutover, done *engine.Cutover, err error) {
	t.Found, t.FreezeSeconds = done.Found, done.FreezeSeconds
	switch {
	case err == nil && done.Report.Exit() == migration.ExitOK:
		t.State = controlv1.CutoverState_CUTOVER_STATE_SWITCH
	case err == nil:
		t.State = controlv1.CutoverState_CUTOVER_STATE_CHECK
	default:
		t.State = controlv1.CutoverState_CUTOVER_STATE_STOPPED
		if !engine.Stopped(err) && !errors.Is(err, errGivenUp) {
			p := migration.ProblemOf(err)
			t.Failure = &agentv1.Problem{Code: p.Code, Cause: p.Cause, Fix: p.Fix}
		}
	}
}

// frozen lets a cut-over make its last pass.
func (s *server) frozen(id string) error {
	c := s.cutoverOf(id)
	if c.message().GetState() != controlv1.CutoverState_CUTOVER_STATE_WAITING {
		return &migration.Error{Problem: migration.Problem{
			Code: "not_waiting", Cause: "no cut-over of this migration waits for its last pass", Fix: "Begin one with STEER_CUTOVER and wait; follow it with GetMigration.",
		}, Exit: migration.ExitFailed}
	}
	c.freeze()
	return nil
}

// wish notes what the operator wants of the process at work. Between two passes of a cut-over there is none.
func (s *server) wish(ctx context.Context, id string, d migration.Desired) error {
	c := s.cutoverOf(id)
	err := s.o.Store.Steer(ctx, id, d, time.Now())
	if !c.going() {
		return err
	}
	c.giveUp()
	if m, serr := s.o.Store.Migration(ctx, id); serr == nil && m.Over() {
		return nil
	}
	return err
}
