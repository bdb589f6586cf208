package mapping_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/mapping"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

var update = flag.Bool("update", false, "write the golden files anew")

// blog is a small WordPress as its agent reads it.
func blog() *mapping.Census {
	c := mapping.NewCensus()
	for i, role := range []string{"administrator", "author", "shop_manager"} {
		c.Add(&recordv1.Record{Ref: record.NewRef(kindUser, []string{"1", "2", "10"}[i]), Body: &recordv1.Record_User{User: &recordv1.User{
			DisplayName: []string{"Ann", "Bob\nBobson", ""}[i], Login: "carla", Account: recordv1.Account_ACCOUNT_STAFF, Roles: []string{role}}}})
	}
	c.Add(&recordv1.Record{Ref: record.NewRef(kindUser, "11"), Body: &recordv1.Record_User{User: &recordv1.User{Login: "reader", Roles: []string{"subscriber"}}}})
	c.Add(term("7", "category"))
	c.Add(term("8", "topic"))
	for i, typ := range []string{"post", "post", "page", "job", "no"} {
		c.Add(entry(func(r *recordv1.Record, e *recordv1.Entry) {
			e.Type = typ
			e.Status = []recordv1.Status{4, 1, 4, 0, 4}[i]
			e.StatusName = "in-progress"
			if i > 1 {
				r.Fields = append(r.Fields, &recordv1.Field{Name: "event: date", Value: text("20200131")}, &recordv1.Field{Name: "_list", Value: list(text("x"))}, &recordv1.Field{Name: "sub_title", Value: text("Über")})
			}
		}))
	}
	c.Foresee([]migration.LossReport{{Code: "shortcode:form", Kind: "entry", Count: 3}, {Code: "field_not_held", Kind: "entry", Count: 9}, {Code: "shortcode:form", Kind: "comment", Count: 2},
		{Code: "block:acme/map", Kind: "entry", Count: 7}})
	return c
}

func goldenSites() (from, to *agentv1.DescribeResponse) {
	return &agentv1.DescribeResponse{Platform: "wordpress", PlatformVersion: "6.1.9"}, &agentv1.DescribeResponse{Platform: "ghost", PlatformVersion: "5.130.6", Kinds: []*agentv1.KindInfo{
		{Kind: kindEntry, Writable: true, Holds: &agentv1.Holds{Fields: []string{"title", "code_injection", "fields.count"},
			Values: []*agentv1.ValueRule{{Field: "type", Value: "page", Becomes: "page"}, {Field: "type", Value: "*", Becomes: "post", Loss: "type_folded"}, {Field: "status", Value: "draft", Skip: true}}}},
	}}
}

func TestInit(t *testing.T) {
	t.Parallel()
	from, to := goldenSites()
	got := mapping.Init(blog(), from, to)
	const golden = "testdata/init.yaml"
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("init writes another file:\n%s", got)
	}
	if _, err := mapping.Parse(golden, got); err != nil {
		t.Error(err)
	}
}

// TestExamplesOfTheFileAreRight takes the marks of comments away from the examples that every file brings.
func TestExamplesOfTheFileAreRight(t *testing.T) {
	t.Parallel()
	parse(t, `filters:
  - kind: entry
    skip: entry.status == Status.STATUS_DRAFT && entry.title.startsWith("Test")
  - kind: comment
    skip: comment.status == CommentStatus.COMMENT_STATUS_SPAM
values:
  - kind: entry
    set: excerpt
    to: fields[?"teaser"].orValue(entry.excerpt)
    when: entry.excerpt == ""
  - kind: site
    set: permalink_pattern
    to: '"/%year%/%postname%/"'
slugs:
  - kind: entry
    when: entry.type == "post"
    pattern: "{year}-{slug}"
paths:
  media: "archive/{dir}/{name}"
domains:
  - www.example.org
  - https://staging.example.org/blog
markup:
  shortcode:contact-form-7: {template: '<p><a href="/contact/">Write to us</a></p>'}
  "modx:snippet:*": rendered
authors:
  "5": {login: mary, email: mary@example.org}
`)
}

func TestCheckAgainstSites(t *testing.T) {
	t.Parallel()
	_, to := goldenSites()
	m := parse(t, `types:
  jobb: post
taxonomies:
  topics: tag
roles:
  shopmanager: editor
fields:
  entry:
    prize: drop
    price: keep
    tags: drop
    "event: date": {into: code_injection.foot}
    _list: {rename: count}
    made: {constant: 1}
authors:
  "3": "10"
categories:
  "7": "9"
`)
	want := []string{
		`m.yaml:1:1: warning: the target has no place for the custom field "sub_title", which 3 of the kind entry have; it will be told as lost (no_home). Give it a home: {into: code_injection.foot}; there everybody may read it who reads the page. Or say drop.`,
		`m.yaml:3:3: the source has no type "jobb" (unknown_on_source). Did you mean "job"?`,
		`m.yaml:5:3: the source has no taxonomy "topics" (unknown_on_source). Did you mean "topic"?`,
		`m.yaml:7:3: the source has no role "shopmanager" (unknown_on_source). Did you mean "shop_manager"?`,
		`m.yaml:10:5: the source has no custom field "prize" (unknown_on_source). Did you mean "price"?`,
		`m.yaml:11:5: warning: the target has no place for the custom field "price", which 5 of the kind entry have; it will be told as lost (no_home). Give it a home: {into: code_injection.foot}; there everybody may read it who reads the page. Or say drop.`,
		`m.yaml:17:3: the source has no author with the id "3" (unknown_on_source). There are: 1, 10, 2.`,
		`m.yaml:19:8: the source has no term with the id "9" (unknown_on_source). There are: 7, 8.`,
	}
	got := m.Check(blog(), to)
	for i, f := range got {
		if i >= len(want) || f.String() != want[i] {
			t.Errorf("%d: %s", i, f)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d findings, wanted %d", len(got), len(want))
	}
	// What a mapping does not name is told together.
	const together = `m.yaml:1:1: warning: the target has no place for 5 custom fields of the kind entry: _list, event: date, price, sub_title, tags; each will be told as lost (no_home).`
	if all := parse(t, "").Check(blog(), to); !slices.ContainsFunc(all, func(f mapping.Fault) bool { return strings.HasPrefix(f.String(), together) }) {
		t.Errorf("unnamed fields: %v", all)
	}
}
