package folder_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// spoken is an entry in a language, with those that it is a translation of.
func spoken(slug, locale, group string) *recordv1.Record {
	return &recordv1.Record{Ref: record.NewRef(recordv1.Kind_KIND_ENTRY, slug+locale), Locale: locale, TranslationGroup: group,
		Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{Slug: slug, Type: "post", Status: published}}}
}

// finished makes the configuration, or tells what the owner's lacks.
func finished(t *testing.T, site cms.Site) (codes []string) {
	t.Helper()
	tx, err := site.DB().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found, err := site.Finish(t.Context(), &cms.Unit{Tx: tx})
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := site.(cms.Mirror).Carry(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		codes = append(codes, f.GetCode()+" "+strings.Join(f.GetExamples(), ""))
	}
	return codes
}

// Hugo knows a page's language by the name of its file, and translations by their key; whoever reads the folder finds both again.
func TestLanguagesOfHugo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	site := writable(t, dir, "hugo")
	batch := []*recordv1.Record{{Ref: record.NewRef(recordv1.Kind_KIND_SITE, "site"), Body: &recordv1.Record_Site{Site: &recordv1.Site{Title: "A", Language: "de-AT"}}}}
	putRecords(t, site, recordv1.Kind_KIND_SITE, batch)
	all := []*recordv1.Record{spoken("eins", "de-AT", "node:1"), spoken("un", "fr-FR", "node:1"), spoken("eins", "pt-BR", "node:1"), spoken("zwei", "", ""), spoken("zwei", "fr", "")}
	for i, res := range putRecords(t, site, recordv1.Kind_KIND_ENTRY, all) {
		if want := []string{"eins.md", "un.fr.md", "eins.pt.md", "zwei.md", "zwei-2.fr.md"}[i]; res.TargetID != "content/posts/"+want {
			t.Errorf("%v is written to %s", all[i].GetRef(), res.TargetID)
		}
		all[i].Ref.SourceId = res.TargetID
	}
	if told := finished(t, site); len(told) > 0 {
		t.Errorf("told: %v", told)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "hugo.yaml"))
	if err != nil || !strings.Contains(string(raw), "defaultContentLanguage: de\n") || !strings.Contains(string(raw), "languageCode: pt-BR\n") {
		t.Errorf("the configuration is\n%s%v", raw, err)
	}
	read := whole(t, settings(t, dir, ""))
	for i, at := range []string{"/posts/eins/", "/fr/posts/un/", "/pt/posts/eins/", "/posts/zwei/", "/fr/posts/zwei-2/"} {
		it := read["entry/"+all[i].GetRef().GetSourceId()]
		if it.Record.GetLocale() != all[i].GetLocale() || i < 3 && it.Record.GetTranslationGroup() != "node:1" || it.Paths[0].GetPath() != at {
			t.Errorf("%v is read as %v at %v", all[i], it.Record, it.Paths)
		}
	}
}

// A configuration that is there stays; what it does not know stands among the pages of the site's own language, and is told.
func TestLanguagesThatAreNotConfigured(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "hugo.yaml"), []byte("defaultContentLanguage: en\nlanguages:\n  en: {weight: 1}\n  fr-ca: {weight: 2, languageCode: fr-CA}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	site := writable(t, dir, "hugo")
	got := putRecords(t, site, recordv1.Kind_KIND_ENTRY, []*recordv1.Record{spoken("a", "fr-FR", "g"), spoken("b", "es", "g")})
	if got[0].TargetID != "content/posts/a.fr-ca.md" || got[1].TargetID != "content/posts/b.md" {
		t.Errorf("written to %s and %s", got[0].TargetID, got[1].TargetID)
	}
	if told := strings.Join(finished(t, site), ", "); !strings.Contains(told, "language_not_configured es") || strings.Contains(told, "configured fr") {
		t.Errorf("told: %s", told)
	}
}
