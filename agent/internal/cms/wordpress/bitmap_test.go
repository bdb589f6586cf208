package wordpress

import (
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/wordpress/wptest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// A reader finds the same entries and attachments by id and, once it has looked up many, in what it read of all.
func TestCommented(t *testing.T) {
	t.Parallel()
	s := open(t, wptest.New(t, cmssql.SQLite, "wp_", true))
	r, err := s.newReader(t.Context(), s.db, recordv1.Kind_KIND_COMMENT, cms.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ids := []int64{10, 14, 30, 64, 999999}
	few, err := r.commented(t.Context(), ids)
	if err != nil || s.kinds.kinds != nil {
		t.Fatalf("all types were read for %d ids: %v", len(ids), err)
	}
	s.kinds.looked = scanAfter
	many, err := r.commented(t.Context(), ids)
	if err != nil || s.kinds.kinds == nil {
		t.Fatalf("the types were not read: %v", err)
	}
	if few[10] != "post" || few[30] != "attachment" || few[999999] != "" {
		t.Errorf("by id: %v", few)
	}
	for _, id := range ids {
		if a, b := refTo(few[id], id), refTo(many[id], id); a.String() != b.String() {
			t.Errorf("post %d: %v by id, %v from all", id, a, b)
		}
	}
}
