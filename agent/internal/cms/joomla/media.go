package joomla

import (
	"context"
	_ "image/gif"  // to read its size
	_ "image/jpeg" // to read its size
	_ "image/png"  // to read its size
	"io/fs"
	"iter"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/uploads"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// uploads are the folders of the site in which Joomla's media manager keeps files.
var folders = []string{"files", "images"}

// files yields the path of every file after a position.
func (s *Site) files(_ context.Context, after string) iter.Seq2[string, error] {
	return uploads.Walk(s.root, folders, after, func(_ string, e fs.DirEntry) bool {
		// Joomla puts index.html into every folder, so that nobody sees its list.
		return strings.HasPrefix(e.Name(), ".") || e.Name() == "index.html"
	})
}

func loadMedia(_ context.Context, r *reader, paths []string) (map[string]cms.Item, error) {
	return uploads.Items(paths, func(p string) (*recordv1.Media, []*agentv1.Path) {
		return r.s.mediaAt(p), []*agentv1.Path{{Path: "/" + uploads.Escape(p)}}
	}), nil
}

// mediaAt describes a stored file by what it shows itself; nil when it is not there. Joomla keeps nothing else of it.
func (s *Site) mediaAt(p string) *recordv1.Media {
	if !s.isFile(p) {
		return nil
	}
	return uploads.Media(s.root, p)
}

func (s *Site) isFile(p string) bool {
	if s.root == nil || !fs.ValidPath(p) || !slices.Contains(folders, strings.SplitN(p, "/", 2)[0]) {
		return false
	}
	st, err := s.root.Stat(p)
	return err == nil && st.Mode().IsRegular()
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
	if !slices.Contains(folders, parts[0]) || len(parts) == 1 {
		parts = append([]string{"images"}, parts...)
	}
	return path.Join(parts...)
}
