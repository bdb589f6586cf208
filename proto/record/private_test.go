package record_test

import (
	"testing"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// What is not for everybody stays behind unless the target says that it can withhold a file; what an owner makes public goes on.
func TestPrivateFilesStayBehind(t *testing.T) {
	t.Parallel()
	members, public := recordv1.Visibility_VISIBILITY_MEMBERS, recordv1.Visibility_VISIBILITY_PUBLIC
	for _, c := range []struct {
		name   string
		of     recordv1.Visibility
		fields []string
		keep   bool
		want   recordv1.Visibility
		losses int
	}{
		{"members, not held", members, []string{"title", "files"}, false, members, 1},
		{"members, held", members, []string{"title", "files", "visibility"}, true, members, 0},
		{"paid, not held", recordv1.Visibility_VISIBILITY_PAID, []string{"files"}, false, recordv1.Visibility_VISIBILITY_PAID, 1},
		{"public, not held", public, []string{"files"}, true, 0, 0},
		{"not said", 0, []string{"files"}, true, 0, 0},
	} {
		m := &recordv1.Media{Visibility: c.of, Files: []*recordv1.File{{Id: "f", Role: "full", Path: "a.txt"}}}
		r := &recordv1.Record{Ref: record.NewRef(recordv1.Kind_KIND_MEDIA, "1"), Body: &recordv1.Record_Media{Media: m}}
		keep, losses := record.Fit(r, &agentv1.KindInfo{Kind: recordv1.Kind_KIND_MEDIA, Writable: true, Holds: &agentv1.Holds{Fields: c.fields}})
		if keep != c.keep || m.GetVisibility() != c.want || len(losses) != c.losses {
			t.Errorf("%s: keep %v, visibility %v, losses %v", c.name, keep, m.GetVisibility(), losses)
		}
		if c.losses > 0 && losses[0].Code != record.LossPrivateFile {
			t.Errorf("%s: told as %q", c.name, losses[0].Code)
		}
	}
}
