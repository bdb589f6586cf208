package pipeline

import (
	"context"
	"maps"
	"slices"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// Rounds of relinking; the first byte of the task's cursor, before the target's position.
const (
	// roundFill fills every pointer whose record has been written by now.
	roundFill = 'f'
	// roundLast gives up on the others: links go to the source's own address, other pointers are cleared.
	roundLast = 'l'
)

// relink fills the pointers that were not known when their record was written. Every page can be done twice.
func (e *Env) relink(ctx context.Context, t *migration.Task, j Journal) error {
	round, after := byte(roundFill), []byte(nil)
	if len(t.Cursor) > 0 {
		round, after = t.Cursor[0], t.Cursor[1:]
	}
	for {
		resp, err := e.relinkPage(ctx, round, after)
		if err != nil {
			return err
		}
		after = resp.GetCursor()
		if len(after) == 0 {
			if round == roundLast {
				c := checkpoint(t)
				c.Done, c.Known = true, forgetOpen(resp.GetOpen())
				return save(ctx, j, t, c)
			}
			round = roundLast
		}
		c := checkpoint(t)
		c.Cursor = append([]byte{round}, after...)
		c.Counts.Read += resp.GetFilled()
		c.Known = forgetOpen(resp.GetOpen())
		if err := save(ctx, j, t, c); err != nil {
			return err
		}
		if e.stopped() {
			return migration.ErrStopped
		}
	}
}

// relinkPage does one page; in the last round it first looks what is open there and asks the source where those links lead.
func (e *Env) relinkPage(ctx context.Context, round byte, after []byte) (*agentv1.RelinkResponse, error) {
	resp, err := e.Target.Relink(ctx, &agentv1.RelinkRequest{Scope: e.scope(), After: after})
	filled := resp.GetFilled()
	// What was filled makes room on the page for what was not told yet: only a page that fills nothing has the last one's extent.
	for round == roundLast && err == nil && resp.GetFilled() > 0 && len(resp.GetOpen()) > 0 {
		resp, err = e.Target.Relink(ctx, &agentv1.RelinkRequest{Scope: e.scope(), After: after})
		filled += resp.GetFilled()
	}
	if err != nil {
		return nil, err
	}
	if resp.Filled = filled; round == roundFill || len(resp.GetOpen()) == 0 {
		return resp, nil
	}
	fallbacks, err := e.fallbacks(ctx, openTokens(resp.GetOpen()))
	if err != nil {
		return nil, err
	}
	last, err := e.Target.Relink(ctx, &agentv1.RelinkRequest{Scope: e.scope(), After: after, Last: true, Fallbacks: fallbacks})
	if err == nil {
		last.Filled += filled
	}
	return last, err
}

// forgetOpen makes that the next sync looks again at records whose pointers lead nowhere: they may lead somewhere then.
func forgetOpen(open []*agentv1.OpenLink) []migration.Known {
	var all []migration.Known
	for _, o := range open {
		all = append(all, forgotten(o.GetFrom()))
	}
	return all
}

func openTokens(open []*agentv1.OpenLink) []string {
	tokens := map[string]bool{}
	for _, o := range open {
		tokens[o.GetToken()] = true
	}
	return slices.Sorted(maps.Keys(tokens))
}

// fallbacks asks the source for its own addresses of tokens; those it does not know are left out.
func (e *Env) fallbacks(ctx context.Context, tokens []string) (map[string]string, error) {
	all := map[string]string{}
	for part := range chunksOf(tokens, maxChunkRecords) {
		resolved, err := e.Source.Resolve(ctx, part)
		if err != nil {
			return nil, err
		}
		for i, r := range resolved {
			if r.GetFound() && r.GetText() != "" && isAddress(part[i]) {
				all[part[i]] = r.GetText()
			}
		}
	}
	return all, nil
}

// isAddress says that a token stands for an address: an id of the source would be wrong on the target.
func isAddress(token string) bool {
	t, ok := record.ParseToken(token)
	return ok && t.Form != "id"
}

// wrote says whether the run has changed the target.
func wrote(totals map[recordv1.Kind]migration.Counts) bool {
	for k, c := range totals {
		// Of the unspecified kind, Read is the number of pointers filled.
		if c.Created+c.Updated+c.Removed > 0 || k == recordv1.Kind_KIND_UNSPECIFIED && c.Read > 0 {
			return true
		}
	}
	return false
}

// finish lets the target recount and clear its caches, and counts the source again where reading found another number.
func (e *Env) finish(ctx context.Context, t *migration.Task, j Journal) error {
	totals, err := j.Totals(ctx)
	if err != nil {
		return err
	}
	c := checkpoint(t)
	c.Done, c.Findings = true, e.Findings
	// A run that follows a finished one and has written nothing leaves the target untouched.
	if wrote(totals) || !e.Settled {
		findings, err := e.Target.Finish(ctx, e.scope())
		if err != nil {
			return err
		}
		c.Findings = append(slices.Clone(e.Findings), remarks("target", findings)...)
	}
	if e.Mode.Sync {
		// Rule 1: what the scan has listed is what has to be accounted for; a live site may have other records by now.
		c.Listed = listedByScan(e.Kinds, totals)
		return save(ctx, j, t, c)
	}
	if c.Listed, err = e.recount(ctx, totals); err != nil {
		return err
	}
	return save(ctx, j, t, c)
}

func listedByScan(kinds []migration.KindPlan, totals map[recordv1.Kind]migration.Counts) map[recordv1.Kind]uint64 {
	all := map[recordv1.Kind]uint64{}
	for _, p := range kinds {
		if p.Moved {
			all[p.Kind] = totals[p.Kind].Indexed
		}
	}
	return all
}

// recount asks the source once more when a live site has changed while it was read. Counts that still differ fail the run.
func (e *Env) recount(ctx context.Context, totals map[recordv1.Kind]migration.Counts) (map[recordv1.Kind]uint64, error) {
	if !e.countsDiffer(totals) {
		return nil, nil
	}
	d, err := e.Source.Describe(ctx, e.Selection.Revisions)
	if err != nil {
		return nil, err
	}
	now := map[recordv1.Kind]uint64{}
	for _, k := range d.GetKinds() {
		now[k.GetKind()] = listed(k, e.Selection)
	}
	return now, nil
}

func (e *Env) countsDiffer(totals map[recordv1.Kind]migration.Counts) bool {
	for _, p := range e.Kinds {
		if p.Moved && totals[p.Kind].Read != p.Listed {
			return true
		}
	}
	return false
}
