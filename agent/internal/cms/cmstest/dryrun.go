package cmstest

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"go.uber.org/zap"
	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/ledger"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// dryRun opens a dry run over the desk's site.
func (d *desk) dryRun(t *testing.T) *ledger.DryRun {
	t.Helper()
	run, err := ledger.OpenDryRun(t.Context(), d.h.Driver, d.set, d.site, zap.NewNop())
	must(t, err)
	t.Cleanup(func() { _ = run.Close() })
	return run
}

// foretold is what a dry run says.
type foretold struct {
	results map[record.Key]*agentv1.Result
	gone    []string
	open    []*agentv1.OpenLink
}

// foretell sends records kind by kind, in small batches, to a dry run, and checks that the site stays as it is.
func (d *desk) foretell(t *testing.T, recs []*recordv1.Record) *foretold {
	t.Helper()
	before := d.everything(t)
	run := d.dryRun(t)
	sc, err := run.Scope(t.Context(), &agentv1.WriteScope{SourceSite: d.scope.GetSourceSite(), Run: "dry"})
	must(t, err)
	f := &foretold{results: map[record.Key]*agentv1.Result{}}
	for _, kind := range record.Kinds {
		for part := range slices.Chunk(ofKind(recs, kind), 2) {
			results, err := run.Foretell(t.Context(), sc, part)
			must(t, err)
			for _, res := range results {
				f.results[record.KeyOf(res.GetRef())] = res
			}
		}
	}
	must(t, run.Rest(t.Context(), sc, func(resp *agentv1.DryRunResponse) error {
		for _, ref := range resp.GetGone() {
			f.gone = append(f.gone, record.KeyOf(ref).String())
		}
		f.open = append(f.open, resp.GetOpen()...)
		return nil
	}))
	must(t, run.Close())
	differ(t, before, d.everything(t))
	return f
}

// everything digests all that a dry run must not touch: the content of every table, automatic ids, and files.
func (d *desk) everything(t *testing.T) map[string]string {
	t.Helper()
	all := d.checksums(t, d.set, none)
	if d.dialect == cmssql.SQLite {
		raw, err := os.ReadFile(d.set.Database.File)
		must(t, err)
		all["the file"] = fmt.Sprintf("%x", raw[24:28]) // counts the changes of the file
	} else {
		maps.Copy(all, automatic(t, d.set))
	}
	if d.set.Files == "" {
		return all
	}
	must(t, fs.WalkDir(os.DirFS(d.set.Files), ".", func(path string, e fs.DirEntry, err error) error {
		all["file "+path] = fmt.Sprint(e.Type())
		return err
	}))
	return all
}

// automatic are the next automatic ids of all tables.
func automatic(t *testing.T, set cms.Settings) map[string]string {
	t.Helper()
	db := admin(t, set)
	defer func() { must(t, db.Close()) }()
	query := "SELECT table_name, auto_increment FROM information_schema.tables WHERE table_schema = DATABASE() AND auto_increment IS NOT NULL"
	if db.Dialect() == cmssql.Postgres {
		query = "SELECT sequencename, COALESCE(last_value::text, 'none') FROM pg_sequences WHERE schemaname = current_schema()"
	}
	rows, err := db.Query(t.Context(), query)
	must(t, err)
	defer func() { _ = rows.Close() }()
	next := map[string]string{}
	for rows.Next() {
		var name, id string
		must(t, rows.Scan(&name, &id))
		next["next id of "+name] = id
	}
	must(t, rows.Err())
	return next
}

// came compares what was said with what came.
func (f *foretold) came(t *testing.T, got map[record.Key]*agentv1.Result) {
	t.Helper()
	if len(f.results) != len(got) {
		t.Errorf("%d records foretold, %d came", len(f.results), len(got))
	}
	for key, res := range got {
		said := proto.CloneOf(f.results[key])
		if said != nil {
			said.Fields, said.Edited = nil, false
		}
		if !proto.Equal(said, res) {
			t.Errorf("%v: said %v, came %v", key, said, res)
		}
	}
}

// What a dry run says comes true, on a target with content of its own, in the first run and in a later one; and it changes
// nothing: not even the ledger's tables are there afterwards.
func (s *suite) dryRunForetells(t *testing.T) {
	d, recs := s.inhabited(t)
	broken := proto.CloneOf(recs[len(recs)-1])
	broken.Ref = record.NewRef(broken.GetRef().GetKind(), "s-broken")
	recs = append(recs, broken)
	first := d.foretell(t, recs)
	first.came(t, d.writeAll(t, recs))
	if len(first.gone) > 0 || len(first.open) > 0 {
		t.Errorf("a first run leaves out %v and leaves open %v", first.gone, first.open)
	}
	d.scope.Run = "run-2"
	next, lost := s.nextRun(recs)
	edited := d.edit(t, recs)
	second := d.foretell(t, next)
	if !slices.Contains(second.gone, lost) {
		t.Errorf("%s is gone from the source, told are %v", lost, second.gone)
	}
	for key, res := range second.results {
		retitled := key.Kind == recordv1.Kind_KIND_ENTRY && strings.HasPrefix(key.ID, "s-e") && res.GetOutcome() == agentv1.Outcome_OUTCOME_UPDATED
		if retitled && !slices.Contains(res.GetFields(), "title") {
			t.Errorf("%v: would change %v, not its title", key, res.GetFields())
		}
		if res.GetEdited() != (key.String() == edited) {
			t.Errorf("%v: edited %v, but %s was", key, res.GetEdited(), edited)
		}
	}
	second.came(t, d.writeAll(t, next))
}

// nextRun is what a later run sends: other titles, and one record less.
func (s *suite) nextRun(recs []*recordv1.Record) (next []*recordv1.Record, lost string) {
	leave := "s-e3"
	if len(ofKind(recs, recordv1.Kind_KIND_COMMENT)) > 1 {
		leave = "s-c2"
	}
	for _, r := range recs {
		if key := record.KeyOf(r.GetRef()); key.ID == leave {
			lost = key.String()
			continue
		}
		r = proto.CloneOf(r)
		if e := r.GetEntry(); e != nil {
			e.Title += " again"
			record.Seal(r)
		}
		next = append(next, r)
	}
	return next, lost
}

// edit changes the title of an entry on the target, as people do, and says of which one.
func (d *desk) edit(t *testing.T, recs []*recordv1.Record) string {
	t.Helper()
	col, ok := d.h.Poison[recordv1.Kind_KIND_ENTRY]
	if !ok {
		return ""
	}
	entry := ofKind(recs, recordv1.Kind_KIND_ENTRY)[1]
	if d.h.Edit != nil {
		d.editing(t, entry)
		return record.KeyOf(entry.GetRef()).String()
	}
	title := d.back(t, entry)[0].GetRecord().GetEntry().GetTitle()
	db := admin(t, d.set)
	table := cmssql.QuoteName(db.Dialect(), d.set.Prefix+col.Table)
	must(t, db.Exec(t.Context(), "UPDATE "+table+" SET "+col.Column+" = 'edited by people' WHERE "+col.Column+" = ?", title))
	return record.KeyOf(entry.GetRef()).String()
}

// Names that an earlier batch of the dry run has taken are taken.
func (s *suite) dryRunNames(t *testing.T) {
	d := s.target(t)
	recs := s.samples()
	for _, r := range recs {
		if e := r.GetEntry(); e != nil && strings.HasPrefix(r.GetRef().GetSourceId(), "s-e") {
			e.Slug = "all-the-same"
		}
	}
	recs = s.fitted(recs...)
	told := d.foretell(t, recs)
	told.came(t, d.writeAll(t, recs))
	taken := 0
	for _, res := range told.results {
		for _, a := range res.GetAdjustments() {
			if a.GetCode() == "slug_taken" && a.GetField() == "slug" {
				taken++
			}
		}
	}
	if taken < 2 {
		t.Errorf("%d slugs foretold as taken, of three alike", taken)
	}
}
