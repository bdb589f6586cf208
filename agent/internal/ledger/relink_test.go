package ledger_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/proto/agenttest"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Relink goes through any number of pointers in rounds, and hands those of a slot over together.
func TestRelinkInRounds(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		const many = 40
		var recs []*recordv1.Record
		for i := range many {
			r := agenttest.Make(entry, i+1)
			var text strings.Builder
			for j := range many {
				_, _ = fmt.Fprintf(&text, `<a href="bailey:entry/%d">x</a>`, 1000+(i*many+j)%77)
			}
			r.GetEntry().Content.Text = text.String()
			record.Seal(r)
			recs = append(recs, r)
		}
		b.write(recs...)
		open := b.count("bailey_pending")
		var targets []int
		for i := range 77 {
			targets = append(targets, 1000+i)
		}
		b.write(sealed(entry, targets...)...)
		rounds, filled := 0, uint64(0)
		req := &agentv1.RelinkRequest{}
		for ; ; rounds++ {
			resp, err := b.books.Relink(t.Context(), b.scope(), req)
			must(t, err)
			filled += resp.GetFilled()
			if req.After = resp.GetCursor(); len(req.GetAfter()) == 0 {
				break
			}
		}
		if filled != many || b.count("bailey_pending") != 0 || open > 1000 && rounds == 0 {
			t.Errorf("%d of %d pointers: %d records filled in %d rounds, %d left", open, many*many, filled, rounds+1, b.count("bailey_pending"))
		}
		for _, links := range b.site.relinks {
			seen := map[string]bool{}
			for _, l := range links {
				seen[l.TargetID] = true
			}
			if len(links) != len(seen)*many {
				t.Errorf("%d links for %d slots of %d", len(links), len(seen), many)
			}
		}
	})
}

// A pointer that was cleared at the end of a run is filled by a later one that brings what it points to, and else the later
// run writes nothing.
func TestClearedPointersHeal(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		from := agenttest.Make(entry, 1)
		from.GetEntry().Content.Text = `<a href="bailey:entry/2">x</a>`
		record.Seal(from)
		b.write(from)
		resp, err := b.books.Relink(t.Context(), b.scope(), &agentv1.RelinkRequest{Last: true})
		must(t, err)
		if len(resp.GetOpen()) != 1 || resp.GetOpen()[0].GetToken() != "entry/2" {
			t.Errorf("open are %v", resp.GetOpen())
		}
		b.run = "run-2"
		b.want(b.write(from), "unchanged")
		b.want(b.write(sealed(entry, 2)...), "created")
		b.run = "run-3"
		b.want(b.write(from), "updated")
		b.run = "run-4"
		b.want(b.write(from), "unchanged")
		items, err := b.books.ReadBack(t.Context(), b.scope(), []*recordv1.Ref{from.GetRef()})
		must(t, err)
		if text := items[0].GetRecord().GetEntry().GetContent().GetText(); text != `<a href="https://fake.example/post/entry-2/">x</a>` {
			t.Errorf("text is %q", text)
		}
	})
}

// What is still open is told whole: no page names more than 1,000 pointers unless one record alone has more, none is torn
// out of its record, and none is left out or told twice.
func TestOpenPointersAreToldWhole(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		total := 0
		for i, links := range []int{700, 200, 90, 10, 1, 2500, 999, 400, 600, 1} {
			kind := []recordv1.Kind{entry, term}[i%2]
			r := agenttest.Make(kind, i+1)
			var text strings.Builder
			for j := range links {
				_, _ = fmt.Fprintf(&text, `<a href="bailey:entry/%d">x</a>`, 10000+j)
			}
			if kind == term {
				r.GetTerm().Description = &recordv1.Body{Markup: "html", Text: text.String()}
			} else {
				r.GetEntry().Content.Text = text.String()
			}
			record.Seal(r)
			b.write(r)
			total += links
		}
		for _, last := range []bool{false, true} {
			told := map[string]string{}
			req := &agentv1.RelinkRequest{Last: last}
			for page := 0; ; page++ {
				resp, err := b.books.Relink(t.Context(), b.scope(), req)
				must(t, err)
				from := map[string]bool{}
				for _, o := range resp.GetOpen() {
					rec := record.KeyOf(o.GetFrom()).String()
					from[rec] = true
					key := rec + " " + o.GetToken()
					if at, twice := told[key]; twice {
						t.Fatalf("%s is told on page %s and %d", key, at, page)
					}
					told[key] = fmt.Sprint(page)
				}
				if len(resp.GetOpen()) > 1000 && len(from) > 1 {
					t.Errorf("page %d names %d pointers of %d records", page, len(resp.GetOpen()), len(from))
				}
				if req.After = resp.GetCursor(); len(req.GetAfter()) == 0 {
					break
				}
			}
			if len(told) != total {
				t.Errorf("last %v: %d of %d pointers told", last, len(told), total)
			}
		}
		for _, bad := range []string{"x", "99 1", "-1", "5 " + strings.Repeat("x", 192)} {
			if _, err := b.books.Relink(t.Context(), b.scope(), &agentv1.RelinkRequest{After: []byte(bad)}); err == nil {
				t.Errorf("the position %q was taken", bad)
			}
		}
	})
}

// What a record became is asked for anew when its row is another one now.
func TestTargetsThatMove(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		target := func() string {
			got, err := b.books.Resolve(t.Context(), b.scope(), []string{record.NewToken(record.NewRef(term, "1"), "id").Name()})
			must(t, err)
			return got[0].GetText()
		}
		b.write(sealed(term, 1)...)
		first := target()
		must(t, b.site.DB().Exec(t.Context(), "DELETE FROM fk_terms WHERE id = "+first))
		b.run = "run-2"
		again := agenttest.Make(term, 1)
		again.GetTerm().Name = "written again"
		record.Seal(again)
		b.want(b.write(again), "created")
		var there string
		must(t, b.site.DB().QueryRow(t.Context(), "SELECT target_id FROM fk_bailey_ledger WHERE source_id = '1'").Scan(&there))
		if now := target(); now == first || now != there {
			t.Errorf("resolves to %s after %s, and the ledger says %s", now, first, there)
		}
	})
}
