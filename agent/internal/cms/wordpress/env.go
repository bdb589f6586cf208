package wordpress

import (
	"context"
	"database/sql"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// env is what the options say that reading and writing of records depends on.
type env struct {
	opts    map[string]string
	home    string
	siteURL string
	uploads string
	zone    *time.Location
	sticky  map[int64]bool
	// bases are the address bases of types and taxonomies that plugins registered, from the stored rewrite rules.
	bases map[string]string
	// tongues are nil when the site has one language.
	tongues *tongues
}

var envOptions = []string{
	"home", "siteurl", "permalink_structure", "category_base", "tag_base", "timezone_string", "gmt_offset", "upload_path",
	"upload_url_path", "uploads_use_yearmonth_folders", "sticky_posts", "default_category", "default_comment_status", "default_ping_status",
	"show_on_front", "page_on_front", "page_for_posts", "stylesheet", "db_version", "WPLANG", "rewrite_rules",
	"polylang", "icl_sitepress_settings",
}

func (s *Site) env(ctx context.Context, q cmssql.Querier) (*env, error) {
	tx, writing := q.(*cmssql.Tx)
	if !writing {
		return s.readEnv(ctx, q)
	}
	if e, ok := tx.Kept().(*env); ok {
		return e, nil
	}
	e, err := s.readEnv(ctx, q)
	if err == nil {
		tx.Keep(e)
	}
	return e, err
}

func (s *Site) readEnv(ctx context.Context, q cmssql.Querier) (*env, error) {
	opts, err := s.options(ctx, q, envOptions)
	if err != nil {
		return nil, err
	}
	e := &env{opts: opts, home: strings.TrimRight(opts["home"], "/"), siteURL: strings.TrimRight(opts["siteurl"], "/")}
	if s.set.BaseURL != "" {
		e.home = strings.TrimRight(s.set.BaseURL, "/")
	}
	if e.siteURL == "" {
		e.siteURL = e.home
	}
	e.zone = zoneOf(opts["timezone_string"], opts["gmt_offset"])
	e.uploads = uploadsURL(e.siteURL, opts)
	e.sticky = map[int64]bool{}
	for _, id := range intList(opts["sticky_posts"]) {
		e.sticky[id] = true
	}
	e.bases = s.bases.of(opts["rewrite_rules"])
	if s.plugin != nil {
		e.tongues, err = s.plugin.languages(ctx, s, q, e)
	}
	return e, err
}

// options reads options by name; absent ones are not in the map.
func (s *Site) options(ctx context.Context, q cmssql.Querier, names []string) (map[string]string, error) {
	opts := make(map[string]string, len(names))
	err := cmssql.EachIn(ctx, q, names, func(r *sql.Rows) error {
		var n, v string
		if err := r.Scan(&n, &v); err != nil {
			return err
		}
		opts[n] = v
		return nil
	}, s.sql("SELECT option_name, option_value FROM {options} WHERE option_name IN "), "")
	return opts, err
}

func uploadsURL(siteURL string, opts map[string]string) string {
	if u := opts["upload_url_path"]; u != "" {
		return strings.TrimRight(u, "/")
	}
	if p := strings.Trim(opts["upload_path"], "/"); p != "" && !strings.HasPrefix(opts["upload_path"], "/") {
		return siteURL + "/" + p
	}
	return siteURL + "/wp-content/uploads"
}

// intList reads a serialized list of numbers; strings of digits count.
func intList(serialized string) []int64 {
	v, err := php.Unserialize([]byte(serialized))
	if err != nil {
		return nil
	}
	var all []int64
	for _, p := range v.GetArray().GetPairs() {
		if n := intOf(p.GetValue()); n > 0 {
			all = append(all, n)
		}
	}
	return all
}

// intOf is a number stored as a number or as text.
func intOf(v *recordv1.Value) int64 {
	if t := v.GetText(); t != "" {
		return atoi(t)
	}
	return v.GetIntValue()
}

// basesCache remembers what the last rewrite rules say: they are long, and the same for every batch.
type basesCache struct {
	mu    sync.Mutex
	rules string
	bases map[string]string
}

func (c *basesCache) of(rules string) map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bases == nil || c.rules != rules {
		c.rules, c.bases = rules, rewriteBases(rules)
	}
	return c.bases
}

// rewriteBases finds in the stored rewrite rules under which address each query variable is reached: "book" → "library".
func rewriteBases(serialized string) map[string]string {
	bases := map[string]string{}
	v, err := php.Unserialize([]byte(serialized))
	if err != nil {
		return bases
	}
	for _, p := range v.GetArray().GetPairs() {
		base, ok := ruleBase(p.GetKey().GetText())
		query, found := strings.CutPrefix(p.GetValue().GetText(), "index.php?")
		if !ok || !found {
			continue
		}
		name, rest, _ := strings.Cut(query, "=$matches[1]")
		if (rest == "" || rest == "&page=$matches[2]") && !strings.ContainsAny(name, "=&") {
			if _, taken := bases[name]; !taken {
				bases[name] = base
			}
		}
	}
	return bases
}

// ruleBase is the constant part of a rule that ends in one name: "library/([^/]+)(?:/([0-9]+))?/?$" → "library".
func ruleBase(rule string) (string, bool) {
	for _, tail := range []string{"/([^/]+)(?:/([0-9]+))?/?$", "/(.+?)(?:/([0-9]+))?/?$", "/([^/]+)/?$", "/(.+?)/?$"} {
		if base, ok := strings.CutSuffix(rule, tail); ok && base != "" && !strings.ContainsAny(base, `()[]^$?*+\`) {
			return base, true
		}
	}
	return "", false
}

// front is the constant beginning of all addresses.
func (e *env) front() string {
	s := e.opts["permalink_structure"]
	if i := strings.IndexByte(s, '%'); i >= 0 {
		return s[:i]
	}
	return "/"
}

// slash ends an address as the permalink structure does.
func (e *env) slash(path string) string {
	if strings.HasSuffix(e.opts["permalink_structure"], "/") {
		return path + "/"
	}
	return path
}

func (e *env) pretty() bool { return e.opts["permalink_structure"] != "" }

// paths are the forms of an address below home: relative to home, and to the site's own address where that differs.
func (e *env) paths(address string) []string {
	var all []string
	for _, base := range []string{e.home, e.siteURL} {
		if p, ok := strings.CutPrefix(address, base); ok && strings.HasPrefix(p, "/") && (len(all) == 0 || all[0] != p) {
			all = append(all, p)
		}
	}
	if len(all) == 0 {
		if u, err := url.Parse(address); err == nil && u.Path != "" {
			all = append(all, u.EscapedPath())
		}
	}
	return all
}
