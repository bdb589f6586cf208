package main

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// rules say what must hold of a platform's target. Queries are read by every dialect.
type rules struct {
	// content gives lines that an undisturbed run's target has too, whatever ids its rows have.
	content map[string]string
	// none gives rows that must not be there.
	none map[string]string
}

// findings are what the judge says against a run.
type findings struct {
	lost, duplicated int
	said             []string
}

func (f *findings) say(format string, args ...any) {
	f.said = append(f.said, fmt.Sprintf(format, args...))
}

// ending is how a run left the target.
type ending struct {
	report  *report
	content map[string][]string
	counts  []string
	files   []string
}

// look takes the target in.
func look(rep *report, t *target) (*ending, error) {
	e := &ending{report: rep, content: map[string][]string{}}
	for name, q := range t.kind.rules.content {
		all, err := lines(t.db, q)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		slices.Sort(all)
		e.content[name] = all
	}
	var err error
	if e.counts, err = counts(t); err != nil {
		return nil, err
	}
	e.files, err = tree(t.files)
	return e, err
}

// counts gives the number of rows of each table, those of the ledger too.
func counts(t *target) ([]string, error) {
	list := "SHOW TABLES"
	if t.database == nil {
		list = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
	}
	tables, err := lines(t.db, list)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, name := range tables {
		n, err := lines(t.db, "SELECT COUNT(*) FROM "+name)
		if err != nil {
			return nil, err
		}
		all = append(all, name+" "+n[0])
	}
	slices.Sort(all)
	return all, nil
}

// judge compares an ending with that of an undisturbed run and looks for what may never be.
func judge(got, want *ending, t *target) (*findings, error) {
	f := &findings{}
	f.reports(got.report, want.report)
	for name := range t.kind.rules.content {
		lost, more := difference(want.content[name], got.content[name])
		f.lost, f.duplicated = f.lost+len(lost), f.duplicated+len(more)
		f.sayAll(name+": lost", lost)
		f.sayAll(name+": too many", more)
	}
	for name, q := range t.kind.rules.none {
		all, err := lines(t.db, q)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		f.sayAll(name, all)
	}
	lost, more := difference(want.counts, got.counts)
	f.sayAll("table's rows of the undisturbed run", lost)
	f.sayAll("table's rows of this run", more)
	lost, more = difference(want.files, got.files)
	f.lost, f.duplicated = f.lost+len(lost), f.duplicated+len(more)
	f.sayAll("file lost", lost)
	f.sayAll("stray file", more)
	return f, nil
}

const shown = 5

func (f *findings) sayAll(what string, all []string) {
	for i, s := range all {
		if i == shown {
			f.say("%s: … %d in all", what, len(all))
			return
		}
		f.say("%s: %.200s", what, s)
	}
}

// reports checks that every record has one outcome and that all that verification saw is as it was without disturbance.
func (f *findings) reports(got, want *report) {
	if got.Root != want.Root {
		f.say("root %s, undisturbed %s", got.Root, want.Root)
	}
	if got.Status != "done" {
		f.say("the migration is %s", got.Status)
	}
	if got.Bytes != want.Bytes || string(got.Loss) != string(want.Loss) {
		f.say("bytes %d and losses %s, undisturbed %d and %s", got.Bytes, got.Loss, want.Bytes, want.Loss)
	}
	for i, k := range got.Kinds {
		if sum := k.Created + k.Updated + k.Unchanged + k.Adopted + k.Skipped + k.Rejected; k.Listed != k.Read || sum != k.Read {
			f.say("%s: listed %d, read %d, outcomes %d", k.Kind, k.Listed, k.Read, sum)
		}
		if i < len(want.Kinds) && k != want.Kinds[i] {
			f.say("%s: %+v, undisturbed %+v", k.Kind, k, want.Kinds[i])
		}
	}
	if len(got.Kinds) != len(want.Kinds) {
		f.say("%d kinds, undisturbed %d", len(got.Kinds), len(want.Kinds))
	}
}

// difference gives the lines that only one of two sorted lists has, as often as it has more of them.
func difference(want, got []string) (lost, more []string) {
	n := map[string]int{}
	for _, s := range want {
		n[s]++
	}
	for _, s := range got {
		if n[s]--; n[s] < 0 {
			more = append(more, s)
		}
	}
	for _, s := range slices.Compact(slices.Sorted(slices.Values(want))) {
		for range n[s] {
			lost = append(lost, s)
		}
	}
	return lost, more
}

// state is what may not change of a source: checksums of its tables, and its files.
func state(db *sql.DB, uploads string) ([]string, error) {
	tables, err := lines(db, "SHOW TABLES")
	if err != nil {
		return nil, err
	}
	sums, err := lines(db, "CHECKSUM TABLE "+strings.Join(tables, ", "))
	if err != nil {
		return nil, err
	}
	files, err := tree(uploads)
	return append(sums, files...), err
}
