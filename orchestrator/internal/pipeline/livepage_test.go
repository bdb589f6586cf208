package pipeline

import (
	"context"
	"errors"
	"testing"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/transform"
)

// addressed is a source of which only addresses are asked.
type addressed struct{ Source }

func (addressed) Resolve(_ context.Context, tokens []string) ([]*agentv1.Resolved, error) {
	all := make([]*agentv1.Resolved, len(tokens))
	for i, t := range tokens {
		all[i] = &agentv1.Resolved{Found: true, Text: "https://old.example/" + t}
	}
	return all, nil
}

type pagesOf map[string]string

func (p pagesOf) Page(ctx context.Context, address string) (string, error) {
	if s, ok := p[address]; ok {
		return s, nil
	}
	return "", errors.Join(ctx.Err(), errors.New("there is no such page"))
}

func starred(id string, status recordv1.Status) *recordv1.Record {
	return &recordv1.Record{Ref: record.NewRef(recordv1.Kind_KIND_ENTRY, id), Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{
		Status: status, Content: &recordv1.Body{Markup: "wordpress", Text: "<p>Some words before</p>\n\n[stars n=5]\n\n<p>Some words behind</p>"}}}}
}

// A page is asked for only where something of it is wanted; one that cannot be had is told, and one that was given up is not.
func TestLivePages(t *testing.T) {
	t.Parallel()
	e := &Env{Source: addressed{}, Pages: pagesOf{"https://old.example/entry/1": "<p>Some words before</p><b>*****</b><p>Some words behind</p>"},
		Transform: transform.New(transform.Context{
			Policies: map[string]transform.Policy{"*": {Action: transform.ActionRendered}},
			Target: map[recordv1.Kind]*agentv1.KindInfo{recordv1.Kind_KIND_ENTRY: {Writable: true,
				Holds: &agentv1.Holds{Fields: []string{"*"}, Markups: []string{"html"}}}},
		})}
	const without = "<p>Some words before</p>\n\n<p>Some words behind</p>"
	for _, c := range []struct {
		id      string
		status  recordv1.Status
		want    string
		missing bool
	}{
		{"1", recordv1.Status_STATUS_PUBLISHED, "<p>Some words before</p>\n<b>*****</b>\n<p>Some words behind</p>", false},
		{"1", recordv1.Status_STATUS_DRAFT, without, false},
		{"2", recordv1.Status_STATUS_PUBLISHED, without, true},
	} {
		items, err := e.transform(t.Context(), []*recordv1.Record{starred(c.id, c.status)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := items[0].out[0].GetEntry().GetContent().GetText(); got != c.want {
			t.Errorf("entry %s, %v: %q", c.id, c.status, got)
		}
		told := map[string]bool{}
		for _, l := range items[0].losses {
			told[l.Code] = true
		}
		if told[lossPage] != c.missing || told["shortcode:stars=rendered"] == (c.want == without) {
			t.Errorf("entry %s, %v: told %v", c.id, c.status, told)
		}
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.transform(stopped, []*recordv1.Record{starred("2", recordv1.Status_STATUS_PUBLISHED)}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a stop is taken for a missing page: %v", err)
	}
}
