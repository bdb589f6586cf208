package drupal

import (
	"context"
	"slices"
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
	return "node"
}

func (w *writer) writeEntries(ctx context.Context, batch []*recordv1.Record) ([]*draft, error) {
	ds, err := w.drafts(ctx, batch, w.s.entityOf)
	if err != nil {
		return nil, err
	}
	for _, d := range ds {
		if err := w.entryType(ctx, d); err != nil {
			return nil, err
		}
		if !d.done {
			d.entry(d.rec.GetEntry())
			d.measure()
		}
	}
	if err := w.needFields(ctx, live(ds)); err != nil {
		return nil, err
	}
	for _, name := range []string{"node", "block_content"} {
		e := w.s.entity(name)
		mine := slices.DeleteFunc(live(ds), func(d *draft) bool { return d.e != e })
		if len(mine) == 0 {
			continue
		}
		if err := w.flush(ctx, e, mine); err != nil {
			return nil, err
		}
		if err := w.flushValues(ctx, e, mine); err != nil {
			return nil, err
		}
		if name == "node" {
			if err := w.hang(ctx, mine); err != nil {
				return nil, err
			}
		}
	}
	return ds, nil
}

// hang writes what Drupal derives from nodes.
func (w *writer) hang(ctx context.Context, ds []*draft) error {
	if err := w.index(ctx, ds); err != nil {
		return err
	}
	if err := w.commentStatistics(ctx, ds); err != nil {
		return err
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
			c["promote"] = map[bool]int{true: 1}[f.GetValue().GetBoolValue()]
		case "revision_log":
			c["revision_log"], c["log"] = f.GetValue().GetText(), f.GetValue().GetText()
		}
	}
	purpose := purposes[d.bundle]
	if d.e.name == "block_content" {
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
		}
	}
	if len(e.GetAuthors()) > 1 {
		d.adjust("authors", "one_author_only", "")
	}
	d.cols["uid"], d.cols["revision_uid"], d.cols["revision_user"] = uid, uid, uid
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
	format := w.s.formatFor(d.rec, "body", e.GetContent().GetMarkup())
	d.set(f, map[string]any{"value": d.expand("field:body:value", e.GetContent().GetText()), "summary": d.expand("field:body:summary", e.GetExcerpt()), "format": format})
	d.tellFormat("body", format)
	return nil
}

// tellFormat tells of a text that is shown by another format than the source's.
func (d *draft) tellFormat(name string, format any) {
	for _, f := range d.rec.GetFields() {
		if f.GetName() == name+formatTail && f.GetValue().GetText() != format {
			text, _ := format.(string)
			d.adjust("fields."+f.GetName(), "format_replaced", text)
		}
	}
}

// picture fills the field of the main picture.
func (w *writer) picture(ctx context.Context, d *draft) error {
	im := d.rec.GetEntry().GetImage()
	if im.GetMedia() == nil {
		if im != nil {
			d.adjust("image", "no_file", "")
		}
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

// openness fills the field of comments.
func (w *writer) openness(ctx context.Context, d *draft) error {
	e := d.rec.GetEntry()
	if w.s.seven {
		d.cols["comment"] = map[string]int{"open": 2, "closed": 1}[e.GetComments()]
		return nil
	}
	f := w.s.commentField(d.bundle)
	if f == nil && e.GetComments() == "open" {
		var err error
		if f, err = w.needComments(ctx, d.bundle); err != nil {
			return err
		}
	}
	switch {
	case f != nil:
		d.set(f, map[string]any{"status": map[string]int{"open": 2, "closed": 1}[e.GetComments()]})
	case e.GetComments() != "":
		d.adjust("comments", "no_comments_here", "")
	}
	return nil
}

// commentField is the field of a type that takes comments.
func (s *Site) commentField(bundle string) *field {
	for _, f := range s.schema.fields["node"][bundle] {
		if f.typ == "comment" {
			return f
		}
	}
	return nil
}

func (w *writer) needComments(ctx context.Context, bundle string) (*field, error) {
	if w.s.schema.settings["comment.type.comment"] == nil {
		return nil, nil
	}
	return w.need(ctx, wanted{entity: "node", bundle: bundle, name: "comment", label: "Comments", kind: "comment"})
}

// vocabulariesOf are the vocabularies of the terms that entries have, by target id.
func (w *writer) vocabulariesOf(ctx context.Context, ds []*draft) (map[int64]string, error) {
	var ids []int64
	e := w.s.entity("taxonomy_term")
	for _, d := range ds {
		for _, ref := range d.rec.GetEntry().GetTerms() {
			if id, ok := w.u.Refs.Target(ref); ok {
				ids = append(ids, e.number(id))
			}
		}
	}
	slices.Sort(ids)
	of := map[int64]string{}
	for part := range slices.Chunk(slices.Compact(ids), cmsInList) {
		rows, err := queryIn(ctx, w.s, w.q, part, "SELECT tid, vid FROM {taxonomy_term_data} WHERE tid IN ", "")
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			of[r.number("tid")] = w.s.schema.vocabularies[r.text("vid")]
		}
	}
	return of, nil
}

const cmsInList = 500

// terms fills the fields that take terms, by vocabulary.
func (w *writer) terms(ctx context.Context, d *draft, vocabularies map[int64]string) error {
	var order []string
	for _, ref := range d.rec.GetEntry().GetTerms() {
		id, _ := w.u.Refs.Target(ref)
		tid := w.s.entity("taxonomy_term").number(id)
		if tid == 0 {
			d.adjust("terms", "term_missing", "")
			continue
		}
		f, err := w.termField(ctx, d.bundle, vocabularies[tid])
		if err != nil {
			return err
		}
		if f == nil {
			d.adjust("terms", "no_term_field", "")
			continue
		}
		if slices.ContainsFunc(d.values, func(v value) bool { return v.f == f && (f.cardinality == 1 || v.props[w.s.pointer(f)] == tid) }) {
			d.adjust("terms", "one_term_only", "")
			continue
		}
		d.set(f, map[string]any{w.s.pointer(f): tid})
		order = append(order, f.name)
	}
	if !slices.IsSorted(order) {
		d.adjust("terms", "terms_sorted", "")
	}
	return nil
}

// termField is the field of a type that takes terms of a vocabulary; one is made where there is none.
func (w *writer) termField(ctx context.Context, bundle, vocabulary string) (*field, error) {
	if vocabulary == "" {
		return nil, nil
	}
	for _, f := range w.s.schema.fields["node"][bundle] {
		if f.target == "taxonomy_term" && slices.Contains(f.vocabularies, vocabulary) {
			return f, nil
		}
	}
	return w.need(ctx, wanted{entity: "node", bundle: bundle, name: "field_" + machine(vocabulary, 26), label: title(vocabulary), kind: "reference", target: "taxonomy_term", targets: []string{vocabulary}, many: true})
}

// index lists published nodes on the pages of their terms.
func (w *writer) index(ctx context.Context, ds []*draft) error {
	if !w.s.has("taxonomy_index") {
		return nil
	}
	var known []int64
	var rows []map[string]any
	for _, d := range ds {
		if d.known {
			known = append(known, d.id)
		}
		if d.cols["status"] != 1 {
			continue
		}
		var seen []any
		for _, v := range d.values {
			if tid := v.props[w.s.pointer(v.f)]; v.f.target == "taxonomy_term" && tid != int64(0) && !slices.Contains(seen, tid) {
				seen = append(seen, tid)
				rows = append(rows, map[string]any{"nid": d.id, "tid": tid, "status": 1, "sticky": d.cols["sticky"], "created": d.cols["created"]})
			}
		}
	}
	if err := execIn(ctx, w, known, "DELETE FROM {taxonomy_index} WHERE nid IN "); err != nil {
		return err
	}
	_, err := w.insert(ctx, "taxonomy_index", rows)
	return err
}

// usage counts where files are used, so that Drupal does not take them for forgotten ones.
func (w *writer) usage(ctx context.Context, e *entity, ds []*draft) error {
	if !w.s.has("file_usage") {
		return nil
	}
	var rows []map[string]any
	var known []any
	for _, d := range live(ds) {
		// Drupal 7 has a number here.
		var user any = itoa(d.id)
		if w.s.seven {
			user = d.id
		}
		if d.known {
			known = append(known, user)
		}
		seen := map[any]bool{}
		for _, v := range d.values {
			if id := v.props[w.s.pointer(v.f)]; v.f.target == "file" && id != int64(0) && !seen[id] {
				seen[id] = true
				rows = append(rows, map[string]any{"fid": id, "module": "file", "type": e.name, "id": user, "count": 1})
			}
		}
	}
	if err := execIn(ctx, w, known, "DELETE FROM {file_usage} WHERE module = 'file' AND type = '"+e.name+"' AND id IN "); err != nil {
		return err
	}
	_, err := w.insert(ctx, "file_usage", rows)
	return err
}

// commentStatistics gives every node the row without which its comments are not shown.
func (w *writer) commentStatistics(ctx context.Context, ds []*draft) error {
	table := "comment_entity_statistics"
	if w.s.seven {
		table = "node_comment_statistics"
	}
	var rows []map[string]any
	for _, d := range ds {
		f := w.s.commentField(d.bundle)
		if d.known || f == nil && !w.s.seven {
			continue
		}
		r := map[string]any{"nid": d.id, "entity_id": d.id, "entity_type": "node", "cid": 0, "last_comment_timestamp": d.cols["changed"], "last_comment_name": nil, "last_comment_uid": d.cols["uid"], "comment_count": 0}
		if f != nil {
			r["field_name"] = f.name
		}
		rows = append(rows, r)
	}
	if !w.s.has(table) {
		return nil
	}
	_, err := w.insert(ctx, table, rows)
	return err
}
