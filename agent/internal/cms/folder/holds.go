package folder

import (
	"strings"
	"sync"

	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// held are the fields that a folder holds. Left out is what must not stand in files that are often public: passwords, and the
// addresses of those who wrote comments.
var held = map[cms.Kind]string{
	kindSite: "title tagline language timezone date_format time_format week_start_plus_one per_page front_page posts_page icon logo cover accent_color permalink_pattern " +
		"default_term social code_injection seo default_comments",
	kindUser: "login email display_name first_name last_name nickname slug url bio registered roles account disabled avatar cover social location seo locale uuid",
	kindTerm: "taxonomy name slug description parent internal image color seo code_injection position path",
	kindMedia: "title slug alt caption description mime author attached_to created modified files.role files.size_name files.bytes files.mime files.width files.height files.missing " +
		"width height comments pings position details external_url guid status",
	kindEntry: "type purpose status title slug content excerpt authors terms parent position published modified created password comments pings featured format template image seo " +
		"code_injection visibility guid uuid hide_title_and_image email_only mime path",
	kindComment: "entry parent user author_name author_url created status type content karma modified",
	kindMenu: "slug items.id items.parent_id items.position items.title items.target items.url items.type items.object items.window items.classes items.xfn items.title_attr " +
		"items.description items.hidden items.fields items.created",
	kindRedirect: "from_path to to_url code",
}

var filled = map[cms.Kind]string{
	kindUser: "slug display_name account", kindTerm: "slug name path", kindMedia: "mime files.mime", kindEntry: "type purpose slug visibility status path",
	kindComment: "status type", kindMenu: "slug items.type items.id items.position", kindRedirect: "code",
}

var rule, skip = cms.Rule, cms.Skip

var rules = map[cms.Kind][]*agentv1.ValueRule{
	kindSite: {rule("base_url", "*", "", "")},
	kindEntry: {skip("purpose", "revision", "revision_not_held"), skip("purpose", "system", "system_not_held"),
		rule("visibility", "public", "public", ""), rule("visibility", "unspecified", "public", "")},
	kindComment:  {skip("status", "spam", "spam_not_held"), skip("status", "trashed", "trashed_not_held"), skip("status", "entry_trashed", "trashed_not_held")},
	kindRedirect: {skip("pattern", "true", "redirect_pattern_not_held"), skip("disabled", "true", "redirect_disabled")},
}

var markups = map[cms.Kind][]string{kindTerm: {"markdown"}, kindComment: {"html"}}

// kinds says of every kind what a folder of a flavour can hold of it.
func kinds(flavour string) []*agentv1.KindInfo {
	var all []*agentv1.KindInfo
	for _, k := range record.Kinds {
		addressable := k == kindSite || k == kindEntry || k == kindTerm || k == kindMedia
		all = append(all, &agentv1.KindInfo{Kind: k, Readable: true, Writable: true, Addressable: addressable, Holds: holds()[flavour][k]})
	}
	return all
}

// homes say where custom fields are where they are held.
var homes = map[bool]string{true: "the front matter or data file"}

// holds are the same messages on every call: what is made of them is remembered.
var holds = sync.OnceValue(func() map[string]map[cms.Kind]*agentv1.Holds {
	all := map[string]map[cms.Kind]*agentv1.Holds{}
	for flavour, shape := range shapes {
		all[flavour] = map[cms.Kind]*agentv1.Holds{}
		for _, k := range record.Kinds {
			all[flavour][k] = &agentv1.Holds{Fields: strings.Fields(held[k]), Fills: strings.Fields(filled[k]), Markups: markups[k], Values: rules[k], CustomFields: k != recordv1.Kind_KIND_MENU, FieldsHome: homes[k != recordv1.Kind_KIND_MENU]}
		}
		all[flavour][kindEntry].Markups, all[flavour][kindEntry].Languages = shape.markups, true
	}
	return all
})
