package drupal

import (
	"context"
	"path"
	"slices"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// writeMedia writes the rows of files, and of the media entities that show them where the site has such.
func (w *writer) writeMedia(ctx context.Context, batch []*recordv1.Record) ([]*draft, error) {
	if err := w.needMediaTypes(ctx, batch); err != nil {
		return nil, err
	}
	ds, err := w.drafts(ctx, batch, w.mediaEntity)
	if err != nil {
		return nil, err
	}
	if err := w.shelve(ctx, ds); err != nil {
		return nil, err
	}
	var files []*draft
	for _, d := range ds {
		f := d
		if d.e.name == "media" {
			f = d.file
		} else if w.s.library() {
			d.bare(d.rec.GetMedia())
		}
		if f == nil {
			continue
		}
		if err := w.fileOf(ctx, f, d.rec.GetMedia()); err != nil {
			return nil, err
		}
		if f.measure(); f != d && f.done {
			d.done, d.res = true, f.res
		}
		files = append(files, f)
	}
	if err := w.flush(ctx, w.s.entity("file"), files); err != nil {
		return nil, err
	}
	return ds, w.writeLibrary(ctx, slices.DeleteFunc(live(ds), func(d *draft) bool { return d.e.name != "media" }))
}

// writeLibrary writes media entities behind their files.
func (w *writer) writeLibrary(ctx context.Context, ds []*draft) error {
	if len(ds) == 0 {
		return nil
	}
	for _, d := range ds {
		if d.file != nil {
			for _, a := range d.file.res.Adjustments {
				d.adjust(a.GetField(), a.GetCode(), a.GetValue())
			}
		}
		if err := w.shelved(ctx, d); err != nil {
			return err
		}
		if err := w.custom(ctx, d); err != nil {
			return err
		}
		d.measure()
	}
	e := w.s.entity("media")
	if err := w.flush(ctx, e, ds); err != nil {
		return err
	}
	return w.flushValues(ctx, e, ds)
}

// bare tells what a file has not got that media of a type have.
func (d *draft) bare(m *recordv1.Media) {
	for field, has := range map[string]bool{"title": m.GetTitle() != "", "alt": m.GetAlt() != "", "width": m.GetWidth() > 0, "height": m.GetHeight() > 0} {
		if has {
			d.adjust(field, "no_media_type", "")
		}
	}
	for _, f := range d.rec.GetFields() {
		d.adjust("fields."+f.GetName(), "no_media_type", "")
	}
}

func (w *writer) fileOf(ctx context.Context, d *draft, m *recordv1.Media) error {
	f, at := w.shown(m)
	if f == nil || at == "" {
		d.leave(agentv1.Outcome_OUTCOME_REJECTED, "file_not_stored", "the file of this media record did not arrive", "Look for the file's own error in the report, correct it, then migrate again.", "files")
		return nil
	}
	uri := w.s.uriOfFile(m, f, at)
	if uri == "" {
		d.exposed()
		return nil
	}
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
	d.owner(m)
	d.moments(m)
	if m.GetMime() != "" && m.GetMime() != c["filemime"] {
		d.adjust("mime", "mime_of_file", "")
	}
	if len(m.GetFiles()) > 1 {
		// Drupal makes smaller copies itself.
		d.adjust("files", "one_file", "")
	}
	return nil
}

// owner sets whose media are. Of a file below them it is told with the file.
func (d *draft) owner(m *recordv1.Media) {
	uid := d.pointed("author", "", m.GetAuthor())
	if d.cols["uid"] = uid; uid == 0 && m.GetAuthor() != nil && d.file == nil {
		d.standIn("author", 0)
	}
}

// moments sets when media were made and changed.
func (d *draft) moments(m *recordv1.Media) {
	made := m.GetCreated()
	if made == nil {
		made = m.GetModified()
	}
	d.at(made, "created", "changed", "timestamp")
	if m.GetModified() != nil {
		d.at(m.GetModified(), "changed")
	}
	if d.w.s.seven && m.GetModified() != nil && m.GetModified().GetSeconds() != made.GetSeconds() {
		d.adjust("modified", "one_time_only", "")
	}
	if now := d.w.s.now().Unix(); made == nil {
		d.cols["created"], d.cols["changed"], d.cols["timestamp"] = now, now, now
	}
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
