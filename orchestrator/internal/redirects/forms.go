package redirects

import (
	"encoding/csv"
	"encoding/json"
	"regexp"
	"strings"
)

var forms = map[string]form{
	"csv":      {begin: "old,new,kind,source_id,remark\n", all: true, line: csvLine},
	"json":     {all: true, line: jsonLine},
	"htaccess": {begin: "<IfModule mod_rewrite.c>\nRewriteEngine On\n", end: "</IfModule>\n", line: apacheLines},
	"nginx":    {begin: nginxBegin, line: nginxLines},
	"netlify":  {line: netlifyLine},
	"ghost":    {begin: "301:\n", line: ghostLine},
}

func csvLine(e Entry, _ address) (string, bool) {
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.Write([]string{e.Old, e.New, e.Kind, e.ID, e.Remark})
	w.Flush()
	return b.String(), true
}

// jsonLine is an object a line.
func jsonLine(e Entry, _ address) (string, bool) {
	b, err := json.Marshal(e)
	return string(b) + "\n", err == nil
}

// apacheLines are for .htaccess in the web root, where patterns meet the path without its escapes and its first slash. Apache 2.4.
func apacheLines(e Entry, a address) (string, bool) {
	path := strings.TrimSuffix(strings.TrimPrefix(a.path, "/"), "/")
	pattern := "^" + regexp.QuoteMeta(path)
	if path != "" {
		pattern += "/?"
	}
	condition, flags := "", "[R=301,L,NE]"
	if a.query != "" {
		condition, flags = "RewriteCond %{QUERY_STRING} "+quoted("^"+regexp.QuoteMeta(a.query)+"$")+"\n", "[R=301,L,NE,QSD]"
	}
	// Percent and dollar signs refer to what was matched.
	to := strings.NewReplacer("%", `\%`, "$", `\$`, `"`, `\%22`).Replace(e.New)
	return condition + "RewriteRule " + quoted(pattern+"$") + " " + quoted(to) + " " + flags + "\n", true
}

// quoted puts a text between quotation marks: it may hold spaces. Apache knows no way to write such a mark within, but patterns do.
func quoted(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\x22`) + `"` }

// nginxBegin tells how the lines are used: nginx wants maps beside the server.
const nginxBegin = `# In http: map_hash_bucket_size 512; map_hash_max_size 262144;
#   map $request_uri $bailey_query { include FILE; }   map $uri $bailey_path { include FILE; }
# In server: if ($bailey_query) { return 301 $bailey_query; }   if ($bailey_path) { return 301 $bailey_path; }
`

// nginxLines are for both maps: an address with a query is found by $request_uri, one without by $uri, which has no escapes.
func nginxLines(e Entry, a address) (string, bool) {
	old := a.path
	if a.query != "" {
		old = a.raw + "?" + a.query
	}
	to := " " + nginxQuoted(strings.ReplaceAll(e.New, "$", "%24")) + ";\n"
	lines := nginxQuoted(old) + to
	// Systems answer an address without its last slash too; no other entry has it.
	if short := strings.TrimSuffix(old, "/"); a.query == "" && short != old && short != "" {
		lines += nginxQuoted(short) + to
	}
	return lines, true
}

func nginxQuoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// netlifyLine is one of a file _redirects, which Cloudflare Pages reads too, there without queries.
func netlifyLine(e Entry, a address) (string, bool) {
	old := strings.ReplaceAll(a.raw, " ", "%20")
	for pair := range strings.SplitSeq(a.query, "&") {
		if strings.ContainsAny(pair, " :") {
			return "", false
		}
		if pair != "" {
			old += " " + pair
		}
	}
	// A colon and an asterisk stand for something in a path.
	if strings.ContainsAny(a.raw, ":*") {
		return "", false
	}
	return old + " " + strings.ReplaceAll(e.New, " ", "%20") + " 301\n", true
}

// ghostLine is one of Ghost's redirects.yaml: Ghost matches paths with their escapes, and no queries.
func ghostLine(e Entry, a address) (string, bool) {
	path := strings.TrimSuffix(a.raw, "/")
	if a.query != "" || path == "" {
		return "", false
	}
	from, err := json.Marshal("^" + regexp.QuoteMeta(path) + "/?$")
	if err != nil {
		return "", false
	}
	to, err := json.Marshal(e.New)
	return "  " + string(from) + ": " + string(to) + "\n", err == nil
}
