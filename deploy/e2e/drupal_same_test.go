//go:build accept

package e2e

import (
	"encoding/hex"
	"regexp"
	"testing"

	"google.golang.org/protobuf/proto"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// The same content gives the same records in every database, but for what the making of a fixture itself differs in: its
// moment, random ids, salts and the site's name.
func TestDrupalIsTheSameInEveryDatabase(t *testing.T) {
	for _, family := range [][]string{{"d7-dev", "d7-pg", "d7-sqlite"}, {"d9-dev", "d9-pg", "d9-sqlite"}} {
		var want, wholes map[string]string
		for _, fixture := range family {
			r := readAll(t, newDrupal(t, fixture).serve(t, "source"))
			got, whole := map[string]string{}, map[string]string{}
			for key, rec := range r.records {
				got[key], whole[key] = hex.EncodeToString(record.Digest(unmade(rec))), unmade(rec).String()
			}
			if want == nil {
				want, wholes = got, whole
				continue
			}
			if len(got) != len(want) {
				t.Errorf("%s holds %d records, %s %d", fixture, len(got), family[0], len(want))
			}
			for key := range want {
				if got[key] != want[key] {
					a, b := apart(wholes[key], whole[key])
					t.Errorf("%s: %s differs from that of %s\n  %s\n  %s", fixture, key, family[0], a, b)
				}
			}
		}
	}
}

// madeAfter is before the fixtures were made, and after all times that their content names.
const madeAfter = 1_790_000_000

var anyUUID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// ownHost is the address that a fixture's texts name as their own.
var ownHost = regexp.MustCompile(`d[79](dev|pg|sqlite)\.lab\.test`)

// unmade is a record without what the making of its fixture has left in it.
func unmade(rec *recordv1.Record) *recordv1.Record {
	rec = proto.CloneOf(rec)
	rec.Digest = nil
	record.TokenTexts(rec, func(_, text string) string {
		return ownHost.ReplaceAllString(anyUUID.ReplaceAllString(text, "uuid"), "lab.test")
	})
	forget := func(t *recordv1.Time) {
		if t.GetSeconds() > madeAfter {
			t.Seconds = madeAfter
		}
	}
	switch b := rec.GetBody().(type) {
	case *recordv1.Record_Menu:
		if b.Menu.GetSlug() == "management" {
			// Drupal's installer numbers these as it finds them.
			for _, it := range b.Menu.GetItems() {
				it.Id = ""
			}
		}
	case *recordv1.Record_Site:
		b.Site.Title = ""
	case *recordv1.Record_User:
		forget(b.User.GetRegistered())
		b.User.Uuid, b.User.Password.Hash = "", b.User.GetPassword().GetHash()[:3]
	case *recordv1.Record_Media:
		// The agent makes the ids of files from a key of its own.
		for _, f := range b.Media.GetFiles() {
			f.Id = ""
		}
		forget(b.Media.GetCreated())
		forget(b.Media.GetModified())
	case *recordv1.Record_Entry:
		forget(b.Entry.GetCreated())
		forget(b.Entry.GetPublished())
		forget(b.Entry.GetModified())
		b.Entry.Uuid = ""
	case *recordv1.Record_Comment:
		forget(b.Comment.GetCreated())
		forget(b.Comment.GetModified())
	}
	return rec
}
