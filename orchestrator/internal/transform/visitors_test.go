package transform_test

import (
	"testing"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/transform"
)

func TestWhatVisitorsWroteDoesNotRun(t *testing.T) {
	t.Parallel()
	holds := map[recordv1.Kind]*agentv1.KindInfo{}
	for _, k := range []recordv1.Kind{recordv1.Kind_KIND_COMMENT, recordv1.Kind_KIND_ENTRY} {
		holds[k] = &agentv1.KindInfo{Kind: k, Writable: true, Holds: &agentv1.Holds{Fields: []string{"*"}, Markups: []string{"html"}}}
	}
	tr := transform.New(transform.Context{Target: holds})
	for in, want := range map[string]string{
		`Nice <b class="x">one</b> &lt;script&gt;`: `Nice <b class="x">one</b> &lt;script&gt;`, `a<script>alert(1)</script>b`: `ab`, `<img src="x.jpg" onerror="alert(1)">c`: `<img src="x.jpg">c`,
		`<a href="javascript:alert(1)">d</a>`: `<a>d</a>`, `<a href=" java&#x09;script:alert(1)">e</a>`: `<a>e</a>`, `<svg/onload=alert(1)>f`: ``, `<IFRAME src=//x></IFRAME>g`: `g`,
	} {
		r := &recordv1.Record{Ref: record.NewRef(recordv1.Kind_KIND_COMMENT, "1"), Body: &recordv1.Record_Comment{Comment: &recordv1.Comment{
			AuthorUrl: "JavaScript:alert(1)", Content: &recordv1.Body{Markup: "html", Text: in}}}}
		out, _ := tr.Take(r)
		if c := out[0].GetComment(); c.GetContent().GetText() != want || c.GetAuthorUrl() != "" {
			t.Errorf("%s: %q, %q", in, c.GetContent().GetText(), c.GetAuthorUrl())
		}
	}
	for in, want := range map[string]string{
		`<em>A</em> <script>alert(1)</script>`: `<em>A</em> &lt;script>alert(1)</script>`, `<img src=x onerror=alert(1)>`: `<img src="x">`, `1 < 2 & 3`: `1 < 2 & 3`, ``: ``,
	} {
		r := &recordv1.Record{Ref: record.NewRef(recordv1.Kind_KIND_ENTRY, "1"), Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{Title: in}}}
		out, _ := tr.Take(r)
		if got := out[0].GetEntry().GetTitle(); got != want {
			t.Errorf("%s: %q", in, got)
		}
	}
}
