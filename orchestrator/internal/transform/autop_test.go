package transform

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestAutop(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                           "",
		" \n ":                       "",
		"one":                        "<p>one</p>",
		"one\ntwo":                   "<p>one<br />\ntwo</p>",
		"one\r\n\r\ntwo":             "<p>one</p>\n<p>two</p>",
		"one<br>\ntwo":               "<p>one<br />\ntwo</p>",
		"one<br /><br />two":         "<p>one</p>\n<p>two</p>",
		"<h2>a</h2>text":             "<h2>a</h2>\n<p>text</p>",
		"<div>text</div>":            "<div>text</div>",
		"<div>a\n\nb</div>":          "<div>a</p>\n<p>b</p></div>",
		"<p>done</p>\n\n<p>so</p>":   "<p>done</p>\n<p>so</p>",
		"<ul>\n<li>a</li>\n</ul>":    "<ul>\n<li>a</li>\n</ul>",
		"<blockquote>q</blockquote>": "<blockquote><p>q</p></blockquote>",
		"a\n<hr>\nb":                 "<p>a</p>\n<hr>\n<p>b</p>",
		"<pre>a\n\n<b>\nc</pre>":     "<pre>a\n\n<b>\nc</pre>",
		"<a\nhref=\"x\">y</a>":       "<p><a\nhref=\"x\">y</a></p>",
		"<script>a;\nb;</script>":    "<p><script>a;\nb;</script></p>",
		"<img src=x>\n\ncaption":     "<p><img src=x></p>\n<p>caption</p>",
		"<figure><img>\n<figcaption>c</figcaption>\n</figure>": "<figure><img><figcaption>c</figcaption></figure>",
	} {
		if got := strings.TrimSuffix(autop(in), "\n"); got != want {
			t.Errorf("autop(%q)\n got %q\nwant %q", in, got, want)
		}
	}
}

// The patterns of the original, word for word, are what the scanners must agree with.
const originalBlocks = `(?:table|thead|tfoot|caption|col|colgroup|tbody|tr|td|th|div|dl|dd|dt|ul|ol|li|pre|form|map|area|blockquote|address|style|p|h[1-6]|hr|fieldset|legend|section|article|aside|hgroup|header|footer|nav|figure|figcaption|details|menu|summary)`

var originals = []struct {
	re   []*regexp.Regexp
	with []string
	scan func(string) string
}{
	{res(`(<`+originalBlocks+`[\s/>])`, `(</`+originalBlocks+`>)`), []string{"\n\n$1", "$1\n\n"}, spaceBlocks},
	{res(`<p>\s*(</?` + originalBlocks + `[^>]*>)\s*</p>`), []string{"$1"}, unwrapWhole},
	{res(`<p>\s*(</?` + originalBlocks + `[^>]*>)`), []string{"$1"}, unwrapBefore},
	{res(`(</?` + originalBlocks + `[^>]*>)\s*</p>`), []string{"$1"}, func(s string) string { return dropBehind(s, "</p>") }},
	{res(`(</?` + originalBlocks + `[^>]*>)\s*<br />`), []string{"$1"}, func(s string) string { return dropBehind(s, "<br />") }},
	{res(`<br />(\s*</?(?:p|li|div|dl|dd|dt|th|pre|td|ul|ol)[^>]*>)`), []string{"$1"}, dropBreakBefore},
}

func res(patterns ...string) (all []*regexp.Regexp) {
	for _, p := range patterns {
		all = append(all, regexp.MustCompile(p))
	}
	return all
}

func TestAutopScannersAgreeWithThePatterns(t *testing.T) {
	t.Parallel()
	piece := rapid.SampledFrom([]string{"<p>", "</p>", "<div>", "</div>", "<br />", "<li class='x'", ">", "<", "</", "h1", "<h1 a>", "<param>", "<b>", " ", "\n", "x", "<col>", "<colgroup/>", "<td"})
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOf(piece).Draw(t, "s"), "")
		for i, o := range originals {
			want := s
			for k, re := range o.re {
				want = re.ReplaceAllString(want, o.with[k])
			}
			if got := o.scan(s); got != want {
				t.Fatalf("%d: %q\n got %q\nwant %q", i, s, got, want)
			}
		}
	})
}
