package agenttest

import (
	"google.golang.org/grpc/codes"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"
	"github.com/baileybridge/bailey/proto/record"
)

// calls are all calls beyond Describe and reading records, each in the smallest valid form; they give the call's error.
func (s *suite) calls(c agentv1.AgentServiceClient) map[string]func() error {
	scope := s.scope("run-1")
	return map[string]func() error{
		"WriteRecords": func() error {
			stream, err := c.WriteRecords(s.ctx)
			if err == nil {
				_ = stream.Send(&agentv1.WriteRecordsRequest{Scope: scope, Seq: 1, Records: s.fitted(kindTerm, 1)})
				_, err = stream.Recv()
			}
			return err
		},
		"DryRun": func() error {
			stream, err := c.DryRun(s.ctx)
			if err == nil {
				_ = stream.Send(&agentv1.DryRunRequest{Scope: scope, Seq: 1, Records: s.fitted(kindTerm, 1)})
				_, err = stream.Recv()
			}
			return err
		},
		"WriteFile": func() error {
			stream, err := c.WriteFile(s.ctx)
			if err == nil {
				_ = stream.Send(&agentv1.WriteFileRequest{Header: &agentv1.FileHeader{Scope: scope, Media: record.NewRef(kindMedia, "1"),
					File: &recordv1.File{Id: "f", Path: "f.txt"}, Sha256: make([]byte, 32)}})
				_, err = stream.CloseAndRecv()
			}
			return err
		},
		"Rollback": func() error {
			stream, err := c.Rollback(s.ctx, &agentv1.RollbackRequest{Scope: scope, DryRun: true})
			if err == nil {
				_, err = stream.Recv()
			}
			return err
		},
		"TailLogs": func() error {
			stream, err := c.TailLogs(s.ctx, &agentv1.TailLogsRequest{})
			if err == nil {
				_, err = stream.Recv()
			}
			return err
		},
		"Withdraw": func() error {
			_, err := c.Withdraw(s.ctx, &agentv1.WithdrawRequest{Scope: scope, Refs: []*recordv1.Ref{record.NewRef(kindTerm, "1")}, Withdrawal: agentv1.Withdrawal_WITHDRAWAL_DELETE})
			return err
		},
		"Relink": func() error { _, err := c.Relink(s.ctx, &agentv1.RelinkRequest{Scope: scope}); return err },
		"Finish": func() error { _, err := c.Finish(s.ctx, &agentv1.FinishRequest{Scope: scope}); return err },
		"ReadBack": func() error {
			_, err := c.ReadBack(s.ctx, &agentv1.ReadBackRequest{Scope: scope, Refs: []*recordv1.Ref{record.NewRef(kindTerm, "1")}})
			return err
		},
		"Resolve": func() error {
			_, err := c.Resolve(s.ctx, &agentv1.ResolveRequest{Scope: scope, Tokens: []string{"term/1"}})
			return err
		},
	}
}

func (s *suite) sourceRefuses() {
	calls := s.calls(s.Source)
	for _, name := range []string{"WriteRecords", "DryRun", "WriteFile", "Relink", "Withdraw", "Rollback", "Finish"} {
		err := calls[name]()
		s.wantCode(err, link.CodeRoleRefused)
		if !isStatus(err, codes.PermissionDenied) {
			s.Errorf("%s: %v, want PERMISSION_DENIED", name, err)
		}
	}
}

func (s *suite) unimplemented() {
	for name, call := range s.calls(s.Target) {
		if has(s.target, name) {
			continue
		}
		if err := call(); !isStatus(err, codes.Unimplemented) {
			s.Errorf("%s is no capability, but answers %v", name, err)
		}
	}
	for _, name := range []string{"ReadBack", "Resolve", "TailLogs"} {
		if has(s.source, name) {
			continue
		}
		if err := s.calls(s.Source)[name](); !isStatus(err, codes.Unimplemented) {
			s.Errorf("%s is no capability of the source, but answers %v", name, err)
		}
	}
}

func (s *suite) limits() {
	_, err := s.Source.SplitKind(s.ctx, &agentv1.SplitKindRequest{Kind: kindEntry, Shards: link.MaxShards + 1})
	s.wantCode(err, link.CodeLimitExceeded)
	_, err = s.Source.SplitKind(s.ctx, &agentv1.SplitKindRequest{Shards: 1})
	s.wantCode(err, link.CodeRequestInvalid)
	_, err = s.Source.StatFiles(s.ctx, &agentv1.StatFilesRequest{Ids: make([]string, link.MaxItems+1)})
	s.wantCode(err, link.CodeLimitExceeded)
	_, err = s.Target.ReadBack(s.ctx, &agentv1.ReadBackRequest{Scope: s.scope("run-1"), Refs: make([]*recordv1.Ref, link.MaxItems+1)})
	s.wantCode(err, link.CodeLimitExceeded)
	_, err = s.Target.Resolve(s.ctx, &agentv1.ResolveRequest{Scope: s.scope("run-1"), Tokens: []string{"no token"}})
	s.wantCode(err, link.CodeRequestInvalid)
	_, err = s.Target.Resolve(s.ctx, &agentv1.ResolveRequest{Tokens: []string{"term/1"}})
	s.wantCode(err, "bad_scope")
	_, err = s.Target.Finish(s.ctx, &agentv1.FinishRequest{})
	s.wantCode(err, link.CodeRequestInvalid)
	_, err = s.Target.Withdraw(s.ctx, &agentv1.WithdrawRequest{Scope: s.scope("run-1")})
	s.wantCode(err, link.CodeLimitExceeded)
	_, err = s.send(&agentv1.WriteRecordsRequest{Seq: 1, Records: s.fitted(kindTerm, 1)})
	s.wantCode(err, link.CodeRequestInvalid)
	_, err = s.send(&agentv1.WriteRecordsRequest{Scope: s.scope("run-1"), Seq: 1, Records: append(s.fitted(kindTerm, 1), s.fitted(kindEntry, 1)...)})
	s.wantCode(err, link.CodeRequestInvalid)
	stream, err := s.Source.ReadRecords(s.ctx, &agentv1.ReadRecordsRequest{Kind: kindEntry, Shard: []byte("no shard of this agent")})
	if err == nil {
		_, err = stream.Recv()
	}
	if e := link.FromStatus(err); e == nil || e.Code == "" || e.Fix == "" || e.Code == link.CodeInternal {
		s.Errorf("a shard that the agent did not make: %#v", e)
	}
	for _, it := range s.readBack("run-1", s.fitted(kindTerm, 1)...) {
		if it.GetRecord() != nil {
			s.Error("a refused batch was written")
		}
	}
}
