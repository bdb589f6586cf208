package server_test

import (
	"bytes"
	"context"
	"io"
	"iter"
	"testing"

	"go.uber.org/zap"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/fake"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/server"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/proto/agenttest"
)

// addressed is a site whose records have addresses.
type addressed struct{ cms.Site }

func at(it cms.Item) cms.Item {
	if it.Record != nil {
		it.Paths = []*agentv1.Path{{Path: "/at/" + it.Record.GetRef().GetSourceId()}}
	}
	return it
}

func (a addressed) Read(ctx context.Context, kind cms.Kind, sh cms.Shard, after cms.Cursor, opt cms.Options) iter.Seq2[cms.Item, error] {
	return func(yield func(cms.Item, error) bool) {
		for it, err := range a.Site.Read(ctx, kind, sh, after, opt) {
			if !yield(at(it), err) {
				return
			}
		}
	}
}

func (a addressed) Fetch(ctx context.Context, q cmssql.Querier, kind cms.Kind, ids []string) ([]cms.Item, error) {
	items, err := a.Site.Fetch(ctx, q, kind, ids)
	for i := range items {
		items[i] = at(items[i])
	}
	return items, err
}

// Entries say at which address they stand where it is asked for, in shards and by name, and digests are those of what is read.
func TestAddressesAreReadWhereAskedFor(t *testing.T) {
	t.Parallel()
	set := install(t, cmssql.SQLite)
	fill(t, set)
	s, err := server.New(t.Context(), server.Config{Driver: fake.Driver{}, Site: addressed{open(t, set)}, Settings: set, Role: agentv1.Role_ROLE_SOURCE, Version: "test", Log: zap.NewNop(), Logs: server.NewRing()})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	client := agenttest.Connect(t, agenttest.Serve(t, s, agentv1.Role_ROLE_SOURCE))
	kind := recordv1.Kind_KIND_ENTRY
	shards, err := client.SplitKind(t.Context(), &agentv1.SplitKindRequest{Kind: kind, Shards: 1})
	must(t, err)
	shard := shards.GetShards()[0].GetRange()
	for _, asked := range []bool{false, true} {
		opt := &agentv1.ReadOptions{Addresses: asked}
		all := recordsOf(t, client, &agentv1.ReadRecordsRequest{Kind: kind, Shard: shard, Options: opt})
		var refs []*recordv1.Ref
		for _, r := range all {
			want := map[bool]string{true: "/at/" + r.GetRef().GetSourceId()}[asked]
			if refs = append(refs, r.GetRef()); r.GetEntry().GetPath() != want {
				t.Errorf("asked %v: %q, want %q", asked, r.GetEntry().GetPath(), want)
			}
		}
		index, err := client.ReadIndex(t.Context(), &agentv1.ReadIndexRequest{Kind: kind, Shard: shard, Options: opt, Digests: true})
		must(t, err)
		listed, err := index.Recv()
		must(t, err)
		for i, r := range recordsOf(t, client, &agentv1.ReadRecordsRequest{Kind: kind, Refs: refs, Options: opt}) {
			if !bytes.Equal(r.GetDigest(), all[i].GetDigest()) || !bytes.Equal(r.GetDigest(), listed.GetItems()[i].GetDigest()) {
				t.Errorf("asked %v: %v has several digests", asked, r.GetRef())
			}
		}
	}
}

func recordsOf(t *testing.T, client agentv1.AgentServiceClient, req *agentv1.ReadRecordsRequest) (all []*recordv1.Record) {
	t.Helper()
	stream, err := client.ReadRecords(t.Context(), req)
	must(t, err)
	for {
		resp, err := stream.Recv()
		if err == io.EOF {
			if len(all) == 0 {
				t.Fatal("nothing was read")
			}
			return all
		}
		must(t, err)
		all = append(all, resp.GetRecords()...)
	}
}
