package transform

import "strings"

// needle is a text that is looked for in every body. It is found by its rarest byte: strings.Index goes by the first, which in
// prose is everywhere.
type needle struct {
	text string
	// at is where in text the rarest byte stands.
	at int
}

// commonBytes are those of prose and markup, the most frequent first.
const commonBytes = ` etaoinshrdlcumwfgypbvk<>/-.x,j"qz:=`

func newNeedle(text string) needle {
	n := needle{text: text}
	rarest := -1
	for i := range len(text) {
		rank := strings.IndexByte(commonBytes, text[i])
		if rank < 0 {
			rank = len(commonBytes)
		}
		if rank > rarest {
			n.at, rarest = i, rank
		}
	}
	return n
}

// in says whether a text contains the needle.
func (n needle) in(s string) bool { return n.index(s, 0) >= 0 }

// index is where the needle stands at or behind from; -1: nowhere.
func (n needle) index(s string, from int) int {
	if n.text == "" {
		return from
	}
	for from += n.at; from < len(s); from++ {
		i := strings.IndexByte(s[from:], n.text[n.at])
		if i < 0 {
			return -1
		}
		from += i
		if strings.HasPrefix(s[from-n.at:], n.text) {
			return from - n.at
		}
	}
	return -1
}

// rareReplacer replaces what most texts do not hold: strings.Replacer takes each of their bytes in turn to find that out.
type rareReplacer struct {
	// marks are such that one of them is in everything that is replaced.
	marks    []needle
	replacer *strings.Replacer
}

func newRareReplacer(marks []string, oldnew ...string) rareReplacer {
	r := rareReplacer{replacer: strings.NewReplacer(oldnew...)}
	for _, m := range marks {
		r.marks = append(r.marks, newNeedle(m))
	}
	return r
}

func (r *rareReplacer) replace(s string) string {
	for _, m := range r.marks {
		if m.in(s) {
			return r.replacer.Replace(s)
		}
	}
	return s
}
