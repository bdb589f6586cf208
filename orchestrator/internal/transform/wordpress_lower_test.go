package transform

import (
	"strings"
	"testing"
)

// The pictures of a gallery keep what is written below each of them.
func TestWordPressGalleryKeepsCaptions(t *testing.T) {
	t.Parallel()
	got := wpPicture(`<figure class="gallery"><figure><img src="a.png" alt=""/><figcaption>One</figcaption></figure>` +
		`<figure><img src="b.png" alt=""/></figure><figcaption>All</figcaption></figure>`)
	for _, want := range []string{`<img src="a.png" alt=""/><figcaption class="wp-element-caption">One</figcaption></figure>`, `>All</figcaption></figure>`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in\n%s", want, got)
		}
	}
	if strings.Count(got, "<figcaption") != 2 {
		t.Errorf("captions in\n%s", got)
	}
}

// Classic text shows what the canonical HTML shows: what the platform makes of blank lines and line ends is part of it.
func TestLowerClassic(t *testing.T) {
	t.Parallel()
	j := &job{Transformer: New(Context{})}
	for in, want := range map[string]string{
		"<p>One\n  line</p>\n<p>two<br>lines</p>":                                                             "One line\n\ntwo<br>lines",
		"<h2>a</h2><!--more--><ul>\n<li>b</li>\n</ul><!--nextpage-->":                                         "<h2>a</h2>\n\n<!--more-->\n\n<ul> <li>b</li> </ul>\n\n<!--nextpage-->",
		"<pre><code>a\n\nb</code></pre><p class=\"x\">c</p>":                                                  "<pre><code>a\n\nb</code></pre>\n\n<p class=\"x\">c</p>",
		"<p>https://example.org/</p>":                                                                         "<p>https://example.org/</p>",
		"<div>a\n<pre>b\nc</pre>\nd</div>":                                                                    "<div>a <pre>b\nc</pre> d</div>",
		`<figure><img src="bailey:media/5" alt="A"><figcaption>C</figcaption></figure>`:                       `<figure><img class="wp-image-bailey:media/5;id" src="bailey:media/5" alt="A"><figcaption>C</figcaption></figure>`,
		`<figure class="gallery"><img src="bailey:media/5" alt=""><img src="bailey:media/6" alt=""></figure>`: `[gallery ids="bailey:media/5;id,bailey:media/6;id"]`,
		"<p>[gallery] as text</p>":                                                                            "&#91;gallery] as text",
	} {
		if got, _ := lowerClassic(j, in, "content"); got != want {
			t.Errorf("%s\nbecame %s\nwanted %s", in, got, want)
		}
	}
}
