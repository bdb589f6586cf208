package mapping

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

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
	inTypes: "type", inStatuses: "status", inTaxonomies: "taxonomy", inRoles: "role", inLanguages: "language", inFields: "custom field", inAuthors: "author with the id",
	inCategories: "term with the id",
}

// homeless are the custom fields that the target has no place for, and that the mapping gives none: one by one where it names them, else
// together.
func (m *Mapping) homeless(c *Census, target *agentv1.DescribeResponse) Faults {
	var all Faults
	for _, k := range record.Kinds {
		holds := holdsOf(target, k)
		unnamed := map[string][]string{}
		for _, name := range sorted(slices.Collect(maps.Keys(c.fields[k]))) {
			rule := &fieldRule{rename: name}
			if rules := m.fields[k]; rules != nil && rules.by[name] != nil {
				rule = rules.by[name]
			}
			if m.kinds[k] || rule.drop || rule.into != nil || housed(holds, rule.rename) {
				continue
			}
			if at := m.placeOf(k, name); at == nil {
				fix := fixHome(holds, name)
				unnamed[fix] = append(unnamed[fix], name)
			} else {
				all = append(all, m.noHome(at.Line, at.Column, c, k, []string{name}, fixHome(holds, name)))
			}
		}
		for _, fix := range sorted(slices.Collect(maps.Keys(unnamed))) {
			all = append(all, m.noHome(1, 1, c, k, unnamed[fix], fix))
		}
	}
	return all
}

// maxHomeless is how many custom fields one warning names.
const maxHomeless = 8

func (m *Mapping) noHome(line, col int, c *Census, k recordv1.Kind, names []string, fix string) Fault {
	cause := fmt.Sprintf("the custom field %q, which %d of the kind %s have; it", names[0], c.fields[k][names[0]].count, record.KindName(k))
	if n := len(names); n > 1 {
		cause = fmt.Sprintf("%d custom fields of the kind %s: %s", n, record.KindName(k), strings.Join(names[:min(n, maxHomeless)], ", "))
		if n > maxHomeless {
			cause += fmt.Sprintf(" and %d more", n-maxHomeless)
		}
		cause += "; each"
	}
	return Fault{File: m.name, Line: line, Column: col, Code: "no_home", Warning: true, Cause: "the target has no place for " + cause + " will be told as lost", Fix: fix}
}

// placeOf is where the mapping names a custom field; nil: it does not.
func (m *Mapping) placeOf(k recordv1.Kind, name string) *yaml.Node {
	for _, n := range m.named {
		if n.section == inFields && n.kind == k && n.node.Value == name {
			return n.node
		}
	}
	return nil
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
