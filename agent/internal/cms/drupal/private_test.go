package drupal

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
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
		htaccess(t, site.Settings.Private, "Deny from all\n")
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

// Private files beside the program are read and written where settings.php says, and nowhere else.
func TestPrivateFilesOutside(t *testing.T) {
	t.Parallel()
	for _, version := range []int{7, 8} {
		site := drupaltest.New(t, cmssql.SQLite, "", version)
		away := filepath.Join(t.TempDir(), "away")
		site.Settings.Private = away
		if x := newTarget(t, site); holdsVisibility(x.s) || !told(x, "private_folder_unusable") || told(x, "private_out_of_reach") {
			t.Errorf("%d: a folder that is not there is taken for private, or not told", version)
		}
		if err := os.Mkdir(away, 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(away, "secret.txt"), []byte("of few"), 0o600); err != nil {
			t.Fatal(err)
		}
		x := newTarget(t, site)
		if d := (Driver{}).Of(x.s).Describe(); !holdsVisibility(x.s) || d.Private != away || told(x, "private_folder_unusable") {
			t.Fatalf("%d: the private folder is not seen: %q", version, d.Private)
		}
		file := &recordv1.File{Id: "p", Role: "full", Path: "private/in/secret.txt", Mime: "text/plain", Missing: true}
		if at := x.s.Place(&agentv1.FileHeader{File: file, Visibility: recordv1.Visibility_VISIBILITY_MEMBERS}); at != "private:/in/secret.txt" {
			t.Errorf("%d: placed at %q", version, at)
		}
		if at := x.s.Place(&agentv1.FileHeader{File: &recordv1.File{Path: "private:/in/all.txt"}}); at != "in/all.txt" {
			t.Errorf("%d: what is for everybody is placed at %q", version, at)
		}
		x.write(x.scope("1"), &recordv1.Record{Ref: record.NewRef(kindMedia, "p"), Body: &recordv1.Record_Media{Media: &recordv1.Media{Title: "secret.txt", Mime: "text/plain",
			Visibility: recordv1.Visibility_VISIBILITY_MEMBERS, Files: []*recordv1.File{file}}}})
		if got := x.ask("SELECT uri AS v FROM {file_managed}"); got != "private://in/secret.txt" {
			t.Errorf("%d: stored as %q", version, got)
		}
		for uri, there := range map[string]bool{"private://secret.txt": true, "private://../away/secret.txt": false, "private://in/secret.txt": false, "private://../../site": false} {
			f := x.s.stored(row{Row: cmssql.Row{{Name: "uri", Text: uri}}})
			if f.GetMissing() == there || there && (f.GetPath() != "private:/secret.txt" || f.GetId() != "private:/secret.txt" || f.GetBytes() != 6) {
				t.Errorf("%d: %s is read as %v", version, uri, f)
			}
		}
	}
}

// Folders that are no private ones: what a web server shows unless a file refuses it, one that all of the site lies in, and one that only the database of a Drupal 7 names.
func TestPrivateFoldersThatAreNone(t *testing.T) {
	t.Parallel()
	site := drupaltest.New(t, cmssql.SQLite, "", 7)
	docroot := strings.TrimSuffix(site.Settings.Files, "/sites/default/files")
	shown, away := filepath.Join(docroot, "shown"), t.TempDir()
	if err := os.Mkdir(shown, 0o750); err != nil {
		t.Fatal(err)
	}
	open := func() *target {
		s := drupaltest.Site{Settings: site.Settings}
		return newTarget(t, &s)
	}
	for _, dir := range []string{shown, docroot, site.Settings.Files, filepath.Dir(docroot), "/"} {
		site.Settings.Private = dir
		if x := open(); holdsVisibility(x.s) || (Driver{}).Of(x.s).Describe().Private != "" || dir != shown && x.s.private != nil {
			t.Errorf("%s is taken for private", dir)
		}
	}
	htaccess(t, shown, "Deny from all\n")
	site.Settings.Private = shown
	if x := open(); !holdsVisibility(x.s) {
		t.Error("a folder that a web server refuses is not taken")
	}
	site.Settings.Private = ""
	site.Insert(t, "variable", "name value", "file_private_path", `s:`+itoa(int64(len(away)))+`:"`+away+`";`)
	htaccess(t, away, "Deny from all\n")
	if x := open(); x.s.private != nil {
		t.Error("the database names any folder")
	}
	htaccess(t, away, "SetHandler Drupal_Security_Do_Not_Remove_See_SA_2006_006\n")
	if x := open(); !holdsVisibility(x.s) || x.s.privateDir != away {
		t.Error("the folder that Drupal has made is not seen")
	}
}

func htaccess(t *testing.T, dir, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, ".htaccess"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func told(x *target, code string) bool {
	x.Helper()
	f, err := x.s.Probe(x.Context(), cms.Options{})
	if err != nil {
		x.Fatal(err)
	}
	return slices.ContainsFunc(f.Findings, func(g *agentv1.Finding) bool { return g.GetCode() == code })
}

func holdsVisibility(s *Site) bool {
	for _, k := range (Driver{}).Of(s).Describe().Kinds {
		if k.GetKind() == kindMedia {
			return slices.Contains(k.GetHolds().GetFields(), "visibility")
		}
	}
	return false
}
