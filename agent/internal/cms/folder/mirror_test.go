package folder_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/folder"
)

func opened(t *testing.T, set cms.Settings) cms.Site {
	t.Helper()
	site, err := folder.Driver{}.Open(t.Context(), set)
	if err != nil {
		t.Fatal(err)
	}
	return site
}

func do(t *testing.T, site cms.Site, statements ...string) {
	t.Helper()
	for _, q := range statements {
		if err := site.DB().Exec(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
}

// Rule 2: what was committed and not carried is carried by the next one who opens the folder.
func TestCarriedAfterCrash(t *testing.T) {
	t.Parallel()
	set := settings(t, t.TempDir(), "hugo")
	set.Writable = true
	file := filepath.Join(set.Files, "content", "posts", "a.md")
	site := opened(t, set)
	do(t, site, "INSERT INTO files (path, kind, id, content) VALUES ('content/posts/a.md', 5, 'content/posts/a.md', '---\ntitle: A\n---\n'), "+
		"('content/posts/a.md#/old/', 8, 'content/posts/a.md#/old/', 'from_path: /old/')")
	// The process ends here; a file that it was writing stays behind.
	if err := os.WriteFile(filepath.Join(set.Files, ".bailey", "carrying"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := site.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); err == nil {
		t.Fatal("the file is there already")
	}
	site = opened(t, set)
	if raw, err := os.ReadFile(file); err != nil || string(raw) != "---\naliases: [\"/old/\"]\ntitle: A\n---\n" {
		t.Errorf("carried %q, %v", raw, err)
	}
	// People write into the file; then the alias goes.
	if err := os.WriteFile(file, []byte("---\naliases: [\"/old/\"]\ntitle: Mine\n---\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	do(t, site, "DELETE FROM files WHERE kind = 8")
	if err := site.(cms.Mirror).Carry(t.Context()); err != nil {
		t.Fatal(err)
	}
	if raw, err := os.ReadFile(file); err != nil || string(raw) != "---\ntitle: Mine\n---\n" {
		t.Errorf("without the alias it is %q, %v", raw, err)
	}
	do(t, site, "DELETE FROM files")
	if err := site.Close(); err != nil {
		t.Fatal(err)
	}
	site = opened(t, set)
	if err := site.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(set.Files); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
