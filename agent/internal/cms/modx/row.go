package modx

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// row is one row by column; a column that this version lacks, and NULL, are empty.
type row = cmssql.Row

func atoi(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// query reads all rows; {name} stands for a table.
func (s *Site) query(ctx context.Context, q cmssql.Querier, query string, args ...any) ([]row, error) {
	return cmssql.Rows(ctx, q, s.sql(query), args...)
}

// queryIn is query with an IN list, in parts.
func (s *Site) queryIn(ctx context.Context, q cmssql.Querier, ids []string, before, after string) ([]row, error) {
	return cmssql.RowsIn(ctx, q, ids, s.sql(before), s.sql(after))
}

// names maps id to name.
func names(rows []row, id, name string) map[string]string {
	m := make(map[string]string, len(rows))
	for _, r := range rows {
		m[r.Text(id)] = r.Text(name)
	}
	return m
}

// instant reads unix seconds; 0 means none.
func instant(seconds int64) *recordv1.Time {
	if seconds == 0 {
		return nil
	}
	return &recordv1.Time{Seconds: seconds}
}

func textValue(s string) *recordv1.Value {
	return &recordv1.Value{Kind: &recordv1.Value_Text{Text: s}}
}

func refValue(ref *recordv1.Ref) *recordv1.Value {
	return &recordv1.Value{Kind: &recordv1.Value_Ref{Ref: ref}}
}

func field(name string, v *recordv1.Value) *recordv1.Field {
	return &recordv1.Field{Name: name, Value: v}
}

// put adds a text field when there is something to hold.
func put(rec *recordv1.Record, name, value string) {
	if value != "" {
		rec.Fields = append(rec.Fields, field(name, textValue(value)))
	}
}

func note(rec *recordv1.Record, code, name string) {
	rec.Notes = append(rec.Notes, &recordv1.Note{Code: code, Field: name})
}

func ref(kind recordv1.Kind, id string) *recordv1.Ref { return record.NewRef(kind, id) }

// list is a list of texts.
func list(words []string) *recordv1.Value {
	a := &recordv1.Array{List: true}
	for i, w := range words {
		a.Pairs = append(a.Pairs, &recordv1.Pair{Key: &recordv1.Value{Kind: &recordv1.Value_IntValue{IntValue: int64(i)}}, Value: textValue(w)})
	}
	return &recordv1.Value{Kind: &recordv1.Value_Array{Array: a}}
}

// texts are the texts of a list; ok is false for anything else.
func texts(v *recordv1.Value) (words []string, ok bool) {
	a := v.GetArray()
	if a == nil {
		return nil, false
	}
	for _, p := range a.GetPairs() {
		t, is := p.GetValue().GetKind().(*recordv1.Value_Text)
		if !is {
			return nil, false
		}
		words = append(words, t.Text)
	}
	return words, true
}

// object is a map with texts as keys.
type object struct{ a *recordv1.Array }

func newObject() *object { return &object{a: &recordv1.Array{}} }

func (o *object) set(key string, v *recordv1.Value) {
	o.a.Pairs = append(o.a.Pairs, &recordv1.Pair{Key: textValue(key), Value: v})
}

func (o *object) value() *recordv1.Value {
	return &recordv1.Value{Kind: &recordv1.Value_Array{Array: o.a}}
}

// lookup finds a key of a map.
func lookup(v *recordv1.Value, key string) *recordv1.Value {
	for _, p := range v.GetArray().GetPairs() {
		if p.GetKey().GetText() == key {
			return p.GetValue()
		}
	}
	return nil
}

func contains(all []string, s string) bool { return slices.Contains(all, s) }

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
