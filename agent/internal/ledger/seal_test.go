package ledger_test

import (
	"errors"
	"testing"

	"go.uber.org/zap"

	"github.com/baileybridge/bailey/agent/internal/ledger"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"
	"github.com/baileybridge/bailey/proto/record"
)

// reopen is the target's agent started anew.
func (b *bench) reopen() {
	b.Helper()
	books, err := ledger.Open(b.site, zap.NewNop())
	must(b, err)
	books.NoWait()
	b.books = books
}

func (b *bench) exec(query string, args ...any) {
	b.Helper()
	must(b, b.site.DB().Exec(b.Context(), query, args...))
}

// open opens the scope of a migration that has written before.
func (b *bench) open() (*ledger.Scope, error) {
	return b.books.Scope(b.Context(), &agentv1.WriteScope{SourceSite: "source", Run: b.run, Continued: true})
}

func (b *bench) finish() {
	b.Helper()
	_, err := b.books.Finish(b.Context(), b.scope())
	must(b, err)
}

func (b *bench) refused(err error, code string) {
	b.Helper()
	var got *link.Error
	if !errors.As(err, &got) || got.Code != code || got.Cause == "" || got.Fix == "" || got.Retryable() {
		b.Errorf("got %v, want %s", err, code)
	}
}

// dropAll drops the ledger's tables but those named.
func (b *bench) dropAll(but ...string) {
	b.Helper()
	for _, t := range []string{"sites", "ledger", "pending", "files", "states", "shared"} {
		if len(but) == 0 || but[0] != t {
			b.exec("DROP TABLE fk_bailey_" + t)
		}
	}
}

// filled is a migration that was written, and finished if asked for.
func (b *bench) filled(finished bool) {
	b.Helper()
	b.write(sealed(entry, 1, 2, 3)...)
	b.write(sealed(recordv1.Kind_KIND_SITE, 1)...)
	if finished {
		b.finish()
	}
}

// The ledger is gone before a run: nothing is written, and no table is made.
func TestDroppedLedgerIsRefused(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.filled(true)
		b.dropAll()
		b.reopen()
		_, err := b.open()
		b.refused(err, "ledger_missing")
		if err := b.site.DB().Exec(t.Context(), "SELECT 1 FROM fk_bailey_sites"); err == nil {
			t.Error("the ledger was made anew")
		}
		// A migration that has not written anything yet may begin.
		if _, err := b.books.Scope(t.Context(), &agentv1.WriteScope{SourceSite: "source", Run: "first"}); err != nil {
			t.Error(err)
		}
	})
}

// The tables are there, but what they held is not: emptied by hand, between two runs or in the middle of one.
func TestEmptiedLedgerIsRefused(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.filled(false)
		b.exec("DELETE FROM fk_bailey_ledger")
		b.reopen()
		_, err := b.open()
		b.refused(err, "ledger_missing")
		b.exec("DELETE FROM fk_bailey_sites")
		_, err = b.open()
		b.refused(err, "ledger_missing")
		if n := b.count("bailey_sites"); n != 0 {
			t.Error("a row was made")
		}
	})
}

func TestIncompleteLedgerIsRefused(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.filled(true)
		b.exec("DROP TABLE fk_bailey_ledger")
		b.reopen()
		for _, continued := range []bool{true, false} {
			_, err := b.books.Scope(t.Context(), &agentv1.WriteScope{SourceSite: "source", Run: b.run, Continued: continued})
			b.refused(err, "ledger_incomplete")
		}
	})
}

// Tables that hold nothing are what an agent leaves that was killed while it made or dropped them.
func TestTablesHalfMadeAreCompleted(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.scope()
		b.dropAll("sites")
		b.reopen()
		b.want(b.write(sealed(entry, 1)...), "created")
	})
}

// Dropped in the middle of a run: the batch fails as a whole, and the table is not made anew.
func TestLedgerDroppedWhileWriting(t *testing.T) {
	for _, table := range []string{"ledger", "pending"} {
		t.Run(table, func(t *testing.T) {
			both(t, func(t *testing.T, b *bench) {
				b.filled(false)
				sc := b.scope()
				b.exec("DROP TABLE fk_bailey_" + table)
				batch := sealed(entry, 4, 2)
				batch[1].GetEntry().Title = "changed since"
				record.Seal(batch[1])
				for range 2 {
					_, err := b.books.Write(t.Context(), sc, clone(batch))
					b.refused(err, "ledger_missing")
				}
				if b.count("entrys") != 3 {
					t.Error("something was written")
				}
			})
		})
	}
}

// alterations are what hands may do to a row.
var alterations = map[string]string{
	"digest":       "UPDATE fk_bailey_ledger SET digest = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' WHERE kind = 5 AND source_id = '2'",
	"target id":    "UPDATE fk_bailey_ledger SET target_id = '1' WHERE kind = 5 AND source_id = '2'",
	"source id":    "UPDATE fk_bailey_ledger SET source_id = '99' WHERE kind = 5 AND source_id = '2'",
	"kind":         "UPDATE fk_bailey_ledger SET kind = 6 WHERE kind = 5 AND source_id = '2'",
	"outcome":      "UPDATE fk_bailey_ledger SET outcome = 4 WHERE kind = 5 AND source_id = '2'",
	"origin":       "UPDATE fk_bailey_ledger SET origin = 4 WHERE kind = 5 AND source_id = '2'",
	"run":          "UPDATE fk_bailey_ledger SET run = 1 WHERE kind = 5 AND source_id = '2'",
	"detail":       "UPDATE fk_bailey_ledger SET detail = 'x' WHERE kind = 5 AND source_id = '2'",
	"before-image": "UPDATE fk_bailey_shared SET before_image = '[]'",
	"made":         "UPDATE fk_bailey_shared SET before_image = NULL",
}

// A row altered by hand is found when the ledger is opened, before anything is written or removed.
func TestAlteredRowIsRefused(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.filled(false)
		b.exec("CREATE TABLE kept_ledger AS SELECT * FROM fk_bailey_ledger")
		b.exec("CREATE TABLE kept_shared AS SELECT * FROM fk_bailey_shared")
		if b.count("bailey_shared") == 0 {
			t.Fatal("no row has a before-image")
		}
		for what, alter := range alterations {
			b.exec(alter)
			b.reopen()
			_, err := b.open()
			if b.refused(err, "ledger_altered"); t.Failed() {
				t.Fatal(what)
			}
			for _, table := range []string{"ledger", "shared"} {
				b.exec("DELETE FROM fk_bailey_" + table)
				b.exec("INSERT INTO fk_bailey_" + table + " SELECT * FROM kept_" + table)
			}
		}
		b.reopen()
		if _, err := b.open(); err != nil {
			t.Error(err)
		}
	})
}

// A row altered while the agent runs is found when it is read, written to or taken back.
func TestAlteredRowIsFoundWhenRead(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.filled(true)
		sc := b.scope()
		b.exec(alterations["target id"])
		changed := sealed(entry, 1, 2)
		changed[1].GetEntry().Title = "changed since"
		record.Seal(changed[1])
		_, err := b.books.Write(t.Context(), sc, changed)
		b.refused(err, "ledger_altered")
		_, err = b.books.ReadBack(t.Context(), sc, []*recordv1.Ref{record.NewRef(entry, "2")})
		b.refused(err, "ledger_altered")
		_, err = b.books.Finish(t.Context(), sc)
		b.refused(err, "ledger_altered")
		err = b.books.Rollback(t.Context(), sc, &agentv1.RollbackRequest{}, nil, func(*agentv1.RollbackResponse) error { return nil })
		b.refused(err, "ledger_altered")
		if b.count("entrys") != 3 {
			t.Error("something was removed")
		}
	})
}

// A row that is missing, added or brought back from elsewhere has a right seal: the note of the last run tells.
func TestMissingRowIsRefusedAfterAFinishedRun(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.filled(true)
		b.exec("DELETE FROM fk_bailey_ledger WHERE kind = 5 AND source_id = '2'")
		b.reopen()
		b.run = "run-2"
		_, err := b.open()
		b.refused(err, "ledger_altered")
	})
}

// A run that writes nothing is not finished again: what was noted before still holds.
func TestNoteOutlivesARunThatWritesNothing(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.filled(true)
		b.run = "run-2"
		b.want(b.write(sealed(entry, 1, 2, 3)...), "unchanged unchanged unchanged")
		b.exec("DELETE FROM fk_bailey_ledger WHERE kind = 5 AND source_id = '2'")
		b.reopen()
		_, err := b.open()
		b.refused(err, "ledger_altered")
	})
}

// What a later run writes is noted at its end, and a run that is interrupted leaves no note that is wrong.
func TestNoteFollowsTheRuns(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.filled(true)
		for _, step := range []struct {
			run      string
			n        int
			finished bool
		}{{"run-1", 4, false}, {"run-1", 5, true}, {"run-2", 6, false}, {"run-2", 7, true}} {
			b.run = step.run
			b.want(b.write(sealed(entry, step.n)...), "created")
			if step.finished {
				b.finish()
			}
			b.reopen()
			if _, err := b.open(); err != nil {
				t.Fatalf("%+v: %v", step, err)
			}
		}
	})
}

// Rows of other sources are none of ours: they are left alone, whatever became of them.
func TestRowsOfOtherMigrationsAreIgnored(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.filled(true)
		other, err := b.books.Scope(t.Context(), &agentv1.WriteScope{SourceSite: "another", Run: "x"})
		must(t, err)
		_, err = b.books.Write(t.Context(), other, sealed(entry, 1, 2))
		must(t, err)
		b.exec("UPDATE fk_bailey_ledger SET target_id = 'altered' WHERE site <> (SELECT id FROM fk_bailey_sites WHERE source_site = 'source')")
		b.exec("INSERT INTO fk_bailey_ledger (site, kind, source_id, target_id, outcome, origin, run, digest, seal) VALUES (77, 5, '1', '1', 1, 1, 1, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 1)")
		b.reopen()
		if _, err := b.open(); err != nil {
			t.Fatal(err)
		}
		b.run = "run-2"
		b.want(b.write(sealed(entry, 1, 2, 3)...), "unchanged unchanged unchanged")
		_, err = b.books.Scope(t.Context(), &agentv1.WriteScope{SourceSite: "another", Run: "x", Continued: true})
		b.refused(err, "ledger_altered")
		if b.count("bailey_ledger") != 7 {
			t.Error("rows of others are gone")
		}
	})
}

func TestLedgerOfAnotherVersionIsRefused(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.filled(true)
		b.exec("UPDATE fk_bailey_sites SET version = version + 1")
		b.reopen()
		_, err := b.open()
		b.refused(err, "ledger_newer")
		b.exec("UPDATE fk_bailey_sites SET version = version - 1")
		b.exec("ALTER TABLE fk_bailey_ledger DROP COLUMN seal")
		_, err = b.open()
		b.refused(err, "ledger_form")
	})
}
