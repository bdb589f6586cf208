package agenttest_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/proto/agenttest"
	"github.com/baileybridge/bailey/proto/record"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	kindUser  = recordv1.Kind_KIND_USER
	kindTerm  = recordv1.Kind_KIND_TERM
	kindMedia = recordv1.Kind_KIND_MEDIA
	kindEntry = recordv1.Kind_KIND_ENTRY
)

func source() *agenttest.Agent {
	media := agenttest.Make(kindMedia, 1)
	data := bytes.Repeat([]byte("picture"), 100_000)
	media.GetMedia().Files = []*recordv1.File{{Id: "f1", Role: "full", Path: "2020/a.png", Bytes: uint64(len(data)), Mime: "image/png"}}
	a := agenttest.NewSource(agenttest.MakeMany(kindEntry, 9)...)
	a.Add(agenttest.MakeMany(kindTerm, 3)...)
	a.Add(media)
	a.AddFile("f1", data)
	a.AddUnread(&agentv1.Unread{Ref: record.NewRef(kindEntry, "bad"), Outcome: agentv1.Outcome_OUTCOME_REJECTED,
		Problem: &agentv1.Problem{Code: "unreadable", Cause: "c", Fix: "f"}})
	return a
}

func TestContract(t *testing.T) {
	t.Parallel()
	agenttest.Contract(t, func(t *testing.T) agenttest.Fixture {
		return agenttest.Fixture{Source: agenttest.Dial(t, source()), Target: agenttest.Dial(t, agenttest.NewTarget())}
	})
}

// write writes one batch and gives the results.
func write(t *testing.T, c agentv1.AgentServiceClient, run string, records ...*recordv1.Record) ([]*agentv1.Result, error) {
	t.Helper()
	s, err := c.WriteRecords(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		record.Seal(r)
	}
	err = s.Send(&agentv1.WriteRecordsRequest{Scope: &agentv1.WriteScope{SourceSite: "s", Run: run}, Seq: 1, Records: records})
	if err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	resp, err := s.Recv()
	if err == nil {
		err = s.CloseSend()
		if _, end := s.Recv(); !errors.Is(end, io.EOF) {
			t.Errorf("the stream ends with %v", end)
		}
	}
	return resp.GetResults(), err
}

func TestTargetAdoptsItsOwn(t *testing.T) {
	t.Parallel()
	own := agenttest.Make(kindUser, 1)
	own.Ref.SourceId, own.GetUser().DisplayName = "own", "Owner"
	a := agenttest.NewTarget(own)
	got, err := write(t, agenttest.Dial(t, a), "r", agenttest.Make(kindUser, 1), agenttest.Make(kindUser, 2))
	if err != nil || got[0].GetOutcome() != agentv1.Outcome_OUTCOME_ADOPTED || got[1].GetOutcome() != agentv1.Outcome_OUTCOME_CREATED {
		t.Fatalf("got %v, %v", got, err)
	}
	if held := a.Written(); len(held) != 2 || held[0].GetUser().GetDisplayName() != "Owner" || held[0].GetRef().GetSourceId() != "1" {
		t.Errorf("held %v", held)
	}
}

func TestTargetMakesSlugsUnique(t *testing.T) {
	t.Parallel()
	second := agenttest.Make(kindEntry, 2)
	second.GetEntry().Slug = "entry-1"
	a := agenttest.NewTarget()
	got, err := write(t, agenttest.Dial(t, a), "r", agenttest.Make(kindEntry, 1), second)
	if err != nil || len(got[1].GetAdjustments()) != 1 || got[1].GetAdjustments()[0].GetCode() != "slug_taken" || a.Written()[1].GetEntry().GetSlug() != "entry-1-2" {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestHooks(t *testing.T) {
	t.Parallel()
	a := agenttest.NewTarget()
	a.OnRecord = func(r *recordv1.Record) *agentv1.Problem {
		if r.GetRef().GetSourceId() == "2" {
			return &agentv1.Problem{Code: "refused", Cause: "c", Fix: "f"}
		}
		return nil
	}
	fail := false
	a.OnBatch = func(*agentv1.WriteRecordsRequest) error {
		if fail {
			return errors.New("database is gone")
		}
		return nil
	}
	c := agenttest.Dial(t, a)
	got, err := write(t, c, "r", agenttest.MakeMany(kindEntry, 3)...)
	if err != nil || got[1].GetOutcome() != agentv1.Outcome_OUTCOME_REJECTED || got[2].GetOutcome() != agentv1.Outcome_OUTCOME_CREATED || len(a.Written()) != 2 {
		t.Errorf("got %v, %v", got, err)
	}
	fail = true
	if _, err := write(t, c, "r", agenttest.Make(kindEntry, 4)); err == nil || len(a.Written()) != 2 || a.Batches() != 1 {
		t.Errorf("the batch was written, %v", err)
	}
}

func TestRevisionsAreAnOption(t *testing.T) {
	t.Parallel()
	old := agenttest.Make(kindEntry, 8)
	old.GetEntry().Purpose = recordv1.Purpose_PURPOSE_REVISION
	c := agenttest.Dial(t, agenttest.NewSource(agenttest.Make(kindEntry, 1), old))
	for _, revisions := range []bool{false, true} {
		d, err := c.Describe(t.Context(), &agentv1.DescribeRequest{Revisions: revisions})
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range d.GetKinds() {
			if want := map[bool]uint64{false: 1, true: 2}[revisions]; k.GetKind() == kindEntry && k.GetCount() != want {
				t.Errorf("revisions %v: count %d", revisions, k.GetCount())
			}
		}
	}
}

func TestMakeIsValidForEveryKind(t *testing.T) {
	t.Parallel()
	for _, k := range record.Kinds {
		if p := record.Validate(agenttest.Make(k, 7)); p != nil {
			t.Errorf("%v: %v", k, p)
		}
		if !proto.Equal(agenttest.Make(k, 7), agenttest.Make(k, 7)) {
			t.Errorf("%v is not the same each time", k)
		}
	}
}
