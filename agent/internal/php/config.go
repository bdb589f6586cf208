package php

import (
	"path"
	"strconv"
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// maxNesting bounds arrays in configuration files and in serialized values; deeper ones are not read.
const maxNesting = 100

// Config holds the literal values of a PHP file. What a file computes is not in it.
type Config struct {
	// Constants by name, from define() and const; the first definition counts, as in PHP.
	Constants map[string]*recordv1.Value
	// Variables by name without the dollar; the last assignment of a literal counts. "x[k]" holds $x['k'].
	Variables map[string]*recordv1.Value
	// Properties are defaults of class properties by name.
	Properties map[string]*recordv1.Value
}

// ReadConfig reads a file without executing it; file is its path, which __DIR__ and __FILE__ stand for.
func ReadConfig(src []byte, file string) *Config {
	p := &parser{toks: lex(string(src)), file: file, c: &Config{
		Constants: map[string]*recordv1.Value{}, Variables: map[string]*recordv1.Value{}, Properties: map[string]*recordv1.Value{},
	}}
	for p.at < len(p.toks) {
		p.statement()
	}
	return p.c
}

// Constant is a constant as PHP would print it.
func (c *Config) Constant(name string) (string, bool) { return printed(c.Constants[name]) }

// Variable is a variable as PHP would print it.
func (c *Config) Variable(name string) (string, bool) { return printed(c.Variables[name]) }

// Property is a class property's default as PHP would print it.
func (c *Config) Property(name string) (string, bool) { return printed(c.Properties[name]) }

// printed is a scalar as PHP converts it to a string.
func printed(v *recordv1.Value) (string, bool) {
	switch k := v.GetKind().(type) {
	case *recordv1.Value_Text:
		return k.Text, true
	case *recordv1.Value_Data:
		return string(k.Data), true
	case *recordv1.Value_IntValue:
		return strconv.FormatInt(k.IntValue, 10), true
	case *recordv1.Value_FloatValue:
		return k.FloatValue, true
	case *recordv1.Value_BoolValue:
		if k.BoolValue {
			return "1", true
		}
		return "", true
	}
	return "", false
}

type parser struct {
	toks  []token
	at    int
	file  string
	c     *Config
	depth int
}

func (p *parser) peek(n int) token {
	if p.at+n < len(p.toks) {
		return p.toks[p.at+n]
	}
	return token{}
}

func (p *parser) next() token {
	t := p.peek(0)
	p.at++
	return t
}

func (p *parser) is(n int, text string) bool { t := p.peek(n); return t.kind == mark && t.text == text }

func (p *parser) accept(text string) bool {
	if p.is(0, text) {
		p.at++
		return true
	}
	return false
}

// statement reads a definition that starts at the next token, or skips that token.
func (p *parser) statement() {
	t := p.next()
	switch {
	case t.kind == name && strings.EqualFold(t.text, "define") && p.is(0, "("):
		p.define()
	case t.kind == name && strings.EqualFold(t.text, "const") && p.peek(0).kind == name:
		p.constant()
	case t.kind == name && isVisibility(t.text):
		p.property()
	case t.kind == variable:
		p.assignment(t.text)
	}
}

func (p *parser) define() {
	p.at++
	id := p.next()
	if id.kind != str || !p.accept(",") {
		return
	}
	if v, ok := p.expr(); ok && (p.is(0, ")") || p.is(0, ",")) {
		p.setConstant(id.text, v)
	}
}

func (p *parser) constant() {
	id := p.next()
	if !p.accept("=") {
		return
	}
	if v, ok := p.expr(); ok && p.is(0, ";") {
		p.setConstant(id.text, v)
	}
}

func (p *parser) setConstant(id string, v *recordv1.Value) {
	if _, taken := p.c.Constants[id]; !taken {
		p.c.Constants[id] = v
	}
}

func isVisibility(s string) bool {
	switch strings.ToLower(s) {
	case "public", "protected", "private", "var", "static", "readonly":
		return true
	}
	return false
}

// property reads what follows "public": an optional type, the variable, "=" and a literal.
func (p *parser) property() {
	for p.peek(0).kind == name || p.is(0, "?") || p.is(0, "|") {
		if strings.EqualFold(p.peek(0).text, "function") || strings.EqualFold(p.peek(0).text, "const") {
			return
		}
		p.at++
	}
	if p.peek(0).kind != variable || !p.isAssign(1) {
		return
	}
	id := p.next().text
	p.at++
	if v, ok := p.expr(); ok && p.is(0, ";") {
		p.c.Properties[id] = v
	}
}

// isAssign says that the n-th token is "=", and no part of "==" or "=>".
func (p *parser) isAssign(n int) bool {
	return p.is(n, "=") && !p.is(n+1, "=") && !p.is(n+1, ">")
}

// assignment reads = LITERAL; or ['key'] = LITERAL; behind a variable. An assignment that cannot be read forgets the value.
func (p *parser) assignment(id string) {
	for p.is(0, "[") && (p.peek(1).kind == str || p.peek(1).kind == number) && p.is(2, "]") {
		id += "[" + p.peek(1).text + "]"
		p.at += 3
	}
	if !p.isAssign(0) {
		return
	}
	p.at++
	if v, ok := p.expr(); ok && p.is(0, ";") {
		p.c.Variables[id] = v
	} else {
		delete(p.c.Variables, id)
	}
}

// expr reads a literal or a concatenation of literals.
func (p *parser) expr() (*recordv1.Value, bool) {
	if p.depth++; p.depth > maxNesting {
		p.depth--
		return nil, false
	}
	defer func() { p.depth-- }()
	v, ok := p.term()
	for ok && p.accept(".") {
		var w *recordv1.Value
		if w, ok = p.term(); ok {
			a, okA := printed(v)
			b, okB := printed(w)
			v, ok = Text(a+b), okA && okB
		}
	}
	return v, ok
}

func (p *parser) term() (*recordv1.Value, bool) {
	switch t := p.next(); {
	case t.kind == str:
		return Text(t.text), true
	case t.kind == number:
		return parseNumber(t.text)
	case t.kind == variable && !p.is(0, "[") && !p.is(0, "-"):
		v, ok := p.c.Variables[t.text]
		return v, ok
	case t.kind == name:
		return p.named(t.text)
	case t.kind != mark:
		return nil, false
	case t.text == "[":
		return p.array("]")
	case t.text == "(":
		v, ok := p.expr()
		return v, ok && p.accept(")")
	case t.text == "-" || t.text == "+":
		return p.signed(t.text)
	}
	return nil, false
}

func (p *parser) signed(sign string) (*recordv1.Value, bool) {
	t := p.next()
	if t.kind != number {
		return nil, false
	}
	return parseNumber(strings.TrimPrefix(sign, "+") + t.text)
}

func parseNumber(s string) (*recordv1.Value, bool) {
	s = strings.ReplaceAll(s, "_", "")
	if n, err := strconv.ParseInt(s, 0, 64); err == nil {
		return Int(n), true
	}
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return &recordv1.Value{Kind: &recordv1.Value_FloatValue{FloatValue: s}}, true
	}
	return nil, false
}

func (p *parser) named(id string) (*recordv1.Value, bool) {
	switch strings.ToLower(id) {
	case "true", "false":
		return Bool(strings.EqualFold(id, "true")), true
	case "null":
		return &recordv1.Value{}, true
	case "__dir__":
		return Text(path.Dir(p.file)), true
	case "__file__":
		return Text(p.file), true
	case "dirname":
		return p.dirname()
	case "array":
		if p.accept("(") {
			return p.array(")")
		}
		return nil, false
	}
	v, ok := p.c.Constants[id]
	return v, ok && !p.is(0, "(")
}

func (p *parser) dirname() (*recordv1.Value, bool) {
	if !p.accept("(") {
		return nil, false
	}
	v, ok := p.expr()
	levels := int64(1)
	if ok && p.accept(",") {
		var n *recordv1.Value
		if n, ok = p.expr(); ok {
			levels = n.GetIntValue()
		}
	}
	dir, isText := printed(v)
	if !ok || !isText || levels < 1 || levels > maxNesting || !p.accept(")") {
		return nil, false
	}
	for range levels {
		dir = path.Dir(dir)
	}
	return Text(dir), true
}

// array reads the elements behind the opening bracket, and the closing one.
func (p *parser) array(closing string) (*recordv1.Value, bool) {
	a := &recordv1.Array{List: true}
	next := int64(0)
	for !p.accept(closing) {
		k, v, ok := p.element()
		if !ok || !p.is(0, closing) && !p.accept(",") {
			return nil, false
		}
		if k == nil {
			k = Int(next)
		} else {
			a.List = false
		}
		if n, isInt := k.GetKind().(*recordv1.Value_IntValue); isInt && n.IntValue >= next {
			next = n.IntValue + 1
		}
		a.Pairs = append(a.Pairs, &recordv1.Pair{Key: k, Value: v})
	}
	return &recordv1.Value{Kind: &recordv1.Value_Array{Array: a}}, true
}

func (p *parser) element() (k, v *recordv1.Value, ok bool) {
	if v, ok = p.expr(); !ok || !p.is(0, "=") || !p.is(1, ">") {
		return nil, v, ok
	}
	p.at += 2
	k = v
	v, ok = p.expr()
	return k, v, ok
}
