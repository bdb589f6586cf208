package fetch

import (
	"sync"
	"time"
)

// How many documents in a row a host may fail to give, with all that is tried for each, and how long it is left alone then. A site with
// thousands of pages would otherwise wait for a host that is down once for each of them.
const (
	maxFailed = 3
	rest      = time.Minute
)

// silent remembers hosts that do not answer. Methods may be called from several goroutines.
type silent struct {
	mu    sync.Mutex
	hosts map[string]*failures
}

type failures struct {
	row  int
	last time.Time
}

func newSilent() *silent { return &silent{hosts: map[string]*failures{}} }

// resting says that a host is left alone. After its rest one document is asked for, and the next one only if that came.
func (s *silent) resting(host string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.hosts[host]
	if f == nil || f.row < maxFailed {
		return false
	}
	if now.Sub(f.last) < rest {
		return true
	}
	f.last = now
	return false
}

// told keeps whether a host answered.
func (s *silent) told(host string, answered bool, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if answered {
		delete(s.hosts, host)
		return
	}
	f := s.hosts[host]
	if f == nil {
		f = &failures{}
		s.hosts[host] = f
	}
	f.row, f.last = f.row+1, now
}
