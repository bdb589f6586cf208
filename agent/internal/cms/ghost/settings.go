package ghost

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// siteID is the id of the one record of settings.
const siteID = "site"

// extraSettings are settings without a field of their own that are public and harmless. Every other key, keys and secrets
// above all, is never read: this is a list of what may leave the site, not of what may not.
var extraSettings = []string{
	"heading_font", "body_font", "announcement_content", "announcement_visibility", "announcement_background",
	"members_signup_access", "default_content_visibility", "portal_name", "portal_button", "portal_button_style",
	"portal_button_signup_text", "portal_signup_terms_html", "portal_signup_checkbox_required", "portal_default_plan",
	"recommendations_enabled", "outbound_link_tagging",
}

// siteTexts map fields to keys.
var siteTexts = []struct {
	key string
	at  func(*recordv1.Site) *string
}{
	{"title", func(m *recordv1.Site) *string { return &m.Title }},
	{"description", func(m *recordv1.Site) *string { return &m.Tagline }},
	{"locale", func(m *recordv1.Site) *string { return &m.Language }},
	{"timezone", func(m *recordv1.Site) *string { return &m.Timezone }},
	{"accent_color", func(m *recordv1.Site) *string { return &m.AccentColor }},
	{"codeinjection_head", func(m *recordv1.Site) *string { return &m.CodeInjection.Head }},
	{"codeinjection_foot", func(m *recordv1.Site) *string { return &m.CodeInjection.Foot }},
	{"meta_title", func(m *recordv1.Site) *string { return &m.Seo.Title }},
	{"meta_description", func(m *recordv1.Site) *string { return &m.Seo.Description }},
	{"og_title", func(m *recordv1.Site) *string { return &m.Seo.OgTitle }},
	{"og_description", func(m *recordv1.Site) *string { return &m.Seo.OgDescription }},
	{"twitter_title", func(m *recordv1.Site) *string { return &m.Seo.TwitterTitle }},
	{"twitter_description", func(m *recordv1.Site) *string { return &m.Seo.TwitterDescription }},
}

var siteImages = []struct {
	key string
	at  func(*recordv1.Site) **recordv1.Image
}{
	{"icon", func(m *recordv1.Site) **recordv1.Image { return &m.Icon }},
	{"logo", func(m *recordv1.Site) **recordv1.Image { return &m.Logo }},
	{"cover_image", func(m *recordv1.Site) **recordv1.Image { return &m.Cover }},
	{"og_image", func(m *recordv1.Site) **recordv1.Image { return &m.Seo.OgImage }},
	{"twitter_image", func(m *recordv1.Site) **recordv1.Image { return &m.Seo.TwitterImage }},
}

var networks = []string{"facebook", "twitter", "threads", "bluesky", "mastodon", "tiktok", "youtube", "instagram", "linkedin"}

// inOrder says that accounts come in the order in which they are read back.
func inOrder(all []*recordv1.Social) bool {
	return slices.IsSortedFunc(all, func(a, b *recordv1.Social) int {
		return slices.Index(networks, a.GetNetwork()) - slices.Index(networks, b.GetNetwork())
	})
}

// allowedSettings are the keys that are ever read or written.
func allowedSettings() []string {
	keys := append([]string{"comments_enabled"}, networks...)
	for _, t := range siteTexts {
		keys = append(keys, t.key)
	}
	for _, t := range siteImages {
		keys = append(keys, t.key)
	}
	return append(keys, extraSettings...)
}

// readSettings reads the named settings; null and missing ones are left out.
func (s *Site) readSettings(ctx context.Context, q cmssql.Querier, keys []string) (map[string]string, error) {
	in, args := cmssql.In(keys)
	rows, err := cmssql.Rows(ctx, q, "SELECT `key`, `value` FROM `settings` WHERE `key` IN "+in, args...)
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	m := make(map[string]string, len(rows))
	for _, r := range rows {
		if !r.Null("value") {
			m[r.Text("key")] = r.Text("value")
		}
	}
	return m, nil
}

func (s *Site) loadSite(ctx context.Context, q cmssql.Querier, ids []string) (map[string]cms.Item, error) {
	if !slices.Contains(ids, siteID) {
		return nil, nil
	}
	have, err := s.readSettings(ctx, q, allowedSettings())
	if err != nil {
		return nil, err
	}
	m := &recordv1.Site{BaseUrl: s.baseURL(), CodeInjection: &recordv1.CodeInjection{}, Seo: &recordv1.Seo{}}
	for _, t := range siteTexts {
		*t.at(m) = have[t.key]
	}
	for _, t := range siteImages {
		*t.at(m) = s.image(have[t.key])
	}
	for _, n := range networks {
		if have[n] != "" {
			m.Social = append(m.Social, &recordv1.Social{Network: n, Handle: have[n]})
		}
	}
	switch have["comments_enabled"] {
	case "all", "paid":
		m.DefaultComments = "open"
	case "off":
		m.DefaultComments = "closed"
	}
	r := &recordv1.Record{Body: &recordv1.Record_Site{Site: m}}
	for _, k := range extraSettings {
		if v := have[k]; v != "" {
			r.Fields = append(r.Fields, textField(k, v))
		}
	}
	return map[string]cms.Item{siteID: item(kindSite, siteID, tidySite(r), withFeed("/")...)}, nil
}

func textField(name, v string) *recordv1.Field {
	return &recordv1.Field{Name: name, Value: &recordv1.Value{Kind: &recordv1.Value_Text{Text: v}}}
}

// tidySite drops messages in which nothing is set.
func tidySite(r *recordv1.Record) *recordv1.Record {
	m := r.GetSite()
	m.CodeInjection = tidyCode(m.GetCodeInjection())
	m.Seo = tidySeo(m.GetSeo())
	return r
}

// writeSite changes the settings that the record sets; what it leaves empty stays as the target has it.
func (s *Site) writeSite(ctx context.Context, u *cms.Unit, r *recordv1.Record) (cms.Result, error) {
	d := &draft{u: u, rec: r, cols: map[string]any{}, res: cms.Result{Outcome: agentv1.Outcome_OUTCOME_UPDATED, TargetID: siteID}}
	s.siteColumns(d, r.GetSite())
	d.siteFields(r.GetFields())
	return d.res, s.saveSettings(ctx, u.Tx, d)
}

func (s *Site) siteColumns(d *draft, m *recordv1.Site) {
	full := withParts(m)
	for _, t := range siteTexts {
		switch v := *t.at(full); {
		case v == "":
		case strings.HasPrefix(t.key, "codeinjection_"):
			d.token(t.key, v)
		default:
			d.set(t.key, v)
		}
	}
	for _, t := range siteImages {
		if img := *t.at(full); img != nil {
			d.picture(t.key, img)
		}
	}
	if !inOrder(m.GetSocial()) {
		d.adjust("social", "reordered", "")
	}
	for _, n := range m.GetSocial() {
		if !slices.Contains(networks, n.GetNetwork()) {
			d.adjust("social", "network_not_held", "")
			continue
		}
		d.set(n.GetNetwork(), n.GetHandle())
	}
	switch m.GetDefaultComments() {
	case "open":
		d.set("comments_enabled", "all")
	case "closed":
		d.set("comments_enabled", "off")
	}
}

// withParts is a copy whose messages are all there, so that fields can be taken by address.
func withParts(m *recordv1.Site) *recordv1.Site {
	c := &recordv1.Site{Title: m.GetTitle(), Tagline: m.GetTagline(), Language: m.GetLanguage(), Timezone: m.GetTimezone(), AccentColor: m.GetAccentColor(),
		Icon: m.GetIcon(), Logo: m.GetLogo(), Cover: m.GetCover(), CodeInjection: m.GetCodeInjection(), Seo: m.GetSeo()}
	if c.CodeInjection == nil {
		c.CodeInjection = &recordv1.CodeInjection{}
	}
	if c.Seo == nil {
		c.Seo = &recordv1.Seo{}
	}
	return c
}

func (d *draft) siteFields(fields []*recordv1.Field) {
	for _, f := range fields {
		text, ok := f.GetValue().GetKind().(*recordv1.Value_Text)
		if !ok || !slices.Contains(extraSettings, f.GetName()) {
			d.adjust("fields."+f.GetName(), "setting_not_held", "")
			continue
		}
		d.token(f.GetName(), text.Text)
	}
}

// saveSettings writes what differs and keeps what was there (Rule 6). A key that this version lacks is not made.
func (s *Site) saveSettings(ctx context.Context, tx *cmssql.Tx, d *draft) error {
	keys := slices.Sorted(maps.Keys(d.cols))
	in, args := cmssql.In(keys)
	rows, err := cmssql.Rows(ctx, tx, "SELECT `key`, `value` FROM `settings` WHERE `key` IN "+in, args...)
	if err != nil {
		return fmt.Errorf("read settings: %w", err)
	}
	before, there := map[string]*string{}, map[string]bool{}
	for _, r := range rows {
		key, old := r.Text("key"), r.Cell("value")
		there[key] = true
		if v, ok := d.cols[key].(string); ok && holdsAlready(key, old, v) {
			continue
		}
		before[key] = nil
		if !old.Null {
			before[key] = &old.Text
		}
		// A pointer that is still open leaves the old value until Relink; its before-image is taken now.
		if d.cols[key] == nil {
			continue
		}
		if err := s.saveSetting(ctx, d.u, key, d.cols[key]); err != nil {
			return err
		}
	}
	for _, k := range keys {
		if !there[k] {
			d.adjust(settingField(k), "setting_unknown", "")
		}
	}
	if len(before) > 0 {
		d.res.Before, err = json.Marshal(before)
	}
	return err
}

// holdsAlready: comments for paying members only are open as well.
func holdsAlready(key string, old cmssql.Cell, v string) bool {
	return !old.Null && old.Text == v || key == "comments_enabled" && old.Text == "paid" && v == "all"
}

func (s *Site) saveSetting(ctx context.Context, u *cms.Unit, key string, v any) error {
	if err := u.Keep(ctx, setting(key)); err != nil {
		return err
	}
	query, args := "UPDATE `settings` SET `value` = ?", []any{v}
	if s.schema.Has("settings", "updated_at") {
		query, args = query+", `updated_at` = ?", append(args, s.now().UTC().Format(stampLayout))
	}
	if _, err := u.Tx.Exec(ctx, query+" WHERE `key` = ?", append(args, key)...); err != nil {
		return fmt.Errorf("write setting %s: %w", key, err)
	}
	return nil
}

var settingFields = map[string]string{"description": "tagline", "locale": "language", "cover_image": "cover", "codeinjection_head": "code_injection.head",
	"codeinjection_foot": "code_injection.foot", "meta_title": "seo.title", "meta_description": "seo.description", "comments_enabled": "default_comments"}

// settingField is the field path that a key belongs to.
func settingField(key string) string {
	switch {
	case settingFields[key] != "":
		return settingFields[key]
	case slices.Contains(networks, key):
		return "social"
	case slices.Contains(extraSettings, key):
		return "fields." + key
	case strings.HasPrefix(key, "og_"), strings.HasPrefix(key, "twitter_"):
		return "seo." + key
	}
	return key
}
