package main

import (
	"embed"
	"fmt"
	"strings"
	"time"
)

//go:embed content
var content embed.FS

// entry is one post or page of the sample site.
type entry struct {
	typ, slug, title, author, body string
	date                           time.Time
	parent, image, format          string
	status, password               string
	order                          int
	sticky                         bool
	cats, tags                     []string
}

// readEntries reads the content files: a head line "== type | slug | title | author | date | options", then the body.
func readEntries() ([]*entry, error) {
	var all []*entry
	for _, name := range []string{"content/pages.txt", "content/posts.txt"} {
		b, err := content.ReadFile(name)
		if err != nil {
			return nil, err
		}
		for _, part := range strings.Split("\n"+string(b), "\n== ")[1:] {
			head, body, _ := strings.Cut(part, "\n")
			e, err := readHead(head)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			e.body = strings.TrimSpace(body)
			all = append(all, e)
		}
	}
	return all, nil
}

func readHead(head string) (*entry, error) {
	f := strings.Split(head, " | ")
	if len(f) < 5 {
		return nil, fmt.Errorf("head line %q has %d parts", head, len(f))
	}
	at, err := time.Parse("2006-01-02 15:04", f[4])
	if err != nil {
		return nil, err
	}
	e := &entry{typ: f[0], slug: f[1], title: f[2], author: f[3], date: at, status: "publish"}
	if at.Year() > 2030 {
		e.status = "future"
	}
	if len(f) > 5 {
		return e, e.options(strings.Fields(strings.ReplaceAll(f[5], ", ", " ")))
	}
	return e, nil
}

func (e *entry) options(words []string) error {
	for _, w := range words {
		key, value, _ := strings.Cut(w, "=")
		switch key {
		case "parent":
			e.parent = value
		case "image":
			e.image = value
		case "format":
			e.format = value
		case "status":
			e.status = value
		case "password":
			e.password = value
		case "sticky":
			e.sticky = true
		case "cats":
			e.cats = strings.Split(value, ",")
		case "tags":
			e.tags = strings.Split(value, ",")
		case "order":
			if _, err := fmt.Sscan(value, &e.order); err != nil {
				return err
			}
		default:
			return fmt.Errorf("unknown option %q", key)
		}
	}
	return nil
}

// account is a user of the sample site.
type account struct{ login, email, first, last, role, password, bio string }

var accounts = []account{
	{"tessa", "tessa@ulvbekk.example", "Tessa", "Lindgaard", "administrator", "rope-and-lantern", "Keeps the keys, the minutes and the songs."},
	{"jonas", "jonas@ulvbekk.example", "Jonas", "Ødegård", "editor", "scarf-joint-1-in-8", "Measures twice. Ties knots that do not let go."},
	{"marit", "marit@ulvbekk.example", "Marit", "Brückner", "author", "two-hundred-buns", "Schreibt auf Deutsch und auf Englisch, and carries the buns."},
}

// category is a category and the one above it.
type category struct{ slug, name, parent string }

var categories = []category{
	{"uncategorized", "Uncategorized", ""}, {"bridges", "Bridges", ""}, {"timber", "Timber", "bridges"}, {"stone", "Stone", "bridges"}, {"iron", "Iron", "bridges"},
	{"suspension", "Suspension & cables", "iron"}, {"club", "Club", ""}, {"trips", "Trips", "club"}, {"workshop", "Workshop", "club"}, {"deutsch", "Deutsch", ""},
}

// remark is a comment; parent counts from 1 within the list, 0 is none.
type remark struct {
	on, name, email, text string
	parent                int
	approved              string
}

var remarks = []remark{
	{"the-night-we-crossed-the-ulv", "Ingrid (bakery)", "ingrid@buns.example", "One hundred and ninety-eight buns arrived. I have my suspicions.", 0, "1"},
	{"the-night-we-crossed-the-ulv", "Marit", "marit@ulvbekk.example", "They were needed as ballast.", 1, "1"},
	{"the-night-we-crossed-the-ulv", "Ingrid (bakery)", "ingrid@buns.example", "Two?", 2, "1"},
	{"the-night-we-crossed-the-ulv", "Marit", "marit@ulvbekk.example", "One on each side.", 3, "1"},
	{"eine-bruecke-aus-eis", "Ruprecht", "ruprecht@example.org", "Wie dick war der Bogen im Scheitel?", 0, "1"},
	{"eine-bruecke-aus-eis", "Marit", "marit@ulvbekk.example", "Zweiundvierzig Zentimeter, am Morgen. Am Abend weniger.", 5, "1"},
	{"how-many-sheep-does-a-bridge-carry", "A shepherd", "", "Provost sends his regards & asks about the apple.", 0, "1"},
	{"how-many-sheep-does-a-bridge-carry", "Jonas", "jonas@ulvbekk.example", "The apple is a yearly payment, see the contract.", 7, "1"},
	{"the-tuba-problem", "The tuba", "tuba@brass.example", "I regret nothing.", 0, "1"},
	{"map-of-all-crossings", "Cheap maps!!!", "x@spam.example", "Best maps cheapest maps", 0, "spam"},
	{"what-a-bridge-costs", "Per", "per@example.org", "Is coffee tax-deductible?", 0, "0"},
}
