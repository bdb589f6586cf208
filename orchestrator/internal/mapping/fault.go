package mapping

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// maxFaults is how many mistakes are told of a file.
const maxFaults = 50

// Fault is one mistake in a mapping file.
type Fault struct {
	// File as it was named; Line and Column count from 1, in characters.
	File         string
	Line, Column int
	// Code is stable, snake_case.
	Code, Cause, Fix string
	// Warning: the file can be used as it is.
	Warning bool
}

// String is one line as compilers write it, with the remedy behind it.
func (f Fault) String() string {
	s := fmt.Sprintf("%s:%d:%d: ", f.File, f.Line, f.Column)
	if f.Warning {
		s += "warning: "
	}
	if s += f.Cause + " (" + f.Code + ")"; f.Fix != "" {
		s += ". " + f.Fix
	}
	return s
}

// Faults are the mistakes of a file, in its order.
type Faults []Fault

// Error lists them.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, one := range f {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

// Problem is the first mistake as an error of a command or call.
func (f Faults) Problem() *migration.Error {
	cause := fmt.Sprintf("%s:%d:%d: %s", f[0].File, f[0].Line, f[0].Column, f[0].Cause)
	if len(f) > 1 {
		cause += fmt.Sprintf(", and %d more", len(f)-1)
	}
	return migration.Usage("mapping_"+f[0].Code, cause, strings.TrimSpace(f[0].Fix+" All mistakes: bailey map check FILE"))
}

// Problem makes of what Parse says the error of a command or call; other errors stay.
func Problem(err error) error {
	var f Faults
	if errors.As(err, &f) {
		return f.Problem()
	}
	return err
}

// add tells a mistake at a place.
func (f *file) add(line, col int, code, cause, fix string) {
	if len(f.faults) < maxFaults {
		f.faults = append(f.faults, Fault{File: f.name, Line: line, Column: col, Code: code, Cause: cause, Fix: fix})
	}
}

func (f *file) fault(n *yaml.Node, code, cause, fix string) {
	f.add(n.Line, n.Column, code, cause, fix)
}

// unknown tells a word that is not one of those that may stand there.
func (f *file) unknown(n *yaml.Node, what string, words []string) {
	f.fault(n, "unknown", fmt.Sprintf("there is no %s %q", what, n.Value), suggest(n.Value, words))
}

// suggest names the words that are most like one, or all when they are few.
func suggest(word string, words []string) string {
	if near := nearest(word, words); near != "" {
		return fmt.Sprintf("Did you mean %q?", near)
	}
	words = slices.Sorted(slices.Values(words))
	switch n := len(words); {
	case n == 0:
		return ""
	case n > 12:
		return fmt.Sprintf("There are: %s and %d more.", strings.Join(words[:12], ", "), n-12)
	}
	return fmt.Sprintf("There are: %s.", strings.Join(words, ", "))
}

// nearest is the word that differs least, if it differs little.
func nearest(word string, words []string) (near string) {
	best := len([]rune(word))/3 + 1
	for _, w := range words {
		if d := distance(strings.ToLower(word), strings.ToLower(w)); d < best || d == best && near != "" && w < near {
			best, near = d, w
		}
	}
	return near
}

// distance is the number of letters to insert, remove, replace or swap with their neighbour.
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	before, last, row := make([]int, len(to)+1), make([]int, len(to)+1), make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i := range from {
		before, last, row = last, row, before
		row[0] = i + 1
		for j := range to {
			step := 1
			if from[i] == to[j] {
				step = 0
			}
			row[j+1] = min(last[j]+step, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && from[i] == to[j-1] && from[i-1] == to[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(to)]
}
