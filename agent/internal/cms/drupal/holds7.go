package drupal

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

// heldFields7 are the fields that Drupal 7 holds of each kind, separated by blanks.
var heldFields7 = map[cms.Kind]string{
	kindSite:     "title tagline timezone per_page week_start_plus_one front_page",
	kindUser:     "login email slug registered roles password account disabled locale avatar.media",
	kindTerm:     "taxonomy name slug description.text parent position path",
	kindMedia:    "title mime author created status files.role files.bytes files.mime files.missing",
	kindEntry:    "type purpose status title slug content.text excerpt authors terms published modified created password comments featured image.media image.alt visibility tiers path",
	kindComment:  "entry parent user author_name author_email author_url author_ip created modified status type content.text",
	kindMenu:     "name slug description locations items.position items.title items.target items.url items.window items.classes items.xfn items.title_attr items.hidden items.fields",
	kindRedirect: "from_path to to_url code disabled",
}

// filledFields7 are what Drupal 7 fills when they are empty.
var filledFields7 = map[cms.Kind]string{
	kindSite:     "title tagline timezone per_page week_start_plus_one front_page",
	kindUser:     "login registered account password roles slug locale fields.timezone",
	kindTerm:     "slug path fields.description.format",
	kindMedia:    "title mime author created files.mime files.bytes",
	kindEntry:    "path authors published modified created comments visibility purpose fields.body.format fields.promote",
	kindComment:  "modified created type fields.subject fields.comment_body.format",
	kindMenu:     "slug name items.title items.position locations",
	kindRedirect: "code",
}

var limits7 = map[cms.Kind]map[string]uint32{
	kindUser:     {"login": 60, "email": 254},
	kindTerm:     {"name": 255},
	kindMedia:    {"title": 255, "mime": 255},
	kindEntry:    {"title": 255, "image.alt": 512},
	kindComment:  {"author_name": 60, "author_email": 64, "author_url": 255, "author_ip": 128},
	kindMenu:     {"name": 255, "items.title": 255},
	kindRedirect: {"from_path": 255, "to_url": 255},
}

func valueRules7() map[cms.Kind][]*agentv1.ValueRule {
	return map[cms.Kind][]*agentv1.ValueRule{
		kindUser: {rule("roles", "member", plainAccount, "")},
		// What was private must not lie in the folder that everybody may read.
		kindMedia: {skip("status", "private", "private_file_not_moved"), rule("status", "*", "", "file_made_permanent")},
		kindEntry: {
			skip("purpose", "system", "system_not_held"), skip("purpose", "revision", "revision_not_held"),
			rule("status", "pending", "draft", "status_lowered"), rule("status", "scheduled", "draft", "status_lowered"), rule("status", "private", "draft", "status_lowered"),
			rule("status", "archived", "draft", "status_lowered"), rule("status", "trashed", "draft", "status_lowered"), rule("status", "unspecified", "draft", "status_lowered"),
			rule("type", "post", "article", "type_named_anew"), rule("visibility", "public", "unspecified", ""),
		},
		kindComment: {
			rule("status", "spam", "pending", "status_lowered"), rule("status", "trashed", "pending", "status_lowered"), rule("status", "entry_trashed", "pending", "status_lowered"),
			rule("status", "hidden", "pending", "status_lowered"), rule("status", "unspecified", "pending", "status_lowered"),
			rule("type", "comment", "comment", ""), rule("type", "", "comment", ""), rule("type", "*", "comment", "type_folded"),
		},
		kindRedirect: {skip("pattern", "true", "redirect_pattern_not_held")},
	}
}

// holds7 are the same messages on every call: what is made of them is remembered.
var holds7 = sync.OnceValue(func() map[cms.Kind]*agentv1.Holds {
	rules := valueRules7()
	all := map[cms.Kind]*agentv1.Holds{}
	for _, k := range ownKinds {
		h := &agentv1.Holds{Fields: strings.Fields(heldFields7[k]), Fills: strings.Fields(filledFields7[k]), Values: rules[k],
			CustomFields: fieldsHomes[k] != "", FieldsHome: fieldsHomes[k], Languages: k == kindEntry}
		switch k {
		case kindTerm, kindEntry, kindComment:
			h.Markups = []string{"html", markupText}
		}
		for _, field := range slices.Sorted(maps.Keys(limits7[k])) {
			h.Limits = append(h.Limits, &agentv1.Limit{Field: field, Chars: limits7[k][field]})
		}
		all[k] = h
	}
	return all
})

// kinds7 says of every kind what the driver can do with it in Drupal 7.
func kinds7(d Driver) []*agentv1.KindInfo {
	held := maps.Clone(holds7())
	if d.Private {
		held[kindMedia] = holdsPrivate(held[kindMedia])
	}
	d.more(held)
	var all []*agentv1.KindInfo
	for _, k := range ownKinds {
		h := held[k]
		all = append(all, &agentv1.KindInfo{Kind: k, Readable: true, Writable: true, Addressable: k == kindSite || k == kindUser || k == kindTerm || k == kindMedia || k == kindEntry, Holds: h})
	}
	return all
}
