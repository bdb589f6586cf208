package transform_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/orchestrator/internal/transform"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// everything is a target that holds all of every kind but what without names.
func everything(without ...recordv1.Kind) transform.Context {
	c := context("html")
	for _, k := range record.Kinds {
		if !slices.Contains(without, k) {
			c.Target[k] = &agentv1.KindInfo{Writable: true, Holds: &agentv1.Holds{Fields: []string{"*"}, CustomFields: true, Markups: []string{"html", "wordpress"}}}
		}
	}
	return c
}

func one(t *testing.T, c transform.Context, r *recordv1.Record) *recordv1.Record {
	t.Helper()
	before := proto.Clone(r)
	out, _ := transform.New(c).Record(r)
	if len(out) != 1 {
		t.Fatalf("%d records came out", len(out))
	}
	if !proto.Equal(before, r) {
		t.Error("the record given was changed")
	}
	if !bytes.Equal(out[0].GetDigest(), record.Digest(out[0])) || len(out[0].GetDigest()) == 0 {
		t.Error("the record is not sealed")
	}
	return out[0]
}

func media(id string) *recordv1.Ref { return record.NewRef(recordv1.Kind_KIND_MEDIA, id) }

func TestImagesOfTheSiteBecomeRefs(t *testing.T) {
	t.Parallel()
	r := entry("html", "")
	r.GetEntry().Image = &recordv1.Image{Url: "https://old.example/files/a.jpg", Alt: "x"}
	r.GetEntry().Seo = &recordv1.Seo{OgImage: &recordv1.Image{Url: "/files/a-300x200.jpg"}, TwitterImage: &recordv1.Image{Url: "https://example.org/a.jpg"}}
	got := one(t, everything(), r).GetEntry()
	if !proto.Equal(got.GetImage(), &recordv1.Image{Media: media("5"), Alt: "x"}) {
		t.Errorf("image %v", got.GetImage())
	}
	if u := got.GetSeo().GetOgImage().GetUrl(); u != "bailey:media/5;300x200" {
		t.Errorf("a smaller copy became %q", u)
	}
	if u := got.GetSeo().GetTwitterImage().GetUrl(); u != "https://example.org/a.jpg" {
		t.Errorf("a picture elsewhere became %q", u)
	}
}

func menu(items ...*recordv1.MenuItem) *recordv1.Record {
	return &recordv1.Record{
		Ref:  record.NewRef(recordv1.Kind_KIND_MENU, "1"),
		Body: &recordv1.Record_Menu{Menu: &recordv1.Menu{Name: "Main", Items: items}},
	}
}

func TestMenuItems(t *testing.T) {
	t.Parallel()
	r := menu(
		&recordv1.MenuItem{Id: "1", Url: "https://old.example/hello/"}, &recordv1.MenuItem{Id: "2", Url: "/hello/#part"},
		&recordv1.MenuItem{Id: "3", Url: "/hello/", Type: "custom"}, &recordv1.MenuItem{Id: "4", Url: "https://example.org/"},
		&recordv1.MenuItem{Id: "5", Url: "index.php?page_id=14", Type: "custom"},
	)
	items := one(t, everything(), r).GetMenu().GetItems()
	if items[0].GetTarget().GetSourceId() != "12" || items[0].GetUrl() != "" {
		t.Errorf("an address of a record: %v", items[0])
	}
	for i, want := range []string{"", "bailey:entry/12#part", "bailey:entry/12", "https://example.org/", "bailey:entry/14"} {
		if got := items[i].GetUrl(); got != want || i > 0 && items[i].GetTarget() != nil {
			t.Errorf("item %d: %q, want %q", i, got, want)
		}
	}
	c := everything()
	c.Target[recordv1.Kind_KIND_MENU].Holds.Fields = []string{"name", "items.url", "items.title", "items.id", "items.target"}
	if got := one(t, c, r).GetMenu().GetItems()[2]; got.GetTarget().GetSourceId() != "12" {
		t.Errorf("a target without types of items got %v", got)
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	redirect := func(to string) *recordv1.Redirect {
		return one(t, everything(), &recordv1.Record{
			Ref:  record.NewRef(recordv1.Kind_KIND_REDIRECT, "1"),
			Body: &recordv1.Record_Redirect{Redirect: &recordv1.Redirect{FromPath: "/hello/", ToUrl: to}},
		}).GetRedirect()
	}
	if r := redirect("/hello/"); r.GetTo().GetSourceId() != "12" || r.GetToUrl() != "" || r.GetFromPath() != "/hello/" {
		t.Errorf("to a record: %v", r)
	}
	if r := redirect("/hello/?x=1"); r.GetTo() != nil || r.GetToUrl() != "bailey:entry/12?x=1" {
		t.Errorf("to a record with a query: %v", r)
	}
}

func field(name, text string, raw []byte) *recordv1.Field {
	return &recordv1.Field{Name: name, Raw: raw, Value: &recordv1.Value{Kind: &recordv1.Value_Text{Text: text}}}
}

func TestCustomFields(t *testing.T) {
	t.Parallel()
	r := entry("html", "")
	r.Fields = []*recordv1.Field{
		field("link", "https://old.example/hello/", nil), field("json", `{"u":"https:\/\/old.example\/files\/a.jpg"}`, nil),
		field("path", "/hello/", nil), field("other", "/nowhere/", nil), field("raw", "https://old.example/hello/", []byte("x")),
	}
	out, losses := transform.New(everything()).Record(r)
	for i, want := range []string{"bailey:entry/12", `{"u":"bailey:media/5"}`, "bailey:entry/12", "/nowhere/", "https://old.example/hello/"} {
		if got := out[0].GetFields()[i].GetValue().GetText(); got != want {
			t.Errorf("%s: %q, want %q", r.GetFields()[i].GetName(), got, want)
		}
	}
	if string(out[0].GetFields()[4].GetRaw()) != "x" {
		t.Error("raw bytes were dropped")
	}
	if !slices.Contains(losses, transform.Loss{Code: transform.LossLinkRaw, Field: "fields.raw", Count: 1}) {
		t.Errorf("losses %v", losses)
	}
}

// A custom field may hold HTML, whose links need no host. One that is a page's path and nothing else leads there; a path among words is no link.
func TestLinksInHTMLOfCustomFields(t *testing.T) {
	t.Parallel()
	r := entry("html", "")
	r.Fields = []*recordv1.Field{field("long", `<p>See <a href="/hello/">it</a></p>`, nil), field("path", "/hello/", nil), field("less", "1 < 2, see /hello/", nil)}
	var got []string
	for _, f := range one(t, everything(), r).GetFields() {
		got = append(got, f.GetValue().GetText())
	}
	if want := []string{`<p>See <a href="bailey:entry/12">it</a></p>`, "bailey:entry/12", "1 < 2, see /hello/"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestKindNotHeld(t *testing.T) {
	t.Parallel()
	out, losses := transform.New(everything(recordv1.Kind_KIND_MENU)).Record(menu())
	if len(out) != 0 || len(losses) != 1 || losses[0].Code != record.LossKindNotHeld {
		t.Errorf("%v, %v", out, losses)
	}
}

func TestIDsInBlocksAndShortcodes(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`<!-- wp:image {"id":5,"sizeSlug":"large"} --><img class="wp-image-5"/><!-- /wp:image -->`: `<!-- wp:image {"id":bailey:media/5;id,"sizeSlug":"large"} --><img class="wp-image-bailey:media/5;id"/><!-- /wp:image -->`,
		`<!-- wp:image {"id":99} --><img class="wp-image-99 x"/><!-- /wp:image -->`:                `<!-- wp:image {"id":99} --><img class="wp-image-99 x"/><!-- /wp:image -->`,
		`<!-- wp:gallery {"ids":[5,99,6]} -->`:                                                     `<!-- wp:gallery {"ids":[bailey:media/5;id,99,bailey:media/6;id]} -->`,
		`<!-- wp:gallery {"images":[{"id":"5","x":6}]} -->`:                                        `<!-- wp:gallery {"images":[{"id":"bailey:media/5;id","x":6}]} -->`,
		`<!-- wp:core/media-text {"mediaId":5,"mediaLink":"https://old.example/hello/"} -->`:       `<!-- wp:core/media-text {"mediaId":bailey:media/5;id,"mediaLink":"bailey:entry/12"} -->`,
		`<!-- wp:block {"ref":12} /-->`:                                                            `<!-- wp:block {"ref":bailey:entry/12;id} /-->`,
		`<!-- wp:navigation-link {"id":14,"kind":"post-type"} /-->`:                                `<!-- wp:navigation-link {"id":bailey:entry/14;id,"kind":"post-type"} /-->`,
		`<!-- wp:navigation-link {"id":3,"kind":"taxonomy"} /-->`:                                  `<!-- wp:navigation-link {"id":bailey:term/3;id,"kind":"taxonomy"} /-->`,
		// A term's number in content is not what tells term records apart.
		`<!-- wp:latest-posts {"categories":[{"id":8}]} /-->`:                         `<!-- wp:latest-posts {"categories":[{"id":bailey:term/80;id}]} /-->`,
		`<!-- wp:group {"style":{"background":{"backgroundImage":{"id":5}}}} -->`:     `<!-- wp:group {"style":{"background":{"backgroundImage":{"id":bailey:media/5;id}}}} -->`,
		`<!-- wp:query {"queryId":5,"query":{"categoryIds":[3]}} -->`:                 `<!-- wp:query {"queryId":5,"query":{"categoryIds":[bailey:term/3;id]}} -->`,
		`<!-- wp:paragraph {"id":5} -->`:                                              `<!-- wp:paragraph {"id":5} -->`,
		`<!-- wp:image {"id":5.5} --><!-- wp:image {"id":"5x"} -->`:                   `<!-- wp:image {"id":5.5} --><!-- wp:image {"id":"5x"} -->`,
		`[gallery ids="5, 6,99" columns="5"]`:                                         `[gallery ids="bailey:media/5;id, bailey:media/6;id,99" columns="5"]`,
		`[gallery id=12 exclude='5']`:                                                 `[gallery id=bailey:entry/12;id exclude='bailey:media/5;id']`,
		`[playlist ids="7"]`:                                                          `[playlist ids="bailey:media/7;id"]`,
		`[caption id="attachment_5" width="300"]x[/caption]`:                          `[caption id="attachment_bailey:media/5;id" width="300"]x[/caption]`,
		`<a rel="attachment wp-att-5"><img data-id="6" class="wp-image-5 size-full">`: `<a rel="attachment wp-att-bailey:media/5;id"><img data-id="bailey:media/6;id" class="wp-image-bailey:media/5;id size-full">`,
		`my-wp-image-5 wp-image-56 wp-image-5a`:                                       `my-wp-image-5 wp-image-56 wp-image-5a`,
	} {
		got, _ := run(t, context("wordpress"), "wordpress", in)
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
}

func TestRenderingOfThePlatformIsPreferred(t *testing.T) {
	t.Parallel()
	r := entry("lexical", `{"root":{"children":[{"type":"paragraph","children":[{"type":"text","text":"https://old.example/gone/"}]}]}}`)
	r.GetEntry().Content.Html = `<p><a href="https://old.example/gone/">x</a></p>`
	for markup, want := range map[string]string{
		"lexical":   r.GetEntry().GetContent().GetText(),
		"wordpress": "<!-- wp:paragraph -->\n" + `<p><a href="https://old.example/gone/">x</a></p>` + "\n<!-- /wp:paragraph -->",
	} {
		out, losses := transform.New(context(markup)).Record(r)
		if got := out[0].GetEntry().GetContent().GetText(); got != want {
			t.Errorf("%s: got %s", markup, got)
		}
		if !slices.Equal(losses, []transform.Loss{{Code: transform.LossLink, Field: "content", Count: 1}}) {
			t.Errorf("%s: losses %v", markup, losses)
		}
	}
}

// What Ghost's own rendering would drop at the first edit is not shown before it either, and told.
func TestLexicalAsGhostRenders(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]struct {
		html   string
		losses []string
	}{
		`<p><a href="https://a.example/" target="_blank" rel="noopener" title="T">a</a></p>`: {`<p><a href="https://a.example/" rel="noopener">a</a></p>`, []string{"link_target", "link_title"}},
		"<p><code>a</code><br><code>b</code><br>c</p>":                                       {"<p><code>a<br>b</code><br>c</p>", nil},
		"<p>a</p><p>\u00a0</p>":       {"<p>a</p>", nil},
		"<p>\u00a0</p><p>a</p>":       {"<p>\u00a0</p><p>a</p>", nil},
		"<h2>A - B -- C\u00a0D!</h2>": {"<h2 id=\"abc-d\">A - B -- C\u00a0D!</h2>", nil},
		"<h2>- Start</h2>":            {`<h2 id="-start">- Start</h2>`, nil},
	} {
		out, losses := transform.New(context("lexical")).Record(entry("html", in))
		if got := out[0].GetEntry().GetContent().GetHtml(); got != want.html {
			t.Errorf("%s\n got %s\nwant %s", in, got, want.html)
		}
		var codes []string
		for _, l := range losses {
			codes = append(codes, l.Code)
		}
		if !slices.Equal(codes, want.losses) {
			t.Errorf("%s: losses %v, want %v", in, codes, want.losses)
		}
	}
}

// What Ghost shows to members or sends by mail only is shown to nobody else, and told.
func TestGatedCards(t *testing.T) {
	t.Parallel()
	e := entry("lexical", `{"root":{"children":[{"type":"email","html":"x"},{"type":"html","html":"\"type\":\"email\""}]}}`)
	e.GetEntry().GetContent().Html = "<p>All</p>\n<!--kg-gated-block:begin nonMember:false memberSegment:\"status:free,status:-free\" --><p>\nMembers</p><!--kg-gated-block:end-->" +
		"<!--kg-gated-block:begin nonMember:true memberSegment:\"\" --><p>Visitors</p><!--kg-gated-block:end-->"
	bare := entry("lexical", `{"root":{"children":[{"type":"html","html":"a","visibility":{"web":{"nonMember":false,"memberSegment":""},"email":{}}},
		{"type":"html","html":"b","visibility":{"showOnWeb":false}},{"type":"html","html":"c","visibility":{"emailOnly":true}},
		{"type":"html","html":"d","visibility":{"web":{"nonMember":true},"email":{}}}]}}`)
	for _, c := range []struct {
		in     *recordv1.Record
		html   string
		losses []string
	}{{e, "<p>All</p>\n<p>Visitors</p>", []string{"card:email 1", "card:for_members 1", "card:for_visitors 1"}}, {bare, "\nd\n", []string{"card:for_members 3"}}} {
		out, losses := transform.New(context("html")).Record(c.in)
		var told []string
		for _, l := range losses {
			told = append(told, fmt.Sprint(l.Code, " ", l.Count))
		}
		if got := out[0].GetEntry().GetContent().GetText(); got != c.html || !slices.Equal(told, c.losses) {
			t.Errorf("got %q and %v, want %q and %v", got, told, c.html, c.losses)
		}
	}
}
