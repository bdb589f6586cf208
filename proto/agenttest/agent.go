// Package agenttest is an agent in memory for the tests of programs that talk to one, and the contract suite that every agent passes.
package agenttest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"sync"

	"google.golang.org/protobuf/proto"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Agent is a site with its agent, both in memory. It keeps to the contract as an agent beside a real site does: ledger,
// open pointers, files by offset. TailLogs is left out. Change it with its methods; it may be used from
// several goroutines, except that what the options set is set before it is dialled.
type Agent struct {
	agentv1.UnimplementedAgentServiceServer

	// Info is what Describe answers, but for kinds and counts.
	Info *agentv1.DescribeResponse
	// OnBatch, when set, is asked before a batch is written; an error ends the stream and nothing is written.
	OnBatch func(*agentv1.WriteRecordsRequest) error
	// OnRecord, when set, is asked for each record written; a Problem rejects it.
	OnRecord func(*recordv1.Record) *agentv1.Problem
	// OnReadBack, when set, is told of each call of ReadBack before it is answered.
	OnReadBack func(*agentv1.ReadBackRequest)

	mu    sync.Mutex
	holds map[recordv1.Kind]*agentv1.KindInfo
	items map[recordv1.Kind][]item
	// at is where in items a record is; slugs counts who has an entry's address.
	at    map[record.Key]int
	slugs map[slug]int
	files map[string][]byte
	// rows is the ledger of a target, order its rows in the order in which they were made.
	rows    map[rowKey]*row
	order   []*row
	uploads map[uploadKey]*upload
	batches int
	// made counts the rows of a target, gone ones too.
	made     int
	finished int
}

// item is what reading lists: a record, or the reason why it is not handed over.
type item struct {
	record *recordv1.Record
	unread *agentv1.Unread
	paths  []*agentv1.Path
}

// NewSource makes a site that holds records, and an agent that only reads it. Records keep their order within a kind.
func NewSource(records ...*recordv1.Record) *Agent {
	return newAgent(agentv1.Role_ROLE_SOURCE, records)
}

// NewTarget makes an agent that also writes, and a site that holds records which no migration wrote.
func NewTarget(existing ...*recordv1.Record) *Agent {
	return newAgent(agentv1.Role_ROLE_TARGET, existing)
}

func newAgent(role agentv1.Role, records []*recordv1.Record) *Agent {
	id := sha256.Sum256(fmt.Appendf(nil, "%v %d", role, len(records)))
	a := &Agent{
		Info: &agentv1.DescribeResponse{
			SiteId: hex.EncodeToString(id[:16]), Platform: "memory", PlatformVersion: "1", Locales: []string{"en"},
			BaseUrl: "https://" + roleHost(role), AgentVersion: "test", Role: role, Database: "memory",
			Capabilities: []string{"StatFiles", "ReadFile", "Resolve"},
		},
		holds: map[recordv1.Kind]*agentv1.KindInfo{}, items: map[recordv1.Kind][]item{}, at: map[record.Key]int{}, slugs: map[slug]int{}, files: map[string][]byte{},
		rows: map[rowKey]*row{}, uploads: map[uploadKey]*upload{},
	}
	if role == agentv1.Role_ROLE_TARGET {
		a.Info.Capabilities = append(a.Info.Capabilities, "WriteRecords", "ReadBack", "WriteFile", "Relink", "Finish", "Withdraw", "Rollback", "DryRun")
	}
	for _, k := range record.Kinds {
		a.holds[k] = &agentv1.KindInfo{Kind: k, Readable: true, Writable: role == agentv1.Role_ROLE_TARGET, Addressable: true,
			Holds: &agentv1.Holds{Fields: []string{"*"}, CustomFields: true, Languages: true, Markups: []string{"html"}}}
	}
	a.Add(records...)
	return a
}

func roleHost(role agentv1.Role) string {
	if role == agentv1.Role_ROLE_TARGET {
		return "target.example.org"
	}
	return "source.example.org"
}

// Add puts records on the site; it seals copies of them. A record with the ref of an earlier one takes its place.
func (a *Agent) Add(records ...*recordv1.Record) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range records {
		r = proto.CloneOf(r)
		record.Seal(r)
		a.put(r.GetRef(), item{record: r, paths: []*agentv1.Path{{Path: "/" + record.KeyOf(r.GetRef()).String() + "/"}}})
	}
}

// Remove takes records from the site. Those that follow move up, so shards made before are no longer exact.
func (a *Agent) Remove(refs ...*recordv1.Ref) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, ref := range refs {
		kind, i := ref.GetKind(), a.at[record.KeyOf(ref)]
		a.slugs[slugOf(a.items[kind][i].record)]--
		a.items[kind] = slices.Delete(a.items[kind], i, i+1)
		delete(a.at, record.KeyOf(ref))
		for j, it := range a.items[kind][i:] {
			a.at[record.KeyOf(it.ref())] = i + j
		}
	}
}

// Records gives copies of the site's records of a kind; Add puts an edited one back.
func (a *Agent) Records(k recordv1.Kind) []*recordv1.Record {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []*recordv1.Record
	for _, it := range a.list(k, false) {
		if it.record != nil {
			all = append(all, proto.CloneOf(it.record))
		}
	}
	return all
}

// AddUnread puts something on the site that is there but not handed over.
func (a *Agent) AddUnread(u *agentv1.Unread) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.put(u.GetRef(), item{unread: u})
}

// SetPaths sets the addresses of a record that was added.
func (a *Agent) SetPaths(ref *recordv1.Ref, paths ...*agentv1.Path) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if i, ok := a.at[record.KeyOf(ref)]; ok {
		a.items[ref.GetKind()][i].paths = paths
	}
}

func (a *Agent) put(ref *recordv1.Ref, it item) {
	kind, key := ref.GetKind(), record.KeyOf(ref)
	a.slugs[slugOf(it.record)]++
	if i, ok := a.at[key]; ok {
		a.slugs[slugOf(a.items[kind][i].record)]--
		a.items[kind][i] = it
		return
	}
	a.at[key] = len(a.items[kind])
	a.items[kind] = append(a.items[kind], it)
}

// slug is an entry's address: unique within its type.
type slug struct{ kind, slug string }

func slugOf(r *recordv1.Record) slug { return slug{r.GetEntry().GetType(), r.GetEntry().GetSlug()} }

func (i item) ref() *recordv1.Ref {
	if i.unread != nil {
		return i.unread.GetRef()
	}
	return i.record.GetRef()
}

// AddFile gives the site a file.
func (a *Agent) AddFile(id string, data []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.files[id] = data
}

// SetKind replaces what Describe says of a kind, but for its count.
func (a *Agent) SetKind(info *agentv1.KindInfo) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.holds[info.GetKind()] = info
}

// Describe implements agentv1.AgentServiceServer.
func (a *Agent) Describe(_ context.Context, req *agentv1.DescribeRequest) (*agentv1.DescribeResponse, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	resp := proto.CloneOf(a.Info)
	if req.GetBrief() {
		resp.Findings, resp.Fields = nil, nil
	}
	for _, k := range record.Kinds {
		info := proto.CloneOf(a.holds[k])
		if !req.GetBrief() {
			info.Count = uint64(len(a.list(k, req.GetRevisions()))) //nolint:gosec // a length
		}
		resp.Kinds = append(resp.Kinds, info)
	}
	return resp, nil
}

// list is what reading a kind lists.
func (a *Agent) list(k recordv1.Kind, revisions bool) []item {
	if k != recordv1.Kind_KIND_ENTRY || revisions {
		return a.items[k]
	}
	return slices.DeleteFunc(slices.Clone(a.items[k]), func(i item) bool {
		return i.record.GetEntry().GetPurpose() == recordv1.Purpose_PURPOSE_REVISION
	})
}
