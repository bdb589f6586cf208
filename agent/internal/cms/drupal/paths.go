package drupal

import (
	"context"
	"net/url"
	"slices"
	"strings"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// alias is another address of a system path.
type alias struct{ path, lang string }

// aliases are the other addresses of system paths ("node/12"), the one that counts first: of several, the newest.
func (r *reader) aliases(ctx context.Context, sources []string) (map[string][]alias, error) {
	all := map[string][]alias{}
	query, after, slash := "SELECT source, alias, language FROM {url_alias} WHERE source IN ", " ORDER BY pid DESC", ""
	if !r.s.seven {
		query, after, slash = "SELECT path AS source, alias, langcode AS language FROM {path_alias} WHERE status = 1 AND path IN ", " ORDER BY id DESC", "/"
	}
	if r.s.seven && !r.s.has("url_alias") || !r.s.seven && !r.s.has("path_alias") {
		return all, nil
	}
	for part := range slices.Chunk(sources, pageRows) {
		names := make([]string, len(part))
		for i, p := range part {
			names[i] = slash + p
		}
		rows, err := queryIn(ctx, r.s, r.q, names, query, after)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			src := strings.TrimPrefix(row.text("source"), "/")
			all[src] = append(all[src], alias{"/" + strings.TrimPrefix(row.text("alias"), "/"), row.text("language")})
		}
	}
	return all, nil
}

// pick is the alias under which a record in a language is linked; empty where there is none.
func (s *Site) pick(list []alias, lang string) string {
	if locale(lang) == "" {
		lang = s.schema.base
	}
	for _, want := range []string{lang, "und"} {
		for _, a := range list {
			if a.lang == want {
				return a.path
			}
		}
	}
	return ""
}

// address is one entity as visitors reach it.
type address struct {
	// system is the path that Drupal knows it by: "node/12".
	system string
	// lang of the record; others are languages in which the entity has records of their own.
	lang    string
	others  []string
	primary bool
	uuid    string
	// feed: it is a list of nodes, with a feed below its own path.
	feed    bool
	aliases []alias
}

// paths are all addresses of a record, the public one first.
func (s *Site) paths(a address) []*agentv1.Path {
	var all []string
	add := func(p string) {
		if p = (&url.URL{Path: p}).EscapedPath(); !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	own := s.prefix(a.lang)
	if p := s.pick(a.aliases, a.lang); p != "" {
		add(own + p)
	}
	add(own + "/" + a.system)
	for _, l := range s.prefixes(a) {
		add(l + "/" + a.system)
		for _, al := range a.aliases {
			if a.primary || al.lang == a.lang {
				add(l + al.path)
			}
		}
	}
	if a.primary && s.seven {
		all = append(all, "/?q="+a.system)
		for _, al := range a.aliases {
			all = append(all, "/?q="+url.QueryEscape(strings.TrimPrefix(al.path, "/")))
		}
	}
	out := make([]*agentv1.Path, len(all))
	for i, p := range all {
		out[i] = &agentv1.Path{Path: p}
	}
	if a.feed {
		out = append(out, &agentv1.Path{Path: own + "/" + a.system + "/feed", Form: record.FormFeed})
	}
	if a.uuid != "" && a.primary {
		out = append(out, &agentv1.Path{Path: uuidPath(a.uuid), MadeUp: true})
	}
	return out
}

// uuidPath is no address of Drupal's: embedded media and linked entities are named in texts by their unique id alone, and
// the index of links is asked for them like this.
func uuidPath(uuid string) string { return "/?uuid=" + uuid }

// picturePath is uuidPath for what can be shown as a picture.
func picturePath(uuid string) string { return "/?picture=" + uuid }

// prefixes are what may stand before the path of a record: nothing, and the languages that no other record of it has.
func (s *Site) prefixes(a address) []string {
	if !a.primary {
		return []string{s.prefix(a.lang)}
	}
	all := []string{""}
	for _, l := range s.schema.languages {
		if l.prefix != "" && !slices.Contains(a.others, l.code) {
			all = append(all, "/"+l.prefix)
		}
	}
	return all
}

// prefix is what stands before the paths of a language.
func (s *Site) prefix(lang string) string {
	for _, l := range s.schema.languages {
		if l.code == lang && l.prefix != "" {
			return "/" + l.prefix
		}
	}
	return ""
}

// slug is the last part of an alias.
func slug(alias string) string { return alias[strings.LastIndexByte(alias, '/')+1:] }
