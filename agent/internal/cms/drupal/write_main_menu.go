package drupal

import (
	"context"
	"fmt"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// installed is the menu that the installer makes and themes show as the main one; linkData holds the links that people have made.
// linkBundle is the type of those links, and their only bundle.
const installed, linkData, linkBundle = "main", "menu_link_content_data", "menu_link_content"

// fillsMain says that a menu goes into the one that the theme shows: it is the source's main one, and here nobody has put a link
// into it yet. Links of people are never mixed with others.
func (w *writer) fillsMain(ctx context.Context, m *recordv1.Menu) (bool, error) {
	if !isMain(m) || w.s.schema.settings[menuPrefix+installed] == nil {
		return false, nil
	}
	if err := w.lock(ctx); err != nil {
		return false, err
	}
	rows, err := w.s.query(ctx, w.q, "SELECT id FROM {"+linkData+"} WHERE menu_name = ? LIMIT 1", installed)
	return len(rows) == 0 && err == nil, err
}

// fillMain takes the installed menu. No record consists of it: a rollback brings its configuration back and takes the links out
// (Rule 6). A link to the front page that came with Drupal is not shown beside one of the record's own.
func (w *writer) fillMain(ctx context.Context, d *draft, lines []*line) error {
	d.res.Outcome = agentv1.Outcome_OUTCOME_UPDATED
	if err := w.u.Made(ctx, cms.Row{Table: linkData, Column: "menu_name", Value: installed}); err != nil {
		return err
	}
	for _, l := range lines {
		if l.above == nil && l.cols["enabled"] == 1 && l.cols["link__uri"] == frontURI {
			return w.hideFront(ctx)
		}
	}
	return nil
}

// hideFront switches off the links to the front page that modules have put into the main menu, as its form does.
func (w *writer) hideFront(ctx context.Context) error {
	if !w.s.has("menu_tree") {
		return nil
	}
	rows, err := w.s.query(ctx, w.q, "SELECT id, weight FROM {menu_tree} WHERE menu_name = ? AND provider <> 'menu_link_content' AND route_name = '<front>' AND enabled = 1", installed)
	if err != nil || len(rows) == 0 {
		return err
	}
	const overrides = "core.menu.static_menu_link_overrides"
	v, err := w.config(ctx, overrides)
	if err != nil {
		return err
	}
	if v == nil {
		v = literal(dict{})
	}
	if dig(v, "definitions").GetArray() == nil {
		put(v, "definitions", dict{})
	}
	for _, r := range rows {
		// Configuration has no dots in names. (Drupal 9.5.11, StaticMenuLinkOverrides::encodeId)
		name := strings.NewReplacer(".", "__", "__", "___").Replace(r.text("id"))
		addTo(v, literal(dict{"menu_name", installed, "parent", "", "weight", int(r.number("weight")), "expanded", false, "enabled", false}), "definitions", name)
		if err := w.u.Keep(ctx, cms.Row{Table: "menu_tree", Column: "id", Value: r.text("id")}); err != nil {
			return err
		}
		if err := w.exec(ctx, "UPDATE {menu_tree} SET enabled = 0 WHERE id = ?", r.text("id")); err != nil {
			return err
		}
	}
	return w.setConfig(ctx, overrides, v)
}

// emptyMain takes a migration's links out of the installed menu again.
func (s *Site) emptyMain(ctx context.Context, tx *cmssql.Tx) (cms.Verdict, error) {
	if err := s.dropLinks(ctx, tx, installed); err != nil {
		return cms.Left, fmt.Errorf("empty the main menu: %w", err)
	}
	return cms.Settled, nil
}

// isMain says that a menu is the one that the source's pages show first.
func isMain(m *recordv1.Menu) bool {
	for _, l := range m.GetLocations() {
		switch l {
		case "primary", "main", "header", "menu-1":
			return true
		}
	}
	switch strings.ReplaceAll(m.GetSlug(), "-", "") {
	case "main", "mainmenu", "primary":
		return true
	}
	return false
}
