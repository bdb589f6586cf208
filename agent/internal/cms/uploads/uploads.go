// Package uploads reads the folders of sites whose platform has no rows for the files in them.
package uploads

import (
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
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Open opens a site's folder; nil when it is not known or not there: Probe tells it, and all else can still be moved.
func Open(dir string) (*os.Root, error) {
	if dir == "" {
		return nil, nil
	}
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open the folder of files: %w", err)
	}
	return root, nil
}

// Close closes what Open has opened.
func Close(root *os.Root) error {
	if root == nil {
		return nil
	}
	return root.Close()
}

// ByPath compares paths by their segments, the order in which folders are walked.
func ByPath(a, b string) int { return slices.Compare(strings.Split(a, "/"), strings.Split(b, "/")) }

// Walk yields the path of every file in folders, named in order, after a position. It holds one folder's names at a time.
func Walk(root *os.Root, folders []string, after string, skip func(p string, e fs.DirEntry) bool) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, dir := range folders {
			if root == nil || !walk(root.FS(), dir, after, skip, yield) {
				return
			}
		}
	}
}

func walk(fsys fs.FS, dir, after string, skip func(string, fs.DirEntry) bool, yield func(string, error) bool) bool {
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
		case skip(p, e):
		case e.IsDir():
			// A folder that lies wholly before the position is not read.
			if (strings.HasPrefix(after, p+"/") || ByPath(p, after) > 0) && !walk(fsys, p, after, skip, yield) {
				return false
			}
		case e.Type().IsRegular() && ByPath(p, after) > 0:
			if !yield(p, nil) {
				return false
			}
		}
	}
	return true
}

// Items reads files by their paths; of those that are not there it has none.
func Items(paths []string, read func(p string) (*recordv1.Media, []*agentv1.Path)) map[string]cms.Item {
	items := make(map[string]cms.Item, len(paths))
	for _, p := range paths {
		if len(p) > record.MaxSourceID || !utf8.ValidString(p) {
			items[p] = unread(shortID(p), &agentv1.Problem{Code: "path_unusable", Cause: "the file's path is longer than 191 bytes or not valid UTF-8",
				Fix: "Rename the file in the source and its links, then migrate again."})
			continue
		}
		if m, addresses := read(p); m != nil {
			items[p] = item(p, m, addresses)
		}
	}
	return items
}

func item(p string, m *recordv1.Media, addresses []*agentv1.Path) cms.Item {
	rec := &recordv1.Record{Ref: record.NewRef(recordv1.Kind_KIND_MEDIA, p), Body: &recordv1.Record_Media{Media: m}}
	if bad := record.Validate(rec); bad != nil {
		return unread(p, bad)
	}
	return cms.Item{Record: rec, Paths: addresses}
}

func unread(id string, p *agentv1.Problem) cms.Item {
	return cms.Item{Unread: &agentv1.Unread{Ref: record.NewRef(recordv1.Kind_KIND_MEDIA, id), Outcome: agentv1.Outcome_OUTCOME_REJECTED, Problem: p}}
}

// shortID stands for a path that cannot be an id.
func shortID(p string) string {
	sum := sha256.Sum256([]byte(p))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Media describes a stored file by what it shows itself; nil when it is not there.
func Media(root *os.Root, p string) *recordv1.Media {
	f := File(root, p, "full")
	if f == nil {
		return nil
	}
	return &recordv1.Media{Mime: f.GetMime(), Width: f.GetWidth(), Height: f.GetHeight(), Files: []*recordv1.File{f}}
}

// File is a stored file in a role, with the pixels of a full picture; nil when it is not there.
func File(root *os.Root, p, role string) *recordv1.File {
	if root == nil || !fs.ValidPath(p) {
		return nil
	}
	st, err := root.Stat(p)
	if err != nil || !st.Mode().IsRegular() {
		return nil
	}
	f := &recordv1.File{Id: p, Role: role, Path: p, Bytes: uint64(st.Size()), Mime: MIME(p)}
	if role == "full" {
		f.Width, f.Height = pixels(root, p)
	}
	return f
}

// pixels reads a picture's header; 0 for formats that are not known.
func pixels(root *os.Root, p string) (w, h uint32) {
	f, err := root.Open(p)
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

// Escape percent-encodes a path segment by segment, so that it may stand in HTML, JSON and style sheets.
func Escape(p string) string {
	parts := strings.Split(p, "/")
	for i, s := range parts {
		parts[i] = strings.NewReplacer("(", "%28", ")", "%29", "'", "%27", "&", "%26").Replace(url.PathEscape(s))
	}
	return strings.Join(parts, "/")
}
