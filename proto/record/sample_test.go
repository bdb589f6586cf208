package record_test

import (
	"strings"

	"github.com/baileybridge/bailey/proto/record"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

func text(s string) *recordv1.Value {
	return &recordv1.Value{Kind: &recordv1.Value_Text{Text: s}}
}

func integer(n int64) *recordv1.Value {
	return &recordv1.Value{Kind: &recordv1.Value_IntValue{IntValue: n}}
}

func list(values ...*recordv1.Value) *recordv1.Value {
	a := &recordv1.Array{List: true}
	for i, v := range values {
		a.Pairs = append(a.Pairs, &recordv1.Pair{Key: integer(int64(i)), Value: v})
	}
	return &recordv1.Value{Kind: &recordv1.Value_Array{Array: a}}
}

func ref(k recordv1.Kind, id string) *recordv1.Ref { return record.NewRef(k, id) }

const (
	kindUser    = recordv1.Kind_KIND_USER
	kindTerm    = recordv1.Kind_KIND_TERM
	kindMedia   = recordv1.Kind_KIND_MEDIA
	kindEntry   = recordv1.Kind_KIND_ENTRY
	kindComment = recordv1.Kind_KIND_COMMENT
	kindMenu    = recordv1.Kind_KIND_MENU
)

// entry is a record with something of everything.
func entry() *recordv1.Record {
	return &recordv1.Record{
		Ref: ref(kindEntry, "12"), Locale: "de-DE", TranslationGroup: "g1",
		Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{
			Type: "post", Purpose: recordv1.Purpose_PURPOSE_ARTICLE, Status: recordv1.Status_STATUS_PUBLISHED,
			Title: "Grüße", Slug: "gruesse", Content: &recordv1.Body{Markup: "html", Text: "<p>Hallo</p>", Html: "<p>Hallo</p>"},
			Excerpt: "Kurz", Authors: []*recordv1.Ref{ref(kindUser, "1"), ref(kindUser, "2")}, Terms: []*recordv1.Ref{ref(kindTerm, "3")},
			Parent: ref(kindEntry, "4"), Position: -2, Published: &recordv1.Time{Seconds: -1, Offset: -3600},
			Image: &recordv1.Image{Media: ref(kindMedia, "5"), Alt: "Bild", Caption: "<i>c</i>"},
			Seo:   &recordv1.Seo{Title: "S", CanonicalUrl: "https://example.org/", OgImage: &recordv1.Image{Media: ref(kindMedia, "6")}},
			Tiers: []string{"gold", "silver"}, Featured: true,
		}},
		Fields: []*recordv1.Field{
			{Name: "color", Value: text("red")},
			{Name: "nested", Value: list(text("a"), list(text("b"), &recordv1.Value{Kind: &recordv1.Value_Ref{Ref: ref(kindMedia, "7")}})), Encoding: "php", Raw: []byte("raw")},
			{Name: "null"},
		},
		Notes: []*recordv1.Note{{Code: "orphan_meta", Field: "fields.x", Count: 2}},
	}
}

func menu() *recordv1.Record {
	return &recordv1.Record{Ref: ref(kindMenu, "9"), Body: &recordv1.Record_Menu{Menu: &recordv1.Menu{
		Name: "Main", Locations: []string{"primary"},
		Items: []*recordv1.MenuItem{
			{Id: "a", Title: "Home", Url: "/", Position: 1},
			{Id: "b", ParentId: "a", Title: "Sub", Target: ref(kindEntry, "12"), Position: 2, Fields: []*recordv1.Field{{Name: "icon", Value: text("star")}}},
		},
	}}}
}

func user() *recordv1.Record {
	return &recordv1.Record{Ref: ref(kindUser, "1"), Body: &recordv1.Record_User{User: &recordv1.User{
		Login: "ann", Email: "ann@example.org", Bio: "Writes.", Roles: []string{"administrator", "shop_manager", "editor"},
		Password: &recordv1.Password{Scheme: "phpass", Hash: "$P$B"}, Account: recordv1.Account_ACCOUNT_STAFF,
		Social: []*recordv1.Social{{Network: "mastodon", Handle: "@ann"}, {Network: "linkedin", Handle: "ann"}},
	}}}
}

// post is a record of the size that posts have on real sites, 3 KB, for benchmarks.
func post() *recordv1.Record {
	r := entry()
	r.GetEntry().Content.Text = strings.Repeat("<p>Lorem ipsum dolor sit amet.</p>\n", 84)
	r.GetEntry().Content.Html = ""
	return r
}
