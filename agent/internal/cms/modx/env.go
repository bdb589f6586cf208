package modx

import (
	"cmp"
	"context"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// homeContext is the context that every site has.
const homeContext = "web"

// env is what the meaning of rows depends on; small whatever the site.
type env struct {
	settings map[string]string
	contexts []row
	// own are settings of contexts: context, key.
	own map[string]map[string]string
	// types are content types by id.
	types map[string]row
	// templates are names by id.
	templates map[string]string
	// tvs are definitions by id; of are the ids of a template's variables in their order.
	tvs map[string]row
	of  map[string][]string
	// source is the base path of a variable's media source by "variable/context".
	source map[string]string
	// elsewhere are variables whose media source is none of the site's own folders.
	elsewhere map[string]bool
	// sources are base paths of media sources by id; far are those that are none of the site's own folders.
	sources map[string]string
	far     map[string]bool
	// grids are the columns of variables that hold rows (MIGX): variable, name.
	grids map[string]map[string]column
	// resourceGroups are names by id; closed says which are closed to visitors, by "group/context".
	resourceGroups map[string]string
	closed         map[string]bool
}

func newEnv() *env {
	return &env{own: map[string]map[string]string{}, types: map[string]row{}, tvs: map[string]row{}, of: map[string][]string{}, source: map[string]string{}, elsewhere: map[string]bool{},
		sources: map[string]string{}, far: map[string]bool{}, grids: map[string]map[string]column{}, closed: map[string]bool{}}
}

func (s *Site) env(ctx context.Context, q cmssql.Querier) (*env, error) {
	e := newEnv()
	for _, load := range []func(context.Context, cmssql.Querier, *env) error{s.loadSettings, s.loadContexts, s.loadElements, s.loadGrids, s.loadSources, s.loadGroups} {
		if err := load(ctx, q, e); err != nil {
			return nil, err
		}
	}
	return e, nil
}

func (s *Site) loadSettings(ctx context.Context, q cmssql.Querier, e *env) error {
	wanted := append(append([]string{"site_name", "site_start", "cultureKey", "settings_version", "default_template", "default_media_source", "base_url", "site_url"}, pageSettings...), urlSettings...)
	rows, err := s.queryIn(ctx, q, wanted, "SELECT `key`, value FROM {system_settings} WHERE `key` IN ", "")
	e.settings = names(rows, "key", "value")
	return err
}

func (s *Site) loadContexts(ctx context.Context, q cmssql.Querier, e *env) (err error) {
	// The manager's own context holds no content.
	if e.contexts, err = s.query(ctx, q, "SELECT * FROM {context} WHERE `key` <> 'mgr' ORDER BY `key`"); err != nil {
		return err
	}
	rows, err := s.query(ctx, q, "SELECT context_key, `key`, value FROM {context_setting} WHERE context_key <> 'mgr' ORDER BY context_key, `key`")
	for k, group := range cmssql.By(rows, "context_key") {
		e.own[k] = names(group, "key", "value")
	}
	return err
}

func (s *Site) loadElements(ctx context.Context, q cmssql.Querier, e *env) error {
	types, err := s.query(ctx, q, "SELECT * FROM {content_type}")
	if err != nil {
		return err
	}
	for _, t := range types {
		e.types[t.Text("id")] = t
	}
	templates, err := s.query(ctx, q, "SELECT id, templatename FROM {site_templates}")
	if err != nil {
		return err
	}
	e.templates = names(templates, "id", "templatename")
	tvs, err := s.query(ctx, q, "SELECT * FROM {site_tmplvars}")
	if err != nil {
		return err
	}
	for _, t := range tvs {
		e.tvs[t.Text("id")] = t
	}
	ties, err := s.query(ctx, q, "SELECT tmplvarid, templateid FROM {site_tmplvar_templates} ORDER BY templateid, `rank`, tmplvarid")
	for _, t := range ties {
		if e.tvs[t.Text("tmplvarid")] != nil {
			e.of[t.Text("templateid")] = append(e.of[t.Text("templateid")], t.Text("tmplvarid"))
		}
	}
	return err
}

func (s *Site) loadSources(ctx context.Context, q cmssql.Querier, e *env) error {
	if s.columns["media_sources"] == nil || s.columns["media_sources_elements"] == nil {
		return nil
	}
	rows, err := s.query(ctx, q, "SELECT id, class_key, properties FROM {media_sources}")
	if err != nil {
		return err
	}
	for _, r := range rows {
		base, ok := basePath(r.Text("properties"), s.set.Files)
		if ok = ok && bare(r.Text("class_key")) == "modFileMediaSource"; ok {
			e.sources[r.Text("id")] = base
		}
		e.far[r.Text("id")] = !ok
	}
	ties, err := s.query(ctx, q, "SELECT source, object, context_key FROM {media_sources_elements} WHERE object_class IN (?, ?)", "modTemplateVar", `MODX\Revolution\modTemplateVar`)
	for _, t := range ties {
		key := t.Text("object") + "/" + t.Text("context_key")
		if base, ok := e.sources[t.Text("source")]; ok {
			e.source[key] = base
		} else {
			e.elsewhere[key] = true
		}
	}
	return err
}

// base is the folder that a variable's paths are relative to; ok is false when it is out of reach. A variable that names no media
// source for a context has the usual one. (modElement::getSource)
func (e *env) base(tv, contextKey string) (base string, ok bool) {
	key := tv + "/" + contextKey
	if base, ok = e.source[key]; ok || e.elsewhere[key] {
		return base, ok
	}
	usual := cmp.Or(e.setting(contextKey, "default_media_source"), "1")
	return e.sources[usual], !e.far[usual]
}

// loadGrids reads what the columns of grids hold; MIGX keeps forms that several variables share in a table of its own.
func (s *Site) loadGrids(ctx context.Context, q cmssql.Querier, e *env) error {
	configs := map[string]string{}
	if s.has("migx_configs", "formtabs") {
		rows, err := s.query(ctx, q, "SELECT name, formtabs FROM {migx_configs}")
		if err != nil {
			return err
		}
		configs = names(rows, "name", "formtabs")
	}
	for id, tv := range e.tvs {
		if isGrid(tv.Text("type")) {
			e.grids[id] = e.gridColumns(tv, configs)
		}
	}
	return nil
}

// basePath is a media source's folder below the web root, with a slash at its end; "" is the web root itself. ok is false for
// one that lies elsewhere.
func basePath(properties, root string) (base string, ok bool) {
	v, err := php.Unserialize([]byte(properties))
	if err != nil {
		return "", true
	}
	base = strings.NewReplacer("[[++base_path]]", "", "[[++assets_path]]", "assets/", "{base_path}", "", "{assets_path}", "assets/").Replace(lookup(lookup(v, "basePath"), "value").GetText())
	if rel := lookup(lookup(v, "basePathRelative"), "value"); rel != nil && !truth(rel) {
		below, under := strings.CutPrefix(path.Clean(base)+"/", path.Clean("/"+root)+"/")
		if !under && path.IsAbs(base) {
			return "", false
		}
		if under {
			base = below
		}
	}
	if base = path.Clean("/" + base)[1:]; base == "" {
		return "", true
	}
	return base + "/", !strings.Contains(base, "[[")
}

// truth is a property's value as PHP takes it.
func truth(v *recordv1.Value) bool {
	return v.GetBoolValue() || v.GetIntValue() != 0 || v.GetText() != "" && v.GetText() != "0" && v.GetText() != "false"
}

func (s *Site) loadGroups(ctx context.Context, q cmssql.Querier, e *env) error {
	rows, err := s.query(ctx, q, "SELECT id, name FROM {documentgroup_names}")
	if err != nil {
		return err
	}
	e.resourceGroups = names(rows, "id", "name")
	// A group closes what is in it as soon as anybody has a right to it in the context. (modResource::findPolicy)
	rights, err := s.query(ctx, q, "SELECT target, context_key FROM {access_resource_groups}")
	for _, r := range rights {
		e.closed[r.Text("target")+"/"+r.Text("context_key")] = true
	}
	return err
}

// setting is a context's own value, or the system's.
func (e *env) setting(contextKey, key string) string {
	if v, ok := e.own[contextKey][key]; ok {
		return v
	}
	return e.settings[key]
}

// locale is a context's language where it is not the site's.
func (e *env) locale(contextKey string) string {
	if l := e.setting(contextKey, "cultureKey"); l != e.language() {
		return l
	}
	return ""
}

func (e *env) language() string { return e.setting(homeContext, "cultureKey") }

// isHTML says whether a resource is a page; only those get the container's suffix.
func (e *env) isHTML(contentType string) bool {
	t, ok := e.types[contentType]
	return !ok || t.Text("mime_type") == "text/html"
}

func (e *env) mime(contentType string) string {
	if e.isHTML(contentType) {
		return ""
	}
	return e.types[contentType].Text("mime_type")
}

// extension is the first file extension of a content type, with its dot.
func (e *env) extension(contentType string) string {
	ext, _, _ := strings.Cut(e.types[contentType].Text("file_extensions"), ",")
	return strings.TrimSpace(ext)
}

// hasContext says whether a context is there.
func (e *env) hasContext(key string) bool {
	return slices.ContainsFunc(e.contexts, func(c row) bool { return c.Text("key") == key })
}

// baseURL is the site's address without a trailing slash. The database knows it only where somebody has set it.
func (s *Site) baseURL(e *env) string {
	if s.set.BaseURL != "" {
		return strings.TrimRight(s.set.BaseURL, "/")
	}
	if u := e.setting(homeContext, "site_url"); strings.HasPrefix(u, "http") && !strings.Contains(u, "[[") {
		return strings.TrimRight(u, "/")
	}
	return ""
}

// contextBase is a context's address below the site's, with slashes at both ends.
func (s *Site) contextBase(e *env, contextKey string) string {
	base := e.setting(contextKey, "base_url")
	if site, err := url.Parse(e.own[contextKey]["site_url"]); err == nil && base == "" && site.Host != "" {
		// Links with the full address are made of this setting alone. (modContext::makeUrl)
		base = site.Path
	}
	if contextKey == homeContext || base == "" || strings.Contains(base, "[[") {
		return "/"
	}
	if u, err := url.Parse(s.baseURL(e)); err == nil {
		base = strings.TrimPrefix(base, u.Path)
	}
	return "/" + strings.TrimLeft(strings.TrimRight(base, "/")+"/", "/")
}
