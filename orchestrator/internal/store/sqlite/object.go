package sqlite

import (
	"strconv"
	"strings"
)

// object is a list of names with values as a JSON object: databases take one apart much faster than an array of arrays. A name
// may come twice.
type object struct{ b strings.Builder }

// add adds a number.
func (o *object) add(name string, n int64) { o.addRaw(name, strconv.FormatInt(n, 10)) }

// addRaw adds a value that is JSON.
func (o *object) addRaw(name, value string) {
	if o.b.Len() > 0 {
		o.b.WriteByte(',')
	}
	if plain(name) {
		o.b.WriteByte('"')
		o.b.WriteString(name)
		o.b.WriteByte('"')
	} else {
		o.b.WriteString(list(name))
	}
	o.b.WriteByte(':')
	o.b.WriteString(value)
}

// plain says that a name needs no escapes.
func plain(name string) bool {
	for i := range len(name) {
		if c := name[i]; c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// String is the object.
func (o *object) String() string { return "{" + o.b.String() + "}" }
