package drupal

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

// ownKinds are the kinds that Drupal has, in writing order.
var ownKinds = []cms.Kind{kindSite, kindUser, kindTerm, kindMedia, kindEntry, kindComment, kindMenu, kindRedirect}

// heldFields are what Drupal holds of each kind, separated by blanks.
var heldFields = map[cms.Kind]string{
	kindSite:     "title tagline timezone week_start_plus_one front_page",
	kindUser:     "login email display_name registered roles password account disabled avatar.media avatar.alt locale",
	kindTerm:     "taxonomy name slug description.text parent internal position path",
	kindMedia:    "mime author created modified files.role files.bytes files.mime files.missing",
	kindEntry:    "type purpose status title slug content.text excerpt authors terms published created modified password comments featured image.media image.alt path",
	kindComment:  "entry parent user author_name author_email author_url author_ip created modified status type content.text",
	kindMenu:     "name slug description locations items.position items.title items.target items.url items.window items.classes items.title_attr items.xfn items.description items.hidden items.fields",
	kindRedirect: "from_path to to_url code disabled",
}

// filledFields are what Drupal fills when they are empty.
var filledFields = map[cms.Kind]string{
	kindSite:     "title timezone language week_start_plus_one base_url",
	kindUser:     "login display_name registered roles account locale uuid",
	kindTerm:     "slug path fields.description.format",
	kindMedia:    "title mime created modified files.mime",
	kindEntry:    "slug path published created modified uuid comments fields.body.format fields.promote",
	kindComment:  "created modified type fields.comment_body.format fields.subject",
	kindMenu:     "slug name items.position items.fields items.type",
	kindRedirect: "code",
}

var limits = map[cms.Kind]map[string]uint32{
	kindUser:     {"login": 60, "email": 254},
	kindTerm:     {"name": 255},
	kindEntry:    {"title": 255, "image.alt": 512},
	kindComment:  {"author_name": 60, "author_email": 64, "author_url": 255, "author_ip": 128},
	kindMenu:     {"items.title": 255, "items.description": 255},
	kindRedirect: {"from_path": 2048, "to_url": 2000},
}

func rule(field, value, becomes, loss string) *agentv1.ValueRule {
	return &agentv1.ValueRule{Field: field, Value: value, Becomes: becomes, Loss: loss}
}

func skip(field, value, loss string) *agentv1.ValueRule {
	return &agentv1.ValueRule{Field: field, Value: value, Skip: true, Loss: loss}
}

func valueRules() map[cms.Kind][]*agentv1.ValueRule {
	var entry []*agentv1.ValueRule
	for _, status := range []string{"pending", "scheduled", "private", "archived", "trashed", "unspecified"} {
		entry = append(entry, rule("status", status, "draft", "status_lowered"))
	}
	return map[cms.Kind][]*agentv1.ValueRule{
		kindEntry: append(entry, skip("purpose", "system", "system_not_held"), rule("type", "post", "article", "type_named_anew")),
		kindComment: {skip("status", "spam", "spam_not_held"), skip("status", "trashed", "trashed_not_held"), skip("status", "entry_trashed", "trashed_not_held"), rule("status", "hidden", "pending", "status_lowered"),
			rule("type", "comment", "comment", ""), rule("type", "*", "comment", "type_folded")},
		kindMenu:     {rule("items.type", "*", "", ""), rule("items.object", "*", "", "")},
		kindRedirect: {skip("pattern", "true", "redirect_pattern_not_held")},
	}
}

// kinds says of every kind what the driver can do with it.
func kinds(d Driver) []*agentv1.KindInfo {
	held := maps.Clone(holds())
	if d.Languages {
		held[kindTerm], held[kindEntry], held[kindMenu] = holdsLanguages(kindTerm), holdsLanguages(kindEntry), holdsLanguages(kindMenu)
	}
	if d.Library {
		held[kindMedia] = holdsLibrary()
	}
	if d.Private {
		held[kindMedia] = holdsPrivate(held[kindMedia])
	}
	d.more(held)
	var all []*agentv1.KindInfo
	for _, k := range ownKinds {
		all = append(all, &agentv1.KindInfo{Kind: k, Readable: true, Writable: true, Addressable: k == kindSite || k == kindUser || k == kindTerm || k == kindMedia || k == kindEntry, Holds: held[k]})
	}
	return all
}

// holdsLanguages is what is held of a kind where there are several languages. The same messages on every call, as holds.
func holdsLanguages(kind cms.Kind) *agentv1.Holds {
	h := proto.CloneOf(holds()[kind])
	h.Languages = true
	made, _ := languageHolds.LoadOrStore(kind, h)
	return made.(*agentv1.Holds)
}

var languageHolds sync.Map

// holdsLibrary is what is held of media that are media entities.
var holdsLibrary = sync.OnceValue(func() *agentv1.Holds {
	h := proto.CloneOf(holds()[kindMedia])
	h.Fields = append(h.Fields, "title", "alt", "width", "height", "external_url", "status")
	h.CustomFields = true
	h.Limits = []*agentv1.Limit{{Field: "alt", Chars: 512}, {Field: "title", Chars: 255}}
	h.Values = []*agentv1.ValueRule{rule("status", "*", "draft", "status_lowered")}
	return h
})

// holdsPrivate is what is held of media where some are not for everybody: who exactly may fetch them is for Drupal's modules to say.
func holdsPrivate(of *agentv1.Holds) *agentv1.Holds {
	return variant(of, "private", func(h *agentv1.Holds) {
		h.Fields = append(h.Fields, "visibility")
		h.Values = append(h.Values, rule("visibility", "public", "unspecified", ""), rule("visibility", "members", "members", ""), rule("visibility", "*", "members", "members_only_file"))
	})
}

// more adds what a site of any version can hold beside the rest: the texts that its formats show as they are stored, and books.
func (d Driver) more(held map[cms.Kind]*agentv1.Holds) {
	if d.Books {
		held[kindEntry] = variant(held[kindEntry], "books", func(h *agentv1.Holds) { h.Fields = append(h.Fields, "parent", "position") })
	}
	for _, k := range []cms.Kind{kindTerm, kindEntry, kindComment} {
		if len(d.Markups) > 0 {
			held[k] = variant(held[k], strings.Join(d.Markups, "\n"), func(h *agentv1.Holds) { h.Markups = append(h.Markups, d.Markups...) })
		}
	}
}

// variant is what is held where a site can do more: the same messages on every call, as holds.
func variant(of *agentv1.Holds, more string, add func(*agentv1.Holds)) *agentv1.Holds {
	type key struct {
		of   *agentv1.Holds
		more string
	}
	if made, ok := variants.Load(key{of, more}); ok {
		return made.(*agentv1.Holds)
	}
	h := proto.CloneOf(of)
	add(h)
	made, _ := variants.LoadOrStore(key{of, more}, h)
	return made.(*agentv1.Holds)
}

var variants sync.Map

// fieldsHomes: kinds whose entities can be given fields.
var fieldsHomes = map[cms.Kind]string{kindUser: "fields of accounts", kindTerm: "fields of the vocabulary", kindEntry: "fields of the content type",
	kindComment: "fields of the comment type"}

// holds are the same messages on every call: what is made of them is remembered.
var holds = sync.OnceValue(func() map[cms.Kind]*agentv1.Holds {
	rules := valueRules()
	all := map[cms.Kind]*agentv1.Holds{}
	for _, k := range ownKinds {
		h := &agentv1.Holds{Fields: strings.Fields(heldFields[k]), Fills: strings.Fields(filledFields[k]), Values: rules[k], CustomFields: fieldsHomes[k] != "", FieldsHome: fieldsHomes[k]}
		if k == kindEntry || k == kindComment {
			h.Markups = []string{"html"}
		}
		if k == kindTerm {
			h.Markups = []string{"html", "text"}
		}
		for _, field := range slices.Sorted(maps.Keys(limits[k])) {
			h.Limits = append(h.Limits, &agentv1.Limit{Field: field, Chars: limits[k][field]})
		}
		all[k] = h
	}
	return all
})
