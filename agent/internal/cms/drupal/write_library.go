package drupal

import (
	"cmp"
	"context"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Plug-ins that say what media of a type show. (Drupal 9.5.11, core/modules/media/src/Plugin/media/Source)
const (
	showsImage  = "image"
	showsFile   = "file"
	showsVideo  = "video_file"
	showsAudio  = "audio_file"
	showsRemote = "oembed:video"
)

// shelf is a media type: what it shows, the endings of file names that its form takes, and the field of the file or address.
type shelf struct {
	shows  string
	takes  []string
	source *field
}

// usualTypes are the media types that the standard profile makes; of several that show the same, they are preferred.
var usualTypes = []string{"image", "document", "video", "audio", "remote_video"}

// loadShelves finds the media types of a site that has the media library.
func (s *Site) loadShelves() {
	s.schema.shelves = nil
	if !s.library() {
		return
	}
	const prefix = "media.type."
	for name, v := range s.schema.settings {
		bundle, ok := strings.CutPrefix(name, prefix)
		src := s.schema.field("media", bundle, scalar(dig(v, "source_configuration", "source_field")))
		if !ok || src == nil {
			continue
		}
		takes := scalar(dig(s.schema.settings["field.field.media."+bundle+"."+src.name], "settings", "file_extensions"))
		s.schema.shelves = append(s.schema.shelves, shelf{scalar(dig(v, "source")), strings.Fields(strings.ToLower(takes)), src})
	}
	rank := func(sh shelf) int { return map[bool]int{true: -1}[slices.Contains(usualTypes, sh.source.bundle)] }
	slices.SortFunc(s.schema.shelves, func(a, b shelf) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.source.bundle, b.source.bundle))
	})
}

// library says that files are kept as media entities here.
func (s *Site) library() bool { return !s.seven && s.hasModule("media") && s.has("media_field_data") }

// remoteVideo are addresses of the services that Drupal's own type of remote videos takes.
var remoteVideo = regexp.MustCompile(`^https?://(?:www\.|m\.)?(?:youtube\.com/|youtu\.be/|vimeo\.com/)`)

// shelf is the field of the media type that a record goes into; nil: there is none, and the record stays a bare file.
func (w *writer) shelf(m *recordv1.Media) *field {
	plugins, ending := w.shownAs(m)
	for _, shows := range plugins {
		if src := w.s.shelf(shows, ending); src != nil {
			return src
		}
	}
	return nil
}

func (s *Site) shelf(shows, ending string) *field {
	for _, sh := range s.schema.shelves {
		if sh.shows == shows && (len(sh.takes) == 0 || slices.Contains(sh.takes, ending)) {
			return sh.source
		}
	}
	return nil
}

// mediaEntity says what a record becomes; what an earlier run wrote stays what it is.
func (w *writer) mediaEntity(rec *recordv1.Record) string {
	target, ok := w.u.Refs.Existing(rec.GetRef())
	if ok && strings.HasPrefix(target, mediaPrefix) || !ok && w.shelf(rec.GetMedia()) != nil {
		return "media"
	}
	return "file"
}

// shelve gives each media entity of a batch its type and a draft of the file that it shows.
func (w *writer) shelve(ctx context.Context, ds []*draft) error {
	var known []int64
	for _, d := range ds {
		if d.e.name == "media" && d.known {
			known = append(known, d.id)
		}
	}
	rows, err := queryIn(ctx, w.s, w.q, known, "SELECT mid, bundle FROM {media} WHERE mid IN ", "")
	if err != nil {
		return err
	}
	bundles := by(rows, "mid")
	files, err := w.s.shownBy(ctx, w.q, known)
	if err != nil {
		return err
	}
	var again []*draft
	for _, d := range ds {
		if d.e.name != "media" {
			continue
		}
		if src := w.shelf(d.rec.GetMedia()); d.known {
			d.bundle = bundles[itoa(d.id)][0].text("bundle")
		} else if src != nil {
			d.bundle = src.bundle
		}
		src := w.s.sourceOf(d.bundle)
		switch {
		case src == nil:
			d.e = w.s.entity("file")
		case src.target == "file":
			d.file = &draft{w: w, rec: d.rec, e: w.s.entity("file"), cols: map[string]any{"langcode": w.s.schema.base}, res: newResult()}
			if d.file.id = files[d.id]; d.file.id > 0 {
				again = append(again, d.file)
			}
		}
	}
	if len(again) == 0 {
		return nil
	}
	return w.find(ctx, w.s.entity("file"), again)
}

// sourceOf is the field of what a media type shows; nil: there is no such type.
func (s *Site) sourceOf(bundle string) *field {
	for _, sh := range s.schema.shelves {
		if sh.source.bundle == bundle {
			return sh.source
		}
	}
	return nil
}

// shownBy maps media entities to the files that they show.
func (s *Site) shownBy(ctx context.Context, q cmssql.Querier, mids []int64) (map[int64]int64, error) {
	files, seen := map[int64]int64{}, map[string]bool{}
	for _, f := range s.live.shown() {
		if seen[f.table] {
			continue
		}
		seen[f.table] = true
		for part := range slices.Chunk(mids, cmssql.InList) {
			rows, err := queryIn(ctx, s, q, part, "SELECT entity_id AS mid, "+f.name+"_target_id AS fid FROM {"+f.table+"} WHERE deleted = 0 AND entity_id IN ", "")
			if err != nil {
				return nil, err
			}
			for _, r := range rows {
				files[r.number("mid")] = r.number("fid")
			}
		}
	}
	return files, nil
}

// shownFiles finds the files of all media entities that a batch points to: fields of files and pictures hold the file itself.
func (w *writer) shownFiles(ctx context.Context, batch []*recordv1.Record) (err error) {
	if !w.s.library() || w.kind == kindMedia {
		return nil
	}
	mids := map[int64]bool{}
	for _, rec := range batch {
		record.MapRefs(rec, func(ref *recordv1.Ref) *recordv1.Ref {
			if target, ok := w.u.Refs.Target(ref); ok && ref.GetKind() == kindMedia {
				if id := w.s.entity("media").number(target); id > 0 {
					mids[id] = true
				}
			}
			return ref
		})
	}
	w.files, err = w.s.shownBy(ctx, w.q, slices.Collect(maps.Keys(mids)))
	return err
}

// fileAt is the number of the file in a target id, which may be that of a media entity; 0: it is none, or shows none.
func (w *writer) fileAt(target string) int64 {
	if id := entities8["media"].number(target); id > 0 {
		return w.files[id]
	}
	return (&entity{}).number(target)
}

// shelved fills a media entity, whose file is written by now.
func (w *writer) shelved(ctx context.Context, d *draft) error {
	m, c, src := d.rec.GetMedia(), d.cols, w.s.sourceOf(d.bundle)
	c["bundle"], c["name"], c["status"], c["content_translation_source"], c["content_translation_outdated"] = d.bundle, m.GetTitle(), flag(m.GetStatus() == ""), "und", 0
	d.owner(m)
	if d.file == nil {
		d.moments(m)
		d.set(src, map[string]any{"value": m.GetExternalUrl()})
	} else {
		c["created"], c["changed"] = d.file.cols["created"], d.file.cols["changed"]
		props := map[string]any{"target_id": d.file.id, "display": 1}
		if src.typ == "image" {
			props = map[string]any{"target_id": d.file.id, "alt": m.GetAlt(), "title": "", "width": pixels(m.GetWidth()), "height": pixels(m.GetHeight())}
			c["thumbnail__target_id"], c["thumbnail__alt"], c["thumbnail__width"], c["thumbnail__height"] = d.file.id, m.GetAlt(), props["width"], props["height"]
		}
		d.set(src, props)
		if c["name"] == "" {
			c["name"] = d.file.cols["filename"]
		}
	}
	c["revision_user"], c["revision_created"] = c["uid"], c["changed"]
	if src.typ != "image" {
		d.noPicture(m)
		icon, err := w.icon(ctx, src.bundle)
		c["thumbnail__target_id"] = icon
		return err
	}
	return nil
}

// pixels are unknown when they are 0.
func pixels(n uint32) any {
	if n == 0 {
		return nil
	}
	return int64(n)
}

// noPicture tells what only pictures have.
func (d *draft) noPicture(m *recordv1.Media) {
	for field, has := range map[string]bool{"alt": m.GetAlt() != "", "width": m.GetWidth() > 0, "height": m.GetHeight() > 0} {
		if has {
			d.adjust(field, "not_of_a_picture", "")
		}
	}
}

// icons stand for what is no picture. (Drupal 9.5.11, core/modules/media/images/icons)
var icons = map[string]string{showsVideo: "video.png", showsAudio: "audio.png", showsRemote: "no-thumbnail.png"}

// icon is the file of the picture that the library shows for media of a type; nil where the module has left none.
func (w *writer) icon(ctx context.Context, bundle string) (any, error) {
	at := "media-icons/generic/generic.png"
	for _, sh := range w.s.schema.shelves {
		if name := icons[sh.shows]; sh.source.bundle == bundle && name != "" {
			at = "media-icons/generic/" + name
		}
	}
	find := func() (any, error) {
		rows, err := w.s.query(ctx, w.q, "SELECT MIN(fid) AS fid FROM {file_managed} WHERE uri = ?", publicScheme+at)
		if err != nil || rows[0].null("fid") {
			return nil, err
		}
		return rows[0].number("fid"), nil
	}
	id, err := find()
	if id != nil || err != nil || w.s.root == nil {
		return id, err
	}
	st, err := w.s.root.Stat(at)
	if err != nil {
		return nil, nil //nolint:nilerr // a library without pictures of its types works
	}
	if err := w.lock(ctx); err != nil {
		return nil, err
	}
	if id, err = find(); id != nil || err != nil {
		return id, err
	}
	now := w.s.now().Unix()
	ids, err := w.insert(ctx, "file_managed", []map[string]any{{"uuid": newUUID(), "langcode": w.s.schema.base, "uid": 0, "filename": path.Base(at), "uri": publicScheme + at, "filemime": "image/png",
		"filesize": st.Size(), "status": 1, "created": now, "changed": now}})
	if err != nil {
		return nil, err
	}
	return ids[0], w.u.Made(ctx, cms.Row{Table: "file_managed", Column: "fid", Value: itoa(ids[0])})
}
