package wordpress

import (
	"strconv"
	"strings"
	"time"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

const (
	sqlTime  = "2006-01-02 15:04:05"
	zeroTime = "0000-00-00 00:00:00"
)

// parseWall reads a stored date as seconds of a clock in UTC; ok is false for zero and impossible dates.
func parseWall(s string) (sec int64, ok bool) {
	if len(s) > len(sqlTime) {
		s = s[:len(sqlTime)]
	}
	if sec, ok = wallOf(s); ok {
		return sec, true
	}
	t, err := time.Parse(sqlTime, s)
	if err != nil || t.Year() <= 0 {
		return 0, false
	}
	return t.Unix(), true
}

// wallOf is time.Parse for what nearly all dates look like, at a fifth of its price.
func wallOf(s string) (sec int64, ok bool) {
	if len(s) != len(sqlTime) || s[4] != '-' || s[7] != '-' || s[10] != ' ' || s[13] != ':' || s[16] != ':' {
		return 0, false
	}
	year, month, day := decimal(s[:4]), decimal(s[5:7]), decimal(s[8:10])
	hour, minute, second := decimal(s[11:13]), decimal(s[14:16]), decimal(s[17:])
	// Days that not every month has are left to the slow way.
	if year < 1 || month < 1 || month > 12 || day < 1 || day > 28 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 {
		return 0, false
	}
	return time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC).Unix(), true
}

// decimal is a number of nothing but digits; negative: it is none.
func decimal(s string) (n int) {
	for i := range len(s) {
		c := s[i] - '0'
		if c > 9 {
			return -1
		}
		n = 10*n + int(c)
	}
	return n
}

func formatWall(sec int64) string { return time.Unix(sec, 0).UTC().Format(sqlTime) }

// toUTC is the instant at which clocks of the zone show wall.
func toUTC(wall int64, zone *time.Location) int64 {
	w := time.Unix(wall, 0).UTC()
	return time.Date(w.Year(), w.Month(), w.Day(), w.Hour(), w.Minute(), w.Second(), 0, zone).Unix()
}

func offsetAt(sec int64, zone *time.Location) int64 {
	_, off := time.Unix(sec, 0).In(zone).Zone()
	return int64(off)
}

// readTime makes a time of a local and a GMT date. A draft has no GMT date by design: its time floats. nil: there is none.
func readTime(local, gmt string, zone *time.Location) *recordv1.Time {
	l, okL := parseWall(local)
	g, okG := parseWall(gmt)
	switch {
	case okG && okL:
		return &recordv1.Time{Seconds: g, Offset: int32(l - g)}
	case okG:
		return &recordv1.Time{Seconds: g, Offset: int32(offsetAt(g, zone))}
	case okL:
		sec := toUTC(l, zone)
		return &recordv1.Time{Seconds: sec, Offset: int32(l - sec), Floating: true}
	}
	return nil
}

// writeTime is the inverse: post_date and post_date_gmt.
func writeTime(t *recordv1.Time, zone *time.Location) (local, gmt string) {
	if t == nil {
		return zeroTime, zeroTime
	}
	wall := t.GetSeconds() + int64(t.GetOffset())
	if !t.GetFloating() {
		return formatWall(wall), formatWall(t.GetSeconds())
	}
	// The instant is kept when the target's zone is another than the source's.
	if toUTC(wall, zone) != t.GetSeconds() {
		wall = t.GetSeconds() + offsetAt(t.GetSeconds(), zone)
	}
	return formatWall(wall), zeroTime
}

// zoneOf is the site's zone from the options timezone_string and gmt_offset.
func zoneOf(name, gmtOffset string) *time.Location {
	if name != "" {
		if l, err := time.LoadLocation(name); err == nil {
			return l
		}
	}
	hours, err := strconv.ParseFloat(gmtOffset, 64)
	if err != nil || hours == 0 || hours < -24 || hours > 24 {
		return time.UTC
	}
	return time.FixedZone("", int(hours*3600))
}

// zoneName is the zone as records have it: an IANA name or "+02:00".
func zoneName(name, gmtOffset string) string {
	if name != "" {
		return name
	}
	hours, err := strconv.ParseFloat(gmtOffset, 64)
	if err != nil || hours == 0 {
		return "UTC"
	}
	sign, minutes := "+", int(hours*60)
	if minutes < 0 {
		sign, minutes = "-", -minutes
	}
	return sign + two(minutes/60) + ":" + two(minutes%60)
}

func two(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

// zoneOptions are timezone_string and gmt_offset for a record's zone.
func zoneOptions(zone string) (name, gmtOffset string) {
	h, m, ok := strings.Cut(strings.TrimLeft(zone, "+-"), ":")
	hours, err1 := strconv.Atoi(h)
	minutes, err2 := strconv.Atoi(m)
	if !ok || err1 != nil || err2 != nil {
		return zone, "0"
	}
	v := float64(hours) + float64(minutes)/60
	if strings.HasPrefix(zone, "-") {
		v = -v
	}
	return "", strconv.FormatFloat(v, 'f', -1, 64)
}
