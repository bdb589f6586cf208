package ledger_test

import (
	"strings"
	"testing"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// states reads records back and says in words what became of their rows.
func (b *bench) states(refs ...*recordv1.Ref) string {
	b.Helper()
	items, err := b.books.ReadBack(b.Context(), b.scope(), refs)
	must(b, err)
	must(b, b.books.AddStates(b.Context(), b.scope(), items))
	var words []string
	for _, it := range items {
		words = append(words, strings.ToLower(strings.TrimPrefix(it.GetState().String(), "ROW_STATE_")))
	}
	return strings.Join(words, " ")
}

func TestStatesTellWhatWasEditedOnTheTarget(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.filled(false)
		site := sealed(recordv1.Kind_KIND_SITE, 1)[0].GetRef()
		refs := []*recordv1.Ref{record.NewRef(entry, "1"), record.NewRef(entry, "2"), record.NewRef(entry, "3"), site, record.NewRef(entry, "77")}
		if got := b.states(refs...); got != "unspecified unspecified unspecified unspecified unspecified" {
			t.Errorf("before the end: %s", got)
		}
		b.finish()
		if got := b.states(refs...); got != "as_left as_left as_left unspecified unspecified" {
			t.Errorf("untouched: %s", got)
		}
		b.exec("UPDATE fk_entrys SET name = 'edited by hand' WHERE name LIKE '%2'")
		b.exec("DELETE FROM fk_entrys WHERE name LIKE '%3'")
		if got := b.states(refs...); got != "as_left edited gone unspecified unspecified" {
			t.Errorf("edited: %s", got)
		}
		// What people have edited stays; once the migration writes it all the same and is finished, it is as it was left.
		b.run = "run-2"
		again := sealed(entry, 2)
		again[0].GetEntry().Title = "from the source"
		record.Seal(again[0])
		b.want(b.write(again...), "skipped:edited_on_target")
		b.finish()
		if got := b.states(refs[1]); got != "edited" {
			t.Errorf("kept: %s", got)
		}
		sc, err := b.books.Scope(t.Context(), &agentv1.WriteScope{SourceSite: "source", Run: "run-3", Edited: agentv1.Edited_EDITED_OVERWRITE})
		must(t, err)
		res, err := b.books.Write(t.Context(), sc, again)
		must(t, err)
		b.want(res, "updated")
		b.finish()
		if got := b.states(refs[1]); got != "as_left" {
			t.Errorf("written again: %s", got)
		}
	})
}

// The ledger remembers the digest of what was sent last, also when there was nothing to write.
func TestReadBackGivesTheDigestSent(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		recs := sealed(entry, 1)
		for _, title := range []string{"one", "two", "two"} {
			b.run += "x"
			recs[0].GetEntry().Title = title
			record.Seal(recs[0])
			b.write(recs...)
			items, err := b.books.ReadBack(t.Context(), b.scope(), []*recordv1.Ref{recs[0].GetRef(), record.NewRef(entry, "77")})
			must(t, err)
			if string(items[0].GetDigest()) != string(recs[0].GetDigest()) || len(items[1].GetDigest()) != 0 || items[0].GetState() != agentv1.RowState_ROW_STATE_UNSPECIFIED {
				t.Errorf("%s: %v", title, items)
			}
		}
	})
}
