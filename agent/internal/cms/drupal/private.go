package drupal

import (
	"cmp"
	"path"
	"strings"

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

// guarded says that files may be written that not everybody may fetch: a web server refuses their folder already.
func (s *Site) guarded() bool {
	p := s.privateBelow()
	if p == "" || s.root == nil {
		return false
	}
	st, err := s.root.Stat(path.Join(p, ".htaccess"))
	return err == nil && st.Mode().IsRegular() && st.Size() > 0
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
	if withheld(h.GetVisibility()) {
		p := s.privateBelow()
		return path.Join(p, strings.TrimPrefix(h.GetFile().GetPath(), p+"/"))
	}
	return h.GetFile().GetPath()
}

// uriOfFile is the address of a file by its scheme; empty: it is not for everybody, and lies where everybody may fetch it.
func (s *Site) uriOfFile(m *recordv1.Media, f *recordv1.File, at string) string {
	if !withheld(m.GetVisibility()) {
		return publicScheme + at
	}
	p := s.privateBelow()
	if rest, ok := strings.CutPrefix(at, p+"/"); ok && p != "" {
		return privateScheme + rest
	}
	if f.GetMissing() {
		return privateScheme + at
	}
	return ""
}

// exposed rejects a private file that was stored for everybody by an earlier run.
func (d *draft) exposed() {
	d.leave(agentv1.Outcome_OUTCOME_REJECTED, "file_not_private", "the file is not for everybody any more, and an earlier run has stored it for everybody",
		"Remove the file and its record on the target, then migrate again.", "visibility")
}
