package transform

import (
	"strings"

	xhtml "golang.org/x/net/html"
)

func (b *lexBuild) picture(n *xhtml.Node) bool {
	p, ok := pictureOf(n)
	if ok {
		if p.floats {
			b.lose("style_dropped", b.field, 1)
		}
		b.addPicture(p)
	}
	return ok
}

func (b *lexBuild) addPicture(p picture) {
	fields := []lexField{{"src", p.src}, {"alt", p.alt}, {"title", p.title}, {"caption", p.caption}, {"cardWidth", cmpOr(p.wide, "regular")}, {"href", p.href}}
	if p.width > 0 && p.height > 0 {
		fields = append(fields, lexField{"width", p.width}, lexField{"height", p.height})
	}
	b.add(card("image", fields...))
}

// galleryMax is how many pictures the platform's gallery holds.
const galleryMax = 9

// gallery needs the pixels of every picture, by which the platform lays it out; without them it is a row of single pictures.
func (b *lexBuild) gallery(n *xhtml.Node) bool {
	g, ok := galleryOf(n)
	if !ok {
		return false
	}
	sized := true
	for _, p := range g.pictures {
		sized = sized && p.width > 0 && p.height > 0
	}
	if !sized {
		g.pictures[len(g.pictures)-1].caption = g.caption
		b.lose("gallery_as_images", b.field, 1)
		for _, p := range g.pictures {
			b.addPicture(p)
		}
		return true
	}
	b.lose("gallery_caption", b.field, g.captions)
	for at := 0; at < len(g.pictures); at += galleryMax {
		end := min(at+galleryMax, len(g.pictures))
		caption := ""
		if end == len(g.pictures) {
			caption = g.caption
		}
		b.add(card("gallery", lexField{"images", b.galleryImages(g.pictures[at:end])}, lexField{"caption", caption}))
	}
	return true
}

func (b *lexBuild) galleryImages(pictures []picture) (images []lexNode) {
	for i, p := range pictures {
		if p.href != "" {
			b.lose("gallery_link", b.field, 1)
		}
		images = append(images, newNode(lexField{"row", i / galleryRow}, lexField{"fileName", fileNameOf(p.src)}, lexField{"src", p.src}, lexField{"width", p.width}, lexField{"height", p.height},
			lexField{"title", p.title}, lexField{"alt", p.alt}))
	}
	return images
}

func fileNameOf(src string) string {
	name := src[strings.LastIndexByte(src, '/')+1:]
	if i := strings.IndexAny(name, "?#;!"); i >= 0 {
		name = name[:i]
	}
	return cmpOr(name, "image")
}
