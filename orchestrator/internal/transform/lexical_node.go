package transform

import (
	"cmp"
	"slices"
)

// lexNode is any node of a lexical tree; cards have fields of their own.
type lexNode struct {
	// read are the fields of a node of the source, made is one that is being built.
	read map[string]any
	made *madeNode
}

// madeNode has what most nodes have in places of its own: as fields of any type that took most of the time of building a tree.
type madeNode struct {
	kind string
	// text and format are those of a text.
	text   string
	format int
	// children and indent are those of a block, whose children are not nil.
	children []lexNode
	indent   int
	// more are its other fields by key, between "indent" and "version" in a block, all of them in what is neither block nor text.
	more []lexField
}

const lexText = "extended-text"

type lexField struct {
	key   string
	value any
}

// newNode is a node of fields alone, in any order.
func newNode(fields ...lexField) lexNode {
	slices.SortFunc(fields, func(a, b lexField) int { return cmp.Compare(a.key, b.key) })
	return lexNode{made: &madeNode{more: fields}}
}

// card is a node of a kind with fields of its own, in any order.
func card(kind string, fields ...lexField) lexNode {
	n := newNode(append(fields, lexField{"type", kind}, lexField{"version", 1})...)
	n.made.kind = kind
	return n
}

// block is a node that others stand in; more are in the order of their keys.
func block(kind string, children []lexNode, more ...lexField) lexNode {
	if children == nil {
		children = []lexNode{}
	}
	return lexNode{made: &madeNode{kind: kind, children: children, more: more}}
}

func textNode(s string, format int) lexNode {
	return lexNode{made: &madeNode{kind: lexText, text: s, format: format}}
}

func (n lexNode) get(key string) any {
	if n.made == nil {
		return n.read[key]
	}
	for i := range n.made.more {
		if f := &n.made.more[i]; f.key == key {
			return f.value
		}
	}
	return nil
}

func (n lexNode) isNone() bool { return n.made == nil && n.read == nil }

func (n lexNode) kind() string {
	if n.made != nil {
		return n.made.kind
	}
	return n.str("type")
}

func (n lexNode) text() string {
	if n.made != nil {
		return n.made.text
	}
	return n.str("text")
}

// format are the bits of a text.
func (n lexNode) format() int {
	if n.made != nil {
		return n.made.format
	}
	return n.num("format")
}

func (n lexNode) children() []lexNode {
	if n.made != nil {
		return n.made.children
	}
	return n.list("children")
}

func (n lexNode) str(key string) string {
	s, _ := n.get(key).(string)
	return s
}

func (n lexNode) num(key string) int {
	switch v := n.get(key).(type) {
	case float64:
		return int(v)
	case int:
		return v
	}
	return 0
}

func (n lexNode) yes(key string) bool {
	b, _ := n.get(key).(bool)
	return b
}

func (n lexNode) sub(key string) lexNode {
	switch m := n.get(key).(type) {
	case map[string]any:
		return lexNode{read: m}
	case lexNode:
		return m
	}
	return lexNode{}
}

func (n lexNode) list(key string) (all []lexNode) {
	if nodes, ok := n.get(key).([]lexNode); ok {
		return nodes
	}
	items, _ := n.get(key).([]any)
	all = make([]lexNode, 0, len(items))
	for _, item := range items {
		if m, ok := item.(map[string]any); ok {
			all = append(all, lexNode{read: m})
		}
	}
	return all
}
