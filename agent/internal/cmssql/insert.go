package cmssql

import (
	"context"
	"database/sql"
	"math/bits"
	"strconv"
	"strings"
)

// maxStatement bounds one multi-row INSERT in bytes, unless one row has more. The MySQL driver makes several copies of a
// statement, and keeps and uses again only buffers of up to 256 KiB.
const maxStatement = 224 << 10

// maxArgs bounds the arguments of one statement; SQLite takes 32,766.
const maxArgs = 30000

// blocks are the numbers of rows for which statements are prepared and used again: the server parses them once, and takes
// values as they are instead of finding them in a text. Measured: 0.6 of the server's time for a row of comments or of the
// ledger, and 0.7 of our own.
var blocks = [...]int{500, 320, 200, 128, 80, 50, 32, 20, 12, 8}

// maxKeptArgs bounds the arguments of a statement that is kept: the server holds some hundred bytes for each.
const maxKeptArgs = 5120

// Alike is a column that has the same number in all rows of an INSERT. It stands in the statement itself, so that neither side
// handles it for each row.
type Alike struct {
	Col   string
	Value int64
}

// Insert inserts rows with few statements. table and cols are trusted names. It gives the automatic id of each row, in
// order, where the table has one and the rows do not set it: one multi-row INSERT takes ids in even steps in InnoDB and
// in SQLite; PostgreSQL gives them back. Elsewhere the ids mean nothing.
func (t *Tx) Insert(ctx context.Context, table string, cols []string, rows [][]any) ([]int64, error) {
	return t.InsertElse(ctx, table, cols, rows, "")
}

// InsertElse is Insert with a trusted clause behind the values, e.g. what to do when a key is taken. The ids mean nothing
// for rows that were not inserted.
func (t *Tx) InsertElse(ctx context.Context, table string, cols []string, rows [][]any, clause string) ([]int64, error) {
	return t.insertAll(ctx, table, t.insertion(table, nil, cols, clause), rows)
}

// InsertAlike is Insert for rows that have columns in common.
func (t *Tx) InsertAlike(ctx context.Context, table string, alike []Alike, cols []string, rows [][]any) ([]int64, error) {
	return t.insertAll(ctx, table, t.insertion(table, alike, cols, ""), rows)
}

// insertion is a multi-row INSERT but for the number of its rows.
type insertion struct {
	head, row, clause string
	cols              int
	// within are the columns, a bit each, whose value stands in the statement itself.
	within uint64
}

// shortFrom is how many rows must agree in a column before its value is put into the statement: few may agree by chance, and
// every such statement is another one to keep.
const shortFrom = 64

// shorten puts into the statement what all rows have in common, as most columns of a page of posts or comments: neither side
// handles it for each row then. Only plain words and digits are taken, which need no quoting and vary little.
func (i insertion) shorten(rows [][]any) insertion {
	if len(rows) < shortFrom || i.cols > 64 {
		return i
	}
	lead := strings.TrimSuffix(i.row, strings.Repeat("?,", i.cols-1)+"?)")
	marks := make([]string, i.cols)
	for c := range marks {
		marks[c] = "?"
		if word := common(rows, c); word != "" {
			marks[c], i.within = word, i.within|1<<c
		}
	}
	i.row = lead + strings.Join(marks, ",") + ")"
	return i
}

// common is how a statement writes the value that all rows have in a column; empty: they differ, or it is no plain one.
func common(rows [][]any, c int) string {
	first := rows[0][c]
	word := plain(first)
	for _, r := range rows[1:] {
		if word == "" || r[c] != first {
			return ""
		}
	}
	return word
}

// plainMost is the length of the longest word that stands in a statement.
const plainMost = 16

// plain is how a statement writes a value that can be compared; empty for all but words and digits.
func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case int64:
		return plainDigit(v)
	case int:
		return plainDigit(int64(v))
	case int32:
		return plainDigit(int64(v))
	case string:
		if len(v) <= plainMost && strings.Trim(v, "abcdefghijklmnopqrstuvwxyz0123456789_-") == "" {
			return "'" + v + "'"
		}
	}
	return ""
}

func plainDigit(n int64) string {
	if n < 0 || n > 9 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func (t *Tx) insertion(table string, alike []Alike, cols []string, clause string) insertion {
	names, marks := make([]string, 0, len(alike)+len(cols)), make([]string, 0, len(alike)+len(cols))
	for _, a := range alike {
		names, marks = append(names, t.Quote(a.Col)), append(marks, strconv.FormatInt(a.Value, 10))
	}
	for _, c := range cols {
		names, marks = append(names, t.Quote(c)), append(marks, "?")
	}
	return insertion{head: "INSERT INTO " + t.Quote(table) + " (" + strings.Join(names, ",") + ") VALUES ", row: "(" + strings.Join(marks, ",") + ")", clause: clause, cols: len(cols)}
}

// given is how many values of a row do not stand in the statement itself.
func (i insertion) given() int { return i.cols - bits.OnesCount64(i.within) }

// text is the statement for n rows.
func (i insertion) text(n int) string {
	var b strings.Builder
	b.Grow(len(i.head) + n*(len(i.row)+1) + len(i.clause))
	b.WriteString(i.head)
	for k := range n {
		if k > 0 {
			b.WriteByte(',')
		}
		b.WriteString(i.row)
	}
	b.WriteString(i.clause)
	return b.String()
}

func (t *Tx) insertAll(ctx context.Context, table string, ins insertion, rows [][]any) ([]int64, error) {
	ids := make([]int64, 0, len(rows))
	t.kept = nil
	if t.conn != nil {
		ins = ins.shorten(rows)
	}
	for len(rows) > 0 {
		n, kept := t.block(chunk(rows, ins.cols), ins.given())
		got, err := t.insert(ctx, table, ins, rows[:n], kept)
		if err != nil {
			return nil, err
		}
		ids = append(ids, got...)
		rows = rows[n:]
	}
	return ids, nil
}

// block is how many of n rows go into one statement, and whether that is one to keep.
func (t *Tx) block(n, given int) (rows int, kept bool) {
	if t.conn != nil {
		for _, b := range blocks {
			if n >= b && b*given <= maxKeptArgs {
				return b, true
			}
		}
	}
	return n, false
}

func (t *Tx) insert(ctx context.Context, table string, ins insertion, rows [][]any, kept bool) ([]int64, error) {
	if t.dialect == Postgres {
		return t.insertReturning(ctx, table, t.dialect.Bind(ins.text(len(rows))), ins.flat(rows), len(rows))
	}
	res, err := t.insertExec(ctx, ins, rows, kept)
	if err != nil {
		return nil, err
	}
	first, err := res.LastInsertId()
	if err != nil {
		return nil, err
	}
	step := t.step
	if t.dialect == SQLite {
		first, step = first-int64(len(rows))+1, 1
	}
	ids := make([]int64, len(rows))
	for i := range ids {
		ids[i] = first + int64(i)*step
	}
	return ids, nil
}

// insertExec runs an INSERT, prepared when it is one to keep. A server that prepares no more statements gets it as a text. A
// kept one goes past database/sql, which would copy every argument twice.
func (t *Tx) insertExec(ctx context.Context, ins insertion, rows [][]any, kept bool) (res sql.Result, err error) {
	if kept {
		err = t.conn.Raw(func(conn any) (err error) {
			res, err = conn.(*keeper).insert(ctx, ins, rows)
			return err
		})
		if err != nil || res != nil {
			return res, err
		}
	}
	return t.tx.ExecContext(ctx, ins.text(len(rows)), ins.flat(rows)...)
}

// flat are the arguments for all rows.
func (i insertion) flat(rows [][]any) []any {
	args := make([]any, 0, len(rows)*i.cols)
	for _, r := range rows {
		for c, v := range r {
			if i.within>>c&1 == 0 {
				args = append(args, v)
			}
		}
	}
	return args
}

func chunk(rows [][]any, cols int) int {
	size, n := 0, 0
	for n < len(rows) && (n == 0 || (n+1)*cols <= maxArgs) {
		for _, v := range rows[n] {
			size += sizeOf(v)
		}
		if n > 0 && size > maxStatement {
			break
		}
		n++
	}
	return n
}

func sizeOf(v any) int {
	switch v := v.(type) {
	case string:
		return len(v) + 4
	case []byte:
		return len(v) + 4
	}
	return 12
}
