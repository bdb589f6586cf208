package drupal

import (
	"context"
	"slices"
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// writeEntries7 writes nodes, and parts used inside other entries as blocks.
func (w *writer) writeEntries7(ctx context.Context, batch []*recordv1.Record) ([]*draft, error) {
	ds, err := w.drafts(ctx, batch, func(rec *recordv1.Record) string {
		if rec.GetEntry().GetPurpose() == recordv1.Purpose_PURPOSE_FRAGMENT && w.s.has("block_custom") {
			return "block_content"
		}
		return "node"
	})
	if err != nil {
		return nil, err
	}
	if err := w.vocabulariesOf7(ctx, batch); err != nil {
		return nil, err
	}
	var nodes, blocks []*draft
	for _, d := range ds {
		if d.e.name == "node" {
			nodes = append(nodes, d)
		} else {
			blocks = append(blocks, d)
		}
	}
	if err := w.blocks7(ctx, blocks); err != nil {
		return nil, err
	}
	for _, d := range nodes {
		if err := w.node7(ctx, d, d.rec.GetEntry()); err != nil {
			return nil, err
		}
		d.measure()
	}
	if err := w.flush(ctx, w.s.entity("node"), nodes); err != nil {
		return nil, err
	}
	return ds, w.besideNodes7(ctx, nodes)
}

// besideNodes7 writes what hangs on nodes in other tables.
func (w *writer) besideNodes7(ctx context.Context, ds []*draft) error {
	if err := w.flushValues(ctx, w.s.entity("node"), ds); err != nil {
		return err
	}
	ds = live(ds)
	for _, step := range []func(context.Context, []*draft) error{w.index7, w.counters7, w.translations7, w.pages, w.topics} {
		if err := step(ctx, ds); err != nil {
			return err
		}
	}
	named := slices.DeleteFunc(slices.Clone(ds), func(d *draft) bool { return d.slug() == "" && d.rec.GetEntry().GetPath() == "" })
	return w.aliases(ctx, named, "node", func(d *draft) string {
		return w.alias7(ctx, sluggish(w.s.fitting(d.slug()), w.s.fitting(d.rec.GetEntry().GetTitle())))
	})
}

// alias7 keeps out of the way of Drupal's own paths: an alias would hide them.
func (w *writer) alias7(ctx context.Context, wish string) string {
	if !w.s.has("menu_router") {
		return wish
	}
	if rows, err := w.s.query(ctx, w.q, "SELECT path FROM {menu_router} WHERE path = ?", wish); err == nil && len(rows) > 0 {
		return wish + "-2"
	}
	return wish
}

func (w *writer) node7(ctx context.Context, d *draft, e *recordv1.Entry) error {
	if d.bundle = machine(e.GetType(), 32); d.bundle != e.GetType() {
		d.adjust("type", "type_renamed", d.bundle)
	}
	if err := w.needType7(ctx, d.bundle); err != nil {
		return err
	}
	if purpose := purposes[d.bundle]; purpose != e.GetPurpose() && (purpose != 0 || e.GetPurpose() != recordv1.Purpose_PURPOSE_CUSTOM) {
		d.adjust("purpose", "as_type_says", "")
	}
	d.outside()
	c := d.cols
	c["type"], c["title"], c["translate"], c["tnid"], c["log"] = d.bundle, d.title(e.GetTitle()), 0, 0, ""
	c["language"] = "und"
	if code := d.rec.GetLocale(); code != "" {
		if c["language"] = code; len(code) > 12 {
			c["language"] = "und"
			d.adjust("locale", "language_not_held", "")
		}
	}
	c["sticky"], c["promote"], c["comment"] = flag(e.GetFeatured()), d.promoted7(e), d.comments7(e)
	first := (*recordv1.Ref)(nil)
	if len(e.GetAuthors()) > 0 {
		first = e.GetAuthors()[0]
	}
	if c["uid"] = d.author7("uid", "authors", first); len(e.GetAuthors()) > 1 {
		d.adjust("authors", "one_author_only", "")
	}
	d.state7(e)
	d.times7(e)
	if err := w.text7(ctx, d, e); err != nil {
		return err
	}
	if err := w.picture7(ctx, d, e.GetImage()); err != nil {
		return err
	}
	if err := w.terms7(ctx, d, e.GetTerms()); err != nil {
		return err
	}
	return w.customs7(ctx, d)
}

// needType7 makes a content type that is missing.
func (w *writer) needType7(ctx context.Context, name string) error {
	if w.types == nil {
		w.types = map[string]bool{}
		rows, err := w.s.query(ctx, w.q, "SELECT type FROM {node_type}")
		if err != nil {
			return err
		}
		for _, r := range rows {
			w.types[r.text("type")] = true
		}
	}
	if w.types[name] {
		return nil
	}
	w.types[name] = true
	return w.makeType7(ctx, name)
}

// promoted7 says whether a node is on the front page. A Drupal tells it; of what comes from elsewhere, what is part of the
// stream of news is: that a text's format is named shows that it comes from a Drupal.
func (d *draft) promoted7(e *recordv1.Entry) int {
	for _, f := range d.rec.GetFields() {
		if f.GetName() == "promote" {
			if _, is := f.GetValue().GetKind().(*recordv1.Value_BoolValue); !is {
				d.adjust("fields.promote", "stored_otherwise", "")
			}
			return flag(truthy(f.GetValue()))
		}
	}
	return flag(!d.ours() && e.GetPurpose() == recordv1.Purpose_PURPOSE_ARTICLE)
}

// comments7: 0 hides comments, 1 shows them, 2 lets people write some.
func (d *draft) comments7(e *recordv1.Entry) int64 {
	switch e.GetComments() {
	case "open":
		return 2
	case "closed":
		return 1
	}
	if v := d.w.s.schema.settings["comment_"+d.bundle]; v != nil {
		return atoi(scalar(v))
	}
	return 2
}

// state7 publishes what everybody may see. What only some may see must not become public: Drupal itself knows no such nodes.
func (d *draft) state7(e *recordv1.Entry) {
	d.cols["status"] = flag(e.GetStatus() == recordv1.Status_STATUS_PUBLISHED)
	why := ""
	switch {
	case e.GetPassword() != "":
		why = "password"
	case e.GetVisibility() > recordv1.Visibility_VISIBILITY_PUBLIC:
		why = "visibility"
	default:
		return
	}
	d.cols["status"] = 0
	for _, field := range []string{why, "status", "published", "tiers"} {
		d.adjust(field, why+"_not_held_kept_draft", "")
	}
}

// times7: Drupal has one date for when a node was made and published.
func (d *draft) times7(e *recordv1.Entry) {
	c := d.cols
	made := e.GetCreated()
	if c["status"] == 1 {
		if e.GetPublished() != nil {
			made = e.GetPublished()
		}
	} else if e.GetPublished() != nil {
		d.adjust("published", "draft_has_no_date", "")
		if made == nil {
			made = e.GetPublished()
		}
	}
	c["created"] = d.moment("published", made)
	if e.GetCreated() != nil && c["created"] != e.GetCreated().GetSeconds() {
		d.adjust("created", "as_published", "")
	}
	c["changed"] = c["created"]
	if e.GetModified() != nil {
		c["changed"] = d.moment("modified", e.GetModified())
	}
	c["timestamp"] = c["changed"]
}

const readMore, breakHere = "<!--more-->", "<!--break-->"

// text7 writes body and summary.
func (w *writer) text7(ctx context.Context, d *draft, e *recordv1.Entry) error {
	if e.GetContent() == nil && e.GetExcerpt() == "" {
		return nil
	}
	f, err := w.makeField7(ctx, "node", d.bundle, "body", fieldKind{typ: "text_with_summary", many: 1})
	if err != nil {
		return err
	}
	format, err := w.formatFor(ctx, d.rec, "body", e.GetContent().GetMarkup(), false)
	if err != nil {
		return err
	}
	d.tellFormat("body", format)
	text, summary := e.GetContent().GetText(), e.GetExcerpt()
	if format != nil {
		if strings.Contains(text, readMore) {
			text = strings.ReplaceAll(text, readMore, breakHere)
			d.adjust("content", "read_more_rewritten", "")
		}
		text, summary = d.html("content", text), d.html("excerpt", summary)
	} else {
		text, summary = d.plain("content", text), d.plain("excerpt", summary)
	}
	d.set(f, map[string]any{"value": d.expand("field:body", text), "summary": d.expand("field:body", summary), "format": format})
	return nil
}

// picture7 writes the main picture.
func (w *writer) picture7(ctx context.Context, d *draft, im *recordv1.Image) error {
	if im.GetMedia() == nil {
		d.pictured()
		return nil
	}
	f := w.s.picture(d.bundle)
	if f == nil {
		var err error
		if f, err = w.makeField7(ctx, "node", d.bundle, "field_image", fieldKind{typ: "image", many: 1}); err != nil {
			return err
		}
	}
	if f == nil || f.typ != "image" {
		d.adjust("image", "no_field", "")
		return nil
	}
	for _, own := range d.rec.GetFields() {
		if own.GetName() == f.shown() && w.shapeOf7([]*recordv1.Field{own}).kind.typ == f.typ {
			// The field tells all of it, with the picture.
			return nil
		}
	}
	if fid := d.pointed("image:"+f.name, "", im.GetMedia()); fid > 0 {
		d.set(f, map[string]any{"fid": fid, "alt": d.short("image.alt", d.plain("image.alt", im.GetAlt()), 512), "title": "", "width": nil, "height": nil})
	}
	return nil
}

// clear7 removes what hangs on nodes that are written again.
func (w *writer) clear7(ctx context.Context, ds []*draft, query string) error {
	var ids []int64
	for _, d := range knownOf(ds) {
		ids = append(ids, d.id)
	}
	return execIn(ctx, w, ids, query)
}

// counters7 gives new nodes the row without which Drupal shows no comments of theirs.
func (w *writer) counters7(ctx context.Context, ds []*draft) error {
	if !w.s.has("node_comment_statistics") {
		return nil
	}
	var rows []map[string]any
	for _, d := range ds {
		if !d.known {
			rows = append(rows, map[string]any{"nid": d.id, "cid": 0, "last_comment_timestamp": d.cols["created"], "last_comment_name": nil, "last_comment_uid": d.cols["uid"], "comment_count": 0})
		}
	}
	_, err := w.insert(ctx, "node_comment_statistics", rows)
	return err
}

// groupOf7 is the record that a Drupal's group of translations is named after; nil for groups of others.
func groupOf7(group string) *recordv1.Ref {
	if id, ok := strings.CutPrefix(group, "node:"); ok && id != "" {
		return record.NewRef(kindEntry, id)
	}
	return nil
}

// translations7 ties translations together: by the number of the node that was there first.
func (w *writer) translations7(ctx context.Context, ds []*draft) error {
	for _, d := range ds {
		group := d.rec.GetTranslationGroup()
		if group == "" {
			continue
		}
		d.adjust("translation_group", "group_renumbered", "")
		ref := groupOf7(group)
		if ref == nil {
			continue
		}
		origin := d.id
		if ref.GetSourceId() != d.rec.GetRef().GetSourceId() {
			origin = d.pointed("tnid", "", ref)
		}
		if err := w.exec(ctx, "UPDATE {node} SET tnid = ? WHERE nid = ?", origin, d.id); err != nil {
			return err
		}
	}
	return nil
}

// blocks7 writes blocks with content. Where they are shown, the owner says.
func (w *writer) blocks7(ctx context.Context, ds []*draft) error {
	for _, d := range ds {
		e := d.rec.GetEntry()
		format, err := w.formatFor(ctx, d.rec, "body", e.GetContent().GetMarkup(), false)
		if err != nil {
			return err
		}
		text := e.GetContent().GetText()
		if format == nil {
			format, text = "plain_text", d.plain("content", text)
		}
		title := d.short("title", d.plain("title", e.GetTitle()), 100)
		if title == "" {
			title = "Block " + d.rec.GetRef().GetSourceId()
			d.adjust("title", "title_made", "")
		}
		name, err := w.free(ctx, "block", title, "", func(try string) (bool, error) {
			return w.taken(ctx, "SELECT bid AS id FROM {block_custom} WHERE info = ?", d, try)
		})
		if err != nil {
			return err
		}
		if name != title {
			d.adjust("title", "title_taken", name)
		}
		d.cols["info"], d.cols["body"], d.cols["format"] = name, d.expand("text:body", d.html("content", text)), format
		d.adjust("type", "as_block", "block")
		for _, lost := range []string{"slug", "authors", "terms", "published", "modified", "created", "comments", "excerpt", "image", "status", "parent", "locale", "translation_group", "featured"} {
			d.adjust(lost, "block_has_none", "")
		}
		for _, f := range d.rec.GetFields() {
			d.adjust("fields."+f.GetName(), "block_has_none", "")
		}
	}
	return w.flush(ctx, entities7["block_content"], ds)
}
