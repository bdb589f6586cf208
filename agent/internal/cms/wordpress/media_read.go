package wordpress

import (
	"context"
	"io/fs"
	"net/url"
	"os"
	slashpath "path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/uploads"
	"github.com/baileybridge/bailey/agent/internal/php"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
	"google.golang.org/protobuf/proto"
)

const (
	attachedFile   = "_wp_attached_file"
	attachmentMeta = "_wp_attachment_metadata"
	backupSizes    = "_wp_attachment_backup_sizes"
	altMeta        = "_wp_attachment_image_alt"
	roleFull       = "full"
	roleOriginal   = "original"
	roleSize       = "size"
	// backupPrefix marks the files that WordPress keeps of a picture edited in its own editor.
	backupPrefix = "backup:"
)

func (r *reader) media(ctx context.Context, p *post, around *surroundings) (cms.Item, error) {
	m := &recordv1.Media{
		Title: p.title, Slug: decodeSlug(p.name), Caption: p.excerpt, Description: p.content, Mime: p.mime, Author: userRef(p.author),
		Created: readTime(p.date, p.dateGMT, r.env.zone), Modified: readTime(p.modified, p.modifiedGMT, r.env.zone),
		Comments: p.comments, Pings: p.pings, Position: position(p.order), Guid: p.guid,
	}
	if p.status != "inherit" {
		m.Status = p.status
	}
	rec := &recordv1.Record{Ref: r.ref(p.id), Body: &recordv1.Record_Media{Media: m}}
	around.said[p.id].into(rec, r.env.tongues)
	if p.parent != 0 && !isPending(p.parent) {
		if m.AttachedTo = around.entryOrMedia(p.parent); m.AttachedTo == nil {
			note(rec, "parent_missing", "attached_to")
		}
	}
	if p.password != "" {
		note(rec, "media_password", "password")
	}
	if len(p.terms) > 0 {
		note(rec, "media_terms", "terms")
	}
	r.mediaMeta(rec, p)
	it := cms.Item{Record: rec}
	if r.withPaths {
		it.Paths = r.mediaPaths(m, p)
	}
	return it, nil
}

func (r *reader) mediaMeta(rec *recordv1.Record, p *post) {
	m, meta := rec.GetMedia(), &p.meta
	meta.dropCaches(rec)
	m.Alt = meta.take(altMeta)
	backups := meta.get(backupSizes)
	full := strings.TrimLeft(meta.take(attachedFile), "/")
	switch raw := meta.get(attachmentMeta); {
	case full == "":
		m.ExternalUrl = p.guid
	case strings.Contains(full, "://"):
		m.ExternalUrl = full
	case !fs.ValidPath(full):
		// It is as one without a file from here on.
		note(rec, "file_outside_uploads", "files")
		m.ExternalUrl = p.guid
	default:
		if details, err := php.Unserialize([]byte(raw)); err == nil && details.GetArray() != nil {
			meta.take(attachmentMeta)
			r.files(m, full, details, backups)
		} else {
			r.files(m, full, nil, backups)
		}
	}
	meta.fields(rec, same)
}

// files lists the files of an attachment and keeps its metadata without their names, which the target sets anew.
func (r *reader) files(m *recordv1.Media, full string, details *recordv1.Value, backups string) {
	m.Width, m.Height = pixels(details, "width"), pixels(details, "height")
	r.addFile(m, &recordv1.File{Role: roleFull, Path: full, Mime: m.Mime, Width: m.Width, Height: m.Height}, lookup(details, "filesize"))
	dir := slashpath.Dir(full)
	if o := lookup(details, "original_image").GetText(); o != "" {
		r.addFile(m, &recordv1.File{Role: roleOriginal, Path: slashpath.Join(dir, o), Mime: m.Mime}, nil)
	}
	for _, size := range lookup(details, "sizes").GetArray().GetPairs() {
		r.addSize(m, dir, size.GetKey().GetText(), size.GetValue())
	}
	if v, err := php.Unserialize([]byte(backups)); err == nil {
		for _, size := range v.GetArray().GetPairs() {
			r.addSize(m, dir, backupPrefix+size.GetKey().GetText(), size.GetValue())
		}
	}
	m.Details = withoutNames(details)
}

func (r *reader) addSize(m *recordv1.Media, dir, name string, size *recordv1.Value) {
	file := lookup(size, "file").GetText()
	if file == "" {
		return
	}
	f := &recordv1.File{
		Role: roleSize, SizeName: name, Path: slashpath.Join(dir, file), Mime: lookup(size, "mime-type").GetText(),
		Width: pixels(size, "width"), Height: pixels(size, "height"),
	}
	r.addFile(m, f, lookup(size, "filesize"))
}

// addFile completes a file with what the file system says.
func (r *reader) addFile(m *recordv1.Media, f *recordv1.File, known *recordv1.Value) {
	if !fs.ValidPath(f.Path) {
		return
	}
	f.Id = f.Path
	if f.Mime == "" {
		f.Mime = uploads.MIME(f.Path)
	}
	f.Bytes = uint64(max(intOf(known), 0))
	if dir := r.s.set.Files; dir != "" {
		st, err := os.Stat(filepath.Join(dir, filepath.FromSlash(f.Path)))
		if err != nil || !st.Mode().IsRegular() {
			f.Missing, f.Bytes = true, 0
		} else {
			f.Bytes = uint64(st.Size())
		}
	}
	m.Files = append(m.Files, f)
}

func pixels(v *recordv1.Value, key string) uint32 {
	return uint32(min(max(intOf(lookup(v, key)), 0), 1<<31))
}

// withoutNames is attachment metadata with every file name emptied: the target's names replace them.
func withoutNames(details *recordv1.Value) *recordv1.Value {
	if details == nil {
		return nil
	}
	d := proto.Clone(details).(*recordv1.Value)
	for _, key := range []string{"file", "original_image"} {
		if lookup(d, key) != nil {
			assign(d, key, php.Text(""))
		}
	}
	for _, size := range lookup(d, "sizes").GetArray().GetPairs() {
		if lookup(size.GetValue(), "file") != nil {
			assign(size.GetValue(), "file", php.Text(""))
		}
	}
	return d
}

// mediaPaths are the addresses of all files, and of the attachment's page.
func (r *reader) mediaPaths(m *recordv1.Media, p *post) []*agentv1.Path {
	var all []*agentv1.Path
	for _, f := range m.GetFiles() {
		for _, s := range r.env.paths(r.env.uploads + "/" + escapePath(f.Path)) {
			all = append(all, path(s, fileForm(f)))
		}
	}
	page := r.link.postPath(p)
	if len(all) == 0 {
		all = append(all, path(page, "page"))
	} else if page != plainPath(p) {
		all = append(all, path(page, "page"))
	}
	return append(all, path("/?attachment_id="+itoa(p.id), "page"), path("/?p="+itoa(p.id), "page"))
}

// fileForm is the form of a token for a file: empty for the full one, "300x200" for a smaller copy.
func fileForm(f *recordv1.File) string {
	if f.GetRole() != roleSize || f.GetWidth() == 0 {
		return ""
	}
	return strconv.FormatUint(uint64(f.GetWidth()), 10) + "x" + strconv.FormatUint(uint64(f.GetHeight()), 10)
}

func escapePath(p string) string { return (&url.URL{Path: p}).EscapedPath() }

func mediaRef(id int64) *recordv1.Ref { return record.NewRef(recordv1.Kind_KIND_MEDIA, itoa(id)) }
