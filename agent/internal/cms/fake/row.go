package fake

import (
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// row is one row of a kind's table.
type row struct {
	id    int64
	name  string
	scope string
	slug  string
	body  []byte
}

// encode turns a record whose refs hold ids of this site into a row.
func encode(rec *recordv1.Record) (row, error) {
	ref, digest := rec.GetRef(), rec.GetDigest()
	// Identity and digest belong to the source, not to this site.
	rec.Ref, rec.Digest = nil, nil
	body, err := proto.MarshalOptions{Deterministic: true}.Marshal(rec)
	rec.Ref, rec.Digest = ref, digest
	if err != nil {
		return row{}, fmt.Errorf("encode the row: %w", err)
	}
	name, scope, slug := columns(rec)
	return row{name: name, scope: scope, slug: slug, body: body}, nil
}

// columns are what the platform searches by.
func columns(rec *recordv1.Record) (name, scope, slug string) {
	switch b := rec.GetBody().(type) {
	case *recordv1.Record_Site:
		return b.Site.GetTitle(), "", "settings"
	case *recordv1.Record_User:
		return b.User.GetDisplayName(), "", strings.ToLower(b.User.GetEmail())
	case *recordv1.Record_Term:
		return b.Term.GetName(), b.Term.GetTaxonomy(), b.Term.GetSlug()
	case *recordv1.Record_Media:
		return b.Media.GetTitle(), "", b.Media.GetSlug()
	case *recordv1.Record_Entry:
		return b.Entry.GetTitle(), b.Entry.GetType(), b.Entry.GetSlug()
	case *recordv1.Record_Comment:
		return b.Comment.GetAuthorName(), "", ""
	case *recordv1.Record_Menu:
		return b.Menu.GetName(), "", b.Menu.GetSlug()
	case *recordv1.Record_Redirect:
		return b.Redirect.GetFromPath(), "", ""
	}
	return "", "", ""
}

// setSlug changes the slug of an entry, term, media or menu.
func setSlug(rec *recordv1.Record, slug string) {
	switch b := rec.GetBody().(type) {
	case *recordv1.Record_Term:
		b.Term.Slug = slug
	case *recordv1.Record_Media:
		b.Media.Slug = slug
	case *recordv1.Record_Entry:
		b.Entry.Slug = slug
	case *recordv1.Record_Menu:
		b.Menu.Slug = slug
	}
}

// decode turns a row into a record. What cannot be read is told as unread, so that it is counted (Rule 1).
func decode(kind recordv1.Kind, r row) (*recordv1.Record, *agentv1.Unread) {
	ref := record.NewRef(kind, strconv.FormatInt(r.id, 10))
	rec := &recordv1.Record{}
	if err := proto.Unmarshal(r.body, rec); err != nil {
		return nil, &agentv1.Unread{Ref: ref, Outcome: agentv1.Outcome_OUTCOME_REJECTED,
			Problem: &agentv1.Problem{Code: "row_unreadable", Cause: "the row's body cannot be decoded", Fix: "repair the row at the source, or delete it"}}
	}
	rec.Ref = ref
	dropOpen(rec)
	for _, f := range rec.GetMedia().GetFiles() {
		// The server makes the opaque id of this path.
		f.Id = f.GetPath()
	}
	return rec, nil
}
