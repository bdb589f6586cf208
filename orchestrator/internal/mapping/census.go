package mapping

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// Bounds of a census, so that its memory does not grow with the site (Rule 9): names per list, rows per table, letters of a name.
const (
	maxNames = 2000
	maxRows  = 500
	maxLabel = 60
)

// Census is which names a site uses, and how often. Add may be called from several goroutines.
type Census struct {
	mu sync.Mutex
	// names by section, and custom fields by kind.
	names  map[section]map[string]uint64
	fields map[recordv1.Kind]map[string]*fieldSeen
	kinds  map[recordv1.Kind]uint64
	// rows are the authors and categories: id → name.
	rows map[section]map[string]string
	// more is how many names and rows had no room.
	more map[section]uint64
}

// fieldSeen is a custom field as it was seen.
type fieldSeen struct {
	count uint64
	// filled: a value was seen that is not empty.
	filled bool
	// unlike are the forms that a value was seen not to have.
	unlike map[string]bool
}

// NewCensus makes an empty census.
func NewCensus() *Census {
	return &Census{
		names: map[section]map[string]uint64{inTypes: {}, inStatuses: {}, inTaxonomies: {}, inRoles: {}, inMarkup: {}, inLanguages: {}}, fields: map[recordv1.Kind]map[string]*fieldSeen{},
		kinds: map[recordv1.Kind]uint64{}, rows: map[section]map[string]string{inAuthors: {}, inCategories: {}}, more: map[section]uint64{},
	}
}

// Add counts the names of a record.
func (c *Census) Add(r *recordv1.Record) {
	c.mu.Lock()
	defer c.mu.Unlock()
	kind := record.BodyKind(r)
	c.kinds[kind]++
	c.name(inLanguages, r.GetLocale())
	if e := r.GetEntry(); e != nil {
		c.name(inTypes, e.GetType())
		c.name(inStatuses, statusOf(e))
	}
	if t := r.GetTerm(); t != nil {
		c.name(inTaxonomies, t.GetTaxonomy())
		c.row(inCategories, r, t.GetName()+" ("+t.GetTaxonomy()+")")
	}
	if u := r.GetUser(); u != nil {
		for _, role := range u.GetRoles() {
			c.name(inRoles, role)
		}
		if u.GetAuthor() || u.GetAccount() == recordv1.Account_ACCOUNT_STAFF {
			c.row(inAuthors, r, cmp.Or(u.GetDisplayName(), u.GetLogin()))
		}
	}
	for _, f := range r.GetFields() {
		c.field(kind, f)
	}
}

// Foresee adds the constructs among the losses that a plan tells.
func (c *Census) Foresee(losses []migration.LossReport) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range losses {
		if isConstruct(l.Code) {
			c.times(inMarkup, l.Code, l.Count)
		}
	}
}

func (c *Census) name(in section, name string) { c.times(in, name, 1) }

func (c *Census) times(in section, name string, n uint64) {
	if name == "" {
		return
	}
	if _, there := c.names[in][name]; !there && len(c.names[in]) >= maxNames {
		c.more[in]++
		return
	}
	c.names[in][name] += n
}

func (c *Census) row(in section, r *recordv1.Record, label string) {
	if len(c.rows[in]) >= maxRows {
		c.more[in]++
		return
	}
	c.rows[in][r.GetRef().GetSourceId()] = shown(label)
}

// shown is a text that can stand in a comment.
func shown(s string) string {
	letters := []rune(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' || r == '\uFEFF' || !unicode.IsPrint(r) && r != ' ' {
			return ' '
		}
		return r
	}, s))
	if len(letters) > maxLabel {
		return string(letters[:maxLabel-1]) + "…"
	}
	return string(letters)
}

// forms are what a value may look like, the narrowest first.
var forms = []string{"int", "float", "date"}

func (c *Census) field(k recordv1.Kind, f *recordv1.Field) {
	all := c.fields[k]
	if all == nil {
		all = map[string]*fieldSeen{}
		c.fields[k] = all
	}
	s := all[f.GetName()]
	if s == nil {
		if len(all) >= maxNames {
			c.more[inFields]++
			return
		}
		s = &fieldSeen{unlike: map[string]bool{}}
		all[f.GetName()] = s
	}
	s.count++
	v := f.GetValue()
	if v.GetArray() != nil {
		s.unlike["text"] = true
	}
	if asText(v) == "" {
		return
	}
	s.filled = true
	for _, form := range forms {
		if !s.unlike[form] {
			_, ok := conversions[form](v)
			s.unlike[form] = !ok
		}
	}
}

// form says what all values seen look like.
func (s *fieldSeen) form() string {
	if !s.filled {
		return "empty"
	}
	for _, form := range forms {
		if !s.unlike[form] {
			return form
		}
	}
	if s.unlike["text"] {
		return "table"
	}
	return "text"
}

// known are the names of a section.
func (c *Census) known(n named) []string {
	switch n.section {
	case inFields:
		return slices.Collect(maps.Keys(c.fields[n.kind]))
	case inAuthors, inCategories:
		return slices.Collect(maps.Keys(c.rows[n.section]))
	}
	return slices.Collect(maps.Keys(c.names[n.section]))
}
