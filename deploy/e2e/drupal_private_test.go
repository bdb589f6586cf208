//go:build accept

package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// apart moves a site's private files out of the folder of public ones, as Drupal advises, and gives their new folder.
func (s *drupalSite) apart(t *testing.T) string {
	t.Helper()
	away := filepath.Join(filepath.Dir(s.root), "away-"+s.fixture)
	if err := os.Rename(filepath.Join(s.root, "sites", "default", "files", "private"), away); err != nil {
		need(t, os.Mkdir(away, 0o755))
	}
	conf := filepath.Join(s.root, "sites", "default", "settings.php")
	have, err := os.ReadFile(conf)
	need(t, err)
	array := map[bool]string{true: "conf", false: "settings"}[strings.HasPrefix(s.fixture, "d7-")]
	putFile(t, conf, append(have, "\n$"+array+"['file_private_path'] = '../"+filepath.Base(away)+"';\n"...))
	return away
}

// Private files move from beside one site to beside another: none is in the folder of public ones, and the real Drupal gives them to those
// who may have them alone. A rollback takes them out again.
func TestPrivateFilesLieApart(t *testing.T) {
	src, dst := newDrupal(t, "d7-dev"), newDrupal(t, drupalNow(t, "blank"))
	src.apart(t)
	away := dst.apart(t)
	data, writer := t.TempDir(), dst.serve(t, "target")
	rep := migrate(t, data, src.serve(t, "source"), writer, []int{0, 3})
	rep.reconcile(t)
	files := fileHashes(t, away)
	uris := dst.texts(t, "SELECT uri FROM file_managed WHERE uri LIKE 'private://%'")
	t.Logf("%d private files, %d in their folder", len(uris), len(files))
	if len(files) == 0 || len(uris) < len(files) {
		t.Errorf("%d private files, %d in their folder", len(uris), len(files))
	}
	for name := range fileHashes(t, filepath.Join(dst.root, "sites", "default", "files")) {
		if strings.Contains(name, "private") {
			t.Errorf("%s is in the folder of public files", name)
		}
	}
	if dir, _ := drupalProgram(t, dst.fixture); dir != "" && len(uris) > 0 {
		// It lies beside the first, and so has the same folder of private files.
		seen := dst.copied(t)
		_, err := seen.db.DB.Exec("UPDATE file_managed SET status = 0, uid = 1 WHERE uri = ?", uris[0])
		need(t, err)
		seen.boot(t).fetchPrivate(uris)
	}
	if res := bailey(t, "rollback", rep.Migration, "--data", data, "--target", writer.link()); res.code != 0 {
		t.Fatalf("rollback: %d\n%s", res.code, tail(res.text(), 3000))
	}
	for name := range fileHashes(t, away) {
		// Drupal puts one there itself.
		if name != "file .htaccess" {
			t.Errorf("left behind: %s", name)
		}
	}
}

// fetchPrivate asks for private files as a visitor and, for one that is hers, as the administrator: what no page shows, Drupal gives to its
// owner alone, and only before it is kept.
func (l *liveDrupal) fetchPrivate(uris []string) {
	l.t.Helper()
	at := func(uri string) string { return "/system/files/" + strings.TrimPrefix(uri, "private://") }
	for _, uri := range uris {
		if code, _ := l.get(at(uri)); code != http.StatusForbidden {
			l.t.Errorf("%s: a visitor is answered %d", uri, code)
		}
	}
	if !l.login("admin", "admin-pass-9") {
		l.t.Fatal("the administrator cannot log in")
	}
	if code, body := l.get(at(uris[0])); code != http.StatusOK || body == "" {
		l.t.Errorf("%s: its owner is answered %d", uris[0], code)
	}
}
