package record_test

import (
	"slices"
	"testing"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/baileybridge/bailey/proto/record"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

func writable(h *agentv1.Holds) *agentv1.KindInfo { return &agentv1.KindInfo{Writable: true, Holds: h} }

func fit(t *testing.T, r *recordv1.Record, h *agentv1.Holds) []record.Loss {
	t.Helper()
	keep, losses := record.Fit(r, writable(h))
	if !keep {
		t.Fatalf("not kept: %v", losses)
	}
	return losses
}

func wantLosses(t *testing.T, got []record.Loss, want ...record.Loss) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("losses\n%v, want\n%v", got, want)
	}
}

func TestFitHoldsAll(t *testing.T) {
	t.Parallel()
	r, want := entry(), entry()
	want.Notes = nil
	losses := fit(t, r, &agentv1.Holds{Fields: []string{"*"}, CustomFields: true, Languages: true})
	wantLosses(t, losses, record.Loss{Code: "orphan_meta", Field: "fields.x"}, record.Loss{Code: "orphan_meta", Field: "fields.x"})
	if !proto.Equal(r, want) {
		t.Errorf("changed: %v", r)
	}
}

func TestFitRemovesWhatIsNotHeld(t *testing.T) {
	t.Parallel()
	r := entry()
	r.Notes = nil
	record.Seal(r)
	losses := fit(t, r, &agentv1.Holds{Fields: []string{"type", "title", "slug", "status", "content", "image.media", "seo.title", "fields.color"}})
	wantLosses(t, losses,
		record.Loss{Code: "field_not_held", Field: "purpose"}, record.Loss{Code: "field_not_held", Field: "excerpt"},
		record.Loss{Code: "field_not_held", Field: "authors"}, record.Loss{Code: "field_not_held", Field: "terms"},
		record.Loss{Code: "field_not_held", Field: "parent"}, record.Loss{Code: "field_not_held", Field: "position"},
		record.Loss{Code: "field_not_held", Field: "published"}, record.Loss{Code: "field_not_held", Field: "featured"},
		record.Loss{Code: "field_not_held", Field: "image.alt"}, record.Loss{Code: "field_not_held", Field: "image.caption"},
		record.Loss{Code: "field_not_held", Field: "seo.canonical_url"}, record.Loss{Code: "field_not_held", Field: "seo.og_image.media"},
		record.Loss{Code: "field_not_held", Field: "tiers"}, record.Loss{Code: "translation_not_held", Field: "translation_group"},
		record.Loss{Code: "language_not_held", Field: "locale"}, record.Loss{Code: "custom_field_not_held", Field: "fields.nested"}, record.Loss{Code: "custom_field_not_held", Field: "fields.null"},
	)
	want := &recordv1.Record{Ref: ref(kindEntry, "12"), Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{
		Type: "post", Title: "Grüße", Slug: "gruesse", Status: recordv1.Status_STATUS_PUBLISHED,
		Content: &recordv1.Body{Markup: "html", Text: "<p>Hallo</p>", Html: "<p>Hallo</p>"},
		Image:   &recordv1.Image{Media: ref(kindMedia, "5")}, Seo: &recordv1.Seo{Title: "S"},
	}}, Fields: []*recordv1.Field{{Name: "color", Value: text("red")}}}
	if !proto.Equal(r, want) {
		t.Errorf("got %v\nwant %v", r, want)
	}
}

func TestFitKeepsIdsInsideLists(t *testing.T) {
	t.Parallel()
	r := menu()
	wantLosses(t, fit(t, r, &agentv1.Holds{Fields: []string{"name", "items.title", "items.url"}}),
		record.Loss{Code: "field_not_held", Field: "locations"}, record.Loss{Code: "field_not_held", Field: "items.position"},
		record.Loss{Code: "field_not_held", Field: "items.target"}, record.Loss{Code: "field_not_held", Field: "items.fields"})
	if i := r.GetMenu().Items[1]; i.Id != "b" || i.ParentId != "a" || i.Target != nil || i.Fields != nil {
		t.Errorf("item is %v", i)
	}
	r = menu()
	wantLosses(t, fit(t, r, &agentv1.Holds{Fields: []string{"name", "locations"}}), record.Loss{Code: "field_not_held", Field: "items"})
	if r.GetMenu().Items != nil {
		t.Error("items are left")
	}
}

func TestFitUnheldBodyIsOneLoss(t *testing.T) {
	t.Parallel()
	r := entry()
	h := &agentv1.Holds{Fields: slices.DeleteFunc(topLevel(), func(s string) bool { return s == "content" }), CustomFields: true, Languages: true}
	r.Notes = nil
	wantLosses(t, fit(t, r, h), record.Loss{Code: "field_not_held", Field: "content"})
}

func topLevel() (names []string) {
	fds := (&recordv1.Entry{}).ProtoReflect().Descriptor().Fields()
	for i := range fds.Len() {
		names = append(names, string(fds.Get(i).Name()))
	}
	return names
}

func TestFitKind(t *testing.T) {
	t.Parallel()
	for name, info := range map[string]*agentv1.KindInfo{"nil": nil, "read only": {Readable: true, Holds: &agentv1.Holds{Fields: []string{"*"}}}} {
		r := user()
		keep, losses := record.Fit(r, info)
		if keep {
			t.Errorf("%s: kept", name)
		}
		wantLosses(t, losses, record.Loss{Code: "kind_not_held"})
	}
}

func TestFitValueRules(t *testing.T) {
	t.Parallel()
	h := func(rules ...*agentv1.ValueRule) *agentv1.Holds {
		return &agentv1.Holds{Fields: []string{"*"}, Values: rules}
	}
	roles := h(
		&agentv1.ValueRule{Field: "roles", Value: "administrator", Becomes: "*"},
		&agentv1.ValueRule{Field: "roles", Value: "editor", Becomes: "editor", Loss: "never_told"},
		&agentv1.ValueRule{Field: "roles", Value: "*", Becomes: "editor", Loss: "role_lowered"},
	)
	u := user()
	wantLosses(t, fit(t, u, roles), record.Loss{Code: "role_lowered", Field: "roles"})
	if got := u.GetUser().Roles; !slices.Equal(got, []string{"administrator", "editor"}) {
		t.Errorf("roles %v", got)
	}

	e := entry()
	e.Notes, e.Locale, e.TranslationGroup, e.Fields = nil, "", "", nil
	wantLosses(t, fit(t, e, h(
		&agentv1.ValueRule{Field: "status", Value: "published", Becomes: "draft", Loss: "unpublished"},
		&agentv1.ValueRule{Field: "featured", Value: "true", Becomes: "false"},
		&agentv1.ValueRule{Field: "visibility", Value: "unspecified", Becomes: "public"},
		&agentv1.ValueRule{Field: "format", Value: "*", Becomes: "aside", Loss: "wrong"},
	)), record.Loss{Code: "unpublished", Field: "status"})
	if g := e.GetEntry(); g.Status != recordv1.Status_STATUS_DRAFT || g.Featured || g.Visibility != recordv1.Visibility_VISIBILITY_PUBLIC || g.Format != "" {
		t.Errorf("got %v", g)
	}

	keep, losses := record.Fit(menu(), writable(h(&agentv1.ValueRule{Field: "items.title", Value: "Sub", Skip: true, Loss: "sub_skipped"})))
	if keep {
		t.Error("a skipped record is kept")
	}
	wantLosses(t, losses, record.Loss{Code: "sub_skipped", Field: "items.title"})
	if keep, losses := record.Fit(user(), writable(h(&agentv1.ValueRule{Field: "account", Value: "staff", Skip: true}))); keep || len(losses) != 0 {
		t.Errorf("keep %v, losses %v", keep, losses)
	}
}

func TestFitRulesOfUnheldFields(t *testing.T) {
	t.Parallel()
	r := entry()
	keep, _ := record.Fit(r, writable(&agentv1.Holds{Fields: []string{"title"}, Values: []*agentv1.ValueRule{{Field: "purpose", Value: "article", Skip: true}}}))
	if keep {
		t.Error("kept")
	}
}

func TestFitLimits(t *testing.T) {
	t.Parallel()
	limits := func(field string, chars, bytes uint32) *agentv1.Holds {
		return &agentv1.Holds{Fields: []string{"*"}, CustomFields: true, Languages: true, Limits: []*agentv1.Limit{{Field: field, Chars: chars, Bytes: bytes}}}
	}
	for _, tc := range []struct {
		holds *agentv1.Holds
		get   func(*recordv1.Entry) string
		want  string
		loss  string
	}{
		{limits("title", 3, 0), (*recordv1.Entry).GetTitle, "Grü", "title"},
		{limits("title", 0, 3), (*recordv1.Entry).GetTitle, "Gr", "title"},
		{limits("title", 5, 0), (*recordv1.Entry).GetTitle, "Grüße", ""},
		{limits("title", 4, 4), (*recordv1.Entry).GetTitle, "Grü", "title"},
		{limits("content", 4, 0), func(e *recordv1.Entry) string { return e.GetContent().GetText() }, "<p>H", "content"},
		{limits("tiers", 2, 0), func(e *recordv1.Entry) string { return e.Tiers[0] + e.Tiers[1] }, "gosi", "tiers"},
	} {
		r := entry()
		r.Notes = nil
		losses := fit(t, r, tc.holds)
		if got := tc.get(r.GetEntry()); got != tc.want {
			t.Errorf("%v: %q, want %q", tc.holds.Limits, got, tc.want)
		}
		if tc.loss == "" {
			wantLosses(t, losses)
		} else {
			wantLosses(t, losses, record.Loss{Code: "too_long", Field: tc.loss})
		}
	}
}

// Whatever the limit, what is left is valid, short enough, the longest such piece, and holds whole tokens only.
func TestFitLimitNeverCutsATokenOrACharacter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var s string
		var tokens []record.Token
		for range rapid.IntRange(0, 4).Draw(t, "parts") {
			literal := record.EscapeText(rapid.StringOf(rapid.RuneFrom([]rune("aä日 :bailey"))).Draw(t, "literal"))
			tok := record.Token{Ref: record.Key{Kind: kindMedia, ID: rapid.StringMatching(`[a-z0-9/]{1,6}`).Draw(t, "id")}}
			s += literal + tok.Before("!")
			tokens = append(tokens, tok)
		}
		chars, bytes := rapid.Uint32Range(0, 40).Draw(t, "chars"), rapid.Uint32Range(0, 40).Draw(t, "bytes")
		r := &recordv1.Record{Ref: ref(kindEntry, "1"), Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{Excerpt: s}}}
		record.Fit(r, writable(&agentv1.Holds{Fields: []string{"*"}, Limits: []*agentv1.Limit{{Field: "excerpt", Chars: chars, Bytes: bytes}}}))
		got := r.GetEntry().Excerpt
		if !utf8.ValidString(got) || chars > 0 && utf8.RuneCountInString(got) > int(chars) || bytes > 0 && len(got) > int(bytes) {
			t.Fatalf("%q was cut to %q", s, got)
		}
		left := record.Tokens(got)
		if len(left) > len(tokens) || !slices.Equal(left, tokens[:len(left)]) {
			t.Fatalf("tokens %v of %q became %v of %q", tokens, s, left, got)
		}
	})
}

func TestFitThenDiffAgree(t *testing.T) {
	t.Parallel()
	all := append(topLevel(), "seo.title", "image.media", "image.caption", "content.text", "fields.color")
	rapid.Check(t, func(t *rapid.T) {
		h := &agentv1.Holds{Fields: rapid.SliceOf(rapid.SampledFrom(all)).Draw(t, "fields"), CustomFields: rapid.Bool().Draw(t, "custom"), Languages: rapid.Bool().Draw(t, "languages")}
		fitted, again := entry(), entry()
		record.Fit(fitted, writable(h))
		// What is not held does not count as a difference, and fitting twice removes nothing more.
		if d := record.Diff(fitted, again, h, nil); len(d) != 0 {
			t.Fatalf("differs in %v", d)
		}
		record.Fit(again, writable(h))
		if _, losses := record.Fit(again, writable(h)); len(losses) != 0 || !proto.Equal(fitted, again) {
			t.Fatalf("fitting again lost %v", losses)
		}
	})
}

func BenchmarkFit(b *testing.B) {
	info := writable(&agentv1.Holds{Fields: append(topLevel(), "seo"), CustomFields: true, Languages: true,
		Limits: []*agentv1.Limit{{Field: "title", Chars: 255}, {Field: "slug", Chars: 191}},
		Values: []*agentv1.ValueRule{{Field: "status", Value: "trashed", Becomes: "draft"}, {Field: "type", Value: "post", Becomes: "post"}}})
	r := post()
	b.ReportAllocs()
	for b.Loop() {
		record.Fit(r, info)
	}
}

func BenchmarkDiff(b *testing.B) {
	h := &agentv1.Holds{Fields: []string{"*"}, CustomFields: true, Languages: true}
	want, got := post(), post()
	b.ReportAllocs()
	for b.Loop() {
		if d := record.Diff(want, got, h, nil); len(d) != 0 {
			b.Fatal(d)
		}
	}
}

func TestFitTakesOutHashesThatThePlatformCannotVerify(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		schemes []string
		keeps   bool
	}{{nil, true}, {[]string{"bcrypt", "phpass"}, true}, {[]string{"bcrypt"}, false}} {
		r := &recordv1.Record{Ref: record.NewRef(recordv1.Kind_KIND_USER, "1"), Body: &recordv1.Record_User{User: &recordv1.User{Login: "a", Password: &recordv1.Password{Scheme: "phpass", Hash: "$P$B"}}}}
		keep, losses := record.Fit(r, &agentv1.KindInfo{Kind: recordv1.Kind_KIND_USER, Writable: true, Holds: &agentv1.Holds{Fields: []string{"*"}, PasswordSchemes: c.schemes}})
		want := []record.Loss{{Code: record.LossPasswordReset, Field: "password"}}
		if c.keeps {
			want = nil
		}
		if !keep || (r.GetUser().GetPassword() != nil) != c.keeps || !slices.Equal(losses, want) {
			t.Errorf("%v: %v, %v", c.schemes, r.GetUser(), losses)
		}
	}
}

// Fields that their platform hides from visitors do not go where strangers can get at them.
func TestFitHiddenFields(t *testing.T) {
	r := &recordv1.Record{Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{}}, Fields: []*recordv1.Field{{Name: "price"}, {Name: "_lock"}, {Name: "_kept"}}}
	keep, losses := record.Fit(r, &agentv1.KindInfo{Writable: true, Holds: &agentv1.Holds{Fields: []string{"fields._kept"}, CustomFields: true, FieldsPublic: true}})
	if want := []record.Loss{{Code: record.LossHiddenFieldNotHeld, Field: "fields._lock"}}; !keep || !slices.Equal(losses, want) || len(r.GetFields()) != 2 {
		t.Errorf("%v, losses %v, fields %v", keep, losses, r.GetFields())
	}
}
