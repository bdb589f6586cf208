package transform_test

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/baileybridge/bailey/orchestrator/internal/transform"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// foreign is one construct of each syntax that nobody can lift, with some text inside where the syntax allows that.
var foreign = []struct{ markup, tag, in, usual, raw, filled string }{
	{"wordpress", "shortcode:box", `<p>a [box title="T &amp; t"]<em>in</em>[/box] z</p>`, `<p>a <em>in</em> z</p>`, `<p>a [box title="T &amp; t"]<em>in</em>[/box] z</p>`, `<p>a <b title="T &amp; t"><em>in</em></b> z</p>`},
	{"wordpress", "block:acme/stars", `<p>a</p><!-- wp:acme/stars {"title":"T \u0026 t"} /--><p>z</p>`, `<p>a</p><p>z</p>`, `<p>a</p><!-- wp:acme/stars {"title":"T \u0026 t"} /--><p>z</p>`, `<p>a</p><b title="T &amp; t"></b><p>z</p>`},
	{"wordpress", "block:query", `<!-- wp:query {"title":"T &amp; t"} --><!-- wp:paragraph --><p>in</p><!-- /wp:paragraph --><!-- /wp:query -->`, ``,
		`<!-- wp:query {"title":"T &amp; t"} --><!-- wp:paragraph --><p>in</p><!-- /wp:paragraph --><!-- /wp:query -->`, `<b title="T &amp; t"><p>in</p></b>`},
	{"joomla", "joomla:tip", `<p>a {tip title="T &amp; t"}in{/tip} z</p>`, `<p>a in z</p>`, `<p>a {tip title="T &amp; t"}in{/tip} z</p>`, `<p>a <b title="T &amp; t">in</b> z</p>`},
	{"drupal", "drupal:drupal-entity", `a<drupal-entity title="T &amp; t"></drupal-entity>z`, `az`, `a<drupal-entity title="T &amp; t"></drupal-entity>z`, `a<b title="T &amp; t"></b>z`},
	{"drupal", "drupal:token:site:name", `a [site:name] z`, `a  z`, `a [site:name] z`, `a <b title=""></b> z`},
	{"modx", "modx:snippet:Stars", "a[[!Stars? &title=`T & t`]]z", `az`, "a[[!Stars? &title=`T & t`]]z", `a<b title="T &amp; t"></b>z`},
	{"modx", "modx:chunk:stars", "a[[$stars? &title=`T & t`]]z", `az`, "a[[$stars? &title=`T & t`]]z", `a<b title="T &amp; t"></b>z`},
	{"lexical", "card:stars", `{"root":{"children":[{"type":"stars","title":"T & t","html":"<i>in</i>"}]}}`, ``,
		`<pre><code>{"html":"&lt;i&gt;in&lt;/i&gt;","title":"T &amp; t","type":"stars"}</code></pre>`, `<b title="T &amp; t"><i>in</i><p>T &amp; t</p></b>`},
	{"mobiledoc", "card:stars", `{"markups":[],"atoms":[],"cards":[["stars",{"title":"T & t","html":"<i>in</i>"}]],"sections":[[1,"p",[[0,[],0,"a"]]],[10,0]]}`, `<p>a</p>`,
		`<p>a</p><pre><code>{"html":"&lt;i&gt;in&lt;/i&gt;","title":"T &amp; t"}</code></pre>`, `<p>a</p><b title="T &amp; t"><i>in</i><p>T &amp; t</p></b>`},
	{"drupal", "drupal:video", `a [video:stars] z`, `a  z`, `a [video:stars] z`, `a <b title=""></b> z`},
	{"modx", "modx:placeholder:stars", "a[[+stars:default=`in`]]z", `ainz`, "a[[+stars:default=`in`]]z", `a<b title="">in</b>z`},
	{"markdown+liquid", "liquid:call", `a {% call title="T & t" %}in{% endcall %} z`, `<p>a in z</p>`, `<p>a {% call title=&quot;T &amp; t&quot; %}in{% endcall %} z</p>`, `<p>a <b title="T &amp; t">in</b> z</p>`},
	{"markdown+liquid", "liquid:output", `a {{ stars }} z`, `<p>a  z</p>`, `<p>a {{ stars }} z</p>`, `<p>a <b title="stars"></b> z</p>`},
	{"html+hugo", "shortcode:stars", `<p>a {{< stars title="T & t" >}}in{{< /stars >}} z</p>`, `<p>a in z</p>`, `<p>a {{< stars title="T & t" >}}in{{< /stars >}} z</p>`, `<p>a <b title="T &amp; t">in</b> z</p>`},
	{"html+liquid", "liquid:stars", `<p>a {% stars title="T & t" %}in{% endstars %} z</p>`, `<p>a in z</p>`, `<p>a {% stars title="T & t" %}in{% endstars %} z</p>`, `<p>a <b title="T &amp; t">in</b> z</p>`},
}

// under gives what became of a text under a policy.
func under(t *testing.T, p transform.Policy, markup, in, page string) (string, []transform.Loss) {
	t.Helper()
	c := context("html")
	c.Examples = true
	if p.Tag != "" {
		c.Policies = map[string]transform.Policy{p.Tag: p}
	}
	r := entry(markup, in)
	r.GetEntry().Status = recordv1.Status_STATUS_PUBLISHED
	tr := transform.New(c)
	if got := tr.WantsPage(r); got != (p.Action == transform.ActionRendered) {
		t.Errorf("%s: asks for the page: %v", in, got)
	}
	out, losses := tr.TakeShown(r, page)
	return out[0].GetEntry().GetContent().GetText(), losses
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	for _, f := range foreign {
		for action, want := range map[transform.Action]string{"": f.usual, transform.ActionKeepRaw: f.raw, transform.ActionTemplate: f.filled} {
			got, losses := under(t, transform.Policy{Tag: f.tag, Action: action, Template: `<b title="{{title}}">{{content}}</b>`}, f.markup, f.in, "")
			if got != want {
				t.Errorf("%s, %q:\ngot  %s\nwant %s", f.tag, action, got, want)
			}
			i := slices.IndexFunc(losses, func(l transform.Loss) bool { return l.Code == f.tag })
			if i < 0 || losses[i].Action != action || losses[i].Example == "" || len(losses[i].Example) > transform.MaxExample {
				t.Errorf("%s, %q: told %+v", f.tag, action, losses)
			}
		}
		if got, _ := under(t, transform.Policy{Tag: f.tag, Action: transform.ActionDrop}, f.markup, f.in, ""); strings.Contains(got, "in<") || strings.Contains(got, "stars") {
			t.Errorf("%s dropped: %s", f.tag, got)
		}
	}
}

// A tag's own policy comes before its group's, and that before the one for all.
func TestPolicyOfGroups(t *testing.T) {
	t.Parallel()
	c := context("html")
	c.Policies = map[string]transform.Policy{
		"*": {Action: transform.ActionKeepRaw}, "modx:*": {Action: transform.ActionTemplate, Template: "M"},
		"modx:snippet:*": {Action: transform.ActionTemplate, Template: "S"}, "modx:snippet:Own": {Action: transform.ActionTemplate, Template: "O"},
	}
	for in, want := range map[string]string{"[[Own]]": "O", "[[Other]]": "S", "[[$chunk]]": "M"} {
		if got, _ := run(t, c, "modx", in); got != want {
			t.Errorf("%s became %s", in, got)
		}
	}
	if got, _ := run(t, c, "joomla", "{loadposition x}"); got != "{loadposition x}" {
		t.Error(got)
	}
}

// A token in an attribute stays one wherever a template puts it.
func TestTemplatesKeepTokens(t *testing.T) {
	t.Parallel()
	got, _ := under(t, transform.Policy{Tag: "shortcode:go", Action: transform.ActionTemplate, Template: `<a href="{{to}}">{{to}}x{{arg}}</a>`},
		"wordpress", `<!-- wp:html --><i>[go to="https://old.example/hello/"]</i><!-- /wp:html -->`, "")
	if got != `<i><a href="bailey:entry/12">bailey:entry/12!x</a></i>` {
		t.Error(got)
	}
}

const livePage = `<html><head><title>Long words before it</title><script>var a = "Long words before it"</script></head><body><nav><a href="/">Home</a></nav><main>
<article><h1>A title</h1><div class="entry-content"><div class="top">First thing</div><p>Long words before it&#8230;</p><div class="stars" onclick="x()"><script>y()</script><a href="/hello/">Five</a> stars</div>
<p>and more words behind.</p><form action="/send"><input name="n"></form><ul><li>Last</li></ul></div><footer>Posted by me</footer></article></main></body></html>`

// What the live page shows is found by the text around the construct, and at the ends of the body by the article's.
func TestRendered(t *testing.T) {
	t.Parallel()
	p := transform.Policy{Tag: "*", Action: transform.ActionRendered}
	for in, want := range map[string]string{
		"<p>Long words before it...</p>\n\n[stars n=5]\n\n<p>and more \"words\" behind.</p>": "<p>Long words before it...</p>\n<div class=\"stars\"><a href=\"bailey:entry/12\">Five</a> stars</div>\n<p>and more \"words\" behind.</p>",
		"[stars n=5]\n\n<p>Long words before it...</p>":                                      "<div class=\"top\">First thing</div>\n<p>Long words before it...</p>",
		"<p>and more words behind.</p>\n\n[stars n=5]":                                       "<p>and more words behind.</p>\n<ul><li>Last</li></ul>",
		"[stars n=5]": `<div class="top">First thing</div><p>Long words before it&#8230;</p><div class="stars"><a href="bailey:entry/12">Five</a> stars</div>` + "\n<p>and more words behind.</p><ul><li>Last</li></ul>",
		// What cannot be found goes as without a policy.
		"<p>Nobody knows these words</p>\n\n[stars n=5]\n\n<p>and more words behind.</p>": "<p>Nobody knows these words</p>\n\n<p>and more words behind.</p>",
		"<p>Long words before it</p>\n\n[stars n=5] [stars n=6]\n\n<p>and more</p>":       "<p>Long words before it</p>\n<p> </p>\n<p>and more</p>",
	} {
		got, losses := under(t, p, "wordpress", in, livePage)
		if got != want {
			t.Errorf("%s\ngot  %s\nwant %s", in, got, want)
		}
		again, _ := under(t, p, "wordpress", in, livePage)
		if again != got {
			t.Errorf("the same page gave %s and %s", got, again)
		}
		lost, _ := under(t, p, "wordpress", in, "")
		usual, _ := under(t, transform.Policy{}, "wordpress", in, "")
		if lost != usual {
			t.Errorf("without a page: %s, not %s", lost, usual)
		}
		if len(losses) == 0 || losses[0].Code != "shortcode:stars" && losses[len(losses)-1].Code != "shortcode:stars" {
			t.Errorf("%s: told %v", in, losses)
		}
	}
}

func FuzzRendered(f *testing.F) {
	f.Add("<p>Long words before it</p>[stars n=5]", livePage)
	f.Add("[a b=1]", "<article><p>x</b></article></p>&")
	c := context("html")
	c.Policies = map[string]transform.Policy{"*": {Action: transform.ActionRendered}}
	tr := transform.New(c)
	f.Fuzz(func(t *testing.T, in, page string) {
		out, _ := tr.TakeShown(entry("wordpress", strings.ToValidUTF8(in, "?")), strings.ToValidUTF8(page, "?"))
		if got := out[0].GetEntry().GetContent().GetText(); scripts(got) > scripts(in) {
			t.Errorf("the page's script came along: %s", got)
		}
	})
}

// scripts is how many elements run something.
func scripts(s string) (n int) {
	for z := html.NewTokenizer(strings.NewReader(s)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return n
		case html.StartTagToken, html.SelfClosingTagToken:
			if name, _ := z.TagName(); string(name) == "script" {
				n++
			}
		}
	}
}
