package ledger_test

import (
	"strings"
	"testing"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// withdraw gives action and code of each record.
func (b *bench) withdraw(how agentv1.Withdrawal, recs ...*recordv1.Record) string {
	b.Helper()
	req := &agentv1.WithdrawRequest{Withdrawal: how}
	for _, r := range recs {
		req.Refs = append(req.Refs, r.GetRef())
	}
	all, err := b.books.Withdraw(b.Context(), b.scope(), req, nil)
	must(b, err)
	var words []string
	for _, a := range all {
		words = append(words, a.GetAction()+a.GetProblem().GetCode())
	}
	return strings.Join(words, " ")
}

// What a withdrawal leaves in the ledger is sealed: the next agent takes it, before and after the run is finished, and what
// comes back at the source is written.
func TestWithdrawnRowsAreSealed(t *testing.T) {
	for how, want := range map[agentv1.Withdrawal]string{
		agentv1.Withdrawal_WITHDRAWAL_DELETE: "removed removed absent", agentv1.Withdrawal_WITHDRAWAL_UNPUBLISH: "unpublished unpublished absent",
	} {
		t.Run(how.String(), func(t *testing.T) {
			both(t, func(t *testing.T, b *bench) {
				b.filled(true)
				b.run = "run-2"
				if got := b.withdraw(how, sealed(entry, 1, 2, 9)...); got != want {
					t.Errorf("got %q, want %q", got, want)
				}
				for _, finished := range []bool{false, true} {
					if finished {
						b.finish()
					}
					b.reopen()
					if _, err := b.open(); err != nil {
						t.Fatalf("finished %t: %v", finished, err)
					}
				}
				b.run = "run-3"
				again := map[bool]string{true: "created created unchanged", false: "updated updated unchanged"}
				b.want(b.write(sealed(entry, 1, 2, 3)...), again[how == agentv1.Withdrawal_WITHDRAWAL_DELETE])
			})
		})
	}
}

// All records are withdrawn: the ledger still knows its source.
func TestLedgerOfWithdrawnRecordsIsNotMissing(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.write(sealed(entry, 1)...)
		b.finish()
		b.run = "run-2"
		b.withdraw(agentv1.Withdrawal_WITHDRAWAL_DELETE, sealed(entry, 1)...)
		b.finish()
		b.reopen()
		if _, err := b.open(); err != nil {
			t.Error(err)
		}
		if b.count("entrys") != 0 || b.count("bailey_ledger") != 1 {
			t.Error("the row is still there, or the ledger has forgotten it")
		}
	})
}

// A withdrawal that changes nothing leaves the note of the last run: a row that is missing afterwards is found.
func TestNoteOutlivesAWithdrawalOfNothing(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.filled(true)
		b.run = "run-2"
		if got := b.withdraw(agentv1.Withdrawal_WITHDRAWAL_DELETE, sealed(entry, 9)...); got != "absent" {
			t.Error(got)
		}
		b.exec("DELETE FROM fk_bailey_ledger WHERE kind = 5 AND source_id = '2'")
		b.reopen()
		_, err := b.open()
		b.refused(err, "ledger_altered")
	})
}

// What a record became is not remembered beyond its withdrawal.
func TestWithdrawalForgetsTargets(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.filled(true)
		found := func() bool {
			got, err := b.books.Resolve(t.Context(), b.scope(), []string{record.NewToken(record.NewRef(entry, "2"), "id").Name()})
			must(t, err)
			return got[0].GetFound()
		}
		if !found() {
			t.Error("it is not known what was written")
		}
		b.run = "run-2"
		b.withdraw(agentv1.Withdrawal_WITHDRAWAL_DELETE, sealed(entry, 2)...)
		if found() {
			t.Error("what is withdrawn is still pointed to")
		}
	})
}

// A row that stands for another record too goes over to that one, and is removed with it.
func TestSharedRowGoesOver(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		terms := sealed(term, 1, 2)
		terms[1].GetTerm().Taxonomy, terms[1].GetTerm().Slug = terms[0].GetTerm().GetTaxonomy(), terms[0].GetTerm().GetSlug()
		record.Seal(terms[1])
		b.want(b.write(terms[0]), "created")
		b.want(b.write(terms[1]), "adopted")
		b.finish()
		for i, left := range []int{1, 0} {
			b.run += "x"
			b.withdraw(agentv1.Withdrawal_WITHDRAWAL_DELETE, terms[i])
			if n := b.count("terms"); n != left {
				t.Errorf("%d terms are left", n)
			}
			b.reopen()
			if _, err := b.open(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// A row that other hands have altered is not withdrawn.
func TestAlteredRowIsNotWithdrawn(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.filled(true)
		sc := b.scope()
		b.exec(alterations["target id"])
		_, err := b.books.Withdraw(t.Context(), sc, &agentv1.WithdrawRequest{Refs: []*recordv1.Ref{record.NewRef(entry, "2")}, Withdrawal: agentv1.Withdrawal_WITHDRAWAL_DELETE}, nil)
		b.refused(err, "ledger_altered")
		if b.count("entrys") != 3 {
			t.Error("something was removed")
		}
	})
}
