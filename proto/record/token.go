package record

import (
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// Scheme begins every token. A text that holds these bytes by chance is escaped by doubling the colon.
const Scheme = "bailey:"

// Token stands in a text for what a record is called on the target.
//
// Written as bailey:KIND/ID or bailey:KIND/ID;FORM, where ID is percent-escaped to letters, digits, "_", "-" and "%".
// One "!" directly behind ends the token and is swallowed; it is written where the next byte could be read as part of it.
type Token struct {
	Ref Key
	// Form is empty for the address, "id" for the id, "page" for an attachment's page, "300x200" for a smaller copy, "base" for the
	// site's address without a slash at its end, "uuid" and "fileuuid" for the unique ids by which texts of Drupal name a record and
	// its file, FormFeed for its feed.
	Form string
}

// FormFeed is the form of addresses at which programs read what is new on a site, under a term or of an author.
const FormFeed = "feed"

// Name is the token without its scheme: "media/5;300x200".
func (t Token) Name() string {
	s := KindName(t.Ref.Kind) + "/" + escapeID(t.Ref.ID)
	if t.Form != "" {
		s += ";" + t.Form
	}
	return s
}

// String is the token as it stands in a text that ends right behind it.
func (t Token) String() string { return Scheme + t.Name() }

// Before is the token as it must stand in front of rest.
func (t Token) Before(rest string) string {
	if rest != "" && (isTokenByte(rest[0]) || rest[0] == ';' || rest[0] == '!') {
		return t.String() + "!"
	}
	return t.String()
}

// ParseToken reads a name as Name gives it.
func ParseToken(name string) (Token, bool) {
	t, n := scanToken(name)
	return t, n > 0 && n == len(name)
}

// EscapeText makes text safe to hold tokens: "bailey:" that is no token becomes "bailey::".
func EscapeText(s string) string {
	if !HasScheme(s) {
		return s
	}
	return strings.ReplaceAll(s, Scheme, Scheme+":")
}

// HasScheme says that a text holds tokens or what EscapeText has escaped; any other is its own expansion. It is strings.Contains by
// the scheme's last byte, which in texts is much rarer than its first.
func HasScheme(s string) bool {
	for from := 0; ; {
		i := strings.IndexByte(s[from:], Scheme[len(Scheme)-1])
		if i < 0 {
			return false
		}
		from += i + 1
		if strings.HasSuffix(s[:from], Scheme) {
			return true
		}
	}
}

// ExpandText replaces each token by what resolve gives and undoes EscapeText. A token that resolve does not know stays,
// and then so do escapes: a text is either whole or still to be expanded. Those tokens are returned.
func ExpandText(s string, resolve func(Token) (string, bool)) (string, []Token) {
	if !HasScheme(s) {
		return s, nil
	}
	var open []Token
	for _, t := range Tokens(s) {
		if _, ok := resolve(t); !ok {
			open = append(open, t)
		}
	}
	if len(open) > 0 {
		return s, open
	}
	return replaceTokens(s, func(t Token) string { v, _ := resolve(t); return v }), nil
}

// Tokens lists the tokens of a text in order, repeats included.
func Tokens(s string) []Token {
	if !HasScheme(s) {
		return nil
	}
	var all []Token
	eachToken(s, func(string) {}, func(t Token) { all = append(all, t) })
	return all
}

func replaceTokens(s string, with func(Token) string) string {
	var b strings.Builder
	b.Grow(len(s))
	asked := false
	eachToken(s, func(text string) {
		// Some addresses have a query of their own ("/?p=5"); what was asked of the old one goes on behind it.
		if rest, ok := strings.CutPrefix(text, "?"); ok && asked && rest != "" && !strings.ContainsRune(" \t\r\n\"'<)]", rune(rest[0])) {
			text = "&" + rest
		}
		asked = asked && text == ""
		b.WriteString(text)
	}, func(t Token) {
		to := with(t)
		asked = strings.Contains(to, "?")
		b.WriteString(to)
	})
	return b.String()
}

// eachToken walks through a text: what lies between tokens, with escapes undone, and the tokens.
func eachToken(s string, text func(string), token func(Token)) {
	for {
		i := strings.Index(s, Scheme)
		if i < 0 {
			text(s)
			return
		}
		text(s[:i])
		s = s[i+len(Scheme):]
		if strings.HasPrefix(s, ":") {
			text(Scheme)
			s = s[1:]
			continue
		}
		t, n := scanToken(s)
		if n == 0 {
			text(Scheme)
			continue
		}
		token(t)
		s = strings.TrimPrefix(s[n:], "!")
	}
}

// scanToken reads a token's name at the start of s and says how many bytes it took; 0: none.
func scanToken(s string) (Token, int) {
	slash := strings.IndexByte(s, '/')
	if slash <= 0 || slash > 16 {
		return Token{}, 0
	}
	kind, ok := ParseKind(s[:slash])
	if !ok || s[:slash] != KindName(kind) {
		return Token{}, 0
	}
	n := slash + 1
	for n < len(s) && isTokenByte(s[n]) {
		n++
	}
	id, ok := unescapeID(s[slash+1 : n])
	if !ok || id == "" || len(id) > MaxSourceID {
		return Token{}, 0
	}
	t := Token{Ref: Key{kind, id}}
	if n < len(s) && s[n] == ';' {
		m := n + 1
		for m < len(s) && isFormByte(s[m]) {
			m++
		}
		if m > n+1 {
			t.Form, n = s[n+1:m], m
		}
	}
	return t, n
}

func isFormByte(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }

func isIDByte(c byte) bool {
	return isFormByte(c) || c >= 'A' && c <= 'Z' || c == '_' || c == '-'
}

func isTokenByte(c byte) bool { return isIDByte(c) || c == '%' }

const hexDigits = "0123456789ABCDEF"

func escapeID(id string) string {
	if plainID(id) {
		return id
	}
	var b strings.Builder
	for i := 0; i < len(id); i++ {
		if c := id[i]; isIDByte(c) {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		}
	}
	return b.String()
}

// plainID says that an id needs no escape, as nearly all do.
func plainID(id string) bool {
	for i := 0; i < len(id); i++ {
		if !isIDByte(id[i]) {
			return false
		}
	}
	return true
}

func unescapeID(s string) (string, bool) {
	if plainID(s) {
		return s, true
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", false
		}
		hi, lo := strings.IndexByte(hexDigits, s[i+1]), strings.IndexByte(hexDigits, s[i+2])
		if hi < 0 || lo < 0 {
			return "", false
		}
		b.WriteByte(byte(hi<<4 | lo))
		i += 2
	}
	return b.String(), true
}

// NewToken is a token for a ref.
func NewToken(r *recordv1.Ref, form string) Token { return Token{Ref: KeyOf(r), Form: form} }
