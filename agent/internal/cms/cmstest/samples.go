package cmstest

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cms"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

func ref(k cms.Kind, id string) *recordv1.Ref { return record.NewRef(k, id) }

func at(days int64) *recordv1.Time { return &recordv1.Time{Seconds: 1_500_000_000 + days*86_400} }

func userRef(n int) *recordv1.Ref { return ref(recordv1.Kind_KIND_USER, fmt.Sprintf("s-u%d", n)) }

func entryRef(n int) *recordv1.Ref { return ref(recordv1.Kind_KIND_ENTRY, fmt.Sprintf("s-e%d", n)) }

func user(n int, roles ...string) *recordv1.Record {
	name := fmt.Sprintf("sample%d", n)
	return &recordv1.Record{Ref: userRef(n), Body: &recordv1.Record_User{User: &recordv1.User{
		Login: name, Email: name + "@example.org", DisplayName: "Sample Person " + fmt.Sprint(n), Slug: name, Bio: "Writes about sample " + fmt.Sprint(n) + ".",
		Registered: at(int64(n)), Roles: roles, Account: recordv1.Account_ACCOUNT_STAFF}}}
}

func term(id, taxonomy, slug string, parent *recordv1.Ref) *recordv1.Record {
	return &recordv1.Record{Ref: ref(recordv1.Kind_KIND_TERM, id), Body: &recordv1.Record_Term{Term: &recordv1.Term{
		Taxonomy: taxonomy, Name: "Term " + slug, Slug: slug, Description: &recordv1.Body{Markup: "html", Text: "About " + slug}, Parent: parent}}}
}

// body writes paragraphs in a markup that the target takes.
func (s *suite) body(paragraphs ...string) *recordv1.Body {
	marks := s.kinds[recordv1.Kind_KIND_ENTRY].GetHolds().GetMarkups()
	if len(marks) == 0 || slices.Contains(marks, "html") {
		return &recordv1.Body{Markup: "html", Text: "<p>" + strings.Join(paragraphs, "</p>\n<p>") + "</p>"}
	}
	if marks[0] == "lexical" {
		return lexical(paragraphs)
	}
	return &recordv1.Body{Markup: marks[0], Text: strings.Join(paragraphs, "\n\n")}
}

func (s *suite) entry(n int, title string, paragraphs ...string) *recordv1.Record {
	return &recordv1.Record{Ref: entryRef(n), Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{
		Type: s.h.Entry, Purpose: recordv1.Purpose_PURPOSE_ARTICLE, Status: recordv1.Status_STATUS_PUBLISHED, Title: title, Slug: fmt.Sprintf("sample-entry-%d", n),
		Content: s.body(paragraphs...), Authors: []*recordv1.Ref{userRef(1)}, Published: at(100), Modified: at(101), Created: at(100), Visibility: recordv1.Visibility_VISIBILITY_PUBLIC}}}
}

func comment(n int, parent *recordv1.Ref) *recordv1.Record {
	return &recordv1.Record{Ref: ref(recordv1.Kind_KIND_COMMENT, fmt.Sprintf("s-c%d", n)), Body: &recordv1.Record_Comment{Comment: &recordv1.Comment{
		Entry: entryRef(1), Parent: parent, AuthorName: "Visitor", AuthorEmail: "visitor@example.org", Created: at(120 + int64(n)), Type: "comment",
		Status: recordv1.CommentStatus_COMMENT_STATUS_APPROVED, Content: &recordv1.Body{Markup: "html", Text: fmt.Sprintf("Comment %d", n)}}}}
}

// samples are records of all kinds with relations in both directions, in writing order.
func (s *suite) samples() []*recordv1.Record {
	news := ref(recordv1.Kind_KIND_TERM, "s-t1")
	linked := s.entry(1, "First", `See <a href="bailey:entry/s-e2">the second</a>.`)
	linked.GetEntry().Terms = []*recordv1.Ref{news, ref(recordv1.Kind_KIND_TERM, "s-t3")}
	linked.GetEntry().Excerpt = "What the first is about"
	back := s.entry(2, "Second", `Back to <a href="bailey:entry/s-e1">the first</a>.`)
	return append([]*recordv1.Record{
		{Ref: ref(recordv1.Kind_KIND_SITE, "s-1"), Body: &recordv1.Record_Site{Site: &recordv1.Site{Title: "Sample site", Tagline: "Made for a test", BaseUrl: "https://source.example", Timezone: "Europe/Berlin"}}},
		user(1, "administrator"), user(2, "author"), user(3, "editor"),
		term("s-t1", "category", "sample-news", nil), term("s-t2", "category", "sample-local", news), term("s-t3", "tag", "sample-tag", nil),
		{Ref: ref(recordv1.Kind_KIND_MEDIA, "s-m1"), Body: &recordv1.Record_Media{Media: &recordv1.Media{Title: "A picture", Slug: "a-picture", Alt: "A picture of a sample", Mime: "image/jpeg", Author: userRef(1), Created: at(90), Modified: at(90),
			Files: []*recordv1.File{{Id: "s-f1", Role: "full", Path: "2017/09/a-picture.jpg", Mime: "image/jpeg", Missing: true}}}}},
		linked, back, s.entry(3, "Third", "Stands alone."),
		comment(1, nil), comment(2, ref(recordv1.Kind_KIND_COMMENT, "s-c1")),
		{Ref: ref(recordv1.Kind_KIND_MENU, "s-n1"), Body: &recordv1.Record_Menu{Menu: &recordv1.Menu{Name: "Sample menu", Slug: "sample-menu", Items: []*recordv1.MenuItem{
			{Id: "s-i1", Position: 1, Title: "First", Target: entryRef(1), Type: "post_type", Object: s.h.Entry},
			{Id: "s-i2", Position: 2, Title: "Elsewhere", Url: "https://elsewhere.example/", Type: "custom", Object: "custom"}}}}},
		{Ref: ref(recordv1.Kind_KIND_REDIRECT, "s-r1"), Body: &recordv1.Record_Redirect{Redirect: &recordv1.Redirect{FromPath: "/old/", To: entryRef(1), Code: 301}}},
	}, s.h.Records...)
}

// fitted are the records that the target takes, as the orchestrator would send them: fitted and sealed.
func (s *suite) fitted(recs ...*recordv1.Record) []*recordv1.Record {
	var out []*recordv1.Record
	for _, rec := range recs {
		rec = proto.CloneOf(rec)
		if info := s.kinds[rec.GetRef().GetKind()]; info != nil && info.GetWritable() {
			if keep, _ := record.Fit(rec, info); keep {
				record.Seal(rec)
				out = append(out, rec)
			}
		}
	}
	return out
}

func ofKind(recs []*recordv1.Record, k cms.Kind) []*recordv1.Record {
	return slices.DeleteFunc(slices.Clone(recs), func(r *recordv1.Record) bool { return r.GetRef().GetKind() != k })
}
