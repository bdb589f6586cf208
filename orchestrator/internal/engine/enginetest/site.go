package enginetest

import (
	"fmt"
	"strconv"

	"github.com/baileybridge/bailey/proto/agenttest"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Lost is how many pointers of NewSite lead nowhere.
const Lost = 2

// NewSite makes a site of n entries with users, terms, media with files, threaded comments and a menu. Refs and links point
// forwards and backwards; two of them lead to a record that cannot be read.
func NewSite(n int) *agenttest.Agent {
	a := agenttest.NewSource()
	a.Add(&recordv1.Record{Ref: ref(recordv1.Kind_KIND_SITE, 1), Body: &recordv1.Record_Site{Site: &recordv1.Site{
		Title: "Site", FrontPage: ref(recordv1.Kind_KIND_ENTRY, 1)}}})
	for i := 1; i <= max(1, n/5); i++ {
		a.Add(user(i), term(i), media(i))
		a.AddFile(fmt.Sprintf("file-%d", i), []byte(fmt.Sprintf("picture %d", i)))
	}
	for i := 1; i <= n; i++ {
		a.Add(entry(i, n), comment(i))
	}
	a.AddUnread(&agentv1.Unread{Ref: ref(recordv1.Kind_KIND_ENTRY, n+1), Outcome: agentv1.Outcome_OUTCOME_REJECTED,
		Problem: &agentv1.Problem{Code: "unreadable", Cause: "the row is damaged", Fix: "Repair the table."}})
	return a
}

// Entries is how many records of kind entry NewSite lists.
func Entries(n int) uint64 { return uint64(n) + 1 }

func ref(k recordv1.Kind, i int) *recordv1.Ref { return record.NewRef(k, strconv.Itoa(i)) }

func user(i int) *recordv1.Record {
	return &recordv1.Record{Ref: ref(recordv1.Kind_KIND_USER, i), Body: &recordv1.Record_User{User: &recordv1.User{
		Login: fmt.Sprintf("user%d", i), Email: fmt.Sprintf("user%d@example.org", i), DisplayName: "User"}}}
}

func term(i int) *recordv1.Record {
	// The parent is written after its child.
	return &recordv1.Record{Ref: ref(recordv1.Kind_KIND_TERM, i), Body: &recordv1.Record_Term{Term: &recordv1.Term{
		Taxonomy: "category", Name: fmt.Sprintf("Term %d", i), Slug: fmt.Sprintf("term-%d", i), Parent: parentOf(i)}}}
}

func parentOf(i int) *recordv1.Ref {
	if i%2 == 1 {
		return nil
	}
	return ref(recordv1.Kind_KIND_TERM, i-1)
}

func media(i int) *recordv1.Record {
	id := fmt.Sprintf("file-%d", i)
	size := uint64(len(fmt.Sprintf("picture %d", i)))
	return &recordv1.Record{Ref: ref(recordv1.Kind_KIND_MEDIA, i), Body: &recordv1.Record_Media{Media: &recordv1.Media{
		Title: "Picture", Files: []*recordv1.File{{Id: id, Role: "full", Path: id + ".png", Bytes: size}}}}}
}

func entry(i, n int) *recordv1.Record {
	next := i + 1
	text := fmt.Sprintf(`<p>On to <a href="https://source.example.org/entry/%d/">the next</a>, and the literal bailey: word.</p>`, next)
	e := &recordv1.Entry{Type: "post", Title: fmt.Sprintf("Entry %d", i), Slug: fmt.Sprintf("entry-%d", i),
		Content: &recordv1.Body{Markup: "html", Text: text}, Authors: []*recordv1.Ref{ref(recordv1.Kind_KIND_USER, 1)},
		Terms: []*recordv1.Ref{ref(recordv1.Kind_KIND_TERM, 1)}, Status: recordv1.Status_STATUS_PUBLISHED}
	if i == n {
		// Both lead to a record that cannot be read.
		e.Parent = ref(recordv1.Kind_KIND_ENTRY, next)
	} else if i%3 == 0 {
		e.Parent = ref(recordv1.Kind_KIND_ENTRY, next)
	}
	return &recordv1.Record{Ref: ref(recordv1.Kind_KIND_ENTRY, i), Body: &recordv1.Record_Entry{Entry: e}}
}

func comment(i int) *recordv1.Record {
	c := &recordv1.Comment{Entry: ref(recordv1.Kind_KIND_ENTRY, i), AuthorName: "Visitor", Content: &recordv1.Body{Markup: "html", Text: "Hello"}}
	if i > 1 {
		c.Parent = ref(recordv1.Kind_KIND_COMMENT, i-1)
	}
	return &recordv1.Record{Ref: ref(recordv1.Kind_KIND_COMMENT, i), Body: &recordv1.Record_Comment{Comment: c}}
}
