package wordpress

import (
	slashpath "path"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/php"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"google.golang.org/protobuf/proto"
	"time"
)

func (w *writer) mediaDraft(j *job) (*draft, error) {
	m := j.rec.GetMedia()
	d := &draft{job: j, wanted: m.GetSlug()}
	d.post = post{
		id: j.id, content: m.GetDescription(), title: m.GetTitle(), excerpt: m.GetCaption(), status: m.GetStatus(), comments: m.GetComments(),
		pings: m.GetPings(), guid: m.GetGuid(), order: int64(m.GetPosition()), kind: "attachment", mime: m.GetMime(),
	}
	if d.status == "" {
		d.status = "inherit"
	}
	if d.title == "" && d.wanted == "" {
		d.wanted = fileSlug(m)
	}
	w.setDiscussion(d)
	w.setDates(d, m.GetCreated(), m.GetModified())
	w.setParent(d, m.GetAttachedTo())
	var refs []*recordv1.Ref
	if m.GetAuthor() != nil {
		refs = append(refs, m.GetAuthor())
	}
	var err error
	d.author, err = w.author(j, refs, "author")
	return d, err
}

// fileSlug is a slug from the name of the full file.
func fileSlug(m *recordv1.Media) string {
	for _, f := range m.GetFiles() {
		if f.GetRole() == roleFull {
			name := slashpath.Base(f.GetPath())
			return slugify(strings.TrimSuffix(name, slashpath.Ext(name)))
		}
	}
	return ""
}

func (w *writer) mediaMeta(b *metaBuilder, d *draft) {
	m := d.rec.GetMedia()
	full := w.storedPath(d.job, m, roleFull, "")
	switch {
	case full != "":
		b.add(d.job.id, attachedFile, full)
	case m.GetExternalUrl() != "" && m.GetExternalUrl() != d.guid:
		b.add(d.job.id, attachedFile, m.GetExternalUrl())
	}
	if details := w.metadata(d.job, m, full); details != nil {
		b.add(d.job.id, attachmentMeta, serialized(details))
	}
	b.text(d.job.id, altMeta, m.GetAlt())
}

// storedPath is where a file was stored on this site; a file that did not come keeps its former place.
func (w *writer) storedPath(j *job, m *recordv1.Media, role, size string) string {
	for _, f := range m.GetFiles() {
		if f.GetRole() != role || f.GetSizeName() != size {
			continue
		}
		if p, ok := w.u.Refs.File(f.GetId()); ok {
			return p
		}
		if !f.GetMissing() {
			j.adjust("files", "file_not_stored", "")
		}
		return strings.TrimLeft(slashpath.Clean("/"+f.GetPath()), "/")
	}
	return ""
}

// metadata is the attachment's metadata with the names that files have here; nil when there is none.
func (w *writer) metadata(j *job, m *recordv1.Media, full string) *recordv1.Value {
	d := proto.Clone(m.GetDetails()).(*recordv1.Value)
	if d.GetArray() == nil {
		if full == "" || m.GetWidth() == 0 {
			return nil
		}
		d = phpArray(pair("width", php.Int(int64(m.GetWidth()))), pair("height", php.Int(int64(m.GetHeight()))), pair("file", php.Text("")),
			pair("filesize", php.Int(int64(fullBytes(m)))), pair("sizes", phpArray()), pair("image_meta", emptyImageMeta()))
	}
	if lookup(d, "file") != nil {
		assign(d, "file", php.Text(full))
	}
	if o := w.storedPath(j, m, roleOriginal, ""); o != "" {
		assign(d, "original_image", php.Text(slashpath.Base(o)))
	}
	w.sizes(j, m, d)
	return d
}

func fullBytes(m *recordv1.Media) uint64 {
	for _, f := range m.GetFiles() {
		if f.GetRole() == roleFull {
			return f.GetBytes()
		}
	}
	return 0
}

func (w *writer) sizes(j *job, m *recordv1.Media, d *recordv1.Value) {
	for _, f := range m.GetFiles() {
		if f.GetRole() != roleSize || strings.HasPrefix(f.GetSizeName(), backupPrefix) {
			continue
		}
		sizes := lookup(d, "sizes")
		if sizes.GetArray() == nil {
			sizes = phpArray()
			assign(d, "sizes", sizes)
		}
		name := slashpath.Base(w.storedPath(j, m, roleSize, f.GetSizeName()))
		if known := lookup(sizes, f.GetSizeName()); known.GetArray() != nil {
			assign(known, "file", php.Text(name))
			continue
		}
		assign(sizes, f.GetSizeName(), phpArray(pair("file", php.Text(name)), pair("width", php.Int(int64(f.GetWidth()))),
			pair("height", php.Int(int64(f.GetHeight()))), pair("mime-type", php.Text(f.GetMime())), pair("filesize", php.Int(int64(f.GetBytes())))))
	}
}

// emptyImageMeta is what WordPress stores for a picture without camera data.
func emptyImageMeta() *recordv1.Value {
	v := phpArray()
	for _, k := range []string{"aperture", "credit", "camera", "caption", "created_timestamp", "copyright", "focal_length", "iso", "shutter_speed", "title", "orientation"} {
		text := ""
		switch k {
		case "aperture", "created_timestamp", "focal_length", "iso", "shutter_speed", "orientation":
			text = "0"
		}
		assign(v, k, php.Text(text))
	}
	assign(v, "keywords", phpArray())
	return v
}

// Place implements cms.Site: YYYY/MM/name, keeping the source's folder when it is one of that form.
func (s *Site) Place(h *agentv1.FileHeader) string {
	hint := strings.TrimLeft(slashpath.Clean("/"+h.GetFile().GetPath()), "/")
	if parts := strings.Split(hint, "/"); len(parts) == 3 && len(parts[0]) == 4 && digits(parts[0]) && len(parts[1]) == 2 && digits(parts[1]) {
		return hint
	}
	at := time.Unix(h.GetCreated().GetSeconds()+int64(h.GetCreated().GetOffset()), 0).UTC()
	if h.GetCreated() == nil {
		at = s.now().UTC()
	}
	return at.Format("2006/01/") + slashpath.Base("/"+hint)
}
