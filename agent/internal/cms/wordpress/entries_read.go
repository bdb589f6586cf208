package wordpress

import (
	"context"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

const (
	formatPrefix = "post-format-"
	// visibilityMeta keeps who may read an entry that came from a platform with members.
	visibilityMeta = "_bailey_visibility"
	tiersMeta      = "_bailey_tiers"
)

var statuses = map[string]recordv1.Status{
	"draft": recordv1.Status_STATUS_DRAFT, "pending": recordv1.Status_STATUS_PENDING, "future": recordv1.Status_STATUS_SCHEDULED,
	"publish": recordv1.Status_STATUS_PUBLISHED, "private": recordv1.Status_STATUS_PRIVATE, "trash": recordv1.Status_STATUS_TRASHED,
}

// purposeOf says what an entry of a type is to the site.
func purposeOf(kind string) recordv1.Purpose {
	switch kind {
	case "post":
		return recordv1.Purpose_PURPOSE_ARTICLE
	case "page":
		return recordv1.Purpose_PURPOSE_PAGE
	case "wp_block":
		return recordv1.Purpose_PURPOSE_FRAGMENT
	case "revision":
		return recordv1.Purpose_PURPOSE_REVISION
	case "custom_css", "customize_changeset", "user_request":
		return recordv1.Purpose_PURPOSE_SYSTEM
	}
	if strings.HasPrefix(kind, "wp_") {
		return recordv1.Purpose_PURPOSE_SYSTEM
	}
	return recordv1.Purpose_PURPOSE_CUSTOM
}

// notMoved is the reason why an entry stays behind; "" when it is moved.
func notMoved(p *post) (code, cause string) {
	switch {
	case p.status == "auto-draft":
		return "auto_draft", "WordPress made this empty draft when somebody opened the editor; it was never saved"
	case p.kind == "oembed_cache":
		return "cache_row", "this row only caches an embedded page"
	}
	return "", ""
}

func (r *reader) entry(ctx context.Context, p *post, around *surroundings) (cms.Item, error) {
	if code, cause := notMoved(p); code != "" {
		return unread(r.ref(p.id), agentv1.Outcome_OUTCOME_SKIPPED, code, cause, "nothing needs to be done"), nil
	}
	e := &recordv1.Entry{
		Type: p.kind, Purpose: purposeOf(p.kind), Status: statuses[p.status], Title: p.title, Slug: entrySlug(p),
		Excerpt: p.excerpt, Position: position(p.order), Password: p.password, Comments: p.comments, Pings: p.pings,
		Published: readTime(p.date, p.dateGMT, r.env.zone), Modified: readTime(p.modified, p.modifiedGMT, r.env.zone),
		Guid: p.guid, Mime: p.mime, Featured: r.env.sticky[p.id],
	}
	if e.Status == recordv1.Status_STATUS_UNSPECIFIED {
		e.StatusName = p.status
	}
	if p.content != "" {
		e.Content = &recordv1.Body{Markup: "wordpress", Text: p.content}
	}
	if u := userRef(p.author); u != nil {
		e.Authors = []*recordv1.Ref{u}
	}
	rec := &recordv1.Record{Ref: r.ref(p.id), Body: &recordv1.Record_Entry{Entry: e}}
	around.said[p.id].into(rec, r.env.tongues)
	if p.parent != 0 && !isPending(p.parent) {
		if e.Parent = around.entryOrMedia(p.parent); e.Parent == nil {
			note(rec, "parent_missing", "parent")
		}
	}
	oldSlugs := p.meta.all("_wp_old_slug")
	r.entryMeta(rec, p, around)
	r.entryTerms(e, p)
	it := cms.Item{Record: rec}
	if r.withPaths {
		it.Paths = r.entryPaths(p, oldSlugs, around.said[p.id].code)
	}
	return it, nil
}

// entrySlug leaves out the parent's id from a revision's slug: "12-revision-v1".
func entrySlug(p *post) string {
	if p.kind == "revision" {
		return strings.TrimPrefix(p.name, itoa(p.parent)+"-")
	}
	return decodeSlug(p.name)
}

func (r *reader) entryTerms(e *recordv1.Entry, p *post) {
	for _, t := range p.terms {
		switch t.taxonomy {
		case "nav_menu":
		case "post_format":
			e.Format = strings.TrimPrefix(t.slug, formatPrefix)
		default:
			e.Terms = append(e.Terms, termRef(t.tt))
		}
	}
}

// entryMeta takes out the custom fields that records have names for; the rest follows in order.
func (r *reader) entryMeta(rec *recordv1.Record, p *post, around *surroundings) {
	e, m := rec.GetEntry(), &p.meta
	if p.filtered != "" {
		note(rec, "content_filtered", "content")
	}
	m.dropCaches(rec)
	if t := m.get("_wp_page_template"); t != "" && t != "default" {
		e.Template = m.take("_wp_page_template")
	}
	if id := m.take("_thumbnail_id"); id != "" {
		if around.types[atoi(id)] == "attachment" {
			e.Image = &recordv1.Image{Media: record.NewRef(recordv1.Kind_KIND_MEDIA, itoa(atoi(id)))}
		} else {
			note(rec, "image_missing", "image.media")
		}
	}
	if v, ok := visibilities[m.get(visibilityMeta)]; ok {
		e.Visibility = v
		m.take(visibilityMeta)
		e.Tiers = splitList(m.take(tiersMeta))
	}
	e.Seo = readYoast(m, around)
	m.fields(rec, same)
	for _, f := range rec.Fields {
		if tt := around.categories[atoi(f.GetValue().GetText())]; f.Name == primaryCategory && tt != 0 {
			f.Value = &recordv1.Value{Kind: &recordv1.Value_Ref{Ref: termRef(tt)}}
		}
	}
}

var visibilities = map[string]recordv1.Visibility{
	"public": recordv1.Visibility_VISIBILITY_PUBLIC, "members": recordv1.Visibility_VISIBILITY_MEMBERS,
	"paid": recordv1.Visibility_VISIBILITY_PAID, "tiers": recordv1.Visibility_VISIBILITY_TIERS,
}

func splitList(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

// all are the values of a key.
func (m metaRows) all(key string) []string {
	var all []string
	for _, r := range m {
		if r.key.String == key && r.value.String != "" {
			all = append(all, r.value.String)
		}
	}
	return all
}

// entryPaths are all addresses that WordPress answers for an entry, the public one first.
func (r *reader) entryPaths(p *post, oldSlugs []string, code string) []*agentv1.Path {
	if p.kind == "revision" {
		return nil
	}
	var all []string
	add := func(s string) { all = append(all, s) }
	// "/" is the site's own address, whichever page stands there.
	add(r.env.tongues.prefixed(r.link.root(), r.link.postPath(p), code))
	add(r.link.postPath(p))
	add("/?p=" + itoa(p.id))
	switch p.kind {
	case "post":
	case "page":
		add("/?page_id=" + itoa(p.id))
	default:
		add("/?post_type=" + p.kind + "&p=" + itoa(p.id))
		if p.name != "" {
			add("/?" + p.kind + "=" + p.name)
		}
	}
	for _, old := range oldSlugs {
		before := *p
		before.name = old
		add(r.env.tongues.prefixed(r.link.root(), r.link.postPath(&before), code))
		add(r.link.postPath(&before))
	}
	return distinct(all)
}

func distinct(all []string) []*agentv1.Path {
	seen := make(map[string]bool, len(all))
	var out []*agentv1.Path
	for _, s := range all {
		if s != "" && !seen[s] {
			seen[s] = true
			out = append(out, path(s, ""))
		}
	}
	return out
}
