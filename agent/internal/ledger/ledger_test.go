package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-sql-driver/mysql"
	"go.uber.org/zap"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/fake"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/ledger"
	"github.com/baileybridge/bailey/deploy/testbed"
	"github.com/baileybridge/bailey/proto/agenttest"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"
	"github.com/baileybridge/bailey/proto/record"
)

func TestMain(m *testing.M) { testbed.Main(m) }

const (
	entry = recordv1.Kind_KIND_ENTRY
	term  = recordv1.Kind_KIND_TERM
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// both runs a test on both dialects.
func both(t *testing.T, fn func(t *testing.T, b *bench)) {
	t.Parallel()
	for _, d := range []cmssql.Dialect{cmssql.SQLite, cmssql.MySQL, cmssql.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			fn(t, newBench(t, d))
		})
	}
}

// bench is a target whose driver can be made to fail.
type bench struct {
	*testing.T
	site  *faulty
	books *ledger.Ledger
	run   string
}

// faulty is a site whose Write can be told to do something else.
type faulty struct {
	cms.Site
	writes atomic.Int32
	// before is asked before a write, after when the driver is done but nothing is committed.
	before, after func(n int32, batch []*recordv1.Record) error
	relinks       [][]cms.Link
}

func (f *faulty) Write(ctx context.Context, u *cms.Unit, k cms.Kind, batch []*recordv1.Record) ([]cms.Result, error) {
	n := f.writes.Add(1)
	if f.before != nil {
		if err := f.before(n, batch); err != nil {
			return nil, err
		}
	}
	res, err := f.Site.Write(ctx, u, k, batch)
	if err == nil && f.after != nil {
		err = f.after(n, batch)
	}
	return res, err
}

func (f *faulty) Relink(ctx context.Context, u *cms.Unit, k cms.Kind, links []cms.Link) error {
	f.relinks = append(f.relinks, links)
	return f.Site.Relink(ctx, u, k, links)
}

func newBench(t *testing.T, d cmssql.Dialect) *bench {
	t.Helper()
	set := settings(t, d)
	site, err := fake.Driver{}.Open(t.Context(), set)
	must(t, err)
	t.Cleanup(func() { _ = site.Close() })
	b := &bench{T: t, site: &faulty{Site: site}, run: "run-1"}
	b.books, err = ledger.Open(b.site, zap.NewNop())
	must(t, err)
	b.books.NoWait()
	return b
}

func settings(t testing.TB, d cmssql.Dialect) cms.Settings {
	t.Helper()
	set := cms.Settings{Platform: fake.Platform, Prefix: "fk_", Writable: true}
	if d == cmssql.SQLite {
		set.Database = cmssql.Config{Dialect: d, File: testbed.SQLite(t)}
		must(t, os.WriteFile(set.Database.File, nil, 0o600))
	} else {
		dsn := ""
		if d == cmssql.Postgres {
			dsn = testbed.Postgres(t).Database(t)
		} else {
			dsn = testbed.MariaDB(t).Database(t).DSN
		}
		c, err := cmssql.ParseDSN(dsn)
		must(t, err)
		set.Database = c
	}
	db, err := cmssql.Open(t.Context(), set.Database, true)
	must(t, err)
	must(t, fake.Install(t.Context(), db, set.Prefix, "https://fake.example", "uuid"))
	must(t, db.Close())
	return set
}

func (b *bench) scope() *ledger.Scope {
	b.Helper()
	sc, err := b.books.Scope(b.Context(), &agentv1.WriteScope{SourceSite: "source", Run: b.run})
	must(b, err)
	return sc
}

func (b *bench) write(recs ...*recordv1.Record) []*agentv1.Result {
	b.Helper()
	res, err := b.books.Write(b.Context(), b.scope(), clone(recs))
	must(b, err)
	return res
}

func clone(recs []*recordv1.Record) []*recordv1.Record {
	out := make([]*recordv1.Record, len(recs))
	for i, r := range recs {
		out[i] = proto.CloneOf(r)
	}
	return out
}

func (b *bench) count(table string) (n int) {
	b.Helper()
	must(b, b.site.DB().QueryRow(b.Context(), "SELECT COUNT(*) FROM fk_"+table).Scan(&n))
	return n
}

func sealed(kind cms.Kind, numbers ...int) []*recordv1.Record {
	var recs []*recordv1.Record
	for _, n := range numbers {
		r := agenttest.Make(kind, n)
		record.Seal(r)
		recs = append(recs, r)
	}
	return recs
}

func outcomes(res []*agentv1.Result) string {
	var words []string
	for _, r := range res {
		w := strings.ToLower(strings.TrimPrefix(r.GetOutcome().String(), "OUTCOME_"))
		if r.GetProblem() != nil {
			w += ":" + r.GetProblem().GetCode()
		}
		words = append(words, w)
	}
	return strings.Join(words, " ")
}

func (b *bench) want(res []*agentv1.Result, want string) {
	b.Helper()
	if got := outcomes(res); got != want {
		b.Errorf("got %q, want %q", got, want)
	}
}

// Rule 2: a crash between writing and commit leaves nothing, and the batch sent again is written once.
func TestNothingHalfWritten(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx, crash := context.WithCancel(t.Context())
		b.site.after = func(int32, []*recordv1.Record) error { crash(); return ctx.Err() }
		sc := b.scope()
		if _, err := b.books.Write(ctx, sc, sealed(entry, 1, 2, 3)); !errors.Is(err, context.Canceled) {
			t.Errorf("error is %v", err)
		}
		if b.count("entrys") != 0 || b.count("bailey_ledger") != 0 {
			t.Error("something is half-written")
		}
		b.site.after = nil
		b.want(b.write(sealed(entry, 1, 2, 3)...), "created created created")
		b.want(b.write(sealed(entry, 1, 2, 3)...), "created created created")
		if b.count("entrys") != 3 || b.count("bailey_ledger") != 3 {
			t.Error("written other than once")
		}
	})
}

// Rule 2: two streams that send the same batch, as after a broken connection, write it once.
func TestSameBatchInTwoStreams(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.scope()
		var wg sync.WaitGroup
		got := make([][]*agentv1.Result, 6)
		for i := range got {
			wg.Go(func() { got[i] = b.write(sealed(entry, 1, 2, 3, 4, 5)...) })
		}
		wg.Wait()
		for _, res := range got {
			b.want(res, "created created created created created")
		}
		if n := b.count("entrys"); n != 5 {
			t.Errorf("%d entries", n)
		}
		// Nor when it comes once more and finds nobody writing it.
		b.want(b.write(sealed(entry, 5, 4, 3, 2, 1)...), "created created created created created")
		// Beside one another they would see each other's names as taken.
		if n := b.site.writes.Load(); n != 1 {
			t.Errorf("the driver wrote %d times", n)
		}
	})
}

func TestWaitingForARecordEndsWithTheContext(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		sc := b.scope()
		inside, leave := make(chan struct{}), make(chan struct{})
		b.site.before = func(int32, []*recordv1.Record) error {
			close(inside)
			<-leave
			return nil
		}
		var first sync.WaitGroup
		first.Go(func() { b.want(b.write(sealed(entry, 1, 2)...), "created created") })
		<-inside
		ctx, cancel := context.WithCancel(t.Context())
		var second sync.WaitGroup
		second.Go(func() {
			if _, err := b.books.Write(ctx, sc, sealed(entry, 2, 3)); !errors.Is(err, context.Canceled) {
				t.Errorf("%v", err)
			}
		})
		cancel()
		second.Wait()
		close(leave)
		first.Wait()
		if n := b.count("entrys"); n != 2 {
			t.Errorf("%d entries", n)
		}
	})
}

// Rule 4.
func TestBadRecordIsRejectedAlone(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		errs := map[string]error{"2": &mysql.MySQLError{Number: 1406}, "5": &mysql.MySQLError{Number: 1062}, "6": errors.New("odd"), "8": nil}
		b.site.before = func(_ int32, batch []*recordv1.Record) error {
			for _, r := range batch {
				if err, bad := errs[r.GetRef().GetSourceId()]; bad {
					if err == nil {
						panic("a fault in a driver")
					}
					return err
				}
			}
			return nil
		}
		want := "created rejected:record_too_large created created rejected:duplicate_key rejected:write_failed created rejected:driver_fault created"
		b.want(b.write(sealed(entry, 1, 2, 3, 4, 5, 6, 7, 8, 9)...), want)
		b.want(b.write(sealed(entry, 1, 2, 3, 4, 5, 6, 7, 8, 9)...), want)
		if n := b.count("entrys"); n != 5 {
			t.Errorf("%d entries", n)
		}
		// What was rejected is tried again in a later run.
		b.site.before, b.run = nil, "run-2"
		b.want(b.write(sealed(entry, 1, 2, 3)...), "unchanged created unchanged")
	})
}

func TestTransientErrorsAreTriedAgain(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.site.after = func(n int32, _ []*recordv1.Record) error {
			if n < 4 {
				return fmt.Errorf("insert: %w", &mysql.MySQLError{Number: 1213})
			}
			return nil
		}
		b.want(b.write(sealed(entry, 1, 2)...), "created created")
		if n := b.count("entrys"); n != 2 {
			t.Errorf("%d entries", n)
		}
	})
}

func TestErrorsOfTheWholeTarget(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		for number, want := range map[uint16]link.Error{
			1021: {Code: "target_full", Grpc: codes.ResourceExhausted}, 1142: {Code: "target_refused", Grpc: codes.FailedPrecondition},
			1146: {Code: "target_table_missing", Grpc: codes.FailedPrecondition}, 1053: {Code: "target_gone", Grpc: codes.Unavailable}, 1205: {Code: "target_busy", Grpc: codes.Unavailable},
		} {
			b.site.after = func(int32, []*recordv1.Record) error {
				return &mysql.MySQLError{Number: number, Message: "with content"}
			}
			_, err := b.books.Write(t.Context(), b.scope(), sealed(entry, 1, 2))
			var got *link.Error
			if !errors.As(err, &got) || got.Code != want.Code || got.Grpc != want.Grpc || got.Fix == "" || strings.Contains(err.Error(), "content") {
				t.Errorf("%d: %#v", number, err)
			}
		}
		if b.count("entrys") != 0 || b.count("bailey_ledger") != 0 {
			t.Error("something is half-written")
		}
	})
}

// TestUnknownErrorTellsItsNumber and no content.
func TestUnknownErrorTellsItsNumber(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"mysql 1364":          fmt.Errorf("relink: %w", &mysql.MySQLError{Number: 1364, Message: "with content"}),
		"*errors.errorString": fmt.Errorf("relink: %w", errors.New("with content")),
	} {
		if got := ledger.Whole(err).Error(); !strings.Contains(got, want) || strings.Contains(got, "content") {
			t.Errorf("%s: %s", want, got)
		}
	}
}

// A driver that answers wrongly spoils its records, not the ledger.
func TestDriverContractIsChecked(t *testing.T) {
	t.Parallel()
	b := newBench(t, cmssql.SQLite)
	b.books, _ = ledger.Open(&liar{b.site}, zap.NewNop())
	b.want(b.write(sealed(entry, 1, 2)...), "rejected:driver_fault rejected:driver_fault")
	if n := b.count("entrys"); n != 0 {
		t.Errorf("%d entries", n)
	}
}

type liar struct{ *faulty }

func (l *liar) Write(ctx context.Context, u *cms.Unit, k cms.Kind, batch []*recordv1.Record) ([]cms.Result, error) {
	res, err := l.faulty.Write(ctx, u, k, batch)
	if err == nil {
		res[0].TargetID = ""
	}
	return res, err
}

func TestFlawedRecords(t *testing.T) {
	t.Parallel()
	b := newBench(t, cmssql.SQLite)
	recs := append(sealed(entry, 1, 2, 3, 4), sealed(entry, 3)...)
	recs[1].Digest = nil
	recs[3].GetEntry().Title = "\xff"
	b.want(b.write(recs...), "created rejected:bad_digest created rejected:invalid_utf8 rejected:duplicate_ref")
	if _, err := b.books.Write(t.Context(), b.scope(), append(sealed(entry, 1), sealed(term, 1)...)); err == nil {
		t.Error("a mixed batch was taken")
	}
}

// Rule 6: the first before-image stays, and rows that we made have none.
func TestBeforeImages(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		for i, title := range []string{"one", "two"} {
			b.run = fmt.Sprint("run-", i)
			site := agenttest.Make(recordv1.Kind_KIND_SITE, 1)
			site.GetSite().Title = title
			record.Seal(site)
			b.want(b.write(site), "updated")
			e := agenttest.Make(entry, 1)
			e.GetEntry().Title = title
			record.Seal(e)
			b.write(e)
		}
		var image []byte
		must(t, b.site.DB().QueryRow(t.Context(), "SELECT before_image FROM fk_bailey_ledger WHERE kind = 1").Scan(&image))
		if !strings.Contains(string(image), "A new site") {
			t.Errorf("the before-image is not that of the site as it was")
		}
		must(t, b.site.DB().QueryRow(t.Context(), "SELECT before_image FROM fk_bailey_ledger WHERE kind = 5").Scan(&image))
		if image != nil {
			t.Error("a row of ours has a before-image")
		}
	})
}

// A term that was there stays as it is, also when its record changes, and reading back says so in every later run.
func TestAdoptedStaysAdopted(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		b.write(sealed(term, 1)...)
		for i, step := range []struct{ run, name, want string }{
			{"a", "Other 0", "adopted"}, {"a", "Other 1", "adopted"}, {"b", "Other 1", "unchanged"}, {"c", "Other 2", "adopted"}, {"c", "Other 2", "adopted"}, {"d", "Other 2", "unchanged"},
		} {
			r := agenttest.Make(term, 1)
			r.GetTerm().Name = step.name
			record.Seal(r)
			sc, err := b.books.Scope(t.Context(), &agentv1.WriteScope{SourceSite: "another", Run: step.run})
			must(t, err)
			res, err := b.books.Write(t.Context(), sc, []*recordv1.Record{r})
			must(t, err)
			b.want(res, step.want)
			back, err := b.books.ReadBack(t.Context(), sc, []*recordv1.Ref{r.GetRef()})
			must(t, err)
			if back[0].GetOutcome() != agentv1.Outcome_OUTCOME_ADOPTED || back[0].GetRecord().GetTerm().GetName() != "Term 1" ||
				record.Diff(r, back[0].GetRecord(), &agentv1.Holds{Fields: []string{"*"}}, back[0].GetAdjustments()) != nil {
				t.Errorf("step %d: read back %v", i, back[0])
			}
		}
		var name string
		must(t, b.site.DB().QueryRow(t.Context(), "SELECT name FROM fk_terms").Scan(&name))
		if name != "Term 1" || b.count("terms") != 1 {
			t.Errorf("the adopted term was changed to %q", name)
		}
	})
}

// A driver may name the fields in which an adopted row differs; when the record changes there may be others.
func TestAdoptedByFieldsAndChangedLater(t *testing.T) {
	t.Parallel()
	b := newBench(t, cmssql.SQLite)
	b.write(sealed(term, 1)...)
	b.books, _ = ledger.Open(&namer{b.site}, zap.NewNop())
	for _, run := range []string{"a", "b"} {
		r := agenttest.Make(term, 1)
		r.GetTerm().Name = "Other"
		if run == "b" {
			r.GetTerm().Color = "#ffffff"
		}
		record.Seal(r)
		sc, err := b.books.Scope(t.Context(), &agentv1.WriteScope{SourceSite: "another", Run: run})
		must(t, err)
		res, err := b.books.Write(t.Context(), sc, []*recordv1.Record{r})
		must(t, err)
		b.want(res, "adopted")
		back, err := b.books.ReadBack(t.Context(), sc, []*recordv1.Ref{r.GetRef()})
		must(t, err)
		if d := record.Diff(r, back[0].GetRecord(), &agentv1.Holds{Fields: []string{"*"}}, back[0].GetAdjustments()); d != nil {
			t.Errorf("run %s: %v differ though %v", run, d, back[0].GetAdjustments())
		}
	}
}

// namer adopts as a driver does that compares the fields.
type namer struct{ *faulty }

func (n *namer) Write(ctx context.Context, u *cms.Unit, k cms.Kind, batch []*recordv1.Record) ([]cms.Result, error) {
	res, err := n.faulty.Write(ctx, u, k, batch)
	for i := range res {
		if res[i].Outcome == agentv1.Outcome_OUTCOME_ADOPTED {
			res[i].Adjustments = []*agentv1.Adjustment{{Field: "name", Code: "kept_existing"}}
		}
	}
	return res, err
}

func TestScopesAreChecked(t *testing.T) {
	t.Parallel()
	b := newBench(t, cmssql.SQLite)
	for _, ws := range []*agentv1.WriteScope{nil, {SourceSite: "s"}, {Run: "r"}, {SourceSite: strings.Repeat("s", 65), Run: "r"}} {
		if _, err := b.books.Scope(t.Context(), ws); err == nil {
			t.Errorf("%v was taken", ws)
		}
	}
}
