package wordpress

import (
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"sync"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Write implements cms.Site.
func (s *Site) Write(ctx context.Context, u *cms.Unit, kind cms.Kind, batch []*recordv1.Record) ([]cms.Result, error) {
	e, err := s.env(ctx, u.Tx)
	if err != nil {
		return nil, fmt.Errorf("read the options: %w", err)
	}
	if kind == recordv1.Kind_KIND_TERM || kind == recordv1.Kind_KIND_MENU {
		s.taxonomy.forget()
	}
	w := &writer{ctx: ctx, s: s, u: u, tx: u.Tx, env: e, kind: kind, jobs: make([]*job, 0, len(batch)),
		inBatch: make(map[record.Key]*job, len(batch)), groups: map[string]int64{}}
	for _, r := range batch {
		j := w.prepare(r)
		w.jobs = append(w.jobs, j)
		w.inBatch[record.KeyOf(r.GetRef())] = j
	}
	if err := w.write(); err != nil {
		return nil, fmt.Errorf("write %s: %w", record.KindName(kind), err)
	}
	results := make([]cms.Result, len(w.jobs))
	for i, j := range w.jobs {
		results[i] = j.res
	}
	return results, nil
}

func (w *writer) write() error {
	switch w.kind {
	case recordv1.Kind_KIND_SITE:
		return w.site()
	case recordv1.Kind_KIND_USER:
		return w.users()
	case recordv1.Kind_KIND_TERM:
		return w.terms()
	case recordv1.Kind_KIND_MEDIA, recordv1.Kind_KIND_ENTRY:
		return w.posts()
	case recordv1.Kind_KIND_COMMENT:
		return w.comments()
	case recordv1.Kind_KIND_MENU:
		return w.menus()
	case recordv1.Kind_KIND_REDIRECT:
		return w.redirects()
	}
	return fmt.Errorf("WordPress has no records of this kind")
}

// writer writes one batch of one kind.
const (
	outcomeCreated = agentv1.Outcome_OUTCOME_CREATED
	outcomeUpdated = agentv1.Outcome_OUTCOME_UPDATED
)

type writer struct {
	ctx      context.Context
	s        *Site
	u        *cms.Unit
	tx       *cmssql.Tx
	env      *env
	kind     cms.Kind
	jobs     []*job
	inBatch  map[record.Key]*job
	fallback int64
	// groups are ids of the plugin Redirection's groups by name.
	groups map[string]int64
}

// job is one record on its way.
type job struct {
	rec *recordv1.Record
	// id is the row's key once there is one.
	id int64
	// update says that the row is one that an earlier run wrote.
	update bool
	// above is the record that this one hangs below, while it has no row yet.
	above *job
	res   cms.Result
}

// textSlot is the slot of a text with tokens: "text:" and the field's path.
const textSlot = "text:"

// prepare expands the texts of a record, in a copy. A text that cannot be expanded yet is stored as it is.
func (w *writer) prepare(r *recordv1.Record) *job {
	toRecord := r.GetRedirect().GetTo() != nil
	r = addressed(r)
	if !expandable(r) {
		return &job{rec: r}
	}
	j := &job{rec: proto.Clone(r).(*recordv1.Record)}
	addressPictures(j.rec.GetEntry().GetSeo())
	record.TokenTexts(j.rec, func(path, s string) string {
		out, open := w.u.Refs.Expand(s)
		for _, t := range open {
			j.open(textSlot+path, t)
		}
		return out
	})
	if toRecord {
		j.adjust("to", "leads_to_address", "")
		j.adjust("to_url", "leads_to_address", "")
	}
	return j
}

// expandable says that a record holds tokens, or pictures that get one.
func expandable(r *recordv1.Record) bool {
	found := unaddressed(r.GetEntry().GetSeo())
	record.TokenTexts(r, func(_, s string) string {
		found = found || record.HasScheme(s)
		return s
	})
	return found
}

func (j *job) open(slot string, t record.Token) { j.res.Wait(slot, t) }

func (j *job) openRef(slot string, r *recordv1.Ref) { j.open(slot, record.NewToken(r, "")) }

func (j *job) adjust(field, code, value string) {
	for _, a := range j.res.Adjustments {
		if a.GetField() == field {
			return
		}
	}
	j.res.Adjustments = append(j.res.Adjustments, &agentv1.Adjustment{Field: field, Code: code, Value: value})
}

func (j *job) done(id int64) {
	j.id = id
	j.res.TargetID = itoa(id)
	j.res.Outcome = agentv1.Outcome_OUTCOME_CREATED
	if j.update {
		j.res.Outcome = agentv1.Outcome_OUTCOME_UPDATED
	}
}

func (j *job) adopted(id int64) {
	j.id = id
	j.res = cms.Result{Outcome: agentv1.Outcome_OUTCOME_ADOPTED, TargetID: itoa(id)}
}

func (j *job) reject(code, cause, fix, field string) {
	j.res = cms.Result{Outcome: agentv1.Outcome_OUTCOME_REJECTED, Problem: &agentv1.Problem{Code: code, Cause: cause, Fix: fix, Field: field}}
}

// settled says that nothing is left to do for a job.
func (j *job) settled() bool { return j.res.Outcome != agentv1.Outcome_OUTCOME_UNSPECIFIED }

// findExisting marks the jobs whose rows an earlier run wrote and that are still there.
func (w *writer) findExisting(table, key string) error {
	var ids set
	by := map[int64][]*job{}
	for _, j := range w.jobs {
		if t, ok := w.u.Refs.Existing(j.rec.GetRef()); ok && atoi(t) > 0 {
			ids.add(atoi(t))
			by[atoi(t)] = append(by[atoi(t)], j)
		}
	}
	for rest := ids.ids; len(rest) > 0; {
		part := rest[:min(len(rest), cmssql.InList)]
		in, args := cmssql.In(part)
		found, err := cmssql.Column[int64](w.ctx, w.tx, w.s.sql("SELECT "+key+" FROM {"+table+"} WHERE "+key+" IN "+in), args...)
		if err != nil {
			return err
		}
		for _, id := range found {
			for _, j := range by[id] {
				j.id, j.update = id, true
			}
		}
		rest = rest[len(part):]
	}
	return nil
}

// target is the row that a ref became, also when it did so in this batch before.
func (w *writer) target(r *recordv1.Ref) int64 {
	if r == nil {
		return 0
	}
	if t, ok := w.u.Refs.Target(r); ok {
		return atoi(t)
	}
	if j := w.inBatch[record.KeyOf(r)]; j != nil {
		return j.id
	}
	return 0
}

// pendingBase marks a parent that has no row yet: posts keep a number beyond it, made from the source's id, so that
// siblings are told apart from other pages before their parent is known. WordPress treats it as no parent.
const pendingBase = int64(1) << 60

func isPending(parent int64) bool { return parent >= pendingBase }

func pendingParent(r *recordv1.Ref) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(record.KeyOf(r).String()))
	return pendingBase | int64(h.Sum64()&(1<<59-1))
}

// setEach sets a column of many rows, each to its own value.
func setEach[T any](ctx context.Context, s *Site, tx *cmssql.Tx, table, key, col string, values map[int64]T) error {
	ids := slices.Sorted(maps.Keys(values))
	for len(ids) > 0 {
		part := ids[:min(len(ids), cmssql.InList)]
		var b strings.Builder
		args := make([]any, 0, 3*len(part))
		for _, id := range part {
			b.WriteString(" WHEN ? THEN ?")
			args = append(args, id, values[id])
		}
		in, keys := cmssql.In(part)
		query := s.sql("UPDATE {"+table+"} SET "+col+" = CASE "+key) + b.String() + " ELSE " + col + " END WHERE " + key + " IN " + in
		if _, err := tx.Exec(ctx, query, append(args, keys...)...); err != nil {
			return err
		}
		ids = ids[len(part):]
	}
	return nil
}

// termID is the term_id of a row of term_taxonomy.
func (s *Site) termID(ctx context.Context, q cmssql.Querier, tt int64) (int64, error) {
	ids, err := cmssql.Column[int64](ctx, q, s.sql("SELECT term_id FROM {term_taxonomy} WHERE term_taxonomy_id = ?"), tt)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return ids[0], nil
}

// author is the row of the first author, or of the account that stands in.
func (w *writer) author(j *job, refs []*recordv1.Ref, field string) (int64, error) {
	if len(refs) > 1 {
		j.adjust(field, "one_author_only", "")
	}
	if len(refs) > 0 {
		if id := w.target(refs[0]); id != 0 {
			return id, nil
		}
		j.openRef("author", refs[0])
	}
	if w.fallback == 0 {
		var err error
		if w.fallback, err = w.s.fallbackAuthor(w.ctx, w.tx, w.u.FallbackAuthor); err != nil {
			return 0, err
		}
	}
	j.res.StandIn(field, itoa(w.fallback))
	return w.fallback, nil
}

// fallbackAuthor is the account chosen by the operator or the first administrator.
func (s *Site) fallbackAuthor(ctx context.Context, q cmssql.Querier, chosen string) (int64, error) {
	if id := atoi(chosen); id != 0 {
		return id, nil
	}
	ids, err := cmssql.Column[int64](ctx, q, s.sql("SELECT user_id FROM {usermeta} WHERE meta_key = ? AND meta_value LIKE ? ORDER BY user_id LIMIT 1"),
		s.prefix+"capabilities", `%"administrator"%`)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return ids[0], nil
}

// ownHolds are the driver's own copy of what it holds, for comparing adopted rows.
var ownHolds = sync.OnceValue(func() map[cms.Kind]*agentv1.Holds {
	all := map[cms.Kind]*agentv1.Holds{}
	for _, info := range kindInfos(Driver{}) {
		all[info.GetKind()] = info.GetHolds()
	}
	return all
})

// keepExisting names the fields in which adopted rows differ from the records that they stand for.
func (w *writer) keepExisting(jobs []*job) error {
	ids := make([]string, len(jobs))
	for i, j := range jobs {
		ids[i] = j.res.TargetID
	}
	items, err := w.s.Fetch(w.ctx, w.tx, w.kind, ids)
	if err != nil {
		return err
	}
	for i, j := range jobs {
		if items[i].Record == nil {
			j.adjust(record.WholeRecord, "kept_existing", "")
			continue
		}
		want := proto.Clone(j.rec).(*recordv1.Record)
		record.MapRefs(want, func(r *recordv1.Ref) *recordv1.Ref {
			if id := w.target(r); id != 0 {
				return record.NewRef(r.GetKind(), itoa(id))
			}
			return r
		})
		for _, p := range record.Diff(want, items[i].Record, ownHolds()[w.kind], nil) {
			j.adjust(p, "kept_existing", "")
		}
	}
	return nil
}
