package drupaltest

import (
	"slices"
	"strings"
	"testing"
)

// Forum gives a site what the module Forum brings: its vocabulary, the field in which articles name their forum, and what says of a term
// that it is a container.
func (s *Site) Forum(tb testing.TB) {
	tb.Helper()
	if s.Settings.Version == "7.105" {
		s.like(tb, tables7, "field_tags", "taxonomy_forums")
		s.Insert(tb, "taxonomy_vocabulary", "vid name machine_name description", 2, "Forums", "forums", "")
		forums := slices.Clone(fields7[:1])
		forums[0].name, forums[0].typ, forums[0].many, forums[0].bundles = "taxonomy_forums", "taxonomy_term_reference", 1, []string{"node article"}
		forums[0].settings = `a:1:{s:14:"allowed_values";a:1:{i:0;a:2:{s:10:"vocabulary";s:6:"forums";s:6:"parent";i:0;}}}`
		s.fields7(tb, forums)
		return
	}
	s.like(tb, tables8, "field_tags", "taxonomy_forums")
	s.config(tb, "taxonomy.vocabulary.forums", `a:1:{s:3:"vid";s:6:"forums";}`)
	s.field8(tb, "node", "taxonomy_forums", "entity_reference", 1, `a:1:{s:11:"target_type";s:13:"taxonomy_term";}`, "article")
	s.field8(tb, "taxonomy_term", "forum_container", "boolean", 1, "a:0:{}", "forums")
	s.create(tb, "taxonomy_term__forum_container|"+strings.Replace(valueColumns, "%", "forum_container_value:i", 1))
	s.create(tb, "taxonomy_term_revision__forum_container|"+strings.Replace(valueColumns, "%", "forum_container_value:i", 1))
}

// valueColumns are those of a field of one property.
const valueColumns = "bundle:v128!= deleted:i!=0 entity_id:i! revision_id:i! langcode:v32!= delta:i! %|entity_id,deleted,delta,langcode|"

// like makes the tables of a field as those of another one.
func (s *Site) like(tb testing.TB, tables, of, name string) {
	tb.Helper()
	for line := range strings.Lines(tables) {
		if table, _, _ := strings.Cut(line, "|"); strings.HasSuffix(table, of) {
			s.create(tb, strings.TrimSpace(strings.ReplaceAll(line, of, name)))
		}
	}
}
