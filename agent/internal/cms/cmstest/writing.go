package cmstest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// write sends records of one kind as one batch.
func (d *desk) write(t *testing.T, recs ...*recordv1.Record) []*agentv1.Result {
	t.Helper()
	sc, err := d.books.Scope(t.Context(), d.scope)
	must(t, err)
	sent := make([]*recordv1.Record, len(recs))
	for i, r := range recs {
		sent[i] = proto.CloneOf(r)
	}
	results, err := d.books.Write(t.Context(), sc, sent)
	must(t, err)
	if len(results) != len(recs) {
		t.Fatalf("%d answers for %d records", len(results), len(recs))
	}
	return results
}

// writeAll sends records kind by kind and fills pointers at the end, as a migration does.
func (d *desk) writeAll(t *testing.T, recs []*recordv1.Record) map[record.Key]*agentv1.Result {
	t.Helper()
	all := map[record.Key]*agentv1.Result{}
	for _, kind := range record.Kinds {
		for _, res := range d.write(t, ofKind(recs, kind)...) {
			all[record.KeyOf(res.GetRef())] = res
		}
	}
	d.relink(t)
	return all
}

func (d *desk) relink(t *testing.T) {
	t.Helper()
	sc, err := d.books.Scope(t.Context(), d.scope)
	must(t, err)
	for _, last := range []bool{false, true} {
		resp, err := d.books.Relink(t.Context(), sc, &agentv1.RelinkRequest{Last: last})
		must(t, err)
		if last && len(resp.GetOpen()) > 0 {
			t.Errorf("pointers lead nowhere: %v", resp.GetOpen())
		}
	}
	_, err = d.books.Finish(t.Context(), sc)
	must(t, err)
	d.sound(t)
}

// sound asks for what the platform's sites must not have.
func (d *desk) sound(t *testing.T) {
	t.Helper()
	for what, query := range d.h.Sound {
		rows, err := cmssql.Rows(t.Context(), d.site.DB(), d.dialect.Named(d.set.Prefix, query))
		must(t, err)
		if len(rows) > 0 {
			t.Errorf("%s: %v", what, rows[:min(len(rows), 5)])
		}
	}
}

// back re-reads records.
func (d *desk) back(t *testing.T, recs ...*recordv1.Record) []*agentv1.ReadBackItem {
	t.Helper()
	sc, err := d.books.Scope(t.Context(), d.scope)
	must(t, err)
	items, err := d.books.ReadBack(t.Context(), sc, refs(recs))
	must(t, err)
	return items
}

// compare re-reads records and compares them with what was sent, as verification does.
func (d *desk) compare(t *testing.T, recs []*recordv1.Record) {
	t.Helper()
	for i, it := range d.back(t, recs...) {
		want := d.resolved(t, recs[i])
		key := record.KeyOf(want.GetRef())
		if it.GetRecord() == nil {
			t.Errorf("%v: not there (outcome %v)", key, it.GetOutcome())
			continue
		}
		for _, f := range it.GetRecord().GetMedia().GetFiles() {
			// No file was sent; the server says so, the driver cannot know.
			f.Missing, f.Bytes = true, 0
		}
		holds := d.kinds[key.Kind].GetHolds()
		if paths := record.Diff(want, it.GetRecord(), holds, it.GetAdjustments()); len(paths) > 0 {
			t.Errorf("%v: comes back with other %s\nsent %v\nback %v", key, strings.Join(paths, ", "), short(want), short(it.GetRecord()))
		}
	}
}

func short(r *recordv1.Record) string {
	s := fmt.Sprint(r)
	return s[:min(len(s), 1500)]
}

// resolved is a record with its tokens replaced by what they stand for on the target.
func (d *desk) resolved(t *testing.T, rec *recordv1.Record) *recordv1.Record {
	t.Helper()
	rec = proto.CloneOf(rec)
	sc, err := d.books.Scope(t.Context(), d.scope)
	must(t, err)
	record.TokenTexts(rec, func(_, text string) string {
		whole, open := record.ExpandText(text, func(tk record.Token) (string, bool) {
			got, err := d.books.Resolve(t.Context(), sc, []string{tk.Name()})
			must(t, err)
			return got[0].GetText(), got[0].GetFound()
		})
		if len(open) > 0 {
			t.Errorf("%v: tokens cannot be resolved: %v", record.KeyOf(rec.GetRef()), open)
		}
		return whole
	})
	return rec
}

func (s *suite) writeThenRead(t *testing.T) {
	d := s.target(t)
	recs := s.fitted(s.samples()...)
	for key, res := range d.writeAll(t, recs) {
		if o := res.GetOutcome(); o == agentv1.Outcome_OUTCOME_REJECTED || o == agentv1.Outcome_OUTCOME_SKIPPED {
			t.Errorf("%v: %v: %v", key, o, res.GetProblem())
		}
	}
	d.compare(t, recs)
}

// Rule 2.
func (s *suite) writeTwice(t *testing.T) {
	d := s.target(t)
	recs := s.fitted(s.samples()...)
	first := d.writeAll(t, recs)
	before := s.checksums(t, d.set, bailey)
	again := map[record.Key]*agentv1.Result{}
	for _, kind := range record.Kinds {
		for _, res := range d.write(t, ofKind(recs, kind)...) {
			again[record.KeyOf(res.GetRef())] = res
		}
	}
	for key, res := range again {
		if !proto.Equal(res, first[key]) {
			t.Errorf("%v: first %v, the same batch again %v", key, first[key], res)
		}
	}
	d.scope.Run = "run-2"
	for key, res := range d.writeAll(t, recs) {
		if res.GetOutcome() != agentv1.Outcome_OUTCOME_UNCHANGED {
			t.Errorf("%v: %v in the second run", key, res.GetOutcome())
		}
	}
	differ(t, before, s.checksums(t, d.set, bailey))
}

func bailey(table string) bool { return strings.Contains(table, "bailey_") }

func (s *suite) update(t *testing.T) {
	d := s.target(t)
	recs := s.fitted(s.samples()...)
	d.writeAll(t, recs)
	d.scope.Run = "run-2"
	next := s.fitted(s.changed()...)
	for key, res := range d.writeAll(t, next) {
		if res.GetOutcome() != agentv1.Outcome_OUTCOME_UPDATED && res.GetOutcome() != agentv1.Outcome_OUTCOME_ADOPTED {
			t.Errorf("%v: %v instead of updated: %v", key, res.GetOutcome(), res.GetProblem())
		}
	}
	d.compare(t, next)
}

// changed are samples with another text.
func (s *suite) changed() []*recordv1.Record {
	recs := s.samples()
	recs = slices.DeleteFunc(recs, func(r *recordv1.Record) bool {
		return r.GetEntry() == nil && r.GetComment() == nil && r.GetTerm() == nil
	})
	for _, r := range recs {
		switch b := r.GetBody().(type) {
		case *recordv1.Record_Entry:
			b.Entry.Title += " again"
		case *recordv1.Record_Comment:
			b.Comment.AuthorName += " again"
		case *recordv1.Record_Term:
			b.Term.Name += " again"
		}
	}
	return recs
}

func (s *suite) childrenFirst(t *testing.T) {
	d := s.target(t)
	recs := s.fitted(s.samples()...)
	slices.Reverse(recs)
	// Kinds stay in order; within a kind the child comes in an earlier batch than what it points to.
	for _, kind := range record.Kinds {
		for _, rec := range ofKind(recs, kind) {
			d.write(t, rec)
		}
	}
	d.relink(t)
	d.compare(t, recs)
}

// Rule 4.
func (s *suite) badAlone(t *testing.T) {
	if len(s.h.Poison) == 0 {
		t.Fatal("Harness.Poison names no kind")
	}
	for kind, column := range s.h.Poison {
		d := s.target(t)
		s.poison(t, d.set, column)
		batch := s.fitted(s.poisoned(kind)...)
		d.writePrerequisites(t, kind)
		for i, res := range d.write(t, batch...) {
			bad := res.GetOutcome() == agentv1.Outcome_OUTCOME_REJECTED
			if bad != (i == 4) {
				t.Errorf("%v: record %d of a batch with a bad fifth: %v %v", kind, i+1, res.GetOutcome(), res.GetProblem())
			}
			if bad && (res.GetProblem().GetCode() == "" || res.GetProblem().GetFix() == "") {
				t.Errorf("%v: rejected without code or fix", kind)
			}
		}
		if got := d.back(t, batch[4]); got[0].GetRecord() != nil {
			t.Errorf("%v: the rejected record left something behind", kind)
		}
	}
}

// writePrerequisites writes what records of a kind point to.
func (d *desk) writePrerequisites(t *testing.T, kind cms.Kind) {
	t.Helper()
	for _, k := range record.Kinds {
		if k == kind {
			return
		}
		d.write(t, ofKind(d.fitted(d.samples()...), k)...)
	}
}

// poisoned are nine records of a kind, the fifth of which the database refuses.
func (s *suite) poisoned(kind cms.Kind) []*recordv1.Record {
	var recs []*recordv1.Record
	for i := range 9 {
		word := "fine"
		if i == 4 {
			word = "poison"
		}
		var r *recordv1.Record
		switch kind {
		case recordv1.Kind_KIND_USER:
			r = user(50+i, "author")
			r.GetUser().DisplayName = word
		case recordv1.Kind_KIND_TERM:
			r = term("s-p"+strconv.Itoa(i), "tag", "p-"+strconv.Itoa(i), nil)
			r.GetTerm().Name = word + strconv.Itoa(i)
		case recordv1.Kind_KIND_COMMENT:
			r = comment(50+i, nil)
			r.GetComment().AuthorName = word
		default:
			r = s.entry(50+i, word, "Text")
		}
		recs = append(recs, r)
	}
	return recs
}

func (s *suite) parallelSlugs(t *testing.T) {
	d := s.target(t)
	d.writePrerequisites(t, recordv1.Kind_KIND_ENTRY)
	var wg sync.WaitGroup
	var all []*recordv1.Record
	for n := range 4 {
		batch := make([]*recordv1.Record, 5)
		for i := range batch {
			batch[i] = s.entry(100+n*10+i, "Same", "Text")
			batch[i].GetEntry().Slug = "same-slug"
		}
		batch = s.fitted(batch...)
		all = append(all, batch...)
		wg.Go(func() { d.write(t, batch...) })
	}
	wg.Wait()
	seen := map[string]bool{}
	for _, it := range d.back(t, all...) {
		slug := it.GetRecord().GetEntry().GetSlug()
		if slug == "" || seen[slug] {
			t.Errorf("slug %q is empty or doubled (%v)", slug, it.GetOutcome())
		}
		seen[slug] = true
	}
}

var hostileTexts = map[string]string{
	"emoji": "👩‍👩‍👧‍👦 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 🇩🇪", "rtl": "שלום \u202eabc\u202c مرحبا", "serialized": `a:1:{s:3:"key";s:5:"value";}`, "object": `O:8:"stdClass":0:{}`,
	"quotes": `'"\` + "`" + `\' \\" %s %d ? ?? :x @y ${z} {{w}}`, "sql": "'); DROP TABLE x; --", "entities": "&amp;amp; &lt;b&gt; &#0; &nbsp;",
	"combining": "e\u0301\u0327 ﷺ \ufeff\u200b\u2028", "newlines": "a\r\nb\rc\nd", "spaces": "  two  spaces  ",
}

func (s *suite) hostile(t *testing.T) {
	d := s.target(t)
	d.writePrerequisites(t, recordv1.Kind_KIND_ENTRY)
	var recs []*recordv1.Record
	n := 200
	for _, text := range hostileTexts {
		n++
		rec := s.entry(n, "x"+text+"x", "x"+text+"x")
		rec.GetEntry().Excerpt = "x" + text + "x"
		recs = append(recs, rec)
	}
	recs = s.fitted(append(recs, s.entry(199, "1 MB", strings.Repeat("0123456789abcdef", 1<<16)))...)
	d.good(t, recs)
}

// good writes records, wants all of them written, and compares.
func (d *desk) good(t *testing.T, recs []*recordv1.Record) {
	t.Helper()
	for _, res := range d.write(t, recs...) {
		if res.GetOutcome() != agentv1.Outcome_OUTCOME_CREATED {
			t.Errorf("%v: %v %v", record.KeyOf(res.GetRef()), res.GetOutcome(), res.GetProblem())
		}
	}
	d.relink(t)
	d.compare(t, recs)
}

func (s *suite) nul(t *testing.T) {
	d := s.target(t)
	d.writePrerequisites(t, recordv1.Kind_KIND_ENTRY)
	d.good(t, s.fitted(s.entry(300, "NUL", "a\x00b")))
}

func (s *suite) huge(t *testing.T) {
	d := s.target(t)
	d.writePrerequisites(t, recordv1.Kind_KIND_ENTRY)
	size := s.h.Huge
	if size == 0 {
		size = 10 << 20
	}
	d.good(t, s.fitted(s.entry(301, "Huge", strings.Repeat("0123456789abcdef", size/16))))
}

func (s *suite) bigIDs(t *testing.T) {
	d := s.target(t)
	s.raiseIDs(t, d.set)
	recs := s.fitted(s.samples()...)
	d.writeAll(t, recs)
	d.compare(t, recs)
	items, _ := readKind(t, d.site, recordv1.Kind_KIND_ENTRY, 3)
	big := 0
	for _, it := range items {
		// Before the number of a row may stand the word for its table, and behind it a language.
		for _, part := range strings.Split(it.Record.GetRef().GetSourceId(), ":") {
			if id, err := strconv.ParseInt(part, 10, 64); err == nil && id >= beyond32 {
				big++
			}
		}
	}
	// Older versions are read on demand only.
	current := slices.DeleteFunc(ofKind(recs, recordv1.Kind_KIND_ENTRY), func(r *recordv1.Record) bool { return r.GetEntry().GetPurpose() == recordv1.Purpose_PURPOSE_REVISION })
	if want := len(current); big < want {
		t.Errorf("%d of %d entries have ids beyond 32 bits when read", big, want)
	}
}

func (s *suite) readAfterWriting(t *testing.T) {
	d := s.target(t)
	d.writeAll(t, s.fitted(s.samples()...))
	must(t, d.site.Close())
	d.set.Writable = false
	site := s.open(t, d.set)
	facts, err := site.Probe(t.Context(), cms.Options{})
	must(t, err)
	for _, kind := range s.readable() {
		items, _ := readKind(t, site, kind, 2)
		if uint64(len(items)) != facts.Counts[kind] {
			t.Errorf("%v: counted %d, read %d", kind, facts.Counts[kind], len(items))
		}
		s.wellFormed(t, kind, items)
	}
}
