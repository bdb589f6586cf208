package pipeline

import (
	"slices"
	"strings"
	"testing"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// Custom fields are told before anything is moved: where they go, or that they are left out.
func TestCustomFieldsHaveAHomeOrAWarning(t *testing.T) {
	t.Parallel()
	field := func(k recordv1.Kind, name string, n uint64) *agentv1.FieldInfo {
		return &agentv1.FieldInfo{Kind: k, Name: name, Count: n}
	}
	user, entry, media := recordv1.Kind_KIND_USER, recordv1.Kind_KIND_ENTRY, recordv1.Kind_KIND_MEDIA
	source := &agentv1.DescribeResponse{Platform: "a", Fields: []*agentv1.FieldInfo{
		field(entry, "rare", 1), field(entry, "price", 9), field(entry, "_hidden", 4), field(user, "badge", 2), field(media, "camera", 7)}}
	target := &agentv1.DescribeResponse{Platform: "b", Kinds: []*agentv1.KindInfo{
		{Kind: user, Writable: true, Holds: &agentv1.Holds{Fields: []string{"fields.badge"}}},
		{Kind: entry, Writable: true, Holds: &agentv1.Holds{CustomFields: true, FieldsPublic: true, FieldsHome: "a column"}},
		{Kind: media, Writable: true, Holds: &agentv1.Holds{}}}}
	got := homes(source, target, migration.Selection{})
	want := []struct {
		code, kind string
		count      uint64
		names      string
	}{{"fields_no_home", "media", 7, "fields.camera"}, {"fields_default_home", "entry", 10, "fields.price fields.rare"}, {"fields_no_home", "entry", 4, "fields._hidden"}}
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i, w := range want {
		g := got[i]
		if g.Code != w.code || g.Kind != w.kind || g.Count != w.count || strings.Join(g.Examples, " ") != w.names || g.Severity != "warning" || g.Will == "" || g.Fix == "" {
			t.Errorf("%d: %+v, want %+v", i, g, w)
		}
	}
	if !strings.Contains(got[1].Will, "a column") || !strings.Contains(got[1].Will, "can read them") {
		t.Errorf("it says %q", got[1].Will)
	}
	source.Locales = []string{"en", "fr", "de"}
	if all := homes(source, target, migration.Selection{}); len(all) != len(want)+1 || all[0].Code != "languages_no_home" || all[0].Count != 3 || all[0].Will == "" || !strings.Contains(all[0].Fix, "suffix") {
		t.Errorf("of three languages: %+v", all)
	}
	target.Kinds[1].Holds.Languages = true
	if all := homes(source, target, migration.Selection{}); len(all) != len(want) {
		t.Errorf("where the target has languages: %+v", all)
	}
	target.Platform = "a"
	if got := homes(source, target, migration.Selection{}); len(got) > 0 {
		t.Errorf("between sites of one platform: %+v", got)
	}
	if all := homes(source, &agentv1.DescribeResponse{Platform: "c", Kinds: target.GetKinds()}, migration.Selection{Kinds: []string{"media"}}); len(all) != 1 || !slices.Equal(all[0].Examples, []string{"fields.camera"}) {
		t.Errorf("of media alone: %+v", all)
	}
}
