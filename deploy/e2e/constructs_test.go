//go:build accept

package e2e

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestConstructs moves the tags of a MODX site to a folder by its owner's word on each. The plan counts them as they stand in the tables,
// bailey map init lists them with that count, the plan with the mapping tells what becomes of them, and the written pages are the judge.
func TestConstructs(t *testing.T) {
	from, dir := newMODX(t, "modx-dev", "mdx_"), newFolder(t)
	src, dst := from.place().serve(t, "source"), folderPlace(t, dir).serve(t, "target")
	data, file := t.TempDir(), filepath.Join(t.TempDir(), "map.yaml")
	links := []string{"--source", src.link(), "--target", dst.link(), "--data", data}

	stand := query(t, from.db.DB, "SELECT content FROM mdx_site_content")
	hello := strings.Count(strings.Join(stand, "\n"), "[[!Hello?")
	said := planned(t, data, src, dst)
	if n := said["entry modx:snippet:Hello"]; n != hello || n == 0 {
		t.Errorf("the plan counts %d, the source has %d", n, hello)
	}

	says(t, bailey(t, append([]string{"map", "init", "--out", file}, links...)...), []int{0}, "")
	text := readFile(t, file)
	policies := map[string]string{"modx:snippet:Hello": `{template: '<p class="hello">Hello {{name}}</p>'}`, "modx:snippet:SetPh": "keep_raw", "modx:lexicon:resource": "drop", "modx:snippet:tag": "rendered"}
	for tag, word := range policies {
		line := fmt.Sprintf("  %q: default", tag)
		if !strings.Contains(text, line) {
			t.Fatalf("bailey map init does not list %s:\n%s", tag, text)
		}
		text = strings.Replace(text, line, fmt.Sprintf("  %q: %s", tag, word), 1)
	}
	writeFile(t, file, text)
	says(t, bailey(t, append([]string{"map", "check", file}, links...)...), []int{0}, "")

	after := planned(t, data, src, dst, "--map", file)
	for tag, as := range map[string]string{"modx:snippet:Hello": "=template", "modx:snippet:SetPh": "=keep_raw", "modx:lexicon:resource": "=drop", "modx:snippet:tag": "", "modx:chunk:callout": ""} {
		if was, is := said["entry "+tag], after["entry "+tag+as]; was != is || was == 0 {
			t.Errorf("%s: %d without a policy, %d with it: %v", tag, was, is, after)
		}
	}
	rep := migrate(t, data, src, dst, []int{0, 3}, "--map", file)
	rep.reconcile(t)
	pages := pagesIn(t, dir)
	if n := strings.Count(pages, `Hello R`); n != hello {
		t.Errorf("%d places greet as the template says, %d were to", n, hello)
	}
	if n := strings.Count(pages, "SetPh"); n != said["entry modx:snippet:SetPh"] {
		t.Errorf("%d tags were left as they stood, %d were to be", n, said["entry modx:snippet:SetPh"])
	}
}

// pagesIn is the text of every page of a folder.
func pagesIn(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	need(t, fs.WalkDir(os.DirFS(filepath.Join(dir, "content")), ".", func(file string, e fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(file, ".md") {
			all.WriteString(readFile(t, filepath.Join(dir, "content", file)))
		}
		return err
	}))
	return all.String()
}
