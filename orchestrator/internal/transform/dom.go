package transform

import (
	"strconv"
	"strings"

	xhtml "golang.org/x/net/html"

	"github.com/baileybridge/bailey/proto/record"
)

func children(n *xhtml.Node) func(yield func(*xhtml.Node) bool) { return n.ChildNodes() }

func nodeAttr(n *xhtml.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func hasClass(n *xhtml.Node, class string) bool {
	for c := range strings.FieldsSeq(nodeAttr(n, "class")) {
		if c == class {
			return true
		}
	}
	return false
}

func classContains(n *xhtml.Node, part string) bool {
	return strings.Contains(nodeAttr(n, "class"), part)
}

// elements are the child elements; ok is false when there is text beside them.
func elements(n *xhtml.Node) (all []*xhtml.Node, ok bool) {
	ok = true
	for c := range children(n) {
		switch c.Type {
		case xhtml.ElementNode:
			all = append(all, c)
		case xhtml.TextNode:
			ok = ok && strings.TrimSpace(c.Data) == ""
		}
	}
	return all, ok
}

// innerHTML writes what is inside an element.
func innerHTML(n *xhtml.Node) string {
	var b strings.Builder
	for c := range children(n) {
		if err := xhtml.Render(&b, c); err != nil {
			return ""
		}
	}
	return strings.TrimSpace(b.String())
}

// textOf is the text of an element when it holds nothing but text.
func textOf(n *xhtml.Node) (string, bool) {
	var b strings.Builder
	for c := range children(n) {
		if c.Type != xhtml.TextNode {
			return "", false
		}
		b.WriteString(c.Data)
	}
	return b.String(), true
}

// find lists the elements of a name below n, n itself included.
func find(n *xhtml.Node, name string) (all []*xhtml.Node) {
	if n.Type == xhtml.ElementNode && n.Data == name {
		all = append(all, n)
	}
	for c := range n.Descendants() {
		if c.Type == xhtml.ElementNode && c.Data == name {
			all = append(all, c)
		}
	}
	return all
}

// picture is an image with all that stands around it.
type picture struct {
	src, alt, title, href, caption string
	width, height                  int
	// wide is "wide", "full" or empty.
	wide string
	// floats says that text flows around it.
	floats bool
}

// pictureOf reads <img>, <a><img></a>, and figures of one image; false for anything that holds more.
func pictureOf(n *xhtml.Node) (picture, bool) {
	var p picture
	switch n.Data {
	case "img":
		p = imgOf(n)
		return p, p.src != ""
	case "a", "p", "div":
		kids, ok := elements(n)
		if !ok || len(kids) != 1 || n.Data == "p" && kids[0].Data != "img" && kids[0].Data != "a" {
			return p, false
		}
		if n.Data == "div" && !classContains(n, "image") {
			return p, false
		}
		p, ok = pictureOf(kids[0])
		if n.Data == "a" {
			p.href = nodeAttr(n, "href")
		}
		return p, ok
	case "figure":
		return figurePicture(n)
	}
	return p, false
}

func imgOf(n *xhtml.Node) picture {
	p := picture{src: nodeAttr(n, "src"), alt: nodeAttr(n, "alt"), title: nodeAttr(n, "title")}
	p.width, p.height = number(nodeAttr(n, "width")), number(nodeAttr(n, "height"))
	p.floats = classContains(n, "alignleft") || classContains(n, "alignright")
	if w, h, ok := strings.Cut(formOf(p.src), "x"); ok && p.width*p.height == 0 {
		p.width, p.height = number(w), number(h)
	}
	return p
}

func number(s string) int {
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(strings.TrimSuffix(s, "px"))
	if err != nil || n < 0 || n > 1<<20 {
		return 0
	}
	return n
}

// formOf is the form of the one token that an address is.
func formOf(src string) string {
	if name, ok := strings.CutPrefix(src, record.Scheme); ok {
		t, _ := record.ParseToken(strings.TrimSuffix(name, "!"))
		return t.Form
	}
	return ""
}

func figurePicture(n *xhtml.Node) (p picture, ok bool) {
	kids, textless := elements(n)
	if !textless {
		return p, false
	}
	caption := ""
	for _, k := range kids {
		switch {
		case k.Data == "figcaption":
			caption = innerHTML(k)
		case ok || k.Data != "img" && k.Data != "a":
			return p, false
		default:
			if p, ok = pictureOf(k); !ok {
				return p, false
			}
		}
	}
	p.caption = caption
	p.floats = p.floats || classContains(n, "alignleft") || classContains(n, "alignright")
	switch {
	case classContains(n, "alignwide"), classContains(n, "kg-width-wide"):
		p.wide = "wide"
	case classContains(n, "alignfull"), classContains(n, "kg-width-full"):
		p.wide = "full"
	}
	return p, ok
}

// gallery is several pictures under one caption.
type gallery struct {
	pictures []picture
	caption  string
	// captions counts texts of single pictures.
	captions int
}

// galleryOf reads a figure, or a list marked as a gallery, that holds pictures and captions only.
func galleryOf(n *xhtml.Node) (g gallery, ok bool) {
	if n.Data != "figure" && !classContains(n, "gallery") {
		return g, false
	}
	if !collectPictures(n, n, &g, 0) {
		return g, false
	}
	return g, len(g.pictures) > 1 || len(g.pictures) == 1 && classContains(n, "gallery")
}

const maxGalleryDepth = 12

func collectPictures(top, n *xhtml.Node, g *gallery, depth int) bool {
	kids, textless := elements(n)
	if !textless || depth > maxGalleryDepth {
		return false
	}
	for _, k := range kids {
		switch k.Data {
		case "img", "a":
			p, ok := pictureOf(k)
			if !ok {
				return false
			}
			g.pictures = append(g.pictures, p)
		case "figcaption":
			if n == top {
				g.caption = innerHTML(k)
			} else {
				g.captions++
				if last := len(g.pictures) - 1; n.Data == "figure" && last >= 0 {
					g.pictures[last].caption = innerHTML(k)
				}
			}
		case "figure", "div", "ul", "li":
			if !collectPictures(top, k, g, depth+1) {
				return false
			}
		case "br":
		default:
			return false
		}
	}
	return true
}
