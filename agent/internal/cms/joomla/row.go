package joomla

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// stampLayout is how Joomla writes dates, always UTC.
const stampLayout = "2006-01-02 15:04:05"

// row is one row by column name; a column that this version of Joomla lacks reads as null.
type row = cmssql.Row

// at is a date column; nil for null and zero dates. Joomla keeps UTC; its own clock is a matter of display.
func (s *Site) at(r row, col string) *recordv1.Time {
	t, ok := parseStamp(r.Text(col))
	if !ok {
		return nil
	}
	zone, err := time.LoadLocation(s.config["offset"])
	if err != nil {
		zone = time.UTC
	}
	_, offset := t.In(zone).Zone()
	return &recordv1.Time{Seconds: t.Unix(), Offset: int32(offset)} //nolint:gosec // offsets are small
}

// parseStamp reads a date; the two that stand for nothing are none.
func parseStamp(s string) (time.Time, bool) {
	t, err := time.Parse(stampLayout, s)
	return t, err == nil && t.Unix() != 0
}

// stamp is a date as Joomla writes it; "" when there is none or no column takes it.
func stamp(t *recordv1.Time) string {
	if t == nil {
		return ""
	}
	at := time.Unix(t.GetSeconds(), 0).UTC()
	if y := at.Year(); y < 1000 || y > 9999 {
		return ""
	}
	return at.Format(stampLayout)
}

// query runs a statement and holds all its rows; callers bound them.
func (s *Site) query(ctx context.Context, q cmssql.Querier, query string, args ...any) ([]row, error) {
	return cmssql.Rows(ctx, q, s.sql(query), args...)
}

// queryIn runs a query that ends in an IN list once per part of a long list; after stands behind it.
func (s *Site) queryIn(ctx context.Context, q cmssql.Querier, query string, ids []string, after string) ([]row, error) {
	return cmssql.RowsIn(ctx, q, ids, s.sql(query), s.sql(after))
}

// one runs a statement that gives one text; "" for no row.
func (s *Site) one(ctx context.Context, q cmssql.Querier, query string, args ...any) (string, error) {
	return cmssql.One(ctx, q, s.sql(query), args...)
}

// column reads the only column of a query.
func (s *Site) column(ctx context.Context, q cmssql.Querier, query string, args ...any) ([]string, error) {
	cells, err := cmssql.Column[cmssql.Cell](ctx, q, s.sql(query), args...)
	all := make([]string, len(cells))
	for i, c := range cells {
		all[i] = c.Text
	}
	return all, err
}

// atoi is 0 for what is no number.
func atoi(s string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// isID says that a text is an id of a table: only then may it stand where a number is wanted.
func isID(s string) bool {
	n, err := strconv.ParseInt(s, 10, 64)
	return err == nil && n > 0 && itoa(n) == s
}
