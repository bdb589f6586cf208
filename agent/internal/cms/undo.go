package cms

import (
	"context"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// Body says which rows a record of a kind consists of, so that it can be compared with what was written and removed whole.
type Body struct {
	// Prefix begins the target ids that belong to this body; the rest of the id is the key. The longest match counts.
	Prefix string
	// Suffix ends them, where several records share the rows of one; the longest match counts as well.
	Suffix string
	// Numeric keys are sent to the database as numbers.
	Numeric bool
	// Parts are the tables, those that hang on others first; the last one holds the row that stands for the record.
	Parts []Part
	// Uses find rows that would be left without what they need.
	Uses []Use
	// Hide makes that visitors no longer see records, by their keys, and leaves them otherwise; nil: the platform cannot.
	Hide func(ctx context.Context, tx *cmssql.Tx, keys []string) error
}

// ID is the target id of a key.
func (b Body) ID(key string) string { return b.Prefix + key + b.Suffix }

// Key is the key in a target id; false: the id is none of this body.
func (b Body) Key(id string) (string, bool) {
	rest, ok := strings.CutPrefix(id, b.Prefix)
	if !ok {
		return "", false
	}
	return strings.CutSuffix(rest, b.Suffix)
}

// Part is one table of a body. In its texts {name} is a table's full name, and t the part's own table.
type Part struct {
	Table string
	// Join reaches Owner where it is not in the table itself.
	Join string
	// Owner is the column that holds the record's key: "t.post_id".
	Owner string
	// Key is the column by which rows are removed.
	Key string
	// Scope leaves out rows that are not the record's; Quiet names rows that change without anybody editing the record.
	Scope, Quiet string
	// Ignore are columns that change without anybody editing the record.
	Ignore []string
}

// Use finds who needs a record: Query selects (key of the record, target id of the other) and ends before the list of keys.
type Use struct {
	Kind  Kind
	Query string
}

// Row names rows that a migration changes although no record consists of them, e.g. one option. Table is without the prefix.
type Row struct{ Table, Column, Value string }

// Name is the row's name in the ledger.
func (r Row) Name() string { return r.Table + "/" + r.Column + "/" + r.Value }

// ParseRow reads what Name wrote.
func ParseRow(name string) (Row, bool) {
	p := strings.SplitN(name, "/", 3)
	if len(p) != 3 {
		return Row{}, false
	}
	return Row{p[0], p[1], p[2]}, true
}

// Shared remembers rows that belong to the site and not to a record (Rule 6). The first memory stays.
type Shared interface {
	// Keep remembers the row as it is; call it before the row is changed and after it is locked.
	Keep(ctx context.Context, row Row) error
	// Made remembers that the row was not there.
	Made(ctx context.Context, row Row) error
	// Strangers are those of the target's ids that no migration from this source has created.
	Strangers(ctx context.Context, kinds []Kind, ids []string) ([]string, error)
}

// Keep is Shared.Keep; without a memory it does nothing.
func (u *Unit) Keep(ctx context.Context, row Row) error {
	if u.Shared == nil {
		return nil
	}
	return u.Shared.Keep(ctx, row)
}

// Made is Shared.Made; without a memory it does nothing.
func (u *Unit) Made(ctx context.Context, row Row) error {
	if u.Shared == nil {
		return nil
	}
	return u.Shared.Made(ctx, row)
}

// Verdict is what a rollback does with a shared row.
type Verdict int

// Verdicts.
const (
	// Undo brings the row back as it was, or removes it.
	Undo Verdict = iota
	// Left stays as it is and is listed: people have changed it, or need it.
	Left
	// Settled: the driver has taken out what the migration had put in.
	Settled
)

// Undoer is the part of a site that takes a migration back.
type Undoer interface {
	// Bodies say what records of a kind consist of; nil for kinds whose records have no rows of their own.
	Bodies(kind Kind) []Body
	// Settle decides about a shared row after all records are undone. made: it was not there before; edited: it is no longer
	// what the migration left.
	Settle(ctx context.Context, tx *cmssql.Tx, row Row, made, edited bool) (Verdict, error)
}

// Mender is a site with data that is about all its rows, like the places in a tree.
type Mender interface {
	// Mend makes such data whole after a rollback that leaves records: what came back as it was knows nothing of them. It is called
	// in the rollback's last transaction.
	Mend(ctx context.Context, tx *cmssql.Tx) error
}

// Outside is a site that keeps the records of some kinds in files beside its database: they have no bodies, and are compared as they
// are read.
type Outside interface {
	// Outside says that a kind's records lie there.
	Outside(kind Kind) bool
	// Remove takes records away; one that is gone already is no error.
	Remove(kind Kind, ids []string) error
}

// OutsideOf is the site where it keeps a kind's records outside of its database; nil: it does not.
func OutsideOf(site Site, kind Kind) Outside {
	if o, ok := site.(Outside); ok && o.Outside(kind) {
		return o
	}
	return nil
}

// Removable says that a kind's records are something by themselves, which can be taken away.
func Removable(site Site, kind Kind) bool {
	return len(site.Bodies(kind)) > 0 || OutsideOf(site, kind) != nil
}

// Mirror is a site whose rows stand for files. The ledger calls it, so that rows and files say the same.
type Mirror interface {
	// Look makes rows say what stands in their files, before they are compared: those of the records ids of a kind, or, of kind 0,
	// shared rows by their values.
	Look(ctx context.Context, q cmssql.Querier, kind Kind, ids []string) error
	// Carry brings committed rows into their files. It goes on where a crash interrupted it, and may be called at any time.
	Carry(ctx context.Context) error
}
