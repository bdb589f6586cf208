package cli

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// fine is how many steps of a bar one record takes.
const fine = 1000

// bars shows a bar per kind.
type bars struct {
	w        io.Writer
	progress *mpb.Progress
	mu       sync.Mutex
	bars     map[recordv1.Kind]*mpb.Bar
	paces    map[recordv1.Kind]pace
}

func newBars(w io.Writer) *bars {
	return &bars{
		w: w, progress: mpb.New(mpb.WithOutput(w), mpb.WithWidth(40), mpb.WithAutoRefresh(), mpb.WithRefreshRate(150*time.Millisecond)),
		bars: map[recordv1.Kind]*mpb.Bar{}, paces: map[recordv1.Kind]pace{},
	}
}

func (b *bars) begin(j *engine.Job) { b.note(beginning(j)) }

func (b *bars) note(text string) { _, _ = fmt.Fprintln(b.progress, text) }

func (b *bars) waits(all []migration.Wait) { noteWaits(b, all) }

func (b *bars) update(_ migration.Stage, all []pace) {
	b.mu.Lock()
	for _, p := range all {
		b.paces[p.Kind] = p
	}
	b.mu.Unlock()
	for _, p := range all {
		bar := b.bars[p.Kind]
		if bar == nil {
			bar = b.add(p.Kind)
			b.bars[p.Kind] = bar
		}
		// A little more than the total: a full bar would end before the next stage.
		bar.SetTotal(int64(p.Total)*fine+1, false)
		bar.SetCurrent(int64(p.Done) * fine)
	}
}

func (b *bars) add(k recordv1.Kind) *mpb.Bar {
	text := func(show func(pace) string) func(decor.Statistics) string {
		return func(decor.Statistics) string {
			b.mu.Lock()
			defer b.mu.Unlock()
			return show(b.paces[k])
		}
	}
	left := decor.WC{C: decor.DindentRight | decor.DextraSpace | decor.DSyncWidth}
	right := decor.WC{C: decor.DextraSpace | decor.DSyncWidth}
	return b.progress.New(0, mpb.BarStyle().Rbound("]").Lbound("["),
		mpb.BarPriority(int(k)),
		mpb.PrependDecorators(
			decor.Name(record.KindName(k), left),
			decor.Any(text(func(p pace) string { return string(p.Stage) }), left),
		),
		mpb.AppendDecorators(
			decor.Any(text(func(p pace) string { return fmt.Sprintf("%d/%d", p.Done, p.Total) }), right),
			decor.Any(text(speed), right),
		),
	)
}

func (b *bars) end() {
	for _, bar := range b.bars {
		bar.Abort(false)
	}
	b.progress.Wait()
}
