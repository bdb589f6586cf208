// Package mapping is the owner's own word on what becomes of a site's records: a YAML file, checked with line and column, and
// applied to each record before it is transformed.
package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"gopkg.in/yaml.v3"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/transform"
)

// Version is what stands in a mapping file as version.
const Version = "1"

// Words that a file may have in place of a name.
const (
	wordSkip = "skip"
	wordMove = "move"
	wordDrop = "drop"
	wordKeep = "keep"
)

// Mapping is a file that was read and found right; safe for use by several goroutines. A nil Mapping changes nothing.
type Mapping struct {
	name   string
	text   []byte
	digest string

	// kinds that are left behind.
	kinds map[recordv1.Kind]bool
	// types, statuses, taxonomies and roles hold only what changes; an empty new name leaves behind.
	types, statuses, taxonomies, roles map[string]string
	fields                             map[recordv1.Kind]*fieldRules
	// merged says which record stands for another one.
	merged map[record.Key]record.Key
	// languages are the locales of which something becomes.
	languages map[string]language
	// rows are what the tables of authors and categories set.
	rows    map[record.Key][]assignment
	filters map[recordv1.Kind][]*expression
	values  map[recordv1.Kind][]assignment
	slugs   map[recordv1.Kind][]slugRule
	paths   *pattern
	markup  map[string]transform.Policy
	domains []string
	// named is every name of the source that the file holds, with its place.
	named []named
}

// named is a name of the source in a file.
type named struct {
	// section is the list of the census that it must be in.
	section section
	kind    recordv1.Kind
	node    *yaml.Node
}

// Parse reads a mapping file; name is how messages call it. The error is of type Faults.
func Parse(name string, text []byte) (*Mapping, error) {
	f, root := open(name, text)
	m := &Mapping{
		name: name, text: text, kinds: map[recordv1.Kind]bool{}, types: map[string]string{}, statuses: map[string]string{}, taxonomies: map[string]string{},
		roles: map[string]string{}, fields: map[recordv1.Kind]*fieldRules{}, merged: map[record.Key]record.Key{}, rows: map[record.Key][]assignment{},
		languages: map[string]language{}, markup: map[string]transform.Policy{}, filters: map[recordv1.Kind][]*expression{}, values: map[recordv1.Kind][]assignment{}, slugs: map[recordv1.Kind][]slugRule{},
	}
	if root != nil {
		f.sections(m, root)
	}
	if len(f.faults) > 0 {
		return nil, f.faults
	}
	b, err := json.Marshal(canonical(root))
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(b)
	m.digest = hex.EncodeToString(sum[:])
	return m, nil
}

// Name is the name of the file.
func (m *Mapping) Name() string { return m.name }

// Text is the file as it was read; nil for a nil Mapping.
func (m *Mapping) Text() []byte {
	if m == nil {
		return nil
	}
	return m.text
}

// Policies say what becomes of markup that cannot be lifted; nil without any.
func (m *Mapping) Policies() map[string]transform.Policy {
	if m == nil || len(m.markup) == 0 {
		return nil
	}
	return m.markup
}

// Digest is the SHA-256, in hexadecimal digits, of what the file says, whatever its comments, order of names and layout; empty for a
// nil Mapping.
func (m *Mapping) Digest() string {
	if m == nil {
		return ""
	}
	return m.digest
}
