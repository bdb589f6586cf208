package modx

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// markup of bodies: HTML with the platform's own tags in it.
const markup = "modx"

// Types of entries, by the resource's class. Classes of extras are read as pages.
const (
	typePage    = "page"
	typeWeblink = "weblink"
	typeSymlink = "symlink"
	typeStatic  = "static"
)

var classOf = map[string]string{typePage: "modDocument", typeWeblink: "modWebLink", typeSymlink: "modSymLink", typeStatic: "modStaticResource"}

func typeOf(class string) string {
	for t, c := range classOf {
		if c == bare(class) {
			return t
		}
	}
	return typePage
}

// Names of fields of entries.
const (
	contextField     = own + "context"
	classField       = own + "class"
	linkField        = own + "link"
	uriField         = own + "uri"
	isFolderField    = own + "isfolder"
	propertiesField  = own + "properties"
	groupsField      = own + "resource_groups"
	inheritField     = own + "inherit"
	publishedField   = own + "published"
	pubDateField     = own + "pub_date"
	publishedOnField = own + "publishedon"
)

// emptyTemplate is what the manager calls a resource that is rendered without a template.
const emptyTemplate = "(empty)"

// plainColumns are columns that travel as fields where they are not what a new resource has.
var plainColumns = []struct{ column, usual string }{
	{"menutitle", ""}, {"link_attributes", ""}, {"hidemenu", "0"}, {"searchable", "1"}, {"cacheable", "1"}, {"richtext", "1"}, {"alias_visible", "1"},
	{"content_dispo", "0"}, {"donthit", "0"}, {"hide_children_in_tree", "0"}, {"show_in_tree", "1"}, {"unpub_date", "0"}, {"deletedon", "0"},
}

// peopleColumns are columns that name who did something.
var peopleColumns = []string{"editedby", "publishedby", "deletedby"}

// around is what the rows of a page of resources point to.
type around struct {
	env     *env
	users   map[string]bool
	values  map[string]map[string]string
	above   map[string]string
	groups  map[string][]row
	folders map[string]bool
	targets map[string]bool
	roots   []string
}

func (s *Site) loadEntries(ctx context.Context, q cmssql.Querier, ids []string) (map[string]cms.Item, error) {
	rows, err := s.queryIn(ctx, q, ids, "SELECT * FROM {site_content} WHERE id IN ", "")
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	a, err := s.around(ctx, q, rows)
	if err != nil {
		return nil, err
	}
	items := make(map[string]cms.Item, len(rows))
	for _, r := range rows {
		items[r.Text("id")] = cms.Item{Record: s.entry(r, a), Paths: s.entryPaths(r, a.env)}
	}
	return items, nil
}

func (s *Site) around(ctx context.Context, q cmssql.Querier, rows []row) (*around, error) {
	e, err := s.env(ctx, q)
	if err != nil {
		return nil, err
	}
	a := &around{env: e, roots: folders(e)}
	var ids, linked, people []string
	for _, r := range rows {
		ids, linked = append(ids, r.Text("id")), append(linked, r.Text("parent"))
		if id, ok := linkedID(r.Text("content")); ok && typeOf(r.Text("class_key")) != typePage {
			linked = append(linked, id)
		}
		for _, c := range append([]string{"createdby"}, peopleColumns...) {
			people = append(people, r.Text(c))
		}
	}
	for _, load := range []func() error{
		func() error { return s.loadValues(ctx, q, a, rows, ids) },
		func() (err error) { a.users, err = s.there(ctx, q, "users", people); return err },
		func() (err error) { a.folders, err = s.withChildren(ctx, q, ids); return err },
		func() (err error) {
			a.targets, err = s.there(ctx, q, "site_content", append(linked, a.listed(rows)...))
			return err
		},
		func() error {
			groups, err := s.queryIn(ctx, q, ids, "SELECT document, document_group FROM {document_groups} WHERE document IN ", " ORDER BY document_group")
			a.groups = cmssql.By(groups, "document")
			return err
		},
	} {
		if err := load(); err != nil {
			return nil, fmt.Errorf("read what hangs on resources: %w", err)
		}
	}
	return a, nil
}

// there says which ids are rows of a table.
func (s *Site) there(ctx context.Context, q cmssql.Querier, table string, ids []string) (map[string]bool, error) {
	m := map[string]bool{}
	rows, err := s.queryIn(ctx, q, distinct(ids), "SELECT id FROM {"+table+"} WHERE id IN ", "")
	for _, r := range rows {
		m[r.Text("id")] = true
	}
	return m, err
}

func (s *Site) withChildren(ctx context.Context, q cmssql.Querier, ids []string) (map[string]bool, error) {
	m := map[string]bool{}
	rows, err := s.queryIn(ctx, q, ids, "SELECT DISTINCT parent FROM {site_content} WHERE parent IN ", "")
	for _, r := range rows {
		m[r.Text("parent")] = true
	}
	return m, err
}

func distinct(ids []string) []string {
	seen := map[string]bool{"": true, "0": true}
	var out []string
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

func (s *Site) entry(r row, a *around) *recordv1.Record {
	e := &recordv1.Entry{
		Type: typeOf(r.Text("class_key")), Purpose: recordv1.Purpose_PURPOSE_PAGE, Title: r.Text("pagetitle"), Slug: r.Text("alias"), Excerpt: r.Text("introtext"),
		Position: int32(min(max(r.Number("menuindex"), -1<<31), 1<<31-1)), Created: instant(r.Number("createdon")), Modified: instant(r.Number("editedon")),
		Published: instant(r.Number("publishedon")), Mime: a.env.mime(r.Text("content_type")),
	}
	rec := &recordv1.Record{Ref: ref(kindEntry, r.Text("id")), Locale: a.env.locale(r.Text("context_key")), Body: &recordv1.Record_Entry{Entry: e}}
	if t, d := r.Text("longtitle"), r.Text("description"); t != "" || d != "" {
		e.Seo = &recordv1.Seo{Title: t, Description: d}
	}
	a.status(rec, r)
	a.relations(rec, r)
	a.template(rec, r)
	s.body(rec, r, a)
	a.columns(rec, r)
	a.visibility(rec, r)
	s.entryFields(rec, r, a)
	return rec
}

// status: a resource in the waste basket keeps its other state for the day it is taken out again.
func (a *around) status(rec *recordv1.Record, r row) {
	e := rec.GetEntry()
	e.Status = recordv1.Status_STATUS_DRAFT
	pub := r.Number("pub_date")
	switch {
	case r.Flag("published"):
		e.Status = recordv1.Status_STATUS_PUBLISHED
		if pub != 0 {
			put(rec, pubDateField, itoa(pub))
		}
	case pub != 0:
		if was := r.Number("publishedon"); was != 0 {
			put(rec, publishedOnField, itoa(was))
		}
		e.Status, e.Published = recordv1.Status_STATUS_SCHEDULED, instant(pub)
	}
	if r.Flag("deleted") {
		if e.Status != recordv1.Status_STATUS_DRAFT {
			put(rec, publishedField, map[bool]string{true: "1", false: "scheduled"}[r.Flag("published")])
		}
		e.Status = recordv1.Status_STATUS_TRASHED
	}
}

func (a *around) relations(rec *recordv1.Record, r row) {
	e := rec.GetEntry()
	switch by := r.Text("createdby"); {
	case a.users[by]:
		e.Authors = []*recordv1.Ref{ref(kindUser, by)}
	case by != "0":
		note(rec, "author_missing", "authors")
	}
	switch p := r.Text("parent"); {
	case a.targets[p] && p != r.Text("id"):
		e.Parent = ref(kindEntry, p)
	case p != "0":
		note(rec, "parent_missing", "parent")
	}
	for _, c := range peopleColumns {
		if by := r.Text(c); a.users[by] {
			rec.Fields = append(rec.Fields, field(own+c, refValue(ref(kindUser, by))))
		}
	}
}

func (a *around) template(rec *recordv1.Record, r row) {
	id := r.Text("template")
	switch name, ok := a.env.templates[id]; {
	case id == a.env.setting(r.Text("context_key"), "default_template") && ok:
	case id == "0":
		rec.GetEntry().Template = emptyTemplate
	case ok:
		rec.GetEntry().Template = name
	default:
		note(rec, "template_missing", "template")
	}
}

// linkTag is a link to a resource as MODX writes it, and nothing else.
var linkTag = regexp.MustCompile(`^\s*(?:\[\[~)?(\d+)(?:\]\])?\s*$`)

func linkedID(content string) (string, bool) {
	m := linkTag.FindStringSubmatch(content)
	if m == nil || strings.Contains(content, "[[") != strings.Contains(content, "]]") {
		return "", false
	}
	return m[1], true
}

// body: what stands for a link's target or a file's path is no text that anybody reads.
func (s *Site) body(rec *recordv1.Record, r row, a *around) {
	e, text := rec.GetEntry(), r.Text("content")
	switch {
	case e.Type == typePage:
		// Also when it is empty: it says in which syntax the other texts are.
		e.Content = &recordv1.Body{Markup: markup, Text: text}
		return
	case text == "":
		return
	}
	e.Content = &recordv1.Body{Markup: markup}
	value := textValue(text)
	if id, ok := linkedID(text); ok && e.Type != typeStatic && a.targets[id] {
		value = refValue(ref(kindEntry, id))
	} else if e.Type == typeStatic {
		value = s.fileValue(a, "", text)
	}
	rec.Fields = append(rec.Fields, field(linkField, value))
}

func (a *around) columns(rec *recordv1.Record, r row) {
	for _, c := range plainColumns {
		if v := r.Cell(c.column); !v.Null && v.Text != c.usual {
			rec.Fields = append(rec.Fields, field(own+c.column, textValue(v.Text)))
		}
	}
	if key := r.Text("context_key"); key != homeContext {
		put(rec, contextField, key)
	}
	if class := r.Text("class_key"); bare(class) != classOf[typeOf(class)] {
		put(rec, classField, class)
	}
	if r.Flag("uri_override") {
		put(rec, uriField, r.Text("uri"))
	}
	// A resource with children is a container in any case, and one without usually is not.
	if has := a.folders[r.Text("id")]; has != r.Flag("isfolder") {
		put(rec, isFolderField, strconv.Itoa(int(r.Number("isfolder"))))
	}
}

func (a *around) visibility(rec *recordv1.Record, r row) {
	rec.GetEntry().Visibility = recordv1.Visibility_VISIBILITY_PUBLIC
	var in []string
	for _, g := range a.groups[r.Text("id")] {
		id := g.Text("document_group")
		if name := a.env.resourceGroups[id]; name != "" {
			in = append(in, name)
		}
		if a.env.closed[id+"/"+r.Text("context_key")] {
			rec.GetEntry().Visibility = recordv1.Visibility_VISIBILITY_MEMBERS
		}
	}
	if len(in) > 0 {
		rec.Fields = append(rec.Fields, field(groupsField, list(in)))
	}
}

// entryFields are the template variables and what extras keep in the column properties.
func (s *Site) entryFields(rec *recordv1.Record, r row, a *around) {
	kept := properties(rec, r.Text("properties"))
	s.variables(rec, r, a)
	rec.Fields = append(rec.Fields, kept...)
}

// properties adds the column as one field and gives the fields that are kept in it.
func properties(rec *recordv1.Record, text string) []*recordv1.Field {
	if text == "" || text == "[]" || text == "null" {
		return nil
	}
	v, err := php.ReadJSON(text)
	if err != nil || v.GetArray() == nil {
		put(rec, propertiesField, text)
		return nil
	}
	var kept []*recordv1.Field
	o := newObject()
	for _, p := range v.GetArray().GetPairs() {
		if p.GetKey().GetText() == keptSpace {
			kept = readKept(p.GetValue())
			continue
		}
		o.a.Pairs = append(o.a.Pairs, p)
	}
	o.a.List = v.GetArray().GetList()
	if len(o.a.Pairs) > 0 {
		rec.Fields = append(rec.Fields, &recordv1.Field{Name: propertiesField, Encoding: "json", Value: o.value()})
	}
	return kept
}

// entryPaths are all addresses that MODX answers for a resource, the public one first.
func (s *Site) entryPaths(r row, e *env) []*agentv1.Path {
	id, key := r.Text("id"), r.Text("context_key")
	base := s.contextBase(e, key)
	var all []string
	// "/" is the site's own address, whichever page stands there.
	if base != "/" && e.setting(key, "site_start") == id {
		all = append(all, escapePath(base))
	}
	uri := r.Text("uri")
	if uri != "" {
		uri = escapePath(base + uri)
	}
	byID := base + "index.php?id=" + id
	if e.setting(key, "friendly_urls") != "1" {
		all = append(all, byID, uri)
	} else {
		all = append(all, uri, byID)
	}
	all = append(all, base+"?id="+id)
	if base != "/" {
		// Links by id lead to every context's resources.
		all = append(all, "/index.php?id="+id, "/?id="+id)
	}
	var paths []*agentv1.Path
	for _, p := range distinct(all) {
		paths = append(paths, &agentv1.Path{Path: p})
	}
	return paths
}
