package mapping

import (
	"fmt"
	"maps"
	"slices"

	"gopkg.in/yaml.v3"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// section names a part of the file.
type section string

// Sections, by their words in the file.
const (
	inKinds      section = "kinds"
	inTypes      section = "types"
	inStatuses   section = "statuses"
	inTaxonomies section = "taxonomies"
	inRoles      section = "roles"
	inLanguages  section = "languages"
	inFields     section = "fields"
	inAuthors    section = "authors"
	inCategories section = "categories"
	inFilters    section = "filters"
	inValues     section = "values"
	inSlugs      section = "slugs"
	inPaths      section = "paths"
	inMarkup     section = "markup"
	inDomains    section = "domains"
)

// readers read the sections of a file.
var readers map[section]func(*file, *Mapping, *yaml.Node)

func init() {
	readers = map[section]func(*file, *Mapping, *yaml.Node){
		inKinds: (*file).kinds,
		inTypes: func(f *file, m *Mapping, n *yaml.Node) {
			f.names(m, n, inTypes, recordv1.Kind_KIND_ENTRY, m.types, nil)
		},
		inStatuses: func(f *file, m *Mapping, n *yaml.Node) {
			f.names(m, n, inStatuses, recordv1.Kind_KIND_ENTRY, m.statuses, statusNames())
		},
		inTaxonomies: func(f *file, m *Mapping, n *yaml.Node) {
			f.names(m, n, inTaxonomies, recordv1.Kind_KIND_TERM, m.taxonomies, nil)
		},
		inRoles:      func(f *file, m *Mapping, n *yaml.Node) { f.names(m, n, inRoles, recordv1.Kind_KIND_USER, m.roles, nil) },
		inLanguages:  (*file).spoken,
		inFields:     (*file).customFields,
		inAuthors:    func(f *file, m *Mapping, n *yaml.Node) { f.table(m, n, inAuthors, recordv1.Kind_KIND_USER) },
		inCategories: func(f *file, m *Mapping, n *yaml.Node) { f.table(m, n, inCategories, recordv1.Kind_KIND_TERM) },
		inFilters:    (*file).filters,
		inValues:     (*file).values,
		inSlugs:      (*file).slugs,
		inPaths:      (*file).paths,
		inMarkup:     (*file).markup,
		inDomains:    (*file).domains,
	}
}

// sections reads the whole file.
func (f *file) sections(m *Mapping, root *yaml.Node) {
	versioned := false
	for k, v := range f.pairs(root, "the file") {
		if k.Value == "version" {
			versioned = true
			if v.Kind != yaml.ScalarNode || v.Value != Version {
				f.fault(v, "version", "this program reads version "+Version+" of mapping files", "Let bailey map init write a new one.")
			}
			continue
		}
		if read := readers[section(k.Value)]; read != nil {
			read(f, m, v)
		} else {
			f.unknown(k, "section", append(sectionNames(), "version"))
		}
	}
	if !versioned && len(f.faults) == 0 {
		f.fault(root, "version", "the file does not say its version", "Write \"version: "+Version+"\" into its first line.")
	}
}

func sectionNames() []string {
	var all []string
	for s := range maps.Keys(readers) {
		all = append(all, string(s))
	}
	return all
}

func kindNames() []string {
	var all []string
	for _, k := range record.Kinds {
		all = append(all, record.KindName(k))
	}
	return all
}

// statusNames are the words for how far an entry is published.
func statusNames() []string {
	var all []string
	d := recordv1.Status(0).Descriptor()
	for i := range d.Values().Len() {
		if n := d.Values().Get(i).Number(); n != 0 {
			all = append(all, record.EnumName(d, n))
		}
	}
	return all
}

// kind reads the name of a kind.
func (f *file) kind(n *yaml.Node) (recordv1.Kind, bool) {
	if !f.scalar(n, "the kind") {
		return 0, false
	}
	k, ok := record.ParseKind(n.Value)
	if !ok {
		f.unknown(n, "kind", kindNames())
	}
	return k, ok
}

func (f *file) kinds(m *Mapping, n *yaml.Node) {
	for k, v := range f.pairs(n, "kinds") {
		kind, ok := f.kind(k)
		if !ok || !f.scalar(v, "what becomes of a kind") {
			continue
		}
		switch v.Value {
		case wordMove:
		case wordSkip:
			m.kinds[kind] = true
		default:
			f.unknown(v, "word for what becomes of a kind:", []string{wordMove, wordSkip})
		}
	}
}

// names reads a table of old and new names. words are those that new names are limited to.
func (f *file) names(m *Mapping, n *yaml.Node, in section, kind recordv1.Kind, to map[string]string, words []string) {
	for k, v := range f.pairs(n, string(in)) {
		now, ok := f.words(v, "the new name")
		if !ok {
			continue
		}
		m.named = append(m.named, named{in, kind, k})
		switch {
		case now == wordSkip:
			to[k.Value] = ""
		case words != nil && now != k.Value && !slices.Contains(words, now):
			f.unknown(v, "status", append(words, wordSkip))
		case now != k.Value:
			to[k.Value] = now
		}
	}
}

// table reads what becomes of single records, by their ids.
func (f *file) table(m *Mapping, n *yaml.Node, in section, kind recordv1.Kind) {
	nodes := map[record.Key]*yaml.Node{}
	for k, v := range f.pairs(n, string(in)) {
		m.named = append(m.named, named{in, kind, k})
		key := record.Key{Kind: kind, ID: k.Value}
		if v.Kind == yaml.MappingNode {
			m.rows[key] = f.row(v, kind)
			continue
		}
		into, ok := f.words(v, "the id of the record that stands for it")
		if !ok || into == k.Value {
			continue
		}
		m.named = append(m.named, named{in, kind, v})
		m.merged[key], nodes[key] = record.Key{Kind: kind, ID: into}, v
	}
	for key, v := range nodes {
		if _, merged := m.merged[m.merged[key]]; merged {
			f.fault(v, "merged_twice", fmt.Sprintf("%q, which is to stand for another one, is itself merged into one", v.Value), "Name the last one.")
		}
	}
}

// row reads the fields that a single record gets.
func (f *file) row(n *yaml.Node, kind recordv1.Kind) (all []assignment) {
	for k, v := range f.pairs(n, "the row") {
		to := f.target(k, kind)
		if to == nil || !f.scalar(v, "the value") {
			continue
		}
		a := assignment{to: *to, constant: literal(v)}
		if a.constant == nil {
			f.fault(v, "wrong_shape", "the value cannot be read", "")
			continue
		}
		if _, err := to.native(a.constant); err != nil {
			f.fault(v, "wrong_value", fmt.Sprintf("%s cannot be %q: %v", k.Value, v.Value, err), "")
			continue
		}
		all = append(all, a)
	}
	return all
}

// rule is an element of a list of rules: a table whose names are known.
func (f *file) rule(n *yaml.Node, what string, needed, optional []string) (map[string]*yaml.Node, bool) {
	before := len(f.faults)
	all := map[string]*yaml.Node{}
	for k, v := range f.pairs(n, what) {
		if words := slices.Concat(needed, optional); !slices.Contains(words, k.Value) {
			f.unknown(k, "key of "+what, words)
			continue
		}
		all[k.Value] = v
	}
	for _, name := range needed {
		if all[name] == nil && len(f.faults) == before {
			f.fault(n, "missing", fmt.Sprintf("%s needs %q", what, name), "")
		}
	}
	return all, len(f.faults) == before
}

func (f *file) filters(m *Mapping, n *yaml.Node) {
	for one := range f.items(n, string(inFilters)) {
		r, ok := f.rule(one, "a filter", []string{"kind", "skip"}, nil)
		if !ok {
			continue
		}
		if k, ok := f.kind(r["kind"]); ok {
			if e := f.compile(r["skip"], k, "the condition", condition); e != nil {
				m.filters[k] = append(m.filters[k], e)
			}
		}
	}
}

func (f *file) values(m *Mapping, n *yaml.Node) {
	for one := range f.items(n, string(inValues)) {
		r, ok := f.rule(one, "a value", []string{"kind", "set", "to"}, []string{"when"})
		if !ok {
			continue
		}
		k, ok := f.kind(r["kind"])
		if !ok {
			continue
		}
		if to := f.target(r["set"], k); to != nil {
			a := assignment{to: *to, value: f.compile(r["to"], k, "the value", to.takes)}
			if r["when"] != nil {
				a.when = f.compile(r["when"], k, "the condition", condition)
			}
			m.values[k] = append(m.values[k], a)
		}
	}
}

func (f *file) slugs(m *Mapping, n *yaml.Node) {
	for one := range f.items(n, string(inSlugs)) {
		r, ok := f.rule(one, "a slug", []string{"kind", "pattern"}, []string{"when"})
		if !ok {
			continue
		}
		k, ok := f.kind(r["kind"])
		if !ok {
			continue
		}
		if bodies[k].Fields().ByName("slug") == nil {
			f.fault(r["kind"], "no_slug", "records of the kind "+record.KindName(k)+" have no slug", "")
			continue
		}
		s := slugRule{pattern: f.pattern(r["pattern"], slugParts)}
		if r["when"] != nil {
			s.when = f.compile(r["when"], k, "the condition", condition)
		}
		m.slugs[k] = append(m.slugs[k], s)
	}
}

func (f *file) paths(m *Mapping, n *yaml.Node) {
	if r, ok := f.rule(n, "paths", nil, []string{record.KindName(recordv1.Kind_KIND_MEDIA)}); ok {
		if v := r[record.KindName(recordv1.Kind_KIND_MEDIA)]; v != nil {
			m.paths = f.filePattern(v)
		}
	}
}
