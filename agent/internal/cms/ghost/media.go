package ghost

import (
	"context"
	"fmt"
	_ "image/gif"  // to read its size
	_ "image/jpeg" // to read its size
	_ "image/png"  // to read its size
	"io/fs"
	"iter"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/uploads"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// imagesStream names the stream of uploaded files.
const imagesStream = "images"

// uploads are the folders below the content folder that hold what people uploaded, in order; beside them lie the database, logs
// and themes, which are none of it.
var folders = []string{"files", "images", "media"}

// images yields the path of every file after a position.
func (s *Site) images(_ context.Context, after string) iter.Seq2[string, error] {
	return uploads.Walk(s.root, folders, after, s.passes)
}

// passes says what is no upload. Names that Ghost made beside an image (its original, smaller copies) are no files of their own.
func (s *Site) passes(p string, e fs.DirEntry) bool {
	return strings.HasPrefix(e.Name(), ".") || p == "images/size" || e.Name() == "README.md" && slices.Contains(folders, path.Dir(p)) || e.Type().IsRegular() && s.isOriginal(p)
}

// isOriginal says whether a file is what Ghost keeps of an upload beside the image that it scaled: "name_o.png".
func (s *Site) isOriginal(p string) bool {
	ext := path.Ext(p)
	stem, ok := strings.CutSuffix(strings.TrimSuffix(p, ext), "_o")
	if !ok {
		return false
	}
	st, err := s.root.Lstat(stem + ext)
	return err == nil && st.Mode().IsRegular()
}

func originalOf(p string) string {
	ext := path.Ext(p)
	return strings.TrimSuffix(p, ext) + "_o" + ext
}

func (s *Site) loadMedia(_ context.Context, _ cmssql.Querier, paths []string) (map[string]cms.Item, error) {
	return uploads.Items(paths, func(p string) (*recordv1.Media, []*agentv1.Path) {
		m := s.mediaAt(p)
		return m, mediaPaths(p, m)
	}), nil
}

// mediaAt describes a stored file by what it shows itself; nil when it is not there.
func (s *Site) mediaAt(p string) *recordv1.Media {
	m := uploads.Media(s.root, p)
	if m == nil {
		return nil
	}
	m.Created = s.monthOf(p)
	if original := uploads.File(s.root, originalOf(p), "original"); original != nil {
		m.Files = append(m.Files, original)
	}
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
	paths := []*agentv1.Path{address(contentPath + uploads.Escape(p))}
	image, ok := strings.CutPrefix(p, "images/")
	for _, w := range srcsetWidths {
		if !ok {
			break
		}
		form := ""
		if m.GetWidth() > 0 {
			form = fmt.Sprintf("%dx%d", w, max(w*m.GetHeight()/m.GetWidth(), 1))
		}
		paths = append(paths, &agentv1.Path{Path: contentPath + "images/size/w" + strconv.Itoa(int(w)) + "/" + uploads.Escape(image), Form: form})
	}
	if len(m.GetFiles()) > 1 {
		paths = append(paths, address(contentPath+uploads.Escape(originalOf(p))))
	}
	return paths
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
	switch kind, _, _ := strings.Cut(uploads.MIME(name), "/"); kind {
	case "image":
		return "images"
	case "audio", "video":
		return "media"
	}
	return "files"
}
