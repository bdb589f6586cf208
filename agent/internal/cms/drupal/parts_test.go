package drupal

import (
	"slices"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// fetched are records of a filled site by their ids.
func fetched(t *testing.T, major int, ids ...string) []*recordv1.Record {
	t.Helper()
	s, err := Driver{}.Open(t.Context(), filled(t, cmssql.SQLite, "", major).Settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	site := s.(*Site)
	items, err := site.Fetch(t.Context(), site.db, kindEntry, ids)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]*recordv1.Record, len(items))
	for i, it := range items {
		all[i] = it.Record
	}
	return all
}

// asJSON is a custom field, with pointers as tokens.
func asJSON(r *recordv1.Record, name string) string {
	for _, f := range r.GetFields() {
		if f.GetName() == name {
			return php.WriteJSON(pointersAsTokens(f.GetValue()))
		}
	}
	return ""
}

// What stands inside of a node is a structured field of it, in the node's language, and each node says how much of it there is.
func TestPartsAreFields(t *testing.T) {
	t.Parallel()
	recs := fetched(t, 8, "1", "1:fr", "3")
	for i, want := range []string{
		`[{"type":"box","field_inner":[{"type":"line","published":false,"field_shows":{"target_id":"bailey:media\/media%3A1;id"}}],"field_text":{"value":"<p>Said in en<\/p>","format":"basic_html"}}]`,
		`[{"type":"box","field_inner":[{"type":"line","published":false,"field_shows":{"target_id":"bailey:media\/media%3A1;id"}}],"field_text":{"value":"<p>Said in fr<\/p>","format":"basic_html"}}]`,
	} {
		if got := asJSON(recs[i], "field_parts"); got != want {
			t.Errorf("parts are\n%s, want\n%s", got, want)
		}
		if !noted(recs[i], "parts_as_fields", "fields.field_parts", 1) {
			t.Errorf("nothing is told of parts: %v", recs[i].GetNotes())
		}
	}
	if got := asJSON(recs[2], "field_parts"); strings.Count(got, `"type":"box"`) != maxDepth || !strings.Contains(got, `{"target_id":"3","target_revision_id":"23"}`) {
		t.Errorf("a part that holds itself is %s", got)
	}
	page := fetched(t, 7, "2")[0]
	if got, want := asJSON(page, "field_rows"), `[{"type":"field_rows","field_text":{"value":"Row","format":"plain_text"}},{"type":"field_rows","field_text":{"value":"Row","format":"plain_text"}}]`; got != want {
		t.Errorf("a field collection is\n%s, want\n%s", got, want)
	}
	if got, want := asJSON(page, "field_parts"), `[{"type":"box","field_text":{"value":"<p>Part<\/p>","format":"full_html"}}]`; got != want {
		t.Errorf("paragraphs of Drupal 7 are\n%s, want\n%s", got, want)
	}
	if !noted(page, "parts_as_fields", "fields.field_rows", 2) || !noted(page, "parts_as_fields", "fields.field_parts", 1) {
		t.Errorf("nothing is told of parts: %v", page.GetNotes())
	}
}

func noted(r *recordv1.Record, code, field string, n uint32) bool {
	return slices.ContainsFunc(r.GetNotes(), func(x *recordv1.Note) bool { return x.GetCode() == code && x.GetField() == field && x.GetCount() == n })
}

// A page's tags for search engines are read, but for those that are patterns; the field still has all of them.
func TestTagsForSearchEngines(t *testing.T) {
	t.Parallel()
	recs := fetched(t, 8, "1", "3")
	if seo := recs[0].GetEntry().GetSeo(); seo.GetTitle() != "" || seo.GetDescription() != "For engines" || !seo.GetNoindex() || seo.GetNofollow() || seo.GetOgImage().GetUrl() != "https://drupal.test/a.png" || !noted(recs[0], "seo_pattern", "seo", 1) {
		t.Errorf("tags are %v, %v", seo, recs[0].GetNotes())
	}
	if got, want := asJSON(recs[0], "field_tagged"), `{"title":"[node:title] | Us","description":"For engines","robots":"noindex, follow","og_image":"https:\/\/drupal.test\/a.png"}`; got != want {
		t.Errorf("the field is %s, want %s", got, want)
	}
	if seo := recs[1].GetEntry().GetSeo(); seo.GetTitle() != "Of JSON" {
		t.Errorf("tags of version 2 are %v", seo)
	}
	page := fetched(t, 7, "2")[0]
	if seo := page.GetEntry().GetSeo(); seo.GetTitle() != "Now" || !seo.GetNofollow() || seo.GetNoindex() || asJSON(page, tagsField) == "" {
		t.Errorf("tags of Drupal 7 are %v", seo)
	}
}

// The texts of parts count towards what is held in memory at a time.
func TestPartsAreWeighed(t *testing.T) {
	t.Parallel()
	for major, key := range map[int]int64{7: 2, 8: 1} {
		s, err := Driver{}.Open(t.Context(), filled(t, cmssql.SQLite, "", major).Settings)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		site := s.(*Site)
		weigh := func(st stream) int64 {
			sums, err := site.weigh(t.Context(), site.db, st, []int64{key})
			if err != nil {
				t.Fatal(err)
			}
			return sums[key]
		}
		st := site.streams(kindEntry, cms.Options{})[0]
		all := weigh(st)
		st.sizes = slices.DeleteFunc(slices.Clone(st.sizes), func(q string) bool { return strings.Contains(q, " JOIN ") })
		if parts := all - weigh(st); parts < 10 {
			t.Errorf("%d: parts weigh %d", major, parts)
		}
	}
}
