// Package record says what a record is to both programs: identity, canonical digest, validation, fitting and comparison.
package record

import (
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// MaxSourceID is the longest source id in bytes; ledgers index it.
const MaxSourceID = 191

// Foreign begins the source id of a relation, read back from a target, to a row that no record became.
const Foreign = "target:"

// MaxBytes is the largest encoded record that is moved; a larger one is rejected as "record_too_large".
const MaxBytes = 16 << 20

// Kinds are all kinds in the order in which they are written: the site first, because its settings decide addresses and
// clocks, then so that most refs point backwards.
var Kinds = []recordv1.Kind{
	recordv1.Kind_KIND_SITE, recordv1.Kind_KIND_USER, recordv1.Kind_KIND_TERM, recordv1.Kind_KIND_MEDIA,
	recordv1.Kind_KIND_ENTRY, recordv1.Kind_KIND_COMMENT, recordv1.Kind_KIND_MENU, recordv1.Kind_KIND_REDIRECT,
}

// KindName is the kind's word on screens, in tokens and in files: "entry".
func KindName(k recordv1.Kind) string {
	if name, ok := kindNames[k]; ok {
		return name
	}
	return kindName(k)
}

var kindNames = func() map[recordv1.Kind]string {
	all := map[recordv1.Kind]string{}
	for k := range recordv1.Kind_name {
		all[recordv1.Kind(k)] = kindName(recordv1.Kind(k))
	}
	return all
}()

func kindName(k recordv1.Kind) string {
	return strings.ToLower(strings.TrimPrefix(k.String(), "KIND_"))
}

// ParseKind is the inverse of KindName; ok is false for a word that is no kind.
func ParseKind(name string) (k recordv1.Kind, ok bool) {
	v, ok := recordv1.Kind_value["KIND_"+strings.ToUpper(name)]
	return recordv1.Kind(v), ok && v != 0
}

// NewRef makes a ref.
func NewRef(k recordv1.Kind, sourceID string) *recordv1.Ref {
	return &recordv1.Ref{Kind: k, SourceId: sourceID}
}

// Key is a comparable form of a ref, for maps.
type Key struct {
	Kind recordv1.Kind
	ID   string
}

// KeyOf is the key of a ref; the zero Key for nil.
func KeyOf(r *recordv1.Ref) Key { return Key{r.GetKind(), r.GetSourceId()} }

// Ref is the ref of a key.
func (k Key) Ref() *recordv1.Ref { return NewRef(k.Kind, k.ID) }

// String is "entry/12".
func (k Key) String() string { return KindName(k.Kind) + "/" + k.ID }
