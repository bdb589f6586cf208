package folder_test

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/cmstest"
	"github.com/baileybridge/bailey/agent/internal/cms/folder"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/deploy/testbed"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

func TestMain(m *testing.M) { testbed.Main(m) }

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, flavour := range []string{"hugo", "jekyll", "eleventy"} {
		t.Run(flavour, func(t *testing.T) {
			t.Parallel()
			conform(t, flavour)
		})
	}
}

func conform(t *testing.T, flavour string) {
	content := cmstest.Column{Table: "files", Column: "content"}
	cmstest.Run(t, cmstest.Harness{
		Driver: folder.Driver{},
		Source: func(t *testing.T, _ cmssql.Dialect, _ string) cms.Settings {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS("testdata/"+flavour)); err != nil {
				t.Fatal(err)
			}
			return settings(t, dir, "")
		},
		Target: func(t *testing.T, _ cmssql.Dialect, _ string) cms.Settings {
			set := settings(t, t.TempDir(), flavour)
			set.Writable = true
			// The rows are there as long as an agent is.
			site, err := folder.Driver{}.Open(t.Context(), set)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = site.Close() })
			return set
		},
		Poison: map[cms.Kind]cmstest.Column{recordv1.Kind_KIND_ENTRY: content, recordv1.Kind_KIND_TERM: content, recordv1.Kind_KIND_USER: content, recordv1.Kind_KIND_COMMENT: content},
		Sums:   sums,
		Edit:   edit,
		Absent: map[string]string{
			cmstest.Prefixes:     "files have no prefix",
			cmstest.NumericIDs:   "records are known by their files",
			cmstest.ExtraColumns: "there are no tables of others",
		},
	})
}

func settings(t *testing.T, dir, flavour string) cms.Settings {
	t.Helper()
	set, ok := folder.Driver{}.Flavour(dir, flavour)
	if flavour == "" {
		found, err := folder.Driver{}.Detect(os.DirFS("/"), strings.TrimPrefix(filepath.ToSlash(dir), "/"))
		if err != nil {
			t.Fatal(err)
		}
		set, ok = found, true
	}
	if !ok {
		t.Fatal("no such flavour")
	}
	return *set
}

// place is the folder itself: the suite may put uploads elsewhere.
func place(set cms.Settings) string { return filepath.Dir(filepath.Dir(set.Database.File)) }

// sums digests the folder, but for what the migration keeps beside it.
func sums(t *testing.T, set cms.Settings, skip func(string) bool) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := fs.WalkDir(os.DirFS(place(set)), ".", func(file string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && e.Name() == ".bailey":
			return fs.SkipDir
		case e.IsDir() || skip(file):
			all[file] = e.Type().String()
			return nil
		}
		raw, err := os.ReadFile(filepath.Join(place(set), file))
		all[file] = fmt.Sprintf("%x", sha256.Sum256(raw))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// edit writes into the file with the title, as an editor does.
func edit(t *testing.T, set cms.Settings, title string) func() int {
	t.Helper()
	const words = "\nAdded by people.\n"
	each := func(fn func(file, text string)) {
		err := filepath.WalkDir(place(set), func(file string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || filepath.Ext(file) != ".md" {
				return err
			}
			raw, err := os.ReadFile(file)
			fn(file, string(raw))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	each(func(file, text string) {
		if strings.Contains(text, "\ntitle: "+title+"\n") || strings.Contains(text, "\ntitle: \""+title+"\"\n") {
			n++
			if err := os.WriteFile(file, []byte(text+words), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	})
	if n != 1 {
		t.Fatalf("%d files have the title %q", n, title)
	}
	return func() (left int) {
		each(func(_, text string) {
			if strings.HasSuffix(text, words) {
				left++
			}
		})
		return left
	}
}
