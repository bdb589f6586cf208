package transform_test

import (
	"slices"
	"testing"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/transform"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

type modxLinks map[string]record.Token

func (m modxLinks) Resolve(path string) (record.Token, bool) { t, ok := m[path]; return t, ok }

func (m modxLinks) Known(record.Key) bool { return true }

func modxContext(markups ...string) transform.Context {
	entry := func(id string) record.Token { return record.NewToken(record.NewRef(recordv1.Kind_KIND_ENTRY, id), "") }
	return transform.Context{Source: transform.Site{BaseURLs: []string{"https://modx.example"}},
		Links: modxLinks{transform.NormalPath("/index.php?id=16"): entry("16"), transform.NormalPath("/index.php?id=3"): entry("3"),
			transform.NormalPath("/assets/a.jpg"): record.NewToken(record.NewRef(recordv1.Kind_KIND_MEDIA, "assets/a.jpg"), "")},
		Target: map[recordv1.Kind]*agentv1.KindInfo{recordv1.Kind_KIND_ENTRY: {Kind: recordv1.Kind_KIND_ENTRY, Writable: true,
			Holds: &agentv1.Holds{Fields: []string{"*"}, CustomFields: true, Markups: markups}}}}
}

func modxEntry(text string) *recordv1.Record {
	return &recordv1.Record{Ref: record.NewRef(recordv1.Kind_KIND_ENTRY, "9"), Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{
		Title: "Hot [[tag]] Tea", Parent: record.NewRef(recordv1.Kind_KIND_ENTRY, "3"), Content: &recordv1.Body{Markup: "modx", Text: text}}},
		Fields: []*recordv1.Field{{Name: "aside", Value: &recordv1.Value{Kind: &recordv1.Value_Text{Text: `<a href="[[~16]]">x</a>`}}},
			{Name: "photo", Value: &recordv1.Value{Kind: &recordv1.Value_Ref{Ref: record.NewRef(recordv1.Kind_KIND_MEDIA, "assets/a.jpg")}}},
			{Name: "next", Value: &recordv1.Value{Kind: &recordv1.Value_Ref{Ref: record.NewRef(recordv1.Kind_KIND_ENTRY, "16")}}}}}
}

func TestMODXTags(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]struct {
		html, modx string
		loss       []string
	}{
		`<a href="[[~16]]">a</a>`:                          {`<a href="bailey:entry/16">a</a>`, `<a href="[[~bailey:entry/16;id]]">a</a>`, nil},
		"<a href=\"[[~16? &scheme=`full` &x=`1`]]#top\">a": {`<a href="bailey:entry/16?x=1#top">a`, "<a href=\"[[~bailey:entry/16;id? &scheme=`full` &x=`1`]]#top\">a", nil},
		`<a href="[[~[[*parent]]]]">up</a>`:                {`<a href="bailey:entry/3">up</a>`, `<a href="[[~[[*parent]]]]">up</a>`, nil},
		`<a href="[[~77]]">gone</a>`:                       {`<a href="index.php?id=77">gone</a>`, `<a href="[[~77]]">gone</a>`, []string{"link_unresolved"}},
		`<a href="index.php?id=16">a</a>`:                  {`<a href="bailey:entry/16">a</a>`, `<a href="bailey:entry/16">a</a>`, nil},
		`<img src="assets/a.jpg">`:                         {`<img src="bailey:media/assets%2Fa%2Ejpg">`, `<img src="bailey:media/assets%2Fa%2Ejpg">`, nil},
		`<img src="[[++assets_url]]a.jpg">`:                {`<img src="bailey:media/assets%2Fa%2Ejpg">`, `<img src="[[++assets_url]]a.jpg">`, nil},
		"<img src=\"[[pthumb? &input=`assets/a.jpg`]]\">":  {`<img src="bailey:media/assets%2Fa%2Ejpg">`, "<img src=\"[[pthumb? &input=`assets/a.jpg`]]\">", []string{"modx:snippet:pthumb"}},
		"x[[!Hello? &name=`[[*id]]`]]y":                    {"xy", "x[[!Hello? &name=`[[*id]]`]]y", []string{"modx:snippet:Hello"}},
		"[[$callout? &a=`[[*introtext:stripTags]]`]]z":     {"z", "[[$callout? &a=`[[*introtext:stripTags]]`]]z", []string{"modx:chunk:callout"}},
		"[[*pagetitle:ucase]] [[*id:is=`9`:then=`nine`:else=`[[!Never]]`]] [[*id:gt=`9`:then=`more`]]|":                           {"HOT  TEA nine |", "", []string{"modx:snippet:tag"}},
		"[[*id:ne=`9`:then=`x`:else=`[[*alias:notempty=`a`]]`]][[*id:cat=`th`:prepend=`the `]] [[*id:is=`9`:or:is=`8`:then=`t`]]": {"the 9th ", "", []string{"modx:field:id"}},
		`<img src="[[*photo]]"><a href="[[~[[*next]]]]">n</a>[[%lexicon.key]][[*pagetitle:replace=` + "`Hot==Iced`" + `:strip]]`:  {`<img src="bailey:media/assets%2Fa%2Ejpg"><a href="bailey:entry/16">n</a>Iced Tea`, "", []string{"modx:lexicon:lexicon.key", "modx:snippet:tag"}},
		"by [[+user:default=`guest`]] on [[++site_name]]":                                                                         {"by guest on ", "by [[+user:default=`guest`]] on [[++site_name]]", []string{"modx:placeholder:user", "modx:setting:site_name"}},
		`[[- nothing [[here]] ]]a[[1,[2]]]b [[open`:                                                                               {`a[[1,[2]]]b [[open`, `[[- nothing [[here]] ]]a[[1,[2]]]b [[open`, nil},
	} {
		if want.modx == "" {
			want.modx = in
		}
		for markup, text := range map[string]string{"html": want.html, "modx": want.modx} {
			out, losses := transform.New(modxContext(markup)).Record(modxEntry(in))
			if got := out[0].GetEntry().GetContent().GetText(); got != text {
				t.Errorf("%s to %s:\ngot  %s\nwant %s", in, markup, got, text)
			}
			var codes []string
			for _, l := range losses {
				if l.Field == "content" {
					codes = append(codes, l.Code)
				}
			}
			slices.Sort(codes)
			if markup == "html" && !slices.Equal(codes, want.loss) {
				t.Errorf("%s: losses %v, want %v", in, codes, want.loss)
			}
		}
	}
}

// What is no body has tags as well.
func TestMODXTagsElsewhere(t *testing.T) {
	t.Parallel()
	out, losses := transform.New(modxContext("html")).Record(modxEntry("x"))
	if got := out[0].GetEntry().GetTitle(); got != "Hot  Tea" {
		t.Errorf("title %q", got)
	}
	if got := out[0].GetFields()[0].GetValue().GetText(); got != `<a href="bailey:entry/16">x</a>` {
		t.Errorf("field %q", got)
	}
	if !slices.ContainsFunc(losses, func(l transform.Loss) bool { return l.Code == "modx:snippet:tag" && l.Field == "title" }) {
		t.Errorf("losses %v", losses)
	}
}

// Brackets of another system's text do not become tags.
func TestIntoMODX(t *testing.T) {
	t.Parallel()
	rec := modxEntry("<p>[[x]] {{y}}</p>")
	rec.GetEntry().Content.Markup = "html"
	out, _ := transform.New(modxContext("modx")).Record(rec)
	e := out[0].GetEntry()
	if e.GetContent().GetText() != "<p>&#91;&#91;x]] &#123;&#123;y}}</p>" || e.GetTitle() != "Hot &#91;&#91;tag]] Tea" || e.GetContent().GetMarkup() != "modx" {
		t.Errorf("%v", e)
	}
}

func FuzzMODX(f *testing.F) {
	f.Add("[[~[[*parent]]? &a=`[[$b]]`]][[!s]]")
	f.Fuzz(func(t *testing.T, s string) {
		for _, markup := range []string{"html", "modx"} {
			if out, _ := transform.New(modxContext(markup)).Record(modxEntry(s)); len(out) != 1 {
				t.Error("the record is gone")
			}
		}
	})
}
