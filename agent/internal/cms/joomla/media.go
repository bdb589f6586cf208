package joomla

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
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// uploads are the folders of the site in which Joomla's media manager keeps files.
var uploads = []string{"files", "images"}

// byPath compares paths by their segments, the order in which the folders are walked.
func byPath(a, b string) int { return slices.Compare(strings.Split(a, "/"), strings.Split(b, "/")) }

// files walks the folders of uploads and yields the path of every file after a position; one folder's names at a time.
func (s *Site) files(after string) iter.Seq2[string, error] {
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
		return yield("", fmt.Errorf("read the folder of images: %w", err))
	}
	for _, e := range names {
		p := path.Join(dir, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."), e.Name() == "index.html":
			// Joomla puts index.html into every folder, so that nobody sees its list.
		case e.IsDir():
			// A folder that lies wholly before the position is not read.
			if inside := strings.HasPrefix(after, p+"/"); (inside || byPath(p, after) > 0) && !walk(fsys, p, after, yield) {
				return false
			}
		case e.Type().IsRegular() && byPath(p, after) > 0:
			if !yield(p, nil) {
				return false
			}
		}
	}
	return true
}

func (s *Site) countFiles() (int, error) {
	n := 0
	for _, err := range s.files("") {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

func (s *Site) fileNumber(at int) (string, error) {
	n := 0
	for p, err := range s.files("") {
		if n++; err != nil || n == at {
			return p, err
		}
	}
	return "", nil
}

func (s *Site) filePage(after, hi string) ([]listed, error) {
	var page []listed
	for p, err := range s.files(after) {
		if err != nil {
			return nil, err
		}
		if hi != "" && byPath(p, hi) > 0 || len(page) == pageRows {
			break
		}
		page = append(page, listed{id: p})
	}
	return page, nil
}

func loadMedia(_ context.Context, r *reader, paths []string) (map[string]cms.Item, error) {
	items := make(map[string]cms.Item, len(paths))
	for _, p := range paths {
		if len(p) > record.MaxSourceID || !utf8.ValidString(p) {
			items[p] = unread(kindMedia, shortID(p), &agentv1.Problem{Code: "path_unusable",
				Cause: "the file's path is longer than 191 bytes or not valid UTF-8", Fix: "Rename the file in the source and its links, then migrate again."})
			continue
		}
		if m := r.s.mediaAt(p); m != nil {
			items[p] = item(kindMedia, p, &recordv1.Record{Body: &recordv1.Record_Media{Media: m}}, "/"+escapePath(p))
		}
	}
	return items, nil
}

// mediaAt describes a stored file by what it shows itself; nil when it is not there. Joomla keeps nothing else of it.
func (s *Site) mediaAt(p string) *recordv1.Media {
	if !s.isFile(p) {
		return nil
	}
	st, err := s.root.Stat(p)
	if err != nil {
		return nil
	}
	f := &recordv1.File{Id: p, Role: "full", Path: p, Bytes: uint64(st.Size()), Mime: mimeOf(p)} //nolint:gosec // sizes are positive
	f.Width, f.Height = s.pixels(p)
	return &recordv1.Media{Mime: f.GetMime(), Width: f.GetWidth(), Height: f.GetHeight(), Files: []*recordv1.File{f}}
}

func (s *Site) isFile(p string) bool {
	if s.root == nil || !fs.ValidPath(p) || !slices.Contains(uploads, strings.SplitN(p, "/", 2)[0]) {
		return false
	}
	st, err := s.root.Stat(p)
	return err == nil && st.Mode().IsRegular()
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
	return uint32(c.Width), uint32(c.Height) //nolint:gosec // the decoders give no negative sizes
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

// mediaRef is the file that an address in a column stands for; nil when it is none of the site's. What Joomla 4 writes behind
// "#" repeats the path and the size.
func (s *Site) mediaRef(address string) *recordv1.Ref {
	address, _, _ = strings.Cut(address, "#")
	p, err := url.PathUnescape(strings.TrimPrefix(strings.TrimPrefix(address, s.base()+"/"), "/"))
	if address == "" || err != nil || len(p) > record.MaxSourceID || !s.isFile(p) {
		return nil
	}
	return record.NewRef(kindMedia, p)
}

// image is a picture as a column holds it; nil for none.
func (s *Site) image(address, alt, caption string) *recordv1.Image {
	if address == "" {
		return nil
	}
	im := &recordv1.Image{Media: s.mediaRef(address), Alt: alt, Caption: caption}
	if im.Media == nil {
		im.Url = address
	}
	return im
}

// withMedia turns texts that are addresses of the site's files into pointers.
func (s *Site) withMedia(v *recordv1.Value) *recordv1.Value {
	return mapTexts(v, func(t string) *recordv1.Value {
		if r := s.mediaRef(t); r != nil {
			return refValue(r)
		}
		return nil
	})
}

var unsafeName = regexp.MustCompile(`[^\pL\pN_@. ()-]`)

// Place is where the media manager would have stored an upload: in images, below the folders that it had in the source.
func (s *Site) Place(h *agentv1.FileHeader) string {
	var parts []string
	for part := range strings.SplitSeq(path.Clean("/"+h.GetFile().GetPath()), "/") {
		if part = strings.Trim(unsafeName.ReplaceAllString(part, "-"), ". "); part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		parts = []string{"file"}
	}
	if !slices.Contains(uploads, parts[0]) || len(parts) == 1 {
		parts = append([]string{"images"}, parts...)
	}
	return path.Join(parts...)
}

// escapePath percent-encodes a path segment by segment, so that it may stand in HTML and style sheets.
func escapePath(p string) string {
	parts := strings.Split(p, "/")
	for i, s := range parts {
		parts[i] = strings.NewReplacer("(", "%28", ")", "%29", "'", "%27", "&", "%26").Replace(url.PathEscape(s))
	}
	return strings.Join(parts, "/")
}

// shortID stands for a path that cannot be an id.
func shortID(p string) string {
	sum := sha256.Sum256([]byte(p))
	return "sha256:" + hex.EncodeToString(sum[:])
}
