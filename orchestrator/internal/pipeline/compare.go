package pipeline

import (
	"bytes"
	"cmp"
	"slices"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// compare looks at each record with what the target gave back for it.
func (v *verification) compare(badFiles map[*item]bool) {
	got := v.got
	for _, it := range v.items {
		v.compareItem(it, got[:len(it.out)], badFiles[it])
		got = got[len(it.out):]
	}
}

func (v *verification) compareItem(it *item, got []*agentv1.ReadBackItem, badFile bool) {
	var fields []string
	s := suspect{ref: it.ref, first: len(v.check.Differences)}
	for i, want := range it.out {
		s.resent = s.resent || resent(want, got[i])
		v.adjusted(it, got[i].GetAdjustments())
		for _, f := range v.compareRecord(it.ref, want, got[i]) {
			if !slices.Contains(fields, f) {
				fields = append(fields, f)
				s.ref = want.GetRef()
			}
		}
	}
	if badFile && !slices.Contains(fields, "files") {
		fields = append(fields, "files")
	}
	state := stateVerified
	if len(fields) > 0 {
		state = stateDifferent
		v.check.Counts.Different++
		known := forgotten(it.ref)
		known.Digest = migration.Anew
		v.check.Known = append(v.check.Known, known)
	} else {
		v.check.Counts.Verified++
	}
	for _, f := range fields {
		v.check.Differences = append(v.check.Differences, migration.Difference{Kind: it.ref.GetKind(), SourceID: it.ref.GetSourceId(), Field: f})
	}
	if s.last = len(v.check.Differences); s.last > s.first {
		v.suspects = append(v.suspects, s)
	}
	v.leaf(it.ref, state, it.out[0].GetDigest(), fields)
}

// compareRecord gives the fields that differ; want is of no more use afterwards. An adopted record is right when its row is there.
func (v *verification) compareRecord(ref *recordv1.Ref, want *recordv1.Record, got *agentv1.ReadBackItem) []string {
	same := got.GetAsExpected()
	if got.GetRecord() == nil && !same {
		return []string{fieldMissing}
	}
	if got.GetOutcome() == agentv1.Outcome_OUTCOME_ADOPTED {
		return nil
	}
	lost := v.lost[want]
	if !same && !v.alike[want] {
		pointers := pointersAmong(want.GetFields())
		lost += v.dropRefs(want)
		want.Fields = withoutCleared(want.GetFields(), pointers, got.GetRecord().GetFields())
		v.unify(want)
		v.unify(got.GetRecord())
	}
	if lost > 0 {
		v.losses.add(migration.Loss{Code: lossUnresolved, Kind: ref.GetKind(), Count: lost, Refs: []string{ref.GetSourceId()}})
	}
	if same {
		return nil
	}
	return record.Diff(want, got.GetRecord(), v.env.Holds[want.GetRef().GetKind()].GetHolds(), got.GetAdjustments())
}

// expand makes of a record's texts what the target was to make of them, counts the tokens that lead nowhere, and says whether a text
// has changed.
func (v *verification) expand(r *recordv1.Record) (changed bool) {
	record.TokenTexts(r, func(_, s string) string {
		for _, t := range record.Tokens(s) {
			if _, ok := v.known[t.Name()]; !ok {
				v.lost[r]++
			}
		}
		text, _ := record.ExpandText(s, func(t record.Token) (string, bool) { return v.textOf(t), true })
		changed = changed || text != s
		return text
	})
	return changed
}

// dropRefs clears the refs that lead nowhere and counts them.
func (v *verification) dropRefs(r *recordv1.Record) (lost uint64) {
	record.MapRefs(r, func(to *recordv1.Ref) *recordv1.Ref {
		if _, ok := v.rows[record.KeyOf(to)]; ok {
			return to
		}
		lost++
		return nil
	})
	return lost
}

// pointersAmong are the custom fields that are a pointer and nothing else.
func pointersAmong(fields []*recordv1.Field) (all []*recordv1.Field) {
	for _, f := range fields {
		if f.GetValue().GetRef() != nil {
			all = append(all, f)
		}
	}
	return all
}

// withoutCleared leaves out fields that were a pointer which has been cleared, unless the target has them as null: like any field that
// is left empty, they are then what the target makes of that. A platform that keeps them as settings has none, or its own.
func withoutCleared(fields, pointers, got []*recordv1.Field) []*recordv1.Field {
	if len(pointers) == 0 {
		return fields
	}
	return slices.DeleteFunc(fields, func(f *recordv1.Field) bool {
		return f.GetValue().GetKind() == nil && slices.Contains(pointers, f) &&
			!slices.ContainsFunc(got, func(g *recordv1.Field) bool { return g.GetName() == f.GetName() && g.GetValue().GetKind() == nil })
	})
}

// unify makes refs to one row of the target equal: a category and a tag may have become the same tag.
func (v *verification) unify(r *recordv1.Record) {
	record.MapRefs(r, func(to *recordv1.Ref) *recordv1.Ref {
		if id, ok := v.rows[record.KeyOf(to)]; ok && id != to.GetSourceId() {
			return record.NewRef(to.GetKind(), id)
		}
		return to
	})
}

// textOf is what a token became: the target's text, else the source's own address, else a link to nowhere.
func (v *verification) textOf(t record.Token) string {
	if text, ok := v.known[t.Name()]; ok {
		return text
	}
	return cmp.Or(v.fallback[t.Name()], "#")
}

// adjusted counts what the target says that it changed. What the transformation loses was counted when the record was copied.
func (v *verification) adjusted(it *item, adjustments []*agentv1.Adjustment) {
	for _, a := range adjustments {
		if !it.told(a) {
			v.losses.adjusted(it.ref, a)
		}
	}
}

func (v *verification) leaf(ref *recordv1.Ref, state string, digest []byte, fields []string) {
	v.tree.Add(migration.Leaf{Key: record.KeyOf(ref).String(), State: state, Digest: digest, Fields: fields})
}

// badFiles are the items of which a file is not on the target with the source's bytes.
func badFiles(jobs []*fileJob) map[*item]bool {
	bad := map[*item]bool{}
	for _, j := range jobs {
		if !j.target.GetExists() || !bytes.Equal(j.target.GetSha256(), j.source.GetSha256()) {
			bad[j.item] = true
		}
	}
	return bad
}
