package ghost

import (
	"strconv"
	"strings"
	"time"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// stampLayout is how Ghost writes dates, always UTC.
const stampLayout = "2006-01-02 15:04:05"

// row is one row by column name; a column that this version of Ghost lacks reads as null.
type row = cmssql.Row

// parseStamp reads the forms in which a date can stand in the database: text, ISO 8601, milliseconds.
func parseStamp(s string) (time.Time, bool) {
	if ms, err := strconv.ParseInt(s, 10, 64); err == nil && len(s) > 8 {
		return time.UnixMilli(ms).UTC(), true
	}
	for _, layout := range []string{stampLayout, "2006-01-02T15:04:05Z07:00", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// at is a date column; nil for null and for zero dates.
func (s *Site) at(r row, col string) *recordv1.Time {
	t, ok := parseStamp(r.Text(col))
	if !ok {
		return nil
	}
	return s.instant(t)
}

func (s *Site) instant(t time.Time) *recordv1.Time {
	_, offset := t.In(s.zone).Zone()
	return &recordv1.Time{Seconds: t.Unix(), Offset: int32(offset)}
}

// stamp is a date as Ghost writes it; nil when there is none or no column takes it.
func stamp(t *recordv1.Time) any {
	if t == nil {
		return nil
	}
	at := time.Unix(t.GetSeconds(), 0).UTC()
	if y := at.Year(); y < 1000 || y > 9999 {
		return nil
	}
	return at.Format(stampLayout)
}

// orNull is nil for the empty text.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// set is a map of the given words.
func set(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}

// lower is the form in which names are compared.
func lower(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
