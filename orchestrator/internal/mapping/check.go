package mapping

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Check holds a mapping against the sites it is for: names that the source does not have are mistakes, custom fields that the
// target has no home for are warnings.
func (m *Mapping) Check(c *Census, target *agentv1.DescribeResponse) Faults {
	f := &file{name: m.name}
	for _, n := range m.named {
		known := c.known(n)
		if slices.Contains(known, n.node.Value) || c.more[n.section] > 0 {
			continue
		}
		f.fault(n.node, "unknown_on_source", fmt.Sprintf("the source has no %s %q", words[n.section], n.node.Value), suggest(n.node.Value, known))
	}
	faults := append(f.faults, m.homeless(c, target)...)
	slices.SortStableFunc(faults, func(a, b Fault) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column)) })
	return faults
}

// words say what the names of a section are.
var words = map[section]string{
	inTypes: "type", inStatuses: "status", inTaxonomies: "taxonomy", inRoles: "role", inFields: "custom field", inAuthors: "author with the id",
	inCategories: "term with the id",
}

// homeless are the custom fields that the target has no place for, and that the mapping gives none.
func (m *Mapping) homeless(c *Census, target *agentv1.DescribeResponse) Faults {
	var all Faults
	for _, k := range record.Kinds {
		holds := holdsOf(target, k)
		for _, name := range sorted(slices.Collect(maps.Keys(c.fields[k]))) {
			rule := &fieldRule{rename: name}
			if rules := m.fields[k]; rules != nil && rules.by[name] != nil {
				rule = rules.by[name]
			}
			if m.kinds[k] || rule.drop || rule.into != nil || housed(holds, rule.rename) {
				continue
			}
			line, col := m.placeOf(k, name)
			all = append(all, Fault{File: m.name, Line: line, Column: col, Code: "no_home", Warning: true,
				Cause: fmt.Sprintf("the target has no place for the custom field %q, which %d of the kind %s have; it will be told as lost", name, c.fields[k][name].count, record.KindName(k)),
				Fix:   fixHome(holds, name)})
		}
	}
	return all
}

func (m *Mapping) placeOf(k recordv1.Kind, name string) (line, col int) {
	for _, n := range m.named {
		if n.section == inFields && n.kind == k && n.node.Value == name {
			return n.node.Line, n.node.Column
		}
	}
	return 1, 1
}

func holdsOf(d *agentv1.DescribeResponse, k recordv1.Kind) *agentv1.Holds {
	for _, info := range d.GetKinds() {
		if info.GetKind() == k {
			return info.GetHolds()
		}
	}
	return nil
}

// housed says that a target holds a custom field.
func housed(h *agentv1.Holds, name string) bool {
	return record.HoldsField(h, name) || slices.Contains(h.GetFields(), "*")
}

// homes are the fields that can take custom fields as JSON, best first.
var homes = []string{"code_injection.foot", "remark", "description"}

// homeOf is a text of the target that can take custom fields; empty: there is none.
func homeOf(h *agentv1.Holds) string {
	for _, path := range homes {
		for _, held := range h.GetFields() {
			if held == path || len(held) < len(path) && path[:len(held)] == held && path[len(held)] == '.' {
				return path
			}
		}
	}
	return ""
}

func fixHome(h *agentv1.Holds, name string) string {
	if bare := strings.TrimLeft(name, "_"); bare != "" && bare != name && record.HoldsField(h, bare) {
		return fmt.Sprintf("Where it would be kept, in %s, strangers can get at it, and its name says that visitors are not to see it. If they may, give it another: {rename: %s}. Or say drop.",
			h.GetFieldsHome(), bare)
	}
	if home := homeOf(h); home != "" {
		return fmt.Sprintf("Give it a home: {into: %s}; there everybody may read it who reads the page. Or say drop.", home)
	}
	return "Say drop, or put what matters into another field with values."
}
