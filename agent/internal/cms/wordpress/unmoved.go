package wordpress

import (
	"context"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// unmoved tells what belongs to no record and stays behind: widgets, settings of the theme, links of the old blogroll, tables of plugins.
func (p *probe) unmoved() error {
	theme := "theme_mods_" + p.env.opts["stylesheet"]
	o, err := p.s.options(p.ctx, p.s.db, []string{"sidebars_widgets", theme})
	if err != nil {
		return err
	}
	p.stays(check{code: "widgets_not_moved", severity: info, cause: "widgets of the theme's sidebars are not moved",
		fix: "place them again on the target"}, widgets(o["sidebars_widgets"]))
	p.stays(check{code: "theme_settings_not_moved", severity: info, cause: "settings of the theme (Customizer) are not moved, but for its logo, the places of its menus and its CSS",
		fix: "make them again on the target, whose theme can be another"}, themeSettings(o[theme]))
	names, err := p.s.db.Tables(p.ctx)
	if err != nil {
		return err
	}
	left, blogroll := p.s.foreign(names)
	if blogroll {
		if err := p.check(check{"links_not_moved", info, 0, "SELECT link_id FROM {links}", "links of the old link manager are not moved", "put them on a page or into a menu first"}, nil); err != nil {
			return err
		}
	}
	left = p.s.filled(p.ctx, left)
	p.stays(check{code: "plugin_tables_not_moved", severity: warning, cause: "tables that plugins have made hold rows, which are not moved",
		fix: "look whether they hold content; move it with the plugin's own export, or into posts first"}, left)
	return p.ctx.Err()
}

// stays adds a finding for what there is of a thing, with the first as examples.
func (p *probe) stays(c check, all []string) {
	if len(all) > 0 {
		p.add(c, uint64(len(all)), all[:min(len(all), 5)])
	}
}

// widgets are the ids of those that a sidebar shows. (wp-includes/widgets.php)
func widgets(serialized string) []string {
	var all []string
	for name, bar := range entries(serialized) {
		if name == "wp_inactive_widgets" {
			continue
		}
		for _, w := range bar.GetArray().GetPairs() {
			all = append(all, w.GetValue().GetText())
		}
	}
	slices.Sort(all)
	return all
}

// ownMods are settings of themes that have places in records.
var ownMods = []string{"custom_logo", "nav_menu_locations", "custom_css_post_id", "sidebars_widgets"}

// themeSettings are the names of the settings that a theme has besides.
func themeSettings(serialized string) []string {
	var all []string
	for name := range entries(serialized) {
		if name != "" && !slices.Contains(ownMods, name) {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

// entries are those of a serialized array that have names.
func entries(serialized string) map[string]*recordv1.Value {
	all := map[string]*recordv1.Value{}
	v, err := php.Unserialize([]byte(serialized))
	if err != nil {
		return all
	}
	for _, one := range v.GetArray().GetPairs() {
		all[one.GetKey().GetText()] = one.GetValue()
	}
	return all
}

// knownTables begin as these do: of WordPress itself, and of the plugins that are read.
var knownTables = append([]string{"links", "blogs", "blogmeta", "blog_versions", "site", "sitemeta", "signups", "registration_log", "redirection_", "icl_"}, tables...)

// foreign are the tables of the site that are neither WordPress' own, nor of plugins that are read, nor of another site beside it;
// blogroll says that there is a table of links.
func (s *Site) foreign(names []string) (all []string, blogroll bool) {
	prefix, have := strings.ToLower(s.prefix), map[string]bool{}
	for _, n := range names {
		have[strings.ToLower(n)] = true
	}
	others := []string{prefix + "bailey_"}
	for n := range have {
		if other, is := strings.CutSuffix(n, "options"); is && other != prefix && strings.HasPrefix(other, prefix) && have[other+"posts"] {
			others = append(others, other)
		}
	}
	for _, n := range names {
		lower := strings.ToLower(n)
		short, ours := strings.CutPrefix(lower, prefix)
		known := slices.ContainsFunc(knownTables, func(k string) bool { return short == k || strings.HasSuffix(k, "_") && strings.HasPrefix(short, k) })
		if ours && !known && !slices.ContainsFunc(others, func(other string) bool { return strings.HasPrefix(lower, other) }) {
			all = append(all, n)
		}
	}
	return all, have[prefix+"links"]
}

// filled are those of the tables that hold rows. One that cannot be read, as a broken view, may hold some.
func (s *Site) filled(ctx context.Context, names []string) []string {
	var all []string
	for _, n := range names {
		if row, err := cmssql.Column[int](ctx, s.db, "SELECT 1 FROM "+cmssql.QuoteName(s.db.Dialect(), n)+" LIMIT 1"); err != nil || len(row) > 0 {
			all = append(all, n)
		}
	}
	return all
}
