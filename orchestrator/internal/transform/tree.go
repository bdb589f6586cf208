package transform

import (
	"slices"
	"strings"

	xhtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// parseOne is the single element that raw consists of; nil when it is something else, or cannot be parsed.
func parseOne(raw string) *xhtml.Node { return (&plainTree{}).one(raw) }

// parseAll gives the nodes that a browser makes of a text; nil: it is nested beyond what one takes.
func parseAll(raw string) []*xhtml.Node { return (&plainTree{}).all(raw) }

// standing says where an element may stand for its tree to be the one that its tags show.
type standing byte

const (
	standsInline standing = iota + 1 // anywhere
	standsFormat                     // anywhere, with the attributes sorted
	standsVoid                       // anywhere, without an end tag
	standsBlock                      // outside of paragraphs
	standsRule                       // as standsBlock, without an end tag
	standsIn                         // in the elements of plainElement.in only
)

type plainElement struct {
	atom  atom.Atom
	where standing
	in    []atom.Atom
}

var plainElements = func() map[string]plainElement {
	all := map[string]plainElement{}
	add := func(where standing, list string, in ...atom.Atom) {
		for name := range names(list) {
			all[name] = plainElement{atom: atom.Lookup([]byte(name)), where: where, in: in}
		}
	}
	add(standsInline, "abbr bdi bdo cite del dfn ins kbd mark q samp span sub sup time var")
	add(standsFormat, "a b big code em font i s small strike strong tt u")
	add(standsVoid, "br img wbr")
	add(standsBlock, "address article aside blockquote details div figcaption figure footer h1 h2 h3 h4 h5 h6 header main nav ol p pre section summary table ul")
	add(standsRule, "hr")
	add(standsIn, "li", atom.Ul, atom.Ol)
	add(standsIn, "thead tbody tfoot", atom.Table)
	add(standsIn, "tr", atom.Thead, atom.Tbody, atom.Tfoot)
	add(standsIn, "td th", atom.Tr)
	return all
}()

// maxPlainDepth is far below what a browser's parser takes.
const maxPlainDepth = 100

// plainTree builds the trees of HTML in which each element is closed where it was opened and stands where it may, as programs write
// it. Nothing that parsers are there for happens in it, so it takes a fraction of the time; TestPlainTrees holds it to the parser.
type plainTree struct {
	root xhtml.Node
	open []*xhtml.Node
	// spare nodes are made many at once, more each time.
	spare []xhtml.Node
	made  int
}

// one is parseOne.
func (p *plainTree) one(raw string) (found *xhtml.Node) {
	p.parse(raw)
	for n := range children(&p.root) {
		if n.Type == xhtml.TextNode && strings.TrimSpace(n.Data) == "" {
			continue
		}
		if found != nil || n.Type != xhtml.ElementNode {
			return nil
		}
		found = n
	}
	if found != nil {
		p.root.RemoveChild(found)
	}
	return found
}

// all is parseAll.
func (p *plainTree) all(raw string) (nodes []*xhtml.Node) {
	p.parse(raw)
	for c := p.root.FirstChild; c != nil; c = p.root.FirstChild {
		p.root.RemoveChild(c)
		nodes = append(nodes, c)
	}
	return nodes
}

// parse puts the nodes of a text below the root; plain says that it took no parser.
func (p *plainTree) parse(s string) (plain bool) {
	p.root = xhtml.Node{}
	if p.plain(s) {
		return true
	}
	p.root = xhtml.Node{}
	// It fails where elements are nested too deep.
	nodes, _ := xhtml.ParseFragment(strings.NewReader(s), &xhtml.Node{Type: xhtml.ElementNode, Data: "body", DataAtom: atom.Body})
	for _, n := range nodes {
		p.root.AppendChild(n)
	}
	return false
}

// plain is false for any other HTML.
func (p *plainTree) plain(s string) bool {
	if strings.IndexByte(s, 0) >= 0 {
		return false
	}
	p.open = append(p.open[:0], &p.root)
	z := tokens{s: s}
	for z.next() {
		if z.rest != nil || !p.token(&z, s[z.start:z.end]) {
			return false
		}
	}
	return z.rest == nil && len(p.open) == 1
}

func (p *plainTree) token(z *tokens, raw string) bool {
	switch z.kind {
	case xhtml.TextToken:
		return p.text(raw)
	case xhtml.CommentToken:
		p.add(xhtml.CommentNode, 0, raw[len("<!--"):len(raw)-len("-->")])
		return strings.IndexByte(raw, '&') < 0 && strings.IndexByte(raw, '\r') < 0
	case xhtml.EndTagToken:
		last := len(p.open) - 1
		if last == 0 || p.open[last].Data != z.name {
			return false
		}
		p.open = p.open[:last]
		return true
	}
	return p.start(z, raw)
}

func (p *plainTree) add(kind xhtml.NodeType, a atom.Atom, data string) *xhtml.Node {
	if len(p.spare) == 0 {
		p.made = min(max(2*p.made, 8), 256)
		p.spare = make([]xhtml.Node, p.made)
	}
	n := &p.spare[0]
	p.spare = p.spare[1:]
	n.Type, n.DataAtom, n.Data = kind, a, data
	p.open[len(p.open)-1].AppendChild(n)
	return n
}

func (p *plainTree) text(s string) bool {
	if strings.IndexByte(s, '\r') >= 0 {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	}
	if strings.IndexByte(s, '&') >= 0 {
		s = xhtml.UnescapeString(s)
	}
	switch top := p.open[len(p.open)-1]; top.DataAtom {
	case atom.Table, atom.Thead, atom.Tbody, atom.Tfoot, atom.Tr:
		if strings.Trim(s, " \t\r\n\f") != "" {
			return false
		}
	case atom.Pre:
		if top.FirstChild == nil {
			s = strings.TrimPrefix(strings.TrimPrefix(s, "\r"), "\n")
		}
	}
	if s != "" {
		p.add(xhtml.TextNode, 0, s)
	}
	return true
}

func (p *plainTree) start(z *tokens, raw string) bool {
	el, ok := plainElements[z.name]
	top := p.open[len(p.open)-1].DataAtom
	if !ok || len(p.open) > maxPlainDepth || !p.mayStand(&el, top) {
		return false
	}
	n := p.add(xhtml.ElementNode, el.atom, el.atom.String())
	if n.Attr, ok = plainAttrs(raw); !ok {
		return false
	}
	if el.where == standsFormat {
		slices.SortFunc(n.Attr, func(a, b xhtml.Attribute) int { return strings.Compare(a.Key, b.Key) })
	}
	if el.where != standsVoid && el.where != standsRule {
		p.open = append(p.open, n)
		return z.kind == xhtml.StartTagToken
	}
	return true
}

func (p *plainTree) mayStand(el *plainElement, top atom.Atom) bool {
	switch top {
	case atom.Table, atom.Thead, atom.Tbody, atom.Tfoot, atom.Tr:
		if el.where != standsIn {
			return false
		}
	}
	switch el.where {
	case standsIn:
		for _, a := range el.in {
			if a == top {
				return el.atom != atom.Li || !p.within(atom.P)
			}
		}
		return false
	case standsBlock, standsRule:
		return !p.within(atom.P) && (!isHeading(el.atom) || !isHeading(top))
	}
	return el.atom != atom.A || !p.within(atom.A)
}

// within says that an element is open, in the same cell of a table.
func (p *plainTree) within(a atom.Atom) bool {
	for i := len(p.open) - 1; i > 0; i-- {
		switch p.open[i].DataAtom {
		case a:
			return true
		case atom.Td, atom.Th:
			return false
		}
	}
	return false
}

func isHeading(a atom.Atom) bool {
	switch a {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return true
	}
	return false
}

// maxPlainAttrs bounds what is compared by name.
const maxPlainAttrs = 32

// plainAttrs are the attributes of a tag; false: one of them takes a parser.
func plainAttrs(tag string) (all []xhtml.Attribute, ok bool) {
	for a := range attrs(tag) {
		value := a.value
		if !isASCII(a.name) || strings.IndexByte(value, '\r') >= 0 {
			return nil, false
		}
		if strings.IndexByte(value, '&') >= 0 {
			if !plainReferences(value) {
				return nil, false
			}
			value = xhtml.UnescapeString(value)
		}
		key := lower(a.name)
		if len(all) == maxPlainAttrs || slices.ContainsFunc(all, func(have xhtml.Attribute) bool { return have.Key == key }) {
			return nil, false
		}
		all = append(all, xhtml.Attribute{Key: key, Val: value})
	}
	return all, true
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// plainReferences says that all character references are such as mean the same in attributes and in texts.
func plainReferences(s string) bool {
	for {
		i := strings.IndexByte(s, '&')
		if i < 0 {
			return true
		}
		s = s[i+1:]
		name, _, ok := strings.Cut(s, ";")
		switch {
		case !ok:
			return false
		case name == "amp", name == "quot", name == "lt", name == "gt", name == "nbsp", name == "#39", name == "#039", name == "#038":
		default:
			return false
		}
	}
}
