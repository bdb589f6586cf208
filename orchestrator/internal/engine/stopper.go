package engine

import "sync"

// stopper ends work after the batch, once.
type stopper struct {
	ch   chan struct{}
	once sync.Once
	mu   sync.Mutex
	why  error
}

func newStopper() *stopper { return &stopper{ch: make(chan struct{})} }

// stop asks all tasks to end; the first reason given is kept.
func (s *stopper) stop(why error) {
	s.mu.Lock()
	if s.why == nil {
		s.why = why
	}
	s.mu.Unlock()
	s.once.Do(func() { close(s.ch) })
}

func (s *stopper) stopped() bool {
	select {
	case <-s.ch:
		return true
	default:
		return false
	}
}

func (s *stopper) cause() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.why
}
