package cms

import (
	"maps"
	"slices"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

// Rule says what a value of a field becomes on a platform. "*" is every value that no rule before names; loss is empty where
// nothing is lost.
func Rule(field, value, becomes, loss string) *agentv1.ValueRule {
	return &agentv1.ValueRule{Field: field, Value: value, Becomes: becomes, Loss: loss}
}

// Skip says that records with a value are left out.
func Skip(field, value, loss string) *agentv1.ValueRule {
	return &agentv1.ValueRule{Field: field, Value: value, Skip: true, Loss: loss}
}

// KeepValues says that values stay as they are.
func KeepValues(field string, values ...string) []*agentv1.ValueRule {
	var all []*agentv1.ValueRule
	for _, v := range values {
		all = append(all, Rule(field, v, v, ""))
	}
	return all
}

// Limits are the widths of fields in characters.
func Limits(chars map[string]uint32) []*agentv1.Limit {
	var all []*agentv1.Limit
	for _, field := range slices.Sorted(maps.Keys(chars)) {
		all = append(all, &agentv1.Limit{Field: field, Chars: chars[field]})
	}
	return all
}
