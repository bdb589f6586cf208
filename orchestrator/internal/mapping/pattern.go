package mapping

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
	"gopkg.in/yaml.v3"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// slugParts are the placeholders of slugs; pathParts those of a file's path.
var (
	slugParts = []string{"slug", "id", "type", "title", "year", "month", "day"}
	pathParts = []string{"dir", "name", "id", "year", "month", "day"}
)

// pattern is a text with placeholders: texts[0] parts[0] texts[1] …
type pattern struct{ texts, parts []string }

// slugRule gives records their part of the address.
type slugRule struct {
	when    *expression
	pattern *pattern
}

// pattern reads a pattern; placeholders stand in braces.
func (f *file) pattern(n *yaml.Node, parts []string) *pattern {
	rest, ok := f.words(n, "the pattern")
	if !ok {
		return nil
	}
	p, at := &pattern{}, 0
	for {
		before, behind, found := strings.Cut(rest, "{")
		if p.texts = append(p.texts, before); !found {
			return p
		}
		at += len([]rune(before)) + 1
		name, after, closed := strings.Cut(behind, "}")
		line, col := f.place(n, 1, at)
		switch {
		case !closed:
			f.add(line, col-1, "pattern", "the brace is not closed", "Write {slug}.")
			return nil
		case !slices.Contains(parts, name):
			f.add(line, col, "unknown", fmt.Sprintf("there is no placeholder {%s}", name), suggest(name, parts))
			return nil
		}
		p.parts, rest = append(p.parts, name), after
		at += len([]rune(name)) + 1
	}
}

// filePattern reads the pattern of files' paths, which must stay below the folder of uploads and tell files apart.
func (f *file) filePattern(n *yaml.Node) *pattern {
	p := f.pattern(n, pathParts)
	if p == nil {
		return nil
	}
	plain := strings.Join(p.texts, "x")
	switch {
	case !slices.Contains(p.parts, "name"):
		f.fault(n, "pattern", "the pattern must hold {name}", "Without it all files of a record would have one path.")
	case strings.HasPrefix(n.Value, "/") || strings.Contains(plain, "\\") || slices.Contains(strings.Split(plain, "/"), ".."):
		f.fault(n, "pattern", "the path must stay below the folder of uploads", "Begin with a name, and leave out .. and \\.")
	}
	return p
}

// fill puts the parts in.
func (p *pattern) fill(part func(string) string) string {
	var b strings.Builder
	for i, text := range p.texts {
		b.WriteString(text)
		if i < len(p.parts) {
			b.WriteString(part(p.parts[i]))
		}
	}
	return b.String()
}

// slug gives a record the slug of a pattern. One that has none yet stays without.
func (p *pattern) slug(r *recordv1.Record) {
	m := bodyOf(r)
	fd := m.Descriptor().Fields().ByName("slug")
	old := m.Get(fd).String()
	if old == "" {
		return
	}
	now := p.fill(func(part string) string {
		switch part {
		case "slug":
			return old
		case "id":
			return slugOf(r.GetRef().GetSourceId())
		case "type":
			return slugOf(r.GetEntry().GetType() + r.GetTerm().GetTaxonomy())
		case "title":
			return slugOf(r.GetEntry().GetTitle() + r.GetTerm().GetName() + r.GetUser().GetDisplayName() + r.GetMedia().GetTitle() + r.GetMenu().GetName())
		}
		return dateOf(r, part)
	})
	if now = strings.Trim(now, "-"); now != "" && now != old {
		m.Set(fd, protoreflect.ValueOfString(now))
	}
}

// path gives every file of a media record its path.
func (p *pattern) path(r *recordv1.Record) {
	for _, f := range r.GetMedia().GetFiles() {
		dir, name := path.Split(f.GetPath())
		if name == "" {
			continue
		}
		now := p.fill(func(part string) string {
			switch part {
			case "dir":
				return strings.Trim(dir, "/")
			case "name":
				return name
			case "id":
				return slugOf(r.GetRef().GetSourceId())
			}
			return dateOf(r, part)
		})
		// A part that is empty leaves no trace.
		f.Path = strings.TrimPrefix(path.Clean("/"+now), "/")
	}
}

// dateOf is a part of the date that visitors see; empty without one.
func dateOf(r *recordv1.Record, part string) string {
	at := r.GetEntry().GetPublished()
	for _, other := range []*recordv1.Time{r.GetEntry().GetCreated(), r.GetMedia().GetCreated(), r.GetUser().GetRegistered()} {
		if at == nil {
			at = other
		}
	}
	if at == nil {
		return ""
	}
	return time.Unix(at.GetSeconds(), 0).In(time.FixedZone("", int(at.GetOffset()))).Format(map[string]string{"year": "2006", "month": "01", "day": "02"}[part])
}
