package modx

import (
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// reasons say why a kind is not read or not written.
var reasons = map[string]string{
	"term":     "MODX itself has no terms: categories sort templates and code, and tags are values of template variables, which travel with the entry",
	"menu":     "MODX keeps no menus: visitors navigate by the tree of resources, which is written with the entries; menus are read from it",
	"comment":  "MODX itself has no comments; extras keep them in tables of their own",
	"redirect": "a redirect of MODX is a resource (weblink), read as an entry of the type weblink; written as one where friendly addresses are on",
}

func kinds(friendly bool) []*agentv1.KindInfo {
	var all []*agentv1.KindInfo
	for _, k := range record.Kinds {
		info := &agentv1.KindInfo{Kind: k, Reason: reasons[record.KindName(k)], Addressable: k == kindEntry || k == kindMedia || k == kindSite}
		info.Readable = info.Reason == "" || k == kindMenu
		info.Writable = info.Reason == "" || k == kindRedirect && friendly
		if info.Writable {
			info.Holds = holds[k]()
		}
		all = append(all, info)
	}
	return all
}

var holds = map[cms.Kind]func() *agentv1.Holds{kindSite: holdsSite, kindUser: holdsUser, kindMedia: holdsMedia, kindEntry: holdsEntry, kindRedirect: holdsRedirect}

var rule, skip = cms.Rule, cms.Skip

func holdsSite() *agentv1.Holds {
	// base_url is held in the sense that the target's own stays.
	h := &agentv1.Holds{Fields: []string{"title", "language", "base_url", "front_page", "fields." + contextsField, "fields." + templatesField, "fields." + variablesField},
		Fills: []string{"title", "language", "front_page", "fields." + contextsField, "fields." + templatesField, "fields." + variablesField}}
	for _, name := range append(append([]string{}, pageSettings...), urlSettings...) {
		h.Fields = append(h.Fields, "fields."+own+name)
		h.Fills = append(h.Fills, "fields."+own+name)
	}
	return h
}

func holdsUser() *agentv1.Holds {
	return &agentv1.Holds{
		Fields: strings.Fields("login email display_name url remark registered roles password account disabled avatar.url avatar.media"), CustomFields: true, FieldsHome: "the account's extended fields, as JSON",
		Limits: cms.Limits(map[string]uint32{"login": 100, "email": 100, "display_name": 100, "url": 191, "roles": 191}),
		Fills:  []string{"login", "display_name", "registered", "roles", "account", "password", "fields." + sudoField, "fields." + membershipsField},
	}
}

func holdsMedia() *agentv1.Holds {
	return &agentv1.Holds{
		Fields: strings.Fields("mime width height files.role files.bytes files.mime files.missing"),
		// What a file shows of itself.
		Fills: []string{"mime", "width", "height", "files.mime"},
		// A file is all there is.
		Values: []*agentv1.ValueRule{skip("files.missing", "true", "file_missing")},
	}
}

func holdsEntry() *agentv1.Holds {
	h := &agentv1.Holds{
		Fields: strings.Fields("type purpose status title slug content.text excerpt authors parent position published modified created template visibility mime " +
			"seo.title seo.description path"),
		CustomFields: true, FieldsHome: "template variables of the same name; else in the column properties, as JSON", Languages: true, Markups: []string{markup},
		Limits: cms.Limits(map[string]uint32{"title": 191, "slug": 191, "seo.title": 191}),
		Fills:  []string{"slug", "purpose", "authors", "created", "published", "visibility", "type", "content", "path", "fields." + uriField},
		Values: []*agentv1.ValueRule{skip("purpose", "fragment", "fragment_not_held"), skip("purpose", "system", "system_not_held"),
			skip("purpose", "revision", "revision_not_held"), rule("purpose", "page", "page", ""), rule("purpose", "*", "page", "purpose_folded")},
	}
	for _, t := range []string{typePage, typeWeblink, typeSymlink, typeStatic} {
		h.Values = append(h.Values, rule("type", t, t, ""))
	}
	h.Values = append(h.Values, rule("type", "*", typePage, "type_folded"))
	for _, st := range []string{"draft", "scheduled", "published", "trashed"} {
		h.Values = append(h.Values, rule("status", st, st, ""))
	}
	h.Values = append(h.Values, rule("status", "*", "draft", "status_lowered"))
	return h
}

func holdsRedirect() *agentv1.Holds {
	return &agentv1.Holds{Fields: []string{"from_path", "to", "to_url", "code", "disabled"}, Fills: []string{"code"},
		Values: []*agentv1.ValueRule{skip("pattern", "true", "redirect_pattern_not_held")}}
}
