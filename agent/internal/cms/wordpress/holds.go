package wordpress

import (
	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// kindInfos say what WordPress can hold. Widths are those of its schema (wp-admin/includes/schema.php).
func kindInfos(d Driver) []*agentv1.KindInfo {
	holds := map[recordv1.Kind]*agentv1.Holds{
		recordv1.Kind_KIND_SITE: holdsSite(), recordv1.Kind_KIND_USER: holdsUser(), recordv1.Kind_KIND_TERM: holdsTerm(),
		recordv1.Kind_KIND_MEDIA: holdsMedia(), recordv1.Kind_KIND_ENTRY: holdsEntry(), recordv1.Kind_KIND_COMMENT: holdsComment(),
		recordv1.Kind_KIND_MENU: holdsMenu(),
	}
	if d.Redirects {
		holds[recordv1.Kind_KIND_REDIRECT] = holdsRedirect()
	}
	var all []*agentv1.KindInfo
	for _, k := range record.Kinds {
		if d.Multilingual && holdsLanguages(k) {
			holds[k].Languages = true
			holds[k].Fills = append(holds[k].Fills, "locale")
		}
		info := &agentv1.KindInfo{Kind: k, Holds: holds[k], Readable: holds[k] != nil, Writable: holds[k] != nil}
		switch k {
		case recordv1.Kind_KIND_REDIRECT:
			if !d.Redirects {
				info.Reason = "WordPress itself keeps no redirects, the plugin Redirection does (its tables, since its version 4); former slugs travel as the custom field _wp_old_slug"
			}
		case recordv1.Kind_KIND_COMMENT, recordv1.Kind_KIND_MENU:
		default:
			info.Addressable = true
		}
		all = append(all, info)
	}
	return all
}

// holdsLanguages says that plugins keep languages of a kind.
func holdsLanguages(k cms.Kind) bool {
	return k == recordv1.Kind_KIND_TERM || k == recordv1.Kind_KIND_MEDIA || k == recordv1.Kind_KIND_ENTRY
}

func chars(field string, n uint32) *agentv1.Limit      { return &agentv1.Limit{Field: field, Chars: n} }
func limitBytes(field string, n uint32) *agentv1.Limit { return &agentv1.Limit{Field: field, Bytes: n} }

var rule = cms.Rule

func holdsSite() *agentv1.Holds {
	h := &agentv1.Holds{
		// base_url is held in the sense that the target's own stays; see writeSite.
		Fields: []string{"title", "tagline", "base_url", "language", "timezone", "date_format", "time_format", "week_start_plus_one", "per_page", "front_page",
			"posts_page", "icon.media", "logo.media", "permalink_pattern", "default_term", "default_comments"},
		Fills: []string{"title", "tagline", "language", "timezone", "date_format", "time_format", "week_start_plus_one", "per_page", "icon", "logo",
			"permalink_pattern", "default_term", "default_comments"},
	}
	for _, n := range fieldOptions {
		h.Fields = append(h.Fields, "fields."+n)
		h.Fills = append(h.Fills, "fields."+n)
	}
	return h
}

func holdsUser() *agentv1.Holds {
	h := &agentv1.Holds{
		Fields: []string{"login", "email", "display_name", "first_name", "last_name", "nickname", "slug", "url", "bio", "registered", "roles",
			"capabilities", "password", "account", "disabled", "social", "locale"},
		CustomFields: true, FieldsHome: "the account's meta data (table usermeta)",
		Limits: []*agentv1.Limit{chars("login", 60), chars("email", 100), chars("url", 100), chars("display_name", 250)},
		Fills:  []string{"login", "display_name", "nickname", "slug", "registered", "roles", "account", "password"},
	}
	for _, r := range coreRoles {
		h.Values = append(h.Values, rule("roles", r, r, ""))
	}
	h.Values = append(h.Values, rule("roles", "member", "subscriber", ""), rule("roles", "*", "subscriber", "role_lowered"))
	for _, d := range userDefaults {
		h.Fills = append(h.Fills, "fields."+d[0])
	}
	return h
}

func holdsTerm() *agentv1.Holds {
	return &agentv1.Holds{
		Fields: []string{"taxonomy", "name", "slug", "description.text", "parent", "internal"}, CustomFields: true, FieldsHome: "the term's meta data (table termmeta)", Markups: []string{"html"},
		Limits: []*agentv1.Limit{chars("taxonomy", 32), chars("name", 200)},
		Fills:  []string{"slug"},
		Values: []*agentv1.ValueRule{rule("shared_id", "*", "", "")},
	}
}

func holdsMedia() *agentv1.Holds {
	return &agentv1.Holds{
		Fields: []string{"title", "slug", "alt", "caption", "description", "mime", "author", "attached_to", "created", "modified", "files", "width", "height",
			"comments", "pings", "position", "details", "external_url", "guid", "status"},
		CustomFields: true, FieldsHome: "the file's meta data (table postmeta)",
		Limits: []*agentv1.Limit{chars("mime", 100), chars("guid", 255), limitBytes("title", 65535), limitBytes("caption", 65535), chars("status", 20)},
		// The library lists no others. (wp-admin/includes/post.php, wp_edit_attachments_query_vars)
		Values: []*agentv1.ValueRule{rule("status", "private", "private", ""), rule("status", "trash", "trash", ""), rule("status", "inherit", "inherit", ""),
			rule("status", "*", "private", "status_lowered")},
		Fills: []string{"slug", "guid", "created", "modified", "comments", "pings", "details", "author"},
	}
}

func holdsEntry() *agentv1.Holds {
	h := &agentv1.Holds{
		Fields: []string{"type", "purpose", "status", "status_name", "title", "slug", "content.text", "excerpt", "authors", "terms", "parent",
			"position", "published", "modified", "password", "comments", "pings", "featured", "format", "template", "image.media", "visibility", "tiers", "guid", "mime",
			"seo.noindex", "seo.nofollow", "seo.og_image.media", "seo.og_image.url", "seo.twitter_image.media", "seo.twitter_image.url"},
		CustomFields: true, FieldsHome: "the post's meta data (table postmeta)", Markups: []string{"wordpress", "html"},
		Limits: []*agentv1.Limit{chars("type", 20), chars("status_name", 20), chars("guid", 255), chars("password", 255), chars("mime", 100),
			limitBytes("title", 65535), limitBytes("excerpt", 65535)},
		Values: []*agentv1.ValueRule{rule("status", "archived", "draft", "status_changed"), rule("visibility", "public", "unspecified", "")},
		Fills: []string{"slug", "guid", "published", "modified", "comments", "pings", "authors", "terms", "status", "type", "purpose", "seo.og_image.url",
			"seo.twitter_image.url"},
	}
	for _, t := range yoastTexts {
		h.Fields = append(h.Fields, t.path)
	}
	return h
}

func holdsComment() *agentv1.Holds {
	return &agentv1.Holds{
		Fields: []string{"entry", "parent", "user", "author_name", "author_email", "author_url", "author_ip", "agent", "created", "status", "type", "content.text",
			"karma"},
		CustomFields: true, FieldsHome: "the comment's meta data (table commentmeta)", Markups: []string{"html"},
		Values: []*agentv1.ValueRule{rule("status", "hidden", "pending", "status_changed")},
		Limits: []*agentv1.Limit{limitBytes("author_name", 255), chars("author_email", 100), chars("author_url", 200), chars("author_ip", 100),
			chars("agent", 255), chars("type", 20), limitBytes("content", 65535)},
		Fills: []string{"type", "status", "created"},
	}
}

func holdsMenu() *agentv1.Holds {
	return &agentv1.Holds{
		Fields: []string{"name", "slug", "locations", "items", "description"},
		Limits: []*agentv1.Limit{chars("name", 200)},
		Fills:  []string{"slug", "items.type", "items.object", "items.created", "items.position"},
	}
}

func holdsRedirect() *agentv1.Holds {
	h := &agentv1.Holds{
		Fields: []string{"from_path", "to", "to_url", "code", "pattern", "disabled"},
		Limits: []*agentv1.Limit{chars("from_path", 2000)},
		Fills:  []string{"code"},
	}
	for _, c := range redirectColumns {
		h.Fields, h.Fills = append(h.Fields, "fields."+redirectExtra+c.name), append(h.Fills, "fields."+redirectExtra+c.name)
	}
	return h
}
