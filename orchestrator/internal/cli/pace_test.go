package cli

import (
	"strings"
	"testing"
	"time"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// paced feeds speeds, one a second, and gives the last look.
func paced(total uint64, speeds ...uint64) pace {
	now := time.Unix(0, 0)
	p := newPaces(func() time.Time { return now })
	g := migration.Progress{Stage: migration.StageCopy, Kind: recordv1.Kind_KIND_ENTRY, Total: total, Done: 1}
	out := p.one(g)
	for _, s := range speeds {
		now = now.Add(time.Second)
		g.Done += s
		out = p.one(g)
	}
	return out
}

func TestTimeLeftComesWithItsRange(t *testing.T) {
	t.Parallel()
	steady := paced(10_001, 100, 100, 100, 100, 100)
	if steady.Left != 95*time.Second || steady.Soonest != steady.Left || steady.Latest != steady.Left || steady.about() != "about 2 min (1–2)" {
		t.Errorf("steady: %+v %q", steady, steady.about())
	}
	uneven := paced(10_001, 50, 150, 50, 150, 50, 150)
	if uneven.Soonest >= uneven.Left || uneven.Latest <= uneven.Left || uneven.Latest > 4*uneven.Left {
		t.Errorf("uneven: %+v", uneven)
	}
	if steady.Latest-steady.Soonest >= uneven.Latest-uneven.Soonest {
		t.Error("an uneven pace gives no wider range")
	}
	for name, p := range map[string]pace{"too early": paced(100, 5, 5), "not begun": paced(100), "no progress": paced(100, 0, 0, 0, 0), "at the end": paced(31, 10, 10, 10)} {
		if p.about() != "" {
			t.Errorf("%s: %q", name, p.about())
		}
	}
	if text := paced(100_000_000, 10, 10, 10, 10).about(); !strings.Contains(text, " h (") {
		t.Errorf("long: %q", text)
	}
	if text := paced(331, 10, 10, 10).about(); text != "about 30 s (30–30)" {
		t.Errorf("short: %q", text)
	}
}

func TestLastingWaitIsToldAgainButNotAllTheTime(t *testing.T) {
	t.Parallel()
	told, now := toldWaits{}, time.Unix(1000, 0)
	w := []migration.Wait{{On: migration.OnTarget, Idle: now}}
	for i, want := range []struct {
		after time.Duration
		n     int
	}{{0, 1}, {time.Second, 0}, {remindEvery, 1}} {
		if n := len(told.news(w, now.Add(want.after))); n != want.n {
			t.Errorf("%d: %d", i, n)
		}
	}
	told.news(nil, now)
	if len(told) != 0 {
		t.Error("not forgotten")
	}
}
