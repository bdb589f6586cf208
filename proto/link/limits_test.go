package link_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/proto/link"
	"github.com/baileybridge/bailey/proto/record"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

func entries(n int) (all []*recordv1.Record) {
	for range n {
		all = append(all, entry("x"))
	}
	return all
}

func refs(n int) (all []*recordv1.Ref) {
	for range n {
		all = append(all, record.NewRef(recordv1.Kind_KIND_TERM, "1"))
	}
	return all
}

func TestLimitsOfUnaryRequests(t *testing.T) {
	t.Parallel()
	c := dial(t, serve(t, &agent{}, options(t)))
	ctx := t.Context()
	kind := recordv1.Kind_KIND_TERM
	split := func(r *agentv1.SplitKindRequest) error { _, err := c.SplitKind(ctx, r); return err }
	back := func(r *agentv1.ReadBackRequest) error { _, err := c.ReadBack(ctx, r); return err }
	resolve := func(s *agentv1.WriteScope, tokens ...string) error {
		_, err := c.Resolve(ctx, &agentv1.ResolveRequest{Scope: s, Tokens: tokens})
		return err
	}
	stat := func(ids ...string) error {
		_, err := c.StatFiles(ctx, &agentv1.StatFilesRequest{Ids: ids})
		return err
	}
	content := func(id string, contents ...string) error {
		req := &agentv1.StatFilesRequest{Ids: []string{id}}
		for _, c := range contents {
			req.Contents = append(req.Contents, []byte(c))
		}
		_, err := c.StatFiles(ctx, req)
		return err
	}
	relink := func(r *agentv1.RelinkRequest) error { _, err := c.Relink(ctx, r); return err }
	for name, tc := range map[string]struct {
		err  error
		code string
	}{
		"split":             {split(&agentv1.SplitKindRequest{Kind: kind, Shards: 1024}), link.CodeUnimplemented},
		"no shards":         {split(&agentv1.SplitKindRequest{Kind: kind}), link.CodeLimitExceeded},
		"many shards":       {split(&agentv1.SplitKindRequest{Kind: kind, Shards: 1025}), link.CodeLimitExceeded},
		"no kind":           {split(&agentv1.SplitKindRequest{Shards: 1}), link.CodeRequestInvalid},
		"unknown kind":      {split(&agentv1.SplitKindRequest{Kind: 99, Shards: 1}), link.CodeRequestInvalid},
		"large batches":     {split(&agentv1.SplitKindRequest{Kind: kind, Shards: 1, Options: &agentv1.ReadOptions{BatchBytes: 9 << 20}}), link.CodeLimitExceeded},
		"read back":         {back(&agentv1.ReadBackRequest{Scope: scope(), Refs: refs(1000)}), link.CodeUnimplemented},
		"many refs":         {back(&agentv1.ReadBackRequest{Scope: scope(), Refs: refs(1001)}), link.CodeLimitExceeded},
		"no scope":          {back(&agentv1.ReadBackRequest{Refs: refs(1)}), link.CodeRequestInvalid},
		"empty run":         {back(&agentv1.ReadBackRequest{Scope: &agentv1.WriteScope{SourceSite: "s"}}), link.CodeLimitExceeded},
		"empty ref":         {back(&agentv1.ReadBackRequest{Scope: scope(), Refs: []*recordv1.Ref{{Kind: kind}}}), link.CodeLimitExceeded},
		"resolve":           {resolve(scope(), "entry/1", "media/%2F;300x200"), link.CodeUnimplemented},
		"resolve on source": {resolve(nil, "entry/1"), link.CodeUnimplemented},
		"no token":          {resolve(scope(), "entry/"), link.CodeRequestInvalid},
		"token with scheme": {resolve(scope(), "bailey:entry/1"), link.CodeRequestInvalid},
		"many tokens":       {resolve(scope(), strings.Split(strings.Repeat("entry/1 ", 1000)+"entry/1", " ")...), link.CodeLimitExceeded},
		"stat":              {stat("a", "b"), link.CodeUnimplemented},
		"empty id":          {stat("a", ""), link.CodeLimitExceeded},
		"long id":           {stat(strings.Repeat("a", 2049)), link.CodeLimitExceeded},
		"contents":          {content("a", "x", ""), link.CodeRequestInvalid},
		"relink":            {relink(&agentv1.RelinkRequest{Scope: scope(), Fallbacks: map[string]string{"entry/1": "/x"}}), link.CodeUnimplemented},
		"fallback":          {relink(&agentv1.RelinkRequest{Scope: scope(), Fallbacks: map[string]string{"x": "/x"}}), link.CodeRequestInvalid},
		"long fallback":     {relink(&agentv1.RelinkRequest{Scope: scope(), Fallbacks: map[string]string{"entry/1": strings.Repeat("x", 9000)}}), link.CodeLimitExceeded},
	} {
		t.Run(name, func(t *testing.T) { wantCode(t, tc.err, tc.code) })
	}
}

func TestLimitsOfBatches(t *testing.T) {
	t.Parallel()
	a := &agent{}
	c := dial(t, serve(t, a, options(t)))
	one := func(change func(*agentv1.WriteRecordsRequest)) []*agentv1.WriteRecordsRequest {
		r := &agentv1.WriteRecordsRequest{Scope: scope(), Seq: 1, Records: entries(2)}
		change(r)
		return []*agentv1.WriteRecordsRequest{r}
	}
	half := strings.Repeat("x", link.MaxBatch/2)
	for name, tc := range map[string]struct {
		batches []*agentv1.WriteRecordsRequest
		code    string
	}{
		"good":        {one(func(*agentv1.WriteRecordsRequest) {}), ""},
		"two":         {append(one(func(*agentv1.WriteRecordsRequest) {}), &agentv1.WriteRecordsRequest{Seq: 2, Records: entries(1)}), ""},
		"most":        {one(func(r *agentv1.WriteRecordsRequest) { r.Records = entries(1000) }), ""},
		"too many":    {one(func(r *agentv1.WriteRecordsRequest) { r.Records = entries(1001) }), link.CodeLimitExceeded},
		"none":        {one(func(r *agentv1.WriteRecordsRequest) { r.Records = nil }), link.CodeLimitExceeded},
		"too large":   {one(func(r *agentv1.WriteRecordsRequest) { r.Records = []*recordv1.Record{entry(half), entry(half)} }), link.CodeLimitExceeded},
		"large alone": {one(func(r *agentv1.WriteRecordsRequest) { r.Records = []*recordv1.Record{entry(half + half)} }), ""},
		"no scope":    {one(func(r *agentv1.WriteRecordsRequest) { r.Scope = nil }), link.CodeRequestInvalid},
		"seq 0":       {one(func(r *agentv1.WriteRecordsRequest) { r.Seq = 0 }), link.CodeRequestInvalid},
		"seq again":   {append(one(func(*agentv1.WriteRecordsRequest) {}), &agentv1.WriteRecordsRequest{Seq: 1, Records: entries(1)}), link.CodeRequestInvalid},
		"no ref":      {one(func(r *agentv1.WriteRecordsRequest) { r.Records[0].Ref = nil }), link.CodeRequestInvalid},
		"mixed":       {one(func(r *agentv1.WriteRecordsRequest) { r.Records[1].Ref.Kind = recordv1.Kind_KIND_TERM }), link.CodeRequestInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			err := write(t, c, tc.batches...)
			if tc.code != "" {
				wantCode(t, err, tc.code)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestLimitsOfFiles(t *testing.T) {
	t.Parallel()
	c := dial(t, serve(t, &agent{}, options(t)))
	header := func(change func(*agentv1.FileHeader)) *agentv1.FileHeader {
		h := &agentv1.FileHeader{Scope: scope(), Media: record.NewRef(recordv1.Kind_KIND_MEDIA, "5"), Sha256: make([]byte, 32),
			File: &recordv1.File{Id: "f", Bytes: 10}}
		change(h)
		return h
	}
	good := header(func(*agentv1.FileHeader) {})
	for name, tc := range map[string]struct {
		pieces []*agentv1.WriteFileRequest
		code   string
	}{
		"good":         {[]*agentv1.WriteFileRequest{{Header: good, Data: []byte("a")}, {Data: make([]byte, link.MaxPiece)}}, ""},
		"large piece":  {[]*agentv1.WriteFileRequest{{Header: good, Data: make([]byte, link.MaxPiece+1)}}, link.CodeLimitExceeded},
		"no header":    {[]*agentv1.WriteFileRequest{{Data: []byte("a")}}, link.CodeRequestInvalid},
		"header again": {[]*agentv1.WriteFileRequest{{Header: good}, {Header: good}}, link.CodeRequestInvalid},
		"offset":       {[]*agentv1.WriteFileRequest{{Header: header(func(h *agentv1.FileHeader) { h.Offset = 11 })}}, link.CodeRequestInvalid},
		"digest":       {[]*agentv1.WriteFileRequest{{Header: header(func(h *agentv1.FileHeader) { h.Sha256 = nil })}}, link.CodeRequestInvalid},
		"scope":        {[]*agentv1.WriteFileRequest{{Header: header(func(h *agentv1.FileHeader) { h.Scope = nil })}}, link.CodeRequestInvalid},
		"no file":      {[]*agentv1.WriteFileRequest{{Header: header(func(h *agentv1.FileHeader) { h.File = nil })}}, link.CodeLimitExceeded},
		"no media":     {[]*agentv1.WriteFileRequest{{Header: header(func(h *agentv1.FileHeader) { h.Media = nil })}}, link.CodeRequestInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			err := writeFile(t, c, tc.pieces)
			if tc.code != "" {
				wantCode(t, err, tc.code)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func writeFile(t *testing.T, c agentv1.AgentServiceClient, pieces []*agentv1.WriteFileRequest) error {
	t.Helper()
	s, err := c.WriteFile(t.Context())
	if err != nil {
		return err
	}
	for _, p := range pieces {
		if err := s.Send(p); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	}
	_, err = s.CloseAndRecv()
	return err
}
