package ghost

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	_ "image/gif"  // to read its size
	_ "image/jpeg" // to read its size
	_ "image/png"  // to read its size
	"io"
	"io/fs"
	"iter"
	"mime"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// imagesStream names the stream of uploaded files.
const imagesStream = "images"

// uploads are the folders below the content folder that hold what people uploaded, in order; beside them lie the database, logs
// and themes, which are none of it.
var uploads = []string{"files", "images", "media"}

// byPath compares paths by their segments, the order in which the folder is walked.
func byPath(a, b string) int { return slices.Compare(strings.Split(a, "/"), strings.Split(b, "/")) }

// images walks the folders of uploads in order and yields the path of every file after a position. Names that Ghost made beside
// an image (its original, smaller copies) are no files of their own. It holds one folder's names at a time.
func (s *Site) images(after string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, dir := range uploads {
			if s.root == nil || !walk(s.root.FS(), dir, after, yield) {
				return
			}
		}
	}
}

func walk(fsys fs.FS, dir, after string, yield func(string, error) bool) bool {
	names, err := fs.ReadDir(fsys, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return true
	}
	if err != nil {
		return yield("", fmt.Errorf("read the content folder: %w", err))
	}
	files := make(map[string]bool, len(names))
	for _, e := range names {
		files[e.Name()] = e.Type().IsRegular()
	}
	for _, e := range names {
		p := path.Join(dir, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."), p == "images/size", e.Name() == "README.md" && slices.Contains(uploads, dir):
		case e.IsDir():
			// A folder that lies wholly before the position is not read.
			if inside := strings.HasPrefix(after, p+"/"); (inside || byPath(p, after) > 0) && !walk(fsys, p, after, yield) {
				return false
			}
		case e.Type().IsRegular() && !isOriginal(e.Name(), files) && byPath(p, after) > 0:
			if !yield(p, nil) {
				return false
			}
		}
	}
	return true
}

// isOriginal says whether a file is what Ghost keeps of an upload beside the image that it scaled: "name_o.png".
func isOriginal(name string, files map[string]bool) bool {
	ext := path.Ext(name)
	stem, ok := strings.CutSuffix(strings.TrimSuffix(name, ext), "_o")
	return ok && files[stem+ext]
}

func originalOf(p string) string {
	ext := path.Ext(p)
	return strings.TrimSuffix(p, ext) + "_o" + ext
}

func (s *Site) countImages() (int, error) {
	n := 0
	for _, err := range s.images("") {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

func (s *Site) imageAt(at int) (string, error) {
	n := 0
	for p, err := range s.images("") {
		if n++; err != nil || n == at {
			return p, err
		}
	}
	return "", nil
}

func (s *Site) imagePage(after, hi string) ([]entryID, error) {
	var page []entryID
	for p, err := range s.images(after) {
		if err != nil {
			return nil, err
		}
		if hi != "" && byPath(p, hi) > 0 || len(page) == pageRows {
			break
		}
		page = append(page, entryID{id: p})
	}
	return page, nil
}

func (s *Site) loadMedia(_ context.Context, _ cmssql.Querier, paths []string) (map[string]cms.Item, error) {
	items := make(map[string]cms.Item, len(paths))
	for _, p := range paths {
		if len(p) > record.MaxSourceID || !utf8.ValidString(p) {
			items[p] = unread(kindMedia, shortID(p), &agentv1.Problem{Code: "path_unusable",
				Cause: "the file's path is longer than 191 bytes or not valid UTF-8", Fix: "Rename the file in the source and its links, then migrate again."})
			continue
		}
		if m := s.mediaAt(p); m != nil {
			items[p] = item(kindMedia, p, &recordv1.Record{Body: &recordv1.Record_Media{Media: m}}, mediaPaths(p, m)...)
		}
	}
	return items, nil
}

// mediaAt describes a stored file by what it shows itself; nil when it is not there.
func (s *Site) mediaAt(p string) *recordv1.Media {
	full := s.fileAt(p, "full")
	if full == nil {
		return nil
	}
	m := &recordv1.Media{Mime: full.GetMime(), Width: full.GetWidth(), Height: full.GetHeight(), Created: s.monthOf(p), Files: []*recordv1.File{full}}
	if original := s.fileAt(originalOf(p), "original"); original != nil {
		m.Files = append(m.Files, original)
	}
	return m
}

func (s *Site) fileAt(p, role string) *recordv1.File {
	if s.root == nil || !fs.ValidPath(p) {
		return nil
	}
	st, err := s.root.Stat(p)
	if err != nil || !st.Mode().IsRegular() {
		return nil
	}
	f := &recordv1.File{Id: p, Role: role, Path: p, Bytes: uint64(st.Size()), Mime: mimeOf(p)}
	if role == "full" {
		f.Width, f.Height = s.pixels(p)
	}
	return f
}

// pixels reads a picture's header; 0 for formats that are not known.
func (s *Site) pixels(p string) (w, h uint32) {
	f, err := s.root.Open(p)
	if err != nil {
		return 0, 0
	}
	defer func() { _ = f.Close() }()
	c, _, err := image.DecodeConfig(io.LimitReader(f, 1<<20))
	if err != nil {
		return 0, 0
	}
	return uint32(c.Width), uint32(c.Height)
}

// mimes are types that the machine's own table may lack.
var mimes = map[string]string{".webp": "image/webp", ".avif": "image/avif", ".svg": "image/svg+xml", ".ico": "image/x-icon",
	".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".pdf": "application/pdf", ".mp4": "video/mp4", ".mp3": "audio/mpeg"}

func mimeOf(p string) string {
	ext := strings.ToLower(path.Ext(p))
	if m, ok := mimes[ext]; ok {
		return m
	}
	m, _, _ := strings.Cut(mime.TypeByExtension(ext), ";")
	return m
}

var monthFolder = regexp.MustCompile(`^(?:[a-z]+/)?(\d{4})/(0[1-9]|1[0-2])/`)

// monthOf is the start of the month that the folder names: all that Ghost knows of when a file came.
func (s *Site) monthOf(p string) *recordv1.Time {
	m := monthFolder.FindStringSubmatch(p)
	if m == nil {
		return nil
	}
	t, err := time.ParseInLocation("2006/01", m[1]+"/"+m[2], s.zone)
	if err != nil {
		return nil
	}
	return s.instant(t)
}

// srcsetWidths are the widths that Ghost's editor puts into srcset.
var srcsetWidths = []uint32{600, 1000, 1600, 2400}

func mediaPaths(p string, m *recordv1.Media) []*agentv1.Path {
	paths := []*agentv1.Path{address(contentPath + escapePath(p))}
	image, ok := strings.CutPrefix(p, "images/")
	for _, w := range srcsetWidths {
		if !ok {
			break
		}
		form := ""
		if m.GetWidth() > 0 {
			form = fmt.Sprintf("%dx%d", w, max(w*m.GetHeight()/m.GetWidth(), 1))
		}
		paths = append(paths, &agentv1.Path{Path: contentPath + "images/size/w" + strconv.Itoa(int(w)) + "/" + escapePath(image), Form: form})
	}
	if len(m.GetFiles()) > 1 {
		paths = append(paths, address(contentPath+escapePath(originalOf(p))))
	}
	return paths
}

// writeMedia answers with where the file lies; Ghost has no rows for images.
func (s *Site) writeMedia(u *cms.Unit, batch []*recordv1.Record) []cms.Result {
	out := make([]cms.Result, len(batch))
	for i, r := range batch {
		d := &draft{u: u, rec: r}
		s.placeMedia(d, r.GetMedia())
		out[i] = d.res
	}
	return out
}

func (s *Site) placeMedia(d *draft, m *recordv1.Media) {
	p := storedFull(d.u, m)
	switch {
	case p == "":
		d.leave(agentv1.Outcome_OUTCOME_REJECTED, "file_not_stored", "the file of this media record did not arrive",
			"Look for the file's own error in the report, correct it, then migrate again.", "files")
		return
	case len(p) > record.MaxSourceID:
		d.leave(agentv1.Outcome_OUTCOME_REJECTED, "path_too_long", "the file's path is longer than 191 bytes", "Rename the file in the source, then migrate again.", "files")
		return
	}
	d.res = cms.Result{Outcome: agentv1.Outcome_OUTCOME_CREATED, TargetID: p}
	if _, ok := d.u.Refs.Existing(d.rec.GetRef()); ok {
		d.res.Outcome = agentv1.Outcome_OUTCOME_UPDATED
	}
	got := &recordv1.Record{Ref: d.rec.GetRef(), Body: &recordv1.Record_Media{Media: s.mediaAt(p)}}
	if got.GetMedia() == nil {
		return
	}
	// What Ghost shows of a file it reads from the file; and it keeps no smaller copies.
	for _, field := range record.Diff(d.rec, got, holdsOf(kindMedia), nil) {
		d.adjust(field, "taken_from_file", "")
	}
}

func storedFull(u *cms.Unit, m *recordv1.Media) string {
	for _, role := range []string{"full", "", "original"} {
		for _, f := range m.GetFiles() {
			if p, ok := u.Refs.File(f.GetId()); ok && f.GetRole() == role {
				return p
			}
		}
	}
	return ""
}

var unsafeName = regexp.MustCompile(`[^A-Za-z0-9_@.]`)

// Place is where Ghost would store an upload: images/YYYY/MM/name, with "_o" for the original of a scaled image; audio and video
// lie in media, all else in files.
func (s *Site) Place(h *agentv1.FileHeader) string {
	hint := h.GetFile().GetPath()
	month := s.now().UTC().Format("2006/01")
	if t := h.GetCreated(); t != nil {
		month = time.Unix(t.GetSeconds()+int64(t.GetOffset()), 0).UTC().Format("2006/01")
	}
	if m := monthFolder.FindStringSubmatch(hint); m != nil {
		month = m[1] + "/" + m[2]
	}
	name := unsafeName.ReplaceAllString(path.Base(path.Clean("/"+hint)), "-")
	// Of a name in another script only dashes are left, which no address needs.
	if ext := path.Ext(name); strings.Trim(strings.TrimSuffix(name, ext), "-.") == "" {
		name = "file" + ext
	}
	month = path.Join(folderOf(name), month)
	switch {
	case h.GetFile().GetRole() == "size":
		return path.Join("images/size", "w"+strconv.Itoa(int(h.GetFile().GetWidth())), strings.TrimPrefix(month, "images/"), name)
	case h.GetFile().GetRole() == "original" && !strings.HasSuffix(strings.TrimSuffix(name, path.Ext(name)), "_o"):
		return path.Join(month, originalOf(name))
	}
	// WordPress calls the picture that it scaled down "name-scaled"; Ghost calls it name, and the original name_o.
	ext := path.Ext(name)
	return path.Join(month, strings.TrimSuffix(strings.TrimSuffix(name, ext), "-scaled")+ext)
}

// folderOf is the folder of uploads that a file belongs into by its ending.
func folderOf(name string) string {
	switch kind, _, _ := strings.Cut(mimeOf(name), "/"); kind {
	case "image":
		return "images"
	case "audio", "video":
		return "media"
	}
	return "files"
}

// shortID stands for a path that cannot be an id.
func shortID(p string) string {
	sum := sha256.Sum256([]byte(p))
	return "sha256:" + hex.EncodeToString(sum[:])
}
