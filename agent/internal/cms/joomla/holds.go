package joomla

import (
	"slices"
	"strings"
	"sync"

	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// heldFields are what Joomla holds of each kind, separated by blanks.
var heldFields = map[cms.Kind]string{
	kindSite:  "fields." + definitionsField + " fields." + groupsOfField,
	kindUser:  "login email display_name url bio registered roles password account disabled location locale",
	kindTerm:  "taxonomy name slug description.text parent internal position image.media image.url image.alt seo.description seo.noindex seo.nofollow",
	kindMedia: "mime width height files.role files.bytes files.mime files.missing",
	kindEntry: "type purpose status status_name title slug content.text authors terms parent position published modified created password featured " +
		"image visibility tiers hide_title_and_image seo.description seo.noindex seo.nofollow",
	kindMenu: "name slug description items.position items.title items.target items.url items.window items.classes items.title_attr items.hidden " +
		"items.fields",
	kindRedirect: "from_path to to_url code disabled",
}

// filledFields are what Joomla fills when they are empty; columns that records have no name for are added.
var filledFields = map[cms.Kind]string{
	kindSite:     "fields." + definitionsField + " fields." + groupsOfField,
	kindUser:     "login registered account password locale",
	kindTerm:     "slug position",
	kindMedia:    "mime width height files.mime",
	kindEntry:    "slug published created modified visibility authors terms position type purpose image",
	kindMenu:     "slug name items.position items.fields",
	kindRedirect: "code",
}

// extrasOf are the columns that records have no name for.
var extrasOf = map[cms.Kind][]extra{
	kindUser: userExtras, kindTerm: tagExtras, kindEntry: slices.Concat(articleExtras, frontExtras, moduleExtras, contactExtras, revisionExtras, []extra{{"version_data", jsonText, ""}, {"access", level, ""}, {"pages", jsonText, ""}, {"hidden", plainText, ""}}),
	kindRedirect: redirectExtras,
}

var limits = map[cms.Kind]map[string]uint32{
	kindUser:     {"login": 150, "email": 100, "display_name": 400},
	kindTerm:     {"name": 255, "seo.description": 1024},
	kindEntry:    {"title": 255},
	kindMenu:     {"name": 48, "description": 255, "items.title": 255},
	kindRedirect: {"from_path": 2048, "to_url": 2048},
}

var rule, skip, keep = cms.Rule, cms.Skip, cms.KeepValues

func valueRules() map[cms.Kind][]*agentv1.ValueRule {
	return map[cms.Kind][]*agentv1.ValueRule{
		kindUser: {rule("roles", "author", "contributor", "role_lowered"), rule("roles", "member", "subscriber", "")},
		// A file is nothing but itself.
		kindMedia: {skip("files.missing", "true", "file_missing")},
		kindTerm: append(keep("taxonomy", "category", "tag", "com_contact", "com_newsfeeds", "com_banners", "com_users"),
			rule("taxonomy", "*", "tag", "taxonomy_folded")),
		// What an item leads to says what its type and object are.
		kindMenu:     {rule("items.type", "*", "", ""), rule("items.object", "*", "", "")},
		kindRedirect: {skip("pattern", "true", "redirect_pattern_not_held")},
		kindEntry: append([]*agentv1.ValueRule{
			skip("purpose", "system", "system_not_held"), rule("purpose", "page", "article", "purpose_folded"),
			rule("status", "pending", "draft", "status_lowered"), rule("type", "page", "post", "type_folded")},
			append(keep("type", "post", typeModule, typeContact, typeRevision), rule("type", "*", "post", "type_folded"))...),
	}
}

// ownKinds are the kinds that Joomla has, in writing order.
var ownKinds = []cms.Kind{kindSite, kindUser, kindTerm, kindMedia, kindEntry, kindMenu, kindRedirect}

func kinds() []*agentv1.KindInfo {
	var all []*agentv1.KindInfo
	for _, k := range ownKinds {
		info := &agentv1.KindInfo{Kind: k, Readable: true, Writable: true, Addressable: k == kindSite || k == kindTerm || k == kindMedia || k == kindEntry, Holds: holdsOf(k)}
		all = append(all, info)
	}
	return append(all, &agentv1.KindInfo{Kind: recordv1.Kind_KIND_COMMENT, Reason: "Joomla itself has no comments"})
}

func holdsOf(kind cms.Kind) *agentv1.Holds { return holds()[kind] }

// fieldsHomes: kinds with custom fields, and redirects, whose columns come and go as such.
var fieldsHomes = map[cms.Kind]string{kindUser: "custom fields of accounts", kindTerm: "custom fields of the category", kindEntry: "custom fields of the article",
	kindRedirect: "the redirect's own columns"}

// holds are the same messages on every call: what is made of them is remembered.
var holds = sync.OnceValue(func() map[cms.Kind]*agentv1.Holds {
	rules := valueRules()
	all := map[cms.Kind]*agentv1.Holds{}
	for _, k := range ownKinds {
		h := &agentv1.Holds{Fields: strings.Fields(heldFields[k]), Fills: strings.Fields(filledFields[k]), Limits: cms.Limits(limits[k]), Values: rules[k],
			CustomFields: fieldsHomes[k] != "", FieldsHome: fieldsHomes[k], Languages: k == kindTerm || k == kindEntry}
		for _, x := range extrasOf[k] {
			h.Fills = append(h.Fills, "fields."+extraPrefix+x.col)
		}
		if k == kindEntry {
			h.Markups = []string{markup, "html"}
		}
		if k == kindTerm {
			h.Markups = []string{"html", "text"}
		}
		all[k] = h
	}
	return all
})
