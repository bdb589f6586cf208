package joomla

import (
	"context"
	"slices"
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// extraPrefix begins the names of custom fields that hold columns for which records have no name of their own. The underscore
// hides them where names that begin with one are hidden.
const extraPrefix = "_joomla_"

// extra is such a column. It is left out when it holds its default.
type extra struct {
	col  string
	kind extraKind
	def  string
}

// extraKind says what a column holds.
type extraKind byte

const (
	plainText extraKind = iota
	number
	jsonText
	moment
	person
	level
)

// extras of tables. What is not named neither here nor in the reading functions says something of one installation only
// (asset_id, checked_out), or can be computed (lft, rgt, level, path).
var (
	articleExtras = []extra{{"created_by_alias", plainText, ""}, {"modified_by", person, ""}, {"publish_down", moment, ""}, {"images", jsonText, ""},
		{"urls", jsonText, ""}, {"attribs", jsonText, ""}, {"version", number, "1"}, {"metakey", plainText, ""}, {"hits", number, "0"},
		{"metadata", jsonText, ""}, {"note", plainText, ""}, {"xreference", plainText, ""}}
	frontExtras    = []extra{{"featured_up", moment, ""}, {"featured_down", moment, ""}}
	categoryExtras = []extra{{"note", plainText, ""}, {"published", number, "1"}, {"access", level, "1"}, {"params", jsonText, ""}, {"metakey", plainText, ""},
		{"metadata", jsonText, ""}, {"created_user_id", person, ""}, {"created_time", moment, ""}, {"modified_user_id", person, ""},
		{"modified_time", moment, ""}, {"hits", number, "0"}, {"version", number, "1"}}
	tagExtras = append(slices.Clone(categoryExtras), extra{"created_by_alias", plainText, ""}, extra{"images", jsonText, ""}, extra{"urls", jsonText, ""},
		extra{"publish_up", moment, ""}, extra{"publish_down", moment, ""})
	userExtras = []extra{{"sendEmail", number, "0"}, {"lastvisitDate", moment, ""}, {"activation", plainText, ""}, {"params", jsonText, ""},
		{"requireReset", number, "0"}, {"authProvider", plainText, ""}}
	moduleExtras  = []extra{{"note", plainText, ""}, {"position", plainText, ""}, {"publish_down", moment, ""}, {"params", jsonText, ""}}
	contactExtras = []extra{{"con_position", plainText, ""}, {"address", plainText, ""}, {"suburb", plainText, ""}, {"state", plainText, ""}, {"country", plainText, ""},
		{"postcode", plainText, ""}, {"telephone", plainText, ""}, {"fax", plainText, ""}, {"email_to", plainText, ""}, {"default_con", number, "0"},
		{"params", jsonText, ""}, {"user_id", person, ""}, {"mobile", plainText, ""}, {"webpage", plainText, ""}, {"sortname1", plainText, ""},
		{"sortname2", plainText, ""}, {"sortname3", plainText, ""}, {"created_by_alias", plainText, ""}, {"modified_by", person, ""}, {"metakey", plainText, ""},
		{"metadata", jsonText, ""}, {"publish_down", moment, ""}, {"version", number, "1"}, {"hits", number, "0"}, {"xreference", plainText, ""}}
	redirectExtras = []extra{{"referer", plainText, ""}, {"comment", plainText, ""}, {"hits", number, "0"}, {"created_date", moment, ""}, {"modified_date", moment, ""}}
	itemExtras     = []extra{{"alias", plainText, ""}, {"note", plainText, ""}, {"type", plainText, ""}, {"published", number, "1"}, {"access", level, "1"},
		{"params", jsonText, ""}, {"home", number, "0"}, {"browserNav", number, "0"}, {"language", plainText, "*"}, {"publish_up", moment, ""},
		{"publish_down", moment, ""}}
	revisionExtras = []extra{{"version_note", plainText, ""}, {"character_count", number, "0"}, {"sha1_hash", plainText, ""}, {"keep_forever", number, "0"}}
)

// columns are the named columns that the table has, behind an alias, quoted; those of extras follow.
func (s *Site) columns(table, alias string, extras []extra, named ...string) string {
	all := slices.Clone(named)
	for _, x := range extras {
		all = append(all, x.col)
	}
	var out []string
	for _, c := range all {
		if s.schema.Has(table, c) && !slices.Contains(out, alias+"."+s.name(c)) {
			out = append(out, alias+"."+s.name(c))
		}
	}
	return strings.Join(out, ", ")
}

// extras are the fields of a row.
func (r *reader) extras(row row, list []extra) []*recordv1.Field {
	var all []*recordv1.Field
	for _, x := range list {
		if v, enc := r.extra(row, x); v != nil {
			all = append(all, &recordv1.Field{Name: extraPrefix + x.col, Value: v, Encoding: enc})
		}
	}
	return all
}

func (r *reader) extra(row row, x extra) (v *recordv1.Value, encoding string) {
	text := row.Text(x.col)
	if text == "" || text == x.def {
		return nil, ""
	}
	switch x.kind {
	case number:
		return intValue(atoi(text)), ""
	case moment:
		if _, ok := parseStamp(text); !ok {
			return nil, ""
		}
	case person:
		if !isID(text) {
			return nil, ""
		}
		return refValue(record.NewRef(kindUser, text)), ""
	case level:
		return textValue(r.levels[text]), ""
	case jsonText:
		return r.json(text)
	}
	return textValue(text), ""
}

// json is a column of JSON; one that holds nothing is left out, and what is no JSON stays text.
func (r *reader) json(text string) (v *recordv1.Value, encoding string) {
	v, err := parseJSON(text)
	switch {
	case err != nil:
		return textValue(text), ""
	case blank(v):
		return nil, ""
	}
	return r.s.withMedia(v), "json"
}

// coreLevels are Joomla's own view levels by id: their titles are in the language of the installation.
var coreLevels = map[string]string{"1": "public", "2": "registered", "3": "special", "5": "guest", "6": "super users"}

// loadLevels reads the names of view levels: the word of a core one, else the title.
func (r *reader) loadLevels(ctx context.Context) error {
	if r.levels != nil {
		return nil
	}
	rows, err := r.s.query(ctx, r.q, "SELECT id, title FROM {viewlevels}")
	if err != nil {
		return err
	}
	r.levels = map[string]string{}
	for _, row := range rows {
		id := row.Text("id")
		if r.levels[id] = coreLevels[id]; r.levels[id] == "" {
			r.levels[id] = row.Text("title")
		}
	}
	return nil
}

// visibility is who may see what has a view level.
func (r *reader) visibility(access string) (recordv1.Visibility, []string) {
	switch access {
	case "1":
		return recordv1.Visibility_VISIBILITY_PUBLIC, nil
	case "2":
		return recordv1.Visibility_VISIBILITY_MEMBERS, nil
	}
	return recordv1.Visibility_VISIBILITY_TIERS, []string{r.levelName(access)}
}

// levelName is the name of a level; one that does not exist lets nobody in.
func (r *reader) levelName(access string) string {
	if n := r.levels[access]; n != "" {
		return n
	}
	return "level " + access
}

// locale is a language column; "*" and empty mean all languages.
func locale(language string) string {
	if language == "*" {
		return ""
	}
	return strings.TrimSpace(language)
}

// groups are the keys of associations by id.
func (r *reader) groups(ctx context.Context, assocContext string, ids []string) (map[string]string, error) {
	m := map[string]string{}
	if !r.s.schema.Has("associations") {
		return m, nil
	}
	rows, err := r.s.queryIn(ctx, r.q, "SELECT id, "+r.s.name("key")+" AS k FROM {associations} WHERE context = '"+assocContext+"' AND id IN ", ids, "")
	for _, row := range rows {
		m[row.Text("id")] = row.Text("k")
	}
	return m, err
}

// seo is what a row says to search engines.
func seo(metadesc string, metadata *recordv1.Value) *recordv1.Seo {
	robots := strings.ToLower(look(metadata, "robots").GetText())
	m := &recordv1.Seo{Description: metadesc, Noindex: strings.Contains(robots, "noindex") || robots == "none", Nofollow: strings.Contains(robots, "nofollow") || robots == "none"}
	if m.Description == "" && !m.Noindex && !m.Nofollow {
		return nil
	}
	return m
}

// parsed is a JSON column for looking into; nil for what is none.
func parsed(text string) *recordv1.Value {
	v, err := parseJSON(text)
	if err != nil {
		return nil
	}
	return v
}
