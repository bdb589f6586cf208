package joomla

import (
	"context"
	"regexp"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// markup is the syntax of Joomla's texts: HTML with tags of plugins in braces.
const markup = "joomla"

// readMore divides a text into introduction and rest, as the editor writes it; readMores finds every form of it.
const readMore = `<hr id="system-readmore" />`

// (administrator/components/com_content, Table\Content::bind)
var readMores = regexp.MustCompile(`<hr\s+id=("|')system-readmore("|')\s*/*>`)

// hiddenField says why what is published is not shown.
const (
	hiddenField      = extraPrefix + "hidden"
	expired          = "expired"
	categoryUnpublic = "category_unpublished"
)

// article is what all articles of a page are read with.
type articles struct {
	*reader
	groups map[string]string
	tags   map[string][]*recordv1.Ref
	own    map[string][]*recordv1.Field
}

func loadArticles(ctx context.Context, r *reader, ids []string) (map[string]cms.Item, error) {
	a, err := r.around(ctx, "com_content.item", articleContext, ids)
	if err != nil {
		return nil, err
	}
	front := r.s.columns("content_frontpage", "f", frontExtras)
	if front != "" {
		front = ", " + front
	}
	rows, err := r.s.queryIn(ctx, r.q, "SELECT "+r.s.columns("content", "c", articleExtras, "id", "title", "alias", "introtext", "fulltext", "state", "catid", "created",
		"created_by", "modified", "publish_up", "access", "featured", "language", "metadesc", "ordering")+front+
		" FROM {content} c LEFT JOIN {content_frontpage} f ON f.content_id = c.id WHERE c.id IN ", ids, "")
	if err != nil {
		return nil, err
	}
	return r.items("", "id", rows, func(row row) (*recordv1.Record, []string) {
		rec := a.article(row)
		return rec, a.articlePaths(row)
	}), nil
}

// around loads what entries of a context have beside their rows.
func (r *reader) around(ctx context.Context, assoc, fieldContext string, ids []string) (a *articles, err error) {
	if err := r.ready(ctx); err != nil {
		return nil, err
	}
	a = &articles{reader: r}
	if a.groups, err = r.groups(ctx, assoc, ids); err != nil {
		return nil, err
	}
	if a.tags, err = r.tagged(ctx, fieldContext, ids); err != nil {
		return nil, err
	}
	a.own, err = r.fields(ctx, fieldContext, ids)
	return a, err
}

func (a *articles) article(row row) *recordv1.Record {
	id, images := row.Text("id"), parsed(row.Text("images"))
	e := &recordv1.Entry{
		Type: "post", Purpose: recordv1.Purpose_PURPOSE_ARTICLE, Title: row.Text("title"), Slug: row.Text("alias"), Content: body(row.Text("introtext"), row.Text("fulltext")),
		Authors: authors(row.Text("created_by")), Position: int32(row.Number("ordering")), //nolint:gosec // the column has 32 bits
		Published: a.s.at(row, "publish_up"), Created: a.s.at(row, "created"), Modified: a.s.at(row, "modified"), Featured: row.Text("featured") == "1",
		Seo: seo(row.Text("metadesc"), parsed(row.Text("metadata"))),
	}
	for _, place := range []string{"image_intro", "image_fulltext"} {
		if e.Image == nil {
			e.Image = a.s.image(look(images, place).GetText(), look(images, place+"_alt").GetText(), look(images, place+"_caption").GetText())
		}
	}
	rec := &recordv1.Record{Locale: locale(row.Text("language")), TranslationGroup: a.groups[id], Body: &recordv1.Record_Entry{Entry: e}}
	rec.Fields = append(a.extras(row, articleExtras), a.extras(row, frontExtras)...)
	a.place(rec, row.Text("catid"), a.tags[id])
	a.shown(rec, row, "state")
	rec.Fields = append(rec.Fields, a.own[id]...)
	return rec
}

func body(intro, full string) *recordv1.Body {
	switch {
	case full != "":
		return &recordv1.Body{Markup: markup, Text: intro + readMore + full}
	case intro != "":
		return &recordv1.Body{Markup: markup, Text: intro}
	}
	return nil
}

func authors(id string) []*recordv1.Ref {
	if !isID(id) {
		return nil
	}
	return []*recordv1.Ref{record.NewRef(kindUser, id)}
}

// place gives an entry its category and tags.
func (a *articles) place(rec *recordv1.Record, catid string, tags []*recordv1.Ref) {
	if c := a.cats[catid]; c != nil && c.extension != "system" {
		rec.GetEntry().Terms = append(rec.GetEntry().Terms, termRef(catid))
	} else {
		rec.Notes = append(rec.Notes, &recordv1.Note{Code: "category_missing", Field: "terms"})
	}
	rec.GetEntry().Terms = append(rec.GetEntry().Terms, tags...)
}

var states = map[string]recordv1.Status{
	"1": recordv1.Status_STATUS_PUBLISHED, "0": recordv1.Status_STATUS_DRAFT, "2": recordv1.Status_STATUS_ARCHIVED, "-2": recordv1.Status_STATUS_TRASHED,
}

// shown says who sees an entry. An unpublished category hides what is in it, and its view level holds for it too: what
// nobody sees here must not be seen on a site that knows no such thing.
func (a *articles) shown(rec *recordv1.Record, row row, state string) {
	e, catid := rec.GetEntry(), row.Text("catid")
	e.Status = states[row.Text(state)]
	if e.Status == recordv1.Status_STATUS_UNSPECIFIED {
		e.StatusName = row.Text(state)
	}
	now := a.s.now().UTC()
	down, ends := parseStamp(row.Text("publish_down"))
	up, begins := parseStamp(row.Text("publish_up"))
	access, hidden := row.Text("access"), catid != "" && a.cats[catid] == nil
	for _, c := range a.chain(catid) {
		hidden = hidden || c.published != "1" && c.published != "2"
		if access == "1" {
			access = c.access
		}
	}
	if e.Status == recordv1.Status_STATUS_PUBLISHED {
		switch {
		case ends && down.Before(now):
			hide(rec, expired)
		case hidden:
			hide(rec, categoryUnpublic)
		case begins && up.After(now):
			e.Status = recordv1.Status_STATUS_SCHEDULED
		}
	}
	e.Visibility, e.Tiers = a.visibility(access)
	if own := row.Text("access"); own != access {
		rec.Fields = append(rec.Fields, &recordv1.Field{Name: extraPrefix + "access", Value: textValue(a.levelName(own))})
	}
}

// hide keeps what is published and yet not shown from being seen on a site that has no such reasons.
func hide(rec *recordv1.Record, why string) {
	rec.GetEntry().Status = recordv1.Status_STATUS_PRIVATE
	rec.Fields = append(rec.Fields, &recordv1.Field{Name: hiddenField, Value: textValue(why)})
}

// loadRevisions reads what version_data says of an older version of an article.
func loadRevisions(ctx context.Context, r *reader, ids []string) (map[string]cms.Item, error) {
	table, where := r.s.history()
	item := "item_id"
	if table == "ucm_history" {
		item = "ucm_item_id"
	}
	rows, err := r.s.queryIn(ctx, r.q, "SELECT "+r.s.columns(table, "h", revisionExtras, "version_id", item, "save_date", "editor_user_id", "version_data")+
		" FROM {"+table+"} h WHERE "+where+" AND h.version_id IN ", ids, "")
	if err != nil {
		return nil, err
	}
	return r.items(revisionPrefix, "version_id", rows, func(row row) (*recordv1.Record, []string) {
		data := parsed(row.Text("version_data"))
		e := &recordv1.Entry{Type: typeRevision, Purpose: recordv1.Purpose_PURPOSE_REVISION, Status: states[printed(look(data, "state"))],
			Title: look(data, "title").GetText(), Slug: look(data, "alias").GetText(), Content: body(look(data, "introtext").GetText(), look(data, "fulltext").GetText()),
			Authors: authors(row.Text("editor_user_id")), Modified: r.s.at(row, "save_date")}
		if id := strings.TrimPrefix(row.Text(item), articleContext+"."); isID(id) {
			e.Parent = record.NewRef(kindEntry, id)
		}
		rec := &recordv1.Record{Body: &recordv1.Record_Entry{Entry: e}, Fields: r.extras(row, revisionExtras)}
		rec.Fields = append(rec.Fields, &recordv1.Field{Name: versionField, Encoding: "json", Value: without(data, "title", "alias", "introtext", "fulltext")})
		if data == nil {
			rec.Notes = append(rec.Notes, &recordv1.Note{Code: "version_unreadable", Field: "content"})
		}
		return rec, nil
	}), nil
}

// printed is a scalar as a column has it.
func printed(v *recordv1.Value) string {
	if n, ok := v.GetKind().(*recordv1.Value_IntValue); ok {
		return itoa(n.IntValue)
	}
	return v.GetText()
}

// without is an object that lacks the keys that records have names for.
func without(v *recordv1.Value, keys ...string) *recordv1.Value {
	out := arrayValue(false)
	for _, p := range v.GetArray().GetPairs() {
		drop := false
		for _, k := range keys {
			drop = drop || p.GetKey().GetText() == k
		}
		if !drop {
			out.GetArray().Pairs = append(out.GetArray().Pairs, p)
		}
	}
	return out
}
