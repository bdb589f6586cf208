package wxr

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// enough is how many entries are looked at for the settings that an export does not hold.
const enough = 500

// guess concludes the permalink structure, the time zone and where uploads are from entries.
type guess struct {
	structures, offsets, uploads map[string]int
	looked                       int
}

func newGuess() *guess {
	return &guess{structures: map[string]int{}, offsets: map[string]int{}, uploads: map[string]int{}}
}

// look learns from one entry of a site at home.
func (g *guess) look(it *item, home string) {
	file := it.meta("_wp_attached_file")
	if base, ok := strings.CutSuffix(it.Attachment, "/"+file); ok && file != "" && len(g.uploads) < enough {
		g.uploads[base]++
	}
	if it.Type != "post" || it.Status != "publish" || g.looked >= enough {
		return
	}
	g.looked++
	if s, ok := structureOf(it, home); ok {
		g.structures[s]++
	}
	if o, ok := offsetOf(it); ok {
		g.offsets[o]++
	}
}

// structure is the most frequent permalink structure; empty: addresses are ?p=1.
func (g *guess) structure() string { return most(g.structures) }

// offset is the most frequent distance from UTC in hours; a site with summer time has two, and the greater part of its
// entries decides.
func (g *guess) offset() string { return most(g.offsets) }

func most(count map[string]int) string {
	best := ""
	for s, n := range count {
		if n > count[best] || n == count[best] && s < best {
			best = s
		}
	}
	return best
}

// uploadsAt is where most uploads are; empty: where WordPress puts them.
func (g *guess) uploadsAt(site string) string {
	at := most(g.uploads)
	if at == strings.TrimRight(site, "/")+"/wp-content/uploads" {
		return ""
	}
	return at
}

const stamp = "2006-01-02 15:04:05"

func offsetOf(it *item) (string, bool) {
	local, err1 := time.Parse(stamp, it.Date)
	utc, err2 := time.Parse(stamp, it.DateGMT)
	if err1 != nil || err2 != nil {
		return "", false
	}
	return strconv.FormatFloat(local.Sub(utc).Hours(), 'f', -1, 64), true
}

// structureOf puts the tags of permalinks where an entry's address holds what they stand for.
func structureOf(it *item, home string) (string, bool) {
	below, inside := strings.CutPrefix(strings.TrimSpace(it.Link), strings.TrimRight(home, "/"))
	u, err := url.Parse(below)
	if err != nil || !inside || u.Path == "" {
		return "", false
	}
	date, err := time.Parse(stamp, it.Date)
	if err != nil || u.RawQuery != "" {
		return "", u.RawQuery != ""
	}
	parts := strings.Split(u.EscapedPath(), "/")
	for i, p := range parts {
		parts[i] = tagOf(it, date, parts, i, p)
	}
	s := oneCategory(strings.Join(parts, "/"))
	return s, strings.Contains(s, "%postname%") || strings.Contains(s, "%post_id%")
}

// tagOf is the tag for one part of a path; what no tag stands for is literal.
func tagOf(it *item, date time.Time, parts []string, i int, p string) string {
	last := i == len(parts)-1 || i == len(parts)-2 && parts[i+1] == ""
	switch {
	case last && strings.EqualFold(p, it.Name):
		return "%postname%"
	case last && p == strconv.FormatInt(it.ID, 10):
		return "%post_id%"
	case p == date.Format("2006"):
		return "%year%"
	case i > 0 && parts[i-1] == "%year%" && p == date.Format("01"):
		return "%monthnum%"
	case i > 0 && parts[i-1] == "%monthnum%" && p == date.Format("02"):
		return "%day%"
	case p != "" && p == nicename(it.Creator):
		return "%author%"
	}
	for _, t := range it.Terms {
		if t.Taxonomy == "category" && p != "" && p == t.Slug {
			return "%category%"
		}
	}
	return p
}

// oneCategory makes one tag of a category and its parents.
func oneCategory(s string) string {
	for strings.Contains(s, "%category%/%category%") {
		s = strings.ReplaceAll(s, "%category%/%category%", "%category%")
	}
	return s
}
