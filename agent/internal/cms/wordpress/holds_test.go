package wordpress

import (
	"testing"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// A file of a status that WordPress does not have would be in no list of its library.
func TestMediaHaveAStatusThatTheLibraryLists(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]string{"": "", "private": "private", "trash": "trash", "temporary": "private"} {
		r := &recordv1.Record{Ref: record.NewRef(recordv1.Kind_KIND_MEDIA, "1"), Body: &recordv1.Record_Media{Media: &recordv1.Media{Status: status}}}
		_, losses := record.Fit(r, &agentv1.KindInfo{Writable: true, Holds: holdsMedia()})
		if got := r.GetMedia().GetStatus(); got != want || (len(losses) > 0) != (got != status) {
			t.Errorf("%q became %q with losses %v", status, got, losses)
		}
	}
}
