package pipeline_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/baileybridge/bailey/proto/agenttest"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/engine/enginetest"
)

func missing(id, path, mime string) *recordv1.File {
	return &recordv1.File{Id: id, Role: "full", Path: path, Mime: mime, Missing: true}
}

// Files that the agent does not have come from where visitors find them: the full one at its record's address, the others beside it.
// What does not answer stays missing, and so does everything where the owner has not asked for it.
func TestMissingFilesAreFetched(t *testing.T) {
	t.Parallel()
	picture := append([]byte("\x89PNG\r\n\x1a\n"), bytes.Repeat([]byte("pixels"), 50000)...)
	mux := http.NewServeMux()
	for _, p := range []string{"/media/1", "/media/small/1.png", "/media/2"} {
		mux.HandleFunc(p, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(picture) })
	}
	mux.HandleFunc("/media/3", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<!doctype html><p>not here")) })
	mux.HandleFunc("/media/4", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://169.254.169.254/latest/meta-data", http.StatusFound)
	})
	old := httptest.NewServer(mux)
	t.Cleanup(old.Close)
	source := agenttest.NewSource(media("1", missing("a", "1", "image/png"), missing("s", "small/1.png", "image/png")), media("2", file("there", 5), missing("none", "none.png", "image/png")),
		media("3", missing("page", "3", "image/png")), media("4", missing("within", "4", "image/png")), media("5", missing("gone", "5", "image/png")))
	source.AddFile("there", []byte("bytes"))
	source.Info.BaseUrl = old.URL
	rig := enginetest.New(t, source)
	rig.Manager.Loopback = true
	c := watch(rig, 0)
	held := enginetest.Holds(recordv1.Kind_KIND_MEDIA)
	held.Holds.Values = append(held.GetHolds().GetValues(), &agentv1.ValueRule{Field: "files.missing", Value: "true", Skip: true, Loss: "file_missing"})

	rep := run(t, rig)
	if n := lossOf(rep, "file_missing"); n != 6 || len(c.offsets) != 1 {
		t.Errorf("unasked: %d missing, %d sent", n, len(c.offsets))
	}
	// A target that takes no media without a file takes those whose file is fetched.
	rig.Target.SetKind(held)
	rig.Request.Selection.FetchMissing = true
	rep = run(t, rig)
	if k := enginetest.KindOf(rep, "media"); k.Updated != 1 || k.Skipped != 4 || k.Different != 0 {
		t.Errorf("%+v %v", k, rep.Differences)
	}
	held.Holds.Values = nil
	rig.Target.SetKind(held)
	rep = run(t, rig)
	for code, want := range map[string]uint64{"fetch_page_for_file": 1, "fetch_host_refused": 1, "fetch_not_found": 1, "file_missing": 1} {
		if n := lossOf(rep, code); n != want {
			t.Errorf("%s: %d, want %d", code, n, want)
		}
	}
	if k := enginetest.KindOf(rep, "media"); k.Verified != 5 || k.Different != 0 {
		t.Errorf("%+v %v", k, rep.Differences)
	}
	for _, id := range []string{"a", "s"} {
		if got, ok := rig.Target.Received(source.Info.GetSiteId(), id); !ok || !bytes.Equal(got, picture) {
			t.Errorf("%s: %d bytes, %v", id, len(got), ok)
		}
	}
	// Once each, whatever the number of runs; the same picture a second time is copied on the target.
	if want := []uint64{0, 0, uint64(len(picture))}; !slices.Equal(c.offsets, want) {
		t.Errorf("sent at %v", c.offsets)
	}
}
