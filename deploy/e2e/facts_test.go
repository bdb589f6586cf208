//go:build accept

package e2e

import (
	"fmt"
	"io"
	"sort"
	"sync"
	"testing"
)

// fact is one field of one record. path is its name in proto/record, by which losses are matched.
type fact struct {
	field string
	path  string
	value string
}

// counts are the facts of one kind.
type counts struct{ expected, arrived, declared, wrong int }

// scores sums facts over all moves of a run.
type scores struct {
	mu    sync.Mutex
	moves []string
	rows  map[string]map[string]*counts
}

var tally = newScores()

func newScores() *scores { return &scores{rows: map[string]map[string]*counts{}} }

func (s *scores) of(move, kind string) *counts {
	if s.rows[move] == nil {
		s.rows[move] = map[string]*counts{}
		s.moves = append(s.moves, move)
	}
	if s.rows[move][kind] == nil {
		s.rows[move][kind] = &counts{}
	}
	return s.rows[move][kind]
}

// print writes the table and, as the last line, the sums.
func (s *scores) print(w io.Writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.moves) == 0 {
		return
	}
	var sum counts
	_, _ = fmt.Fprintf(w, "%-20s %-10s %9s %9s %9s %9s\n", "move", "kind", "expected", "arrived", "declared", "wrong")
	for _, move := range s.moves {
		kinds := make([]string, 0, len(s.rows[move]))
		for k := range s.rows[move] {
			kinds = append(kinds, k)
		}
		sort.Strings(kinds)
		for _, k := range kinds {
			c := s.rows[move][k]
			_, _ = fmt.Fprintf(w, "%-20s %-10s %9d %9d %9d %9d\n", move, k, c.expected, c.arrived, c.declared, c.wrong)
			sum.expected, sum.arrived, sum.declared, sum.wrong = sum.expected+c.expected, sum.arrived+c.arrived, sum.declared+c.declared, sum.wrong+c.wrong
		}
	}
	_, _ = fmt.Fprintf(w, "FACTS expected=%d arrived=%d declared=%d wrong=%d\n", sum.expected, sum.arrived, sum.declared, sum.wrong)
}

// judge compares what was expected of one move with what arrived.
type judge struct {
	t      *testing.T
	move   string
	told   *told
	scores *scores
	shown  map[string]int
}

// newJudge judges a move; its facts count for the run.
func newJudge(t *testing.T, move string, r *report) *judge {
	return &judge{t: t, move: move, told: whatWasTold(r), scores: tally, shown: map[string]int{}}
}

// asideJudge compares two states; its facts do not count for the run.
func asideJudge(t *testing.T, what string) *judge {
	return &judge{t: t, move: what, told: whatWasTold(nil), scores: newScores(), shown: map[string]int{}}
}

// record compares all facts of one record; got nil means that the record is not on the target.
func (j *judge) record(kind, id string, want, got []fact) {
	have := map[string]string{}
	for _, f := range got {
		have[f.field] = f.value
	}
	for _, f := range want {
		value, ok := have[f.field]
		delete(have, f.field)
		if !ok {
			value = absent
		}
		j.fact(kind, id, f, value)
	}
	for _, f := range got {
		if v, extra := have[f.field]; extra && got != nil && v != "" {
			j.fact(kind, id, fact{f.field, f.path, absent}, v)
		}
	}
}

const absent = "(absent)"

func (j *judge) fact(kind, id string, f fact, got string) {
	j.scores.mu.Lock()
	c := j.scores.of(j.move, kind)
	c.expected++
	switch {
	case f.value == got:
		c.arrived++
	case j.told.covers(kind, id, f.path):
		c.declared++
	default:
		c.wrong++
		defer j.wrong(kind, id, f, got)
	}
	j.scores.mu.Unlock()
}

// wrong shows the first three differences of a field in full; later ones are only counted.
func (j *judge) wrong(kind, id string, f fact, got string) {
	j.t.Helper()
	if j.shown[kind+f.field]++; j.shown[kind+f.field] > 3 {
		j.t.Fail()
		return
	}
	want, have := apart(f.value, got)
	j.t.Errorf("%s %s/%s %s (%s)\n  want %s\n  got  %s", j.move, kind, id, f.field, f.path, want, have)
}

// apart cuts two texts down to where they begin to differ.
func apart(a, b string) (string, string) {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	from := max(0, i-40)
	cut := func(s string) string { return fmt.Sprintf("%.200q", s[min(from, len(s)):]) }
	return cut(a), cut(b)
}
