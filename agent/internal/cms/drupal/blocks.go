package drupal

import (
	"context"

	"github.com/baileybridge/bailey/agent/internal/cms"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

const (
	blocks7 = "SELECT bid AS id, 'block' AS type, 'und' AS lang, 'und' AS origin, info, body, format, 1 AS is_origin, 1 AS status FROM {block_custom} WHERE bid IN "
	blocks8 = "SELECT d.id, d.type, d.langcode AS lang, b.langcode AS origin, d.info, d.changed, d.status, d.default_langcode AS is_origin, b.uuid " +
		"FROM {block_content_field_data} d JOIN {block_content} b ON b.id = d.id WHERE d.id IN "
)

// blockStream are blocks that people have written; Drupal 7 knows them by their number alone.
func (s *Site) blockStream() stream {
	if s.seven {
		return stream{name: "blocks", prefix: blockPrefix, from: "{block_custom} t", key: "t.bid", where: "t.bid > 0", typ: "'block'",
			sizes: []string{"SELECT bid AS id, OCTET_LENGTH(body) AS n FROM {block_custom} WHERE bid IN "}, build: (*reader).blocks}
	}
	return stream{name: "blocks", prefix: blockPrefix, from: "{block_content} t", key: "t.id", where: "t.id > 0", typ: "t.type", sizes: s.sizes("block_content", false),
		counted: "{block_content} t JOIN {block_content_field_data} d ON d.id = t.id WHERE t.id > 0", build: (*reader).blocks}
}

func (r *reader) blocks(ctx context.Context, keys []int64) (map[int64][]cms.Item, error) {
	query, order := blocks7, " ORDER BY bid"
	if !r.s.seven {
		query, order = blocks8, " ORDER BY d.id, d.default_langcode DESC, d.langcode"
	}
	rows, err := queryIn(ctx, r.s, r.q, keys, query, order)
	if err != nil {
		return nil, err
	}
	holders := make([]holder, len(rows))
	langs := map[int64]int{}
	for i, b := range rows {
		holders[i] = holder{entity: "block_content", bundle: b.text("type"), id: b.number("id"), lang: b.text("lang"), origin: b.text("origin")}
		langs[holders[i].id]++
	}
	v, err := r.values(ctx, holders)
	if err != nil {
		return nil, err
	}
	items := map[int64][]cms.Item{}
	for i, b := range rows {
		rec := r.block(b, holders[i], v)
		if langs[holders[i].id] > 1 {
			rec.TranslationGroup = "block:" + b.text("id")
		}
		items[holders[i].id] = append(items[holders[i].id], r.item(rec, nil, b))
	}
	return items, nil
}

func (r *reader) block(b row, h holder, v *values) *recordv1.Record {
	e := &recordv1.Entry{Type: h.bundle, Purpose: recordv1.Purpose_PURPOSE_FRAGMENT, Title: b.text("info"), Status: recordv1.Status_STATUS_PUBLISHED, Modified: r.s.at(b, "changed"), Uuid: b.text("uuid")}
	if !b.flag("status") {
		e.Status = recordv1.Status_STATUS_DRAFT
	}
	rec := &recordv1.Record{Ref: record.NewRef(kindEntry, blockPrefix+b.text("id")), Locale: locale(h.lang), Body: &recordv1.Record_Entry{Entry: e}}
	if !b.flag("is_origin") {
		rec.Ref.SourceId += ":" + h.lang
	}
	if r.s.seven {
		e.Content, rec.Fields, rec.Notes = r.s.formatted("body", b.text("body"), b.cell("format"))
		return rec
	}
	e.Content, e.Excerpt, rec.Fields, rec.Notes = v.body(h, "body")
	rec.Fields = append(rec.Fields, v.custom(h, func(f *field) bool { return f.name == "body" })...)
	rec.Notes = append(rec.Notes, v.partNotes(h)...)
	return rec
}
