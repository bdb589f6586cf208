package wordpress

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The fast way to read a date knows what the slow one says, or leaves it to that.
func TestWallOfIsTimeParse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(
			rapid.StringMatching(`[0-2]\d{3}-[01]\d-[0-3]\d [0-2]\d:[0-6]\d:[0-6]\d`),
			rapid.StringMatching(`[0-9 :/-]{18,20}`),
			rapid.Just(zeroTime), rapid.Just("2024-02-29 00:00:00"), rapid.Just("2023-02-29 00:00:00"), rapid.Just("0000-01-01 00:00:00"), rapid.Just("2020-01-01T00:00:00"),
		).Draw(t, "date")
		sec, ok := wallOf(s)
		want, err := time.Parse(sqlTime, s)
		if ok && (err != nil || want.Year() <= 0 || want.Unix() != sec) {
			t.Fatalf("%q is %d; time.Parse says %v, %v", s, sec, want, err)
		}
		if usual := err == nil && want.Year() > 0 && want.Day() <= 28 && len(s) == len(sqlTime); usual && !ok {
			t.Fatalf("%q is left to the slow way", s)
		}
	})
}
