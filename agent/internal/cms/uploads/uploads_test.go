package uploads

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// From any file on, the walk gives what lies behind it, and all of it from the start.
func TestWalkGoesOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	all := []string{"a/b/c.png", "a/b.txt", "a/b-c/d.pdf", "a/z", "images/1.jpg"}
	for _, p := range append([]string{"a/.hidden/x", "other/no.txt"}, all...) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, p)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, p), []byte(p), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	slices.SortFunc(all, ByPath)
	root, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = Close(root) })
	for i, after := range append([]string{""}, all...) {
		var got []string
		for p, err := range Walk(root, []string{"a", "gone", "images"}, after, func(_ string, e fs.DirEntry) bool { return strings.HasPrefix(e.Name(), ".") }) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, p)
		}
		if !slices.Equal(got, all[i:]) {
			t.Errorf("after %q come %q", after, got)
		}
	}
	if m := Media(root, "a/b-c/d.pdf"); m.GetMime() != "application/pdf" || m.GetFiles()[0].GetBytes() != 11 {
		t.Errorf("media %v", m)
	}
	if Media(root, "a") != nil || Media(root, "../x") != nil || Media(nil, "a/z") != nil {
		t.Error("what is no file was described")
	}
}

func TestItems(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 200)
	items := Items([]string{"a.png", "gone", long}, func(p string) (*recordv1.Media, []*agentv1.Path) {
		if p == "gone" {
			return nil, nil
		}
		return &recordv1.Media{Mime: MIME(p)}, []*agentv1.Path{{Path: "/" + Escape(p)}}
	})
	if len(items) != 2 || items["a.png"].Record.GetMedia().GetMime() != "image/png" || items[long].Unread.GetProblem().GetCode() != "path_unusable" {
		t.Errorf("items %v", items)
	}
}

func TestNoFolder(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"", filepath.Join(t.TempDir(), "gone")} {
		if root, err := Open(dir); root != nil || err != nil || Close(root) != nil {
			t.Errorf("%q opens as %v, %v", dir, root, err)
		}
	}
}
