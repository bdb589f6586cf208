package pipeline

import (
	"cmp"
	"fmt"
	"slices"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// homes tells, kind by kind, where the source's custom fields go by default on a target of another platform, and which of them have no
// home there. Rule 1: nothing of a record is left out, or put somewhere else, without a word.
func homes(source, target *agentv1.DescribeResponse, sel migration.Selection) []migration.Remark {
	if source.GetPlatform() == target.GetPlatform() {
		return nil
	}
	to := KindsOf(target)
	all := languages(source, to[recordv1.Kind_KIND_ENTRY], sel)
	for _, k := range record.Kinds {
		h := to[k].GetHolds()
		if !to[k].GetWritable() || !sel.Includes(k) {
			continue
		}
		kept := homed(k, source.GetFields(), func(name string) bool { return record.HoldsField(h, name) })
		lost := homed(k, source.GetFields(), func(name string) bool { return !record.HoldsField(h, name) })
		if kept.Count > 0 && h.GetFieldsHome() != "" {
			kept.Code, kept.Cause = "fields_default_home", "custom fields of the source that the target does not know"
			kept.Will = "They are kept in " + h.GetFieldsHome() + ", under their own names; nothing shows them before the theme does."
			if h.GetFieldsPublic() {
				kept.Will = "They are kept in " + h.GetFieldsHome() + "; nothing shows them before the theme does, but who asks the site's API can read them."
			}
			kept.Fix = "A mapping gives them other names or homes, or leaves them behind."
			all = append(all, kept)
		}
		if lost.Count > 0 {
			lost.Code, lost.Cause = "fields_no_home", "custom fields of the source that the target has no place for"
			lost.Will = "They are left out, and told one by one as losses."
			lost.Fix = "A mapping can put them into a text field of the target, with into; \"bailey map init\" says which."
			all = append(all, lost)
		}
	}
	return all
}

// languages tells that a target has no place for the languages of a source.
func languages(source *agentv1.DescribeResponse, to *agentv1.KindInfo, sel migration.Selection) []migration.Remark {
	n := len(source.GetLocales())
	if n < 2 || !to.GetWritable() || to.GetHolds().GetLanguages() || !sel.Includes(to.GetKind()) {
		return nil
	}
	return []migration.Remark{{Side: "target", Code: "languages_no_home", Severity: "warning", Count: uint64(n), Examples: source.GetLocales()[:min(n, maxExamples)],
		Cause: fmt.Sprintf("the source has %d languages, and the target has no place for what is in which", n),
		Will:  "All stand side by side; an address that occurs twice gets a number.",
		Fix:   "A mapping's languages leaves some behind (skip), names them in addresses (suffix), or puts each below a page of its own ({below: ID})."}}
}

// homed sums up the custom fields of a kind that want says; the most frequent are named.
func homed(k recordv1.Kind, fields []*agentv1.FieldInfo, want func(name string) bool) migration.Remark {
	r := migration.Remark{Side: "target", Severity: "warning", Kind: record.KindName(k)}
	mine := slices.DeleteFunc(slices.Clone(fields), func(f *agentv1.FieldInfo) bool { return f.GetKind() != k || !want(f.GetName()) })
	slices.SortStableFunc(mine, func(a, b *agentv1.FieldInfo) int { return cmp.Compare(b.GetCount(), a.GetCount()) })
	for _, f := range mine {
		r.Count += f.GetCount()
		if len(r.Examples) < maxExamples {
			r.Examples = append(r.Examples, "fields."+f.GetName())
		}
	}
	return r
}
