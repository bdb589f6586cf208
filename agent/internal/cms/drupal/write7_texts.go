package drupal

import (
	"html"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// firstWide is the first letter that takes four bytes: tables that Drupal 7's installer makes by default take three.
const firstWide = 0x10000

// narrow takes out what the tables do not hold.
func (s *Site) narrow(text string) string {
	if !s.threeBytes || !wide(text) {
		return text
	}
	return strings.Map(func(r rune) rune {
		if r >= firstWide {
			return utf8.RuneError
		}
		return r
	}, text)
}

// fitting is a part of an address without the letters that the tables do not hold.
func (s *Site) fitting(text string) string {
	if !s.threeBytes {
		return text
	}
	return strings.Map(func(r rune) rune {
		if r >= firstWide {
			return -1
		}
		return r
	}, text)
}

func wide(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r >= firstWide })
}

// plain is a text without markup as the tables hold it. What was taken out is told.
func (d *draft) plain(field, text string) string {
	text = d.nul(field, text)
	out := d.w.s.narrow(text)
	if out != text {
		d.adjust(field, "four_byte_replaced", "")
	}
	return out
}

// titleTags are what other platforms let people write in titles, which Drupal shows as they are written.
var titleTags = regexp.MustCompile(`(?i)</?(?:a|abbr|b|br|cite|code|del|em|i|ins|kbd|mark|s|small|span|strong|sub|sup|u)\b[^<>]*>`)

// title is a title as plain text. What comes from a Drupal is that already.
func (d *draft) title(text string) string {
	if d.ours() {
		return d.plain("title", text)
	}
	out := html.UnescapeString(titleTags.ReplaceAllString(text, ""))
	if out != text {
		d.adjust("title", "html_in_title", "")
	}
	return d.plain("title", out)
}

// ours says that a record comes from a Drupal: only there texts have formats that are named.
func (d *draft) ours() bool {
	return slices.ContainsFunc(d.rec.GetFields(), func(f *recordv1.Field) bool { return f.GetName() == "body"+formatTail })
}

// html is a text with markup: what the tables do not hold is written as a number, which shows the same.
func (d *draft) html(field, text string) string {
	text = d.nul(field, text)
	if !d.w.s.threeBytes || !wide(text) {
		return text
	}
	d.adjust(field, "four_byte_as_entity", "")
	var b strings.Builder
	for _, r := range text {
		if r >= firstWide {
			b.WriteString("&#x" + strings.ToUpper(strconv.FormatInt(int64(r), 16)) + ";")
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// short cuts what is longer than its column and tells it.
func (d *draft) short(field, text string, chars int) string {
	if utf8.RuneCountInString(text) <= chars {
		return text
	}
	d.adjust(field, "shortened", "")
	return string([]rune(text)[:chars])
}

// moment is a time as the tables hold it: seconds in 32 bits; now where there is none.
func (d *draft) moment(field string, t *recordv1.Time) int64 {
	if t == nil {
		return d.w.s.now().Unix()
	}
	n := min(max(t.GetSeconds(), math.MinInt32), math.MaxInt32)
	if n != t.GetSeconds() {
		d.adjust(field, "out_of_range", "")
	}
	if n == 0 {
		// Drupal's word for never.
		n = 1
		d.adjust(field, "out_of_range", "")
	}
	return n
}

// author7 is the account that a record names; the migration's own where it names none, or one that is not here.
func (d *draft) author7(slot, field string, ref *recordv1.Ref) int64 {
	uid := atoi(d.w.u.FallbackAuthor)
	if ref == nil {
		return uid
	}
	if id := d.pointed(slot, "", ref); id > 0 {
		return id
	}
	d.standIn(field, uid)
	return uid
}

// atoi is a number; 0 for what is none.
func atoi(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func unescapeQuery(s string) string {
	if u, err := url.QueryUnescape(s); err == nil {
		return u
	}
	return s
}
