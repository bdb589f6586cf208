package folder

import (
	"fmt"
	"path"
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// data takes up a data file; name is its path below the folder of data.
func (sc *scanner) data(file, name string) error {
	ext := path.Ext(name)
	if ext != ".yaml" && ext != ".yml" && ext != ".toml" && ext != ".json" {
		return nil
	}
	dir, base := path.Split(strings.TrimSuffix(name, ext))
	top, _, _ := strings.Cut(dir, "/")
	switch {
	case dir == "authors/":
		return sc.author(file, base, "")
	case dir == "" && (base == "authors" || base == "people"):
		return sc.authors(file)
	case top == "comments":
		return sc.comments(file, strings.TrimPrefix(strings.TrimSuffix(name, ext), "comments/"))
	case top == redirectsDir && sc.s.config.shape.aliases == "":
		return sc.addAt(strings.TrimPrefix(strings.TrimSuffix(name, ext), redirectsDir), kindRedirect, idOf(file), file, "", "", nil)
	case top == "media":
		return sc.add(kindMedia, idOf(file), file, "", mediaType(strings.TrimSuffix(name, ext)), nil)
	case dir == "" && (base == "navigation" || base == "nav" || base == "menu" || base == "menus") || dir == "menus/":
		return sc.navigation(file, base)
	}
	return nil
}

func mediaType(file string) string {
	kind, _, _ := strings.Cut(mediaTypes[strings.ToLower(path.Ext(file))], "/")
	return kind
}

func (sc *scanner) parse(file string) *recordv1.Value {
	raw, err := sc.s.text(file)
	if err != nil {
		return nil
	}
	v, err := parseValue(path.Ext(file), []byte(raw))
	if err != nil {
		return nil
	}
	return v
}

func (sc *scanner) author(file, key, at string) error {
	id := shortID(slug(key))
	if id == "" {
		return nil
	}
	v := sc.parse(file)
	if at != "" {
		v = docOf(v).get(at)
	}
	name := or(plain(docOf(v).get("name")), plain(docOf(v).get("title")))
	sc.s.config.people.Store(key, id)
	if name != "" {
		sc.s.config.people.Store(name, id)
	}
	return sc.add(kindUser, id, file, at, "", nil)
}

func (sc *scanner) authors(file string) error {
	for _, p := range docOf(sc.parse(file)).pairs {
		if err := sc.author(file, plain(p.GetKey()), plain(p.GetKey())); err != nil {
			return err
		}
	}
	return nil
}

// comments takes up a file with one comment, or with a list of them; name is the entry's, and the comment's in the first case.
func (sc *scanner) comments(file, name string) error {
	v := sc.parse(file)
	if a := v.GetArray(); a != nil && a.GetList() {
		for i := range a.GetPairs() {
			at := fmt.Sprint(i)
			if err := sc.add(kindComment, idOf(file+"#"+at), file, at, "comment", nil); err != nil {
				return err
			}
		}
		return nil
	}
	return sc.add(kindComment, idOf(file), file, "", "comment", nil)
}
