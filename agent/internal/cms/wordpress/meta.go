package wordpress

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// metaTable is one of the four tables of custom fields.
type metaTable struct{ table, key, owner string }

var (
	postMeta    = metaTable{"postmeta", "meta_id", "post_id"}
	userMeta    = metaTable{"usermeta", "umeta_id", "user_id"}
	termMeta    = metaTable{"termmeta", "meta_id", "term_id"}
	commentMeta = metaTable{"commentmeta", "meta_id", "comment_id"}
)

// metaRow is one custom field as stored.
type metaRow struct {
	id    int64
	key   sql.NullString
	value sql.NullString
}

// metaRows are the custom fields of one object in the order of their ids. What a reader takes out is no longer a field.
type metaRows []metaRow

// loadMeta reads the custom fields of objects.
func (s *Site) loadMeta(ctx context.Context, q cmssql.Querier, m metaTable, ids []int64) (map[int64]metaRows, error) {
	// What is cut off makes the record too large in any case, and is told as that (Rule 9).
	return s.metaOf(ctx, q, m, ids, fmt.Sprintf("SUBSTR(meta_value, 1, %d)", record.MaxBytes+1))
}

// sizedMeta is loadMeta for objects of which none has a value that no record can hold; those that lie between them may.
func (s *Site) sizedMeta(ctx context.Context, q cmssql.Querier, m metaTable, ids []int64) (map[int64]metaRows, error) {
	return s.metaOf(ctx, q, m, ids, fmt.Sprintf("CASE WHEN %s > %d THEN '' ELSE meta_value END", s.bytes("meta_value"), rowMax))
}

func (s *Site) metaOf(ctx context.Context, q cmssql.Querier, m metaTable, ids []int64, value string) (map[int64]metaRows, error) {
	all := make(map[int64]metaRows, len(ids))
	err := s.eachMeta(ctx, q, m, ids, value, func(owner int64, row metaRow) error {
		all[owner] = append(all[owner], row)
		return nil
	})
	sortMeta(all)
	return all, err
}

func sortMeta(all map[int64]metaRows) {
	byID := func(a, b metaRow) int { return cmp.Compare(a.id, b.id) }
	for _, rows := range all {
		if !slices.IsSortedFunc(rows, byID) {
			slices.SortFunc(rows, byID)
		}
	}
}

// eachMeta reads the custom fields of objects. Terms come in the order of term_taxonomy_id, not of their ids.
func (s *Site) eachMeta(ctx context.Context, q cmssql.Querier, m metaTable, ids []int64, value string, fn func(owner int64, row metaRow) error) error {
	if !slices.IsSorted(ids) {
		ids = slices.Sorted(slices.Values(ids))
	}
	return eachOwned(ctx, q, ids, func(r *sql.Rows) error {
		var owner int64
		var row metaRow
		if err := r.Scan(&row.id, &owner, &row.key, &row.value); err != nil {
			return err
		}
		if _, mine := slices.BinarySearch(ids, owner); !mine {
			return nil
		}
		return fn(owner, row)
	}, s.sql("SELECT "+m.key+", "+m.owner+", meta_key, "+value+" FROM {"+m.table+"} WHERE "), m.owner, "")
}

// metaRowCost is what a custom field takes beside its value.
const metaRowCost = 64

// smallMeta bounds the values that are read without asking for their sizes first.
const smallMeta = 4 << 10

// errLargeMeta ends a look that found large custom fields.
var errLargeMeta = errors.New("the custom fields are large")

// usualMeta reads the custom fields of objects and their sizes at once; ok is false when they are not small, and then their
// sizes are to be looked at before anything is read.
func (s *Site) usualMeta(ctx context.Context, q cmssql.Querier, m metaTable, ids []int64) (all map[int64]metaRows, sizes map[int64]int64, ok bool, err error) {
	all, sizes = make(map[int64]metaRows, len(ids)), make(map[int64]int64, len(ids))
	total := 0
	// What is cut off here is long enough to be told.
	head := fmt.Sprintf("SUBSTR(meta_value, 1, %d)", smallMeta+1)
	err = s.eachMeta(ctx, q, m, ids, head, func(owner int64, row metaRow) error {
		n := len(row.value.String) + metaRowCost
		if total += n; total > pageBytes || len(row.value.String) > smallMeta {
			return errLargeMeta
		}
		all[owner] = append(all[owner], row)
		sizes[owner] += int64(n)
		return nil
	})
	if errors.Is(err, errLargeMeta) {
		return nil, nil, false, nil
	}
	sortMeta(all)
	return all, sizes, true, err
}

// metaSizes are the bytes of custom fields per object.
func (s *Site) metaSizes(ctx context.Context, q cmssql.Querier, m metaTable, ids []int64) (map[int64]int64, error) {
	sizes := make(map[int64]int64, len(ids))
	err := eachOwned(ctx, q, ids, func(r *sql.Rows) error {
		var owner, n int64
		if err := r.Scan(&owner, &n); err != nil {
			return err
		}
		sizes[owner] = n
		return nil
	}, s.sql("SELECT "+m.owner+", SUM("+s.bytes("meta_value")+"+64) FROM {"+m.table+"} WHERE "), m.owner, " GROUP BY "+m.owner)
	return sizes, err
}

// take removes the first row of a key with a value that is not empty and gives its value.
func (m *metaRows) take(key string) string {
	for i, r := range *m {
		if r.key.Valid && r.key.String == key && r.value.String != "" {
			*m = slices.Delete(*m, i, i+1)
			return r.value.String
		}
	}
	return ""
}

// get is the first value of a key.
func (m metaRows) get(key string) string {
	for _, r := range m {
		if r.key.Valid && r.key.String == key {
			return r.value.String
		}
	}
	return ""
}

// drop removes rows by key.
func (m *metaRows) drop(is func(key string) bool) {
	*m = slices.DeleteFunc(*m, func(r metaRow) bool { return r.key.Valid && is(r.key.String) })
}

// fields are what is left as custom fields; rows without a name become a note.
func (m metaRows) fields(rec *recordv1.Record, rename func(string) string) {
	nameless := uint32(0)
	for _, r := range m {
		if r.key.String == "" {
			nameless++
			continue
		}
		f := fieldOf(r.value)
		f.Name = rename(r.key.String)
		rec.Fields = append(rec.Fields, f)
	}
	if nameless > 0 {
		rec.Notes = append(rec.Notes, &recordv1.Note{Code: "nameless_custom_field", Field: "fields", Count: nameless})
	}
}

func same(s string) string { return s }

// fieldOf types a stored value. What looks serialized but cannot be typed keeps its bytes.
func fieldOf(v sql.NullString) *recordv1.Field {
	switch {
	case !v.Valid:
		return &recordv1.Field{}
	case !php.LooksSerialized(v.String):
		return &recordv1.Field{Value: php.Text(v.String)}
	}
	typed, err := php.Unserialize([]byte(v.String))
	if err != nil {
		return &recordv1.Field{Encoding: "php", Raw: []byte(v.String)}
	}
	return &recordv1.Field{Encoding: "php", Value: typed}
}

// stored is a field's value as WordPress stores it. code says what changed, when the value does not come back as it was sent.
func stored(f *recordv1.Field) (value any, code string) {
	if len(f.GetRaw()) > 0 && php.HoldsObjects(f.GetRaw()) {
		// Kept as the text that it is: WordPress would make the objects whenever it reads the field.
		value, _ = plain(string(f.GetRaw()))
		return value, "objects_as_text"
	}
	if len(f.GetRaw()) > 0 {
		return string(f.GetRaw()), ""
	}
	switch k := f.GetValue().GetKind().(type) {
	case nil:
		if f.GetEncoding() == "php" {
			return "N;", ""
		}
		return nil, ""
	case *recordv1.Value_Text:
		if f.GetEncoding() == "php" {
			return serialized(f.GetValue()), ""
		}
		return plain(k.Text)
	case *recordv1.Value_Data:
		if f.GetEncoding() == "php" {
			return serialized(f.GetValue()), ""
		}
		return string(k.Data), ""
	}
	if f.GetEncoding() == "php" {
		return serialized(f.GetValue()), ""
	}
	if t, ok := scalarText(f.GetValue()); ok {
		return t, "stored_as_text"
	}
	return serialized(f.GetValue()), "stored_as_php"
}

// plain is a text that may look serialized: WordPress then serializes it once more.
func plain(s string) (any, string) {
	if php.LooksSerialized(s) {
		return serialized(php.Text(s)), "stored_as_php"
	}
	return s, ""
}

func scalarText(v *recordv1.Value) (string, bool) {
	switch k := v.GetKind().(type) {
	case *recordv1.Value_BoolValue:
		if k.BoolValue {
			return "1", true
		}
		return "", true
	case *recordv1.Value_IntValue:
		return strconv.FormatInt(k.IntValue, 10), true
	case *recordv1.Value_FloatValue:
		return k.FloatValue, true
	case *recordv1.Value_Ref:
		return k.Ref.GetSourceId(), true
	}
	return "", false
}

// serialized encodes a value; one that cannot be encoded (a ref inside, too deep) becomes null.
func serialized(v *recordv1.Value) string {
	b, err := php.Serialize(v)
	if err != nil {
		return "N;"
	}
	return string(b)
}

// expandStored replaces the texts inside a stored value; lengths are counted anew.
func expandStored(value string, expand func(string) string) string {
	if !php.LooksSerialized(value) {
		return expand(value)
	}
	v, err := php.Unserialize([]byte(value))
	if err != nil {
		return value
	}
	expandValue(v, expand)
	b, err := php.Serialize(v)
	if err != nil {
		return value
	}
	return string(b)
}

func expandValue(v *recordv1.Value, expand func(string) string) {
	switch k := v.GetKind().(type) {
	case *recordv1.Value_Text:
		k.Text = expand(k.Text)
	case *recordv1.Value_Array:
		for _, p := range k.Array.GetPairs() {
			expandValue(p.GetValue(), expand)
		}
	}
}

// dropCaches removes what WordPress keeps for itself: locks, caches of embeds, queues. Each name becomes a note.
func (m *metaRows) dropCaches(rec *recordv1.Record) {
	counts := map[string]uint32{}
	m.drop(func(key string) bool {
		name := cacheName(key)
		if name != "" {
			counts[name]++
		}
		return name != ""
	})
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		rec.Notes = append(rec.Notes, &recordv1.Note{Code: "cache_not_moved", Field: "fields." + name, Count: counts[name]})
	}
}

// cacheName is the name under which a custom field that is no content is told; empty: it is content.
func cacheName(key string) string {
	switch key {
	case "_edit_lock", "_edit_last", "_encloseme", "_pingme", "_trackbackme":
		return key
	}
	if strings.HasPrefix(key, "_oembed_") {
		return "_oembed_*"
	}
	return ""
}

// php arrays are built with these.
func phpArray(pairs ...*recordv1.Pair) *recordv1.Value {
	return &recordv1.Value{Kind: &recordv1.Value_Array{Array: &recordv1.Array{Pairs: pairs}}}
}

func pair(key string, v *recordv1.Value) *recordv1.Pair {
	return &recordv1.Pair{Key: php.Text(key), Value: v}
}

func phpList(values ...*recordv1.Value) *recordv1.Value {
	a := &recordv1.Array{List: len(values) > 0}
	for i, v := range values {
		a.Pairs = append(a.Pairs, &recordv1.Pair{Key: php.Int(int64(i)), Value: v})
	}
	return &recordv1.Value{Kind: &recordv1.Value_Array{Array: a}}
}

// lookup finds a text key in a php array.
func lookup(v *recordv1.Value, key string) *recordv1.Value {
	for _, p := range v.GetArray().GetPairs() {
		if p.GetKey().GetText() == key || bytes.Equal(p.GetKey().GetData(), []byte(key)) && key != "" {
			return p.GetValue()
		}
	}
	return nil
}

// assign sets a text key in a php array.
func assign(v *recordv1.Value, key string, to *recordv1.Value) {
	for _, p := range v.GetArray().GetPairs() {
		if p.GetKey().GetText() == key {
			p.Value = to
			return
		}
	}
	v.GetArray().Pairs = append(v.GetArray().Pairs, pair(key, to))
}
