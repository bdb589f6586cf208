package transform

import (
	"slices"
	"strings"
)

// NormalPath is the one form of a path from the site's root under which it is indexed and looked up: fragment removed, escapes decoded
// except those that carry meaning (their hex in upper case), "." and ".." and doubled slashes resolved, no trailing slash, index
// file or feed suffix, query sorted. The empty path is "/".
func NormalPath(path string) string {
	if i := strings.IndexByte(path, '#'); i >= 0 {
		path = path[:i]
	}
	path, query, _ := strings.Cut(path, "?")
	path = cutFeed(cutIndexFile(cleanSegments(decodeEscapes(path, "/?#%"))))
	if query = sortedQuery(query); query != "" {
		return path + "?" + query
	}
	return path
}

// decodeEscapes undoes %XX except for the bytes in keep and control bytes.
func decodeEscapes(s, keep string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c, ok := hexByte(s, i)
		switch {
		case !ok:
			b.WriteByte(s[i])
		case c < ' ' || c == 0x7f || strings.IndexByte(keep, c) >= 0:
			b.WriteString(strings.ToUpper(s[i : i+3]))
			i += 2
		default:
			b.WriteByte(c)
			i += 2
		}
	}
	return b.String()
}

// hexByte reads "%XX" at i.
func hexByte(s string, i int) (byte, bool) {
	if s[i] != '%' || i+2 >= len(s) {
		return 0, false
	}
	hi, lo := unhex(s[i+1]), unhex(s[i+2])
	return byte(hi<<4 | lo&15), hi >= 0 && lo >= 0
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

func cleanSegments(path string) string {
	if isClean(path) {
		return path
	}
	var out []string
	for seg := range strings.SplitSeq(path, "/") {
		switch seg {
		case "", ".":
		case "..":
			out = out[:max(0, len(out)-1)]
		default:
			out = append(out, seg)
		}
	}
	return "/" + strings.Join(out, "/")
}

// isClean says that cleanSegments would change nothing.
func isClean(path string) bool {
	return path == "/" || strings.HasPrefix(path, "/") && !strings.HasSuffix(path, "/") &&
		!strings.Contains(path, "//") && !strings.Contains(path, "/.")
}

// cutIndexFile removes the name that web servers add to a folder by themselves.
func cutIndexFile(path string) string {
	for _, name := range []string{"/index.php", "/index.html", "/index.htm"} {
		if p, ok := strings.CutSuffix(path, name); ok {
			return cmpOr(p, "/")
		}
	}
	return path
}

// feedSuffixes are what systems append to a record's address for its feed.
var feedSuffixes = []string{"/feed/rss2", "/feed/atom", "/feed/rdf", "/feed/rss", "/feed"}

// cutFeed removes a feed suffix behind another segment; a first segment "feed" may be a record's own slug.
func cutFeed(path string) string {
	p, _ := splitFeed(path)
	return p
}

func splitFeed(path string) (rest, suffix string) {
	for _, f := range feedSuffixes {
		if p, ok := strings.CutSuffix(path, f); ok && p != "" {
			return p, f
		}
	}
	return path, ""
}

// sortedQuery sorts the parameters of a query and decodes their escapes; those of no value count as such.
func sortedQuery(query string) string {
	if query == "" {
		return ""
	}
	var params []string
	for p := range strings.SplitSeq(query, "&") {
		if p != "" {
			params = append(params, decodeEscapes(strings.ReplaceAll(p, "+", "%20"), "&=+#%"))
		}
	}
	slices.Sort(params)
	return strings.Join(params, "&")
}

func cmpOr(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
