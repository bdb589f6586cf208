package mapping

import (
	"strings"

	"gopkg.in/yaml.v3"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

const wordSuffix = "suffix"

// language is what becomes of the records of a language.
type language struct {
	// skip leaves them behind, suffix stands behind their slugs, and below is the entry of the source below which those come that stand
	// below no other one.
	skip          bool
	suffix, below string
}

// spoken reads what becomes of languages.
func (f *file) spoken(m *Mapping, n *yaml.Node) {
	alike := map[string]int{}
	for _, k := range n.Content {
		alike[tongue(k.Value)]++
	}
	for k, v := range f.pairs(n, string(inLanguages)) {
		m.named = append(m.named, named{inLanguages, 0, k})
		if v.Kind == yaml.MappingNode {
			if r, ok := f.rule(v, "a language", []string{"below"}, nil); ok {
				id, _ := f.words(r["below"], "the id of the entry")
				m.languages[k.Value] = language{below: id}
			}
			continue
		}
		word, _ := f.words(v, "what becomes of the language")
		switch word {
		case "", wordKeep:
		case wordSkip:
			m.languages[k.Value] = language{skip: true}
		case wordSuffix:
			suffix := tongue(k.Value)
			if alike[suffix] > 1 {
				suffix = slugOf(k.Value)
			}
			m.languages[k.Value] = language{suffix: suffix}
		default:
			f.unknown(v, "word for what becomes of a language:", []string{wordKeep, wordSkip, wordSuffix, "{below: ID}"})
		}
	}
}

// tongue is a language without its region.
func tongue(locale string) string {
	name, _, _ := strings.Cut(slugOf(locale), "-")
	return name
}

// speak puts a record where those of its language are to be.
func (j *job) speak() {
	l := j.languages[j.r.GetLocale()]
	if e := j.r.GetEntry(); e != nil && l.below != "" && e.Parent == nil && e.Purpose != recordv1.Purpose_PURPOSE_REVISION && j.r.GetRef().GetSourceId() != l.below {
		e.Parent = record.NewRef(recordv1.Kind_KIND_ENTRY, l.below)
	}
	if bodies[j.kind].Fields().ByName("slug") != nil && l.suffix != "" {
		(&pattern{texts: []string{"", "-" + l.suffix}, parts: []string{"slug"}}).slug(j.r)
	}
}

// speaks says what a target makes of languages by itself; empty: it has them.
func speaks(target *agentv1.DescribeResponse) string {
	if h := holdsOf(target, recordv1.Kind_KIND_ENTRY); h == nil || h.GetLanguages() {
		return ""
	}
	return "the target has no languages"
}
