package main

import (
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
)

// picture is an image of the sample site; its drawing is chosen by hue and arches.
type picture struct {
	name, file, title, alt string
	hue                    float64
	arches                 int
}

var pictures = []picture{
	{"footbridge", "footbridge.jpg", "Footbridge", "The footbridge at the ferry house", 0.58, 1},
	{"millrace", "mill-race.jpg", "Mill Race", "Two beams over the mill race", 0.42, 2},
	{"nightcrossing", "night-crossing.jpg", "Night crossing", "Lanterns over a dark river", 0.68, 3},
	{"joint", "scarf-joint.png", "Scarf joint", "A scarf joint with its wedge", 0.09, 1},
	{"ice", "eisbruecke.jpg", "Eisbrücke", "Ein Bogen aus Eis", 0.53, 1},
	{"sheep", "sheep.jpg", "Sheep", "Sheep on a suspension bridge", 0.30, 4},
	{"arch", "stone-arch.png", "Stone arch", "A dry stone arch on its centring", 0.12, 2},
	{"cables", "cables.jpg", "Cables", "Thirty people carrying a cable", 0.60, 5},
	{"small", "smallest.png", "The smallest bridge", "Three stones over a gutter", 0.22, 1},
}

// size is a copy of an image that WordPress would have made.
type size struct {
	name          string
	width, height int
}

const fullWidth, fullHeight = 1200, 800

var sizes = []size{{"medium", 300, 200}, {"large", 1024, 683}, {"thumbnail", 150, 150}}

// draw paints a river, a sky and a bridge of some arches.
func (p picture) draw(w, h int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		fy := float64(y) / float64(h)
		for x := range w {
			img.Set(x, y, p.at(float64(x)/float64(w), fy))
		}
	}
	return img
}

func (p picture) at(x, y float64) color.Color {
	const deck, water = 0.45, 0.78
	switch {
	case y > water:
		return hsv(p.hue, 0.55, 0.45+0.08*math.Sin(40*y+9*math.Sin(6*x)))
	case y > deck && y < deck+0.05:
		return hsv(0.07, 0.5, 0.35)
	case y >= deck+0.05 && !p.open(x, (y-deck)/(water-deck)):
		return hsv(0.08, 0.25, 0.55+0.05*math.Sin(60*x)*math.Sin(70*y))
	}
	return hsv(p.hue, 0.15+0.35*(1-y), 0.95-0.25*(1-y))
}

// open says whether a point below the deck lies inside an arch.
func (p picture) open(x, y float64) bool {
	_, f := math.Modf(x * float64(p.arches))
	u := (f - 0.5) / 0.42
	return u*u < 1 && y > 1-math.Sqrt(1-u*u)*0.75
}

func hsv(h, s, v float64) color.Color {
	i, f := math.Modf(math.Mod(h, 1) * 6)
	p, q, t := v*(1-s), v*(1-s*f), v*(1-s*(1-f))
	rgb := [][3]float64{{v, t, p}, {q, v, p}, {p, v, t}, {p, q, v}, {t, p, v}, {v, p, q}}[int(i)%6]
	return color.RGBA{uint8(255 * rgb[0]), uint8(255 * rgb[1]), uint8(255 * rgb[2]), 255}
}

// save writes the picture in a size and gives its length in bytes.
func (p picture) save(path string, w, h int) (int64, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return 0, err
	}
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }()
	if strings.HasSuffix(path, ".png") {
		err = png.Encode(f, p.draw(w, h))
	} else {
		err = jpeg.Encode(f, p.draw(w, h), &jpeg.Options{Quality: 80})
	}
	if err != nil {
		return 0, err
	}
	st, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return st.Size(), f.Close()
}
