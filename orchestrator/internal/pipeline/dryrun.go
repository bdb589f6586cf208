package pipeline

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// rates turn the pass into an estimate: a run takes this many times as long as the pass did, and files pass at this speed, in bytes a
// second.
type rates struct{ factor, files float64 }

// The best, the usual and the worst of it. A pass that asks the target has done most of a run's work, if only one record after another.
var (
	reading = [3]rates{{1.5, 80 << 20}, {4, 20 << 20}, {10, 4 << 20}}
	asking  = [3]rates{{0.3, 80 << 20}, {1, 20 << 20}, {3, 4 << 20}}
)

// What a target needs of disk for each byte of records, with its indexes, and for each record, with the ledger's row.
const (
	diskFactor    = 2
	diskPerRecord = 400
)

// maxPlanRejected is how many records a plan lists that could not be written.
const maxPlanRejected = 1000

// DryRun reads the source, transforms, and counts what would be lost, without writing. links takes the link index.
func (e *Env) DryRun(ctx context.Context, workers int, links func(context.Context, []migration.Link) error) (*migration.Plan, error) {
	d := e.newDryRun(links)
	start := time.Now()
	for _, pass := range []func(context.Context, migration.KindPlan, *agentv1.Shard) error{d.index, d.before, d.after} {
		if err := d.shards(ctx, workers, pass); err != nil {
			return nil, err
		}
	}
	return d.plan(time.Since(start)), nil
}

func (e *Env) newDryRun(links func(context.Context, []migration.Link) error) *dryRun {
	return &dryRun{env: e, links: links, losses: lossSet{}, examples: map[lossKey]string{}, kinds: map[recordv1.Kind]*planKind{}, preflight: newPreflight(e), rates: reading}
}

// Quick is what a plan says without a look at the records: what both sites say of themselves.
func (e *Env) Quick() *migration.Plan {
	plan := e.newDryRun(nil).plan(0)
	plan.Quick = true
	return plan
}

type dryRun struct {
	env *Env
	// next gets each batch after it was counted; may be nil.
	next  func(context.Context, *batch) error
	links func(context.Context, []migration.Link) error
	// preflight sees each record before it is transformed.
	preflight *preflight
	rates     [3]rates

	mu       sync.Mutex
	losses   lossSet
	examples map[lossKey]string
	kinds    map[recordv1.Kind]*planKind
	rejected []migration.RejectedReport
	bytes    uint64
	fileSize uint64
	files    uint64
}

type planKind struct {
	looked, moved, skipped, rejected uint64
	mapping                          map[[2]string]uint64
}

// shards runs a pass over every shard of every kind that is moved.
func (d *dryRun) shards(ctx context.Context, workers int, pass func(context.Context, migration.KindPlan, *agentv1.Shard) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, workers))
	for _, p := range d.env.Kinds {
		if !p.Moved || p.Listed == 0 {
			continue
		}
		shards, err := d.env.Source.Split(ctx, p.Kind, d.env.shards(p), d.env.options())
		if err != nil {
			g.Go(func() error { return err })
			break
		}
		for _, sh := range shards {
			g.Go(func() error { return pass(ctx, p, sh) })
		}
	}
	return g.Wait()
}

func (d *dryRun) index(ctx context.Context, p migration.KindPlan, sh *agentv1.Shard) error {
	if !pointedTo(p) {
		return nil
	}
	req := &agentv1.ReadIndexRequest{Kind: p.Kind, Shard: sh.GetRange(), Options: d.env.options()}
	for resp, err := range d.env.Source.Index(ctx, req) {
		if err != nil {
			return err
		}
		if err := d.links(ctx, LinksOf(resp.GetItems())); err != nil {
			return err
		}
	}
	return nil
}

// before reads what others are written to, after what is written to it: comments go with their entry.
func (d *dryRun) before(ctx context.Context, p migration.KindPlan, sh *agentv1.Shard) error {
	if p.Kind == recordv1.Kind_KIND_COMMENT {
		return nil
	}
	return d.read(ctx, p, sh)
}

func (d *dryRun) after(ctx context.Context, p migration.KindPlan, sh *agentv1.Shard) error {
	if p.Kind != recordv1.Kind_KIND_COMMENT {
		return nil
	}
	return d.read(ctx, p, sh)
}

func (d *dryRun) read(ctx context.Context, p migration.KindPlan, sh *agentv1.Shard) error {
	t := &migration.Task{Spec: migration.Spec{Kind: p.Kind, Range: sh.GetRange(), Limit: uint64(d.env.Selection.Sample)}}
	held := d.env.budget()
	defer held.close()
	var before []string
	var alone map[string]bool
	look := func(r []*recordv1.Record) {
		before = typesOf(r)
		alone = d.alone(r)
		d.preflight.look(r)
	}
	_, err := d.env.extractFrom(ctx, t, nil, held, look, func(b *batch) error {
		defer held.release(b.size)
		b.leave(alone)
		// As a run does: with what the source really has of the files.
		if _, err := d.env.statSource(ctx, b.items, false); err != nil {
			return err
		}
		d.count(p.Kind, before, b)
		if d.next != nil {
			if err := d.next(ctx, b); err != nil {
				return err
			}
		}
		return d.skipped(ctx, p.Kind, b)
	})
	return err
}

func (d *dryRun) count(k recordv1.Kind, before []string, b *batch) {
	d.mu.Lock()
	defer d.mu.Unlock()
	pk := d.kinds[k]
	if pk == nil {
		pk = &planKind{mapping: map[[2]string]uint64{}}
		d.kinds[k] = pk
	}
	pk.looked += b.read()
	for i, it := range b.items {
		d.countItem(pk, before[i], it)
	}
	for _, u := range b.unread {
		d.losses.skipped(u.GetRef(), u.GetOutcome(), u.GetProblem())
		d.unmoved(pk, u.GetRef(), u.GetOutcome(), u.GetProblem())
	}
}

func (d *dryRun) countItem(pk *planKind, from string, it *item) {
	to := ""
	if len(it.out) > 0 {
		to = typeOf(it.out[0])
		pk.moved++
	} else {
		d.unmoved(pk, it.ref, it.outcome, it.problem)
	}
	pk.mapping[[2]string{from, to}]++
	if it.outcome != agentv1.Outcome_OUTCOME_REJECTED {
		d.losses.add(it.losses...)
		for code, text := range it.examples {
			// Of all the same one, in whichever order shards are read.
			if k := (lossKey{kind: it.ref.GetKind(), code: code}); d.examples[k] == "" || text < d.examples[k] {
				d.examples[k] = text
			}
		}
	}
	for _, r := range it.out {
		d.bytes += uint64(proto.Size(r))
		d.countFiles(r.GetMedia().GetFiles())
	}
}

func (d *dryRun) countFiles(files []*recordv1.File) {
	for _, f := range files {
		if !f.GetMissing() {
			d.files++
			d.fileSize += f.GetBytes()
		}
	}
}

func (d *dryRun) unmoved(pk *planKind, ref *recordv1.Ref, o agentv1.Outcome, p *agentv1.Problem) {
	if o != agentv1.Outcome_OUTCOME_REJECTED {
		pk.skipped++
		return
	}
	pk.rejected++
	d.preflight.unmoved(ref, o, p)
	if len(d.rejected) < maxPlanRejected {
		d.rejected = append(d.rejected, migration.RejectedReport{
			Kind: record.KindName(ref.GetKind()), SourceID: ref.GetSourceId(), Code: p.GetCode(), Cause: p.GetCause(), Fix: link.Sentence(p.GetFix()),
		})
	}
}

// plan makes the plan from the counts.
func (d *dryRun) plan(took time.Duration) *migration.Plan {
	plan := &migration.Plan{
		Sampled: d.env.Selection.Sample > 0, Kinds: []migration.PlanKind{}, Losses: []migration.LossReport{}, Rejected: d.rejected,
		Findings: append(append([]migration.Remark{}, d.env.Findings...), d.preflight.list()...), Bytes: d.bytes + d.fileSize, Files: d.files,
	}
	if plan.Rejected == nil {
		plan.Rejected = []migration.RejectedReport{}
	}
	for _, p := range d.env.Kinds {
		plan.Kinds = append(plan.Kinds, d.planKind(p))
		if !p.Moved && p.Listed > 0 {
			plan.Losses = append(plan.Losses, migration.LossReport{Code: p.Loss, Kind: record.KindName(p.Kind), Count: p.Listed, Refs: []string{}})
		}
	}
	plan.Losses = append(plan.Losses, d.lossReports()...)
	plan.DiskBytes = d.bytes*diskFactor + d.fileSize
	for _, k := range plan.Kinds {
		plan.DiskBytes += k.Moved * diskPerRecord
	}
	plan.EstimateSeconds = d.estimate(d.rates[1], took)
	plan.EstimateRange = [2]float64{d.estimate(d.rates[0], took), d.estimate(d.rates[2], took)}
	return plan
}

func (d *dryRun) lossReports() []migration.LossReport {
	all := d.losses.list()
	reports := migration.LossReports(all)
	for i, l := range all {
		reports[i].Example = d.examples[lossKey{kind: l.Kind, code: l.Code}]
	}
	return reports
}

func (d *dryRun) estimate(r rates, took time.Duration) float64 {
	return took.Seconds()*r.factor + float64(d.fileSize)/r.files
}

func (d *dryRun) planKind(p migration.KindPlan) migration.PlanKind {
	k := migration.PlanKind{Kind: record.KindName(p.Kind), Listed: p.Listed, Mapping: []migration.Mapping{}}
	if !p.Moved {
		k.Looked, k.Skipped = p.Listed, p.Listed
	}
	pk := d.kinds[p.Kind]
	if pk == nil {
		return k
	}
	k.Looked, k.Moved, k.Skipped, k.Rejected = pk.looked, pk.moved, pk.skipped, pk.rejected
	for pair, n := range pk.mapping {
		k.Mapping = append(k.Mapping, migration.Mapping{From: pair[0], To: pair[1], Count: n})
	}
	slices.SortFunc(k.Mapping, func(a, b migration.Mapping) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.From, b.From), strings.Compare(a.To, b.To))
	})
	return k
}

func typesOf(records []*recordv1.Record) []string {
	types := make([]string, 0, len(records))
	for _, r := range records {
		types = append(types, typeOf(r))
	}
	return types
}

// typeOf is the type within the kind, as people call it.
func typeOf(r *recordv1.Record) string {
	switch {
	case r.GetEntry() != nil:
		return r.GetEntry().GetType()
	case r.GetTerm() != nil:
		return r.GetTerm().GetTaxonomy()
	case r.GetUser() != nil:
		if roles := r.GetUser().GetRoles(); len(roles) > 0 {
			return roles[0]
		}
		return "no role"
	case r.GetComment() != nil:
		return cmp.Or(r.GetComment().GetType(), "comment")
	}
	return record.KindName(r.GetRef().GetKind())
}
