package wordpress

import (
	"database/sql"
	"maps"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// textPart is how many records are looked at together, textBytes how many bytes of their texts are in memory at once, unless
// one text has more.
const (
	textPart  = cmssql.InList
	textBytes = 192 << 10
)

// place is a column that holds a text of a record, or custom fields of one key.
type place struct {
	table, key, owner, col string
	// metaKey is set for custom fields: the texts inside serialized values are expanded too.
	metaKey string
}

var columnPlaces = map[recordv1.Kind]map[string]place{
	recordv1.Kind_KIND_ENTRY:    {"content.text": {"posts", "ID", "ID", "post_content", ""}, "excerpt": {"posts", "ID", "ID", "post_excerpt", ""}},
	recordv1.Kind_KIND_MEDIA:    {"description": {"posts", "ID", "ID", "post_content", ""}, "caption": {"posts", "ID", "ID", "post_excerpt", ""}},
	recordv1.Kind_KIND_TERM:     {"description.text": {"term_taxonomy", "term_taxonomy_id", "term_taxonomy_id", "description", ""}},
	recordv1.Kind_KIND_COMMENT:  {"content.text": {"comments", "comment_ID", "comment_ID", "comment_content", ""}},
	recordv1.Kind_KIND_REDIRECT: {"to_url": {itemsTable, "id", "id", "action_data", ""}, "fields." + redirectExtra + "title": {itemsTable, "id", "id", "title", ""}},
}

func metaPlace(m metaTable, key string) place {
	return place{m.table, m.key, m.owner, "meta_value", key}
}

// placeOf finds where a text of a record is stored; ok is false for a path that WordPress does not hold.
func (l *relinker) placeOf(path string) (place, bool) {
	if p, ok := columnPlaces[l.kind][path]; ok {
		return p, true
	}
	if key, ok := strings.CutPrefix(path, "fields."); ok && l.kind != recordv1.Kind_KIND_REDIRECT {
		return l.fieldPlace(key)
	}
	switch {
	case l.kind == recordv1.Kind_KIND_USER && path == "bio":
		return metaPlace(userMeta, "description"), true
	case l.kind == recordv1.Kind_KIND_MENU && path == "items.url":
		return metaPlace(postMeta, itemURL), true
	case l.kind == recordv1.Kind_KIND_MENU && strings.HasPrefix(path, "items.fields."):
		return metaPlace(postMeta, strings.TrimPrefix(path, "items.fields.")), true
	case l.kind == recordv1.Kind_KIND_ENTRY:
		return yoastPlace(path)
	}
	return place{}, false
}

func (l *relinker) fieldPlace(key string) (place, bool) {
	switch l.kind {
	case recordv1.Kind_KIND_SITE:
		return place{"options", "option_id", "option_name", "option_value", key}, isFieldOption(key)
	case recordv1.Kind_KIND_USER:
		if rest, ok := strings.CutPrefix(key, prefixMark); ok {
			key = l.s.prefix + rest
		}
		return metaPlace(userMeta, key), true
	case recordv1.Kind_KIND_TERM:
		return metaPlace(termMeta, key), true
	case recordv1.Kind_KIND_COMMENT:
		return metaPlace(commentMeta, key), true
	}
	return metaPlace(postMeta, key), true
}

func yoastPlace(path string) (place, bool) {
	for _, t := range yoastTexts {
		if t.path == path {
			return metaPlace(postMeta, yoast+t.key), true
		}
	}
	for _, i := range yoastImages {
		if i.path+".url" == path {
			return metaPlace(postMeta, yoast+i.key), true
		}
	}
	return place{}, false
}

// text expands the texts of one slot of many records.
func (l *relinker) text(path string, ids []int64) error {
	p, ok := l.placeOf(path)
	if !ok {
		return nil
	}
	for len(ids) > 0 {
		part := ids[:min(len(ids), textPart)]
		owners, err := l.owners(p, part)
		if err != nil {
			return err
		}
		if err := l.expand(p, owners); err != nil {
			return err
		}
		ids = ids[len(part):]
	}
	return nil
}

// owners are the values of the place's owner column for records.
func (l *relinker) owners(p place, ids []int64) ([]any, error) {
	var all []any
	for _, id := range ids {
		switch {
		case p.table == "options":
			all = append(all, p.metaKey)
		case l.kind == recordv1.Kind_KIND_MENU:
			items, err := l.s.menuItems(l.ctx, l.tx, id)
			if err != nil {
				return nil, err
			}
			for _, it := range idsOf(items) {
				all = append(all, it)
			}
		case l.kind == recordv1.Kind_KIND_TERM && p.metaKey != "":
			term, err := l.s.termID(l.ctx, l.tx, id)
			if err != nil {
				return nil, err
			}
			all = append(all, term)
		default:
			all = append(all, id)
		}
	}
	return all, nil
}

func (l *relinker) expand(p place, owners []any) error {
	rows, err := l.sizes(p, owners)
	for len(rows) > 0 && err == nil {
		n, size := 1, rows[0].size
		for ; n < len(rows) && size+rows[n].size <= textBytes; n++ {
			size += rows[n].size
		}
		err = l.expandRows(p, rows[:n])
		rows = rows[n:]
	}
	return err
}

// sized is a row with the bytes of its text.
type sized struct{ key, size int64 }

func (l *relinker) sizes(p place, owners []any) (rows []sized, err error) {
	in, args := cmssql.In(owners)
	query := "SELECT " + p.key + ", " + l.s.bytes(p.col) + " FROM {" + p.table + "} WHERE " + p.owner + " IN " + in
	if p.metaKey != "" && p.table != "options" {
		query += " AND meta_key = ?"
		args = append(args, p.metaKey)
	}
	err = cmssql.Each(l.ctx, l.tx, func(r *sql.Rows) error {
		var row sized
		err := r.Scan(&row.key, &row.size)
		rows = append(rows, row)
		return err
	}, l.s.sql(query), args...)
	return rows, err
}

func (l *relinker) expandRows(p place, rows []sized) error {
	texts, err := l.stored(p, rows)
	if err != nil {
		return err
	}
	if err := l.u.Refs.Load(l.ctx, slices.Collect(maps.Values(texts))...); err != nil {
		return err
	}
	changed := map[int64]string{}
	for key, old := range texts {
		if now := l.expanded(p, old); now != old {
			changed[key] = now
		}
	}
	return setEach(l.ctx, l.s, l.tx, p.table, p.key, p.col, changed)
}

func (l *relinker) expanded(p place, old string) string {
	expand := func(s string) string {
		now, _ := l.u.Refs.Expand(s)
		if now != s && l.nothing(s) {
			return ""
		}
		return now
	}
	if p.metaKey != "" {
		return expandStored(old, expand)
	}
	return expand(old)
}

// nothing says that a text asks for the id of a record that is not here: one of another site would be wrong.
func (l *relinker) nothing(text string) bool {
	name, _ := strings.CutPrefix(text, record.Scheme)
	t, alone := record.ParseToken(name)
	if !alone || t.Form != idForm {
		return false
	}
	_, found := l.u.Refs.Target(record.NewRef(t.Ref.Kind, t.Ref.ID))
	return !found
}

// stored reads texts by the key of their row; rows without tokens are left out.
func (l *relinker) stored(p place, rows []sized) (map[int64]string, error) {
	texts, keys := map[int64]string{}, make([]int64, len(rows))
	for i, r := range rows {
		keys[i] = r.key
	}
	return texts, cmssql.EachIn(l.ctx, l.tx, keys, func(r *sql.Rows) error {
		var key int64
		var text sql.NullString
		err := r.Scan(&key, &text)
		if strings.Contains(text.String, record.Scheme) {
			texts[key] = text.String
		}
		return err
	}, l.s.sql("SELECT "+p.key+", "+p.col+" FROM {"+p.table+"} WHERE "+p.key+" IN "), "")
}
