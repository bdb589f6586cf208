package drupal

import (
	"cmp"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// privateBelow is where private files lie below the folder of public ones, in which Drupal has the web server refuse them by a
// file .htaccess; empty: there are none, or they lie where the agent does not reach.
func (s *Site) privateBelow() string {
	p := cmp.Or(s.settings.Private, s.setting("file_private_path"))
	if inside, ok := strings.CutPrefix(p, strings.TrimRight(s.settings.Files, "/")+"/"); ok && s.settings.Files != "" {
		return path.Clean(inside)
	}
	if inside, ok := strings.CutPrefix(strings.TrimPrefix(p, "./"), s.publicPath()+"/"); ok {
		return path.Clean(inside)
	}
	return ""
}

// privateOutside is where private files lie by the site's own word, where that is not below the public ones, as Drupal advises. A
// relative path begins where the program files lie; empty: there is none, or it cannot be told.
func (s *Site) privateOutside() string {
	p := cmp.Or(s.settings.Private, s.setting("file_private_path"))
	if p == "" || s.privateBelow() != "" || s.settings.Files == "" {
		return ""
	}
	if filepath.IsAbs(p) {
		return filepath.Clean(p)
	}
	if root := s.docroot(); root != "" {
		return filepath.Join(root, p)
	}
	return ""
}

// docroot is the folder that the web server shows; empty where that is not known.
func (s *Site) docroot() string {
	root, ok := strings.CutSuffix(filepath.Clean(s.settings.Files), "/"+s.publicPath())
	if !ok {
		return ""
	}
	return root
}

// openPrivate opens the folder of private files outside of the public one. What a database says of it (Drupal 7) is taken only where
// Drupal itself has made the folder, and nobody's word where all of the site lies in it.
func (s *Site) openPrivate() error {
	dir, err := filepath.EvalSymlinks(s.privateOutside())
	if s.privateOutside() == "" || err != nil {
		return nil //nolint:nilerr // Probe tells of a folder that is not there
	}
	public, err := filepath.EvalSymlinks(s.settings.Files)
	if err != nil || inside(public, dir) {
		return nil //nolint:nilerr // without public files none are moved
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil //nolint:nilerr // as if it were not there
	}
	if s.settings.Private == "" && !refuses(root, ".htaccess", drupalsMark) {
		return root.Close()
	}
	s.private, s.privateDir = root, dir
	return nil
}

// drupalsMark is in the file by which Drupal has Apache refuse a folder. (Drupal 7.105, file_htaccess_lines; 9.5.11, FileSecurity)
const drupalsMark = "Drupal_Security_Do_Not_Remove"

// inside says that a path is a folder or lies below it.
func inside(p, folder string) bool {
	return p == folder || strings.HasPrefix(p, strings.TrimRight(folder, "/")+"/")
}

// refuses says that a folder holds a file by which a web server refuses it.
func refuses(root *os.Root, name, with string) bool {
	b, err := root.ReadFile(name)
	return err == nil && len(b) > 0 && strings.Contains(string(b), with)
}

// guarded says that files may be written that not everybody may fetch: their folder is none that a web server shows, or one that it refuses.
func (s *Site) guarded() bool {
	if s.private == nil {
		p := s.privateBelow()
		return p != "" && s.root != nil && refuses(s.root, path.Join(p, ".htaccess"), "")
	}
	const writable = 0o3 // W_OK | X_OK
	if syscall.Access(s.privateDir, writable) != nil {
		return false
	}
	docroot, err := filepath.EvalSymlinks(s.docroot())
	return s.docroot() != "" && err == nil && !inside(s.privateDir, docroot) || refuses(s.private, ".htaccess", "")
}

// privateFolder is the second folder that files are in; a target has none where none may be written.
func (s *Site) privateFolder() string {
	if s.settings.Writable && !s.guarded() {
		return ""
	}
	return s.privateDir
}

// look looks at a stored file.
func (s *Site) look(at string) (fs.FileInfo, error) {
	root := s.root
	if rest, ok := strings.CutPrefix(at, cms.PrivateFiles); ok {
		root, at = s.private, rest
	}
	if root == nil {
		return nil, fs.ErrNotExist
	}
	return root.Stat(at)
}

// withheld says that not everybody may fetch a file.
func withheld(v recordv1.Visibility) bool {
	return v != recordv1.Visibility_VISIBILITY_UNSPECIFIED && v != recordv1.Visibility_VISIBILITY_PUBLIC
}

// visibility is who may fetch a file: Drupal asks its modules about each request for a private one.
func visibility(uri string) recordv1.Visibility {
	if strings.HasPrefix(uri, privateScheme) {
		return recordv1.Visibility_VISIBILITY_MEMBERS
	}
	return recordv1.Visibility_VISIBILITY_UNSPECIFIED
}

// Place is where an upload is stored: Drupal keeps the path that the source had.
func (s *Site) Place(h *agentv1.FileHeader) string {
	at := h.GetFile().GetPath()
	if !withheld(h.GetVisibility()) {
		return strings.TrimPrefix(at, cms.PrivateFiles)
	}
	p := s.privateBelow()
	at = strings.TrimPrefix(strings.TrimPrefix(at, p+"/"), cms.PrivateHint)
	if p == "" {
		return cms.PrivateFiles + at
	}
	return path.Join(p, at)
}

// uriOfFile is the address of a file by its scheme; empty: it is not for everybody, and lies where everybody may fetch it.
func (s *Site) uriOfFile(m *recordv1.Media, f *recordv1.File, at string) string {
	if rest, ok := strings.CutPrefix(at, cms.PrivateFiles); ok {
		return privateScheme + rest
	}
	if !withheld(m.GetVisibility()) {
		return publicScheme + at
	}
	p := s.privateBelow()
	if rest, ok := strings.CutPrefix(at, p+"/"); ok && p != "" {
		return privateScheme + rest
	}
	if f.GetMissing() {
		return privateScheme + strings.TrimPrefix(at, cms.PrivateHint)
	}
	return ""
}

// exposed rejects a private file that was stored for everybody by an earlier run.
func (d *draft) exposed() {
	d.leave(agentv1.Outcome_OUTCOME_REJECTED, "file_not_private", "the file is not for everybody any more, and an earlier run has stored it for everybody",
		"Remove the file and its record on the target, then migrate again.", "visibility")
}
