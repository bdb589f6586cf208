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
	lookEvery = 500 * time.Millisecond
	lineEvery = 3 * time.Second
)

// display shows a run while it goes on. Calls come from several goroutines.
type display interface {
	begin(j *engine.Job)
	update(stage migration.Stage, all []pace)
	// waits tells what a run without progress waits for.
	waits(all []migration.Wait)
	note(text string)
	end()
}

// follow shows the progress that is in the store until done.
func follow(st store.Store, id string, show display, done <-chan struct{}) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	paces, told := newPaces(time.Now), toldWaits{}
	for {
		select {
		case <-done:
			look(st, id, show, paces, told)
			return
		case <-tick.C:
			look(st, id, show, paces, told)
		}
	}
}

// remindEvery is how often a wait that lasts is told again.
const remindEvery = time.Minute

// toldWaits remembers when which wait was told.
type toldWaits map[waitKey]time.Time

type waitKey struct {
	on, kind string
	stage    migration.Stage
	shard    int
	idle     time.Time
}

// news gives the waits that are to be told now.
func (t toldWaits) news(all []migration.Wait, now time.Time) []migration.Wait {
	var fresh []migration.Wait
	for _, w := range all {
		k := waitKey{w.On, w.Kind, w.Stage, w.Shard, w.Idle}
		if at, ok := t[k]; !ok || now.Sub(at) >= remindEvery {
			t[k] = now
			fresh = append(fresh, w)
		}
	}
	if len(all) == 0 {
		clear(t)
	}
	return fresh
}

// look shows what the store says; an unreadable store is told by the run itself.
func look(st store.Store, id string, show display, paces *paces, told toldWaits) {
	ctx := context.Background()
	m, err := st.Migration(ctx, id)
	if err != nil {
		return
	}
	if tasks, err := st.Tasks(ctx, id); err == nil {
		show.update(m.Stage, paces.add(migration.ProgressOf(m, tasks)))
	}
	if fresh := told.news(m.Waiting, time.Now()); len(fresh) > 0 {
		show.waits(fresh)
	}
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
	case j.Again && j.Resumed:
		verb = "Going on verifying migration"
	case j.Again:
		verb = "Verifying migration"
	case j.Migration.Mode.Sync && !j.Resumed:
		verb = "Synchronising migration"
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
	if about := p.about(); about != "" {
		s += "  " + about + " left"
	}
	if p.Rejected > 0 {
		s += fmt.Sprintf("  %d rejected", p.Rejected)
	}
	return s
}

func (l *lines) note(text string) { _, _ = fmt.Fprintln(l.w, text) }

func (l *lines) waits(all []migration.Wait) { noteWaits(l, all) }

func (l *lines) end() {}

func noteWaits(show display, all []migration.Wait) {
	for _, w := range all {
		show.note(w.Text(time.Now()))
	}
}

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
	Waiting   []waitEvent    `json:"waiting,omitempty"`
}

// waitEvent is a wait with its sentence.
type waitEvent struct {
	migration.Wait
	Text string `json:"text"`
}

func waitEvents(all []migration.Wait) []waitEvent {
	out := make([]waitEvent, 0, len(all))
	for _, w := range all {
		out = append(out, waitEvent{w, w.Text(time.Now())})
	}
	return out
}

type kindProgress struct {
	Kind     string  `json:"kind"`
	Done     uint64  `json:"done"`
	Total    uint64  `json:"total"`
	Rejected uint64  `json:"rejected"`
	Rate     float64 `json:"rate"`
	// Eta is the time to the end of the stage in seconds, with its bounds; absent: not known.
	Eta *eta `json:"eta,omitempty"`
}

type eta struct {
	Seconds float64 `json:"seconds"`
	Soonest float64 `json:"soonest"`
	Latest  float64 `json:"latest"`
}

func etaOf(p pace) *eta {
	if p.about() == "" {
		return nil
	}
	return &eta{p.Left.Seconds(), p.Soonest.Seconds(), p.Latest.Seconds()}
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
		ev.Kinds = append(ev.Kinds, kindProgress{record.KindName(p.Kind), p.Done, p.Total, p.Rejected, p.Rate, etaOf(p)})
	}
	if state != e.last {
		e.last = state
		e.emit(ev)
	}
}

func (e *events) waits(all []migration.Wait) {
	e.emit(progressEvent{Event: "waiting", Waiting: waitEvents(all)})
}

func (e *events) note(text string) { e.emit(progressEvent{Event: "note", Text: text}) }

func (e *events) end() {}
