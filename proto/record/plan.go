package record

import (
	"strings"
	"sync/atomic"

	"google.golang.org/protobuf/reflect/protoreflect"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// fieldsPath is the path of a record's custom fields.
const fieldsPath = "fields"

// looseFields belong to the message around them: they are kept with it, and compared only where Holds names them itself.
// Ids of files and menu items are the source's own, a file's path is a hint, a body's markup and rendering go with its text.
var looseFields = map[string]bool{
	"User.author": true,
	"Body.markup": true, "Body.html": true, "File.id": true, "File.path": true, "MenuItem.id": true, "MenuItem.parent_id": true,
}

type holding uint8

const (
	// unheld: neither the path nor anything below it is held.
	unheld holding = iota
	// partly: something below the path is held.
	partly
	// held: the whole field is held.
	held
)

// node is one field path of a kind with what Holds says of it.
type node struct {
	f     *field
	path  string
	holds holding
	// loose: not compared.
	loose bool
	// fill: the platform fills it when it is empty.
	fill  bool
	rules []*agentv1.ValueRule
	limit *agentv1.Limit
	kids  []*node
	// ruled, trims: a rule, or something to remove or shorten, lies here or below.
	ruled, trims bool
}

// plan is a Holds made ready for one kind.
type plan struct {
	holds *agentv1.Holds
	roots []*node
	// fills are the paths that the platform fills.
	fills []string
}

// plans remembers the last plan of each kind; a migration uses one Holds per kind for all its records.
var plans [int(recordv1.Kind_KIND_REDIRECT) + 1]atomic.Pointer[plan]

func planFor(body protoreflect.Message, kind recordv1.Kind, h *agentv1.Holds) *plan {
	if p := plans[kind].Load(); p != nil && p.holds == h {
		return p
	}
	p := newPlan(layoutOf(body), h)
	plans[kind].Store(p)
	return p
}

func newPlan(l *layout, h *agentv1.Holds) *plan {
	return &plan{holds: h, roots: newNodes(l, "", h), fills: h.GetFills()}
}

func newNodes(l *layout, path string, h *agentv1.Holds) []*node {
	nodes := make([]*node, 0, len(l.fields))
	for _, f := range l.fields {
		nodes = append(nodes, newNode(l, f, join(path, f.name), h))
	}
	return nodes
}

func newNode(l *layout, f *field, path string, h *agentv1.Holds) *node {
	n := &node{f: f, path: path, holds: holdingOf(h.GetFields(), path), fill: covers(h.GetFills(), path)}
	n.loose = looseFields[string(l.name)+"."+f.name] && !contains(h.GetFields(), path)
	n.addRules(h)
	if !f.leaf() {
		n.kids = newNodes(f.sub, path, h)
	}
	if f.sub != nil && f.sub.name == nameBody {
		n.asBody()
	}
	n.summarize()
	return n
}

func (n *node) addRules(h *agentv1.Holds) {
	for _, r := range h.GetValues() {
		if r.GetField() == n.path {
			n.rules = append(n.rules, r)
		}
	}
	for _, l := range h.GetLimits() {
		if l.GetField() == n.path {
			n.limit = l
		}
	}
}

// asBody makes a text with markup one thing: it is held when its text is, and its limit is its text's.
func (n *node) asBody() {
	for _, k := range n.kids {
		if k.f.name != "text" {
			continue
		}
		if k.limit == nil {
			k.limit = n.limit
			k.summarize()
		}
		if k.holds == unheld {
			n.holds = unheld
		}
	}
}

func (n *node) summarize() {
	n.ruled = len(n.rules) > 0
	n.trims = n.holds == unheld || n.limit != nil
	for _, k := range n.kids {
		n.ruled = n.ruled || k.ruled
		n.trims = n.trims || k.trims && !k.loose
	}
}

func holdingOf(fields []string, path string) holding {
	if covers(fields, path) {
		return held
	}
	for _, f := range fields {
		if strings.HasPrefix(f, path) && len(f) > len(path) && f[len(path)] == '.' {
			return partly
		}
	}
	return unheld
}

// covers says that a path, or one above it, is listed.
func covers(list []string, path string) bool {
	for _, f := range list {
		if f == "*" || strings.HasPrefix(path, f) && (len(path) == len(f) || path[len(f)] == '.') {
			return true
		}
	}
	return false
}

func contains(list []string, path string) bool {
	for _, f := range list {
		if f == path {
			return true
		}
	}
	return false
}

// holdsCustom says whether a custom field is held.
func (p *plan) holdsCustom(name string) bool { return HoldsField(p.holds, name) }

// HoldsField says whether a platform holds a custom field: all are, or it is named. Where strangers can get at them, those with "_" before
// their name are not.
func HoldsField(h *agentv1.Holds, name string) bool {
	return h.GetCustomFields() && (!h.GetFieldsPublic() || !strings.HasPrefix(name, "_")) || contains(h.GetFields(), fieldsPath+"."+name)
}
