package modx

import (
	"testing"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/cmstest"
	"github.com/baileybridge/bailey/agent/internal/cms/modx/modxtest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

func TestConformance2(t *testing.T) { conform(t, false) }

func TestConformance3(t *testing.T) { conform(t, true) }

func conform(t *testing.T, three bool) {
	t.Parallel()
	cmstest.Run(t, cmstest.Harness{
		Driver: Driver{Friendly: true}, Prefix: "modx_", Unusual: "Mx-2_y_", Entry: typePage,
		Source: func(t *testing.T, _ cmssql.Dialect, prefix string) cms.Settings {
			s := modxtest.New(t, three, prefix)
			s.Fill(t)
			return s.Settings
		},
		Target: func(t *testing.T, _ cmssql.Dialect, prefix string) cms.Settings {
			s := modxtest.New(t, three, prefix)
			s.Exec(t, "INSERT INTO {context} (`key`, name) VALUES ('fr', 'Français')")
			s.Exec(t, "INSERT INTO {context_setting} (context_key, `key`, value) VALUES ('fr', 'cultureKey', 'fr')")
			s.Variables(t)
			s.Settings.Writable = true
			return s.Settings
		},
		Large:   "UPDATE {site_content} SET content = LEFT({text}, 16777215), introtext = LEFT({text}, 60000) WHERE id IN (SELECT id FROM (SELECT DISTINCT id FROM {site_content}  ORDER BY id LIMIT 2) x)",
		Poison:  map[cms.Kind]cmstest.Column{kindEntry: {Table: "site_content", Column: "pagetitle"}, kindUser: {Table: "user_attributes", Column: "fullname"}},
		Records: ownRecords(),
		Absent:  map[string]string{cmstest.NumericIDs: "MODX's ids are 32 bits wide"},
	})
}

// ownRecords are cases that only MODX has: links, states, frozen addresses, contexts, variables, fields of other platforms.
func ownRecords() []*recordv1.Record {
	page := func(id, kind string, fields ...*recordv1.Field) *recordv1.Record {
		return &recordv1.Record{Ref: ref(kindEntry, id), Fields: fields, Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{Type: kind, Purpose: recordv1.Purpose_PURPOSE_PAGE,
			Status: recordv1.Status_STATUS_PUBLISHED, Title: "Title of " + id, Slug: "alias-" + id, Content: &recordv1.Body{Markup: markup}, Visibility: recordv1.Visibility_VISIBILITY_PUBLIC,
			Published: instant(1_500_000_000), Created: instant(1_400_000_000)}}}
	}
	text := func(name, value string) *recordv1.Field { return field(name, textValue(value)) }
	later := ref(kindEntry, "x-9")
	deleted := page("x-3", typePage, text(publishedField, "1"), text(own+"deletedon", "1500000500"))
	deleted.GetEntry().Status = recordv1.Status_STATUS_TRASHED
	scheduled := page("x-4", typePage, text(own+"unpub_date", "1900000500"), text(own+"hidemenu", "1"), text(isFolderField, "1"))
	scheduled.GetEntry().Status = recordv1.Status_STATUS_SCHEDULED
	scheduled.GetEntry().Published = instant(1_900_000_000)
	below := page("x-5", typePage, text(contextField, "fr"))
	below.GetEntry().Parent, below.Locale = later, "fr"
	words := &recordv1.Field{Name: "allergens", Value: list([]string{"nuts", "milk"})}
	slides := jsonField("slides", `[{"MIGX_id":"1","title":"Caf\u00e9","link":"bailey:entry\/x-9"}]`)
	grid := jsonField("slides", `[{"MIGX_id":"1","title":"One"},{"title":"Two"}]`)
	for i, to := range []*recordv1.Ref{later, ref(kindEntry, "x-1")} {
		row := object{a: grid.GetValue().GetArray().GetPairs()[i].GetValue().GetArray()}
		row.set("page", refValue(to))
	}
	properties := jsonField(propertiesField, `{"lab":{"i":5,"link":"see bailey:entry\/x-9"}}`)
	return []*recordv1.Record{
		{Ref: ref(kindUser, "x-u"), Body: &recordv1.Record_User{User: &recordv1.User{Login: "x-modx", Email: "x-modx@modx.test", DisplayName: "X", Disabled: true, Roles: []string{"Baristas", "Staff"},
			Registered: instant(1_400_000_000), Account: recordv1.Account_ACCOUNT_MEMBER, Password: &recordv1.Password{Scheme: cms.MODXPBKDF2, Hash: "salt$aGFzaA=="}, Remark: "Knows \"tea\""}},
			Fields: []*recordv1.Field{text("phone", "+44 20"), text("dob", "358387200"), text(blockedField, "1"), text("shoe", "36"), jsonField("prefs", `{"langs":["en"]}`)}},
		page("x-1", typeWeblink, field(linkField, refValue(later)), properties),
		page("x-2", typeSymlink, field(linkField, refValue(later))), deleted, scheduled, below,
		page("x-6", typePage, text(uriField, "frozen/old.html"), words, slides, field("related", refValue(later)), text("color", "red"), text("color", "blue"),
			field("points_to", refValue(later)), text("note", "see bailey:entry/x-9"), jsonField("raw", `{ "a": 1 }`), field("many", list([]string{"a", "b"})), text("", "nameless")),
		page("x-7", typePage, text(uriField, "frozen/old.html"), grid),
		page("x-8", typeWeblink, text(linkField, "https://example.org/?a=1&b=2"), text(own+"unknown", "1"), text(own+"searchable", "no number")),
		page("x-9", typePage),
	}
}
