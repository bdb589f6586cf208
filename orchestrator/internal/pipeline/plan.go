package pipeline

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// minShard is the number of records below which a further shard costs more than it brings.
const minShard = 500

// lossNotRead is told for a kind that the source cannot read.
const lossNotRead = "kind_not_read"

// indexed are the kinds that texts point to by id even where they have no address.
var indexed = []recordv1.Kind{recordv1.Kind_KIND_USER, recordv1.Kind_KIND_TERM, recordv1.Kind_KIND_MEDIA, recordv1.Kind_KIND_ENTRY}

// Survey is what both sites said about themselves before anything is moved.
type Survey struct {
	Source, Target *agentv1.DescribeResponse
	Kinds          []migration.KindPlan
	Findings       []migration.Remark
}

// Look asks both sites and refuses what cannot work.
func Look(ctx context.Context, source Source, target Target, sel migration.Selection) (*Survey, error) {
	v, err := survey(
		func() (*agentv1.DescribeResponse, error) { return source.Describe(ctx, sel.Revisions) },
		func() (*agentv1.DescribeResponse, error) { return target.Describe(ctx, false) },
	)
	if err == nil {
		v.Kinds = planKinds(v.Source, v.Target, sel)
		v.Findings = append(v.Findings, homes(v.Source, v.Target, sel)...)
	}
	return v, err
}

// Recognise looks at two sites that a migration has begun with: what they hold is known.
func Recognise(ctx context.Context, source Source, target Target) (*Survey, error) {
	return survey(
		func() (*agentv1.DescribeResponse, error) { return source.Identify(ctx) },
		func() (*agentv1.DescribeResponse, error) { return target.Identify(ctx) },
	)
}

// survey asks both sides at a time: each may have to count many rows.
func survey(source, target func() (*agentv1.DescribeResponse, error)) (*Survey, error) {
	var s, t *agentv1.DescribeResponse
	var g errgroup.Group
	g.Go(func() (err error) { s, err = source(); return err })
	g.Go(func() (err error) { t, err = target(); return err })
	if err := g.Wait(); err != nil {
		return nil, err
	}
	v := &Survey{Source: s, Target: t, Findings: append(remarks("source", s.GetFindings()), remarks("target", t.GetFindings())...)}
	return v, v.check()
}

// Blocking gives the first finding that forbids to start; nil: none does.
func (v *Survey) Blocking() error {
	for _, f := range v.Findings {
		if f.Severity == "error" {
			return &migration.Error{Problem: migration.Problem{Code: f.Code, Cause: f.Side + ": " + f.Cause, Fix: f.Fix}, Exit: migration.ExitFailed}
		}
	}
	return nil
}

func (v *Survey) check() error {
	if v.Target.GetRole() != agentv1.Role_ROLE_TARGET {
		return migration.Usage("target_read_only", "the link given as --target allows reading only",
			"Start the target's agent with --role target and use its link.")
	}
	if !slices.Contains(v.Target.GetCapabilities(), "WriteRecords") {
		return migration.Usage("target_cannot_write", fmt.Sprintf("the agent of the target cannot write to %s", v.Target.GetPlatform()),
			"Use a newer agent, or another target.")
	}
	if v.Source.GetSiteId() == v.Target.GetSiteId() {
		return migration.Usage("same_site", "source and target are the same site", "Give the links of two different sites.")
	}
	return nil
}

// SiteOf is a description as reports show it.
func SiteOf(d *agentv1.DescribeResponse) migration.Site {
	return migration.Site{ID: d.GetSiteId(), Platform: d.GetPlatform(), Version: d.GetPlatformVersion(), BaseURL: d.GetBaseUrl()}
}

func planKinds(source, target *agentv1.DescribeResponse, sel migration.Selection) []migration.KindPlan {
	from, to := KindsOf(source), KindsOf(target)
	var plans []migration.KindPlan
	for _, k := range record.Kinds {
		s := from[k]
		if s == nil || !sel.Includes(k) {
			continue
		}
		p := migration.KindPlan{Kind: k, Listed: listed(s, sel), Addressable: s.GetAddressable() || slices.Contains(indexed, k)}
		switch {
		case !s.GetReadable():
			p.Loss = lossNotRead
		case !to[k].GetWritable():
			p.Loss = "kind_not_held"
		default:
			p.Moved = true
		}
		plans = append(plans, p)
	}
	return plans
}

func listed(s *agentv1.KindInfo, sel migration.Selection) uint64 {
	if sel.Sample > 0 {
		return min(s.GetCount(), uint64(sel.Sample))
	}
	return s.GetCount()
}

// KindsOf gives a description's kinds by kind.
func KindsOf(d *agentv1.DescribeResponse) map[recordv1.Kind]*agentv1.KindInfo {
	all := map[recordv1.Kind]*agentv1.KindInfo{}
	for _, k := range d.GetKinds() {
		all[k.GetKind()] = k
	}
	return all
}

var severities = map[agentv1.Severity]string{
	agentv1.Severity_SEVERITY_INFO: "info", agentv1.Severity_SEVERITY_WARNING: "warning", agentv1.Severity_SEVERITY_ERROR: "error",
}

func remarks(side string, findings []*agentv1.Finding) []migration.Remark {
	var all []migration.Remark
	for _, f := range findings {
		r := migration.Remark{Side: side, Code: f.GetCode(), Severity: severities[f.GetSeverity()], Count: f.GetCount(), Cause: f.GetCause(), Fix: link.Sentence(f.GetFix())}
		if f.GetKind() != recordv1.Kind_KIND_UNSPECIFIED {
			r.Kind = record.KindName(f.GetKind())
			for _, id := range f.GetExamples() {
				r.Examples = append(r.Examples, record.Key{Kind: f.GetKind(), ID: id}.String())
			}
		}
		all = append(all, r)
	}
	return all
}

// split asks for the shards of a kind and makes the tasks that work on them.
func (e *Env) split(ctx context.Context, t *migration.Task, j Journal) error {
	plan := e.planOf(t.Kind)
	shards, err := e.Source.Split(ctx, t.Kind, e.shards(plan), e.options())
	if err != nil {
		return err
	}
	c := checkpoint(t)
	// Kept now: whoever goes on with the run does not look for them again.
	c.Done, c.Findings = true, e.Findings
	for i, sh := range shards {
		spec := migration.Spec{Kind: t.Kind, Seq: i, Range: sh.GetRange(), Estimate: sh.GetCount()}
		for _, st := range e.stagesOf(plan) {
			if spec.Stage = st; st != migration.StageIndex {
				spec.Limit = uint64(e.Selection.Sample)
			}
			c.Tasks = append(c.Tasks, spec)
		}
	}
	return save(ctx, j, t, c)
}

// stagesOf are the stages that work on the shards of a kind. A sync looks at all that is listed and copies what it finds.
func (e *Env) stagesOf(p migration.KindPlan) []migration.Stage {
	var all []migration.Stage
	if p.Addressable || e.Mode.Sync {
		all = append(all, migration.StageIndex)
	}
	if !e.Mode.Sync {
		all = append(all, migration.StageCopy)
	}
	if !e.Mode.Unverified {
		all = append(all, migration.StageVerify)
	}
	return all
}

func (e *Env) planOf(k recordv1.Kind) migration.KindPlan {
	for _, p := range e.Kinds {
		if p.Kind == k {
			return p
		}
	}
	return migration.KindPlan{Kind: k}
}

// shards is how many are asked for; a sample is cut from the start of one.
func (e *Env) shards(p migration.KindPlan) int {
	if e.Selection.Sample > 0 {
		return 1
	}
	return int(min(uint64(max(1, e.Limits.Shards)), 1+p.Listed/minShard))
}
