package migration

import (
	"fmt"
	"strings"
	"time"
)

// Silence is how long a stream may give nothing while something is due; then it is taken for broken and tried again.
const Silence = 5 * time.Minute

// What a task can wait for.
const (
	// OnSource is the source's agent.
	OnSource = "source"
	// OnTarget is the target's agent.
	OnTarget = "target"
	// OnStore is the orchestrator's own store.
	OnStore = "store"
	// OnRetry is the pause before the next try after a failure.
	OnRetry = "retry"
	// OnThrottle is the limit that the operator has set.
	OnThrottle = "throttle"
)

// Wait is what a task waits for that has made no progress for some time.
type Wait struct {
	// On is one of the On constants.
	On string `json:"on"`
	// Side is the agent or store that failed, for OnRetry; else as On.
	Side string `json:"side,omitempty"`
	// Call is what was asked, e.g. "WriteRecords".
	Call  string `json:"call,omitempty"`
	Stage Stage  `json:"stage"`
	// Kind by name; empty for tasks of the whole migration.
	Kind  string `json:"kind,omitempty"`
	Shard int    `json:"shard"`
	// Since when nothing has come.
	Since time.Time `json:"since"`
	// Idle is when the task last made progress.
	Idle time.Time `json:"idle_since"`
	// NextTry is when it is tried again; zero: as soon as the answer or the end of the connection comes.
	NextTry time.Time `json:"next_try,omitzero"`
	// Failure is what is waited out, for OnRetry.
	Failure *Problem `json:"failure,omitempty"`
}

// clock is how times are shown.
const clock = "15:04:05"

// Text says it in a sentence, as of now.
func (w Wait) Text(now time.Time) string {
	return fmt.Sprintf("No progress for %s: %s %s", seconds(now.Sub(w.Idle)), w.work(), w.reason(now))
}

func (w Wait) work() string {
	if w.Kind == "" {
		return string(w.Stage)
	}
	return fmt.Sprintf("%s of %s, shard %d,", w.Stage, w.Kind, w.Shard)
}

func (w Wait) reason(now time.Time) string {
	since := fmt.Sprintf("since %s (%s)", w.Since.Format(clock), seconds(now.Sub(w.Since)))
	switch w.On {
	case OnStore:
		return "waits for bailey's own store to answer " + w.Call + ", " + since
	case OnThrottle:
		return "waits for its turn under the throttle (" + w.Call + "), " + since
	case OnRetry:
		return fmt.Sprintf("waits until %s for its next try, because %s failed: %s (%s)",
			w.NextTry.Format(clock), partner(w.Side),
			strings.TrimPrefix(w.Failure.Cause, partner(w.Side)+": "), w.Failure.Code)
	}
	text := fmt.Sprintf("waits for %s to answer %s, %s", partner(w.Side), w.Call, since)
	if !w.NextTry.IsZero() {
		text += "; tried again at " + w.NextTry.Format(clock)
	}
	return text
}

func partner(side string) string {
	switch side {
	case OnSource, OnTarget:
		return "the " + side + "'s agent"
	case OnStore:
		return "bailey's own store"
	}
	return "the last try"
}

func seconds(d time.Duration) string { return fmt.Sprintf("%d s", int(d.Round(time.Second).Seconds())) }
