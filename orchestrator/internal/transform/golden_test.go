package transform_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/orchestrator/internal/transform"
)

var update = flag.Bool("update", false, "write what came out as what is wanted")

// TestGolden transforms testdata/NAME.MARKUP to every file testdata/NAME.to.TARGET beside it.
func TestGolden(t *testing.T) {
	t.Parallel()
	targets, err := filepath.Glob("testdata/*.to.*")
	if err != nil || len(targets) == 0 {
		t.Fatalf("no test data: %v", err)
	}
	for _, want := range targets {
		t.Run(filepath.Base(want), func(t *testing.T) {
			t.Parallel()
			name, target, _ := strings.Cut(want, ".to.")
			sources, _ := filepath.Glob(name + ".from.*")
			if len(sources) != 1 {
				t.Fatalf("sources %v", sources)
			}
			in := read(t, sources[0])
			got := golden(t, strings.TrimPrefix(filepath.Ext(sources[0]), "."), target, in)
			if *update {
				if err := os.WriteFile(want, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if w := read(t, want); got != w {
				t.Errorf("got\n%s\nwant\n%s", got, w)
			}
		})
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// golden is the text, the platform's rendering and the losses, readable.
func golden(t *testing.T, markup, target, in string) string {
	t.Helper()
	if markup == "drupal" {
		markup += "|htmLawed|filter_align|filter_caption|media_embed|filter_autop"
	}
	out, losses := transform.New(context(target)).Record(entry(markup, in))
	body := out[0].GetEntry().GetContent()
	if body.GetMarkup() != target {
		t.Fatalf("markup %q", body.GetMarkup())
	}
	text := body.GetText()
	if target == "lexical" {
		text = indented(t, text) + "\n--- html\n" + body.GetHtml()
	}
	counts := map[string]int{}
	for _, l := range losses {
		counts[l.Code] += l.Count
	}
	for _, code := range slices.Sorted(maps.Keys(counts)) {
		text += fmt.Sprintf("\n--- loss %s %d", code, counts[code])
	}
	return text + "\n"
}

// indented is one line per node, without what every node has.
func indented(t *testing.T, text string) string {
	t.Helper()
	var doc struct{ Root node }
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	doc.Root.write(&b, "")
	return strings.TrimSpace(b.String())
}

type node map[string]any

var everywhere = []string{"type", "children", "version", "direction", "format", "indent", "detail", "mode", "style"}

func (n node) write(b *strings.Builder, indent string) {
	fmt.Fprintf(b, "%s%v", indent, n["type"])
	for _, k := range slices.Sorted(maps.Keys(n)) {
		if (!slices.Contains(everywhere, k) || k == "format" && n[k] != "" && n[k] != 0.0) && n[k] != nil && n[k] != "" {
			v, _ := json.Marshal(n[k])
			fmt.Fprintf(b, " %s=%s", k, v)
		}
	}
	b.WriteByte('\n')
	kids, _ := n["children"].([]any)
	for _, k := range kids {
		node(k.(map[string]any)).write(b, indent+"  ")
	}
}
