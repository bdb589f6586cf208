package drupal

import (
	"context"
	"fmt"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// dict is a map of PHP in order: names and values by turns. A []any is a list.
type dict []any

// literal makes a value of Go's own types.
func literal(x any) *recordv1.Value {
	switch v := x.(type) {
	case *recordv1.Value:
		return v
	case string:
		return php.Text(v)
	case int:
		return php.Int(int64(v))
	case bool:
		return php.Bool(v)
	case dict:
		m := &recordv1.Array{}
		for i := 0; i+1 < len(v); i += 2 {
			m.Pairs = append(m.Pairs, &recordv1.Pair{Key: php.Text(v[i].(string)), Value: literal(v[i+1])})
		}
		return &recordv1.Value{Kind: &recordv1.Value_Array{Array: m}}
	case []any:
		m := &recordv1.Array{List: true}
		for i, e := range v {
			m.Pairs = append(m.Pairs, &recordv1.Pair{Key: php.Int(int64(i)), Value: literal(e)})
		}
		return &recordv1.Value{Kind: &recordv1.Value_Array{Array: m}}
	case []string:
		m := make([]any, len(v))
		for i, e := range v {
			m[i] = e
		}
		return literal(m)
	}
	return &recordv1.Value{}
}

// put sets a key of a map.
func put(v *recordv1.Value, key string, x any) {
	a := v.GetArray()
	if a == nil {
		return
	}
	for _, p := range a.Pairs {
		if scalar(p.GetKey()) == key {
			p.Value = literal(x)
			return
		}
	}
	a.Pairs = append(a.Pairs, &recordv1.Pair{Key: php.Text(key), Value: literal(x)})
}

// stored is a serialized value as the column takes it: bytes in PostgreSQL and SQLite.
func (w *writer) stored(v *recordv1.Value) (any, error) {
	b, err := php.Serialize(v)
	if err != nil {
		return nil, err
	}
	return b, nil
}

// lock makes others wait who want to make types and fields, until this batch is committed; then the set-up is read again.
func (w *writer) lock(ctx context.Context) error {
	if w.locked {
		return nil
	}
	w.locked = true
	if w.q.Dialect() != cmssql.SQLite {
		query := "SELECT name FROM {config} WHERE collection = '' AND name = 'system.site' FOR UPDATE"
		if w.s.seven {
			query = "SELECT name FROM {variable} WHERE name = 'site_name' FOR UPDATE"
		}
		if _, err := w.s.query(ctx, w.q, query); err != nil {
			return err
		}
	}
	return w.refresh(ctx)
}

// refresh reads the set-up again.
func (w *writer) refresh(ctx context.Context) error {
	n, err := w.s.fresh(ctx, w.q)
	w.s = n
	return err
}

// setConfig writes one piece of configuration, and remembers what was there.
func (w *writer) setConfig(ctx context.Context, name string, v *recordv1.Value) error {
	if w.s.schema.settings[name] != nil {
		w.s.schema.settings[name] = v
	}
	return w.setRow(ctx, "config", "data", "", name, v)
}

// setRow writes a row of config or key_value.
func (w *writer) setRow(ctx context.Context, table, column, collection, name string, v *recordv1.Value) error {
	data, err := w.stored(v)
	if err != nil {
		return fmt.Errorf("serialize %s: %w", name, err)
	}
	return w.setBytes(ctx, table, column, collection, name, data)
}

func (w *writer) setBytes(ctx context.Context, table, column, collection, name string, data any) error {
	row := cms.Row{Table: table, Column: "name", Value: name}
	have, err := w.s.query(ctx, w.q, "SELECT name FROM {"+table+"} WHERE collection = ? AND name = ?", collection, name)
	if err != nil {
		return err
	}
	if len(have) > 0 {
		if err := w.u.Keep(ctx, row); err != nil {
			return err
		}
		return w.exec(ctx, "UPDATE {"+table+"} SET "+column+" = ? WHERE collection = ? AND name = ?", data, collection, name)
	}
	if err := w.u.Made(ctx, row); err != nil {
		return err
	}
	_, err = w.u.Tx.Insert(ctx, w.s.settings.Prefix+table, []string{"collection", "name", column}, [][]any{{collection, name, data}})
	return err
}

// makeConfig adds a configuration entity with a unique id of its own, and the row by which Drupal finds it by that id.
func (w *writer) makeConfig(ctx context.Context, typ, name string, needs dict, more dict) error {
	id := newUUID()
	v := literal(append(dict{"uuid", id, "langcode", w.s.schema.base, "status", true, "dependencies", literal(needs)}, more...))
	if err := w.setConfig(ctx, name, v); err != nil {
		return err
	}
	w.s.schema.settings[name] = v
	return w.setRow(ctx, "key_value", "value", "config.entity.key_store."+typ, "uuid:"+id, literal([]string{name}))
}

// needVocabulary makes a vocabulary that is missing.
func (w *writer) needVocabulary(ctx context.Context, taxonomy string) error {
	name := vocabularyOf(taxonomy)
	if w.s.vocabularyID(name) != "" {
		return nil
	}
	if err := w.lock(ctx); err != nil || w.s.vocabularyID(name) != "" {
		return err
	}
	title := strings.ToUpper(taxonomy[:1]) + taxonomy[1:]
	if w.s.seven {
		return w.needVocabulary7(ctx, name, title)
	}
	w.s.schema.vocabularies[name] = name
	return w.makeConfig(ctx, "taxonomy_vocabulary", "taxonomy.vocabulary."+name, nil, dict{"name", title, "vid", name, "description", "", "weight", 0})
}

func (w *writer) needVocabulary7(ctx context.Context, name, title string) error {
	ids, err := w.insert(ctx, "taxonomy_vocabulary", []map[string]any{{"machine_name": name, "name": title, "description": "", "hierarchy": 1, "module": "taxonomy", "weight": 0}})
	if err != nil {
		return err
	}
	w.s.schema.vocabularies[itoa(ids[0])] = name
	return w.u.Made(ctx, cms.Row{Table: "taxonomy_vocabulary", Column: "vid", Value: itoa(ids[0])})
}
