package agenttest

import (
	"fmt"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Make gives record number n of a kind as most platforms can hold it: plain fields, no pointers. It is not sealed.
func Make(kind recordv1.Kind, n int) *recordv1.Record {
	id := fmt.Sprint(n)
	r := &recordv1.Record{Ref: record.NewRef(kind, id)}
	switch kind {
	case recordv1.Kind_KIND_SITE:
		r.Body = &recordv1.Record_Site{Site: &recordv1.Site{Title: "Site " + id, Tagline: "Made for tests", Language: "en", Timezone: "UTC"}}
	case recordv1.Kind_KIND_USER:
		r.Body = &recordv1.Record_User{User: &recordv1.User{Login: "user" + id, Email: "user" + id + "@example.org", DisplayName: "User " + id,
			Slug: "user" + id, Roles: []string{"author"}, Account: recordv1.Account_ACCOUNT_STAFF, Registered: instant(n)}}
	case recordv1.Kind_KIND_TERM:
		r.Body = &recordv1.Record_Term{Term: &recordv1.Term{Taxonomy: "category", Name: "Term " + id, Slug: "term-" + id}}
	case recordv1.Kind_KIND_MEDIA:
		r.Body = &recordv1.Record_Media{Media: &recordv1.Media{Title: "Media " + id, Slug: "media-" + id, Mime: "image/png", Created: instant(n), Modified: instant(n)}}
	case recordv1.Kind_KIND_ENTRY:
		r.Body = &recordv1.Record_Entry{Entry: &recordv1.Entry{Type: "post", Purpose: recordv1.Purpose_PURPOSE_ARTICLE,
			Status: recordv1.Status_STATUS_PUBLISHED, Title: "Entry " + id, Slug: "entry-" + id,
			Content:   &recordv1.Body{Markup: "html", Text: "<p>Text of entry " + id + "</p>"},
			Published: instant(n), Modified: instant(n)}}
	case recordv1.Kind_KIND_COMMENT:
		r.Body = &recordv1.Record_Comment{Comment: &recordv1.Comment{AuthorName: "Visitor " + id, Created: instant(n), Type: "comment",
			Status: recordv1.CommentStatus_COMMENT_STATUS_APPROVED, Content: &recordv1.Body{Markup: "html", Text: "Comment " + id}}}
	case recordv1.Kind_KIND_MENU:
		r.Body = &recordv1.Record_Menu{Menu: &recordv1.Menu{Name: "Menu " + id, Slug: "menu-" + id,
			Items: []*recordv1.MenuItem{{Id: id + "a", Title: "Home", Url: "/", Type: "custom", Position: 1}}}}
	case recordv1.Kind_KIND_REDIRECT:
		r.Body = &recordv1.Record_Redirect{Redirect: &recordv1.Redirect{FromPath: "/old/" + id, ToUrl: "/new/" + id, Code: 301}}
	}
	return r
}

// MakeMany gives records 1 to n of a kind.
func MakeMany(kind recordv1.Kind, n int) []*recordv1.Record {
	all := make([]*recordv1.Record, 0, n)
	for i := range n {
		all = append(all, Make(kind, i+1))
	}
	return all
}

func instant(n int) *recordv1.Time { return &recordv1.Time{Seconds: 1_600_000_000 + int64(n)*3600} }
