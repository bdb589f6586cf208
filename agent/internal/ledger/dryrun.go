package ledger

import (
	"context"
	"errors"
	"strconv"

	"go.uber.org/zap"
	"google.golang.org/grpc/codes"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"
	"github.com/baileybridge/bailey/proto/record"
)

// DryRun is a ledger, and below it the driver, over temporary copies of the site's tables. What is written there is what would
// be written to the site, references and taken names included; the database itself refuses to write to anything else, and
// forgets the copies with the session.
type DryRun struct {
	*Ledger
	live  cms.Site
	holds map[cms.Kind]*agentv1.Holds
}

// OpenDryRun copies the tables of a site. live is the site itself, opened as usual; what was there before is read from it.
func OpenDryRun(ctx context.Context, driver cms.Driver, set cms.Settings, live cms.Site, log *zap.Logger) (*DryRun, error) {
	set.Writable, set.Database.DryRun = true, true
	// The driver looks at the tables themselves, which copies would hide from it.
	site, err := driver.Open(ctx, set)
	if err != nil {
		return nil, whole(err)
	}
	l, err := Open(site, log)
	if err == nil {
		err = l.copyTables(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, site.Close())
	}
	d := &DryRun{Ledger: l, live: live, holds: map[cms.Kind]*agentv1.Holds{}}
	for _, info := range driver.Describe().Kinds {
		d.holds[info.GetKind()] = info.GetHolds()
	}
	return d, nil
}

// Close drops the copies.
func (d *DryRun) Close() error { return d.site.Close() }

func (l *Ledger) copyTables(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) error { return l.db.Copy(ctx, l.prefix) }, l.createTables, l.db.Seal,
	} {
		if err := step(ctx); err != nil {
			return noCopies(err)
		}
	}
	return nil
}

func noCopies(err error) error {
	switch {
	case errors.Is(err, cmssql.ErrTooLarge):
		return &link.Error{Code: "target_too_large", Cause: "the target's tables are larger than 2 GiB: a dry run would need as much room for temporary copies",
			Fix: "use bailey plan without --diff, or try against a copy of the target with less in it", Grpc: codes.ResourceExhausted}
	case cmssql.ClassOf(err) == cmssql.Refused:
		return &link.Error{Code: "no_temporary_tables", Cause: "the target's database does not let the agent make temporary tables",
			Fix: "grant the account CREATE TEMPORARY TABLES on the site's database", Grpc: codes.FailedPrecondition}
	}
	return whole(err)
}

// Foretell says what Write would answer; of an update also which fields it would change, and of each record whether people have
// edited its row.
func (d *DryRun) Foretell(ctx context.Context, sc *Scope, batch []*recordv1.Record) ([]*agentv1.Result, error) {
	if len(batch) == 0 {
		return nil, nil
	}
	kind := batch[0].GetRef().GetKind()
	edited, err := d.editedRows(ctx, sc, kind, idsOf(batch))
	if err != nil {
		return nil, whole(err)
	}
	results, err := d.Write(ctx, sc, batch)
	if err != nil {
		return nil, err
	}
	for _, res := range results {
		res.Edited = edited[res.GetRef().GetSourceId()]
	}
	if err := d.changes(ctx, sc, kind, results); err != nil {
		return nil, whole(err)
	}
	var refs []*recordv1.Ref
	for _, rec := range batch {
		refs = append(refs, rec.GetRef())
	}
	return results, d.Seen(ctx, sc, refs)
}

func idsOf(batch []*recordv1.Record) []string {
	ids := make([]string, len(batch))
	for i, rec := range batch {
		ids[i] = rec.GetRef().GetSourceId()
	}
	return ids
}

// editedRows are the records whose rows people have edited since, by source id.
func (d *DryRun) editedRows(ctx context.Context, sc *Scope, kind cms.Kind, ids []string) (map[string]bool, error) {
	found := map[string]bool{}
	if !cms.Removable(d.site, kind) {
		return found, nil
	}
	err := d.tx(ctx, func(tx *cmssql.Tx) error {
		source, targets := map[string]string{}, []string(nil)
		err := d.rows(ctx, tx, sc, kind, ids, "", func(id string, r *row) {
			if r.ours() {
				source[r.target], targets = id, append(targets, r.target)
			}
		})
		if err != nil {
			return err
		}
		edited, err := (&judge{l: d.Ledger, tx: tx, sc: sc}).edited(ctx, kind, targets)
		for target := range edited {
			found[source[target]] = true
		}
		return err
	})
	return found, err
}

// changes compares what the site holds now of the updated records with what the copies hold.
func (d *DryRun) changes(ctx context.Context, sc *Scope, kind cms.Kind, results []*agentv1.Result) error {
	updated, ids := map[string]*agentv1.Result{}, []string(nil)
	for _, res := range results {
		if id := res.GetRef().GetSourceId(); res.GetOutcome() == agentv1.Outcome_OUTCOME_UPDATED {
			updated[id], ids = res, append(ids, id)
		}
	}
	var targets []string
	var order []*agentv1.Result
	err := d.rows(ctx, d.db, sc, kind, ids, "", func(id string, r *row) {
		targets, order = append(targets, r.target), append(order, updated[id])
	})
	if err != nil || len(targets) == 0 {
		return err
	}
	before, err := d.live.Fetch(ctx, d.live.DB(), kind, targets)
	if err != nil {
		return err
	}
	after, err := d.site.Fetch(ctx, d.db, kind, targets)
	if err != nil {
		return err
	}
	if len(before) != len(targets) || len(after) != len(targets) {
		return &driverFault{"Fetch answered another number than asked"}
	}
	for i, res := range order {
		if before[i].Record == nil || after[i].Record == nil {
			res.Fields = []string{record.WholeRecord}
			continue
		}
		res.Fields = record.Diff(after[i].Record, before[i].Record, d.holds[kind], nil)
	}
	return nil
}

// Seen notes that the source has records, so that Rest does not tell them as gone.
func (d *DryRun) Seen(ctx context.Context, sc *Scope, refs []*recordv1.Ref) error {
	byKind := map[cms.Kind][]string{}
	for _, ref := range refs {
		byKind[ref.GetKind()] = append(byKind[ref.GetKind()], ref.GetSourceId())
	}
	return whole(d.tx(ctx, func(tx *cmssql.Tx) error {
		for kind, ids := range byKind {
			var seen []entry
			err := d.rows(ctx, tx, sc, kind, ids, "", func(id string, r *row) {
				r.run = sc.run
				seen = append(seen, entry{id: id, row: r})
			})
			if err == nil {
				err = d.saveKnown(ctx, tx, sc, kind, seen)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}))
}

// Rest tells, behind the last record, what the ledger knows and the source no longer has, and which pointers would lead
// nowhere; the last answer holds neither.
func (d *DryRun) Rest(ctx context.Context, sc *Scope, each func(*agentv1.DryRunResponse) error) error {
	for _, kind := range record.Kinds {
		if err := d.gone(ctx, sc, kind, each); err != nil {
			return whole(err)
		}
	}
	// The copies go away: the last round may as well be the first.
	req := &agentv1.RelinkRequest{Last: true}
	for {
		resp, err := d.Relink(ctx, sc, req)
		if err != nil {
			return err
		}
		if len(resp.GetOpen()) > 0 {
			if err := each(&agentv1.DryRunResponse{Open: resp.GetOpen()}); err != nil {
				return err
			}
		}
		if req.After = resp.GetCursor(); len(req.GetAfter()) == 0 {
			return each(&agentv1.DryRunResponse{})
		}
	}
}

func (d *DryRun) gone(ctx context.Context, sc *Scope, kind cms.Kind, each func(*agentv1.DryRunResponse) error) error {
	for after, n := "", lookup; n == lookup; {
		resp := &agentv1.DryRunResponse{}
		rows, err := d.db.Query(ctx, "SELECT source_id FROM "+d.from(tableLedger)+" WHERE site = ? AND kind = ? AND run <> ? AND target_id <> '' AND source_id > ? "+
			"ORDER BY source_id LIMIT "+strconv.Itoa(lookup), sc.site, int(kind), sc.run, after)
		if err != nil {
			return err
		}
		for rows.Next() {
			if err := rows.Scan(&after); err != nil {
				_ = rows.Close()
				return err
			}
			resp.Gone = append(resp.Gone, record.NewRef(kind, after))
		}
		if err := closed(rows); err != nil {
			return err
		}
		if n = len(resp.GetGone()); n == 0 {
			return nil
		}
		if err := each(resp); err != nil {
			return err
		}
	}
	return nil
}
