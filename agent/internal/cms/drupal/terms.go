package drupal

import (
	"context"

	"github.com/baileybridge/bailey/agent/internal/cms"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

const (
	terms7 = "SELECT tid, vid, name, description, format, weight, 'und' AS lang, 'und' AS origin, 1 AS is_origin, 1 AS status, 0 AS tsid FROM {taxonomy_term_data} WHERE tid IN "
	// termsSaid7 are terms of the module i18n, which ties those of several languages together by a number.
	termsSaid7 = "SELECT tid, vid, name, description, format, weight, language AS lang, language AS origin, 1 AS is_origin, 1 AS status, i18n_tsid AS tsid FROM {taxonomy_term_data} WHERE tid IN "
	terms8     = "SELECT d.tid, d.vid, d.name, d.description__value AS description, d.description__format AS format, d.weight, d.langcode AS lang, t.langcode AS origin, d.default_langcode AS is_origin, d.status, t.uuid " +
		"FROM {taxonomy_term_field_data} d JOIN {taxonomy_term_data} t ON t.tid = d.tid WHERE d.tid IN "
)

func (s *Site) termStream() stream {
	st := stream{name: "terms", from: "{taxonomy_term_data} t", key: "t.tid", where: "t.tid > 0", typ: "t.vid", build: (*reader).terms}
	if !s.seven {
		st.counted = "{taxonomy_term_data} t JOIN {taxonomy_term_field_data} d ON d.tid = t.tid WHERE t.tid > 0"
		st.sizes = append(s.sizes("taxonomy_term", false), "SELECT tid AS id, OCTET_LENGTH(description__value) AS n FROM {taxonomy_term_field_data} WHERE tid IN ")
	} else {
		st.sizes = append(s.sizes("taxonomy_term", false), "SELECT tid AS id, OCTET_LENGTH(description) AS n FROM {taxonomy_term_data} WHERE tid IN ")
	}
	return st
}

// tagsVocabulary is the vocabulary of free tags that Drupal's installer makes.
const tagsVocabulary, tagTaxonomy = "tags", "tag"

// taxonomy is what records call a vocabulary.
func taxonomy(machine string) string {
	if machine == tagsVocabulary {
		return tagTaxonomy
	}
	return machine
}

func (r *reader) terms(ctx context.Context, keys []int64) (map[int64][]cms.Item, error) {
	query, order := terms7, " ORDER BY tid"
	if r.s.seven && r.s.live.has("taxonomy_term_data", "language", "i18n_tsid") {
		query = termsSaid7
	}
	parents := "SELECT tid, parent FROM {taxonomy_term_hierarchy} WHERE tid IN "
	parentOrder := " ORDER BY tid, parent"
	if !r.s.seven {
		query, order = terms8, " ORDER BY d.tid, d.default_langcode DESC, d.langcode"
		parents, parentOrder = "SELECT entity_id AS tid, parent_target_id AS parent FROM {taxonomy_term__parent} WHERE deleted = 0 AND entity_id IN ", " ORDER BY entity_id, delta"
	}
	rows, err := queryIn(ctx, r.s, r.q, keys, query, order)
	if err != nil {
		return nil, err
	}
	above, err := queryIn(ctx, r.s, r.q, keys, parents, parentOrder)
	if err != nil {
		return nil, err
	}
	set := &termSet{parents: by(above, "tid"), langs: map[int64][]string{}}
	holders := make([]holder, len(rows))
	var sources []string
	for i, t := range rows {
		holders[i] = holder{entity: "taxonomy_term", bundle: r.s.schema.vocabularies[t.text("vid")], id: t.number("tid"), lang: t.text("lang"), origin: t.text("origin")}
		set.langs[holders[i].id] = append(set.langs[holders[i].id], holders[i].lang)
		sources = append(sources, "taxonomy/term/"+t.text("tid"))
	}
	if set.values, err = r.values(ctx, holders); err != nil {
		return nil, err
	}
	if set.aliases, err = r.aliases(ctx, sources); err != nil {
		return nil, err
	}
	var parentIDs []int64
	for _, p := range above {
		parentIDs = append(parentIDs, p.number("parent"))
	}
	if set.said, err = r.termsSaid(ctx, parentIDs); err != nil {
		return nil, err
	}
	items := map[int64][]cms.Item{}
	for i, t := range rows {
		items[holders[i].id] = append(items[holders[i].id], r.term(t, holders[i], set))
	}
	return items, nil
}

// termSet is what a page of terms needs beside their rows.
type termSet struct {
	values  *values
	parents map[string][]row
	aliases map[string][]alias
	langs   map[int64][]string
	// said are the languages of what is above them.
	said map[string][]row
}

func (r *reader) term(t row, h holder, set *termSet) cms.Item {
	term := &recordv1.Term{Taxonomy: taxonomy(h.bundle), Name: t.text("name"), Position: int32(t.number("weight")), Internal: !t.flag("status")}
	rec := &recordv1.Record{Ref: record.NewRef(kindTerm, t.text("tid")), Locale: locale(h.lang), Body: &recordv1.Record_Term{Term: term}}
	if !t.flag("is_origin") {
		rec.Ref.SourceId += ":" + h.lang
	}
	if len(set.langs[h.id]) > 1 {
		rec.TranslationGroup = "term:" + t.text("tid")
	}
	if set := t.number("tsid"); set > 0 {
		rec.TranslationGroup = "terms:" + itoa(set)
	}
	if text := t.text("description"); text != "" {
		term.Description, rec.Fields, rec.Notes = r.s.formatted("description", text, t.cell("format"))
	}
	var more uint32
	for _, p := range set.parents[t.text("tid")] {
		switch id := p.text("parent"); {
		case id == "" || id == "0":
		case term.Parent == nil:
			term.Parent = record.NewRef(kindTerm, inLanguage(set.said, id, h.lang))
		default:
			more++
		}
	}
	if more > 0 {
		rec.Notes = append(rec.Notes, &recordv1.Note{Code: "term_in_several_places", Field: "parent", Count: more})
	}
	rec.Fields = append(rec.Fields, set.values.custom(h, func(*field) bool { return false })...)
	rec.Notes = append(rec.Notes, set.values.partNotes(h)...)
	term.Seo = set.values.describe(h, "", rec)
	rec.Fields = append(rec.Fields, r.s.container7(t.text("tid"))...)
	a := address{system: "taxonomy/term/" + t.text("tid"), lang: h.lang, others: set.langs[h.id], primary: t.flag("is_origin"), uuid: t.text("uuid"), feed: true, aliases: set.aliases["taxonomy/term/"+t.text("tid")]}
	term.Slug = slug(r.s.pick(a.aliases, h.lang))
	return r.item(rec, r.s.paths(a), t)
}
