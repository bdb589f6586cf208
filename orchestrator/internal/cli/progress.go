package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/report"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
)

// Pauses between two looks at the progress.
const (
	lookEvery = 250 * time.Millisecond
	lineEvery = 3 * time.Second
)

// display shows a run while it goes on. Calls come from several goroutines.
type display interface {
	begin(j *engine.Job)
	update(stage migration.Stage, all []pace)
	note(text string)
	end()
}

// follow shows the progress that is in the store until done.
func follow(st store.Store, id string, show display, done <-chan struct{}) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	paces := newPaces(time.Now)
	for {
		select {
		case <-done:
			look(st, id, show, paces)
			return
		case <-tick.C:
			look(st, id, show, paces)
		}
	}
}

// look shows what the store says; an unreadable store is told by the run itself.
func look(st store.Store, id string, show display, paces *paces) {
	ctx := context.Background()
	m, err := st.Migration(ctx, id)
	if err != nil {
		return
	}
	if tasks, err := st.Tasks(ctx, id); err == nil {
		show.update(m.Stage, paces.add(migration.ProgressOf(m, tasks)))
	}
}

// pace is the progress of a kind with its speed.
type pace struct {
	migration.Progress
	// Rate is records per second over the last seconds.
	Rate float64
	// Left is the time to the end at this rate; negative: not known.
	Left time.Duration
}

// paces works out speeds from one look to the next.
type paces struct {
	now  func() time.Time
	seen map[recordv1.Kind]*seen
}

type seen struct {
	stage migration.Stage
	done  uint64
	at    time.Time
	rate  float64
}

func newPaces(now func() time.Time) *paces { return &paces{now, map[recordv1.Kind]*seen{}} }

func (p *paces) add(all []migration.Progress) []pace {
	out := make([]pace, 0, len(all))
	for _, g := range all {
		out = append(out, p.one(g))
	}
	return out
}

// smoothing is how much the newest speed counts.
const smoothing = 0.2

func (p *paces) one(g migration.Progress) pace {
	now := p.now()
	s := p.seen[g.Kind]
	if s == nil || s.stage != g.Stage || g.Done < s.done {
		s = &seen{stage: g.Stage, done: g.Done, at: now}
		p.seen[g.Kind] = s
	}
	if dt := now.Sub(s.at).Seconds(); dt > 0 && (g.Done > 0 || s.rate > 0) {
		speed := float64(g.Done-s.done) / dt
		if s.rate == 0 {
			s.rate = speed
		}
		s.rate += smoothing * (speed - s.rate)
		s.done, s.at = g.Done, now
	}
	out := pace{Progress: g, Rate: s.rate, Left: -1}
	if s.rate > 0 && g.Total >= g.Done {
		out.Left = time.Duration(float64(g.Total-g.Done) / s.rate * float64(time.Second)).Round(time.Second)
	}
	return out
}

func (m *migrate) newDisplay() display {
	switch {
	case m.json:
		return &events{w: m.env.Out, migration: m.job.Migration.ID}
	case m.env.Terminal:
		return newBars(m.env.Err)
	}
	return &lines{w: m.env.Err}
}

// lines shows a line every few seconds, for logs.
type lines struct {
	w     io.Writer
	last  time.Time
	stage migration.Stage
	shown map[recordv1.Kind]migration.Progress
}

func (l *lines) begin(j *engine.Job) { l.note(beginning(j)) }

func beginning(j *engine.Job) string {
	verb := "Migration"
	switch {
	case j.Again:
		verb = "Verifying migration"
	case j.Resumed:
		verb = "Going on with migration"
	}
	return fmt.Sprintf("%s %s: %s to %s", verb, j.Migration.ID, j.Migration.Source.Platform, j.Migration.Target.Platform)
}

func (l *lines) update(stage migration.Stage, all []pace) {
	if stage == l.stage && time.Since(l.last) < lineEvery {
		return
	}
	l.last, l.stage = time.Now(), stage
	if l.shown == nil {
		l.shown = map[recordv1.Kind]migration.Progress{}
	}
	for _, p := range all {
		if l.isNews(p.Progress) {
			l.note(fmt.Sprintf("%-7s %-8s %d/%d  %s", stage, record.KindName(p.Kind), p.Done, p.Total, speed(p)))
		}
		l.shown[p.Kind] = p.Progress
	}
}

// isNews leaves out kinds that have not moved since the last line.
func (l *lines) isNews(p migration.Progress) bool {
	if p.Done == 0 || p.Stage == migration.StageRelink || p.Stage == migration.StageFinish || p.Stage == migration.StageDone {
		return false
	}
	return p != l.shown[p.Kind]
}

func speed(p pace) string {
	s := fmt.Sprintf("%.0f/s", p.Rate)
	if p.Left > 0 && p.Done < p.Total {
		s += fmt.Sprintf("  %s left", p.Left)
	}
	if p.Rejected > 0 {
		s += fmt.Sprintf("  %d rejected", p.Rejected)
	}
	return s
}

func (l *lines) note(text string) { _, _ = fmt.Fprintln(l.w, text) }

func (l *lines) end() {}

// events writes JSON lines.
type events struct {
	w         io.Writer
	migration string
	last      string
}

type progressEvent struct {
	Event     string         `json:"event"`
	Migration string         `json:"migration"`
	Stage     string         `json:"stage,omitempty"`
	Resumed   bool           `json:"resumed,omitempty"`
	Text      string         `json:"text,omitempty"`
	Kinds     []kindProgress `json:"kinds,omitempty"`
}

type kindProgress struct {
	Kind     string  `json:"kind"`
	Done     uint64  `json:"done"`
	Total    uint64  `json:"total"`
	Rejected uint64  `json:"rejected"`
	Rate     float64 `json:"rate"`
}

func (e *events) emit(ev progressEvent) {
	ev.Migration = e.migration
	_ = report.JSON(e.w, ev)
}

func (e *events) begin(j *engine.Job) { e.emit(progressEvent{Event: "begin", Resumed: j.Resumed}) }

// update tells only what has changed.
func (e *events) update(stage migration.Stage, all []pace) {
	state := string(stage)
	ev := progressEvent{Event: "progress", Stage: string(stage)}
	for _, p := range all {
		state += fmt.Sprintf(" %d", p.Done)
		ev.Kinds = append(ev.Kinds, kindProgress{record.KindName(p.Kind), p.Done, p.Total, p.Rejected, p.Rate})
	}
	if state != e.last {
		e.last = state
		e.emit(ev)
	}
}

func (e *events) note(text string) { e.emit(progressEvent{Event: "note", Text: text}) }

func (e *events) end() {}
