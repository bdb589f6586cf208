package ledger_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/fake"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/ledger"
	"github.com/baileybridge/bailey/proto/agenttest"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// The cost of the ledger beside the records themselves.
func BenchmarkWrite(b *testing.B) {
	site, err := fake.Driver{}.Open(b.Context(), settings(b, cmssql.MySQL))
	must(b, err)
	defer func() { _ = site.Close() }()
	books, err := ledger.Open(&plain{site}, zap.NewNop())
	must(b, err)
	sc, err := books.Scope(b.Context(), &agentv1.WriteScope{SourceSite: "bench", Run: "bench"})
	must(b, err)
	n := 0
	for b.Loop() {
		batch := make([]*recordv1.Record, 1000)
		for i := range batch {
			n++
			batch[i] = agenttest.Make(entry, n)
			batch[i].GetEntry().Authors = []*recordv1.Ref{record.NewRef(recordv1.Kind_KIND_USER, fmt.Sprint(n%50))}
			batch[i].GetEntry().Content.Text = strings.Repeat("some text of a post ", 150)
			record.Seal(batch[i])
		}
		_, err := books.Write(b.Context(), sc, batch)
		must(b, err)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "records/s")
}

// plain writes nothing itself, so that the ledger's own cost shows.
type plain struct{ cms.Site }

func (p *plain) Write(_ context.Context, _ *cms.Unit, _ cms.Kind, batch []*recordv1.Record) ([]cms.Result, error) {
	res := make([]cms.Result, len(batch))
	for i, r := range batch {
		res[i] = cms.Result{Outcome: agentv1.Outcome_OUTCOME_CREATED, TargetID: r.GetRef().GetSourceId()}
	}
	return res, nil
}
