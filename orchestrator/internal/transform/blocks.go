package transform

import "strings"

const (
	blockOpen  = "<!-- wp:"
	blockClose = "<!-- /wp:"
)

// blockComment is a comment that opens or closes a block.
type blockComment struct {
	// name without "core/".
	name string
	// json are the attributes, at jsonAt of the comment; empty: none.
	json   string
	jsonAt int
	// void blocks have no content; closing comments end one.
	void, closing bool
	bytes         int
}

// parseBlockComment reads the comment at the start of s.
func parseBlockComment(s string) (c blockComment, ok bool) {
	head := blockOpen
	if strings.HasPrefix(s, blockClose) {
		head, c.closing = blockClose, true
	} else if !strings.HasPrefix(s, blockOpen) {
		return c, false
	}
	// A comment begun inside ends the search, which keeps it linear; attributes never hold one.
	limit := strings.Index(s[len(head):], "<!--") + len(head)
	if limit < len(head) {
		limit = len(s)
	}
	end := strings.Index(s[:limit], "-->")
	if end < len(head) {
		return c, false
	}
	c.bytes = end + len("-->")
	inner := s[len(head):end]
	n := 0
	for n < len(inner) && isBlockNameByte(inner[n]) {
		n++
	}
	// The name must be followed by a blank: "wp:x-->" is no block.
	if n == 0 || n == len(inner) || isBlockNameByte(inner[n]) {
		return c, false
	}
	c.name = strings.TrimPrefix(inner[:n], "core/")
	rest := strings.TrimRight(inner[n:], " \t\r\n")
	if r, ok := strings.CutSuffix(rest, "/"); ok {
		c.void, rest = true, strings.TrimRight(r, " \t\r\n")
	}
	json := strings.TrimLeft(rest, " \t\r\n")
	if json != "" && (json[0] != '{' || !strings.HasSuffix(json, "}")) {
		return c, false
	}
	c.json, c.jsonAt = json, len(head)+n+len(rest)-len(json)
	return c, true
}

func isBlockNameByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b-'0' < 10 || b == '-' || b == '_' || b == '/'
}

// blockAttr is a text or number among the attributes of a block, unescaped; "" when it has none.
func blockAttr(json, path string) string {
	for v := range jsonScalars(json) {
		if v.path != path {
			continue
		}
		if v.quoted {
			return unquoteJSON(json[v.start-1 : v.end+1])
		}
		return json[v.start:v.end]
	}
	return ""
}

// nextBlock finds the next comment of a block at or behind at; -1: there is none.
func nextBlock(s string, at int) (int, blockComment) {
	for {
		i := strings.Index(s[at:], "<!-- ")
		if i < 0 {
			return -1, blockComment{}
		}
		at += i
		if c, ok := parseBlockComment(s[at:]); ok {
			return at, c
		}
		at += len("<!-- ")
	}
}

// blockEnd is where the block's content and its closing comment end, when its opening comment ends at at.
func blockEnd(s string, at int, name string) (inner, end int) {
	depth := 1
	for {
		i, c := nextBlock(s, at)
		if i < 0 {
			return len(s), len(s)
		}
		at = i + c.bytes
		switch {
		case c.name != name || c.void:
		case !c.closing:
			depth++
		default:
			if depth--; depth == 0 {
				return i, at
			}
		}
	}
}
