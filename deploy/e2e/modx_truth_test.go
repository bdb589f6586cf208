//go:build accept

package e2e

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/deploy/testbed"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// modxSite is a fixture of MODX: its database and its web root.
type modxSite struct {
	root, prefix, home string
	db                 *testbed.Database
}

func newMODX(t *testing.T, fixture, prefix string) *modxSite {
	t.Helper()
	s := &modxSite{root: t.TempDir(), prefix: prefix, home: "http://modx.example", db: server.Database(t)}
	load(t, server.Socket, s.db.Name, filepath.Join(fixtures, fixture, "db.sql.gz"))
	if out, err := exec.Command("tar", "xzf", filepath.Join(fixtures, fixture, "files.tar.gz"), "-C", s.root).CombinedOutput(); err != nil {
		t.Fatalf("unpack the files: %v: %s", err, out)
	}
	return s
}

func (s *modxSite) serve(t *testing.T, role string) *agent {
	t.Helper()
	return serve(t, append(s.args(), "--role", role)...)
}

func (s *modxSite) args() []string {
	return []string{"--platform", "modx", "--dsn", s.db.DSN, "--prefix", s.prefix, "--files", s.root, "--base-url", s.home}
}

// truthItem is one item of a truth file.
type truthItem map[string]any

func modxTruth(t *testing.T, name string) []truthItem {
	t.Helper()
	var items []truthItem
	readTruth(t, filepath.Join("modx-dev", "truth", name+".json"), &items)
	if len(items) == 0 {
		t.Fatalf("no truth in %s", name)
	}
	return items
}

// word is a value of a truth file as one text; what is not there, false and 0 are told apart only where MODX does.
func (o truthItem) word(key string) string {
	switch v := o[key].(type) {
	case nil:
		return ""
	case bool:
		return map[bool]string{true: "1", false: "0"}[v]
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case string:
		return v
	default:
		b, err := json.Marshal(v)
		if err != nil {
			return err.Error()
		}
		return string(b)
	}
}

// tvs are a resource's variables; PHP writes an empty map as a list.
func (o truthItem) tvs() map[string]any {
	m, _ := o["tvs"].(map[string]any)
	return m
}

// asAny is a typed value as encoding/json would read it.
func asAny(v *recordv1.Value) any {
	switch k := v.GetKind().(type) {
	case *recordv1.Value_Text:
		return k.Text
	case *recordv1.Value_IntValue:
		return float64(k.IntValue)
	case *recordv1.Value_FloatValue:
		n, _ := strconv.ParseFloat(k.FloatValue, 64)
		return n
	case *recordv1.Value_BoolValue:
		return k.BoolValue
	case *recordv1.Value_Ref:
		return k.Ref.GetSourceId()
	case *recordv1.Value_Array:
		if k.Array.GetList() {
			list := []any{}
			for _, p := range k.Array.GetPairs() {
				list = append(list, asAny(p.GetValue()))
			}
			return list
		}
		m := map[string]any{}
		for _, p := range k.Array.GetPairs() {
			m[fmt.Sprint(asAny(p.GetKey()))] = asAny(p.GetValue())
		}
		return m
	}
	return nil
}

// own reads a field of a record as one text; usual is what it stands for when it is not there.
func ownField(rec *recordv1.Record, name, usual string) string {
	for _, f := range rec.GetFields() {
		if f.GetName() == name {
			return truthItem{"v": asAny(f.GetValue())}.word("v")
		}
	}
	return usual
}

func seconds(t *recordv1.Time) string { return strconv.FormatInt(t.GetSeconds(), 10) }

// refID is the id of the only ref of a list.
func refID(refs []*recordv1.Ref) string {
	if len(refs) == 0 {
		return "0"
	}
	return refs[0].GetSourceId()
}

// modxResource gives the facts of a resource as the truth tells them.
type modxResource struct {
	templates map[string]string
	types     map[string]truthItem
	tvs       map[string]truthItem
	sources   map[string]string
	parents   map[string]bool
}

func newModxResource(t *testing.T, resources []truthItem) *modxResource {
	m := &modxResource{templates: map[string]string{"0": "(empty)"}, types: map[string]truthItem{}, tvs: map[string]truthItem{}, sources: map[string]string{}, parents: map[string]bool{}}
	for _, o := range modxTruth(t, "templates") {
		m.templates[o.word("id")] = o.word("templatename")
	}
	for _, o := range modxTruth(t, "content_types") {
		m.types[o.word("id")] = o
	}
	for _, o := range modxTruth(t, "template_vars") {
		m.tvs[o.word("name")] = o
	}
	for _, o := range modxTruth(t, "media_source_elements") {
		if o.word("source") == "2" {
			m.sources[o.word("object")+"/"+o.word("context_key")] = "assets/roastery/"
		}
	}
	for _, o := range resources {
		m.parents[o.word("parent")] = true
	}
	return m
}

// plain are columns whose field is named after them, with what a new resource has.
var modxPlain = map[string]string{"menutitle": "", "link_attributes": "", "hidemenu": "0", "searchable": "1", "cacheable": "1", "richtext": "1", "alias_visible": "1",
	"content_dispo": "0", "donthit": "0", "hide_children_in_tree": "0", "show_in_tree": "1", "editedby": "0", "publishedby": "0", "deletedby": "0"}

// want are the facts of the truth; got those of the record, in the same words.
func (m *modxResource) want(o truthItem) factList {
	var l factList
	add := func(field, path string) { l.add(field, path, o.word(field)) }
	for col := range modxPlain {
		add(col, "fields.modx_"+col)
	}
	add("pagetitle", "title")
	add("longtitle", "seo.title")
	add("description", "seo.description")
	add("alias", "slug")
	add("introtext", "excerpt")
	add("menuindex", "position")
	add("class_key", "type")
	add("context_key", "fields.modx_context")
	add("parent", "parent")
	add("createdby", "authors")
	for _, d := range []string{"createdon", "editedon", "publishedon", "deletedon", "pub_date", "unpub_date"} {
		l.add(d, d, o.word(d+"_raw"))
	}
	add("published", "status")
	add("deleted", "status")
	add("isfolder", "fields.modx_isfolder")
	add("uri_override", "fields.modx_uri")
	l.add("template", "template", m.templates[o.word("template")])
	l.add("content_type", "mime", m.types[o.word("content_type")].word("mime_type"))
	l.add("contentType", "mime", m.types[o.word("content_type")].word("mime_type"))
	add("privateweb", "privateweb")
	add("privatemgr", "privatemgr")
	add("content", "content")
	url := o.word("url")
	if o.word("id") == "1" {
		// What stands at "/" is the site; the page answers at its own address as well.
		url = ""
	}
	if url == "" {
		// MODX makes no link to what is in the waste basket; the address is there.
		url = "/" + o.word("uri")
	}
	l.add("url", "path", url)
	l.add("properties", "fields.modx_properties", o.word("properties"))
	for name, v := range o.tvs() {
		l.add("tv."+name, "fields."+name, m.tv(name, o.word("context_key"), v.(map[string]any)))
	}
	sort.Slice(l, func(i, k int) bool { return l[i].field < l[k].field })
	return l
}

// tv is a variable's value in the words of records.
func (m *modxResource) tv(name, context string, v truthItem) string {
	def, value := m.tvs[name], v.word("value")
	switch def.word("type") {
	case "image", "file":
		if value != "" && !strings.HasPrefix(value, "@INHERIT") {
			return m.sources[def.word("id")+"/"+context] + value
		}
	case "checkbox", "listbox-multiple":
		if value != "" {
			return truthItem{"v": strings.Split(value, "||")}.word("v")
		}
	case "tag", "autotag":
		if value != "" {
			return truthItem{"v": strings.Split(value, ",")}.word("v")
		}
	case "migx":
		var x any
		if json.Unmarshal([]byte(value), &x) == nil {
			return truthItem{"v": x}.word("v")
		}
	}
	return value
}

func (m *modxResource) got(r *readSite, rec *recordv1.Record, o truthItem) factList {
	if rec == nil {
		return nil
	}
	var l factList
	e := rec.GetEntry()
	for col, usual := range modxPlain {
		l.add(col, "", ownField(rec, "modx_"+col, usual))
	}
	l.add("pagetitle", "", e.GetTitle())
	l.add("longtitle", "", e.GetSeo().GetTitle())
	l.add("description", "", e.GetSeo().GetDescription())
	l.add("alias", "", e.GetSlug())
	l.add("introtext", "", e.GetExcerpt())
	l.add("menuindex", "", e.GetPosition())
	l.add("class_key", "", map[string]string{"page": "modDocument", "weblink": "modWebLink", "symlink": "modSymLink", "static": "modStaticResource"}[e.GetType()])
	l.add("context_key", "", ownField(rec, "modx_context", "web"))
	l.add("parent", "", refID(slices.DeleteFunc([]*recordv1.Ref{e.GetParent()}, func(r *recordv1.Ref) bool { return r == nil })))
	l.add("createdby", "", refID(e.GetAuthors()))
	m.gotDates(&l, rec)
	folder := map[bool]string{true: "1", false: "0"}[m.parents[rec.GetRef().GetSourceId()]]
	l.add("isfolder", "", ownField(rec, "modx_isfolder", folder))
	frozen := ownField(rec, "modx_uri", "")
	l.add("uri_override", "", map[bool]string{true: "1", false: "0"}[frozen != "" && frozen == o.word("uri")])
	template := e.GetTemplate()
	if template == "" {
		template = m.templates["1"]
	}
	l.add("template", "", template)
	mime := e.GetMime()
	if mime == "" {
		mime = "text/html"
	}
	l.add("content_type", "", mime)
	l.add("contentType", "", mime)
	content := e.GetContent().GetText()
	if e.GetType() != "page" {
		content = ownField(rec, "modx_link", "")
	}
	l.add("content", "", content)
	l.add("url", "", firstOf(r.paths["entry/"+rec.GetRef().GetSourceId()]))
	l.add("properties", "", ownField(rec, "modx_properties", ""))
	m.gotFields(&l, rec, o)
	return l
}

func (m *modxResource) gotDates(l *factList, rec *recordv1.Record) {
	e := rec.GetEntry()
	published, pub, state := seconds(e.GetPublished()), ownField(rec, "modx_pub_date", "0"), "0"
	switch word := ownField(rec, "modx_published", ""); {
	case e.GetStatus() == recordv1.Status_STATUS_PUBLISHED || word == "1":
		state = "1"
	case e.GetStatus() == recordv1.Status_STATUS_SCHEDULED || word == "scheduled":
		published, pub = ownField(rec, "modx_publishedon", "0"), published
	}
	l.add("published", "", state)
	l.add("deleted", "", map[bool]string{true: "1", false: "0"}[e.GetStatus() == recordv1.Status_STATUS_TRASHED])
	l.add("publishedon", "", published)
	l.add("pub_date", "", pub)
	l.add("unpub_date", "", ownField(rec, "modx_unpub_date", "0"))
	l.add("deletedon", "", ownField(rec, "modx_deletedon", "0"))
	l.add("createdon", "", seconds(e.GetCreated()))
	l.add("editedon", "", seconds(e.GetModified()))
}

// gotFields are the template variables; what is inherited is compared as it is stored.
func (m *modxResource) gotFields(l *factList, rec *recordv1.Record, o truthItem) {
	inherit := map[string]any{}
	for _, f := range rec.GetFields() {
		if f.GetName() == "modx_inherit" {
			inherit, _ = asAny(f.GetValue()).(map[string]any)
		}
	}
	for name, v := range o.tvs() {
		value := ownField(rec, name, "")
		if lit, ok := inherit[name]; ok {
			value = fmt.Sprint(lit)
		} else if def := m.tvs[name]; strings.HasPrefix(def.word("default_text"), "@INHERIT") && truthItem(v.(map[string]any))["stored"] == nil {
			value = def.word("default_text")
		}
		l.add("tv."+name, "", value)
	}
}

func firstOf(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return all[0]
}
