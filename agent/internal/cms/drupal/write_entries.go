package drupal

import (
	"context"
	"slices"
	"strconv"
	"strings"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// blockType is the type of blocks that the installer makes.
const blockType = "basic"

// entityOf says what an entry becomes: what is used inside of others is a block.
func (s *Site) entityOf(rec *recordv1.Record) string {
	if rec.GetEntry().GetPurpose() == recordv1.Purpose_PURPOSE_FRAGMENT && !s.seven && s.has("block_content_field_data") {
		return "block_content"
	}
	if isVersion(rec) && !s.seven {
		return "revision"
	}
	return "node"
}

func (w *writer) writeEntries(ctx context.Context, batch []*recordv1.Record) ([]*draft, error) {
	ds, err := w.drafts(ctx, batch, w.s.entityOf)
	if err != nil {
		return nil, err
	}
	isOld := func(d *draft) bool { return d.e.of != "" }
	current := slices.DeleteFunc(slices.Clone(ds), isOld)
	for _, d := range current {
		if err := w.entryType(ctx, d); err != nil {
			return nil, err
		}
		if !d.done {
			d.entry(d.rec.GetEntry())
			d.measure()
		}
	}
	if err := w.versionsOf(ctx, slices.DeleteFunc(slices.Clone(ds), func(d *draft) bool { return !isOld(d) })); err != nil {
		return nil, err
	}
	if err := w.gather(ctx, live(current)); err != nil {
		return nil, err
	}
	if err := w.needFields(ctx, live(ds)); err != nil {
		return nil, err
	}
	for _, name := range []string{"node", "revision", "block_content"} {
		e := w.s.entity(name)
		mine := slices.DeleteFunc(live(ds), func(d *draft) bool { return d.e != e })
		if len(mine) == 0 {
			continue
		}
		if err := w.flush(ctx, e, mine); err != nil {
			return nil, err
		}
		if err := w.translate(ctx, e, mine); err != nil {
			return nil, err
		}
		if err := w.flushValues(ctx, e, mine); err != nil {
			return nil, err
		}
		switch name {
		case "node":
			err = w.hang(ctx, mine)
		case "block_content":
			err = w.share(ctx, e, mine)
		}
		if err != nil {
			return nil, err
		}
	}
	return ds, nil
}

// hang writes what Drupal derives from nodes.
func (w *writer) hang(ctx context.Context, ds []*draft) error {
	if err := w.index(ctx, ds); err != nil {
		return err
	}
	if err := w.share(ctx, w.s.entity("node"), ds); err != nil {
		return err
	}
	for _, step := range []func(context.Context, []*draft) error{w.commentStatistics, w.pages, w.topics} {
		if err := step(ctx, ds); err != nil {
			return err
		}
	}
	return w.aliases(ctx, ds, "node", func(d *draft) string { return sluggish(d.rec.GetEntry().GetSlug(), d.rec.GetEntry().GetTitle()) })
}

// entryType finds the type of an entry, or makes one.
func (w *writer) entryType(ctx context.Context, d *draft) error {
	e := d.rec.GetEntry()
	if d.e.name == "block_content" {
		d.bundle = blockType
		if e.GetType() != "" && w.s.schema.settings["block_content.type."+e.GetType()] != nil {
			d.bundle = e.GetType()
		}
	} else {
		d.bundle = machine(e.GetType(), 32)
		if err := w.needType(ctx, d.bundle, title(e.GetType())); err != nil {
			return err
		}
	}
	if d.bundle != e.GetType() {
		d.adjust("type", "type_renamed", d.bundle)
	}
	if d.bundle == "" {
		d.leave(agentv1.Outcome_OUTCOME_REJECTED, "no_type", "the entry has no type", "Name one with the mapping, then migrate again.", "type")
	}
	return nil
}

// title is a machine name as people read it.
func title(name string) string {
	name = strings.TrimSpace(strings.NewReplacer("_", " ", "-", " ").Replace(name))
	if name == "" {
		return ""
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

func (d *draft) entry(e *recordv1.Entry) {
	now := d.w.s.now().Unix()
	c := d.cols
	c["title"], c["info"], c["reusable"], c["type"] = e.GetTitle(), e.GetTitle(), 1, d.bundle
	c["status"], c["sticky"], c["promote"], c["tnid"], c["translate"] = 0, 0, 0, 0, 0
	if e.GetStatus() == recordv1.Status_STATUS_PUBLISHED {
		c["status"] = 1
	}
	if e.GetFeatured() {
		c["sticky"] = 1
	}
	if e.GetPassword() != "" {
		// What needs a password must not become public: Drupal has none for nodes.
		c["status"] = 0
		d.adjust("password", "password_not_held_kept_draft", "")
		d.adjust("status", "password_not_held_kept_draft", "")
	}
	d.times(e, now)
	c["revision_log"], c["log"] = nil, ""
	d.author(e)
	for _, f := range d.rec.GetFields() {
		switch f.GetName() {
		case "promote":
			// Other platforms keep it as a text.
			c["promote"] = flag(truthy(f.GetValue()))
			if _, is := f.GetValue().GetKind().(*recordv1.Value_BoolValue); !is {
				d.adjust("fields.promote", "stored_otherwise", "")
			}
		case "revision_log":
			c["revision_log"], c["log"] = f.GetValue().GetText(), f.GetValue().GetText()
		}
	}
	d.outside()
	purpose := purposes[d.bundle]
	if d.e.of != "" {
		purpose = recordv1.Purpose_PURPOSE_REVISION
	} else if d.e.name == "block_content" {
		purpose = recordv1.Purpose_PURPOSE_FRAGMENT
		d.noPlace(e)
	} else if purpose == 0 {
		purpose = recordv1.Purpose_PURPOSE_CUSTOM
	}
	if e.GetPurpose() != purpose {
		d.adjust("purpose", "purpose_folded", "")
	}
}

// times: Drupal keeps when a node was made, and calls that when it was published.
func (d *draft) times(e *recordv1.Entry, now int64) {
	born := e.GetPublished()
	if born == nil || e.GetStatus() != recordv1.Status_STATUS_PUBLISHED {
		born = e.GetCreated()
		if born == nil {
			born = e.GetPublished()
		}
	}
	c := d.cols
	c["created"], c["changed"] = now, now
	if born != nil {
		c["created"] = born.GetSeconds()
	}
	if e.GetModified() != nil {
		c["changed"] = e.GetModified().GetSeconds()
	} else if born != nil {
		c["changed"] = born.GetSeconds()
	}
	c["revision_timestamp"], c["timestamp"], c["revision_created"] = c["changed"], c["changed"], c["changed"]
	if e.GetCreated() != nil && e.GetCreated().GetSeconds() != c["created"] {
		d.adjust("created", "created_is_published", "")
	}
	if e.GetPublished() != nil && e.GetPublished().GetSeconds() != c["created"] || e.GetPublished() != nil && c["status"] == 0 {
		d.adjust("published", "created_is_published", "")
	}
}

// noPlace tells what blocks do not have.
func (d *draft) noPlace(e *recordv1.Entry) {
	has := map[string]bool{"slug": e.GetSlug() != "", "authors": len(e.GetAuthors()) > 0, "terms": len(e.GetTerms()) > 0, "created": e.GetCreated() != nil, "published": e.GetPublished() != nil,
		"featured": e.GetFeatured(), "image": e.GetImage() != nil, "comments": e.GetComments() != ""}
	for _, field := range sortedKeys(has) {
		if has[field] {
			d.adjust(field, "no_place", "")
		}
	}
}

// author: Drupal has one; who is not here yet is filled in by Relink.
func (d *draft) author(e *recordv1.Entry) {
	uid := (&entity{}).number(d.w.u.FallbackAuthor)
	if len(e.GetAuthors()) > 0 {
		if id := d.pointed("author", "", e.GetAuthors()[0]); id > 0 {
			uid = id
		} else {
			d.standIn("authors", uid)
		}
	}
	if len(e.GetAuthors()) > 1 {
		d.adjust("authors", "one_author_only", "")
	}
	d.cols["uid"], d.cols["revision_uid"], d.cols["revision_user"] = uid, uid, uid
}

// standIn tells who stands in for an author who is not here: the migration's choice, else Anonymous, as where Drupal deletes an account.
func (d *draft) standIn(field string, uid int64) {
	if uid == 0 {
		d.adjust(field, "author_anonymous", "")
		return
	}
	d.res.StandIn(field, strconv.FormatInt(uid, 10))
}

// needFields finds or makes the fields that entries need, and fills them.
func (w *writer) needFields(ctx context.Context, ds []*draft) error {
	terms, err := w.vocabulariesOf(ctx, ds)
	if err != nil {
		return err
	}
	for _, d := range ds {
		if err := w.body(ctx, d); err != nil {
			return err
		}
		if d.e.name == "node" {
			if err := w.picture(ctx, d); err != nil {
				return err
			}
			if err := w.openness(ctx, d); err != nil {
				return err
			}
			if err := w.terms(ctx, d, terms); err != nil {
				return err
			}
		}
		if err := w.custom(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) body(ctx context.Context, d *draft) error {
	e := d.rec.GetEntry()
	if e.GetContent().GetText() == "" && e.GetExcerpt() == "" {
		return nil
	}
	f, err := w.need(ctx, wanted{entity: d.e.name, bundle: d.bundle, name: "body", label: "Body", kind: "body"})
	if err != nil {
		return err
	}
	if f == nil {
		d.adjust("content", "no_body_field", "")
		d.adjust("excerpt", "no_body_field", "")
		return nil
	}
	format, err := w.formatFor(ctx, d.rec, "body", e.GetContent().GetMarkup(), false)
	if err != nil {
		return err
	}
	d.set(f, map[string]any{"value": d.expand("field:body:value", e.GetContent().GetText()), "summary": d.expand("field:body:summary", e.GetExcerpt()), "format": format})
	d.tellFormat("body", format)
	return nil
}

// picture fills the field of the main picture.
func (w *writer) picture(ctx context.Context, d *draft) error {
	im := d.rec.GetEntry().GetImage()
	if im.GetMedia() == nil {
		if im != nil {
			d.adjust("image", "no_file", "")
		}
		d.pictured()
		return nil
	}
	f := w.s.picture(d.bundle)
	if f == nil {
		var err error
		if f, err = w.need(ctx, wanted{entity: "node", bundle: d.bundle, name: "field_image", label: "Image", kind: "image"}); err != nil {
			return err
		}
	}
	if f == nil {
		d.adjust("image", "no_image_field", "")
		return nil
	}
	d.set(f, map[string]any{w.s.pointer(f): d.refTo(f, im.GetMedia(), 0), "alt": im.GetAlt(), "title": ""})
	return nil
}

// pictured tells of a custom field that is the picture of its type: it is read as the entry's picture too.
func (d *draft) pictured() {
	for _, f := range d.rec.GetFields() {
		if slices.Contains(pictures, f.GetName()) {
			d.adjust("image", "pictured_by_field", "")
		}
	}
}
