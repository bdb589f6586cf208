package transform

import (
	"testing"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// drupalIndex is what a Drupal site's index answers.
type drupalIndex map[string]*recordv1.Ref

func (x drupalIndex) Resolve(path string) (record.Token, bool) {
	ref, ok := x[path]
	return record.NewToken(ref, ""), ok
}

func (drupalIndex) Known(k record.Key) bool { return k.String() == "media/12" }

const withMedia = "drupal|filter_align|filter_caption|filter_htmlcorrector|editor_file_reference|media_embed"

func TestLiftDrupal(t *testing.T) {
	t.Parallel()
	links := drupalIndex{"/?picture=u-1": record.NewRef(recordv1.Kind_KIND_MEDIA, "media:1"), "/?uuid=u-2": record.NewRef(recordv1.Kind_KIND_MEDIA, "media:2")}
	for name, c := range map[string]struct {
		markup, in, want string
		losses           []string
	}{
		"nothing of its own":  {markupDrupal, "<p class='x'>a\n\nb</p>", "<p class='x'>a\n\nb</p>", nil},
		"line ends":           {"drupal|filter_autop", "one\n\ntwo<!--break-->", "<p>one</p>\n<p>two<!--more--></p>", nil},
		"picture by its id":   {withMedia, `<drupal-media data-entity-type="media" data-entity-uuid="u-1" data-align="left" data-caption="A &lt;em&gt;b&lt;/em&gt;"></drupal-media>`, `<figure><img src="bailey:media/media%3A1" alt="" class="alignleft"><figcaption>A <em>b</em></figcaption></figure>`, nil},
		"document by its id":  {withMedia, `<drupal-media data-entity-uuid="u-2" data-caption="Report">x</drupal-media>z`, `<p><a href="bailey:media/media%3A2">Report</a></p>z`, nil},
		"media that is gone":  {withMedia, `a<drupal-media data-entity-uuid="u-9"></drupal-media>b`, "ab", []string{"drupal:drupal-media"}},
		"attributes":          {markupDrupal, `<a data-entity-type="node" data-entity-uuid="u" data-entity-substitution="canonical" href="bailey:entry/1">n</a>`, `<a href="bailey:entry/1">n</a>`, nil},
		"captioned picture":   {withMedia, `<img alt="in" data-align="center" data-caption="C" src="bailey:media/3" />`, `<figure><img alt="in" src="bailey:media/3" class="aligncenter" /><figcaption>C</figcaption></figure>`, nil},
		"file of the module":  {markupDrupal, `a [[{"type":"media","fid":"12","attributes":{"alt":"A \"b\""}}]]`, `a <img src="bailey:media/12" alt="A &quot;b&quot;">`, nil},
		"file that is gone":   {markupDrupal, `a[[{"type":"media","fid":"13"}]]`, "a", []string{"drupal:media"}},
		"tag of a filter":     {markupDrupal, "a [video:https://x.example/v] b [1] [see: note]", "a  b [1] [see: note]", []string{"drupal:video"}},
		"code":                {markupDrupal, "a<?php print 1; ?>b", "ab", []string{"php_code"}},
		"what visitors write": {"drupal|filter_xss", `x<script>alert("</b>")</script><a href="java&#115;cript:x()" onclick='y()'>l</a>`, `x<a>l</a>`, []string{"attribute_not_allowed", "tag_not_allowed"}},
		"a tag left open":     {"drupal|filter_xss", `x<p>y<script><img src=x onerror=z()>`, `x<p>y`, []string{"tag_not_allowed"}},
		"tags in a caption":   {"drupal|filter_xss|filter_caption", `<img src="bailey:media/3" data-caption="C&lt;script&gt;z()&lt;/script&gt;">`, `<figure><img src="bailey:media/3"><figcaption>C</figcaption></figure>`, []string{"tag_not_allowed"}},
		"what editors write":  {markupDrupal, `<script>x()</script>`, `<script>x()</script>`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := &job{Transformer: New(Context{Links: links})}
			got := j.lift(&recordv1.Body{Markup: c.markup, Text: c.in}, "content")
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			told := map[string]bool{}
			for _, l := range j.losses {
				told[l.Code] = true
			}
			for _, code := range c.losses {
				if !told[code] {
					t.Errorf("the loss %s is not told: %v", code, j.losses)
				}
			}
			if len(told) != len(c.losses) {
				t.Errorf("told %v, not %v", j.losses, c.losses)
			}
		})
	}
}
