//go:build accept

package e2e

import (
	"strings"
	"testing"
)

// versionInvariants are what must hold for Drupal to list the versions of nodes and to go back to one.
var versionInvariants = map[string]string{
	"a node's current version is not its last": "SELECT n.nid FROM node n JOIN node_revision r ON r.nid = n.nid AND r.vid > n.vid",
	"a version is of no node":                  "SELECT r.vid FROM node_revision r LEFT JOIN node n ON n.nid = r.nid WHERE n.nid IS NULL",
	"a version has no row in its language":     "SELECT r.vid FROM node_revision r LEFT JOIN node_field_revision f ON f.vid = r.vid AND f.nid = r.nid AND f.langcode = r.langcode AND f.default_langcode = 1 WHERE f.vid IS NULL",
	"a row is of no version":                   "SELECT f.vid FROM node_field_revision f LEFT JOIN node_revision r ON r.vid = f.vid AND r.nid = f.nid WHERE r.vid IS NULL",
	"the author of a version is missing":       "SELECT r.vid FROM node_revision r LEFT JOIN users u ON u.uid = r.revision_uid WHERE u.uid IS NULL",
	"a body is of no version":                  "SELECT b.revision_id FROM node_revision__body b LEFT JOIN node_revision r ON r.vid = b.revision_id AND r.nid = b.entity_id LEFT JOIN node n ON n.nid = b.entity_id AND n.type = b.bundle WHERE r.vid IS NULL OR n.nid IS NULL",
	"a token is left in a version":             "SELECT revision_id FROM node_revision__body WHERE body_value REGEXP 'bailey:.{0,2}(entry|media|user|term|site)'",
}

// Older versions come when they are asked for, and go again.
func TestVersionsIntoDrupal(t *testing.T) {
	for _, fixture := range []string{"wp-dev", "d9-dev"} {
		t.Run(fixture, func(t *testing.T) {
			s := newDrupal(t, "d9-blank")
			s.thereAndBack(t, fixture, versionInvariants, func() { s.hasVersions(t) }, "--revisions")
		})
	}
}

// olderTranslations serves a fixture in which nodes with a French translation have an older version, which no fixture has.
func olderTranslations(t *testing.T, fixture string) *agent {
	t.Helper()
	s := newDrupal(t, fixture)
	cols := s.texts(t, "SELECT GROUP_CONCAT(column_name) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'node_field_revision' AND column_name NOT IN ('vid', 'title')")[0]
	for _, query := range []string{
		"INSERT INTO node_revision (nid, langcode, revision_uid, revision_timestamp, revision_log, revision_default) SELECT r.nid, r.langcode, r.revision_uid, r.revision_timestamp - 100, 'older', 1 FROM node_revision r JOIN node n ON n.vid = r.vid JOIN node_field_data d ON d.nid = n.nid AND d.langcode = 'fr' AND d.default_langcode = 0",
		"INSERT INTO node_field_revision (" + cols + ", title, vid) SELECT f." + strings.ReplaceAll(cols, ",", ", f.") + ", CONCAT('Older ', f.title), r.vid FROM node_field_revision f JOIN node n ON n.vid = f.vid JOIN node_revision r ON r.nid = n.nid AND r.revision_log = 'older'",
		"INSERT INTO node_revision__body (bundle, deleted, entity_id, revision_id, langcode, delta, body_value, body_summary, body_format) SELECT b.bundle, 0, b.entity_id, r.vid, b.langcode, b.delta, b.body_value, b.body_summary, b.body_format FROM node__body b JOIN node_revision r ON r.nid = b.entity_id AND r.revision_log = 'older'",
	} {
		_, err := s.db.DB.Exec(query)
		need(t, err)
	}
	return s.serve(t, "source")
}

// hasVersions gives the nodes that have several, and fails when there are none.
func (s *drupalSite) hasVersions(t *testing.T) []string {
	t.Helper()
	nids := s.texts(t, "SELECT nid FROM node_revision GROUP BY nid HAVING COUNT(*) > 1 ORDER BY nid")
	if len(nids) == 0 {
		t.Error("no node has older versions")
	}
	t.Logf("%d nodes have %s versions in all", len(nids), s.texts(t, "SELECT COUNT(*) FROM node_revision WHERE nid IN ("+strings.Join(append(nids, "0"), ",")+")")[0])
	return nids
}

// The real Drupal lists them, shows each, and goes back to one.
func TestRealDrupalShowsVersions(t *testing.T) {
	for _, fixture := range []string{"wp-dev", "d9-dev"} {
		t.Run(fixture, func(t *testing.T) {
			needDrupal(t, "d9-blank")
			s := newDrupal(t, "d9-blank")
			l := s.boot(t)
			src := drupal7Source
			if fixture == "d9-dev" {
				l.speak("fr", "ar", "pt-br")
				src = olderTranslations
			}
			migrate(t, t.TempDir(), src(t, fixture), s.serve(t, "target"), []int{0, 3}, "--revisions")
			nids := s.hasVersions(t)
			if !l.login("admin", "admin-pass-9") {
				t.Fatal("the administrator cannot log in")
			}
			for _, nid := range nids {
				l.versions(s, nid)
			}
			for _, e := range l.dump(nil).Errors {
				t.Errorf("Drupal's log: %.500s", e)
			}
		})
	}
}

// versions looks at a node's versions as an editor does, at those of a translation below its language's address.
func (l *liveDrupal) versions(s *drupalSite, nid string) {
	l.t.Helper()
	for _, version := range s.texts(l.t, "SELECT CONCAT(r.vid, ' ', r.langcode, ' ', f.title) FROM node_revision r JOIN node n ON n.nid = r.nid JOIN node_field_revision f ON f.vid = r.vid WHERE r.vid <> n.vid AND n.nid = "+nid) {
		part := strings.SplitN(version, " ", 3)
		at, revert := "/node/"+nid+"/revisions", "/revert"
		if part[1] != "en" {
			at = "/" + part[1] + at
		}
		if len(s.texts(l.t, "SELECT langcode FROM node_field_data WHERE nid = "+nid)) > 1 {
			revert += "/" + part[1]
		}
		if list := l.page(at, "Current revision"); !strings.Contains(list, at+"/"+part[0]+"/view") {
			l.t.Errorf("%s does not list version %s", at, part[0])
		}
		l.page(at+"/"+part[0]+"/view", part[2])
		l.page(at+"/"+part[0]+revert, "Are you sure you want to revert")
	}
	l.page("/node/"+nid+"/edit", "Edit")
	l.t.Logf("looked at the versions of node %s", nid)
}
