package folder

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// translationKey is Hugo's key for pages that are translations of each other. Builders other than Hugo do not know it, our layouts do.
const translationKey = "translationKey"

// tongues are the languages of a site that Hugo knows: the first one has no part in addresses, of the others the names of files say which
// they are.
type tongues struct {
	mu sync.RWMutex
	// first is the language of the site; locales are those of the others by their key.
	first   string
	locales map[string]string
}

// known are the keys of languages beside the first one.
func (t *tongues) known() []string {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return slices.Sorted(maps.Keys(t.locales))
}

// locale is the language of a key, as BCP 47 has it where the configuration says it.
func (t *tongues) locale(key string) string {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.locales[key]
}

func (t *tongues) learn(key, locale string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if key != "" {
		t.locales[key] = locale
	} else {
		t.first = locale
	}
}

// keyOf is the key of a language that the site has; "" is that of the first one.
func (t *tongues) keyOf(locale string) (key string, ok bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, alike := range []func(string) bool{func(s string) bool { return strings.EqualFold(s, locale) }, func(s string) bool { return tongue(s) == tongue(locale) }} {
		if locale == "" || alike(or(t.first, "en")) {
			return "", true
		}
		for _, key := range slices.Sorted(maps.Keys(t.locales)) {
			if alike(t.locales[key]) || alike(key) {
				return key, true
			}
		}
	}
	return "", false
}

// tongue is a language without its region.
func tongue(locale string) string {
	name, _, _ := strings.Cut(strings.ReplaceAll(strings.ToLower(locale), "_", "-"), "-")
	return name
}

// language is what the name of the record's file says of its language: ".fr"; a configuration of our own making gets those that it lacks.
func (d *draft) language(ctx context.Context) (string, error) {
	c, locale := d.s.config, d.rec.GetLocale()
	if c.flavour != hugo || d.kind != kindEntry {
		return "", nil
	}
	key, ok := c.tongues.keyOf(locale)
	if ok || c.file != "" || slug(tongue(locale)) != tongue(locale) {
		return suffixed(key), nil
	}
	key = tongue(locale)
	c.tongues.learn(key, locale)
	_, err := d.u.Tx.InsertElse(ctx, "languages", []string{"code", "locale"}, [][]any{{key, locale}}, " ON CONFLICT DO NOTHING")
	return suffixed(key), err
}

func suffixed(key string) string {
	if key == "" {
		return ""
	}
	return "." + key
}

// groupOf is what a page has in common with those of its name in other languages; empty: there are none.
func (s *Site) groupOf(file string, p place) string {
	known := s.config.tongues.known()
	if len(known) == 0 {
		return ""
	}
	ext := path.Ext(file)
	base := strings.TrimSuffix(strings.TrimSuffix(file, ext), suffixed(p.language))
	for _, key := range append(known, "") {
		other := base + suffixed(key) + ext
		if _, err := s.root.Lstat(other); err == nil && other != file {
			return shortID(path.Join("/", p.dir, path.Base(base)))
		}
	}
	return ""
}

// recallLanguages takes up the languages that were written before, and the site's own.
func (s *Site) recallLanguages(ctx context.Context) error {
	kept, err := cmssql.Column[[]byte](ctx, s.db, "SELECT content FROM files WHERE kind = ?", int(kindSite))
	if err != nil || s.config.file != "" {
		return err
	}
	for _, raw := range kept {
		if d, err := parseData(s.config.shape.ext, raw); err == nil {
			s.config.tongues.learn("", plain(d.get("language")))
		}
	}
	codes, err := cmssql.Column[string](ctx, s.db, "SELECT code || ' ' || locale FROM languages ORDER BY code")
	for _, both := range codes {
		key, locale, _ := strings.Cut(both, " ")
		s.config.tongues.learn(key, locale)
	}
	return err
}

// spoken are the languages of what was moved that Hugo has to be told, by their keys.
func (s *Site) spoken(ctx context.Context, u *cms.Unit) (map[string]string, error) {
	all := map[string]string{}
	for _, key := range s.config.tongues.known() {
		n, err := cmssql.Column[int](ctx, u.Tx, fmt.Sprintf("SELECT COUNT(*) FROM files WHERE kind = %d AND path LIKE ?", kindEntry), "%."+key+".md")
		if err != nil {
			return nil, err
		}
		if n[0] > 0 {
			all[key] = s.config.tongues.locale(key)
		}
	}
	return all, nil
}

// tongueNeeds are the languages that are to be configured, or are not.
func (s *Site) tongueNeeds(ctx context.Context, u *cms.Unit, n *needs) (err error) {
	if s.config.flavour != hugo {
		return nil
	}
	if n.languages, err = s.spoken(ctx, u); err != nil || s.config.file == "" {
		return err
	}
	said, err := cmssql.Column[string](ctx, u.Tx, fmt.Sprintf("SELECT DISTINCT substr(rest, 1, instr(rest, char(10)) - 1) FROM (SELECT substr(content, instr(content, char(10) || 'locale: ') + 9) AS rest "+
		"FROM files WHERE kind = %d AND content LIKE '%%' || char(10) || 'locale: %%') ORDER BY 1", kindEntry))
	for _, locale := range said {
		locale = strings.Trim(locale, `"`)
		if _, ok := s.config.tongues.keyOf(locale); !ok {
			n.unknown = append(n.unknown, locale)
		}
	}
	return err
}

// putLanguages writes the languages into a configuration. (https://gohugo.io/content-management/multilingual/)
func (c *config) putLanguages(d *doc, spoken map[string]string) {
	if len(spoken) == 0 {
		return
	}
	first, all := or(tongue(c.tongues.first), "en"), &doc{}
	put := func(key, locale string, weight int64) {
		in := &doc{}
		in.set("weight", intValue(weight))
		in.setText("languageName", locale)
		in.setText("languageCode", locale)
		all.set(key, in.value())
	}
	put(first, or(c.tongues.first, "en"), 1)
	for i, key := range slices.Sorted(maps.Keys(spoken)) {
		put(key, spoken[key], int64(i+2))
	}
	d.setText("defaultContentLanguage", first)
	d.set("languages", all.value())
}
