package modx

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
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// assets is the folder that every site keeps its files in; what is below components belongs to extras and comes with them.
const (
	assets     = "assets"
	components = assets + "/components"
)

// private are folders of MODX itself below the web root.
var private = []string{"core", "manager", "connectors", "setup", "_build"}

// byPath compares paths by their segments, the order in which folders are walked.
func byPath(a, b string) int { return slices.Compare(strings.Split(a, "/"), strings.Split(b, "/")) }

// folders are what is read of the web root: assets and the folders of media sources, none inside another.
func folders(e *env) []string {
	all := []string{assets}
	for _, base := range e.sources {
		if f := strings.TrimSuffix(base, "/"); f != "" && fs.ValidPath(f) && !inside(f, private...) {
			all = append(all, f)
		}
	}
	slices.SortFunc(all, byPath)
	var kept []string
	for _, f := range all {
		if !inside(f, kept...) {
			kept = append(kept, f)
		}
	}
	return kept
}

func inside(p string, all ...string) bool {
	return slices.ContainsFunc(all, func(f string) bool { return p == f || strings.HasPrefix(p, f+"/") })
}

// isFile says by its path alone whether a file is one of the site's own.
func isFile(roots []string, p string) bool {
	return fs.ValidPath(p) && inside(p, roots...) && !inside(p, components) && !hidden(p)
}

// hidden are files that no visitor is ever given.
func hidden(p string) bool {
	name := path.Base(p)
	return strings.HasPrefix(name, ".") || slices.Contains([]string{".php", ".phtml", ".phar"}, strings.ToLower(path.Ext(name)))
}

// filePage lists the next files of a span. It holds one folder's names at a time.
func (s *Site) filePage(ctx context.Context, q cmssql.Querier, sp span) ([]string, error) {
	e := newEnv()
	if err := s.loadSources(ctx, q, e); err != nil {
		return nil, err
	}
	var page []string
	for p, err := range s.files(folders(e), sp.After) {
		if err != nil {
			return nil, err
		}
		if sp.To != "" && byPath(p, sp.To) > 0 || len(page) == pageRows {
			break
		}
		page = append(page, p)
	}
	return page, nil
}

// files walks folders in order and yields every file after a position.
func (s *Site) files(roots []string, after string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if s.root == nil {
			return
		}
		for _, dir := range roots {
			if !walk(s.root.FS(), dir, after, yield) {
				return
			}
		}
	}
}

func walk(fsys fs.FS, dir, after string, yield func(string, error) bool) bool {
	entries, err := fs.ReadDir(fsys, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return true
	}
	if err != nil {
		return yield("", fmt.Errorf("read the folder of files: %w", err))
	}
	for _, e := range entries {
		p := path.Join(dir, e.Name())
		switch {
		case hidden(p) || p == components:
		case e.IsDir():
			// A folder that lies wholly before the position is not read.
			if (inside(after, p) || byPath(p, after) > 0) && !walk(fsys, p, after, yield) {
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

func (s *Site) loadMedia(_ context.Context, _ cmssql.Querier, paths []string) (map[string]cms.Item, error) {
	items := make(map[string]cms.Item, len(paths))
	for _, p := range paths {
		if len(p) > record.MaxSourceID || !utf8.ValidString(p) {
			items[p] = cms.Item{Unread: unread(kindMedia, shortID(p), agentv1.Outcome_OUTCOME_REJECTED, "path_unusable",
				"the file's path is longer than 191 bytes or not valid UTF-8", "rename the file in the source and its links, then migrate again")}
			continue
		}
		if m := s.mediaAt(p); m != nil {
			items[p] = cms.Item{Record: &recordv1.Record{Ref: ref(kindMedia, p), Body: &recordv1.Record_Media{Media: m}},
				Paths: []*agentv1.Path{{Path: escapePath("/" + p)}}}
		}
	}
	return items, nil
}

// mediaAt describes a stored file by what it shows itself; nil when it is not there.
func (s *Site) mediaAt(p string) *recordv1.Media {
	if s.root == nil || !fs.ValidPath(p) {
		return nil
	}
	st, err := s.root.Stat(p)
	if err != nil || !st.Mode().IsRegular() {
		return nil
	}
	f := &recordv1.File{Id: p, Role: "full", Path: p, Bytes: uint64(st.Size()), Mime: mimeOf(p)}
	f.Width, f.Height = s.pixels(p)
	return &recordv1.Media{Mime: f.Mime, Width: f.Width, Height: f.Height, Files: []*recordv1.File{f}}
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

func escapePath(p string) string { return (&url.URL{Path: p}).EscapedPath() }

// shortID stands for a path that cannot be an id.
func shortID(p string) string {
	sum := sha256.Sum256([]byte(p))
	return "sha256:" + hex.EncodeToString(sum[:])
}
