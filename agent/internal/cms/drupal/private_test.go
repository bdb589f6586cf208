package drupal

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/drupal/drupaltest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Private files go where a web server refuses them, and are never held where there is no such place.
func TestPrivateFiles(t *testing.T) {
	t.Parallel()
	for _, version := range []int{7, 8} {
		site := drupaltest.New(t, cmssql.SQLite, "", version)
		site.Settings.Private = filepath.Join(site.Settings.Files, "private")
		if err := os.MkdirAll(site.Settings.Private, 0o750); err != nil {
			t.Fatal(err)
		}
		x := newTarget(t, site)
		if holdsVisibility(x.s) {
			t.Errorf("%d: a folder that nothing guards is taken for private", version)
		}
		if err := os.WriteFile(filepath.Join(site.Settings.Private, ".htaccess"), []byte("Deny from all\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if !holdsVisibility(x.s) {
			t.Errorf("%d: the private folder is not seen", version)
		}
		file := &recordv1.File{Id: "p", Role: "full", Path: "in/secret.txt", Mime: "text/plain"}
		if at := x.s.Place(&agentv1.FileHeader{File: file}); at != "in/secret.txt" {
			t.Errorf("%d: a file for everybody is placed at %q", version, at)
		}
		for _, p := range []string{"private/in/secret.txt", "in/secret.txt"} {
			file.Path = p
			if at := x.s.Place(&agentv1.FileHeader{File: file, Visibility: recordv1.Visibility_VISIBILITY_MEMBERS}); at != "private/in/secret.txt" {
				t.Errorf("%d: %s is placed at %q", version, p, at)
			}
		}
		file.Missing = true
		x.write(x.scope("1"), &recordv1.Record{Ref: record.NewRef(kindMedia, "p"), Body: &recordv1.Record_Media{Media: &recordv1.Media{Title: "secret.txt", Mime: "text/plain",
			Visibility: recordv1.Visibility_VISIBILITY_MEMBERS, Files: []*recordv1.File{file}}}})
		if got := x.ask("SELECT uri AS v FROM {file_managed}"); got != "private://in/secret.txt" {
			t.Errorf("%d: stored as %q", version, got)
		}
		id := x.ask("SELECT target_id AS v FROM {bailey_ledger} WHERE kind = 4")
		items, err := x.s.Fetch(t.Context(), x.s.db, kindMedia, []string{id})
		if err != nil || items[0].Record.GetMedia().GetVisibility() != recordv1.Visibility_VISIBILITY_MEMBERS {
			t.Errorf("%d: read again: %v, %v", version, items, err)
		}
		if at, err := x.s.Locate(t.Context(), x.s.db, []cms.Want{{Kind: kindMedia, TargetID: id}}); err != nil || at[0] != "/system/files/in/secret.txt" {
			t.Errorf("%d: linked as %q, %v", version, at, err)
		}
		m := &recordv1.Media{Visibility: recordv1.Visibility_VISIBILITY_MEMBERS}
		if uri := x.s.uriOfFile(m, &recordv1.File{}, "in/secret.txt"); uri != "" {
			t.Errorf("%d: a private file in the public folder is told as %q", version, uri)
		}
	}
}

func holdsVisibility(s *Site) bool {
	for _, k := range (Driver{}).Of(s).Describe().Kinds {
		if k.GetKind() == kindMedia {
			return slices.Contains(k.GetHolds().GetFields(), "visibility")
		}
	}
	return false
}
