//go:build accept

package e2e

import (
	"testing"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// revisions reads the entries again, older versions included, and gives these by their own id.
func (r *readSite) revisions(t *testing.T) map[string]*recordv1.Record {
	t.Helper()
	opt := &agentv1.ReadOptions{Revisions: true}
	split, err := r.agent.SplitKind(t.Context(), &agentv1.SplitKindRequest{Kind: recordv1.Kind_KIND_ENTRY, Shards: 2, Options: opt})
	need(t, err)
	found := map[string]*recordv1.Record{}
	for _, sh := range split.GetShards() {
		records, err := r.agent.ReadRecords(t.Context(), &agentv1.ReadRecordsRequest{Kind: recordv1.Kind_KIND_ENTRY, Shard: sh.GetRange(), Options: opt})
		need(t, err)
		drain(t, records.Recv, func(b *agentv1.ReadRecordsResponse) {
			for _, rec := range b.GetRecords() {
				if rec.GetEntry().GetPurpose() == recordv1.Purpose_PURPOSE_REVISION {
					found[rec.GetRef().GetSourceId()] = rec
				}
			}
		})
	}
	return found
}
