package cms

import "sync"

// Names keeps parallel transactions from choosing the same unique name before either has committed.
//
// Choose runs the driver's search under one lock; a name it returns stays reserved until Release, which must follow the
// commit or rollback. Transactions must see what others have committed (READ COMMITTED).
type Names struct {
	mu    sync.Mutex
	taken map[string]int
}

// NewNames makes an empty set.
func NewNames() *Names { return &Names{taken: map[string]int{}} }

// Reservation is what one unit has reserved.
type Reservation struct {
	names *Names
	keys  []string
}

// Reserve begins a unit's reservations.
func (n *Names) Reserve() *Reservation { return &Reservation{names: n} }

// Choose calls pick with a test for names reserved by other units; what pick returns is reserved under scope.
// The lock is held while pick runs, so that look and reservation are one step.
func (r *Reservation) Choose(scope string, pick func(reserved func(name string) bool) ([]string, error)) ([]string, error) {
	n := r.names
	n.mu.Lock()
	defer n.mu.Unlock()
	chosen, err := pick(func(name string) bool { return n.taken[scope+"\x00"+name] > 0 })
	if err != nil {
		return nil, err
	}
	for _, c := range chosen {
		key := scope + "\x00" + c
		n.taken[key]++
		r.keys = append(r.keys, key)
	}
	return chosen, nil
}

// Release frees a unit's names.
func (r *Reservation) Release() {
	r.names.mu.Lock()
	defer r.names.mu.Unlock()
	for _, k := range r.keys {
		if r.names.taken[k]--; r.names.taken[k] <= 0 {
			delete(r.names.taken, k)
		}
	}
	r.keys = nil
}
