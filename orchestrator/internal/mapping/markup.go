package mapping

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/baileybridge/bailey/orchestrator/internal/transform"
)

// syntaxes begin the names of constructs, as transform.Policy.Tag says.
var syntaxes = []string{"shortcode", "block", "card", "joomla", "drupal", "modx", "liquid"}

// wordDefault lets a construct go as it goes without a word on it, also where a group of constructs has another.
const wordDefault = "default"

// isConstruct tells the code of a construct from that of another loss.
func isConstruct(code string) bool {
	syntax, name, _ := strings.Cut(code, ":")
	return slices.Contains(syntaxes, syntax) && name != ""
}

// markup reads what becomes of constructs that cannot be lifted.
func (f *file) markup(m *Mapping, n *yaml.Node) {
	for k, v := range f.pairs(n, string(inMarkup)) {
		if k.Value != "*" && !isConstruct(k.Value) {
			syntax, _, _ := strings.Cut(k.Value, ":")
			f.fault(k, "unknown", fmt.Sprintf("there is no construct %q", k.Value), suggest(syntax, syntaxes)+" Name them as the plan's losses do: shortcode:NAME, block:NAME, modx:*, or \"*\" for all others.")
			continue
		}
		if p, ok := f.policy(v); ok {
			p.Tag = k.Value
			m.markup[k.Value] = p
		}
	}
}

// policy reads an action, or a table with the HTML that takes a construct's place.
func (f *file) policy(n *yaml.Node) (p transform.Policy, ok bool) {
	if n.Kind == yaml.MappingNode {
		all, ok := f.rule(n, "a construct", []string{"template"}, nil)
		if !ok || !f.scalar(all["template"], "the template") {
			return p, false
		}
		return transform.Policy{Action: transform.ActionTemplate, Template: all["template"].Value}, true
	}
	word, ok := f.words(n, "what becomes of the construct")
	if !ok {
		return p, false
	}
	words := []string{wordDefault}
	for _, a := range transform.Actions {
		if a != transform.ActionTemplate {
			words = append(words, string(a))
		}
	}
	if !slices.Contains(words, word) {
		f.unknown(n, "word for what becomes of a construct:", append(words, "{template: HTML}"))
		return p, false
	}
	if word == wordDefault {
		return transform.Policy{}, true
	}
	return transform.Policy{Action: transform.Action(word)}, true
}
