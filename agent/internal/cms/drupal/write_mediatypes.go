package drupal

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// mediaType is a media type as the standard profile makes it. (Drupal 9.5.11, core/profiles/standard/config/optional)
type mediaType struct {
	bundle, title, about string
	// field holds what is shown; kind is a key of fieldTypes.
	field, label, kind, takes string
	// names is what of a source gives new media their name.
	names string
	// more is the source's configuration beside its field.
	more dict
}

var mediaTypes = map[string]mediaType{
	showsImage: {bundle: "image", title: "Image", about: "Use local images for reusable media.", field: "field_media_image", label: "Image", kind: "image", takes: "png gif jpg jpeg webp", names: "name"},
	showsFile: {bundle: "document", title: "Document", about: "An uploaded file or document, such as a PDF.", field: "field_media_document", label: "Document", kind: "file", names: "name",
		takes: "txt rtf doc docx ppt pptx xls xlsx pdf odf odg odp ods odt fodt fods fodp fodg key numbers pages"},
	showsVideo: {bundle: "video", title: "Video", about: "A locally hosted video file.", field: "field_media_video_file", label: "Video file", kind: "video", takes: "mp4", names: "name"},
	showsAudio: {bundle: "audio", title: "Audio", about: "A locally hosted audio file.", field: "field_media_audio_file", label: "Audio file", kind: "audio", takes: "mp3 wav aac", names: "name"},
	showsRemote: {bundle: "remote_video", title: "Remote video", about: "A remotely hosted video from YouTube or Vimeo.", field: "field_media_oembed_video", label: "Video URL", kind: "remote", names: "title",
		more: dict{"thumbnails_directory", "public://oembed_thumbnails/[date:custom:Y-m]", "providers", []any{"YouTube", "Vimeo"}}},
}

// shownAs are the plug-ins that can show a record, best first, and the ending of its file's name.
func (w *writer) shownAs(m *recordv1.Media) (plugins []string, ending string) {
	f, at := w.shown(m)
	if f == nil {
		if remoteVideo.MatchString(m.GetExternalUrl()) {
			plugins = []string{showsRemote}
		}
		return plugins, ""
	}
	class, _, _ := strings.Cut(cmp.Or(f.GetMime(), m.GetMime()), "/")
	if own := map[string]string{"image": showsImage, "video": showsVideo, "audio": showsAudio}[class]; own != "" {
		plugins = []string{own}
	}
	return append(plugins, showsFile), strings.ToLower(strings.TrimPrefix(path.Ext(at), "."))
}

// needMediaTypes makes the types that a batch lacks: where no type shows what a record is, and the usual one takes it.
func (w *writer) needMediaTypes(ctx context.Context, batch []*recordv1.Record) error {
	if !w.s.library() {
		return nil
	}
	for _, rec := range batch {
		if w.shelf(rec.GetMedia()) != nil {
			continue
		}
		plugins, ending := w.shownAs(rec.GetMedia())
		for _, shows := range plugins {
			if t := mediaTypes[shows]; t.takes != "" && !slices.Contains(strings.Fields(t.takes), ending) {
				continue
			}
			if err := w.needMediaType(ctx, shows); err != nil {
				return err
			}
			break
		}
	}
	return nil
}

func (w *writer) needMediaType(ctx context.Context, shows string) error {
	missing := func() bool {
		t := mediaTypes[shows]
		return w.s.schema.settings["media.type."+t.bundle] == nil && !slices.ContainsFunc(w.s.schema.shelves, func(sh shelf) bool { return sh.shows == shows })
	}
	t := mediaTypes[shows]
	if module := fieldTypeOf(t.kind).module; !missing() || module != "core" && !w.s.hasModule(module) {
		return nil
	}
	if err := w.lock(ctx); err != nil || !missing() {
		return err
	}
	if err := w.makeConfig(ctx, "media_type", "media.type."+t.bundle, nil, dict{"id", t.bundle, "label", t.title, "description", t.about, "source", shows, "queue_thumbnail_downloads", false, "new_revision", true,
		"source_configuration", append(dict{"source_field", t.field}, t.more...), "field_map", dict{t.names, "name"}}); err != nil {
		return err
	}
	if err := w.makeMediaDisplays(ctx, t.bundle); err != nil {
		return err
	}
	if _, err := w.need(ctx, wanted{entity: "media", bundle: t.bundle, name: t.field, label: t.label, kind: t.kind, takes: t.takes}); err != nil {
		return err
	}
	w.s.mediaType(t.bundle, w.s.schema.settings["media.type."+t.bundle])
	w.s.loadShelves()
	return nil
}

// makeMediaDisplays makes the form and the page of a new media type, which shows nothing but what it is of.
func (w *writer) makeMediaDisplays(ctx context.Context, bundle string) error {
	base := dict{"id", "media." + bundle + ".default", "targetEntityType", "media", "bundle", bundle, "mode", "default"}
	needs := dict{"config", []string{"media.type." + bundle}}
	all := entityForm()
	form := dict{"created", all["created"], "status", all["status"], "uid", all["uid"]}
	if err := w.makeConfig(ctx, "entity_form_display", "core.entity_form_display.media."+bundle+".default", needs, append(slices.Clone(base), "content", form, "hidden", dict{"name", true})); err != nil {
		return err
	}
	return w.makeConfig(ctx, "entity_view_display", "core.entity_view_display.media."+bundle+".default", needs,
		append(slices.Clone(base), "content", []any{}, "hidden", dict{"created", true, "name", true, "thumbnail", true, "uid", true}))
}
