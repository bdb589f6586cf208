package ghost

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms/uploads"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// ghostURL stands for the site's address in stored text; Ghost replaces it on output.
const ghostURL = "__GHOST_URL__"

// contentPath is where uploads are served, from the site's root.
const contentPath = "/content/"

var sizeFolders = regexp.MustCompile(`^images/size/w\d+(h\d+)?/(format/[a-z]+/)?`)

// image is a picture as a column holds it; nil for none.
func (s *Site) image(address string) *recordv1.Image {
	if address == "" {
		return nil
	}
	if p := s.ownImage(address); p != "" {
		return &recordv1.Image{Media: record.NewRef(kindMedia, p)}
	}
	return &recordv1.Image{Url: address}
}

// ownImage is the path below the content folder; "" for any other address, or when the folder is out of reach.
func (s *Site) ownImage(address string) string {
	if s.settings.Files == "" {
		return ""
	}
	rest, ok := strings.CutPrefix(address, ghostURL)
	if base := s.baseURL(); !ok && base != "" {
		rest, ok = strings.CutPrefix(address, base)
	}
	if !ok {
		return ""
	}
	rest, ok = strings.CutPrefix(rest, contentPath)
	if !ok || strings.ContainsAny(rest, "?#") {
		return ""
	}
	p, err := url.PathUnescape(sizeFolders.ReplaceAllString(rest, "images/"))
	if err != nil || p == "" || len(p) > record.MaxSourceID {
		return ""
	}
	return p
}

// fileURL is how a stored file is written into columns and texts.
func fileURL(path string) string { return ghostURL + contentPath + uploads.Escape(path) }
