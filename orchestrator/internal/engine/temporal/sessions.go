package temporal

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
)

// lingerFor is how long a process keeps its part in a run when it has no task of it: the next mostly comes at once.
const lingerFor = 5 * time.Second

// sessions are the runs that this process takes part in.
type sessions struct {
	manager *engine.Manager
	request engine.Request

	mu      sync.Mutex
	open    map[string]*session
	all     sync.WaitGroup
	leaving bool
	err     error
}

// session is this process's part in a run, shared by its tasks.
type session struct {
	*engine.Work
	ctx    context.Context
	of     *sessions
	detach func()
	tasks  int
	linger *time.Timer
}

func newSessions(m *engine.Manager, r engine.Request) *sessions {
	return &sessions{manager: m, request: r, open: map[string]*session{}}
}

// enter gives the session of a migration; exit has to be called.
func (s *sessions) enter(ctx context.Context, id string) (*session, error) {
	m, err := s.manager.Store.Migration(ctx, id)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.leaving {
		return nil, engine.ErrLeaving
	}
	ses := s.open[id]
	if ses == nil || ses.Stopped() || ses.Run() != m.RunID() {
		// One that was stopped, or is of an earlier run, is left to the tasks that it still has.
		if ses, err = s.begin(ctx, id); err != nil {
			return nil, err
		}
		s.drop(s.open[id])
		s.open[id] = ses
	}
	ses.tasks++
	if ses.linger != nil {
		ses.linger.Stop()
	}
	return ses, nil
}

func (s *sessions) begin(ctx context.Context, id string) (*session, error) {
	w, err := s.manager.Work(ctx, id, s.request)
	if err != nil {
		return nil, err
	}
	ses := &session{Work: w, of: s}
	ses.ctx, ses.detach = w.Attend(context.WithoutCancel(ctx), nil)
	return ses, nil
}

// exit ends a task's use of a session.
func (ses *session) exit() {
	s := ses.of
	s.mu.Lock()
	defer s.mu.Unlock()
	ses.tasks--
	switch {
	case ses.tasks > 0:
	case s.open[ses.Migration] != ses || ses.Stopped():
		s.drop(ses)
	default:
		ses.linger = time.AfterFunc(lingerFor, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.drop(ses)
		})
	}
}

// drop ends a session that has no tasks; with mu held. Its connections close beside it.
func (s *sessions) drop(ses *session) {
	if ses == nil || ses.tasks > 0 || ses.detach == nil {
		return
	}
	if s.open[ses.Migration] == ses {
		delete(s.open, ses.Migration)
	}
	detach := ses.detach
	ses.detach = nil
	s.all.Go(func() {
		detach()
		err := ses.Close()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.err = errors.Join(s.err, err)
	})
}

// leave asks all tasks to end after their batch.
func (s *sessions) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leaving = true
	for _, ses := range s.open {
		ses.Leave()
	}
}

// close ends what is left when no task runs any more.
func (s *sessions) close() error {
	s.mu.Lock()
	for _, ses := range s.open {
		if ses.linger != nil {
			ses.linger.Stop()
		}
		s.drop(ses)
	}
	s.mu.Unlock()
	s.all.Wait()
	return s.err
}
