package drupal

import (
	"context"
	"net/url"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// mediaOf are the numbers of media entities among what is wanted.
func mediaOf(wants []cms.Want) []int64 {
	var all []int64
	for _, w := range wants {
		if id := entities8["media"].number(w.TargetID); id > 0 && w.Kind == kindMedia {
			all = append(all, id)
		}
	}
	return all
}

// Locate gives links by Drupal's own paths, which stay right whatever the aliases are. Every form of a picture is the picture itself.
func (s *Site) Locate(ctx context.Context, q cmssql.Querier, wants []cms.Want) ([]string, error) {
	if s.seven {
		return s.locate7(ctx, q, wants)
	}
	out := make([]string, len(wants))
	shown, err := s.shownBy(ctx, q, mediaOf(wants))
	if err != nil {
		return nil, err
	}
	files := map[int64][]int{}
	for i, w := range wants {
		id := itoa((&entity{}).number(w.TargetID))
		switch {
		case w.Form == "uuid", w.Form == "fileuuid":
			if out[i], err = s.uniqueID(ctx, q, w, shown); err != nil {
				return nil, err
			}
		case w.Form == "id" && w.Kind == kindEntry && id != "0":
			out[i] = id
		case w.Form == "id":
			out[i] = strings.TrimPrefix(w.TargetID, mediaPrefix)
		case w.Kind == kindSite && w.Form == "base":
			out[i] = s.baseURL()
		case w.Kind == kindSite:
			out[i] = s.baseURL() + "/"
		case w.Kind == kindMedia:
			n := (&entity{}).number(w.TargetID)
			if mid := entities8["media"].number(w.TargetID); mid > 0 {
				n = shown[mid]
			}
			files[n] = append(files[n], i)
		case id == "0":
		case w.Kind == kindEntry:
			out[i] = s.prefix(tongue(w.TargetID)) + "/node/" + id
		case w.Kind == kindTerm:
			out[i] = s.prefix(tongue(w.TargetID)) + "/taxonomy/term/" + id
		case w.Kind == kindUser:
			out[i] = "/user/" + id
		}
	}
	ids := make([]int64, 0, len(files))
	for n := range files {
		ids = append(ids, n)
	}
	for len(ids) > 0 {
		n := min(len(ids), cmssql.InList)
		rows, err := queryIn(ctx, s, q, ids[:n], "SELECT fid, uri FROM {file_managed} WHERE fid IN ", "")
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			for _, i := range files[r.number("fid")] {
				if at, ok := strings.CutPrefix(r.text("uri"), privateScheme); ok {
					out[i] = (&url.URL{Path: "/system/files/" + at}).EscapedPath()
				} else if at := s.below(r.text("uri")); at != "" {
					out[i] = (&url.URL{Path: "/" + s.publicPath() + "/" + at}).EscapedPath()
				}
			}
		}
		ids = ids[n:]
	}
	return out, nil
}

// uniqueID is the one by which a text of Drupal names an entity, or the file that one shows.
func (s *Site) uniqueID(ctx context.Context, q cmssql.Querier, w cms.Want, shown map[int64]int64) (string, error) {
	e := s.entityAt(w.Kind, w.TargetID)
	id := e.number(w.TargetID)
	if w.Form == "fileuuid" {
		if e.name == "media" {
			id = shown[id]
		}
		e = entities8["file"]
	}
	if id == 0 {
		return "", nil
	}
	rows, err := s.query(ctx, q, "SELECT uuid FROM {"+e.base+"} WHERE "+e.key+" = ?", id)
	if err != nil || len(rows) == 0 {
		return "", err
	}
	return rows[0].text("uuid"), nil
}
