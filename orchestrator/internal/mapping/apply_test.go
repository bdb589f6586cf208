package mapping_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/mapping"
	"github.com/baileybridge/bailey/orchestrator/internal/transform"
)

const (
	kindUser  = recordv1.Kind_KIND_USER
	kindTerm  = recordv1.Kind_KIND_TERM
	kindMedia = recordv1.Kind_KIND_MEDIA
	kindEntry = recordv1.Kind_KIND_ENTRY
	moved     = agentv1.Outcome_OUTCOME_UNSPECIFIED
	skipped   = agentv1.Outcome_OUTCOME_SKIPPED
	rejected  = agentv1.Outcome_OUTCOME_REJECTED
)

func parse(t testing.TB, text string) *mapping.Mapping {
	t.Helper()
	m, err := mapping.Parse("m.yaml", []byte("version: 1\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func text(s string) *recordv1.Value { return &recordv1.Value{Kind: &recordv1.Value_Text{Text: s}} }

func entry(change func(*recordv1.Record, *recordv1.Entry)) *recordv1.Record {
	e := &recordv1.Entry{Type: "job", Purpose: recordv1.Purpose_PURPOSE_CUSTOM, Status: recordv1.Status_STATUS_PUBLISHED, Title: "A Job", Slug: "a-job",
		Authors: []*recordv1.Ref{record.NewRef(kindUser, "1"), record.NewRef(kindUser, "2")}, Terms: []*recordv1.Ref{record.NewRef(kindTerm, "7"), record.NewRef(kindTerm, "8")},
		Published: &recordv1.Time{Seconds: 1262304000 - 3600, Offset: 7200}}
	r := &recordv1.Record{Ref: record.NewRef(kindEntry, "12"), Body: &recordv1.Record_Entry{Entry: e},
		Fields: []*recordv1.Field{{Name: "price", Value: text("12.50")}, {Name: "count", Value: text("3"), Encoding: "php", Raw: []byte("raw")}, {Name: "tags", Value: text("a, b")}}}
	if change != nil {
		change(r, e)
	}
	return r
}

// A language is left behind, named in addresses, or put below a page.
func TestLanguages(t *testing.T) {
	t.Parallel()
	m := parse(t, "languages: {de: skip, fr-FR: suffix, es: {below: 40}, en: keep}\nslugs:\n  - {kind: entry, when: entry.type == \"job\", pattern: \"{id}-{slug}\"}\n")
	for _, c := range []struct {
		locale, parent, slug, below string
		outcome                     agentv1.Outcome
	}{
		{"de", "", "", "", skipped}, {"fr-FR", "", "12-a-job-fr", "", moved}, {"es", "", "12-a-job", "40", moved}, {"es", "9", "12-a-job", "9", moved}, {"en", "", "12-a-job", "", moved}, {"", "", "12-a-job", "", moved},
	} {
		r := entry(func(r *recordv1.Record, e *recordv1.Entry) {
			if r.Locale = c.locale; c.parent != "" {
				e.Parent = record.NewRef(kindEntry, c.parent)
			}
		})
		_, outcome, problem := m.Apply(r)
		if outcome != c.outcome || (problem != nil) != (outcome == skipped) {
			t.Errorf("%s: %v, %v", c.locale, outcome, problem)
		} else if e := r.GetEntry(); outcome == moved && (e.Slug != c.slug || e.GetParent().GetSourceId() != c.below) {
			t.Errorf("%s became %s below %q", c.locale, e.Slug, e.GetParent().GetSourceId())
		}
	}
	page := entry(func(r *recordv1.Record, _ *recordv1.Entry) { r.Locale, r.Ref = "es", record.NewRef(kindEntry, "40") })
	if m.Apply(page); page.GetEntry().GetParent() != nil {
		t.Error("a page is below itself")
	}
	french := term("7", "tag")
	french.Locale = "fr-FR"
	if m.Apply(french); french.GetTerm().GetSlug() != "n-fr" {
		t.Errorf("a term became %s", french.GetTerm().GetSlug())
	}
	french.GetTerm().Slug = "n"
	if parse(t, "languages: {fr-FR: suffix, fr-CA: suffix}\n").Apply(french); french.GetTerm().GetSlug() != "n-fr-fr" {
		t.Errorf("of two kinds of French one became %s", french.GetTerm().GetSlug())
	}
}

func term(id, taxonomy string) *recordv1.Record {
	return &recordv1.Record{Ref: record.NewRef(kindTerm, id), Body: &recordv1.Record_Term{Term: &recordv1.Term{Taxonomy: taxonomy, Name: "N", Slug: "n", Parent: record.NewRef(kindTerm, "7")}}}
}

func media(v recordv1.Visibility) *recordv1.Record {
	return &recordv1.Record{Ref: record.NewRef(kindMedia, "5"), Body: &recordv1.Record_Media{Media: &recordv1.Media{Title: "M", Visibility: v}}}
}

// TestWhatAFileDoes shows each rule as the difference between what comes in and goes out.
func TestWhatAFileDoes(t *testing.T) {
	t.Parallel()
	none := (*recordv1.Record)(nil)
	for _, c := range []struct {
		name, file string
		in, want   *recordv1.Record
		losses     string
	}{
		{"type", "types: {job: post}", entry(nil), entry(func(_ *recordv1.Record, e *recordv1.Entry) {
			e.Type, e.Purpose = "post", recordv1.Purpose_PURPOSE_ARTICLE
		}), ""},
		{"type left behind", "types: {job: skip}", entry(nil), none, "filtered *"},
		{"status", "statuses: {published: private}", entry(nil), entry(func(_ *recordv1.Record, e *recordv1.Entry) { e.Status = recordv1.Status_STATUS_PRIVATE }), ""},
		{"status of the platform's own", "statuses: {in-progress: draft}", entry(func(_ *recordv1.Record, e *recordv1.Entry) {
			e.Status, e.StatusName = recordv1.Status_STATUS_UNSPECIFIED, "in-progress"
		}), entry(func(_ *recordv1.Record, e *recordv1.Entry) { e.Status = recordv1.Status_STATUS_DRAFT }), ""},
		{"kind", "kinds: {entry: skip, term: move}", entry(nil), none, "filtered *"},
		{"filter", `filters: [{kind: entry, skip: 'entry.type == "job" && entry.status == Status.STATUS_PUBLISHED'}]`, entry(nil), none, "filtered *"},
		{"filter that lets pass", `filters: [{kind: entry, skip: 'double(fields["price"]) > 13.0'}]`, entry(nil), entry(nil), ""},
		{"taxonomy", "taxonomies: {topic: category}", term("9", "topic"), term("9", "category"), ""},
		{"dropped field", "fields: {entry: {price: drop}}", entry(nil), entry(func(r *recordv1.Record, _ *recordv1.Entry) { r.Fields = r.Fields[1:] }), "dropped_by_mapping fields.price"},
		{"renamed field keeps its bytes", "fields: {entry: {count: {rename: number}}}", entry(nil), entry(func(r *recordv1.Record, _ *recordv1.Entry) { r.Fields[1].Name = "number" }), ""},
		{"converted field", "fields: {entry: {count: {convert: int}}}", entry(nil), entry(func(r *recordv1.Record, _ *recordv1.Entry) {
			r.Fields[1] = &recordv1.Field{Name: "count", Value: &recordv1.Value{Kind: &recordv1.Value_IntValue{IntValue: 3}}}
		}), ""},
		{"what cannot be converted stays", "fields: {entry: {tags: {convert: int}}}", entry(nil), entry(nil), "not_converted fields.tags"},
		{"list", "fields: {entry: {tags: {convert: list}}}", entry(nil), entry(func(r *recordv1.Record, _ *recordv1.Entry) {
			r.Fields[2].Value, r.Fields[2].Encoding = list(text("a"), text("b")), "json"
		}), ""},
		{"constant", "fields: {entry: {price: {constant: 7}, origin: {constant: old}}}", entry(nil), entry(func(r *recordv1.Record, _ *recordv1.Entry) {
			r.Fields[0].Value = &recordv1.Value{Kind: &recordv1.Value_IntValue{IntValue: 7}}
			r.Fields = append(r.Fields, &recordv1.Field{Name: "origin", Value: text("old")})
		}), ""},
		{"home", "fields: {entry: {price: {into: code_injection.foot}, count: {into: code_injection.foot}}}", entry(nil), entry(func(r *recordv1.Record, e *recordv1.Entry) {
			r.Fields = r.Fields[2:]
			e.CodeInjection = &recordv1.CodeInjection{Foot: `<script type="application/json" class="bailey-fields">{"price":"12.50","count":"3"}</script>`}
		}), ""},
		{"merged author", `authors: {"1": "2"}`, entry(nil), entry(func(_ *recordv1.Record, e *recordv1.Entry) { e.Authors = e.Authors[1:] }), ""},
		{"merged term", `categories: {"7": "9"}`, entry(nil), entry(func(_ *recordv1.Record, e *recordv1.Entry) { e.Terms[0] = record.NewRef(kindTerm, "9") }), ""},
		{"term that another stands for", `categories: {"7": "9"}`, term("7", "category"), none, "merged_by_mapping *"},
		{"no term is its own parent", `categories: {"7": "9"}`, term("9", "category"), proto.CloneOf(func() *recordv1.Record { r := term("9", "category"); r.GetTerm().Parent = nil; return r }()), ""},
		{"row", `categories: {"9": {name: News, slug: news, internal: true, position: -3}}`, term("9", "category"), func() *recordv1.Record {
			r := term("9", "category")
			r.GetTerm().Name, r.GetTerm().Slug, r.GetTerm().Internal, r.GetTerm().Position = "News", "news", true, -3
			return r
		}(), ""},
		{"value", `values: [{kind: entry, set: seo.title, to: 'entry.title.upper() + "!"', when: entry.seo.title == ""}]`, entry(nil),
			entry(func(_ *recordv1.Record, e *recordv1.Entry) { e.Seo = &recordv1.Seo{Title: "A JOB!"} }), ""},
		{"values see the source", `values: [{kind: entry, set: title, to: '"x"'}, {kind: entry, set: excerpt, to: entry.title}]`, entry(nil),
			entry(func(_ *recordv1.Record, e *recordv1.Entry) { e.Title, e.Excerpt = "x", "A Job" }), ""},
		{"enum, list and time", `values: [{kind: entry, set: visibility, to: '"members"'}, {kind: entry, set: tiers, to: 'fields["tags"].split(", ")'}, {kind: entry, set: created, to: 'timestamp("2020-01-02T03:04:05Z")'}]`, entry(nil),
			entry(func(_ *recordv1.Record, e *recordv1.Entry) {
				e.Visibility, e.Tiers, e.Created = recordv1.Visibility_VISIBILITY_MEMBERS, []string{"a", "b"}, &recordv1.Time{Seconds: 1577934245}
			}), ""},
		{"custom field", `values: [{kind: entry, set: fields.price, to: 'double(fields["price"]) * 2.0'}, {kind: entry, set: fields.count, to: 'null'}]`, entry(nil), entry(func(r *recordv1.Record, _ *recordv1.Entry) {
			r.Fields = []*recordv1.Field{{Name: "price", Value: &recordv1.Value{Kind: &recordv1.Value_FloatValue{FloatValue: "25"}}}, r.Fields[2]}
		}), ""},
		{"what is private is published when told", `values: [{kind: media, set: visibility, to: '"public"'}]`, media(recordv1.Visibility_VISIBILITY_MEMBERS), media(recordv1.Visibility_VISIBILITY_PUBLIC), ""},
		{"default of a field", `values: [{kind: entry, set: excerpt, to: 'fields[?"none"].orValue(entry.title)'}]`, entry(nil), entry(func(_ *recordv1.Record, e *recordv1.Entry) { e.Excerpt = "A Job" }), ""},
		{"slug", `slugs: [{kind: entry, when: entry.type == "x", pattern: no}, {kind: entry, pattern: "{year}-{month}-{title}-{id}"}]`, entry(nil), entry(func(_ *recordv1.Record, e *recordv1.Entry) { e.Slug = "2010-01-a-job-12" }), ""},
		{"no slug yet", `slugs: [{kind: entry, pattern: "{year}-{slug}"}]`, entry(func(_ *recordv1.Record, e *recordv1.Entry) { e.Slug = "" }), entry(func(_ *recordv1.Record, e *recordv1.Entry) { e.Slug = "" }), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := proto.CloneOf(c.in)
			losses, outcome, problem := parse(t, c.file).Apply(got)
			var told []string
			for _, l := range losses {
				told = append(told, l.Code+" "+l.Field)
			}
			if strings.Join(told, ",") != c.losses {
				t.Errorf("losses %q", told)
			}
			switch {
			case c.want == nil:
				if outcome != skipped || problem.GetCode() == "" || problem.GetFix() == "" {
					t.Errorf("%v %v", outcome, problem)
				}
			case outcome != moved || problem != nil || !proto.Equal(got, c.want):
				t.Errorf("%v %v\ngot  %v\nwant %v", outcome, problem, got, c.want)
			}
		})
	}
}

func list(values ...*recordv1.Value) *recordv1.Value {
	a := &recordv1.Array{List: true}
	for i, v := range values {
		a.Pairs = append(a.Pairs, &recordv1.Pair{Key: &recordv1.Value{Kind: &recordv1.Value_IntValue{IntValue: int64(i)}}, Value: v})
	}
	return &recordv1.Value{Kind: &recordv1.Value_Array{Array: a}}
}

func TestRolesFilesAndMenus(t *testing.T) {
	t.Parallel()
	m := parse(t, "types: {job: post}\ntaxonomies: {topic: tag}\nroles: {shop: editor, spy: skip}\npaths: {media: \"{year}/{dir}/{name}\"}\n")
	user := &recordv1.Record{Ref: record.NewRef(kindUser, "1"), Body: &recordv1.Record_User{User: &recordv1.User{Roles: []string{"shop", "spy", "editor", "author"}}}}
	m.Apply(user)
	if got := fmt.Sprint(user.GetUser().GetRoles()); got != "[editor author]" {
		t.Errorf("roles %s", got)
	}
	media := &recordv1.Record{Ref: record.NewRef(kindMedia, "1"), Body: &recordv1.Record_Media{Media: &recordv1.Media{Created: &recordv1.Time{Seconds: 0},
		Files: []*recordv1.File{{Path: "a/../b/pic.jpg"}, {Path: "pic-300x200.jpg"}}}}}
	m.Apply(media)
	if got := media.GetMedia().GetFiles(); got[0].GetPath() != "1970/b/pic.jpg" || got[1].GetPath() != "1970/pic-300x200.jpg" {
		t.Errorf("paths %v", got)
	}
	menu := &recordv1.Record{Ref: record.NewRef(recordv1.Kind_KIND_MENU, "1"), Body: &recordv1.Record_Menu{Menu: &recordv1.Menu{Items: []*recordv1.MenuItem{
		{Type: "post_type", Object: "job"}, {Type: "taxonomy", Object: "topic"}, {Type: "custom", Object: "custom"}}}}}
	m.Apply(menu)
	if items := menu.GetMenu().GetItems(); items[0].GetObject() != "post" || items[1].GetObject() != "tag" || items[2].GetObject() != "custom" {
		t.Errorf("menu %v", items)
	}
}

func TestLinksFollowMergedRecords(t *testing.T) {
	t.Parallel()
	l := parse(t, `categories: {"7": "9"}`).Links(fixed{})
	if got, ok := l.Resolve("/topic/"); !ok || got.Ref.ID != "9" {
		t.Errorf("%v %v", got, ok)
	}
	if (*mapping.Mapping)(nil).Links(fixed{}) != (fixed{}) {
		t.Error("no mapping changes links")
	}
}

type fixed struct{}

func (fixed) Resolve(string) (record.Token, bool) {
	return record.Token{Ref: record.Key{Kind: kindTerm, ID: "7"}}, true
}
func (fixed) Known(record.Key) bool { return true }

// TestHostileExpressions: what cannot be computed, or takes too long, rejects the one record (Rule 4) and tells none of its content.
func TestHostileExpressions(t *testing.T) {
	t.Parallel()
	digits := "[0,1,2,3,4,5,6,7,8,9]"
	loop := digits + ".all(a, " + digits + ".all(b, " + digits + ".all(c, " + digits + ".all(d, " + digits + ".all(e, " + digits + ".all(f, " + digits + ".all(g, " + digits + ".all(h, true))))))))"
	for name, to := range map[string]string{
		"loops":          loop + ` ? "a" : "b"`,
		"lists of lists": `string(` + digits + `.map(a, ` + digits + `.map(b, ` + digits + `.map(c, ` + digits + `.map(d, ` + digits + `.map(e, ` + digits + `))))).size())`,
		"growing text":   `entry.title.replace("", entry.title).replace("", entry.title).replace("", entry.title).replace("", entry.title)`,
		"joined text":    `entry.title.split("").join(entry.title)`,
		"no such field":  `fields["secret"]`,
		"no number":      `string(int(entry.title))`,
		"wrong type":     `dyn(5)`,
		"bad pattern":    `"a".matches("(") ? "a" : "b"`,
		"not a position": `entry.title.substring(5, 2)`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := entry(func(_ *recordv1.Record, e *recordv1.Entry) { e.Title = strings.Repeat("content ", 500) })
			_, outcome, problem := parse(t, "values:\n  - kind: entry\n    set: excerpt\n    to: '"+to+"'\n").Apply(r)
			if outcome != rejected || problem.GetCode() != "mapping_failed" || !strings.Contains(problem.GetCause(), "m.yaml:5:9") || strings.Contains(problem.GetCause(), "content") {
				t.Errorf("%v %v", outcome, problem)
			}
		})
	}
}

func TestLongExpressionsAreRefused(t *testing.T) {
	t.Parallel()
	for _, e := range []string{strings.Repeat("(", 5000) + "true" + strings.Repeat(")", 5000), "true" + strings.Repeat(" && true", 2000)} {
		if faults := faultsOf(t, "filters:\n  - kind: entry\n    skip: '"+e+"'\n"); len(faults) == 0 {
			t.Errorf("%.20s… is taken", e)
		}
	}
}

// TestUntouchedFileChangesNothing is the law of map init: whatever a site holds, the file that is written for it leaves each of its
// records as it is, byte for byte, and can be read.
func TestUntouchedFileChangesNothing(t *testing.T) {
	t.Parallel()
	name := rapid.OneOf(rapid.SampledFrom([]string{"post", "skip", "null", "true", "5", "a: b", "# x", "ä\"ö'", " ", "drop", "~", "-", "a-b", "0x1F", "x\ny", "\u2028", "*a", "&b", "!c", "{d}", "published"}), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		var site []*recordv1.Record
		for i := range rapid.IntRange(1, 6).Draw(t, "records") {
			site = append(site, draw(t, fmt.Sprint(i), name))
		}
		c := mapping.NewCensus()
		for _, r := range site {
			c.Add(r)
		}
		d := &agentv1.DescribeResponse{Platform: "wordpress", PlatformVersion: name.Draw(t, "version")}
		file := mapping.Init(c, d, d)
		m, err := mapping.Parse("m", file)
		if err != nil {
			t.Fatalf("%v\n%s", err, file)
		}
		for _, f := range m.Check(c, d) {
			if !f.Warning {
				t.Errorf("%s", f)
			}
		}
		for _, r := range site {
			before, _ := proto.MarshalOptions{Deterministic: true}.Marshal(r)
			losses, outcome, problem := m.Apply(r)
			after, _ := proto.MarshalOptions{Deterministic: true}.Marshal(r)
			if len(losses) > 0 || outcome != moved || problem != nil || string(before) != string(after) {
				t.Errorf("changed: %v %v %v %v\n%s", losses, outcome, problem, r, file)
			}
		}
	})
}

func draw(t *rapid.T, id string, name *rapid.Generator[string]) *recordv1.Record {
	r := &recordv1.Record{}
	switch rapid.IntRange(0, 3).Draw(t, "kind") {
	case 0:
		r.Ref = record.NewRef(kindEntry, id)
		r.Body = &recordv1.Record_Entry{Entry: &recordv1.Entry{Type: name.Draw(t, "type"), Title: name.Draw(t, "title"), Slug: name.Draw(t, "slug"),
			Status: recordv1.Status(rapid.IntRange(0, 7).Draw(t, "status")), StatusName: name.Draw(t, "status name"), Authors: []*recordv1.Ref{record.NewRef(kindUser, "1"), record.NewRef(kindUser, "1")}}}
	case 1:
		r.Ref = record.NewRef(kindUser, id)
		r.Body = &recordv1.Record_User{User: &recordv1.User{Login: name.Draw(t, "login"), DisplayName: name.Draw(t, "name"), Author: true, Roles: []string{name.Draw(t, "role"), name.Draw(t, "role")}}}
	case 2:
		r.Ref = record.NewRef(kindTerm, id)
		r.Body = &recordv1.Record_Term{Term: &recordv1.Term{Taxonomy: name.Draw(t, "taxonomy"), Name: name.Draw(t, "name")}}
	default:
		r.Ref = record.NewRef(kindMedia, id)
		r.Body = &recordv1.Record_Media{Media: &recordv1.Media{Files: []*recordv1.File{{Path: name.Draw(t, "path")}}}}
	}
	for range rapid.IntRange(0, 3).Draw(t, "fields") {
		r.Fields = append(r.Fields, &recordv1.Field{Name: name.Draw(t, "field"), Value: rapid.SampledFrom([]*recordv1.Value{nil, text("5"), text("2020-01-02"), list(text("x"))}).Draw(t, "value"), Raw: []byte("raw")})
	}
	return r
}

func BenchmarkApply(b *testing.B) {
	m := parse(b, "types: {job: post}\nfields: {entry: {price: drop, count: {convert: int}}}\nfilters:\n  - {kind: entry, skip: 'entry.status == Status.STATUS_DRAFT && entry.title.startsWith(\"Test\")'}\n"+
		"values:\n  - {kind: entry, set: excerpt, to: 'fields[?\"teaser\"].orValue(entry.title)'}\nslugs:\n  - {kind: entry, pattern: \"{year}-{slug}\"}\n")
	r := entry(nil)
	for b.Loop() {
		m.Apply(proto.CloneOf(r))
	}
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	m := parse(t, "markup:\n  shortcode:form: {template: '<p>{{content}}</p>'}\n  \"modx:*\": drop\n")
	want := map[string]transform.Policy{
		"shortcode:form": {Tag: "shortcode:form", Action: transform.ActionTemplate, Template: "<p>{{content}}</p>"},
		"modx:*":         {Tag: "modx:*", Action: transform.ActionDrop},
	}
	if got := m.Policies(); !maps.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	if (*mapping.Mapping)(nil).Policies() != nil || parse(t, "types: {}\n").Policies() != nil {
		t.Error("no policies are nil")
	}
}
