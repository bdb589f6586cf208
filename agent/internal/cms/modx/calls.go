package modx

import (
	"cmp"
	"slices"
	"strings"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

// call is one element that texts call.
type call struct {
	// name is that of a snippet, or "$" and that of a chunk.
	name  string
	count uint64
	// by are up to five resources that call it.
	by []string
}

type calls map[string]*call

func newCalls() calls { return calls{} }

// scan counts the calls in a text. Tags nest, so each opening counts by itself; id "0" is a text of no resource.
func (c calls) scan(id, text string) {
	for {
		i := strings.Index(text, "[[")
		if i < 0 {
			return
		}
		text = text[i+2:]
		name := called(text)
		if name == "" {
			continue
		}
		key := strings.ToLower(name)
		if c[key] == nil {
			c[key] = &call{name: name}
		}
		c[key].count++
		if id != "0" && len(c[key].by) < 5 && !slices.Contains(c[key].by, id) {
			c[key].by = append(c[key].by, id)
		}
	}
}

// called is the chunk or snippet that a tag calls, whose text follows; "" for links, fields, settings and placeholders.
func called(text string) string {
	text = strings.TrimLeft(strings.TrimPrefix(text, "!"), " \n\t")
	name, chunk := strings.CutPrefix(text, "$")
	if end := strings.IndexAny(name, "?:@&[]` \n\t\r"); end >= 0 {
		name = name[:end]
	}
	// Other tags begin with a sign of their own.
	if name == "" || strings.IndexByte("~*+%-#^", name[0]) >= 0 || len(name) > 100 {
		return ""
	}
	if chunk {
		return "$" + name
	}
	return name
}

// most are the calls by how often they occur.
func (c calls) most() []*call {
	all := make([]*call, 0, len(c))
	for _, one := range c {
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b *call) int { return cmp.Or(cmp.Compare(b.count, a.count), strings.Compare(a.name, b.name)) })
	return all
}

func (c *call) finding(stored map[string]bool) *agentv1.Finding {
	f := &agentv1.Finding{Code: "snippet_called", Severity: agentv1.Severity_SEVERITY_WARNING, Kind: kindEntry, Count: c.count, Examples: c.by,
		Cause: "the snippet " + c.name + " is called; what it makes is in no table", Fix: "rebuild in the target what it does"}
	if name, chunk := strings.CutPrefix(c.name, "$"); chunk {
		f.Code, f.Cause, f.Fix = "chunk_called", "the chunk "+name+" is called; it stands in a table of its own and is not moved", "rebuild the chunk in the target"
	}
	if len(c.by) == 0 {
		f.Severity = agentv1.Severity_SEVERITY_INFO
		f.Cause += " (by templates and chunks only)"
	}
	if !stored[strings.ToLower(c.name)] {
		f.Code, f.Fix = "call_of_missing", "nothing needs to be done: MODX shows nothing for it either"
		f.Cause = "something called " + strings.TrimPrefix(c.name, "$") + " is called that is not stored here"
	}
	return f
}
