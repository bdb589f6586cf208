package transform_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/baileybridge/bailey/orchestrator/internal/transform"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// run transforms the body of one entry and gives the text and its losses.
func run(t testing.TB, c transform.Context, markup, text string) (string, map[string]int) {
	t.Helper()
	out, losses := transform.New(c).Record(entry(markup, text))
	if len(out) != 1 {
		t.Fatalf("%d records came out", len(out))
	}
	counts := map[string]int{}
	for _, l := range losses {
		counts[l.Code] += l.Count
	}
	return out[0].GetEntry().GetContent().GetText(), counts
}

func TestLinks(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		// Every form of an address of the site.
		`<a href="https://old.example/hello/">x</a>`:                 `<a href="bailey:entry/12">x</a>`,
		`<a href="http://old.example/hello">x</a>`:                   `<a href="bailey:entry/12">x</a>`,
		`<a href='http://www.older.example/hello'>x</a>`:             `<a href='bailey:entry/12'>x</a>`,
		`<a href="//old.example/hello/">x</a>`:                       `<a href="bailey:entry/12">x</a>`,
		`<a href="/hello/">x</a>`:                                    `<a href="bailey:entry/12">x</a>`,
		`<a href=/hello/>x</a>`:                                      `<a href=bailey:entry/12>x</a>`,
		`<a href="hello/">x</a>`:                                     `<a href="bailey:entry/12">x</a>`,
		`<a href="../hello">x</a>`:                                   `<a href="bailey:entry/12">x</a>`,
		`<a href="HTTPS://Old.Example/hello/">x</a>`:                 `<a href="bailey:entry/12">x</a>`,
		`<a href="/hello/#part">x</a>`:                               `<a href="bailey:entry/12#part">x</a>`,
		`<a href="https://old.example/hello/?utm=1&amp;v=2#p">x</a>`: `<a href="bailey:entry/12?utm=1&amp;v=2#p">x</a>`,
		`<a href="/?p=12">x</a>`:                                     `<a href="bailey:entry/12">x</a>`,
		`<a href="?p=12">x</a>`:                                      `<a href="bailey:entry/12">x</a>`,
		`<a href="https://old.example/?p=12&amp;preview=true">x</a>`: `<a href="bailey:entry/12?preview=true">x</a>`,
		`<a href="https://old.example/index.php?page_id=14">x</a>`:   `<a href="bailey:entry/14">x</a>`,
		`<a href="https://old.example/?b=2&#038;a=1">x</a>`:          `<a href="bailey:entry/16">x</a>`,
		`<a href="https://old.example/?cat=3">x</a>`:                 `<a href="bailey:term/3">x</a>`,
		`<a href="/gr%C3%BC%c3%9fe/">x</a>`:                          `<a href="bailey:entry/13">x</a>`,
		`<a href="https://old.example">x</a>`:                        `<a href="bailey:site/1;base">x</a>`,
		// A value is one address, also with what ends one in prose.
		`<img src="http://old.example/files/two words [1].jpg">`:                               `<img src="bailey:media/9">`,
		`<img src='//old.example/files/two%20words%20[1].jpg#x '>`:                             `<img src='bailey:media/9#x '>`,
		`<img src="https://old.example/hello words.jpg">`:                                      `<img src="https://old.example/hello words.jpg">`,
		`<a href="https://old.example/hello/ " title="https://old.example/hello/ is it">x</a>`: `<a href="bailey:entry/12 " title="bailey:entry/12 is it">x</a>`,
		`<a href="https://old.example/hello/[x]">x</a>`:                                        `<a href="bailey:entry/12[x]">x</a>`,
		`<a href="/old-picture/">x</a>`:                                                        `<a href="bailey:media/5;page">x</a>`,
		`<img src="https://old.example/files/a-300x200.jpg">`:                                  `<img src="bailey:media/5;300x200">`,
		`<img src="https://old.example/files/東京.jpg">`:                                         `<img src="bailey:media/8">`,
		`<img srcset="/files/a-300x200.jpg 300w, /files/a.jpg 800w">`:                          `<img srcset="bailey:media/5;300x200 300w, bailey:media/5 800w">`,
		`<img srcset="/files/a.jpg, https://old.example/files/b.jpg 2x">`:                      `<img srcset="bailey:media/5, bailey:media/6 2x">`,
		`<p style="color: red; background: url('/files/a.jpg') no-repeat">`:                    `<p style="color: red; background: url('bailey:media/5') no-repeat">`,
		`<p style="background: url(https://old.example/files/a.jpg);top:0">`:                   `<p style="background: url(bailey:media/5);top:0">`,
		`<p style="background: url(&quot;/files/a.jpg&quot;)">`:                                `<p style="background: url(&quot;bailey:media/5&quot;)">`,
		`<video poster="/files/a.jpg" data-src="/files/song.mp3">`:                             `<video poster="bailey:media/5" data-src="bailey:media/7">`,
		`<div data-x="{&quot;u&quot;:&quot;https://old.example/hello/&quot;}">`:                `<div data-x="{&quot;u&quot;:&quot;bailey:entry/12&quot;}">`,
		// In prose, scripts and shortcodes.
		`See https://old.example/hello/.`:                          `See bailey:entry/12.`,
		`(https://old.example/hello/)`:                             `(bailey:entry/12)`,
		`“https://old.example/hello/”`:                             `“bailey:entry/12”`,
		`[embed]https://old.example/hello/[/embed]`:                `[embed]bailey:entry/12[/embed]`,
		`[audio src="/files/song.mp3"]`:                            `[audio src="bailey:media/7"]`,
		`<script>var u="https:\/\/old.example\/hello\/";</script>`: `<script>var u="bailey:entry/12";</script>`,
		`https://old.example/hello/ https://old.example/about/`:    `bailey:entry/12 bailey:entry/14`,
		`https://share.example/?u=https://old.example/hello/`:      `https://share.example/?u=bailey:entry/12`,
		// What only looks like a token is told from one; what would run on is ended.
		`bailey:entry/12`:                       `bailey::entry/12`,
		`https://old.example/hello/;x`:          `https://old.example/hello/;x`,
		`https://old.example/files/a.jpg!`:      `bailey:media/5!!`,
		`<a href="https://old.example/hello/">`: `<a href="bailey:entry/12">`,
		// Others keep every byte.
		`<a href="https://example.org/hello/">x</a>`:           `<a href="https://example.org/hello/">x</a>`,
		`<a href="https://old.example.org/hello/">x</a>`:       `<a href="https://old.example.org/hello/">x</a>`,
		`<a href="https://very-old.example/hello/">x</a>`:      `<a href="https://very-old.example/hello/">x</a>`,
		`<a href="https://old.example:8080/hello/">x</a>`:      `<a href="https://old.example:8080/hello/">x</a>`,
		`<a href="ftp://old.example/hello/">x</a>`:             `<a href="ftp://old.example/hello/">x</a>`,
		`<a href="#hello">x</a> <a href="mailto:a@b.c">`:       `<a href="#hello">x</a> <a href="mailto:a@b.c">`,
		`<a href="javascript:go('/hello/')">x</a>`:             `<a href="javascript:go('/hello/')">x</a>`,
		`<code>&lt;a href="/hello/"&gt;</code>`:                `<code>&lt;a href="/hello/"&gt;</code>`,
		`<A HREF = "/nowhere" title=/hello/ >< b><!-- /hello/`: `<A HREF = "/nowhere" title=/hello/ >< b><!-- /hello/`,
	} {
		if got, _ := run(t, context("wordpress"), "wordpress", in); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
}

func TestUnresolvedLinksAreCounted(t *testing.T) {
	t.Parallel()
	in := `<a href="https://old.example/gone/">x</a> <a href="/gone-too">y</a> <img srcset="/no.jpg 1x, /files/a.jpg 2x"> http://older.example/`
	got, losses := run(t, context("html"), "html", in)
	if want := strings.NewReplacer("/files/a.jpg", "bailey:media/5", "http://older.example/", "bailey:site/1").Replace(in); got != want {
		t.Errorf("got %s", got)
	}
	if losses[transform.LossLink] != 3 {
		t.Errorf("losses %v", losses)
	}
}

func TestFeedsAreCounted(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"/hello/feed/": "entry/12", "https://old.example/hello/feed/atom/": "entry/12", "/feed/": "site/1", "/tag/news/rss/": "term/3", "/tag/news/rss": "term/3",
		"https://old.example/news?format=feed&amp;type=rss": "term/3", "/index.php?option=com_content&view=category&id=3&type=rss&format=feed": "term/3",
	} {
		got, losses := run(t, context("html"), "html", `<a href="`+in+`">x</a>`)
		if got != `<a href="bailey:`+want+`">x</a>` || losses[transform.LossFeed] != 1 || losses[transform.LossLink] != 0 {
			t.Errorf("%s: got %s, %v", in, got, losses)
		}
	}
}

func TestSiteBelowAFolder(t *testing.T) {
	t.Parallel()
	c := context("html")
	c.Source.BaseURLs = []string{"https://old.example/blog/"}
	got, _ := run(t, c, "html", `<a href="https://old.example/blog/hello/"></a><a href="/blog/about/"></a><a href="https://old.example/hello/"></a>`)
	if want := `<a href="bailey:entry/12"></a><a href="bailey:entry/14"></a><a href="bailey:entry/12"></a>`; got != want {
		t.Errorf("got %s", got)
	}
}

func TestPlaceholders(t *testing.T) {
	t.Parallel()
	c := context("lexical", "html")
	c.Source.BaseURLs = []string{"https://old.example", "__GHOST_URL__"}
	in := `<a href="__GHOST_URL__/hello/">x</a><a href="__GHOST_URL__/gone/">y</a>`
	if got, _ := run(t, c, "html", in); got != `<a href="bailey:entry/12">x</a><a href="__GHOST_URL__/gone/">y</a>` {
		t.Errorf("kept markup: %s", got)
	}
	c.Target[recordv1.Kind_KIND_ENTRY].Holds.Markups = []string{"wordpress"}
	want := "<!-- wp:html -->\n" + `<a href="bailey:entry/12">x</a><a href="https://old.example/gone/">y</a>` + "\n<!-- /wp:html -->"
	if got, _ := run(t, c, "html", in); got != want {
		t.Errorf("other markup: %s", got)
	}
}

// Law: what holds no address of the site keeps every byte, whatever it is.
func TestForeignBytesStay(t *testing.T) {
	t.Parallel()
	tr := transform.New(context("wordpress", "html", "lexical", "mobiledoc", "markdown", "text"))
	rapid.Check(t, func(t *rapid.T) {
		markup := rapid.SampledFrom([]string{"wordpress", "html", "lexical", "mobiledoc", "markdown", "text"}).Draw(t, "markup")
		text := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{
			"<p>", "</p>", "<a href=\"", "/gone", "'", "\"", ">", "<", "<!-- wp:image {\"id\":99} -->", "[gallery ids=\"97,98\"]", "[caption]", "wp-image-99",
			"https://example.org/x", "ü", "&amp;", "\\/gone", "\n", "=", "style=\"url(", ")", "srcset=", "{\"url\":\"/gone\"}", "bailey", ":",
		})).Draw(t, "text"), "")
		text = strings.ReplaceAll(text, "bailey", "bailey ") // What begins a token is escaped.
		out, _ := tr.Record(entry(markup, text))
		if got := out[0].GetEntry().GetContent().GetText(); got != text {
			t.Fatalf("%q became %q", text, got)
		}
	})
}
