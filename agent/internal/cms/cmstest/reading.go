package cmstest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/record"
)

func (s *suite) description(t *testing.T) {
	d := s.h.Driver.Describe()
	if d.Platform == "" || d.Title == "" || d.Versions == "" || len(d.Dialects) == 0 {
		t.Error("platform, title, versions or dialects are not told")
	}
	for _, k := range d.Kinds {
		if k.GetCount() != 0 {
			t.Errorf("%v: a description has no counts", k.GetKind())
		}
		if (!k.GetReadable() || !k.GetWritable()) && k.GetReason() == "" {
			t.Errorf("%v: no reason why it is not read or not written", k.GetKind())
		}
		if k.GetWritable() && len(k.GetHolds().GetFields()) == 0 {
			t.Errorf("%v: writable, but what it holds is not told", k.GetKind())
		}
	}
}

// Rule 1: what is counted is what is read.
func (s *suite) countsEqualReading(t *testing.T) {
	site, _ := s.source(t)
	facts, err := site.Probe(t.Context(), cms.Options{})
	must(t, err)
	if len(facts.Identity) == 0 || facts.BaseURL == "" || facts.Database == "" {
		t.Error("identity, base URL or database are not told")
	}
	named := map[string]bool{}
	for _, kind := range s.readable() {
		items, _ := readKind(t, site, kind, 1)
		for _, it := range items {
			for _, f := range it.Record.GetFields() {
				named[record.KindName(kind)+"."+f.GetName()] = true
			}
		}
		if want := facts.Counts[kind]; uint64(len(items)) != want {
			t.Errorf("%v: counted %d, read %d", kind, want, len(items))
		}
		if len(items) == 0 {
			t.Errorf("%v: the source holds none; the harness must fill it", kind)
		}
		var sum uint64
		for _, tc := range facts.Types[kind] {
			sum += tc.GetCount()
		}
		if len(facts.Types[kind]) > 0 && sum != facts.Counts[kind] {
			t.Errorf("%v: types sum to %d, not %d", kind, sum, facts.Counts[kind])
		}
		s.wellFormed(t, kind, items)
	}
	for _, f := range facts.Fields {
		if !named[record.KindName(f.GetKind())+"."+f.GetName()] {
			t.Errorf("%v: custom field %q is told, but no record has it", f.GetKind(), f.GetName())
		}
	}
}

func (s *suite) wellFormed(t *testing.T, kind cms.Kind, items []cms.Item) {
	seen := map[string]bool{}
	for _, it := range items {
		ref := it.Record.GetRef()
		if it.Unread != nil {
			ref = it.Unread.GetRef()
			if it.Unread.GetProblem().GetCode() == "" || it.Unread.GetProblem().GetFix() == "" {
				t.Errorf("%v: unread without code or fix", kind)
			}
		} else if p := record.Validate(it.Record); p != nil {
			t.Errorf("%v: %s: %s", record.KeyOf(ref), p.GetCode(), p.GetCause())
		}
		if ref.GetKind() != kind || seen[ref.GetSourceId()] {
			t.Errorf("%v: wrong kind or read twice", record.KeyOf(ref))
		}
		seen[ref.GetSourceId()] = true
		if len(it.Cursor) == 0 {
			t.Errorf("%v: no cursor", record.KeyOf(ref))
		}
	}
}

// maxResumes bounds the positions tried in one kind.
const maxResumes = 80

func (s *suite) resume(t *testing.T) {
	site, _ := s.source(t)
	for _, kind := range s.readable() {
		shards, err := site.Split(t.Context(), kind, 2, cms.Options{})
		must(t, err)
		for _, sh := range shards {
			all, err := read(t.Context(), site, kind, sh, nil)
			must(t, err)
			for i := 0; i < len(all); i += 1 + len(all)/maxResumes {
				rest, err := read(t.Context(), site, kind, sh, all[i].Cursor)
				must(t, err)
				if !slices.Equal(keys(rest), keys(all[i+1:])) {
					t.Fatalf("%v: after item %d of %d came another rest", kind, i+1, len(all))
				}
			}
		}
	}
}

func (s *suite) split(t *testing.T) {
	site, _ := s.source(t)
	for _, kind := range s.readable() {
		whole, _ := readKind(t, site, kind, 1)
		for n := 2; n <= 7; n++ {
			items, shards := readKind(t, site, kind, n)
			if len(shards) > n {
				t.Errorf("%v: %d shards instead of at most %d", kind, len(shards), n)
			}
			if !slices.Equal(keys(items), keys(whole)) {
				t.Errorf("%v: %d shards together hold something else than one", kind, n)
			}
		}
	}
}

func (s *suite) fetch(t *testing.T) {
	site, _ := s.source(t)
	for _, kind := range s.readable() {
		items, _ := readKind(t, site, kind, 1)
		items = slices.DeleteFunc(items, func(it cms.Item) bool { return it.Unread != nil })
		slices.Reverse(items)
		ids := make([]string, len(items))
		for i, it := range items {
			ids[i] = it.Record.GetRef().GetSourceId()
		}
		got, err := site.Fetch(t.Context(), site.DB(), kind, append(ids, "999999999"))
		must(t, err)
		if len(got) != len(ids)+1 || got[len(ids)].Record != nil || got[len(ids)].Unread != nil {
			t.Fatalf("%v: Fetch answered %d for %d ids, or found what is not there", kind, len(got), len(ids)+1)
		}
		for i, it := range items {
			if got[i].Record == nil || print1(got[i]) != print1(it) {
				t.Errorf("%v: Fetch gives another record than Read", record.KeyOf(it.Record.GetRef()))
			}
		}
		sameAddresses(t, site, items)
	}
}

// sameAddresses checks that the public addresses of a record and of its feed can be asked for by its id.
func sameAddresses(t *testing.T, site cms.Site, items []cms.Item) {
	t.Helper()
	var names, want []string
	own := map[record.Key]string{}
	for _, it := range items {
		key := record.KeyOf(it.Record.GetRef())
		own[key] = key.ID
		at := ""
		// Visitors of a feed that is not there are led to what it is the feed of.
		for _, form := range []string{"", record.FormFeed} {
			if i := slices.IndexFunc(it.Paths, func(p *agentv1.Path) bool { return p.GetForm() == form && !p.GetMadeUp() }); i >= 0 {
				at = it.Paths[i].GetPath()
			}
			names, want = append(names, record.Token{Ref: key, Form: form}.Name()), append(want, at)
		}
	}
	got, err := cms.Addresses(t.Context(), site, site.DB(), names, own)
	must(t, err)
	for i, g := range got {
		if g.GetText() != want[i] || g.GetFound() != (want[i] != "") {
			t.Errorf("%s is found at %q, Read says %q", names[i], g.GetText(), want[i])
		}
	}
}

func (s *suite) cancel(t *testing.T) {
	site, _ := s.source(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, kind := range s.readable() {
		shards, err := site.Split(t.Context(), kind, 1, cms.Options{})
		must(t, err)
		for _, sh := range shards {
			if items, err := read(ctx, site, kind, sh, nil); err == nil || len(items) > 0 {
				t.Errorf("%v: a cancelled read gave %d items and error %v", kind, len(items), err)
			}
		}
	}
	if _, err := site.Probe(ctx, cms.Options{}); err == nil {
		t.Error("a cancelled probe succeeded")
	}
}

func (s *suite) badPositions(t *testing.T) {
	site, _ := s.source(t)
	for _, kind := range s.readable() {
		for _, bad := range []string{"x", "\x00\xff\xfe", "99999999999999999999-1", strings.Repeat("9", 4096), "1'; DROP TABLE x; --"} {
			// Garbage may mean "nothing here", but never a panic, and never everything.
			items, err := read(t.Context(), site, kind, cms.Shard{Range: []byte(bad)}, cms.Cursor(bad))
			if err == nil && len(items) > 0 {
				t.Errorf("%v: shard %q gave %d items", kind, bad, len(items))
			}
			if err != nil && !errors.Is(err, cms.ErrCursor) {
				t.Errorf("%v: shard %q is an error of another class: %v", kind, bad, err)
			}
		}
	}
}

// Rule 5.
func (s *suite) unchanged(t *testing.T) {
	set := s.h.Source(t, s.dialect, s.h.Prefix)
	before := s.checksums(t, set, s.volatile())
	site := s.open(t, set)
	for _, kind := range s.readable() {
		readKind(t, site, kind, 3)
	}
	_, err := site.Probe(t.Context(), cms.Options{Revisions: true})
	must(t, err)
	must(t, site.Close())
	differ(t, before, s.checksums(t, set, s.volatile()))
}

func (s *suite) volatile() func(table string) bool {
	return func(table string) bool {
		return slices.ContainsFunc(s.h.Volatile, func(v string) bool { return table == s.h.Prefix+v })
	}
}

// Rule 5.
func (s *suite) refusesWrites(t *testing.T) {
	site, _ := s.source(t)
	if err := site.DB().Exec(t.Context(), "CREATE TABLE bailey_must_not (a INT)"); err == nil {
		t.Error("a source session made a table")
	}
	if _, err := site.DB().Begin(t.Context()); err == nil {
		t.Error("a source site began a writing transaction")
	}
}

func (s *suite) prefixes(t *testing.T) {
	usual, _ := s.source(t)
	set := s.h.Source(t, s.dialect, s.h.Unusual)
	s.decoys(t, set)
	site := s.open(t, set)
	for _, kind := range s.readable() {
		want, _ := readKind(t, usual, kind, 1)
		got, _ := readKind(t, site, kind, 1)
		if !slices.Equal(keys(got), keys(want)) {
			t.Errorf("%v: read with an unusual prefix beside decoy tables\n%v, with the usual one\n%v", kind, keys(got), keys(want))
		}
	}
}

func (s *suite) extraColumns(t *testing.T) {
	set := s.h.Source(t, s.dialect, s.h.Prefix)
	plain := s.open(t, set)
	want := map[cms.Kind][]string{}
	for _, kind := range s.readable() {
		items, _ := readKind(t, plain, kind, 1)
		want[kind] = keys(items)
	}
	must(t, plain.Close())
	s.addColumns(t, set)
	site := s.open(t, set)
	for _, kind := range s.readable() {
		items, _ := readKind(t, site, kind, 1)
		if !slices.Equal(keys(items), want[kind]) {
			t.Errorf("%v: columns that plugins added change what is read", kind)
		}
	}
}

func (s *suite) afterClose(t *testing.T) {
	site, _ := s.source(t)
	kind := s.readable()[0]
	shards, err := site.Split(t.Context(), kind, 1, cms.Options{})
	must(t, err)
	must(t, site.Close())
	if _, err := site.Probe(t.Context(), cms.Options{}); err == nil {
		t.Error("Probe of a closed site succeeded")
	}
	if _, err := site.Split(t.Context(), kind, 2, cms.Options{}); err == nil {
		t.Error("Split of a closed site succeeded")
	}
	if _, err := read(t.Context(), site, kind, shards[0], nil); err == nil {
		t.Error("Read of a closed site succeeded")
	}
	if _, err := site.Fetch(t.Context(), site.DB(), kind, []string{"1"}); err == nil {
		t.Error("Fetch of a closed site succeeded")
	}
}

func (s *suite) secrets(t *testing.T) {
	const secret = "s3cr3t-Of-The-Site"
	set := s.h.Source(t, s.dialect, s.h.Prefix)
	own := set.Database.Password
	set.Database.Password = secret
	if shown := fmt.Sprintf("%v %+v %#v %s", set, set, set.Database, set.Database); strings.Contains(shown, secret) {
		t.Error("printing the settings shows the password")
	}
	// SQLite has no password and opens all the same.
	if wrong, err := s.h.Driver.Open(t.Context(), set); err == nil {
		must(t, wrong.Close())
	} else if strings.Contains(err.Error(), secret) {
		t.Error("the error of opening shows the password")
	}
	set.Database.Password = own
	site := s.open(t, set)
	facts, err := site.Probe(t.Context(), cms.Options{})
	must(t, err)
	facts.Identity = nil // Hashed, never sent.
	told, err := json.Marshal(facts)
	must(t, err)
	for _, f := range facts.Findings {
		if f.GetSeverity() == agentv1.Severity_SEVERITY_UNSPECIFIED || f.GetCode() == "" || f.GetFix() == "" {
			t.Errorf("finding %q has no severity or fix", f.GetCode())
		}
	}
	for _, word := range append(s.personal(t, site), own) {
		if word != "" && strings.Contains(string(told), word) {
			t.Errorf("the facts show %q", word)
		}
	}
}
