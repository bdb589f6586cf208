package transform

import (
	"slices"
	"testing"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

func moved(t *testing.T, from, to, text string) (string, []Loss) {
	t.Helper()
	info := &agentv1.KindInfo{Kind: recordv1.Kind_KIND_ENTRY, Writable: true, Holds: &agentv1.Holds{Fields: []string{"*"}, Markups: []string{to}}}
	tr := New(Context{Source: Site{BaseURLs: []string{"https://joomla.example"}}, Target: map[recordv1.Kind]*agentv1.KindInfo{recordv1.Kind_KIND_ENTRY: info}})
	rec := &recordv1.Record{Ref: record.NewRef(recordv1.Kind_KIND_ENTRY, "1"), Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{Content: &recordv1.Body{Markup: from, Text: text}}}}
	out, losses := tr.Record(rec)
	if len(out) != 1 {
		t.Fatalf("%d records came out", len(out))
	}
	return out[0].GetEntry().GetContent().GetText(), losses
}

func TestJoomlaLift(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`<p>a</p><hr id="system-readmore" /><p>b</p>`:                     `<p>a</p><!--more--><p>b</p>`,
		`<p>a</p><hr id='system-readmore'><p>b</p>`:                       `<p>a</p><!--more--><p>b</p>`,
		`<p>a</p><hr class="system-pagebreak" title="Two" /><p>b</p>`:     `<p>a</p><!--nextpage--><p>b</p>`,
		`<p>a {loadposition inner-box} b {loadmodule mod_custom,X} c</p>`: `<p>a  b  c</p>`,
		`<p>{gallery}dir/sub{/gallery} {tip title="x"}y{/tip}</p>`:        `<p>dir/sub y</p>`,
		`<pre>{loadposition x}</pre>`:                                     `<pre>{loadposition x}</pre>`,
		`<p>{ echo "x"; } {word} {}</p>`:                                  `<p>{ echo "x"; } {word} {}</p>`,
	} {
		if got, _ := moved(t, markupJoomla, markupHTML, text); got != want {
			t.Errorf("%s\nbecame %s\nwanted %s", text, got, want)
		}
	}
}

func TestJoomlaLiftTellsLosses(t *testing.T) {
	t.Parallel()
	_, losses := moved(t, markupJoomla, markupHTML, `{loadposition a}{loadposition b}{slider}x{/slider}`)
	for _, want := range []Loss{{Code: "joomla:loadposition", Field: "content", Count: 2}, {Code: "joomla:slider", Field: "content", Count: 1}} {
		if !slices.Contains(losses, want) {
			t.Errorf("%v is not told: %v", want, losses)
		}
	}
}

func TestJoomlaLower(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`<p>a</p><!--more--><p>b</p><!--nextpage-->`: `<p>a</p><hr id="system-readmore" /><p>b</p><hr class="system-pagebreak" />`,
		`<p>{loadposition x} {other}</p>`:            `<p>&#123;loadposition x} {other}</p>`,
	} {
		if got, _ := moved(t, markupMarkdown, markupJoomla, text); got != want {
			t.Errorf("%s\nbecame %s\nwanted %s", text, got, want)
		}
	}
}

func TestWithoutItemID(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`index.php?option=com_content&amp;view=article&amp;id=1&amp;Itemid=101`: `index.php?option=com_content&amp;view=article&amp;id=1`,
		`index.php?option=com_content&Itemid=5&id=1`:                            `index.php?option=com_content&id=1`,
		`index.php?Itemid=101`:         `index.php?Itemid=101`,
		`elsewhere.php?a=1&Itemid=101`: `elsewhere.php?a=1&Itemid=101`,
	} {
		if got := withoutItemID(text); got != want {
			t.Errorf("%s became %s, wanted %s", text, got, want)
		}
	}
}
