package pipeline_test

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/baileybridge/bailey/proto/agenttest"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/engine/enginetest"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/pipeline"
	"github.com/baileybridge/bailey/orchestrator/internal/transform"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func media(id string, files ...*recordv1.File) *recordv1.Record {
	return &recordv1.Record{Ref: record.NewRef(recordv1.Kind_KIND_MEDIA, id), Body: &recordv1.Record_Media{Media: &recordv1.Media{Title: id, Files: files}}}
}

func file(id string, n int) *recordv1.File {
	return &recordv1.File{Id: id, Role: "full", Path: id, Bytes: uint64(n)}
}

func run(t *testing.T, rig *enginetest.Rig) *migration.Report {
	t.Helper()
	rep, err := rig.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

func lossOf(rep *migration.Report, code string) uint64 {
	var n uint64
	for _, l := range rep.Losses {
		if l.Code == code {
			n += l.Count
		}
	}
	return n
}

func TestMissingFileIsALossAndTheRecordStillGoes(t *testing.T) {
	t.Parallel()
	source := agenttest.NewSource(media("1", file("there", 5), file("gone", 7)))
	source.AddFile("there", []byte("bytes"))
	rep := run(t, enginetest.New(t, source))
	if k := enginetest.KindOf(rep, "media"); k.Created != 1 || k.Verified != 1 {
		t.Errorf("%+v %v", k, rep.Differences)
	}
	if n := lossOf(rep, "file_missing"); n != 1 {
		t.Errorf("%d files missing", n)
	}
}

// counting watches what files cross.
type counting struct {
	pipeline.Target
	mu      sync.Mutex
	offsets []uint64
	bytes   int
	cut     int
}

func (c *counting) WriteFile(ctx context.Context, h *agentv1.FileHeader, data iter.Seq2[[]byte, error]) (*agentv1.WriteFileResponse, error) {
	c.mu.Lock()
	c.offsets = append(c.offsets, h.GetOffset())
	c.cut--
	cut := c.cut == 0
	c.mu.Unlock()
	if cut {
		data = half(data)
	}
	return c.Target.WriteFile(ctx, h, func(yield func([]byte, error) bool) {
		for piece, err := range data {
			c.mu.Lock()
			c.bytes += len(piece)
			c.mu.Unlock()
			if !yield(piece, err) {
				return
			}
		}
	})
}

// half gives the first half of the first piece and then breaks, as a connection that is cut.
func half(data iter.Seq2[[]byte, error]) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for piece, err := range data {
			if err != nil || !yield(piece[:len(piece)/2], nil) {
				return
			}
			break
		}
		yield(nil, &migration.Error{Problem: migration.Problem{Code: "cut", Cause: "the connection was cut"}, Exit: migration.ExitUnreachable, Transient: true})
	}
}

// watch puts a counting target into a rig.
func watch(rig *enginetest.Rig, cut int) *counting {
	c := &counting{cut: cut}
	rig.Manager.Dial = func(ctx context.Context, source, target string) (*engine.Sites, error) {
		s, err := enginetest.Dial(ctx, source, target)
		if err == nil {
			c.Target = s.Target
			s.Target = c
		}
		return s, err
	}
	return c
}

func TestFilesAreNeverSentTwice(t *testing.T) {
	t.Parallel()
	data := bytes.Repeat([]byte("picture"), 1000)
	source := agenttest.NewSource(media("1", file("a", len(data))), media("2", file("b", len(data))))
	source.AddFile("a", data)
	source.AddFile("b", data)
	rig := enginetest.New(t, source)
	c := watch(rig, 0)
	run(t, rig)
	run(t, rig)
	if len(c.offsets) != 2 || c.bytes != len(data) {
		t.Errorf("%d transfers of %d bytes", len(c.offsets), c.bytes)
	}
	for _, id := range []string{"a", "b"} {
		if got, ok := rig.Target.Received(source.Info.GetSiteId(), id); !ok || !bytes.Equal(got, data) {
			t.Errorf("%s: %d bytes, %v", id, len(got), ok)
		}
	}
}

// What many media records name, in several batches and shards at a time, is read and sent once per content.
func TestFilesCrossOncePerContent(t *testing.T) {
	t.Parallel()
	contents := [][]byte{bytes.Repeat([]byte("picture"), 1000), bytes.Repeat([]byte("drawing"), 900)}
	var records []*recordv1.Record
	for n := range 40 {
		id := fmt.Sprint(n)
		records = append(records, media(id, file("a"+id, len(contents[0])), file("b"+id, len(contents[n/20]))))
	}
	source := agenttest.NewSource(records...)
	for n := range 40 {
		source.AddFile(fmt.Sprint("a", n), contents[0])
		source.AddFile(fmt.Sprint("b", n), contents[n/20])
	}
	rig := enginetest.New(t, source)
	rig.Request.Workers = 4
	c := watch(rig, 0)
	rep := run(t, rig)
	if want := len(contents[0]) + len(contents[1]); c.bytes != want || len(c.offsets) != 80 {
		t.Errorf("%d bytes of %d files crossed, want %d of 80", c.bytes, len(c.offsets), want)
	}
	if k := enginetest.KindOf(rep, "media"); k.Created != 40 || k.Verified != 40 || k.Different != 0 {
		t.Errorf("%+v", k)
	}
	for n := range 40 {
		if got, ok := rig.Target.Received(source.Info.GetSiteId(), fmt.Sprint("b", n)); !ok || !bytes.Equal(got, contents[n/20]) {
			t.Errorf("b%d: %d bytes, %v", n, len(got), ok)
		}
	}
}

func TestCutTransferGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	data := bytes.Repeat([]byte("picture"), 1000)
	source := agenttest.NewSource(media("1", file("a", len(data))))
	source.AddFile("a", data)
	rig := enginetest.New(t, source)
	c := watch(rig, 1)
	rep := run(t, rig)
	if len(c.offsets) < 2 || c.offsets[0] != 0 {
		t.Fatalf("offsets %v", c.offsets)
	}
	if got, ok := rig.Target.Received(source.Info.GetSiteId(), "a"); !ok || !bytes.Equal(got, data) {
		t.Errorf("%d bytes, %v", len(got), ok)
	}
	if k := enginetest.KindOf(rep, "media"); k.Verified != 1 {
		t.Errorf("%+v", k)
	}
}

func TestRejectedRecordFailsAlone(t *testing.T) {
	t.Parallel()
	source := enginetest.NewSite(6)
	rig := enginetest.New(t, source)
	rig.Target.OnRecord = func(r *recordv1.Record) *agentv1.Problem {
		if r.GetRef().GetKind() == recordv1.Kind_KIND_ENTRY && r.GetRef().GetSourceId() == "3" {
			return &agentv1.Problem{Code: "bad_row", Cause: "the row is refused", Fix: "Change it."}
		}
		return nil
	}
	rep := run(t, rig)
	e := enginetest.KindOf(rep, "entry")
	if e.Created != 5 || e.Rejected != 2 || e.Verified != 5 || e.Different != 0 {
		t.Errorf("%+v %v", e, rep.Differences)
	}
	want := migration.RejectedReport{Kind: "entry", SourceID: "3", Code: "bad_row", Cause: "the row is refused", Fix: "Change it."}
	if !slices.Contains(rep.Rejected, want) {
		t.Errorf("%+v", rep.Rejected)
	}
}

func TestKindThatTheTargetLacksIsAccountedFor(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, enginetest.NewSite(5))
	lacks := enginetest.Holds(recordv1.Kind_KIND_COMMENT)
	lacks.Writable = false
	rig.Target.SetKind(lacks)
	rep := run(t, rig)
	if c := enginetest.KindOf(rep, "comment"); c.Listed != 5 || c.Read != 5 || c.Skipped != 5 || lossOf(rep, "kind_not_held") != 5 {
		t.Errorf("%+v %+v", c, rep.Losses)
	}
	if rep.Status != migration.Done {
		t.Errorf("%s %+v", rep.Status, rep.Failure)
	}
}

// A link to a record of a kind that the target has no place for stays as it was, and is on the report with where it stands.
func TestLinkWithoutPlaceStaysAndIsTold(t *testing.T) {
	t.Parallel()
	const text = `<a href="/tag/oak/">oak</a> <a href="https://old.example/tag/oak/#top">oak</a>`
	tag := &recordv1.Record{Ref: record.NewRef(recordv1.Kind_KIND_TERM, "1"), Body: &recordv1.Record_Term{Term: &recordv1.Term{Taxonomy: "tag", Name: "Oak", Slug: "oak"}}}
	post := &recordv1.Record{Ref: record.NewRef(recordv1.Kind_KIND_ENTRY, "1"), Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{
		Type: "post", Title: "Trees", Slug: "trees", Content: &recordv1.Body{Markup: "html", Text: text}}}}
	source := agenttest.NewSource(tag, post)
	source.Info.BaseUrl = "https://old.example"
	source.SetPaths(tag.GetRef(), &agentv1.Path{Path: "/tag/oak/"})
	rig := enginetest.New(t, source)
	lacks := enginetest.Holds(recordv1.Kind_KIND_TERM)
	lacks.Writable = false
	rig.Target.SetKind(lacks)
	rep := run(t, rig)
	if got := rig.Target.Written()[0].GetEntry().GetContent().GetText(); got != text {
		t.Errorf("the text is %s", got)
	}
	told := slices.IndexFunc(rep.Losses, func(l migration.LossReport) bool { return l.Code == "link_unresolved" })
	if told < 0 || rep.Losses[told].Field != "content" || rep.Losses[told].Count != 2 || !slices.Equal(rep.Losses[told].Refs, []string{"entry/1"}) {
		t.Errorf("told: %+v", rep.Losses)
	}
}

func TestInvalidRecordIsRejectedBeforeItIsSent(t *testing.T) {
	t.Parallel()
	big := &recordv1.Record{Ref: record.NewRef(recordv1.Kind_KIND_ENTRY, "1"), Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{
		Type: "post", Content: &recordv1.Body{Markup: "html", Text: strings.Repeat("x", record.MaxBytes)}}}}
	good := &recordv1.Record{Ref: record.NewRef(recordv1.Kind_KIND_ENTRY, "2"), Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{Type: "post", Title: "good"}}}
	rep := run(t, enginetest.New(t, agenttest.NewSource(big, good)))
	if e := enginetest.KindOf(rep, "entry"); e.Rejected != 1 || e.Created != 1 || e.Verified != 1 || rep.Rejected[0].Code != "record_too_large" {
		t.Errorf("%+v %+v", e, rep.Rejected)
	}
}

func TestLooksBeforeItBegins(t *testing.T) {
	t.Parallel()
	source := agenttest.NewSource()
	for name, prepare := range map[string]func(target *agenttest.Agent){
		"target_read_only":    func(target *agenttest.Agent) { target.Info.Role = agentv1.Role_ROLE_SOURCE },
		"target_cannot_write": func(target *agenttest.Agent) { target.Info.Capabilities = nil },
		"same_site":           func(target *agenttest.Agent) { target.Info.SiteId = source.Info.GetSiteId() },
		"tables_missing": func(target *agenttest.Agent) {
			target.Info.Findings = []*agentv1.Finding{{Code: "tables_missing", Severity: agentv1.Severity_SEVERITY_ERROR, Cause: "c", Fix: "f"}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := agenttest.NewTarget()
			prepare(target)
			rig := enginetest.With(t, source, target, enginetest.OpenStore(t, t.TempDir()))
			_, err := rig.Run(context.Background())
			if p := migration.ProblemOf(err); p.Code != name || p.Fix == "" {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestLinksOfAnIndexNameRecordAndAddresses(t *testing.T) {
	t.Parallel()
	ref := record.NewRef(recordv1.Kind_KIND_ENTRY, "7")
	links := pipeline.LinksOf([]*agentv1.IndexItem{{Ref: ref, Paths: []*agentv1.Path{{Path: "/a/b/"}, {Path: "/a/b/feed/", Form: "feed"}, {Path: "/a/b/rss/", Form: "feed"}}}})
	want := migration.Link{Kind: recordv1.Kind_KIND_ENTRY, SourceID: "7", Hash: pipeline.KeyHash(record.KeyOf(ref))}
	if len(links) != 3 || links[0] != want {
		t.Fatalf("%+v", links)
	}
	// A feed's address that means the record in texts does not hide the record's own.
	if links[1].Form != "" || links[1].Hash != pipeline.PathHash(transform.NormalPath("/a/b")) || links[2].Form != "feed" || links[2].Hash != pipeline.PathHash("/a/b/rss") {
		t.Errorf("%+v", links)
	}
	if pipeline.PathHash("/a") == pipeline.PathHash("/b") || pipeline.PathHash("entry/7") == pipeline.KeyHash(record.KeyOf(ref)) {
		t.Error("hashes collide")
	}
}
