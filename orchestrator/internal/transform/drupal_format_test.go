package transform

import (
	"strings"
	"testing"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

func TestFiltersOfDrupal(t *testing.T) {
	t.Parallel()
	links := drupalIndex{"/?uuid=u-1": record.NewRef(recordv1.Kind_KIND_MEDIA, "7")}
	for name, c := range map[string]struct{ markup, in, want, loss string }{
		"no caption without its filter":  {"drupal|filter_align", `<img src="/a.png" data-caption="C" data-align="left">`, `<img src="/a.png" class="alignleft">`, ""},
		"no place without its filter":    {"drupal|filter_caption", `<img src="/a.png" data-align="left" data-caption="C<br><p>D">`, `<figure><img src="/a.png"><figcaption>C<br>D</figcaption></figure>`, "tag_not_allowed"},
		"the link goes into the figure":  {"drupal|filter_caption", `a <a href="/x"><img src="/a.png" data-caption="C"></a>`, `a <figure><a href="/x"><img src="/a.png"></a><figcaption>C</figcaption></figure>`, ""},
		"pictures from elsewhere":        {"drupal|filter_html_image_secure", `a<img src="https://elsewhere.example/a.png">b<img src="https://www.old.example/a.png"><img src="/a.png"><img src="bailey:media/7">`, `ab<img src="https://www.old.example/a.png"><img src="/a.png"><img src="bailey:media/7">`, "image_not_allowed"},
		"when they come into view":       {"drupal|filter_image_lazy_load", `<img src="/a.png" width="1" height="2"><img src="/b.png">`, `<img src="/a.png" width="1" height="2" loading="lazy"><img src="/b.png">`, ""},
		"a file by its unique id":        {"drupal|editor_file_reference", `<img src="/gone.png" data-entity-type="file" data-entity-uuid="u-1">`, `<img src="bailey:media/7">`, ""},
		"embeds that nobody saw":         {"drupal|filter_htmlcorrector", `a<drupal-media data-entity-uuid="u-1"></drupal-media>b`, "ab", "drupal:drupal-media"},
		"a filter that nobody knows":     {"drupal|footnotes 1a2b", "a", "a", "filter:footnotes"},
		"code that is shown as text":     {"drupal|filter_html7 <b>", "a<?php echo 1; ?>b", "a&lt;?php echo 1; ?>b", ""},
		"code that is run":               {"drupal|php_code", "a<?php echo 1; ?>b", "ab", "php_code"},
		"links of tokens":                {"drupal|filter_url 72", "see bailey:entry/5#c-1, ok", `see <a href="bailey:entry/5#c-1">bailey:entry/5#c-1</a>, ok`, ""},
		"a word that is no token":        {"drupal|filter_url 72", "bailey::entry/5", "bailey::entry/5", ""},
		"Markdown before other filters":  {"drupal|markdown|filter_html <em>", "a *b* <b>c</b>", "a <em>b</em> c", "tag_not_allowed"},
		"captions in a format of limits": {"drupal|filter_html <img src data-caption>|filter_caption", `<img src="/a.png" alt="x" data-caption="C">`, `<figure><img src="/a.png"><figcaption>C</figcaption></figure>`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := &job{Transformer: New(Context{Links: links, Source: Site{BaseURLs: []string{"https://old.example"}}})}
			if got := j.lift(&recordv1.Body{Markup: c.markup, Text: c.in}, "content"); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			told := ""
			if len(j.losses) > 0 {
				told = j.losses[0].Code
			}
			if told != c.loss {
				t.Errorf("told %q, not %q", told, c.loss)
			}
		})
	}
}

// A target with the same format takes a text as it is stored; only what names other records in it changes.
func TestSameFormatKeepsTheText(t *testing.T) {
	t.Parallel()
	const markup = "drupal|filter_html <a href>|filter_autop"
	info := &agentv1.KindInfo{Kind: recordv1.Kind_KIND_ENTRY, Writable: true, Holds: &agentv1.Holds{Fields: []string{"*"}, Markups: []string{markupHTML, markup}}}
	tr := New(Context{Links: drupalIndex{"/?uuid=u-1": record.NewRef(recordv1.Kind_KIND_MEDIA, "7"), "/about": record.NewRef(recordv1.Kind_KIND_ENTRY, "5")}, Source: Site{BaseURLs: []string{"https://old.example"}},
		Target: map[recordv1.Kind]*agentv1.KindInfo{recordv1.Kind_KIND_ENTRY: info}})
	in := "one\r\ntwo <b onclick=x()>three <!--break-->\n<a href=\"/about\">about</a> <img data-entity-type=\"file\" data-entity-uuid=\"u-1\"> <drupal-media data-entity-uuid='u-1'></drupal-media>"
	want := strings.NewReplacer(`"/about"`, `"bailey:entry/5"`, `"u-1"`, `"bailey:media/7;fileuuid"`, `'u-1'`, `'bailey:media/7;uuid'`).Replace(in)
	out, _ := tr.Record(&recordv1.Record{Ref: record.NewRef(recordv1.Kind_KIND_ENTRY, "1"), Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{Content: &recordv1.Body{Markup: markup, Text: in}}}})
	if got := out[0].GetEntry().GetContent(); got.GetText() != want || got.GetMarkup() != markup {
		t.Errorf("got  %s: %q\nwant %q", got.GetMarkup(), got.GetText(), want)
	}
}
