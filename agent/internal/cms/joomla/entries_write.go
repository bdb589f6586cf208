package joomla

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// shape is how entries of a table are written.
type shape struct {
	table, prefix, fieldContext, assoc string
	extras                             []extra
	// title, text, state are the names of columns.
	title, state string
}

var shapes = []shape{
	{"content", "", articleContext, "com_content.item", articleExtras, "title", "state"},
	{"modules", modulePrefix, "", "", moduleExtras, "title", "published"},
	{"contact_details", contactPrefix, contactContext, "com_contact.item", contactExtras, "name", "published"},
}

// shapeOf: parts used inside other entries are modules.
func (s *Site) shapeOf(e *recordv1.Entry) shape {
	switch {
	case e.GetPurpose() == recordv1.Purpose_PURPOSE_REVISION:
		table, _ := s.history()
		return shape{table: table, prefix: revisionPrefix}
	case e.GetType() == typeModule, e.GetPurpose() == recordv1.Purpose_PURPOSE_FRAGMENT:
		return shapes[1]
	case e.GetType() == typeContact:
		return shapes[2]
	}
	return shapes[0]
}

func (w *writer) entries(ctx context.Context, batch []*recordv1.Record) ([]cms.Result, error) {
	ds, err := w.drafts(ctx, batch, func(rec *recordv1.Record) (string, string) {
		sh := w.s.shapeOf(rec.GetEntry())
		return sh.table, sh.prefix
	})
	if err != nil {
		return nil, err
	}
	for _, d := range ds {
		if d.prefix != revisionPrefix {
			d.entry(w.s.shapeOf(d.rec.GetEntry()), d.rec.GetEntry())
			d.measure()
		}
	}
	aliased := slices.DeleteFunc(slices.Clone(ds), func(d *draft) bool { return d.prefix == modulePrefix || d.prefix == revisionPrefix })
	if err := w.aliases(ctx, aliased, "alias", func(d *draft) (string, []any) { return " AND catid = ?", []any{d.cols["catid"]} }); err != nil {
		return nil, err
	}
	for _, sh := range shapes {
		mine := only(ds, sh.table)
		if err := w.flush(ctx, sh.table, mine); err != nil {
			return nil, err
		}
		if err := w.assets(ctx, sh.table, mine); err != nil {
			return nil, err
		}
		if err := w.hang(ctx, sh, mine); err != nil {
			return nil, err
		}
	}
	versions, _ := w.s.history()
	err = w.revisions(ctx, only(ds, versions))
	return results(ds), err
}

// hang writes what belongs to entries in other tables.
func (w *writer) hang(ctx context.Context, sh shape, ds []*draft) error {
	if sh.table == "modules" {
		return w.pages(ctx, ds)
	}
	if err := w.values(ctx, ds, sh.fieldContext); err != nil {
		return err
	}
	if err := w.associate(ctx, ds, sh.assoc); err != nil {
		return err
	}
	if err := w.tagItems(ctx, sh, ds); err != nil || sh.table != "content" {
		return err
	}
	if err := w.front(ctx, ds); err != nil {
		return err
	}
	return w.stage(ctx, ds)
}

func (d *draft) entry(sh shape, e *recordv1.Entry) {
	d.cols[sh.title] = e.GetTitle()
	d.fold(sh, e)
	d.forgetPaths(e)
	d.extras(sh.extras)
	d.rest = slices.DeleteFunc(d.rest, func(f *recordv1.Field) bool { return sh.table == "content" && d.isFront(f, e.GetFeatured()) })
	d.text(sh, e.GetContent().GetText())
	d.cols["ordering"], d.cols["featured"] = e.GetPosition(), map[bool]int{true: 1}[e.GetFeatured()]
	d.date("publish_up", e.GetPublished())
	for col, t := range map[string]*recordv1.Time{"created": e.GetCreated(), "modified": e.GetModified()} {
		if t == nil && col == "created" {
			t = e.GetPublished()
		}
		if t != nil {
			d.date(col, t)
		}
	}
	d.state(sh, e)
	d.see(e)
	d.language()
	switch sh.table {
	case "modules":
		d.module(e)
		return
	case "contact_details":
		if e.GetImage() != nil {
			d.cols["image"] = d.address("text:image", e.GetImage())
		}
		if e.GetImage().GetAlt() != "" || e.GetImage().GetCaption() != "" {
			d.adjust("image.alt", "no_place", "")
			d.adjust("image.caption", "no_place", "")
		}
	default:
		d.pictures(e.GetImage())
		d.setObject("urls", d.object("urls"))
		d.setObject("attribs", d.object("attribs"))
	}
	d.describe(e.GetSeo())
	d.author(e)
	d.terms(sh, e)
	d.alias = e.GetSlug()
	d.cols["alias"] = aliasOf(e.GetSlug(), e.GetTitle())
	d.scope = itoa(d.cols["catid"].(int64))
}

// isFront says that a field is about the list of featured articles, which has a table of its own.
func (d *draft) isFront(f *recordv1.Field, featured bool) bool {
	for _, x := range frontExtras {
		if f.GetName() == extraPrefix+x.col {
			if !featured || !d.w.s.schema.Has("content_frontpage", x.col) {
				d.adjust("fields."+f.GetName(), "column_gone", "")
			}
			return true
		}
	}
	return false
}

// fold tells what an entry of another platform becomes here.
func (d *draft) fold(sh shape, e *recordv1.Entry) {
	want := map[string]recordv1.Purpose{"content": recordv1.Purpose_PURPOSE_ARTICLE, "modules": recordv1.Purpose_PURPOSE_FRAGMENT, "contact_details": recordv1.Purpose_PURPOSE_CUSTOM}
	if e.GetPurpose() != want[sh.table] {
		d.adjust("purpose", "purpose_folded", "")
	}
	if sh.table == "modules" && e.GetType() != typeModule {
		d.adjust("type", "type_folded", typeModule)
	}
	if e.GetParent() != nil {
		d.adjust("parent", "no_hierarchy", "")
	}
	if e.GetHideTitleAndImage() && sh.table != "modules" {
		d.adjust("hide_title_and_image", "no_place", "")
	}
}

// text divides the body at the first mark of the editor.
func (d *draft) text(sh shape, text string) {
	switch sh.table {
	case "modules":
		d.cols["content"] = d.expand("text:content", text)
		return
	case "contact_details":
		d.cols["misc"] = d.expand("text:misc", text)
		return
	}
	intro, full := d.divide(text)
	d.cols["introtext"], d.cols["fulltext"] = d.expand("text:introtext", intro), d.expand("text:fulltext", full)
}

// divide cuts a text into introduction and rest.
func (d *draft) divide(text string) (intro, full string) {
	at := readMores.FindStringIndex(text)
	if at == nil || at[1] == len(text) {
		return text, ""
	}
	if text[at[0]:at[1]] != readMore {
		d.adjust("content", "read_more_rewritten", "")
	}
	return text[:at[0]], text[at[1]:]
}

// forgetPaths leaves out what the source's column says of pictures when it names files where they are not: the record has been on
// another platform since. The record's own picture, if it still has one, stands for them.
func (d *draft) forgetPaths(e *recordv1.Entry) {
	const column = extraPrefix + "images"
	stale := func(f *recordv1.Field) bool {
		if x := (extra{col: "images", kind: jsonText}).typed(f); x != nil {
			f = x
		}
		path := look(f.GetValue(), "image_intro").GetText() + look(f.GetValue(), "image_fulltext").GetText()
		return f.GetName() == column && path != "" && !strings.HasPrefix(path, "http") && e.GetImage().GetUrl() == ""
	}
	if !slices.ContainsFunc(d.rec.GetFields(), stale) {
		return
	}
	d.adjust("fields."+column, "path_not_here", "")
	d.rec = proto.CloneOf(d.rec)
	d.rec.Fields = slices.DeleteFunc(d.rec.Fields, stale)
}

// pictures shows a picture in lists and in the article, unless the source's own column says where.
func (d *draft) pictures(im *recordv1.Image) {
	obj := d.object("images")
	if look(obj, "image_intro").GetText() == "" && look(obj, "image_fulltext").GetText() == "" {
		d.picture("images", "image_intro", im, true)
		d.picture("images", "image_fulltext", im, true)
		return
	}
	d.setObject("images", obj)
}

// state writes how far an entry is published.
func (d *draft) state(sh shape, e *recordv1.Entry) {
	n := int64(0)
	switch st := e.GetStatus(); st {
	case recordv1.Status_STATUS_PUBLISHED, recordv1.Status_STATUS_SCHEDULED:
		n = 1
		if st == recordv1.Status_STATUS_PUBLISHED && e.GetPublished().GetSeconds() > d.w.s.now().Unix() {
			d.cols["publish_up"] = d.w.s.now().UTC().Format(stampLayout)
			d.adjust("published", "was_published", "")
		}
	case recordv1.Status_STATUS_ARCHIVED:
		n = 2
	case recordv1.Status_STATUS_TRASHED:
		n = -2
	case recordv1.Status_STATUS_PRIVATE:
		n = 1
		if d.hidden() == categoryUnpublic {
			// The category of the same name may be another one here.
			d.adjust("status", "as_category", "")
			d.adjust("fields."+hiddenField, "as_category", "")
		}
	case recordv1.Status_STATUS_UNSPECIFIED:
		if isID(strings.TrimPrefix(e.GetStatusName(), "-")) {
			n = atoi(e.GetStatusName())
			break
		}
		d.adjust("status", "status_lowered", "")
		d.adjust("status_name", "status_lowered", "")
	}
	if e.GetPassword() != "" {
		// What needs a password must not become public: Joomla has none for articles.
		n = 0
		d.adjust("password", "password_not_held_kept_draft", "")
		d.adjust("status", "password_not_held_kept_draft", "")
	}
	d.cols[sh.state] = n
}

// hidden is why what is published was not shown in the source.
func (d *draft) hidden() string { return fieldText(d.rec.GetFields(), hiddenField) }

// see sets the view level. What was private is for the staff, and so is what a level that is missing here allowed to see.
func (d *draft) see(e *recordv1.Entry) {
	name := "public"
	switch e.GetVisibility() {
	case recordv1.Visibility_VISIBILITY_MEMBERS:
		name = "registered"
	case recordv1.Visibility_VISIBILITY_PAID:
		name = "special"
		d.adjust("visibility", "paid_as_special", "")
		d.adjust("tiers", "paid_as_special", "")
	case recordv1.Visibility_VISIBILITY_TIERS:
		name = strings.Join(e.GetTiers(), ", ")
	}
	if e.GetStatus() == recordv1.Status_STATUS_PRIVATE && d.hidden() == "" {
		name = "special"
		for _, f := range []string{"status", "visibility", "tiers"} {
			d.adjust(f, "private_as_special", "")
		}
	}
	if d.hidden() != "" && e.GetStatus() != recordv1.Status_STATUS_PRIVATE {
		d.adjust("fields."+hiddenField, "record_followed", "")
	}
	for _, f := range d.rest {
		if f.GetName() == extraPrefix+"access" {
			name = f.GetValue().GetText()
			// What the category adds may be otherwise here.
			for _, field := range []string{"visibility", "tiers", "fields." + f.GetName()} {
				d.adjust(field, "as_category", "")
			}
		}
	}
	d.rest = slices.DeleteFunc(d.rest, func(f *recordv1.Field) bool { return f.GetName() == extraPrefix+"access" || f.GetName() == hiddenField })
	d.access("access", name, "tiers")
	if d.w.levelIDs[name] == "" {
		d.adjust("visibility", "level_missing", "")
	}
}

// author: Joomla has one; who is not here yet is filled in by Relink.
func (d *draft) author(e *recordv1.Entry) {
	d.number("created_by", d.w.u.FallbackAuthor)
	if len(e.GetAuthors()) == 0 {
		return
	}
	id := d.target("created_by", e.GetAuthors()[0])
	if !isID(id) {
		id = cmp.Or(d.w.u.FallbackAuthor, d.w.superUser, "0")
		d.res.StandIn("authors", id)
	}
	d.number("created_by", id)
	if len(e.GetAuthors()) > 1 {
		d.adjust("authors", "one_author_only", "")
	}
}

// terms gives an entry one category of its component, and tags.
func (d *draft) terms(sh shape, e *recordv1.Entry) {
	extension := map[string]string{"content": "com_content", "contact_details": "com_contact"}[sh.table]
	var catid, last string
	for _, ref := range e.GetTerms() {
		id := d.target("term", ref)
		tag, isTag := strings.CutPrefix(id, tagPrefix)
		switch cat := d.w.cats[id]; {
		case isTag && !slices.Contains(d.tags, tag):
			d.tags = append(d.tags, tag)
		case cat != nil && cat.extension == extension && catid == "" && last == "":
			catid = id
		default:
			// A second category, one of another component, or one that is not there.
			d.adjust("terms", "one_category", "")
		}
		last = id
	}
	if catid == "" {
		if catid = d.w.defaultCategory(extension); len(e.GetTerms()) > 0 {
			d.adjust("terms", "default_category", "")
		}
	}
	d.number("catid", catid)
	if d.cols["catid"] = atoi(catid); catid == "" {
		d.leave(agentv1.Outcome_OUTCOME_REJECTED, "no_category", "the target has no category for entries of "+extension, "Make one on the target, then migrate again.", "terms")
		d.cols["catid"] = int64(0)
	}
}

// defaultCategory is the one that Joomla's installer makes: the first of the extension.
func (w *writer) defaultCategory(extension string) string {
	best := int64(0)
	for id, c := range w.cats {
		if n := atoi(id); c.extension == extension && c.published == "1" && (best == 0 || n < best) {
			best = n
		}
	}
	if best == 0 {
		return ""
	}
	return itoa(best)
}
