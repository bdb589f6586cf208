//go:build accept

package e2e

import (
	"html"
	"regexp"
	"strings"
	"unicode"
)

var (
	unseen    = regexp.MustCompile(`(?is)<!--.*?-->|<script\b.*?</script>|<style\b.*?</style>|<iframe\b.*?</iframe>`)
	shortcode = regexp.MustCompile(`(?s)\[/?(?:caption|gallery|embed|audio|video|playlist|wp_caption)\b[^\]]*\]`)
	anyTag    = regexp.MustCompile(`(?s)<[^>]*>`)
	addresses = regexp.MustCompile(`https?://[^\s<"']+`)
)

// words are the words that a visitor reads in a text, without markup and addresses.
func words(s string) []string {
	s = unseen.ReplaceAllString(s, " ")
	s = shortcode.ReplaceAllString(s, " ")
	s = html.UnescapeString(anyTag.ReplaceAllString(s, " "))
	s = addresses.ReplaceAllString(s, " ")
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// seen gives the words of want when got shows all of them in the same order, else those of got from where they part.
func seen(want, got string) (string, string) {
	w, g := words(want), words(got)
	i := 0
	for _, x := range g {
		if i < len(w) && w[i] == x {
			i++
		}
	}
	all := strings.Join(w, " ")
	if i == len(w) {
		return all, all
	}
	return all, strings.Join(w[:i], " ") + " (then missing: " + strings.Join(w[i:min(i+8, len(w))], " ") + ")"
}

// plain is a text with entities decoded, as it is shown.
func plain(s string) string { return html.UnescapeString(s) }
