package drupal

import (
	"slices"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

// What stays behind is counted, also that of modules which nobody here knows.
func TestWhatStaysBehindIsCounted(t *testing.T) {
	t.Parallel()
	for major, c := range map[int]struct {
		make []string
		want map[string]uint64
	}{
		7: {[]string{"CREATE TABLE scheduler (nid INTEGER, publish_on INTEGER)", "INSERT INTO scheduler VALUES (1, 5), (2, 6)", "CREATE TABLE webform_submissions (sid INTEGER)", "INSERT INTO webform_submissions VALUES (1)",
			"INSERT INTO variable (name, value) VALUES ('pathauto_node_pattern', 's:1:\"x\";'), ('pathauto_nodepattern', 's:1:\"x\";')"},
			map[string]uint64{"schedules_not_moved": 2, "form_answers_not_moved": 1, "address_patterns_not_moved": 1, "collections_as_fields": 2, "paragraphs_as_fields": 1}},
		8: {[]string{"ALTER TABLE node_field_data ADD COLUMN publish_on INTEGER", "ALTER TABLE node_field_data ADD COLUMN unpublish_on INTEGER", "UPDATE node_field_data SET publish_on = 5 WHERE nid = 2",
			"CREATE TABLE webform_submission (sid INTEGER, uuid TEXT, langcode TEXT)", "INSERT INTO webform_submission VALUES (1, 'u', 'en'), (2, 'v', 'en')",
			"INSERT INTO config (collection, name, data) VALUES ('', 'webform.webform.contact', 'a:0:{}'), ('', 'pathauto.pattern.nodes', 'a:0:{}')"},
			map[string]uint64{"schedules_not_moved": 1, "entities_not_moved": 2, "forms_not_moved": 1, "address_patterns_not_moved": 1, "paragraphs_as_fields": 3}},
	} {
		site := filled(t, cmssql.SQLite, "", major)
		set := site.Settings
		db, err := cmssql.Open(t.Context(), set.Database, true)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range c.make {
			if err := db.Exec(t.Context(), q); err != nil {
				t.Fatal(err)
			}
		}
		_ = db.Close()
		s, err := Driver{}.Open(t.Context(), set)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		facts, err := s.Probe(t.Context(), cms.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for code, n := range c.want {
			at := slices.IndexFunc(facts.Findings, func(f *agentv1.Finding) bool { return f.GetCode() == code })
			if at < 0 || facts.Findings[at].GetCount() != n {
				t.Errorf("%d: %s is not counted as %d: %v", major, code, n, facts.Findings)
			}
		}
	}
}
