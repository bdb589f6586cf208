package mapping

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Init writes the mapping file of two sites: every name of the source with what becomes of it, explained in place. As it is
// written it changes nothing.
func Init(c *Census, source, target *agentv1.DescribeResponse) []byte {
	w := &writer{census: c, target: target}
	w.line(`# What becomes of each record on its way from %s %s to %s %s.`, source.GetPlatform(), shown(source.GetPlatformVersion()), target.GetPlatform(), shown(target.GetPlatformVersion()))
	w.b.WriteString(head)
	w.line("version: %s", Version)
	w.section(inKinds, `Kinds. "move" or "skip": a record that is left behind stands on the report with the reason "filtered";
pointers to it are told as unresolved.`)
	for _, k := range record.Kinds {
		if n := c.kinds[k]; n > 0 {
			w.entry(record.KindName(k), wordMove, fmt.Sprint(n))
		}
	}
	w.names(inTypes, recordv1.Kind_KIND_ENTRY, "type", `Types of entries: old name: new name. "skip" leaves all of a type behind. What an entry is for (article, page) follows the
new name; menus follow too.`)
	w.names(inStatuses, recordv1.Kind_KIND_ENTRY, "status", "How far entries are published. New: "+strings.Join(statusNames(), ", ")+`, or "skip".`)
	w.names(inTaxonomies, recordv1.Kind_KIND_TERM, "taxonomy", `Taxonomies: old name: new name, or "skip".`)
	w.names(inRoles, recordv1.Kind_KIND_USER, "roles", `Roles of accounts: old name: new name, or "skip" to take the role away.`)
	w.languages()
	w.fields()
	w.rows(inAuthors, `Authors by their id. Another author's id: that one stands for this one everywhere, and this account is not moved. A table
sets fields of the account, for example {login: mary, email: mary@example.org} to meet an account that the target has.`)
	w.rows(inCategories, `Categories, tags and other terms by their id. Another term's id: that one stands for this one everywhere, links included. A
table sets fields: {name: News, slug: news}.`)
	w.b.WriteString(tail)
	w.markup()
	return w.b.Bytes()
}

const head = `# As bailey map init wrote it, this file changes nothing. What you delete stays as it is, too.
#
#   bailey map check FILE --source LINK --target LINK    says what is wrong, with line and column
#   bailey plan      --map FILE --source LINK --target LINK    says what would happen
#   bailey migrate   --map FILE --source LINK --target LINK    does it; the mapping is then part of the migration
#
`

const tail = `
# Records that are left behind: where the condition is true. Conditions are CEL (https://cel.dev) over the record as the source has
# it: entry (or user, term, media, comment, …), record, and fields, the custom fields by name. Texts know lower(), upper(), trim(),
# slug(), replace(a, b), split(","), substring(from, to) and lists join(", ").
filters: []
#  - kind: entry
#    skip: entry.status == Status.STATUS_DRAFT && entry.title.startsWith("Test")
#  - kind: comment
#    skip: comment.status == CommentStatus.COMMENT_STATUS_SPAM

# Computed values: set is a field ("title", "seo.title", "fields.price"), to its value in CEL, when a condition.
values: []
#  - kind: entry
#    set: excerpt
#    to: fields[?"teaser"].orValue(entry.excerpt)
#    when: entry.excerpt == ""
#  - kind: site
#    set: permalink_pattern
#    to: '"/%year%/%postname%/"'

# Parts of addresses, from {slug}, {id}, {type}, {title}, {year}, {month} and {day}. The first that fits counts; a record that has no
# slug yet stays without. Old addresses lead to the new ones with bailey redirects.
slugs: []
#  - kind: entry
#    when: entry.type == "post"
#    pattern: "{year}-{slug}"

# Paths of files below the folder of uploads, from {dir}, {name}, {id}, {year}, {month} and {day}.
paths: {}
#  media: "archive/{dir}/{name}"

# Further addresses under which texts of the site link to it, beside the one that it has now: earlier domains, a copy for trying things out.
domains: []
#  - www.example.org
#  - https://staging.example.org/blog
`

// writer writes a mapping file.
type writer struct {
	b      bytes.Buffer
	census *Census
	target *agentv1.DescribeResponse
}

func (w *writer) line(format string, args ...any) { fmt.Fprintf(&w.b, format+"\n", args...) }

// section begins a section with what it means.
func (w *writer) section(s section, about string) {
	w.line("")
	for line := range strings.SplitSeq(about, "\n") {
		w.line("# %s", line)
	}
	w.line("%s:", s)
}

// entry is one line of a table, with a remark.
func (w *writer) entry(name, value, remark string) {
	line := "  " + quote(name) + ": " + value
	if remark != "" {
		line += strings.Repeat(" ", max(1, 40-len([]rune(line)))) + "# " + remark
	}
	w.line("%s", line)
}

// plainText are the scalars that need no quotes, whatever they stand for.
var plainText = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(-[A-Za-z0-9_]+)*$`)

func quote(s string) string {
	if plainText.MatchString(s) {
		switch strings.ToLower(s) {
		case "true", "false", "null", "yes", "no", "on", "off", "y", "n", wordSkip:
		default:
			return s
		}
	}
	return strconv.QuoteToGraphic(s)
}

// names writes a table of names that stay as they are. field is the path that rules of the target name them by.
func (w *writer) names(in section, kind recordv1.Kind, field, about string) {
	w.section(in, about)
	all := w.census.names[in]
	for _, name := range byCount(all, func(n uint64) uint64 { return n }) {
		if name == wordSkip {
			continue
		}
		w.entry(name, quote(name), remarks(fmt.Sprint(all[name]), fate(holdsOf(w.target, kind), field, name)))
	}
	w.more(in)
}

// languages writes what the content is in.
func (w *writer) languages() {
	all := w.census.names[inLanguages]
	if len(all) == 0 {
		return
	}
	w.section(inLanguages, `Languages of the content: keep; "skip" to leave all of one behind; suffix to put it behind addresses ("about-fr"); or {below: ID} for a
tree of its own: what stands below no other entry comes below the one with this id. For a target that has no languages of its own.`)
	for _, name := range byCount(all, func(n uint64) uint64 { return n }) {
		w.entry(name, wordKeep, remarks(fmt.Sprint(all[name]), speaks(w.target)))
	}
	w.more(inLanguages)
}

func (w *writer) more(in section) {
	if n := w.census.more[in]; n > 0 {
		w.line("  # and %d more, which stay as they are unless you name them", n)
	}
}

// fate is what the target itself makes of a value; empty: it stays.
func fate(h *agentv1.Holds, field, value string) string {
	for _, r := range h.GetValues() {
		if r.GetField() != field || r.GetValue() != value && r.GetValue() != "*" {
			continue
		}
		switch {
		case r.GetSkip():
			return "the target does not take it"
		case r.GetBecomes() == "*" || r.GetBecomes() == value:
			return ""
		case r.GetBecomes() == "":
			return "the target does without"
		}
		return "the target makes it " + r.GetBecomes()
	}
	return ""
}

func remarks(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "; ")
}

func (w *writer) fields() {
	w.section(inFields, `Custom fields, by kind and name: keep, drop, or a table: {rename: new name}, {convert: text|int|float|bool|list|json|date},
{constant: value}, {into: a text field that takes it as JSON}. What the fields hold now, and how often, stands behind them.`)
	for _, k := range record.Kinds {
		all := w.census.fields[k]
		if len(all) == 0 {
			continue
		}
		w.line("  %s:", record.KindName(k))
		holds := holdsOf(w.target, k)
		if home := holds.GetFieldsHome(); home != "" {
			w.line("    # Kept in %s, unless you say otherwise here.", home)
		}
		names := slices.Sorted(maps.Keys(all))
		if i := slices.IndexFunc(names, func(name string) bool { return !housed(holds, name) }); i >= 0 {
			w.line("    # WARNING: for some of these the target has no place; they will be told as lost. %s", fixHome(holds, names[i]))
		}
		for _, name := range byCount(all, func(s *fieldSeen) uint64 { return s.count }) {
			lost := ""
			if !housed(holds, name) {
				lost = "WARNING: no place on the target"
			}
			w.b.WriteString("  ")
			w.entry(name, wordKeep, remarks(fmt.Sprintf("%d, %s", all[name].count, all[name].form()), lost))
		}
	}
	w.more(inFields)
}

func (w *writer) rows(in section, about string) {
	w.section(in, about)
	rows := w.census.rows[in]
	for _, id := range slices.SortedFunc(maps.Keys(rows), func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }) {
		w.entry(id, quote(id), rows[id])
	}
	w.more(in)
}

// markup writes the constructs that the plan tells, each with the word that changes nothing.
func (w *writer) markup() {
	w.section(inMarkup, `Shortcodes, blocks, tags and the like that have no equal on the target, as bailey plan names them among the losses, and how often
they stand there: default, keep_text, keep_raw, drop, rendered (what the old site's page shows), or {template: HTML} with {{NAME}} for
attributes, {{content}} and {{tag}}.`)
	all := w.census.names[inMarkup]
	for _, tag := range byCount(all, func(n uint64) uint64 { return n }) {
		w.entry(tag, wordDefault, fmt.Sprint(all[tag]))
	}
	w.more(inMarkup)
	w.b.WriteString(`#  shortcode:contact-form-7: {template: '<p><a href="/contact/">Write to us</a></p>'}
#  "modx:snippet:*": rendered
`)
}

// byCount orders names by how often they occur.
func byCount[T any](all map[string]T, count func(T) uint64) []string {
	return slices.SortedFunc(maps.Keys(all), func(a, b string) int {
		return cmp.Or(cmp.Compare(count(all[b]), count(all[a])), cmp.Compare(a, b))
	})
}
