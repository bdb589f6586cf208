package joomla

import (
	"context"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// category is what the whole tree of categories is known by.
type category struct {
	id, parent, title, alias, published, access, extension string
	place                                                  int32
}

// loadCats reads the tree of categories of all extensions.
func (r *reader) loadCats(ctx context.Context) error {
	if r.cats != nil {
		return nil
	}
	rows, err := r.s.query(ctx, r.q, "SELECT id, parent_id, title, alias, published, access, extension FROM {categories} ORDER BY lft, id")
	if err != nil {
		return err
	}
	r.cats = make(map[string]*category, len(rows))
	siblings := map[string]int32{}
	for _, row := range rows {
		c := &category{id: row.Text("id"), parent: row.Text("parent_id"), title: row.Text("title"), alias: row.Text("alias"), published: row.Text("published"),
			access: row.Text("access"), extension: row.Text("extension")}
		siblings[c.parent+" "+c.extension]++
		c.place = siblings[c.parent+" "+c.extension]
		r.cats[c.id] = c
	}
	return nil
}

// chain are a category and those above it, the lowest first, without the root. Old sites have circles.
func (r *reader) chain(id string) []*category {
	var all []*category
	for c := r.cats[id]; c != nil && c.extension != "system" && len(all) <= len(r.cats); c = r.cats[c.parent] {
		all = append(all, c)
	}
	return all
}

func termRef(id string) *recordv1.Ref { return record.NewRef(kindTerm, id) }

// taxonomies are what records call the categories of an extension; others keep the extension's name.
var taxonomies = map[string]string{"com_content": "category"}

func taxonomyOf(extension string) string {
	if t := taxonomies[extension]; t != "" {
		return t
	}
	return extension
}

func loadCategories(ctx context.Context, r *reader, ids []string) (map[string]cms.Item, error) {
	if err := r.ready(ctx); err != nil {
		return nil, err
	}
	rows, err := r.s.queryIn(ctx, r.q, "SELECT "+r.s.columns("categories", "t", categoryExtras, "id", "parent_id", "extension", "title", "alias", "description",
		"metadesc", "language")+" FROM {categories} t WHERE t.parent_id > 0 AND t.id IN ", ids, "")
	if err != nil {
		return nil, err
	}
	groups, err := r.groups(ctx, "com_categories.item", ids)
	if err != nil {
		return nil, err
	}
	own, err := r.fields(ctx, categoryContext, ids)
	if err != nil {
		return nil, err
	}
	return r.items("", "id", rows, func(row row) (*recordv1.Record, []string) {
		id, params := row.Text("id"), parsed(row.Text("params"))
		t := r.term(row, row.Text("metadata"))
		t.Taxonomy = taxonomyOf(row.Text("extension"))
		t.Image = r.s.image(look(params, "image").GetText(), look(params, "image_alt").GetText(), "")
		rec := &recordv1.Record{Locale: locale(row.Text("language")), TranslationGroup: groups[id], Body: &recordv1.Record_Term{Term: t}}
		if above := r.cats[row.Text("parent_id")]; above == nil {
			rec.Notes = append(rec.Notes, &recordv1.Note{Code: "parent_missing", Field: "parent"})
		} else if above.extension != "system" {
			t.Parent = termRef(above.id)
		}
		if c := r.cats[id]; c != nil {
			t.Position = c.place
		}
		rec.Fields = append(r.extras(row, categoryExtras), own[id]...)
		return rec, r.categoryPaths(row.Text("extension"), id)
	}), nil
}

// ready loads what records of all kinds of content need.
func (r *reader) ready(ctx context.Context) error {
	if err := r.loadLevels(ctx); err != nil {
		return err
	}
	if err := r.loadCats(ctx); err != nil {
		return err
	}
	if r.withPaths {
		return r.loadRoutes(ctx)
	}
	return nil
}

// term reads the columns that categories and tags name alike.
func (r *reader) term(row row, metadata string) *recordv1.Term {
	t := &recordv1.Term{Name: row.Text("title"), Slug: row.Text("alias"), Internal: row.Text("published") != "1", Seo: seo(row.Text("metadesc"), parsed(metadata))}
	if text := row.Text("description"); text != "" {
		t.Description = &recordv1.Body{Markup: "html", Text: text}
	}
	return t
}

func loadTags(ctx context.Context, r *reader, ids []string) (map[string]cms.Item, error) {
	if err := r.ready(ctx); err != nil {
		return nil, err
	}
	rows, err := r.s.queryIn(ctx, r.q, "SELECT "+r.s.columns("tags", "t", tagExtras, "id", "parent_id", "title", "alias", "description", "metadesc", "language", "path")+
		", p.parent_id AS above, (SELECT COUNT(*) FROM {tags} b WHERE b.parent_id = t.parent_id AND b.lft <= t.lft) AS place FROM {tags} t LEFT JOIN {tags} p ON p.id = t.parent_id "+
		"WHERE t.parent_id > 0 AND t.id IN ", ids, "")
	if err != nil {
		return nil, err
	}
	return r.items(tagPrefix, "id", rows, func(row row) (*recordv1.Record, []string) {
		images := parsed(row.Text("images"))
		t := r.term(row, row.Text("metadata"))
		t.Taxonomy, t.Position = "tag", int32(row.Number("place")) //nolint:gosec // a table has fewer tags
		t.Image = r.s.image(look(images, "image_intro").GetText(), look(images, "image_intro_alt").GetText(), look(images, "image_intro_caption").GetText())
		rec := &recordv1.Record{Locale: locale(row.Text("language")), Body: &recordv1.Record_Term{Term: t}}
		if row.Null("above") {
			rec.Notes = append(rec.Notes, &recordv1.Note{Code: "parent_missing", Field: "parent"})
		} else if row.Text("above") != "0" {
			t.Parent = termRef(tagPrefix + row.Text("parent_id"))
		}
		rec.Fields = r.extras(row, tagExtras)
		return rec, r.tagPaths(row)
	}), nil
}

// tagged are the tags of items of a type by item, in the order of their aliases: Joomla keeps no other.
func (r *reader) tagged(ctx context.Context, alias string, ids []string) (map[string][]*recordv1.Ref, error) {
	m := map[string][]*recordv1.Ref{}
	if !r.s.schema.Has("contentitem_tag_map") {
		return m, nil
	}
	rows, err := r.s.queryIn(ctx, r.q, "SELECT m.content_item_id, m.tag_id, t.alias FROM {contentitem_tag_map} m JOIN {tags} t ON t.id = m.tag_id WHERE m.type_alias = '"+
		alias+"' AND m.content_item_id IN ", ids, "")
	if err != nil {
		return nil, err
	}
	slices.SortFunc(rows, func(a, b row) int {
		if c := strings.Compare(a.Text("alias"), b.Text("alias")); c != 0 {
			return c
		}
		return int(a.Number("tag_id") - b.Number("tag_id"))
	})
	for _, row := range rows {
		id := row.Text("content_item_id")
		m[id] = append(m[id], termRef(tagPrefix+row.Text("tag_id")))
	}
	return m, nil
}
