package cli

import (
	"fmt"
	"math"
	"time"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// pace is the progress of a kind with its speed.
type pace struct {
	migration.Progress
	// Rate is records per second over the last seconds.
	Rate float64
	// Left is the time to the end of the stage at this rate, Soonest and Latest its bounds as the rate has varied; negative: not known.
	Left, Soonest, Latest time.Duration
}

// paces works out speeds from one look to the next.
type paces struct {
	now  func() time.Time
	seen map[recordv1.Kind]*seen
}

// seen is what is known of the speed of a kind: the moving mean and variance of its samples.
type seen struct {
	stage      migration.Stage
	done       uint64
	at         time.Time
	rate, vary float64
	samples    int
}

func newPaces(now func() time.Time) *paces { return &paces{now, map[recordv1.Kind]*seen{}} }

func (p *paces) add(all []migration.Progress) []pace {
	out := make([]pace, 0, len(all))
	for _, g := range all {
		out = append(out, p.one(g))
	}
	return out
}

const (
	// smoothing is how much the newest sample counts.
	smoothing = 0.2
	// sampleEvery is long enough for some batches to fall into a sample.
	sampleEvery = time.Second
	// minSamples are needed before a time is named.
	minSamples = 3
	// spread is how many standard errors the bounds are away.
	spread = 2
)

func (p *paces) one(g migration.Progress) pace {
	now := p.now()
	s := p.seen[g.Kind]
	if s == nil || s.stage != g.Stage || g.Done < s.done || s.samples == 0 && g.Done == 0 {
		// Before its first record a kind waits for its turn; that is no speed.
		s = &seen{stage: g.Stage, done: g.Done, at: now}
		p.seen[g.Kind] = s
	}
	if dt := now.Sub(s.at); dt >= sampleEvery && g.Done < g.Total {
		s.sample(float64(g.Done-s.done) / dt.Seconds())
		s.done, s.at = g.Done, now
	}
	out := pace{Progress: g, Rate: s.rate}
	out.Left, out.Soonest, out.Latest = s.left(g)
	return out
}

func (s *seen) sample(speed float64) {
	if s.samples++; s.samples == 1 {
		s.rate = speed
		return
	}
	d := speed - s.rate
	s.rate += smoothing * d
	s.vary = (1 - smoothing) * (s.vary + smoothing*d*d)
}

// left is the time for what is left, with bounds from the standard error of a moving mean.
func (s *seen) left(g migration.Progress) (left, soonest, latest time.Duration) {
	if s.samples < minSamples || s.rate <= 0 || g.Total < g.Done {
		return -1, -1, -1
	}
	n := float64(g.Total - g.Done)
	off := spread * math.Sqrt(s.vary*smoothing/(2-smoothing))
	// A rate that varies as much as itself says little: ten times as long at most.
	return lasting(n / s.rate), lasting(n / (s.rate + off)), lasting(n / max(s.rate-off, s.rate/10))
}

// lasting is a number of seconds; what is longer than a year is not known.
func lasting(sec float64) time.Duration {
	const year = 365 * 24 * 3600
	if sec > year {
		return -1
	}
	return time.Duration(sec * float64(time.Second)).Round(time.Second)
}

// units of time in which what is left is told, from the longest.
var units = []struct {
	name string
	d    time.Duration
}{{"h", time.Hour}, {"min", time.Minute}, {"s", time.Second}}

// about tells the time left with its bounds: "about 2 min (1–4)". Empty when it is not known.
func (p pace) about() string {
	if p.Left <= 0 || p.Latest < 0 || p.Done >= p.Total {
		return ""
	}
	for _, u := range units {
		if p.Left >= 3*u.d/2 || u.d == time.Second {
			return fmt.Sprintf("about %d %s (%d–%d)", int(math.Round(p.Left.Seconds()/u.d.Seconds())), u.name,
				int(p.Soonest/u.d), int(math.Ceil(p.Latest.Seconds()/u.d.Seconds())))
		}
	}
	return ""
}
