package ghost

import (
	"context"
	"fmt"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// internalPrefix begins the names of tags that visitors never see; internalSlug their slugs.
const (
	internalPrefix = "#"
	internalSlug   = "hash-"
)

func (s *Site) loadTags(ctx context.Context, q cmssql.Querier, ids []string) (map[string]cms.Item, error) {
	in, args := cmssql.In(ids)
	rows, err := cmssql.Rows(ctx, q, "SELECT "+s.schema.list("tags", "t", "id", "name", "slug", "description", "feature_image", "visibility", "og_image", "og_title",
		"og_description", "twitter_image", "twitter_title", "twitter_description", "meta_title", "meta_description", "codeinjection_head",
		"codeinjection_foot", "canonical_url", "accent_color")+" FROM `tags` t WHERE t.`id` IN "+in, args...)
	if err != nil {
		return nil, err
	}
	return itemsOf(kindTerm, "", rows, func(r row) (*recordv1.Record, []*agentv1.Path) {
		t := s.tag(r)
		var paths []*agentv1.Path
		if !t.GetInternal() {
			paths = withFeed(pathOf(kindTerm, r))
		}
		return &recordv1.Record{Body: &recordv1.Record_Term{Term: t}}, paths
	}), nil
}

func (s *Site) tag(r row) *recordv1.Term {
	t := &recordv1.Term{
		Taxonomy: "tag", Name: r.Text("name"), Slug: r.Text("slug"), Internal: r.Text("visibility") == "internal", Image: s.image(r.Text("feature_image")),
		Color: r.Text("accent_color"), Seo: s.seoOf(r), CodeInjection: codeOf(r),
	}
	if text := r.Text("description"); text != "" {
		t.Description = &recordv1.Body{Markup: "html", Text: text}
	}
	return t
}

func (s *Site) writeTags(ctx context.Context, u *cms.Unit, batch []*recordv1.Record) ([]cms.Result, error) {
	ds, err := s.drafts(ctx, u, "tags", "", batch)
	if err != nil {
		return nil, err
	}
	for _, d := range ds {
		s.tagColumns(d, d.rec.GetTerm())
		s.measure(d, "tags")
	}
	if err := s.adoptTags(ctx, u, ds); err != nil {
		return nil, err
	}
	if err := s.slugs(ctx, u, "tags", ds, func(d *draft) (string, string) { return d.rec.GetTerm().GetSlug(), tagSlug(d) }); err != nil {
		return nil, err
	}
	err = s.flush(ctx, u.Tx, "tags", ds)
	return results(ds), err
}

// tagSlug is the slug that a tag has: the source's, or one made of its name.
func tagSlug(d *draft) string {
	if slug := slugify(d.rec.GetTerm().GetSlug()); slug != "" {
		return slug
	}
	name := d.cols["name"].(string)
	if rest, ok := strings.CutPrefix(name, internalPrefix); ok {
		return internalSlug + slugify(rest)
	}
	return slugify(name)
}

func (s *Site) tagColumns(d *draft, t *recordv1.Term) {
	name := t.GetName()
	if name == "" {
		name = "untitled"
		d.adjust("name", "name_made", "")
	}
	if t.GetInternal() && !strings.HasPrefix(name, internalPrefix) {
		name = internalPrefix + name
		d.adjust("name", "internal_prefix", "")
	}
	now := s.now().UTC().Format(stampLayout)
	d.set("name", name)
	d.set("visibility", map[bool]string{false: "public", true: "internal"}[t.GetInternal()])
	d.token("description", t.GetDescription().GetText())
	d.picture("feature_image", t.GetImage())
	d.set("accent_color", orNull(t.GetColor()))
	d.seo("", t.GetSeo())
	d.token("canonical_url", t.GetSeo().GetCanonicalUrl())
	d.code(t.GetCodeInjection())
	if !d.known {
		d.set("created_at", now)
	}
	d.set("created_by", d.owner)
	d.set("updated_at", now)
	d.set("updated_by", d.owner)
}

// adoptTags lets a tag of the same slug and name stand for a record: a category and a tag "News" of another system are one
// tag here. Of the same slug but another name, it is another tag.
func (s *Site) adoptTags(ctx context.Context, u *cms.Unit, ds []*draft) error {
	slugs := make([]string, len(ds))
	for i, d := range ds {
		slugs[i] = tagSlug(d)
	}
	in, args := cmssql.In(slugs)
	rows, err := cmssql.Rows(ctx, u.Tx, "SELECT `id`, `slug`, `name` FROM `tags` WHERE `slug` IN "+in, args...)
	if err != nil {
		return fmt.Errorf("look for tags: %w", err)
	}
	key := func(slug, name string) string { return lower(slug) + "\x00" + lower(name) }
	holder := map[string]string{}
	for _, r := range rows {
		holder[key(r.Text("slug"), r.Text("name"))] = r.Text("id")
	}
	var adopted []string
	first := map[string]*draft{}
	of := func(i int) string { return holder[key(slugs[i], ds[i].cols["name"].(string))] }
	for i, d := range ds {
		k := key(slugs[i], d.cols["name"].(string))
		switch id, there := holder[k]; {
		case d.done, d.known:
		case there:
			adopted = append(adopted, id)
		case first[k] == nil:
			first[k] = d
		default:
			d.adopt(first[k].id, first[k].rec, holdsOf(kindTerm))
		}
	}
	return s.adoptRows(ctx, u, kindTerm, adopted, ds, of)
}
