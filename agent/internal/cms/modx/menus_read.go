package modx

import (
	"context"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// maxItems bounds a menu: nobody navigates by more, and a record is held in memory whole.
const maxItems = 5000

// menuIDs are the contexts: what visitors navigate by is the tree of resources of each. (MODX's table menus is the manager's.)
func (s *Site) menuIDs(ctx context.Context, q cmssql.Querier) ([]string, error) {
	return cmssql.Column[string](ctx, q, s.sql("SELECT `key` FROM {context} WHERE `key` <> 'mgr' ORDER BY CONVERT(`key` USING binary)"))
}

func (s *Site) loadMenus(ctx context.Context, q cmssql.Querier, ids []string) (map[string]cms.Item, error) {
	e, err := s.env(ctx, q)
	if err != nil {
		return nil, err
	}
	items := map[string]cms.Item{}
	for _, c := range e.contexts {
		key := c.Text("key")
		if !contains(ids, key) {
			continue
		}
		rows, err := s.shown(ctx, q, key)
		if err != nil {
			return nil, err
		}
		if len(rows) > maxItems {
			items[key] = cms.Item{Unread: unread(kindMenu, key, agentv1.Outcome_OUTCOME_SKIPPED, "menu_too_large", "the context shows more than 5,000 resources in its menus",
				"build the target's menu by hand, or hide resources from menus in the source")}
			continue
		}
		m := &recordv1.Menu{Name: c.Text("name"), Slug: key, Description: c.Text("description"), Items: menuItems(rows)}
		if m.Name == "" {
			m.Name = key
		}
		items[key] = cms.Item{Record: &recordv1.Record{Ref: ref(kindMenu, key), Locale: e.locale(key), Body: &recordv1.Record_Menu{Menu: m}}}
	}
	return items, nil
}

// shown are the resources that a menu shows; a branch ends where one is hidden.
func (s *Site) shown(ctx context.Context, q cmssql.Querier, contextKey string) ([]row, error) {
	return s.query(ctx, q, "SELECT id, parent, pagetitle, menutitle, class_key, link_attributes, CASE WHEN class_key LIKE '%modWebLink' THEN content ELSE '' END AS content "+
		"FROM {site_content} WHERE context_key = ? AND published = 1 AND deleted = 0 AND hidemenu = 0 ORDER BY menuindex, id LIMIT 5001", contextKey)
}

func menuItems(rows []row) []*recordv1.MenuItem {
	below := cmssql.By(rows, "parent")
	var items []*recordv1.MenuItem
	var add func(parent string)
	add = func(parent string) {
		for _, r := range below[parent] {
			item := menuItem(r, int32(len(items)+1))
			if parent != "0" {
				item.ParentId = parent
			}
			items = append(items, item)
			add(r.Text("id"))
		}
		// Loops are possible: a branch is walked once.
		delete(below, parent)
	}
	add("0")
	return items
}

// menuItem points to the resource; a weblink's item leads where the weblink does.
func menuItem(r row, position int32) *recordv1.MenuItem {
	item := &recordv1.MenuItem{Id: r.Text("id"), Position: position, Title: r.Text("menutitle"), Target: ref(kindEntry, r.Text("id"))}
	if strings.Contains(r.Text("link_attributes"), "_blank") {
		item.Window = "_blank"
	}
	if typeOf(r.Text("class_key")) != typeWeblink {
		return item
	}
	if item.Title == "" {
		item.Title = r.Text("pagetitle")
	}
	if id, ok := linkedID(r.Text("content")); ok {
		item.Target = ref(kindEntry, id)
	} else if to := strings.TrimSpace(r.Text("content")); !strings.Contains(to, "[[") {
		item.Target, item.Url = nil, to
	}
	return item
}
