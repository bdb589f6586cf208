package app

import (
	"testing"

	"pgregory.net/rapid"
)

func TestProcessorsFollowTheLoad(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		procs int
		busy  float64
		want  int
	}{{1, 0.3, 1}, {1, 1, 2}, {2, 1.9, 2}, {2, 1, 2}, {2, 0.4, 1}} {
		if got := processors(c.procs, 1, 2, c.busy); got != c.want {
			t.Errorf("%d processors, %.1f busy: %d, want %d", c.procs, c.busy, got, c.want)
		}
	}
}

// A load that stays the same ends in a number that stays the same, with room for it if there is any.
func TestProcessorsSettle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(1, 64).Draw(t, "most")
		least := (most + 1) / 2
		load := rapid.Float64Range(0, float64(most)).Draw(t, "load")
		procs := rapid.IntRange(least, most).Draw(t, "procs")
		step := func() int { return processors(procs, least, most, min(load, float64(procs))) }
		for range most {
			procs = step()
		}
		if procs != step() || procs < least || procs > most {
			t.Fatalf("%d processors become %d", procs, step())
		}
		if float64(procs) < load && procs < most {
			t.Fatalf("%d of %d processors for a load of %.2f", procs, most, load)
		}
	})
}
