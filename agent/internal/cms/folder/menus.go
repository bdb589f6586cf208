package folder

import (
	"errors"
	"io/fs"
	"path"
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// menusFile is where Hugo reads menus beside those of the configuration file. All of them stand in this one file: each menu
// that a migration makes is a block of it, and the rest is the owner's.
const menusFile = "config/_default/menus.yaml"

// blockBounds are where the block of a key at the top of a YAML file begins and ends; false: it has none.
func blockBounds(text, name string) (start, end int, ok bool) {
	key := scalar(textValue(name)) + ":"
	for at := 0; at < len(text); {
		next := len(text)
		if n := strings.IndexByte(text[at:], '\n'); n >= 0 {
			next = at + n + 1
		}
		line := text[at:next]
		switch {
		case ok && strings.IndexByte(" -\t", line[0]) < 0:
			return start, at, true
		case !ok && strings.HasPrefix(line, key):
			start, ok = at, true
		}
		at = next
	}
	return start, len(text), ok
}

// menuBlock is the block of a menu; "" where there is none.
func menuBlock(text, name string) string {
	start, end, ok := blockBounds(text, name)
	if !ok {
		return ""
	}
	return text[start:end]
}

// wholeMenus puts our blocks into the file, each in its old place. changed is the one that has come, changed or gone.
func (s *Site) wholeMenus(pieces []piece, changed string) (*string, error) {
	text, err := s.text(menusFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, p := range append(pieces, piece{name: changed}) {
		content := p.content
		if p.name == changed && content == "" && contentOf(pieces, changed) != "" {
			continue
		}
		if start, end, ok := blockBounds(text, p.name); ok {
			text = text[:start] + content + text[end:]
		} else if content != "" {
			if text != "" && !strings.HasSuffix(text, "\n") {
				text += "\n"
			}
			text += content
		}
	}
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	return &text, nil
}

func contentOf(pieces []piece, name string) string {
	for _, p := range pieces {
		if p.name == name {
			return p.content
		}
	}
	return ""
}

// configMenus are the menus in files of their own beside the configuration.
func (s *Site) configMenus() (all []*recordv1.Value) {
	if s.config.flavour != hugo {
		return nil
	}
	for _, name := range []string{"menus", "menu", "menus.en", "menu.en"} {
		for _, ext := range []string{".yaml", ".yml", ".toml", ".json"} {
			file := path.Join("config/_default", name+ext)
			raw, err := s.text(file)
			if err != nil {
				continue
			}
			if v, err := parseValue(ext, []byte(raw)); err == nil {
				all = append(all, v)
			}
		}
	}
	return all
}
