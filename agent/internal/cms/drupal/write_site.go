package drupal

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// writeSite updates the settings and keeps the former ones.
func (w *writer) writeSite(ctx context.Context, batch []*recordv1.Record) ([]*draft, error) {
	ds := make([]*draft, len(batch))
	for i, rec := range batch {
		ds[i] = &draft{w: w, rec: rec, e: &entity{name: siteID}, res: newResult()}
		ds[i].res.TargetID, ds[i].res.Outcome = siteID, agentv1.Outcome_OUTCOME_UPDATED
		if err := w.settings(ctx, ds[i], rec.GetSite()); err != nil {
			return nil, err
		}
	}
	return ds, nil
}

func (w *writer) settings(ctx context.Context, d *draft, s *recordv1.Site) error {
	site, date := w.s.schema.settings["system.site"], w.s.schema.settings["system.date"]
	if s.GetTitle() != "" {
		put(site, "name", s.GetTitle())
	}
	if s.GetTagline() != "" {
		put(site, "slogan", s.GetTagline())
	}
	if ref := s.GetFrontPage(); ref != nil {
		// Settings come before entries.
		if id := d.pointed("front", "", ref); id > 0 {
			put(dig(site, "page"), "front", "/node/"+itoa(id))
		}
	}
	if zone := s.GetTimezone(); zone != "" {
		if _, err := time.LoadLocation(zone); err != nil || strings.ContainsAny(zone[:1], "+-") {
			d.adjust("timezone", "zone_unknown", "")
		} else if z := dig(date, "timezone"); z != nil {
			put(z, "default", zone)
		}
	}
	if n := s.GetWeekStartPlusOne(); n > 0 {
		put(date, "first_day", int(n-1)%7)
	}
	d.adjust("base_url", "kept_existing", "")
	for name, v := range map[string]*recordv1.Value{"system.site": site, "system.date": date} {
		if v != nil {
			if err := w.setConfig(ctx, name, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeRedirects writes the table of the contributed module Redirect.
func (w *writer) writeRedirects(ctx context.Context, batch []*recordv1.Record) ([]*draft, error) {
	ds, err := w.drafts(ctx, batch, func(*recordv1.Record) string { return "redirect" })
	if err != nil {
		return nil, err
	}
	for _, d := range ds {
		if !w.s.has("redirect") {
			d.leave(agentv1.Outcome_OUTCOME_SKIPPED, "no_redirect_module", "the site does not have the contributed module Redirect", "Install it, then migrate again; or put the redirects into the web server.", "")
			continue
		}
		if err := w.redirectTo(d, d.rec.GetRedirect()); err != nil {
			return nil, err
		}
		d.measure()
	}
	return ds, w.flush(ctx, w.s.entity("redirect"), ds)
}

func (w *writer) redirectTo(d *draft, r *recordv1.Redirect) error {
	from, query, _ := strings.Cut(strings.TrimPrefix(r.GetFromPath(), "/"), "?")
	asked := dict{}
	for part := range strings.SplitSeq(query, "&") {
		if name, value, _ := strings.Cut(part, "="); name != "" {
			asked = append(asked, name, value)
		}
	}
	if trimmed := strings.TrimSuffix(from, "/"); trimmed != from {
		// Drupal looks for paths without the slash at their end.
		from = trimmed
		d.adjust("from_path", "slash_removed", "")
	}
	c := d.cols
	stored, err := w.stored(literal(asked))
	if err != nil {
		return err
	}
	empty, err := w.stored(literal(dict{}))
	if err != nil {
		return err
	}
	code := int64(r.GetCode())
	if code == 0 {
		code = 301
	}
	if code == 410 {
		code = 301
		d.adjust("code", "gone_not_held", "301")
	}
	c["type"], c["language"], c["uid"], c["created"], c["status_code"], c["enabled"] = "redirect", "und", d.w.u.FallbackAuthor, w.s.now().Unix(), code, map[bool]int{false: 1}[r.GetDisabled()]
	if d.w.u.FallbackAuthor == "" {
		c["uid"] = 1
	}
	c["redirect_source__path"], c["redirect_source__query"], c["redirect_redirect__title"], c["redirect_redirect__options"] = from, stored, nil, empty
	if query == "" {
		c["redirect_source__query"] = nil
	}
	if r.GetDisabled() && !w.s.live.has("redirect", "enabled") {
		d.adjust("disabled", "always_on", "")
	}
	c["redirect_redirect__uri"] = w.redirectURI(d, r)
	c["hash"], err = hashOf(from, asked)
	return err
}

func (w *writer) redirectURI(d *draft, r *recordv1.Redirect) string {
	if r.GetTo() == nil {
		return uriOfRedirect(d.expand("uri", r.GetToUrl()))
	}
	id, ok := w.u.Refs.Target(r.GetTo())
	if !ok {
		d.wait("uri", record.NewToken(r.GetTo(), ""))
	}
	if uri := uriOf(r.GetTo().GetKind(), id, w.s); uri != "" {
		return "internal:/" + strings.Replace(strings.TrimPrefix(uri, "entity:"), "taxonomy_term/", "taxonomy/term/", 1)
	}
	d.adjust("to", "target_missing", "")
	return "internal:/"
}

// uriOfRedirect is uriOfURL, but that nothing is a heading.
func uriOfRedirect(address string) string {
	if address == "" || address == "#" {
		return "internal:/"
	}
	return uriOfURL(address)
}

// hashOf is what the module finds a redirect by: its path in lower case, its query, and its language.
// (Redirect 8.x-1.x, Entity\Redirect::generateHash; Drupal 9.5.11, Crypt::hashBase64)
func hashOf(path string, query dict) (string, error) {
	of := dict{"language", "und", "source", strings.ToLower(path)}
	if len(query) > 0 {
		of = append(of, "source_query", query)
	}
	b, err := (&writer{}).stored(literal(of))
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b.([]byte))
	return base64.RawURLEncoding.EncodeToString(sum[:]), nil
}
