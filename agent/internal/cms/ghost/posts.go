package ghost

import (
	"context"
	"fmt"
	"maps"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

var postColumns = []string{"id", "uuid", "title", "slug", "mobiledoc", "lexical", "html", "feature_image", "featured", "type", "status", "locale", "visibility",
	"created_at", "updated_at", "published_at", "custom_excerpt", "codeinjection_head", "codeinjection_foot", "custom_template", "canonical_url",
	"show_title_and_feature_image"}

var metaColumns = []string{"og_image", "og_title", "og_description", "twitter_image", "twitter_title", "twitter_description", "meta_title",
	"meta_description", "email_subject", "feature_image_alt", "feature_image_caption", "email_only", frontMatter}

// postRows are the rows that hang on posts, by post.
type postRows struct {
	authors, tags, tiers map[string][]row
}

func (s *Site) loadPosts(ctx context.Context, q cmssql.Querier, ids []string) (map[string]cms.Item, error) {
	in, args := cmssql.In(ids)
	meta := s.schema.list("posts_meta", "m", metaColumns...)
	rows, err := cmssql.Rows(ctx, q, "SELECT "+s.schema.list("posts", "p", postColumns...)+", "+meta+
		" FROM `posts` p LEFT JOIN `posts_meta` m ON m.`post_id` = p.`id` WHERE p.`id` IN "+in, args...)
	if err != nil {
		return nil, err
	}
	more, err := s.postRows(ctx, q, in, args)
	if err != nil {
		return nil, err
	}
	return itemsOf(kindEntry, "", rows, func(r row) (*recordv1.Record, []*agentv1.Path) {
		return &recordv1.Record{Locale: r.Text("locale"), Fields: fieldsOf(r.Text(frontMatter)), Body: &recordv1.Record_Entry{Entry: s.post(r, more)}}, postPaths(r)
	}), nil
}

func (s *Site) postRows(ctx context.Context, q cmssql.Querier, in string, args []any) (m postRows, err error) {
	for _, part := range []struct {
		to    *map[string][]row
		query string
	}{
		{&m.authors, "SELECT `post_id`, `author_id` FROM `posts_authors` WHERE `post_id` IN " + in + " ORDER BY `post_id`, `sort_order`, `id`"},
		{&m.tags, "SELECT `post_id`, `tag_id` FROM `posts_tags` WHERE `post_id` IN " + in + " ORDER BY `post_id`, `sort_order`, `id`"},
		{&m.tiers, "SELECT pp.`post_id`, p.`name` FROM `posts_products` pp JOIN `products` p ON p.`id` = pp.`product_id` WHERE pp.`post_id` IN " + in +
			" ORDER BY pp.`post_id`, pp.`sort_order`, pp.`id`"},
	} {
		if part.to == &m.tiers && !s.schema.Has("posts_products") {
			continue
		}
		rows, err := cmssql.Rows(ctx, q, part.query, args...)
		if err != nil {
			return m, fmt.Errorf("read what hangs on posts: %w", err)
		}
		*part.to = cmssql.By(rows, "post_id")
	}
	return m, nil
}

func (s *Site) post(r row, more postRows) *recordv1.Entry {
	id := r.Text("id")
	e := &recordv1.Entry{
		Type: r.Text("type"), Purpose: purposeOf(r.Text("type")), Title: r.Text("title"), Slug: r.Text("slug"), Content: bodyOf(r),
		Excerpt: r.Text("custom_excerpt"), Published: s.at(r, "published_at"), Modified: s.at(r, "updated_at"), Created: s.at(r, "created_at"),
		Featured: r.Flag("featured"), Template: r.Text("custom_template"), Image: s.featureImage(r), Seo: s.seoOf(r), CodeInjection: codeOf(r),
		Visibility: visibilityOf(r.Text("visibility")), Uuid: r.Text("uuid"), EmailOnly: r.Flag("email_only") || r.Text("status") == "sent",
		EmailSubject: r.Text("email_subject"), HideTitleAndImage: !r.Null("show_title_and_feature_image") && !r.Flag("show_title_and_feature_image"),
		Tiers: names(more.tiers[id]),
	}
	e.Status, e.StatusName = statusOf(r.Text("status"))
	for _, a := range more.authors[id] {
		e.Authors = append(e.Authors, record.NewRef(kindUser, a.Text("author_id")))
	}
	for _, t := range more.tags[id] {
		e.Terms = append(e.Terms, record.NewRef(kindTerm, t.Text("tag_id")))
	}
	return e
}

func purposeOf(typ string) recordv1.Purpose {
	if typ == "page" {
		return recordv1.Purpose_PURPOSE_PAGE
	}
	return recordv1.Purpose_PURPOSE_ARTICLE
}

// bodyOf is the text as its editor keeps it, with the HTML that the site shows. Text that came without an editor's form is HTML.
func bodyOf(r row) *recordv1.Body {
	for _, markup := range []string{"lexical", "mobiledoc"} {
		if text := r.Text(markup); text != "" {
			return &recordv1.Body{Markup: markup, Text: text, Html: r.Text("html")}
		}
	}
	if html := r.Text("html"); html != "" {
		return &recordv1.Body{Markup: "html", Text: html}
	}
	return nil
}

// statusOf reads a status. A post that was sent by mail only is "sent": published, and EmailOnly.
func statusOf(word string) (recordv1.Status, string) {
	switch word {
	case "published", "sent":
		return recordv1.Status_STATUS_PUBLISHED, ""
	case "draft":
		return recordv1.Status_STATUS_DRAFT, ""
	case "scheduled":
		return recordv1.Status_STATUS_SCHEDULED, ""
	}
	return recordv1.Status_STATUS_UNSPECIFIED, word
}

var visibilities = map[string]recordv1.Visibility{"public": recordv1.Visibility_VISIBILITY_PUBLIC, "members": recordv1.Visibility_VISIBILITY_MEMBERS,
	"paid": recordv1.Visibility_VISIBILITY_PAID, "tiers": recordv1.Visibility_VISIBILITY_TIERS}

// visibilityOf reads who may read a post. A word that is not known is none that lets everybody in.
func visibilityOf(word string) recordv1.Visibility {
	if v, ok := visibilities[word]; ok {
		return v
	}
	return recordv1.Visibility_VISIBILITY_TIERS
}

func (s *Site) featureImage(r row) *recordv1.Image {
	img := s.image(r.Text("feature_image"))
	alt, caption := r.Text("feature_image_alt"), r.Text("feature_image_caption")
	if img == nil && alt == "" && caption == "" {
		return nil
	}
	if img == nil {
		img = &recordv1.Image{}
	}
	img.Alt, img.Caption = alt, caption
	return img
}

// postPaths: the preview's address works for drafts, and leads to the post once it is published.
func postPaths(r row) []*agentv1.Path {
	preview := address("/p/" + r.Text("uuid") + "/")
	switch r.Text("status") {
	case "sent":
		return []*agentv1.Path{address(postPath(r)), preview}
	case "published":
		return []*agentv1.Path{address(postPath(r)), preview, address("/email/" + r.Text("uuid") + "/")}
	}
	return []*agentv1.Path{address(postPath(r)), preview}
}

// loadRevisions reads older versions of posts, of either editor.
func (s *Site) loadRevisions(ctx context.Context, q cmssql.Querier, ids []string) (map[string]cms.Item, error) {
	in, args := cmssql.In(ids)
	items := make(map[string]cms.Item, len(ids))
	for _, t := range revisionTables {
		if !s.schema.Has(t.name) {
			continue
		}
		rows, err := cmssql.Rows(ctx, q, "SELECT "+s.schema.list(t.name, "r", "id", "post_id", "lexical", "mobiledoc", "created_at", "author_id", "title",
			"feature_image", "feature_image_alt", "feature_image_caption", "custom_excerpt")+" FROM `"+t.name+"` r WHERE r.`id` IN "+in, args...)
		if err != nil {
			return nil, err
		}
		maps.Copy(items, itemsOf(kindEntry, t.prefix, rows, func(r row) (*recordv1.Record, []*agentv1.Path) {
			return &recordv1.Record{Body: &recordv1.Record_Entry{Entry: s.revision(r)}}, nil
		}))
	}
	return items, nil
}

func (s *Site) revision(r row) *recordv1.Entry {
	e := &recordv1.Entry{
		Type: "revision", Purpose: recordv1.Purpose_PURPOSE_REVISION, Status: recordv1.Status_STATUS_DRAFT, Title: r.Text("title"), Content: bodyOf(r),
		Excerpt: r.Text("custom_excerpt"), Image: s.featureImage(r), Created: s.at(r, "created_at"), Modified: s.at(r, "created_at"),
		Parent: record.NewRef(kindEntry, r.Text("post_id")),
	}
	if a := r.Text("author_id"); a != "" {
		e.Authors = []*recordv1.Ref{record.NewRef(kindUser, a)}
	}
	return e
}
