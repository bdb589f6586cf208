package ghost

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/streams"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// menuSlot is one of Ghost's two menus, kept as JSON in a setting.
type menuSlot struct {
	id, key, name string
	// places are words in the names of themes' menu places that this menu stands for.
	places []string
}

var menuSlots = []menuSlot{
	{"primary", "navigation", "Primary navigation", []string{"primary", "main", "header", "top", "menu-1", "expanded", "navigation"}},
	{"secondary", "secondary_navigation", "Secondary navigation", []string{"secondary", "footer", "bottom"}},
}

// navItem is one line of a menu as Ghost stores it.
type navItem struct {
	Label string `json:"label"`
	URL   string `json:"url"`
}

// menuIDs are the menus that the site has, in ascending order.
func (s *Site) menuIDs(ctx context.Context, q cmssql.Querier) ([]string, error) {
	have, err := s.readSettings(ctx, q, menuKeys())
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, m := range menuSlots {
		if _, ok := have[m.key]; ok {
			ids = append(ids, m.id)
		}
	}
	return ids, nil
}

func menuKeys() []string { return []string{menuSlots[0].key, menuSlots[1].key} }

func (s *Site) loadMenus(ctx context.Context, q cmssql.Querier, ids []string) (map[string]cms.Item, error) {
	have, err := s.readSettings(ctx, q, menuKeys())
	if err != nil {
		return nil, err
	}
	items := map[string]cms.Item{}
	for _, id := range ids {
		for _, m := range menuSlots {
			if text, ok := have[m.key]; ok && m.id == id {
				items[id] = m.read(text)
			}
		}
	}
	return items, nil
}

func (m menuSlot) read(text string) cms.Item {
	nav, err := parseNav(text)
	if err != nil {
		return streams.Unread(kindMenu, m.id, &agentv1.Problem{Code: "invalid_json", Cause: "setting " + m.key + " is not the JSON that Ghost writes",
			Fix: "Open Settings > Navigation in Ghost, save it again, then migrate again."})
	}
	menu := &recordv1.Menu{Name: m.name, Slug: m.id, Locations: []string{m.id}}
	for i, n := range nav {
		menu.Items = append(menu.Items, &recordv1.MenuItem{Id: m.id + "-" + strconv.Itoa(i+1), Position: int32(i + 1), Title: n.Label, Url: n.URL, Type: "custom"})
	}
	return item(kindMenu, m.id, &recordv1.Record{Body: &recordv1.Record_Menu{Menu: menu}})
}

func parseNav(text string) ([]navItem, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var nav []navItem
	err := json.Unmarshal([]byte(text), &nav)
	return nav, err
}

// formatNav writes JSON as JavaScript does: without escaping &, < and >.
func formatNav(nav []navItem) (string, error) {
	if nav == nil {
		nav = []navItem{}
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(nav)
	return strings.TrimSuffix(b.String(), "\n"), err
}

// slotOf is the menu that a menu of another system becomes; its own place of that name first.
func slotOf(m *recordv1.Menu) (menuSlot, bool) {
	for _, exact := range []bool{true, false} {
		for _, slot := range menuSlots {
			for _, place := range m.GetLocations() {
				if exact && lower(place) == slot.id || !exact && slot.takes(lower(place)) {
					return slot, true
				}
			}
		}
	}
	return menuSlot{}, false
}

func (m menuSlot) takes(place string) bool {
	for _, word := range m.places {
		if strings.Contains(place, word) {
			return true
		}
	}
	return false
}

func (s *Site) writeMenus(ctx context.Context, u *cms.Unit, batch []*recordv1.Record) ([]cms.Result, error) {
	taken := map[string]bool{}
	out := make([]cms.Result, len(batch))
	for i, r := range batch {
		d := &draft{u: u, rec: r, cols: map[string]any{}}
		slot, ok := slotOf(r.GetMenu())
		switch {
		case !ok:
			d.skip("menu_not_held", "Ghost has two menus, for the places primary and secondary; this one has neither", "Assign it to the primary or footer place in the source if it should come along.")
		case taken[slot.id]:
			d.skip("menu_place_taken", "another menu has already become this menu of Ghost", "Assign only one menu to the place in the source.")
		default:
			taken[slot.id] = true
			if err := s.writeMenu(ctx, d, slot); err != nil {
				return nil, err
			}
		}
		out[i] = d.res
	}
	return out, nil
}

func (s *Site) writeMenu(ctx context.Context, d *draft, slot menuSlot) error {
	d.res = cms.Result{Outcome: agentv1.Outcome_OUTCOME_UPDATED, TargetID: slot.id}
	if l := d.rec.GetMenu().GetLocations(); len(l) != 1 || l[0] != slot.id {
		d.adjust("locations", "place_of_ghost", slot.id)
	}
	var nav []navItem
	for _, it := range d.rec.GetMenu().GetItems() {
		n, err := s.navItem(ctx, d, slot, it, len(nav))
		if err != nil {
			return err
		}
		nav = append(nav, n)
	}
	text, err := formatNav(nav)
	if err != nil {
		return fmt.Errorf("format menu: %w", err)
	}
	d.set(slot.key, text)
	return s.saveSettings(ctx, d.u.Tx, d)
}

// navItem writes one line; at is its position in the menu, by which Relink finds it again.
func (s *Site) navItem(ctx context.Context, d *draft, slot menuSlot, it *recordv1.MenuItem, at int) (navItem, error) {
	if it.GetParentId() != "" {
		d.adjust("items.parent_id", "items_flattened", "")
	}
	if int(it.GetPosition()) != at+1 {
		d.adjust("items.position", "renumbered", "")
	}
	if it.GetTarget() == nil {
		url, open := d.u.Refs.Expand(it.GetUrl())
		for _, t := range open {
			d.wait(navSlot(slot, at), t)
		}
		return navItem{it.GetTitle(), url}, nil
	}
	d.adjust("items.target", "target_as_url", "")
	d.adjust("items.url", "target_as_url", "")
	n := navItem{Label: it.GetTitle(), URL: "#"}
	target, ok := d.u.Refs.Target(it.GetTarget())
	if !ok {
		d.wait(navSlot(slot, at), record.NewToken(it.GetTarget(), ""))
		return n, nil
	}
	url, title, err := s.navTarget(ctx, d.u.Tx, it.GetTarget().GetKind(), target)
	if n.URL = url; n.Label == "" {
		n.Label = title
		d.adjust("items.title", "title_of_target", "")
	}
	return n, err
}

func navSlot(m menuSlot, at int) string { return m.key + ":" + strconv.Itoa(at) }

// navTarget is the address from the site's root, and the name, of a row.
func (s *Site) navTarget(ctx context.Context, q cmssql.Querier, kind cms.Kind, id string) (url, title string, err error) {
	texts, err := s.Locate(ctx, q, []cms.Want{{Kind: kind, TargetID: id}})
	if err != nil {
		return "", "", err
	}
	if url = strings.TrimPrefix(texts[0], ghostURL); url == "" {
		url = "#"
	}
	query := map[cms.Kind]string{kindEntry: "SELECT `title` FROM `posts` WHERE `id` = ?", kindTerm: "SELECT `name` FROM `tags` WHERE `id` = ?",
		kindUser: "SELECT `name` FROM `users` WHERE `id` = ?"}[kind]
	if query != "" {
		title, err = cmssql.One(ctx, q, query, id)
	}
	return url, title, err
}
