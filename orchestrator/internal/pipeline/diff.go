package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// maxTitle is the longest title told, in characters.
const maxTitle = 80

// DiffOptions say what Diff tells.
type DiffOptions struct {
	// Titles are told of records that are not about persons.
	Titles bool
	// Each gets what would become of every record, one after the other.
	Each func(*migration.Foreseen) error
}

// Diff is DryRun, and asks the target for each record what would become of it. The records go one after the other in the order
// of writing: what comes first has the address.
func (e *Env) Diff(ctx context.Context, workers int, links func(context.Context, []migration.Link) error, opt DiffOptions) (*migration.Plan, error) {
	d, err := e.asking(ctx, links)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	if err := d.shards(ctx, workers, d.index); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := e.Target.DryRun(ctx)
	if err != nil {
		return nil, err
	}
	f := &forecast{dry: d, opt: opt, stream: stream, kinds: map[string]*migration.DiffKind{}}
	d.next = f.batch
	if err := d.shards(ctx, 1, d.read); err != nil {
		return nil, err
	}
	if err := f.rest(); err != nil {
		return nil, err
	}
	plan := d.plan(time.Since(start))
	plan.Diff = f.totals()
	return plan, nil
}

// asking begins a plan that asks the target, whose agent may be too old for that.
func (e *Env) asking(ctx context.Context, links func(context.Context, []migration.Link) error) (*dryRun, error) {
	t, err := e.Target.Describe(ctx, false)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(t.GetCapabilities(), "DryRun") {
		return nil, migration.Usage("target_cannot_foretell", "the agent of the target cannot say what writing would do", "Use a newer agent, or bailey plan without --diff.")
	}
	d := e.newDryRun(links)
	d.rates = asking
	return d, nil
}

// forecast is an open dry run.
type forecast struct {
	dry    *dryRun
	opt    DiffOptions
	stream DryRunner
	seq    uint64
	kinds  map[string]*migration.DiffKind
}

// send sends one message and gives its first answer.
func (f *forecast) send(req *agentv1.DryRunRequest) (*agentv1.DryRunResponse, error) {
	f.seq++
	if req.Seq = f.seq; f.seq == 1 {
		req.Scope = f.dry.env.Scope
	}
	// After io.EOF the stream has failed; Recv gives the reason.
	if err := f.stream.Send(req); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return f.recv()
}

func (f *forecast) recv() (*agentv1.DryRunResponse, error) {
	resp, err := f.stream.Recv()
	if errors.Is(err, io.EOF) {
		err = &migration.Error{
			Problem: migration.Problem{Code: "stream_ended", Cause: "the target's agent ended the dry run before it answered", Fix: "Look at the target agent's log."},
			Exit:    migration.ExitUnreachable,
		}
	}
	if err == nil && resp.GetSeq() != f.seq {
		err = fmt.Errorf("the target answered message %d of a dry run where %d was due", resp.GetSeq(), f.seq)
	}
	return resp, err
}

func (f *forecast) batch(_ context.Context, b *batch) error {
	results, err := f.results(b)
	if err != nil {
		return err
	}
	for _, it := range b.items {
		own := results[:len(it.out)]
		results = results[len(it.out):]
		if err := it.settle(own); err != nil {
			return err
		}
		if err := f.tell(f.foresee(it, own)); err != nil {
			return err
		}
	}
	for _, u := range b.unread {
		if err := f.tell(unmoved(u.GetRef(), u.GetOutcome(), u.GetProblem())); err != nil {
			return err
		}
	}
	return nil
}

// results are the target's answers to all records of a batch; records that are not sent are named, so that they are not gone.
func (f *forecast) results(b *batch) ([]*agentv1.Result, error) {
	var all []*agentv1.Result
	b.cut()
	defer b.packed.giveBack()
	for _, c := range b.chunks {
		req := &agentv1.DryRunRequest{}
		record.SetPacked(req, b.packed.bytes(c.piece))
		resp, err := f.send(req)
		if err != nil {
			return nil, err
		}
		if len(resp.GetResults()) != c.records {
			return nil, fmt.Errorf("the target answered %d records with %d results", c.records, len(resp.GetResults()))
		}
		all = append(all, resp.GetResults()...)
	}
	var seen []*recordv1.Ref
	for _, it := range b.items {
		if len(it.out) == 0 {
			seen = append(seen, it.ref)
		}
	}
	for _, u := range b.unread {
		seen = append(seen, u.GetRef())
	}
	for part := range chunksOf(seen, maxChunkRecords) {
		if _, err := f.send(&agentv1.DryRunRequest{Seen: part}); err != nil {
			return nil, err
		}
	}
	return all, nil
}

var actions = map[agentv1.Outcome]migration.Action{
	agentv1.Outcome_OUTCOME_CREATED: migration.ActionCreate, agentv1.Outcome_OUTCOME_UPDATED: migration.ActionUpdate,
	agentv1.Outcome_OUTCOME_UNCHANGED: migration.ActionUnchanged, agentv1.Outcome_OUTCOME_ADOPTED: migration.ActionAdopt,
	agentv1.Outcome_OUTCOME_SKIPPED: migration.ActionSkip, agentv1.Outcome_OUTCOME_REJECTED: migration.ActionReject,
}

func unmoved(ref *recordv1.Ref, o agentv1.Outcome, p *agentv1.Problem) *migration.Foreseen {
	n := &migration.Foreseen{Kind: record.KindName(ref.GetKind()), SourceID: ref.GetSourceId(), Action: actions[o]}
	if p != nil && (o == agentv1.Outcome_OUTCOME_SKIPPED || o == agentv1.Outcome_OUTCOME_REJECTED) {
		told := migration.ProblemFrom(p)
		n.Problem = &told
	}
	return n
}

func (f *forecast) foresee(it *item, results []*agentv1.Result) *migration.Foreseen {
	n := unmoved(it.ref, it.outcome, it.problem)
	if len(it.out) > 0 && f.opt.Titles {
		n.Title = title(it.out[0])
	}
	lossy := n.Action != migration.ActionReject
	for _, l := range it.losses {
		if lossy {
			n.Losses = append(n.Losses, migration.ForeseenLoss{Code: l.Code, Field: l.Field, Count: l.Count})
		}
	}
	for _, r := range results {
		n.Edited = n.Edited || r.GetEdited()
		for _, field := range r.GetFields() {
			if !slices.Contains(n.Fields, field) {
				n.Fields = append(n.Fields, field)
			}
		}
		for _, a := range r.GetAdjustments() {
			if lossy && !it.told(a) {
				n.Losses = append(n.Losses, migration.ForeseenLoss{Code: a.GetCode(), Field: a.GetField(), Count: 1})
				f.dry.losses.adjusted(it.ref, a)
			}
		}
	}
	if n.Problem != nil && len(it.out) > 0 {
		f.dry.refused(it)
	}
	return n
}

// refused lists a record that the target would not take.
func (d *dryRun) refused(it *item) {
	pk := d.kinds[it.ref.GetKind()]
	pk.moved--
	d.losses.skipped(it.ref, it.outcome, it.problem)
	d.unmoved(pk, it.ref, it.outcome, it.problem)
}

// title is a record's title where it is not about a person.
func title(r *recordv1.Record) string {
	text := ""
	switch b := r.GetBody().(type) {
	case *recordv1.Record_Entry:
		text = b.Entry.GetTitle()
	case *recordv1.Record_Term:
		text = b.Term.GetName()
	case *recordv1.Record_Media:
		text = b.Media.GetTitle()
	case *recordv1.Record_Menu:
		text = b.Menu.GetName()
	}
	// Control characters would reach the operator's terminal.
	letters := []rune(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, text))
	if len(letters) > maxTitle {
		return string(letters[:maxTitle-1]) + "…"
	}
	return string(letters)
}

// rest asks what is left to tell behind the last record. Of a sample nobody can say what is gone.
func (f *forecast) rest() error {
	resp, err := f.send(&agentv1.DryRunRequest{Rest: true})
	for ; err == nil && len(resp.GetGone())+len(resp.GetOpen()) > 0; resp, err = f.recv() {
		for _, ref := range resp.GetGone() {
			if f.dry.env.Selection.Sample > 0 || !f.dry.env.planOf(ref.GetKind()).Moved {
				continue
			}
			if err := f.tell(&migration.Foreseen{Kind: record.KindName(ref.GetKind()), SourceID: ref.GetSourceId(), Action: migration.ActionGone}); err != nil {
				return err
			}
		}
		for _, o := range resp.GetOpen() {
			if err := f.unresolved(o); err != nil {
				return err
			}
		}
	}
	return errors.Join(err, f.stream.CloseSend())
}

func (f *forecast) unresolved(o *agentv1.OpenLink) error {
	ref := o.GetFrom()
	f.dry.losses.add(migration.Loss{Code: lossUnresolved, Kind: ref.GetKind(), Count: 1, Refs: []string{ref.GetSourceId()}})
	return f.tell(&migration.Foreseen{
		Kind: record.KindName(ref.GetKind()), SourceID: ref.GetSourceId(), Action: migration.ActionUnresolved, Fields: []string{o.GetField()},
		Problem: &migration.Problem{Code: lossUnresolved, Cause: "it points to " + o.GetToken() + ", which would not be on the target"},
	})
}

func (f *forecast) tell(n *migration.Foreseen) error {
	k := f.kinds[n.Kind]
	if k == nil {
		k = &migration.DiffKind{Kind: n.Kind, Actions: map[migration.Action]uint64{}}
		f.kinds[n.Kind] = k
	}
	k.Actions[n.Action]++
	if n.Lossy() {
		k.Lossy++
	}
	if n.Edited {
		k.Edited++
	}
	return f.opt.Each(n)
}

// totals are the counts in the order of kinds; kinds that the target does not hold are skipped as a whole.
func (f *forecast) totals() []migration.DiffKind {
	all := []migration.DiffKind{}
	for _, p := range f.dry.env.Kinds {
		name := record.KindName(p.Kind)
		switch k := f.kinds[name]; {
		case !p.Moved && p.Listed > 0:
			all = append(all, migration.DiffKind{Kind: name, Actions: map[migration.Action]uint64{migration.ActionSkip: p.Listed}})
		case k != nil:
			all = append(all, *k)
		}
	}
	return all
}
