package drupal

import (
	"context"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

const (
	files7 = "SELECT fid, uid, filename, uri, filemime, status, timestamp AS created, timestamp AS changed FROM {file_managed} WHERE fid IN "
	files8 = "SELECT fid, uid, filename, uri, filemime, status, created, changed, uuid FROM {file_managed} WHERE fid IN "
	media8 = "SELECT d.mid, d.bundle, d.langcode AS lang, m.langcode AS origin, d.status, d.uid, d.name, d.created, d.changed, d.default_langcode AS is_origin, m.uuid " +
		"FROM {media_field_data} d JOIN {media} m ON m.mid = d.mid WHERE d.mid IN "
)

// fileStream leaves out files that a media entity shows: its record stands for both.
func (s *Site) fileStream() stream {
	where := "t.fid > 0"
	for _, id := range sortedKeys(s.schema.sources) {
		f := s.schema.sources[id]
		if cond := " AND NOT EXISTS (SELECT 1 FROM {" + f.table + "} m WHERE m.deleted = 0 AND m." + f.name + "_target_id = t.fid)"; !strings.Contains(where, cond) {
			where += cond
		}
	}
	return stream{name: "files", from: "{file_managed} t", key: "t.fid", where: where, typ: "t.filemime", build: (*reader).files}
}

func (s *Site) mediaStream() stream {
	return stream{name: "media", prefix: mediaPrefix, from: "{media} t", key: "t.mid", where: "t.mid > 0", typ: "t.bundle",
		counted: "{media} t JOIN {media_field_data} d ON d.mid = t.mid WHERE t.mid > 0", build: (*reader).media}
}

func (r *reader) fileRows(ctx context.Context, keys []int64) ([]row, error) {
	query := files7
	if !r.s.seven {
		query = files8
	}
	return queryIn(ctx, r.s, r.q, keys, query, "")
}

func (r *reader) files(ctx context.Context, keys []int64) (map[int64][]cms.Item, error) {
	rows, err := r.fileRows(ctx, keys)
	if err != nil {
		return nil, err
	}
	var covers map[string]string
	if len(r.s.schema.sources) > 0 {
		ids := make([]string, len(rows))
		for i, f := range rows {
			ids[i] = f.text("fid")
		}
		if covers, err = r.coveredBy(ctx, ids); err != nil {
			return nil, err
		}
	}
	items := map[int64][]cms.Item{}
	for _, f := range rows {
		// Fetch may ask for any number; what media shows is no record of its own.
		if covers[f.text("fid")] == "" {
			items[f.number("fid")] = []cms.Item{r.file(f)}
		}
	}
	return items, nil
}

func (r *reader) file(f row) cms.Item {
	m := &recordv1.Media{Title: f.text("filename"), Mime: f.text("filemime"), Created: r.s.at(f, "created"), Modified: r.s.at(f, "changed"), Files: []*recordv1.File{r.s.stored(f)}, Status: fileStatus(f),
		Visibility: visibility(f.text("uri"))}
	if uid := f.text("uid"); uid != "" && uid != "0" {
		m.Author = record.NewRef(kindUser, uid)
	}
	rec := &recordv1.Record{Ref: record.NewRef(kindMedia, f.text("fid")), Body: &recordv1.Record_Media{Media: m}}
	return r.item(rec, r.s.filePaths(f), f)
}

// fileStatus names what is not for everybody; a temporary file is deleted by Drupal after some hours.
func fileStatus(f row) string {
	if !f.flag("status") {
		return "temporary"
	}
	return ""
}

// Schemes of addresses of files.
const (
	publicScheme  = "public://"
	privateScheme = "private://"
)

// publicPath is the folder of public files from the site's root, as addresses have it.
func (s *Site) publicPath() string {
	if p := s.setting("file_public_path"); p != "" {
		return p
	}
	if i := strings.LastIndex(s.settings.Files, "/sites/"); i >= 0 {
		return strings.Trim(s.settings.Files[i:], "/")
	}
	return "sites/default/files"
}

// below is where a file lies below the folder of public files; empty where that is not known.
func (s *Site) below(uri string) string {
	if rest, ok := strings.CutPrefix(uri, publicScheme); ok {
		return path.Clean(rest)
	}
	rest, ok := strings.CutPrefix(uri, privateScheme)
	p := s.privateBelow()
	switch {
	case ok && p != "":
		return path.Join(p, rest)
	case ok && s.private != nil:
		return cms.PrivateFiles + path.Clean(rest)
	}
	return ""
}

// stored is the file of a row.
func (s *Site) stored(f row) *recordv1.File {
	at := s.below(f.text("uri"))
	out := &recordv1.File{Id: at, Role: "full", Path: at, Mime: f.text("filemime"), Missing: true}
	if at == "" {
		// The scheme alone says nothing of a place; the name is a hint.
		out.Path = path.Base(f.text("uri"))
		out.Id = out.Path
		return out
	}
	if st, err := s.look(at); err == nil && st.Mode().IsRegular() {
		out.Missing, out.Bytes = false, uint64(st.Size())
	}
	return out
}

// filePaths are the addresses of a file and of the smaller copies that Drupal makes of pictures.
func (s *Site) filePaths(f row) []*agentv1.Path {
	scheme, rest, ok := strings.Cut(f.text("uri"), "://")
	var all []*agentv1.Path
	add := func(p string) {
		all = append(all, &agentv1.Path{Path: (&url.URL{Path: p}).EscapedPath()})
	}
	root := "/" + s.publicPath() + "/"
	if scheme == "private" {
		root = "/system/files/"
	}
	if ok && (scheme == "public" || scheme == "private") {
		add(root + rest)
		if isPicture(f) {
			for _, style := range s.schema.styles {
				add(root + "styles/" + style + "/" + scheme + "/" + rest)
			}
		}
	}
	if id := f.text("uuid"); id != "" {
		all = append(all, &agentv1.Path{Path: uuidPath(id), MadeUp: true})
		if isPicture(f) {
			all = append(all, &agentv1.Path{Path: picturePath(id), MadeUp: true})
		}
	}
	return all
}

func isPicture(f row) bool { return strings.HasPrefix(f.text("filemime"), "image/") }

func (r *reader) media(ctx context.Context, keys []int64) (map[int64][]cms.Item, error) {
	rows, err := queryIn(ctx, r.s, r.q, keys, media8, " ORDER BY d.mid, d.default_langcode DESC, d.langcode")
	if err != nil {
		return nil, err
	}
	set := &mediaSet{files: map[string]row{}, langs: map[int64][]string{}}
	holders := make([]holder, len(rows))
	var sources []string
	for i, m := range rows {
		holders[i] = holder{entity: "media", bundle: m.text("bundle"), id: m.number("mid"), lang: m.text("lang"), origin: m.text("origin")}
		set.langs[holders[i].id] = append(set.langs[holders[i].id], holders[i].lang)
		sources = append(sources, "media/"+m.text("mid"))
	}
	if set.values, err = r.values(ctx, holders); err != nil {
		return nil, err
	}
	if set.aliases, err = r.aliases(ctx, sources); err != nil {
		return nil, err
	}
	if err := r.mediaFiles(ctx, set, holders); err != nil {
		return nil, err
	}
	items := map[int64][]cms.Item{}
	for i, m := range rows {
		items[holders[i].id] = append(items[holders[i].id], r.mediaItem(m, holders[i], set))
	}
	return items, nil
}

// mediaSet is what a page of media needs beside their rows.
type mediaSet struct {
	values  *values
	files   map[string]row
	aliases map[string][]alias
	langs   map[int64][]string
}

func (r *reader) mediaFiles(ctx context.Context, set *mediaSet, holders []holder) error {
	var fids []int64
	for _, h := range holders {
		if src := r.s.schema.sources[h.bundle]; src != nil {
			if v, ok := set.values.first(h, src.name); ok {
				fids = append(fids, v.number(src.name+"_target_id"))
			}
		}
	}
	slices.Sort(fids)
	rows, err := r.fileRows(ctx, slices.Compact(fids))
	for _, f := range rows {
		set.files[f.text("fid")] = f
	}
	return err
}

// mediaItem is one media entity in one language, with its file.
func (r *reader) mediaItem(m row, h holder, set *mediaSet) cms.Item {
	out := &recordv1.Media{Title: m.text("name"), Created: r.s.at(m, "created"), Modified: r.s.at(m, "changed")}
	if !m.flag("status") {
		out.Status = "draft"
	}
	if uid := m.text("uid"); uid != "" && uid != "0" {
		out.Author = record.NewRef(kindUser, uid)
	}
	rec := &recordv1.Record{Ref: record.NewRef(kindMedia, mediaPrefix+m.text("mid")), Locale: locale(h.lang), Body: &recordv1.Record_Media{Media: out}}
	if !m.flag("is_origin") {
		rec.Ref.SourceId += ":" + h.lang
	}
	if len(set.langs[h.id]) > 1 {
		rec.TranslationGroup = "media:" + m.text("mid")
	}
	a := address{system: "media/" + m.text("mid"), lang: h.lang, others: set.langs[h.id], primary: m.flag("is_origin"), uuid: m.text("uuid"), aliases: set.aliases["media/"+m.text("mid")]}
	paths := r.s.paths(a)
	source := r.mediaSource(out, h, set, func(f row) {
		if a.primary {
			paths = append(r.s.filePaths(f), paths...)
			if isPicture(f) {
				paths = append(paths, &agentv1.Path{Path: picturePath(a.uuid)})
			}
		}
	})
	rec.Fields = set.values.custom(h, func(f *field) bool { return f.name == source })
	return r.item(rec, paths, m)
}

// mediaSource fills what the media shows, a file or an address, and gives the name of its field.
func (r *reader) mediaSource(out *recordv1.Media, h holder, set *mediaSet, found func(f row)) string {
	src := r.s.schema.sources[h.bundle]
	if src == nil {
		name := scalar(dig(r.s.schema.settings["media.type."+h.bundle], "source_configuration", "source_field"))
		if v, ok := set.values.first(h, name); ok {
			out.ExternalUrl = v.text(name + "_value")
		}
		return name
	}
	v, ok := set.values.first(h, src.name)
	if !ok {
		return src.name
	}
	out.Alt = v.text(src.name + "_alt")
	if out.Description = v.text(src.name + "_description"); out.Description == "" {
		out.Description = v.text(src.name + "_title")
	}
	out.Width, out.Height = uint32(v.number(src.name+"_width")), uint32(v.number(src.name+"_height"))
	if f, ok := set.files[v.text(src.name+"_target_id")]; ok {
		file := r.s.stored(f)
		file.Width, file.Height = out.Width, out.Height
		out.Mime, out.Files, out.Visibility = f.text("filemime"), []*recordv1.File{file}, visibility(f.text("uri"))
		found(f)
	}
	return src.name
}
