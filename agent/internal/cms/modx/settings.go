package modx

import (
	"context"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// own goes before the names of fields that hold what only MODX has, so that they never meet a template variable.
const own = "modx_"

// pageSettings hold the id of a resource; urlSettings decide what addresses look like.
var (
	pageSettings = []string{"error_page", "unauthorized_page", "site_unavailable_page"}
	urlSettings  = []string{"friendly_urls", "use_alias_path", "automatic_alias", "container_suffix", "use_frozen_parent_uris", "global_duplicate_uri_check"}
)

// addressSettings are the site's own address: a target has another, and keeps it.
var addressSettings = []string{"site_url", "http_host", "base_path"}

// contextsField holds the contexts with their settings.
const contextsField = own + "contexts"

func (s *Site) loadSite(ctx context.Context, q cmssql.Querier, ids []string) (map[string]cms.Item, error) {
	e, err := s.env(ctx, q)
	if err != nil {
		return nil, err
	}
	pages, err := s.pagesThere(ctx, q, e)
	if err != nil {
		return nil, err
	}
	st := &recordv1.Site{Title: e.setting(homeContext, "site_name"), BaseUrl: s.baseURL(e), Language: e.language()}
	rec := &recordv1.Record{Ref: ref(kindSite, siteID), Body: &recordv1.Record_Site{Site: st}}
	if start := e.setting(homeContext, "site_start"); pages[start] {
		st.FrontPage = ref(kindEntry, start)
	}
	for _, name := range pageSettings {
		if id := e.setting(homeContext, name); pages[id] {
			rec.Fields = append(rec.Fields, field(own+name, refValue(ref(kindEntry, id))))
		}
	}
	for _, name := range urlSettings {
		put(rec, own+name, e.setting(homeContext, name))
	}
	if v := contextsValue(e, pages); v != nil {
		rec.Fields = append(rec.Fields, &recordv1.Field{Name: contextsField, Value: v, Encoding: "json"})
	}
	definitions(rec, e)
	it := cms.Item{Record: rec, Paths: []*agentv1.Path{{Path: "/"}}}
	items := map[string]cms.Item{}
	for _, id := range ids {
		if id == siteID {
			items[id] = it
		}
	}
	return items, nil
}

// pagesThere says which of the resources exist that settings name.
func (s *Site) pagesThere(ctx context.Context, q cmssql.Querier, e *env) (map[string]bool, error) {
	var ids []string
	for _, c := range append([]row{nil}, e.contexts...) {
		for _, name := range append([]string{"site_start"}, pageSettings...) {
			ids = append(ids, e.setting(c.Text("key"), name))
		}
	}
	rows, err := s.queryIn(ctx, q, ids, "SELECT id FROM {site_content} WHERE id IN ", "")
	there := make(map[string]bool, len(rows))
	for _, r := range rows {
		there[r.Text("id")] = true
	}
	return there, err
}

// contextsValue describes all contexts but the one that every site has; nil when there are no others.
func contextsValue(e *env, pages map[string]bool) *recordv1.Value {
	a := &recordv1.Array{List: true}
	for _, c := range e.contexts {
		if c.Text("key") == homeContext {
			continue
		}
		o := newObject()
		for _, col := range []string{"key", "name", "description", "rank"} {
			o.set(col, textValue(c.Text(col)))
		}
		o.set("settings", contextSettings(e.own[c.Text("key")], pages))
		a.Pairs = append(a.Pairs, &recordv1.Pair{Key: &recordv1.Value{Kind: &recordv1.Value_IntValue{IntValue: int64(len(a.Pairs))}}, Value: o.value()})
	}
	if len(a.Pairs) == 0 {
		return nil
	}
	return &recordv1.Value{Kind: &recordv1.Value_Array{Array: a}}
}

func contextSettings(own map[string]string, pages map[string]bool) *recordv1.Value {
	o := newObject()
	for _, name := range sortedKeys(own) {
		if contains(addressSettings, name) {
			continue
		}
		v := textValue(own[name])
		if (name == "site_start" || contains(pageSettings, name)) && pages[own[name]] {
			v = refValue(ref(kindEntry, own[name]))
		}
		o.set(name, v)
	}
	return o.value()
}
