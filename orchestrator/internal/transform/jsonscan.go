package transform

import "strings"

// scalar is a number, or the inside of a string, at its place in a JSON text.
type scalar struct {
	// path of keys: "query.categoryIds[]".
	path       string
	start, end int
	quoted     bool
}

// jsonScalars yields the numbers and strings of a JSON text in order. It is lenient: on foreign bytes it stops.
func jsonScalars(s string) func(yield func(scalar) bool) {
	return func(yield func(scalar) bool) {
		j := jsonScan{s: s, yield: yield}
		j.value("", 0)
	}
}

const maxJSONDepth = 200

type jsonScan struct {
	s     string
	i     int
	yield func(scalar) bool
}

func (j *jsonScan) blanks() byte {
	j.i = skipBlanks(j.s, j.i)
	if j.i >= len(j.s) {
		return 0
	}
	return j.s[j.i]
}

// value reads one value; false ends the scan.
func (j *jsonScan) value(path string, depth int) bool {
	switch c := j.blanks(); {
	case depth > maxJSONDepth || c == 0:
		return false
	case c == '{':
		return j.members(path, depth)
	case c == '[':
		return j.elements(path+"[]", depth)
	case c == '"':
		start, end, ok := j.str()
		return ok && j.yield(scalar{path, start, end, true})
	}
	start := j.i
	if n := strings.IndexAny(j.s[start:], ",]} \t\r\n"); n > 0 {
		j.i += n
	} else if n < 0 {
		j.i = len(j.s)
	} else {
		return false
	}
	return j.yield(scalar{path, start, j.i, false})
}

func (j *jsonScan) str() (start, end int, ok bool) {
	start = j.i + 1
	for i := start; i < len(j.s); i++ {
		switch j.s[i] {
		case '\\':
			i++
		case '"':
			j.i = i + 1
			return start, i, true
		}
	}
	return start, len(j.s), false
}

func (j *jsonScan) members(path string, depth int) bool {
	if path != "" {
		path += "."
	}
	for j.i++; ; j.i++ {
		if j.blanks() == '}' {
			j.i++
			return true
		}
		if j.blanks() != '"' {
			return false
		}
		start, end, ok := j.str()
		if !ok || j.blanks() != ':' {
			return false
		}
		j.i++
		if !j.value(path+j.s[start:end], depth+1) {
			return false
		}
		if c := j.blanks(); c != ',' {
			j.i++
			return c == '}'
		}
	}
}

func (j *jsonScan) elements(path string, depth int) bool {
	for j.i++; ; j.i++ {
		if j.blanks() == ']' {
			j.i++
			return true
		}
		if !j.value(path, depth+1) {
			return false
		}
		if c := j.blanks(); c != ',' {
			j.i++
			return c == ']'
		}
	}
}

// looseTexts are paragraphs of the strings of a JSON text that is broken, or nested too deep to be read, as far as is takes them for
// texts by the string before and what stands between the two.
func looseTexts(s string, is func(key, before string) bool) string {
	var b strings.Builder
	j, key := jsonScan{s: s}, ""
	for {
		n := strings.IndexByte(s[j.i:], '"')
		if n < 0 {
			return strings.TrimSpace(b.String())
		}
		before := strings.TrimSpace(s[j.i : j.i+n])
		j.i += n
		start, end, ok := j.str()
		if !ok {
			return strings.TrimSpace(b.String())
		}
		if is(key, before) {
			b.WriteString("<p>" + escapeHTML(unquoteJSON(s[start-1:end+1])) + "</p>\n")
		}
		key = s[start:end]
	}
}

// json replaces own addresses without a host that are whole strings, or stand in an attribute inside one.
func (p *pass) json(s string) string {
	if !strings.Contains(s, `"/`) {
		return s
	}
	var e edits
	for at := 0; ; {
		i := strings.Index(s[at:], `"/`)
		if i < 0 {
			return e.done(s)
		}
		start := at + i + 1
		n := strings.IndexAny(s[start:], `"\`)
		if n < 0 {
			return e.done(s)
		}
		end := start + n
		at = start
		if v := s[start:end]; !strings.HasPrefix(v, "//") && addressFollows(s[:start-1]) && !strings.ContainsAny(v, " <>") {
			if to, ok, _ := p.local(v, s[end:]); ok {
				e.replace(s, start, end, to)
				at = end
			}
		}
	}
}

// addressFollows says that the quote behind head opens a JSON string that can be an address, or an attribute that holds one.
func addressFollows(head string) bool {
	if head, ok := strings.CutSuffix(head, `=\`); ok {
		return attributes[nameBefore(head+"=", len(head))] == useURL
	}
	head = strings.TrimRight(head, " ")
	for _, key := range []string{`"url":`, `"src":`, `"href":`, `"href",`, `[2,`, `"buttonUrl":`, `"link":`, `"thumbnailSrc":`, `"customThumbnailSrc":`,
		`"productImageSrc":`, `"backgroundImageSrc":`} {
		if strings.HasSuffix(head, key) {
			return true
		}
	}
	return false
}
