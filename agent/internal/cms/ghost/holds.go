package ghost

import (
	"strings"
	"sync"

	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

// seoFields are held by posts and tags; noindex, nofollow and focus keyword are not.
const seoFields = "seo.title seo.description seo.canonical_url seo.og_title seo.og_description seo.og_image.media seo.og_image.url " +
	"seo.twitter_title seo.twitter_description seo.twitter_image.media seo.twitter_image.url "

// plainImage are the fields of a picture without alt text and caption.
func plainImage(fields ...string) string {
	var b strings.Builder
	for _, f := range fields {
		b.WriteString(f + ".media " + f + ".url ")
	}
	return b.String()
}

// heldFields are what Ghost holds of each kind, separated by blanks.
var heldFields = map[cms.Kind]string{
	kindSite: "title tagline language timezone accent_color social code_injection default_comments " + plainImage("icon", "logo", "cover") +
		strings.ReplaceAll(seoFields, "seo.canonical_url ", "") + "fields." + strings.Join(extraSettings, " fields."),
	kindUser: "email display_name slug url bio registered roles password account disabled social location seo.title seo.description labels newsletters " +
		"membership remark uuid " + plainImage("avatar", "cover"),
	kindTerm:  "taxonomy name slug description internal color code_injection " + plainImage("image") + seoFields,
	kindMedia: "mime width height files.role files.bytes files.mime files.missing",
	kindEntry: "type purpose status title slug content excerpt authors terms published modified created password featured template image code_injection " +
		"visibility tiers uuid hide_title_and_image email_only email_subject " + seoFields,
	kindComment:  "entry parent user created modified status type content",
	kindMenu:     "name slug locations items.title items.url items.target items.position items.type",
	kindRedirect: "from_path to to_url code pattern",
}

// filledFields are what Ghost fills when they are empty.
var filledFields = map[cms.Kind]string{
	kindSite: heldFields[kindSite],
	kindUser: "display_name slug registered roles password account membership uuid email",
	kindTerm: "slug name",
	// What a file shows of itself.
	kindMedia:    "mime width height files.mime",
	kindEntry:    "content title slug published modified created visibility uuid purpose authors",
	kindComment:  "created modified type",
	kindMenu:     "name slug locations items.title items.position items.type",
	kindRedirect: "code",
}

// fieldsHomes: of all tables only posts_meta has a column that is for whatever a post brings along.
var fieldsHomes = map[cms.Kind]string{kindEntry: "the column frontmatter of table posts_meta, as JSON"}

// markups: an entry in HTML alone would be shown, but Ghost empties it when anybody saves it.
var markups = map[cms.Kind]string{kindEntry: "lexical mobiledoc", kindTerm: "html", kindComment: "html"}

// limits are the widths of columns in characters (schema of 5.130).
var limits = map[cms.Kind]map[string]uint32{
	kindUser: {"display_name": 191, "email": 191, "url": 2000, "seo.title": 2000, "seo.description": 2000, "remark": 2000, "labels": 191, "newsletters": 191},
	kindTerm: {"name": 190, "color": 50, "seo.title": 2000, "seo.description": 2000, "seo.og_title": 300, "seo.og_description": 500, "seo.twitter_title": 300,
		"seo.twitter_description": 500, "seo.canonical_url": 2000},
	kindEntry: {"title": 2000, "excerpt": 2000, "template": 100, "image.alt": 191, "seo.title": 2000, "seo.description": 2000, "seo.og_title": 300,
		"seo.og_description": 500, "seo.twitter_title": 300, "seo.twitter_description": 500, "email_subject": 300},
}

var rule, skip, keep = cms.Rule, cms.Skip, cms.KeepValues

func valueRules() map[cms.Kind][]*agentv1.ValueRule {
	return map[cms.Kind][]*agentv1.ValueRule{
		// Never written to a target, and nothing to be lost.
		kindSite: {rule("base_url", "*", "", "")},
		kindUser: append(keep("roles", "administrator", "super editor", "editor", "author", "contributor", "member"),
			rule("roles", "subscriber", "member", ""), rule("roles", "customer", "member", ""), rule("roles", "*", "member", "role_lowered"),
			rule("membership", "paid", "comped", "payment_not_moved")),
		// An image is nothing but its file.
		kindMedia: {skip("files.missing", "true", "file_missing")},
		kindTerm:  append(keep("taxonomy", "tag"), rule("taxonomy", "*", "tag", "taxonomy_folded")),
		kindEntry: append(append([]*agentv1.ValueRule{
			skip("purpose", "fragment", "fragment_not_held"), skip("purpose", "system", "system_not_held"), skip("purpose", "revision", "revision_not_held"),
			rule("purpose", "custom", "article", "purpose_folded"), skip("status", "trashed", "trashed_not_held")},
			keep("status", "draft", "scheduled", "published")...),
			append(append([]*agentv1.ValueRule{rule("status", "unspecified", "draft", "status_lowered"), rule("status", "*", "draft", "status_lowered")},
				keep("type", "post", "page")...), rule("type", "*", "post", "type_folded"))...),
		kindComment: append(append([]*agentv1.ValueRule{
			skip("status", "spam", "spam_not_held"), skip("status", "trashed", "trashed_not_held"), skip("status", "entry_trashed", "trashed_not_held")},
			keep("status", "approved", "hidden")...),
			rule("status", "unspecified", "hidden", "status_lowered"), rule("status", "*", "hidden", "status_lowered"),
			rule("type", "comment", "comment", ""), rule("type", "", "comment", ""),
			skip("type", "pingback", "pingback_not_held"), skip("type", "trackback", "pingback_not_held"), skip("type", "*", "comment_type_not_held")),
		// The two menus have fixed names; what an item points to says what its type and object are.
		kindMenu: append(append(append(keep("name", menuSlots[0].name, menuSlots[1].name), rule("name", "*", "", "menu_name_not_held")),
			append(keep("slug", menuSlots[0].id, menuSlots[1].id), rule("slug", "*", "", ""))...),
			append(keep("items.type", "custom"), rule("items.type", "*", "", ""), rule("items.object", "*", "", ""))...),
		kindRedirect: {skip("disabled", "true", "redirect_disabled")},
	}
}

// ownKinds are the kinds that Ghost has, in writing order.
var ownKinds = []cms.Kind{kindSite, kindUser, kindTerm, kindMedia, kindEntry, kindComment, kindMenu}

// kinds says of every kind what Ghost can do with it. Callers may fill the infos in; the Holds within are shared.
func kinds(redirects bool) []*agentv1.KindInfo {
	var all []*agentv1.KindInfo
	for _, k := range ownKinds {
		all = append(all, &agentv1.KindInfo{Kind: k, Readable: true, Writable: true, Addressable: k != kindMenu && k != kindComment, Holds: holdsOf(k)})
	}
	last := &agentv1.KindInfo{Kind: kindRedirect, Readable: redirects, Writable: redirects}
	if last.Holds = holdsOf(kindRedirect); !redirects {
		last.Reason, last.Holds = "Ghost keeps redirects in a file of its content folder (data/redirects.yaml), read and written where that is in reach", nil
	}
	return append(all, last)
}

// holdsOf is what Ghost holds of a kind.
func holdsOf(kind cms.Kind) *agentv1.Holds { return holds()[kind] }

// holds are the same messages on every call: what is made of them is remembered.
var holds = sync.OnceValue(func() map[cms.Kind]*agentv1.Holds {
	rules := valueRules()
	all := map[cms.Kind]*agentv1.Holds{}
	for _, k := range append(ownKinds[:len(ownKinds):len(ownKinds)], kindRedirect) {
		home := fieldsHomes[k]
		h := &agentv1.Holds{CustomFields: home != "", FieldsHome: home, FieldsPublic: home != "", Fields: strings.Fields(heldFields[k]), Fills: strings.Fields(filledFields[k]), Markups: strings.Fields(markups[k]), Limits: cms.Limits(limits[k]), Values: rules[k]}
		all[k] = h
	}
	return all
})
