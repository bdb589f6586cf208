package folder

import (
	"path"
	"regexp"
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// destinations are where Markdown and HTML name addresses.
var destinations = regexp.MustCompile(`\]\(<?([^\s()<>]+)|\b(?:src|href|poster)=["']([^"'\s<>]+)["']|(?m)^\[[^\]\n]+\]:\s*<?([^\s<>]+)`)

var scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:`)

// absolute makes addresses that begin at the entry's own file or page begin at the site's root: only there is it known where the
// entry lies. What is no file and does not climb stays as it is.
func (s *Site) absolute(e *recordv1.Entry, file, address string) {
	if b := e.GetContent(); b != nil {
		b.Text = destinations.ReplaceAllStringFunc(b.Text, func(m string) string {
			for _, dest := range destinations.FindStringSubmatch(m)[1:] {
				if dest != "" {
					return strings.Replace(m, dest, s.rootedAt(dest, file, address), 1)
				}
			}
			return m
		})
	}
	if img := e.GetImage(); img.GetUrl() != "" {
		img.Url = s.rootedAt(img.GetUrl(), file, address)
	}
}

func (s *Site) rootedAt(dest, file, address string) string {
	if scheme.MatchString(dest) || strings.IndexByte("/#{?", dest[0]) >= 0 {
		return dest
	}
	clean, rest := dest, ""
	if i := strings.IndexAny(dest, "?#"); i >= 0 {
		clean, rest = dest[:i], dest[i:]
	}
	for _, dir := range []string{path.Dir(file), path.Join(s.config.content, strings.TrimSuffix(address, "/"))} {
		at := path.Join(dir, clean)
		if st, err := s.root.Lstat(at); err == nil && st.Mode().IsRegular() {
			return "/" + at + rest
		}
	}
	if !strings.HasPrefix(dest, "./") && !strings.HasPrefix(dest, "../") {
		return dest
	}
	if !strings.HasSuffix(address, "/") {
		address = path.Dir(address)
	}
	at := path.Join("/", address, clean)
	if strings.HasSuffix(clean, "/") && at != "/" {
		at += "/"
	}
	return at + rest
}
