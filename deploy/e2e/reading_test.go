//go:build accept

package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"testing"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"
	"github.com/baileybridge/bailey/proto/record"
)

// readSite is all that an agent gives of its site.
type readSite struct {
	desc *agentv1.DescribeResponse
	// records by "entry/12", in reading order in order.
	records map[string]*recordv1.Record
	order   []string
	unread  []*agentv1.Unread
	// paths by "entry/12", the public one first.
	paths map[string][]string
	// madeUp are those that no visitor asks for.
	madeUp map[string]bool
	agent  agentv1.AgentServiceClient
}

// readAll reads a site over the wire as the orchestrator does, two shards a kind, and checks that it lists what it counts.
func readAll(t *testing.T, a *agent) *readSite {
	t.Helper()
	r := &readSite{agent: dial(t, a), records: map[string]*recordv1.Record{}, paths: map[string][]string{}, madeUp: map[string]bool{}}
	r.desc = describe(t, r.agent)
	for _, k := range r.desc.GetKinds() {
		before := len(r.order) + len(r.unread)
		if k.GetReadable() {
			r.kind(t, k.GetKind())
		}
		if got := len(r.order) + len(r.unread) - before; uint64(got) != k.GetCount() {
			t.Errorf("%v: counted %d, read %d", k.GetKind(), k.GetCount(), got)
		}
	}
	return r
}

func dial(t *testing.T, a *agent) agentv1.AgentServiceClient {
	t.Helper()
	l, err := link.Parse(a.link())
	need(t, err)
	conn, err := link.Dial(t.Context(), l)
	need(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return agentv1.NewAgentServiceClient(conn)
}

func describe(t *testing.T, a agentv1.AgentServiceClient) *agentv1.DescribeResponse {
	t.Helper()
	d, err := a.Describe(t.Context(), &agentv1.DescribeRequest{})
	need(t, err)
	return d
}

func (r *readSite) kind(t *testing.T, kind recordv1.Kind) {
	t.Helper()
	split, err := r.agent.SplitKind(t.Context(), &agentv1.SplitKindRequest{Kind: kind, Shards: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, sh := range split.GetShards() {
		records, err := r.agent.ReadRecords(t.Context(), &agentv1.ReadRecordsRequest{Kind: kind, Shard: sh.GetRange()})
		if err != nil {
			t.Fatal(err)
		}
		drain(t, records.Recv, func(b *agentv1.ReadRecordsResponse) {
			r.unread = append(r.unread, b.GetUnread()...)
			for _, rec := range b.GetRecords() {
				key := record.KeyOf(rec.GetRef()).String()
				r.records[key], r.order = rec, append(r.order, key)
			}
		})
		index, err := r.agent.ReadIndex(t.Context(), &agentv1.ReadIndexRequest{Kind: kind, Shard: sh.GetRange()})
		if err != nil {
			t.Fatal(err)
		}
		drain(t, index.Recv, func(b *agentv1.ReadIndexResponse) {
			for _, it := range b.GetItems() {
				for _, p := range it.GetPaths() {
					key := record.KeyOf(it.GetRef()).String()
					r.paths[key] = append(r.paths[key], p.GetPath())
					r.madeUp[p.GetPath()] = p.GetMadeUp()
				}
			}
		})
	}
}

func drain[M any](t *testing.T, recv func() (M, error), each func(M)) {
	t.Helper()
	for {
		m, err := recv()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		each(m)
	}
}

// sha256Of reads a file over the wire.
func (r *readSite) sha256Of(t *testing.T, id string) string {
	t.Helper()
	stream, err := r.agent.ReadFile(t.Context(), &agentv1.ReadFileRequest{Id: id})
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.New()
	drain(t, stream.Recv, func(b *agentv1.ReadFileResponse) { _, _ = sum.Write(b.GetData()) })
	return hex.EncodeToString(sum.Sum(nil))
}

// readingJudge compares what was read with the truth. Told are the notes of records, and what the caller declares by kind
// and field path.
func (r *readSite) readingJudge(t *testing.T, move string, declared map[string][]string) *judge {
	j := newJudge(t, move, nil)
	for key, rec := range r.records {
		for _, n := range rec.GetNotes() {
			kind := record.KindName(rec.GetRef().GetKind())
			j.told.losses = append(j.told.losses, &toldLoss{code: n.GetCode(), kind: kind, fields: []string{n.GetField()}, count: 1,
				refs: map[string]bool{key[len(kind)+1:]: true}, used: map[string]bool{}})
		}
	}
	for kind, fields := range declared {
		j.told.losses = append(j.told.losses, &toldLoss{code: "declared", kind: kind, fields: fields, count: 1 << 30, used: map[string]bool{}})
	}
	return j
}
