package link

import (
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Limits of requests, as the comments of agent.proto state them. Both ends may rely on them.
const (
	// MaxItems is how many refs, tokens, ids or records one message may hold.
	MaxItems = 1000
	// MaxAddresses is how many records' addresses may be asked for at once.
	MaxAddresses = 100
	// MaxShards is how many shards may be asked for.
	MaxShards = 1024
	// MaxBatch is the largest batch in bytes; a single larger record travels alone.
	MaxBatch = 8 << 20
	// MaxPosition is the longest shard or cursor in bytes.
	MaxPosition = 64 << 10
	// MaxPiece is the largest piece of a file in bytes.
	MaxPiece = 256 << 10
	// MaxFileID is the longest file id in bytes.
	MaxFileID = 2048
	// MaxScopeName is the longest source_site or run in bytes.
	MaxScopeName = 64
	// MaxFallbacks is how many fallbacks one call of Relink may bring.
	MaxFallbacks = 100_000
	// MaxFallback is the longest fallback in bytes.
	MaxFallback = 8 << 10
	// MaxLogLines is how many lines of the past may be asked for.
	MaxLogLines = 1000
)

const digestBytes = 32

// checkRequest says what is wrong with a message of the agent service; nil: nothing. Messages of other services pass.
func checkRequest(m any) error {
	if e := check(m); e != nil {
		return e
	}
	return nil
}

func check(m any) *Error {
	switch r := m.(type) {
	case *agentv1.SplitKindRequest:
		return first(checkKind(r.GetKind()), within("shards", int(r.GetShards()), 1, MaxShards), checkOptions(r.GetOptions()))
	case *agentv1.ReadRecordsRequest:
		return first(checkRead(r), checkRefs(r.GetRefs()))
	case *agentv1.ReadIndexRequest:
		return checkRead(r)
	case *agentv1.WriteRecordsRequest:
		if len(r.GetRecords()) == 0 {
			return within("records", 0, 1, MaxItems)
		}
		return checkBatch(r)
	case *agentv1.DryRunRequest:
		return first(checkBatch(r), within("seen", len(r.GetSeen()), 0, MaxItems), checkRefs(r.GetSeen()))
	case *agentv1.ReadBackRequest:
		return first(checkScope(r.GetScope()), checkRefs(r.GetRefs()), checkDigests("expected", r.GetExpected(), len(r.GetRefs())))
	case *agentv1.ResolveRequest:
		// A source resolves its own ids, whoever asks; a target refuses a call without scope itself.
		return first(checkOptionalScope(r.GetScope()), checkTokens(r.GetTokens()), checkAddresses(r))
	case *agentv1.StatFilesRequest:
		return first(checkOptionalScope(r.GetScope()), checkFileIDs(r.GetIds()), checkDigests("contents", r.GetContents(), len(r.GetIds())))
	case *agentv1.ReadFileRequest:
		return within("id", len(r.GetId()), 1, MaxFileID)
	case *agentv1.WriteFileRequest:
		return first(within("data", len(r.GetData()), 0, MaxPiece), checkHeader(r.GetHeader()))
	case *agentv1.RelinkRequest:
		return first(checkScope(r.GetScope()), within("after", len(r.GetAfter()), 0, MaxPosition), checkFallbacks(r.GetFallbacks()))
	case *agentv1.WithdrawRequest:
		return first(checkScope(r.GetScope()), checkRefs(r.GetRefs()), within("withdrawal", int(r.GetWithdrawal()), 1, 2))
	case *agentv1.RollbackRequest:
		return first(checkScope(r.GetScope()), within("after", len(r.GetAfter()), 0, MaxPosition))
	case *agentv1.FinishRequest:
		return checkScope(r.GetScope())
	case *agentv1.TailLogsRequest:
		return within("lines", int(r.GetLines()), 0, MaxLogLines)
	}
	return nil
}

type readRequest interface {
	GetKind() recordv1.Kind
	GetShard() []byte
	GetAfter() []byte
	GetOptions() *agentv1.ReadOptions
}

func checkRead(r readRequest) *Error {
	return first(checkKind(r.GetKind()), within("shard", len(r.GetShard()), 0, MaxPosition),
		within("after", len(r.GetAfter()), 0, MaxPosition), checkOptions(r.GetOptions()))
}

func checkOptions(o *agentv1.ReadOptions) *Error {
	return first(within("options.batch_bytes", int(o.GetBatchBytes()), 0, MaxBatch),
		within("options.batch_records", int(o.GetBatchRecords()), 0, MaxItems))
}

// batch is a message of records.
type batch interface {
	proto.Message
	GetScope() *agentv1.WriteScope
	GetSeq() uint64
	GetRecords() []*recordv1.Record
}

// checkBatch checks what makes a batch; a bad record in a good batch is for the agent to reject alone (Rule 4).
func checkBatch(r batch) *Error {
	if e := first(checkOptionalScope(r.GetScope()), within("records", len(r.GetRecords()), 0, MaxItems)); e != nil || len(r.GetRecords()) == 0 {
		return e
	}
	kind := r.GetRecords()[0].GetRef().GetKind()
	if e := checkKind(kind); e != nil {
		return e
	}
	size := 0
	for _, rec := range r.GetRecords() {
		if rec.GetRef().GetKind() != kind {
			return malformed("records", "the batch holds records of several kinds")
		}
		size += rec.SizeVT()
	}
	if size > MaxBatch && len(r.GetRecords()) > 1 {
		return within("records", size, 0, MaxBatch)
	}
	return nil
}

// checkDigests: there is one for each of n, or none at all.
func checkDigests(field string, digests [][]byte, n int) *Error {
	if len(digests) > 0 && len(digests) != n {
		return malformed(field, "there is not one digest for each")
	}
	return nil
}

func checkScope(s *agentv1.WriteScope) *Error {
	if s == nil {
		return malformed("scope", "the request does not say which migration it belongs to")
	}
	return first(within("scope.source_site", len(s.GetSourceSite()), 1, MaxScopeName),
		within("scope.run", len(s.GetRun()), 1, MaxScopeName),
		within("scope.fallback_author", len(s.GetFallbackAuthor()), 0, record.MaxSourceID))
}

func checkOptionalScope(s *agentv1.WriteScope) *Error {
	if s == nil {
		return nil
	}
	return checkScope(s)
}

func checkKind(k recordv1.Kind) *Error {
	if _, known := recordv1.Kind_name[int32(k)]; !known || k == recordv1.Kind_KIND_UNSPECIFIED {
		return malformed("kind", "the request names no known kind")
	}
	return nil
}

func checkRefs(refs []*recordv1.Ref) *Error {
	if e := within("refs", len(refs), 0, MaxItems); e != nil {
		return e
	}
	for _, r := range refs {
		if e := first(checkKind(r.GetKind()), within("refs.source_id", len(r.GetSourceId()), 1, record.MaxSourceID)); e != nil {
			return e
		}
	}
	return nil
}

func checkTokens(tokens []string) *Error {
	if e := within("tokens", len(tokens), 0, MaxItems); e != nil {
		return e
	}
	for _, t := range tokens {
		if _, ok := record.ParseToken(t); !ok {
			return malformed("tokens", "the request holds a token that cannot be read")
		}
	}
	return nil
}

// checkAddresses: the site reads whole records to know their addresses.
func checkAddresses(r *agentv1.ResolveRequest) *Error {
	if !r.GetAddresses() {
		return nil
	}
	return within("tokens", len(r.GetTokens()), 0, MaxAddresses)
}

func checkFileIDs(ids []string) *Error {
	if e := within("ids", len(ids), 0, MaxItems); e != nil {
		return e
	}
	for _, id := range ids {
		if e := within("ids", len(id), 1, MaxFileID); e != nil {
			return e
		}
	}
	return nil
}

func checkHeader(h *agentv1.FileHeader) *Error {
	if h == nil {
		return nil
	}
	if h.GetOffset() > h.GetFile().GetBytes() {
		return malformed("header.offset", "the offset lies behind the end of the file")
	}
	if len(h.GetSha256()) != digestBytes {
		return malformed("header.sha256", "the SHA-256 of the file is missing")
	}
	return first(checkScope(h.GetScope()), checkKind(h.GetMedia().GetKind()),
		within("header.media.source_id", len(h.GetMedia().GetSourceId()), 1, record.MaxSourceID),
		within("header.file.id", len(h.GetFile().GetId()), 1, MaxFileID))
}

func checkFallbacks(f map[string]string) *Error {
	if e := within("fallbacks", len(f), 0, MaxFallbacks); e != nil {
		return e
	}
	for token, text := range f {
		if _, ok := record.ParseToken(token); !ok {
			return malformed("fallbacks", "the request holds a token that cannot be read")
		}
		if e := within("fallbacks", len(text), 0, MaxFallback); e != nil {
			return e
		}
	}
	return nil
}

// streamState checks what only the order of a stream's messages tells.
type streamState struct {
	started bool
	seq     uint64
}

func (s *streamState) check(m any) error {
	if err := checkRequest(m); err != nil {
		return err
	}
	if e := s.order(m); e != nil {
		return e
	}
	s.started = true
	return nil
}

func (s *streamState) order(m any) *Error {
	switch r := m.(type) {
	case batch:
		if !s.started && r.GetScope() == nil {
			return malformed("scope", "the first message of the stream does not say which migration it belongs to")
		}
		if r.GetSeq() <= s.seq {
			return malformed("seq", "the numbers of the batches do not ascend from 1")
		}
		s.seq = r.GetSeq()
	case *agentv1.WriteFileRequest:
		if s.started == (r.GetHeader() != nil) {
			return malformed("header", "the header must be in the first message and in no other")
		}
	}
	return nil
}

func first(errs ...*Error) *Error {
	for _, e := range errs {
		if e != nil {
			return e
		}
	}
	return nil
}

func within(field string, n, low, high int) *Error {
	if n >= low && n <= high {
		return nil
	}
	return &Error{CodeLimitExceeded, fmt.Sprintf("%s is %d; %d to %d are allowed", field, n, low, high), fixReportRefusedCall, codes.InvalidArgument}
}

func malformed(field, cause string) *Error {
	return &Error{CodeRequestInvalid, cause + " (" + field + ")", fixReportRefusedCall, codes.InvalidArgument}
}
