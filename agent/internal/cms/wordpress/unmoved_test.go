package wordpress

import (
	"slices"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/wordpress/wptest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// What stays behind is told by name, and what is moved, WordPress' own or another site's is not.
func TestWhatStaysBehindIsTold(t *testing.T) {
	t.Parallel()
	set := wptest.New(t, cmssql.SQLite, "Wp_", true)
	set.Writable = true
	s := open(t, set)
	quiet := told(t, s)
	for _, code := range []string{"widgets_not_moved", "links_not_moved", "plugin_tables_not_moved"} {
		if quiet[code] != nil {
			t.Errorf("%s, where nothing stays behind: %v", code, quiet[code])
		}
	}
	do(t, s, "INSERT INTO {options} (option_name, option_value) VALUES ('sidebars_widgets', ?)",
		`a:3:{s:19:"wp_inactive_widgets";a:1:{i:0;s:6:"text-9";}s:9:"sidebar-1";a:2:{i:0;s:8:"search-2";i:1;s:7:"block-3";}s:13:"array_version";i:3;}`)
	do(t, s, "UPDATE {options} SET option_value = ? WHERE option_name = 'theme_mods_plain'",
		`a:3:{s:11:"custom_logo";i:30;s:16:"background_color";s:6:"ffffff";i:0;b:0;}`)
	for _, table := range []string{"links} (link_id", "Shop_Orders} (id", "empty} (id", "2_options} (id", "2_posts} (id", "2_shop} (id"} {
		do(t, s, "CREATE TABLE {"+table+" integer)")
	}
	for _, table := range []string{"links", "Shop_Orders", "2_options", "2_posts", "2_shop"} {
		do(t, s, "INSERT INTO {"+table+"} VALUES (7)")
	}
	is := told(t, s)
	for code, want := range map[string][]string{"widgets_not_moved": {"block-3", "search-2"}, "theme_settings_not_moved": {"background_color"},
		"links_not_moved": {"7"}, "plugin_tables_not_moved": {"Wp_Shop_Orders"}} {
		if !slices.Equal(is[code], want) {
			t.Errorf("%s tells %v, want %v", code, is[code], want)
		}
	}
}

// told are the examples of the findings by their codes.
func told(t *testing.T, s *Site) map[string][]string {
	t.Helper()
	facts, err := s.Probe(t.Context(), cms.Options{})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for _, f := range facts.Findings {
		all[f.GetCode()] = f.GetExamples()
	}
	return all
}
