package migration

import (
	"slices"
	"strings"
	"time"
)

// Beat is a sign of life of a process that works on a migration.
type Beat struct {
	// Owner names the process.
	Owner string    `json:"owner"`
	Seen  time.Time `json:"seen"`
	// Tasks is how many it works on now.
	Tasks int `json:"tasks,omitempty"`
	// Waiting is what its tasks wait for that make no progress.
	Waiting []Wait `json:"waiting,omitempty"`
}

// Take notes a sign of life, in place of the last one of that process, and forgets the processes that have been silent for
// AliveFor.
func (m *Migration) Take(b Beat) {
	if b.Seen.After(m.Seen) {
		m.Seen = b.Seen
	}
	m.Workers = slices.DeleteFunc(slices.Clone(m.Workers), func(o Beat) bool { return o.Owner == b.Owner || !o.alive(m.Seen) })
	m.Workers = append(m.Workers, b)
	slices.SortFunc(m.Workers, func(x, y Beat) int { return strings.Compare(x.Owner, y.Owner) })
}

func (b Beat) alive(now time.Time) bool { return now.Sub(b.Seen) < AliveFor }

// Hands is how many processes have tasks of the migration, as far as their signs of life tell; at least one.
func (m *Migration) Hands(now time.Time) int {
	n := 0
	for _, b := range m.Workers {
		if b.alive(now) && b.Tasks > 0 {
			n++
		}
	}
	return max(1, n)
}

// Waits is what the processes wait for.
func Waits(workers []Beat) []Wait {
	var all []Wait
	for _, b := range workers {
		all = append(all, b.Waiting...)
	}
	return all
}

// Share is one process's part of a rate when n work side by side; at least one record and one byte.
func (r Rate) Share(n int) Rate { return Rate{Records: share(r.Records, n), Bytes: share(r.Bytes, n)} }

func share(rate uint64, n int) uint64 {
	if rate == 0 || n <= 1 {
		return rate
	}
	return max(1, rate/uint64(n))
}
