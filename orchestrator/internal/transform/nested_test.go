package transform_test

import (
	"strings"
	"testing"
)

// However deep elements stand in each other, every lowering comes to an end, and what stands in the innermost arrives, as does what stands
// around it.
func TestNestedTextArrives(t *testing.T) {
	t.Parallel()
	for name, tag := range map[string][2]string{
		"div": {"<div>", "</div>"}, "quote": {"<blockquote>", "</blockquote>"}, "list": {"<ul><li>", "</li></ul>"}, "bold": {"<b>", "</b>"}, "span": {`<span class="x">`, "</span>"},
		"unclosed": {"<div>", ""}, "closed": {"", "</div>"},
	} {
		in := "<p>before</p>\n" + strings.Repeat(tag[0], 100_000) + "deep" + strings.Repeat(tag[1], 100_000) + "\n<p>after</p>"
		for _, target := range []string{"html", "wordpress", "lexical", "mobiledoc", "markdown", "text"} {
			got, losses := run(t, context(target), "html", in)
			for _, word := range []string{"before", "deep", "after"} {
				if !strings.Contains(got, word) {
					t.Errorf("%s to %s: %q is gone from %d bytes; losses %v", name, target, word, len(got), losses)
				}
			}
		}
	}
}
