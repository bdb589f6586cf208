// Package php reads what PHP programs store: literal values in configuration files, without executing them, and serialize().
package php

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

type kind uint8

const (
	_ kind = iota
	// name is an identifier or keyword.
	name
	// variable is "$x", text without the dollar.
	variable
	// str is a string whose value is known, text is the value.
	str
	// unknown is a string that holds variables.
	unknown
	number
	// mark is a single byte of punctuation.
	mark
)

type token struct {
	kind kind
	text string
}

// lex splits a PHP file into tokens; HTML outside of PHP and comments are left out. It never fails: what it cannot read
// becomes a mark.
func lex(src string) []token {
	l := &lexer{src: src}
	for l.enter() {
		l.script()
	}
	return l.out
}

type lexer struct {
	src string
	at  int
	out []token
}

func (l *lexer) add(k kind, text string) { l.out = append(l.out, token{k, text}) }

// rest is what is still to be read; a string that never ends may have led beyond the end.
func (l *lexer) rest() string { return l.src[min(l.at, len(l.src)):] }

// enter goes behind the next "<?php" or "<?=".
func (l *lexer) enter() bool {
	i := strings.Index(l.rest(), "<?")
	if i < 0 {
		return false
	}
	l.at += i + 2
	if len(l.rest()) >= 3 && strings.EqualFold(l.rest()[:3], "php") {
		l.at += 3
	}
	return true
}

// script reads tokens up to "?>".
func (l *lexer) script() {
	for l.at < len(l.src) {
		c, two := l.src[l.at], l.two()
		switch {
		case two == "?>":
			l.at += 2
			l.add(mark, ";")
			return
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			l.at++
		case c == '#' && two != "#[" || two == "//":
			l.lineComment()
		case two == "/*":
			l.skipPast("*/")
		case strings.HasPrefix(l.rest(), "<<<"):
			l.heredoc()
		default:
			l.plain(c)
		}
	}
}

func (l *lexer) two() string { return l.rest()[:min(2, len(l.rest()))] }

func (l *lexer) plain(c byte) {
	switch {
	case c == '\'':
		l.single()
	case c == '"':
		l.double()
	case c == '$' && l.at+1 < len(l.src) && isNameStart(l.src[l.at+1]):
		l.at++
		l.add(variable, l.word(isNameByte))
	case isNameStart(c) || c == '\\':
		l.add(name, strings.TrimPrefix(l.word(func(c byte) bool { return isNameByte(c) || c == '\\' }), `\`))
	case c >= '0' && c <= '9':
		l.add(number, l.word(func(c byte) bool { return isNameByte(c) || c == '.' }))
	default:
		l.at++
		l.add(mark, string(rune(c)))
	}
}

func (l *lexer) word(in func(byte) bool) string {
	from := l.at
	for l.at < len(l.src) && (in(l.src[l.at]) || l.at == from) {
		l.at++
	}
	return l.src[from:l.at]
}

func (l *lexer) skipPast(s string) {
	if i := strings.Index(l.rest(), s); i >= 0 {
		l.at += i + len(s)
	} else {
		l.at = len(l.src)
	}
}

// lineComment ends at the line's end or before "?>", as in PHP.
func (l *lexer) lineComment() {
	for l.at < len(l.src) && l.src[l.at] != '\n' && l.two() != "?>" {
		l.at++
	}
}

func (l *lexer) single() {
	var b strings.Builder
	for l.at++; l.at < len(l.src) && l.src[l.at] != '\''; l.at++ {
		if l.src[l.at] == '\\' && l.at+1 < len(l.src) && (l.src[l.at+1] == '\'' || l.src[l.at+1] == '\\') {
			l.at++
		}
		b.WriteByte(l.src[l.at])
	}
	l.at++
	l.add(str, b.String())
}

func (l *lexer) double() {
	from := l.at + 1
	for l.at++; l.at < len(l.src) && l.src[l.at] != '"'; l.at++ {
		if l.src[l.at] == '\\' {
			l.at++
		}
	}
	body := l.src[min(from, len(l.src)):min(l.at, len(l.src))]
	l.at++
	l.interpolated(body, true)
}

// interpolated adds a string with escapes, unless it holds variables.
func (l *lexer) interpolated(body string, quotes bool) {
	if v, ok := unescape(body, quotes); ok {
		l.add(str, v)
	} else {
		l.add(unknown, "")
	}
}

// heredoc reads <<<X, <<<"X" and <<<'X' up to the line that begins with X.
func (l *lexer) heredoc() {
	eol := strings.IndexByte(l.rest(), '\n')
	label := ""
	if eol >= 0 {
		label = strings.TrimSpace(l.rest()[3:eol])
	}
	raw := strings.HasPrefix(label, "'")
	label = strings.Trim(label, `'"`)
	if label == "" || strings.IndexFunc(label, func(r rune) bool { return r > 127 || !isNameByte(byte(r)) }) >= 0 {
		l.at++
		l.add(mark, "<")
		return
	}
	l.at += eol + 1
	body, indent := l.heredocBody(label)
	body = unindent(body, indent)
	if raw {
		l.add(str, body)
	} else {
		l.interpolated(body, false)
	}
}

func (l *lexer) heredocBody(label string) (body, indent string) {
	from := l.at
	for l.at < len(l.src) {
		line := l.rest()
		if i := strings.IndexByte(line, '\n'); i >= 0 {
			line = line[:i]
		}
		text := strings.TrimLeft(line, " \t")
		if after, ok := strings.CutPrefix(text, label); ok && (after == "" || !isNameByte(after[0])) {
			indent = line[:len(line)-len(text)]
			body = l.src[from:max(from, l.at-1)]
			l.at += len(indent) + len(label)
			return strings.TrimSuffix(body, "\r"), indent
		}
		l.at = min(l.at+len(line)+1, len(l.src))
	}
	return "", ""
}

func unindent(s, indent string) string {
	if indent == "" {
		return s
	}
	return strings.ReplaceAll(strings.TrimPrefix(s, indent), "\n"+indent, "\n")
}

var simpleEscapes = map[byte]byte{'n': '\n', 't': '\t', 'r': '\r', 'v': '\v', 'e': 0x1b, 'f': '\f', '\\': '\\', '$': '$'}

// unescape undoes the escapes of a double-quoted string; ok is false when it holds a variable.
func unescape(s string, quotes bool) (v string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(s); {
		if holdsVariable(s[i:]) {
			return "", false
		}
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			i++
			continue
		}
		i += escape(&b, s[i+1:], quotes) + 1
	}
	return b.String(), true
}

func holdsVariable(s string) bool {
	return len(s) > 1 && (s[0] == '$' && (isNameStart(s[1]) || s[1] == '{') || s[0] == '{' && s[1] == '$')
}

// escape writes what stands behind a backslash and says how many bytes it took.
func escape(b *strings.Builder, s string, quotes bool) int {
	if v, ok := simpleEscapes[s[0]]; ok {
		b.WriteByte(v)
		return 1
	}
	switch {
	case s[0] == '"' && quotes:
		b.WriteByte('"')
		return 1
	case s[0] >= '0' && s[0] <= '7':
		return numeric(b, s, 0, 3, 8)
	case s[0] == 'x' && len(s) > 1 && digits(s[1:], 2, 16) > 0:
		return numeric(b, s, 1, 2, 16)
	case strings.HasPrefix(s, "u{"):
		if n := codepoint(b, s); n > 0 {
			return n
		}
	}
	b.WriteByte('\\')
	return 0
}

func codepoint(b *strings.Builder, s string) int {
	i := strings.IndexByte(s, '}')
	if i < 0 {
		return 0
	}
	n, err := strconv.ParseUint(s[2:i], 16, 32)
	if err != nil || n > utf8.MaxRune {
		return 0
	}
	b.WriteRune(rune(n))
	return i + 1
}

func numeric(b *strings.Builder, s string, from, most, base int) int {
	n := digits(s[from:], most, base)
	v, _ := strconv.ParseUint(s[from:from+n], base, 16)
	b.WriteByte(byte(v))
	return from + n
}

func digits(s string, most, base int) int {
	n := 0
	for n < len(s) && n < most {
		if _, err := strconv.ParseUint(s[n:n+1], base, 8); err != nil {
			break
		}
		n++
	}
	return n
}

func isNameStart(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func isNameByte(c byte) bool { return isNameStart(c) || c >= '0' && c <= '9' }
