package ghost

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

func (s *Site) writePosts(ctx context.Context, u *cms.Unit, batch []*recordv1.Record) ([]cms.Result, error) {
	ds, err := s.drafts(ctx, u, "posts", "", batch)
	if err != nil {
		return nil, err
	}
	tiers, err := s.tierIDs(ctx, u.Tx)
	if err != nil {
		return nil, err
	}
	for _, d := range ds {
		if d.skipUnheld(d.rec.GetEntry()); !d.done {
			s.postColumns(d, d.rec.GetEntry())
			s.fields(d)
		}
	}
	hang := newHangers()
	for _, d := range ds {
		if s.measure(d, "posts"); !d.done {
			s.hang(d, d.rec.GetEntry(), hang, tiers)
		}
	}
	if err := s.slugs(ctx, u, "posts", ds, func(d *draft) (string, string) { return d.rec.GetEntry().GetSlug(), d.rec.GetEntry().GetTitle() }); err != nil {
		return nil, err
	}
	if err := s.flush(ctx, u.Tx, "posts", ds); err != nil {
		return nil, err
	}
	if err := s.rejoin(ctx, u.Tx, "post_id", ds, hang.authors, hang.tags, hang.tiers); err != nil {
		return nil, err
	}
	err = s.saveMeta(ctx, u.Tx, ds)
	return results(ds), err
}

func (s *Site) postColumns(d *draft, e *recordv1.Entry) {
	d.statusColumns(e)
	d.dates(s, e)
	d.typeColumn(e)
	d.set("title", e.GetTitle())
	if e.GetTitle() == "" {
		d.set("title", "(Untitled)")
	}
	d.content(e.GetContent())
	d.token("custom_excerpt", e.GetExcerpt())
	d.set("featured", bit(e.GetFeatured()))
	d.set("show_title_and_feature_image", bit(!e.GetHideTitleAndImage()))
	d.template(e.GetTemplate())
	d.token("canonical_url", e.GetSeo().GetCanonicalUrl())
	d.code(e.GetCodeInjection())
	d.picture("feature_image", e.GetImage())
	d.set(metaSlot+"feature_image_alt", orNull(e.GetImage().GetAlt()))
	d.token(metaSlot+"feature_image_caption", e.GetImage().GetCaption())
	d.seo(metaSlot, e.GetSeo())
	d.set(metaSlot+"email_subject", orNull(e.GetEmailSubject()))
	d.set(metaSlot+"email_only", bit(e.GetEmailOnly()))
	d.set("comment_id", d.id)
	d.set("email_recipient_filter", "all")
	if isUUID(e.GetUuid()) {
		d.set("uuid", e.GetUuid())
	} else if !d.known {
		d.set("uuid", newUUID())
	}
}

func (d *draft) typeColumn(e *recordv1.Entry) {
	typ := "post"
	if e.GetType() == "page" {
		typ = "page"
	}
	d.set("type", typ)
	if p := e.GetPurpose(); p != purposeOf(typ) && p != recordv1.Purpose_PURPOSE_UNSPECIFIED {
		d.adjust("purpose", "follows_type", "")
	}
	if e.GetType() != typ {
		d.adjust("type", "type_folded", typ)
	}
}

// statusColumns never make more people read an entry than in the source: Ghost has no passwords for posts, so an entry with
// one stays a draft.
func (d *draft) statusColumns(e *recordv1.Entry) {
	status := "draft"
	switch e.GetStatus() {
	case recordv1.Status_STATUS_PUBLISHED:
		status = "published"
		if e.GetEmailOnly() {
			status = "sent"
		}
	case recordv1.Status_STATUS_SCHEDULED:
		status = "scheduled"
	case recordv1.Status_STATUS_DRAFT:
	default:
		d.adjust("status", "status_lowered", status)
	}
	if e.GetPassword() != "" {
		status = "draft"
		d.adjust("password", "password_not_held_kept_draft", "")
		d.adjust("status", "password_not_held_kept_draft", status)
	}
	d.set("status", status)
	d.set("visibility", "public")
	for word, v := range visibilities {
		if v == e.GetVisibility() {
			d.set("visibility", word)
		}
	}
}

// dates fills what Ghost cannot do without from the other dates.
func (d *draft) dates(s *Site, e *recordv1.Entry) {
	created := firstDate(e.GetCreated(), e.GetPublished(), e.GetModified())
	if created == nil {
		created = s.now().UTC().Format(stampLayout)
	}
	updated, published := firstDate(e.GetModified()), firstDate(e.GetPublished())
	if updated == nil {
		updated = created
	}
	if published == nil && d.cols["status"] != "draft" {
		published = created
	}
	d.set("created_at", created)
	d.set("updated_at", updated)
	d.set("published_at", published)
	for field, t := range map[string]*recordv1.Time{"created": e.GetCreated(), "modified": e.GetModified(), "published": e.GetPublished()} {
		if t != nil && stamp(t) == nil {
			d.adjust(field, "date_out_of_range", "")
		}
	}
}

func firstDate(all ...*recordv1.Time) any {
	for _, t := range all {
		if v := stamp(t); v != nil {
			return v
		}
	}
	return nil
}

// content sets the editor's text and the HTML that the site shows; exactly one of the two editors has it.
func (d *draft) content(b *recordv1.Body) {
	if b.GetText() == "" {
		b = &recordv1.Body{Markup: "lexical", Text: blankText}
	}
	d.set("lexical", nil)
	d.set("mobiledoc", nil)
	html := b.GetHtml()
	switch b.GetMarkup() {
	case "lexical", "mobiledoc":
		d.token(b.GetMarkup(), b.GetText())
	default:
		html = b.GetText()
	}
	d.token("html", html)
	text, _ := d.cols["html"].(string)
	d.set("plaintext", orNull(plainText(text)))
}

// blankText is what Ghost gives a post without a text; its editor wants one. (core/server/lib/lexical.js, blankDocument)
const blankText = `{"root":{"children":[{"children":[],"direction":null,"format":"","indent":0,"type":"paragraph","version":1}],` +
	`"direction":null,"format":"","indent":0,"type":"root","version":1}}`

var themeTemplate = regexp.MustCompile(`^custom-[A-Za-z0-9_-]+$`)

func (d *draft) template(name string) {
	d.set("custom_template", nil)
	switch {
	case themeTemplate.MatchString(name):
		d.set("custom_template", name)
	case name != "":
		d.adjust("template", "template_not_held", "")
	}
}

// hangers are the rows that hang on a batch of posts.
type hangers struct{ authors, tags, tiers *joins }

func newHangers() hangers {
	return hangers{
		authors: &joins{table: "posts_authors", cols: []string{"id", "post_id", "author_id", "sort_order"}},
		tags:    &joins{table: "posts_tags", cols: []string{"id", "post_id", "tag_id", "sort_order"}},
		tiers:   &joins{table: "posts_products", cols: []string{"id", "post_id", "product_id", "sort_order"}},
	}
}

func (s *Site) hang(d *draft, e *recordv1.Entry, h hangers, tiers map[string]string) {
	main := s.hangAuthors(d, e, h.authors)
	d.set("created_by", main)
	d.set("updated_by", main)
	d.set("published_by", nil)
	if d.cols["status"] == "published" || d.cols["status"] == "sent" {
		d.set("published_by", main)
	}
	seen := map[string]bool{}
	for i, ref := range e.GetTerms() {
		id, ok := d.u.Refs.Target(ref)
		switch {
		case !ok:
			d.wait("tag:"+strconv.Itoa(i), record.NewToken(ref, ""))
		case seen[id]:
			d.adjust("terms", "terms_merged", "")
		default:
			h.tags.rows = append(h.tags.rows, []any{s.newID(), d.id, id, i})
		}
		seen[id] = ok
	}
	for i, name := range e.GetTiers() {
		if id := tiers[lower(name)]; id != "" {
			h.tiers.rows = append(h.tiers.rows, []any{s.newID(), d.id, id, i})
		} else {
			d.adjust("tiers", "tier_missing", "")
		}
	}
}

// hangAuthors gives the main author. Ghost wants at least one: who stands in gives way when the real one comes.
func (s *Site) hangAuthors(d *draft, e *recordv1.Entry, j *joins) string {
	main := ""
	for i, ref := range e.GetAuthors() {
		id, ok := d.u.Refs.Target(ref)
		switch {
		case !ok:
			d.wait("author:"+strconv.Itoa(i), record.NewToken(ref, ""))
		case strings.HasPrefix(id, memberPrefix):
			d.adjust("authors", "author_not_staff", "")
		default:
			j.rows = append(j.rows, []any{s.newID(), d.id, id, i})
			if main == "" {
				main = id
			}
		}
	}
	if main != "" {
		return main
	}
	d.res.StandIn("authors", d.owner)
	j.rows = append(j.rows, []any{s.newID(), d.id, d.owner, standInOrder})
	return d.owner
}

// standInOrder marks the row of an author who stands in; real ones come before it.
const standInOrder = 1000

func (s *Site) tierIDs(ctx context.Context, q cmssql.Querier) (map[string]string, error) {
	if !s.schema.Has("products") {
		return nil, nil
	}
	rows, err := cmssql.Rows(ctx, q, "SELECT `id`, `name` FROM `products` ORDER BY `id` DESC")
	m := map[string]string{}
	for _, r := range rows {
		m[lower(r.Text("name"))] = r.Text("id")
	}
	return m, err
}

// saveMeta writes rows of posts_meta where there is something to hold.
func (s *Site) saveMeta(ctx context.Context, tx *cmssql.Tx, ds []*draft) error {
	j := &joins{table: "posts_meta", cols: []string{"id", "post_id"}}
	var cols []string
	for _, c := range metaColumns {
		if s.schema.Has("posts_meta", c) {
			cols = append(cols, c)
		}
	}
	j.cols = append(j.cols, cols...)
	for _, d := range ds {
		if d.done || !d.hasMeta() {
			continue
		}
		vals := []any{s.newID(), d.id}
		for _, c := range cols {
			vals = append(vals, d.cols[metaSlot+c])
		}
		j.rows = append(j.rows, vals)
	}
	if err := s.rejoin(ctx, tx, "post_id", ds, j); err != nil {
		return fmt.Errorf("write posts_meta: %w", err)
	}
	return nil
}

// hasMeta: a row is needed for a value, and for a pointer that Relink will fill.
func (d *draft) hasMeta() bool {
	for slot, v := range d.cols {
		if strings.HasPrefix(slot, metaSlot) && v != nil && v != int64(0) {
			return true
		}
	}
	for _, o := range d.res.Open {
		if strings.HasPrefix(o.Slot, metaSlot) {
			return true
		}
	}
	return false
}

// skipUnheld answers entries that Fit would have kept away.
func (d *draft) skipUnheld(e *recordv1.Entry) {
	switch e.GetPurpose() {
	case recordv1.Purpose_PURPOSE_REVISION, recordv1.Purpose_PURPOSE_FRAGMENT, recordv1.Purpose_PURPOSE_SYSTEM:
		d.leave(agentv1.Outcome_OUTCOME_SKIPPED, "purpose_not_held", "Ghost has posts and pages only", "Nothing to do.", "purpose")
	}
	if e.GetStatus() == recordv1.Status_STATUS_TRASHED {
		d.leave(agentv1.Outcome_OUTCOME_SKIPPED, "trashed_not_held", "Ghost has no waste basket", "Restore the entry in the source if it should come along.", "status")
	}
}
