//go:build accept

package e2e

import (
	"html"
	"strings"
	"testing"
)

// libraryInvariants are what must hold for Drupal's media library to list and show what it has.
var libraryInvariants = map[string]string{
	"media have no current version":        "SELECT m.mid FROM media m LEFT JOIN media_revision r ON r.vid = m.vid AND r.mid = m.mid LEFT JOIN media_field_data d ON d.mid = m.mid AND d.vid = m.vid AND d.bundle = m.bundle AND d.langcode = m.langcode AND d.default_langcode = 1 LEFT JOIN media_field_revision f ON f.vid = m.vid AND f.name = d.name AND f.status = d.status AND f.uid = d.uid WHERE r.vid IS NULL OR d.mid IS NULL OR f.vid IS NULL",
	"media are of no type":                 "SELECT m.mid FROM media m LEFT JOIN config c ON c.collection = '' AND c.name = CONCAT('media.type.', m.bundle) WHERE c.name IS NULL",
	"media have no name":                   "SELECT mid FROM media_field_data WHERE name IS NULL OR name = ''",
	"the owner of media is missing":        "SELECT d.mid FROM media_field_data d LEFT JOIN users_field_data u ON u.uid = d.uid WHERE u.uid IS NULL",
	"a picture shows no file":              "SELECT m.mid FROM media m LEFT JOIN media__field_media_image i ON i.entity_id = m.mid AND i.revision_id = m.vid AND i.bundle = m.bundle LEFT JOIN media_revision__field_media_image r ON r.revision_id = m.vid AND r.field_media_image_target_id = i.field_media_image_target_id LEFT JOIN file_managed f ON f.fid = i.field_media_image_target_id WHERE m.bundle = 'image' AND (f.fid IS NULL OR r.entity_id IS NULL)",
	"a picture is not its own thumbnail":   "SELECT d.mid FROM media_field_data d JOIN media__field_media_image i ON i.entity_id = d.mid WHERE d.thumbnail__target_id IS NULL OR d.thumbnail__target_id <> i.field_media_image_target_id",
	"a document shows no file":             "SELECT m.mid FROM media m LEFT JOIN media__field_media_document i ON i.entity_id = m.mid AND i.revision_id = m.vid LEFT JOIN file_managed f ON f.fid = i.field_media_document_target_id WHERE m.bundle = 'document' AND f.fid IS NULL",
	"the file of a picture is not counted": "SELECT i.entity_id FROM media__field_media_image i LEFT JOIN file_usage u ON u.fid = i.field_media_image_target_id AND u.module = 'file' AND u.type = 'media' AND u.id = i.entity_id WHERE u.fid IS NULL",
	"a picture is outside of the library":  "SELECT f.fid FROM file_managed f LEFT JOIN media__field_media_image i ON i.field_media_image_target_id = f.fid WHERE f.filemime IN ('image/png', 'image/jpeg', 'image/gif') AND f.uri NOT LIKE 'public://media-icons/%' AND f.uri LIKE 'public://%' AND i.entity_id IS NULL",
}

// What moves into a Drupal with a media library is in it; a second run changes nothing, and all of it can be taken back.
func TestIntoMediaLibrary(t *testing.T) {
	newDrupal(t, "d9-dev").thereAndBack(t, "wp-dev", libraryInvariants, nil)
}

// The real Drupal lists it in the administration, and shows it.
func TestRealDrupalShowsItsLibrary(t *testing.T) {
	for _, fixture := range []string{"wp-dev", "d9-dev"} {
		t.Run(fixture, func(t *testing.T) {
			needDrupal(t, "d9-blank")
			dst := newDrupal(t, "d9-blank")
			dst.boot(t).modules("media", "media_library", "breakpoint")
			dst.thereAndBack(t, fixture, libraryInvariants, func() {
				l := dst.copied(t).boot(t)
				d := l.dump(nil)
				l.library(d)
				for _, e := range l.dump(nil).Errors {
					t.Errorf("Drupal's log: %.500s", e)
				}
			})
		})
	}
}

// Where the owner has no media types, they are made; the real Drupal takes them for its own.
func TestRealDrupalTakesMediaTypes(t *testing.T) {
	needDrupal(t, "d9-blank")
	dst := newDrupal(t, "d9-blank")
	dst.boot(t).ask("DRUPAL_NO_MEDIA_TYPES=1", "DRUPAL_MODULES=media media_library")
	if types := dst.texts(t, "SELECT name FROM config WHERE name LIKE 'media.type.%'"); len(types) > 0 {
		t.Fatalf("there are types already: %v", types)
	}
	dst.thereAndBack(t, "wp-dev", nil, func() {
		newly(t, nil, breaking(t, dst.db.DB, libraryInvariants))
		l := dst.copied(t).boot(t)
		l.library(l.dump(nil))
		if !l.login("admin", "admin-pass-9") {
			t.Fatal("the administrator cannot log in")
		}
		l.page("/admin/structure/media", "Image", "Document")
		l.page("/admin/structure/media/manage/image/fields", "field_media_image")
		l.page("/admin/structure/media/manage/image/form-display", "Image")
		l.page("/media/add/image", "Add a new file")
		if report := plainText(l.page("/admin/reports/status")); strings.Contains(report, "Mismatched entity") {
			t.Error("Drupal finds that its tables do not match its definitions")
		}
		for _, e := range l.dump(nil).Errors {
			t.Errorf("Drupal's log: %.500s", e)
		}
	})
}

// thereAndBack moves a fixture into a site, where more than usual must hold, a second time, and back out of it.
func (s *drupalSite) thereAndBack(t *testing.T, fixture string, invariants map[string]string, look func(), more ...string) {
	t.Helper()
	state, had, usual := s.state(t), breaking(t, s.db.DB, invariants), s.broken(t)
	data, src, dst := t.TempDir(), drupal7Source(t, fixture), s.serve(t, "target")
	rep := migrate(t, data, src, dst, []int{0, 3}, more...)
	rep.reconcile(t)
	for _, x := range rep.Differences {
		t.Errorf("verification: %+v", x)
	}
	newly(t, had, breaking(t, s.db.DB, invariants))
	newly(t, usual, s.broken(t))
	if look != nil {
		look()
	}
	written := s.state(t)
	migrate(t, data, src, dst, []int{0, 3}, more...).nothingChanged(t)
	sameState(t, "the target after a second run", written, s.state(t))
	if res := bailey(t, "rollback", rep.Migration, "--data", data, "--target", dst.link()); res.code != 0 {
		t.Fatalf("rollback: %d\n%s", res.code, tail(res.text(), 3000))
	}
	sameState(t, "the target after the rollback", state, s.state(t))
}

// library looks at the media as an editor does: each is listed, and each picture is shown with its description.
func (l *liveDrupal) library(d *drupalDump) {
	l.t.Helper()
	if len(d.Media) == 0 {
		l.t.Error("there are no media")
	}
	if !l.login("admin", "admin-pass-9") {
		l.t.Fatal("the administrator cannot log in")
	}
	list := ""
	for _, page := range []string{"0", "1", "2"} {
		// By its own order, which is that of changes, pages may overlap.
		list += l.page("/admin/content/media?order=name&sort=asc&page=" + page)
	}
	text := plainText(list)
	pictures := 0
	for _, m := range d.Media {
		if !strings.Contains(text, strings.Join(strings.Fields(m.Title), " ")) {
			l.t.Errorf("the list of media does not show %q", m.Title)
		}
		if m.Bundle == "image" && strings.Contains(m.HTML, "<img") {
			pictures++
		}
		l.page("/media/"+m.id()+"/edit", "Name")
	}
	l.page("/admin/content/media-grid")
	shown := 0
	for _, n := range d.Nodes {
		if i := strings.Index(n.HTML, `src="/sites/default/files/`); i >= 0 && n.Status == 1 {
			src, _, _ := strings.Cut(n.HTML[i+len(`src="`):], `"`)
			if code, _ := l.get(html.UnescapeString(src)); code != 200 {
				l.t.Errorf("node %s shows %s: %d", n.id(), src, code)
			}
			shown++
		}
	}
	l.t.Logf("Drupal lists %d media, renders %d pictures; %d nodes show a picture", len(d.Media), pictures, shown)
	l.logout()
}
