package mapping

import (
	"path/filepath"
	"slices"

	"github.com/google/cel-go/common/types/ref"
	"google.golang.org/protobuf/reflect/protoreflect"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/transform"
)

// assignment puts a value into a field.
type assignment struct {
	to       target
	when     *expression
	value    *expression
	constant ref.Val
}

// Apply makes of a record what the owner wants it to be. The outcome is unspecified for a record that goes on; a problem says why
// another one is skipped, or rejected because an expression cannot be computed for it (Rule 4). A record that no rule concerns
// stays as it is, byte for byte. Expressions see the record as the source has it.
func (m *Mapping) Apply(r *recordv1.Record) ([]transform.Loss, agentv1.Outcome, *agentv1.Problem) {
	if m == nil || record.BodyKind(r) == recordv1.Kind_KIND_UNSPECIFIED {
		return nil, agentv1.Outcome_OUTCOME_UNSPECIFIED, nil
	}
	j := &job{Mapping: m, r: r, kind: record.BodyKind(r)}
	if j.skipped() || j.problem != nil || !j.compute() {
		return j.losses, j.outcome, j.problem
	}
	j.rename()
	j.fields[j.kind].apply(r, j.lose)
	j.point()
	if !j.put() {
		return j.losses, j.outcome, j.problem
	}
	if j.slug != nil {
		j.slug.slug(r)
	}
	j.speak()
	if j.paths != nil {
		j.paths.path(r)
	}
	return j.losses, j.outcome, nil
}

// job is one record on its way.
type job struct {
	*Mapping
	r       *recordv1.Record
	kind    recordv1.Kind
	losses  []transform.Loss
	outcome agentv1.Outcome
	problem *agentv1.Problem
	// results are what values have computed, before anything is changed.
	results []result
	slug    *pattern
}

type result struct {
	to    *target
	value ref.Val
	where string
}

func (j *job) lose(code, field string) { j.losses = lossOf(j.losses, code, field) }

// leave skips the record (Rule 1: it is told with its reason).
func (j *job) leave(code, cause string) bool {
	j.lose(code, record.WholeRecord)
	j.outcome = agentv1.Outcome_OUTCOME_SKIPPED
	j.problem = &agentv1.Problem{Code: code, Cause: "the mapping leaves it behind: " + cause, Fix: "Change the mapping and migrate again if it is to move."}
	return true
}

// failed rejects the record. What CEL says may quote content, so it is not told (Rule 8).
func (j *job) failed(where string) {
	j.outcome = agentv1.Outcome_OUTCOME_REJECTED
	j.problem = &agentv1.Problem{Code: "mapping_failed",
		Cause: "the expression at " + filepath.Base(where) + " cannot be computed for it, takes too long, or gives what the field does not hold",
		Fix:   "Guard it with when:, has() or a default: fields[?\"name\"].orValue(\"\"). Then migrate again."}
}

// skipped says that the record is left behind, or that this cannot be told.
func (j *job) skipped() bool {
	if j.kinds[j.kind] {
		return j.leave(LossFiltered, "its kind")
	}
	if j.languages[j.r.GetLocale()].skip {
		return j.leave(LossFiltered, "its language")
	}
	if into, merged := j.merged[record.KeyOf(j.r.GetRef())]; merged {
		return j.leave(LossMerged, into.String()+" stands for it")
	}
	if e := j.r.GetEntry(); e != nil {
		if to, ok := j.types[e.Type]; ok && to == "" {
			return j.leave(LossFiltered, "its type")
		}
		if to, ok := j.statuses[statusOf(e)]; ok && to == "" {
			return j.leave(LossFiltered, "its status")
		}
	}
	if t := j.r.GetTerm(); t != nil {
		if to, ok := j.taxonomies[t.Taxonomy]; ok && to == "" {
			return j.leave(LossFiltered, "its taxonomy")
		}
	}
	for _, f := range j.filters[j.kind] {
		yes, err := f.holds(j.r)
		if err != nil {
			j.failed(f.where)
			return false
		}
		if yes {
			return j.leave(LossFiltered, "the filter at "+filepath.Base(f.where))
		}
	}
	return false
}

// statusOf is the word that a mapping knows an entry's status by: the platform's own where no other says it.
func statusOf(e *recordv1.Entry) string {
	if e.Status == recordv1.Status_STATUS_UNSPECIFIED {
		return e.StatusName
	}
	return record.EnumName(e.Status.Descriptor(), protoreflect.EnumNumber(e.Status))
}

// compute asks every expression; false: one cannot be computed.
func (j *job) compute() bool {
	for _, s := range j.slugs[j.kind] {
		if ok, err := wanted(s.when, j.r); err != nil {
			j.failed(s.when.where)
			return false
		} else if ok {
			j.slug = s.pattern
			break
		}
	}
	for i := range j.values[j.kind] {
		a := &j.values[j.kind][i]
		if ok, err := wanted(a.when, j.r); err != nil {
			j.failed(a.when.where)
			return false
		} else if !ok {
			continue
		}
		v, err := a.value.eval(j.r)
		if err != nil {
			j.failed(a.value.where)
			return false
		}
		j.results = append(j.results, result{&a.to, v, a.value.where})
	}
	return true
}

func wanted(when *expression, r *recordv1.Record) (bool, error) {
	if when == nil {
		return true, nil
	}
	return when.holds(r)
}

// rename gives types, statuses, taxonomies and roles their new names.
func (j *job) rename() {
	if e := j.r.GetEntry(); e != nil {
		if to, ok := j.statuses[statusOf(e)]; ok {
			n, _ := record.EnumNumber(e.Status.Descriptor(), to)
			e.Status, e.StatusName = recordv1.Status(n), ""
		}
		if to, ok := j.types[e.Type]; ok {
			e.Type, e.Purpose = to, purposeOf(to, e.Purpose)
		}
	}
	if t := j.r.GetTerm(); t != nil {
		if to, ok := j.taxonomies[t.Taxonomy]; ok {
			t.Taxonomy = to
		}
	}
	if u := j.r.GetUser(); u != nil && len(j.roles) > 0 {
		u.Roles = renamed(u.Roles, j.roles)
	}
	for _, item := range j.r.GetMenu().GetItems() {
		names := j.types
		if item.Type == "taxonomy" {
			names = j.taxonomies
		}
		if to := names[item.Object]; to != "" {
			item.Object = to
		}
	}
}

// renamed gives names in their order, each once; those that are left behind are missing.
func renamed(names []string, to map[string]string) []string {
	out := names[:0:0]
	changed := false
	for _, name := range names {
		now, ok := to[name]
		if changed = changed || ok; !ok {
			now = name
		}
		if now != "" && !slices.Contains(out, now) {
			out = append(out, now)
		}
	}
	if !changed {
		return names
	}
	return out
}

// purposeOf is what an entry is for when its type gets another name; parts, system rows and old versions stay what they are.
func purposeOf(name string, now recordv1.Purpose) recordv1.Purpose {
	switch now {
	case recordv1.Purpose_PURPOSE_FRAGMENT, recordv1.Purpose_PURPOSE_SYSTEM, recordv1.Purpose_PURPOSE_REVISION:
		return now
	}
	switch name {
	case "post", "article":
		return recordv1.Purpose_PURPOSE_ARTICLE
	case "page":
		return recordv1.Purpose_PURPOSE_PAGE
	}
	return recordv1.Purpose_PURPOSE_CUSTOM
}

// point leads pointers to records that others stand for to those others.
func (j *job) point() {
	if len(j.merged) == 0 {
		return
	}
	own, changed := record.KeyOf(j.r.GetRef()), false
	record.MapRefs(j.r, func(to *recordv1.Ref) *recordv1.Ref {
		into, ok := j.merged[record.KeyOf(to)]
		switch {
		case !ok:
			return to
		case into == own:
			return nil
		}
		changed = true
		return into.Ref()
	})
	if e := j.r.GetEntry(); e != nil && changed {
		e.Authors, e.Terms = distinct(e.Authors), distinct(e.Terms)
	}
}

func distinct(refs []*recordv1.Ref) []*recordv1.Ref {
	seen := map[record.Key]bool{}
	return slices.DeleteFunc(refs, func(r *recordv1.Ref) bool {
		twice := seen[record.KeyOf(r)]
		seen[record.KeyOf(r)] = true
		return twice
	})
}

// put writes what the tables and the values say; false: a value is not what its field holds.
func (j *job) put() bool {
	for _, a := range j.rows[record.KeyOf(j.r.GetRef())] {
		// It was tried when the file was read.
		_ = a.to.put(j.r, a.constant)
	}
	for _, res := range j.results {
		if err := res.to.put(j.r, res.value); err != nil {
			j.failed(res.where)
			return false
		}
	}
	return true
}

// Links leads links of texts to records that others stand for to those others.
func (m *Mapping) Links(l transform.Links) transform.Links {
	if m == nil || len(m.merged) == 0 || l == nil {
		return l
	}
	return links{l, m.merged}
}

type links struct {
	transform.Links
	merged map[record.Key]record.Key
}

// Resolve implements transform.Links.
func (l links) Resolve(path string) (record.Token, bool) {
	t, ok := l.Links.Resolve(path)
	if into, merged := l.merged[t.Ref]; ok && merged {
		t.Ref = into
	}
	return t, ok
}
