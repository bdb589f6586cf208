package drupal

import (
	"context"
	"path"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// writeMedia writes the rows of files.
func (w *writer) writeMedia(ctx context.Context, batch []*recordv1.Record) ([]*draft, error) {
	ds, err := w.drafts(ctx, batch, func(*recordv1.Record) string { return "file" })
	if err != nil {
		return nil, err
	}
	for _, d := range ds {
		if err := w.fileOf(ctx, d, d.rec.GetMedia()); err != nil {
			return nil, err
		}
		d.measure()
	}
	return ds, w.flush(ctx, w.s.entity("file"), ds)
}

func (w *writer) fileOf(ctx context.Context, d *draft, m *recordv1.Media) error {
	f, at := w.shown(m)
	if f == nil || at == "" {
		d.leave(agentv1.Outcome_OUTCOME_REJECTED, "file_not_stored", "the file of this media record did not arrive", "Look for the file's own error in the report, correct it, then migrate again.", "files")
		return nil
	}
	uri := publicScheme + at
	if f.GetMissing() && !d.known {
		// Nobody has stored it, so nobody has made its name unique.
		ext := path.Ext(uri)
		var err error
		if uri, err = w.free(ctx, "file", uri[:len(uri)-len(ext)], ext, func(try string) (bool, error) {
			return w.taken(ctx, "SELECT fid AS id FROM {file_managed} WHERE uri = ?", d, try)
		}); err != nil {
			return err
		}
	}
	c := d.cols
	c["filename"], c["uri"], c["filemime"], c["filesize"], c["status"] = path.Base(at), uri, f.GetMime(), int64(f.GetBytes()), 1 //nolint:gosec // sizes are below 2^63
	if c["filemime"] == "" {
		c["filemime"] = m.GetMime()
	}
	if c["filemime"] == "" {
		c["filemime"] = "application/octet-stream"
	}
	uid := d.pointed("author", "", m.GetAuthor())
	if c["uid"] = uid; uid == 0 && m.GetAuthor() != nil {
		d.standIn("author", 0)
	}
	made := m.GetCreated()
	if made == nil {
		made = m.GetModified()
	}
	d.at(made, "created", "changed", "timestamp")
	if m.GetModified() != nil {
		d.at(m.GetModified(), "changed")
	}
	if w.s.seven && m.GetModified() != nil && m.GetModified().GetSeconds() != made.GetSeconds() {
		d.adjust("modified", "one_time_only", "")
	}
	if made == nil {
		c["created"], c["changed"], c["timestamp"] = w.s.now().Unix(), w.s.now().Unix(), w.s.now().Unix()
	}
	if m.GetMime() != "" && m.GetMime() != c["filemime"] {
		d.adjust("mime", "mime_of_file", "")
	}
	if len(m.GetFiles()) > 1 {
		// Drupal makes smaller copies itself.
		d.adjust("files", "one_file", "")
	}
	return nil
}

// shown is the file that a media record shows, and where it lies below the public files.
func (w *writer) shown(m *recordv1.Media) (*recordv1.File, string) {
	for _, role := range []string{"full", "", "original"} {
		for _, f := range m.GetFiles() {
			if f.GetRole() != role {
				continue
			}
			if p, ok := w.u.Refs.File(f.GetId()); ok {
				return f, p
			}
			if f.GetMissing() {
				return f, path.Clean("/" + f.GetPath())[1:]
			}
		}
	}
	return nil, ""
}
