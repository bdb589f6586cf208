// Package redirects writes the map from a site's old addresses to the new ones in the forms that web servers and hosts read.
package redirects

import (
	"bufio"
	"fmt"
	"hash/maphash"
	"io"
	"iter"
	"net/url"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/pipeline"
)

// What is said of an address.
const (
	// Moved: visitors are led on.
	Moved = ""
	// Same: the address is the same on the target.
	Same = "same"
	// Missing: the target has nothing for it.
	Missing = "missing"
	// Taken: on the target something else answers there, which a redirect would hide.
	Taken = "taken"
	// Twice: another record's address is the same; the first has it.
	Twice = "twice"
	// Unfit: the form cannot say it, as Ghost's cannot tell queries apart.
	Unfit = "unfit"
)

// Entry is one line of the map.
type Entry struct {
	Old    string `json:"old"`
	New    string `json:"new,omitempty"`
	Kind   string `json:"kind"`
	ID     string `json:"source_id"`
	Remark string `json:"remark,omitempty"`
}

// address is an old address as servers look at it.
type address struct {
	// path without escapes, as servers match it.
	path string
	// raw is the path with escapes.
	raw   string
	query string
}

func addressOf(old string) (address, bool) {
	raw, query, _ := strings.Cut(old, "?")
	path, err := url.PathUnescape(raw)
	ok := err == nil && strings.HasPrefix(path, "/") && oneLine(path+old)
	return address{path: path, raw: raw, query: query}, ok
}

// oneLine: a control character could end the line in a server's file.
func oneLine(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// Summary counts the addresses of a map by what is said of them.
type Summary map[string]uint64

// Written is how many redirects the map holds.
func (s Summary) Written() uint64 { return s[Moved] }

// form writes one kind of file.
type form struct {
	begin, end string
	// all: addresses that are not redirected are listed too.
	all bool
	// line gives the text of an entry; false: the form cannot say it.
	line func(e Entry, a address) (string, bool)
}

// Formats are the names of the forms.
func Formats() []string {
	var names []string
	for n := range forms {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// Write writes the map in a form. moves is walked twice: what the target answers itself must be known before the first line.
// base goes before new addresses, when they are on another host; it may be empty.
func Write(w io.Writer, format, base string, moves iter.Seq2[pipeline.Move, error]) (Summary, error) {
	f, ok := forms[format]
	if !ok {
		return nil, fmt.Errorf("there is no format %q; there are %s", format, strings.Join(Formats(), ", "))
	}
	b := &book{seed: maphash.MakeSeed(), said: map[uint64]uint8{}, count: Summary{}}
	if err := b.live(moves); err != nil {
		return nil, err
	}
	out := bufio.NewWriter(w)
	_, _ = out.WriteString(f.begin)
	for m, err := range moves {
		if err != nil {
			return nil, err
		}
		_, _ = out.WriteString(b.write(f, base, m))
	}
	_, _ = out.WriteString(f.end)
	return b.count, out.Flush()
}

// Rows yields the addresses that need a redirect, for a target that keeps them itself. moves is walked twice. The summary is whole when
// the sequence was walked.
func Rows(moves iter.Seq2[pipeline.Move, error]) (iter.Seq2[pipeline.Move, error], Summary, error) {
	b := &book{seed: maphash.MakeSeed(), said: map[uint64]uint8{}, count: Summary{}}
	if err := b.live(moves); err != nil {
		return nil, nil, err
	}
	return func(yield func(pipeline.Move, error) bool) {
		for m, err := range moves {
			remark := Moved
			if err == nil {
				remark = b.remark(m)
				if _, ok := addressOf(m.Old); remark == Moved && (!ok || !oneLine(m.New)) {
					remark = Unfit
				}
				b.count[remark]++
			}
			if remark == Moved && !yield(m, err) {
				return
			}
		}
	}, b.count, nil
}

// book knows what has been said of which address; 64 bits of a hash stand for an address.
type book struct {
	seed  maphash.Seed
	said  map[uint64]uint8
	count Summary
}

const (
	answers uint8 = 1 << iota
	redirected
)

// hash is the same for what servers take for one address: with and without its last slash, however its letters are escaped.
func (b *book) hash(address string) uint64 {
	if a, ok := addressOf(address); ok {
		if address = a.path; a.query != "" {
			address += "?" + a.query
		}
	}
	return maphash.String(b.seed, strings.TrimSuffix(address, "/"))
}

// live notes what the target answers itself.
func (b *book) live(moves iter.Seq2[pipeline.Move, error]) error {
	for m, err := range moves {
		if err != nil {
			return err
		}
		if m.New != "" {
			b.said[b.hash(m.New)] |= answers
		}
	}
	return nil
}

func (b *book) write(f form, base string, m pipeline.Move) string {
	e := Entry{Old: m.Old, New: m.New, Kind: record.KindName(m.Ref.Kind), ID: m.Ref.ID, Remark: b.remark(m)}
	a, ok := addressOf(m.Old)
	if e.Remark == Moved && (!ok || !oneLine(m.New)) {
		e.Remark = Unfit
	}
	if e.New != "" {
		e.New = base + e.New
	}
	line, said := "", false
	if e.Remark == Moved || f.all {
		if line, said = f.line(e, a); !said {
			e.Remark = Unfit
		}
	}
	b.count[e.Remark]++
	return line
}

func (b *book) remark(m pipeline.Move) string {
	h := b.hash(m.Old)
	said := b.said[h]
	switch {
	case m.New == "":
		return Missing
	case b.hash(m.New) == h:
		return Same
	case said&answers != 0:
		return Taken
	case said&redirected != 0:
		return Twice
	}
	b.said[h] = said | redirected
	return Moved
}
