package joomla

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// registered is the group of everybody who has an account; superUsers that of those who may everything.
const registered, superUsers = "2", "8"

// makeGroups makes the groups that roles name and the site lacks, below Registered: they allow what it allows, and nothing more,
// until somebody gives them rights.
func (w *writer) makeGroups(ctx context.Context, ds []*draft) error {
	for _, d := range ds {
		for _, role := range rolesOf(d.rec.GetUser()) {
			if d.done || w.groups[role] != "" || isCore(coreGroups, role) || !w.nameable("usergroups", role) {
				continue
			}
			made, err := w.makeGroup(ctx, role)
			if err != nil {
				return fmt.Errorf("make a group: %w", err)
			}
			if made {
				d.adjust("roles", "group_made", role)
			}
		}
	}
	return nil
}

func isCore(core map[string]string, name string) bool {
	for _, n := range core {
		if n == name {
			return true
		}
	}
	return false
}

// nameable says that a table takes a name as a title.
func (w *writer) nameable(table, name string) bool {
	return strings.TrimSpace(name) == name && name != "" && !strings.Contains(name, "\x00") && w.s.schema[table]["title"].Fits(name)
}

// makeGroup makes a group at the end of those below Registered. What lies behind it moves, as the nested set wants it (Rule 6).
func (w *writer) makeGroup(ctx context.Context, title string) (made bool, err error) {
	// The root is the lock that parallel batches wait for.
	if _, err := w.s.query(ctx, w.q, "SELECT id FROM {usergroups} WHERE parent_id = 0 FOR UPDATE"); err != nil {
		return false, err
	}
	if err := w.loadGroups(ctx); err != nil || w.groups[title] != "" {
		return false, err
	}
	// The database may take two titles for the same that are not: who is in the other group must not be known by this name.
	alike, err := w.s.one(ctx, w.q, "SELECT id FROM {usergroups} WHERE LOWER(title) = LOWER(?)", title)
	if err != nil || alike != "" {
		return false, err
	}
	above, err := w.s.query(ctx, w.q, "SELECT rgt FROM {usergroups} WHERE id = ?", atoi(registered))
	if err != nil || len(above) == 0 {
		return false, err
	}
	end := above[0].Number("rgt")
	behind, err := w.s.column(ctx, w.q, "SELECT id FROM {usergroups} WHERE rgt >= ? ORDER BY id FOR UPDATE", end)
	if err != nil {
		return false, err
	}
	for _, id := range behind {
		if err := w.u.Keep(ctx, cms.Row{Table: "usergroups", Column: "id", Value: id}); err != nil {
			return false, err
		}
	}
	if err := w.exec(ctx, "UPDATE {usergroups} SET rgt = rgt + 2, lft = CASE WHEN lft > ? THEN lft + 2 ELSE lft END WHERE rgt >= ?", end, end); err != nil {
		return false, err
	}
	w.groups[title], err = w.makeRow(ctx, "usergroups", map[string]any{"parent_id": atoi(registered), "title": title, "lft": end, "rgt": end + 1})
	return err == nil, err
}

// makeRow inserts a row that belongs to the site and not to a record.
func (w *writer) makeRow(ctx context.Context, table string, row map[string]any) (id string, err error) {
	ids, err := w.insert(ctx, table, []map[string]any{row})
	if err != nil {
		return "", err
	}
	return itoa(ids[0]), w.u.Made(ctx, cms.Row{Table: table, Column: "id", Value: itoa(ids[0])})
}

// makeLevels makes the view levels that records name and the site lacks: for the group of the same title, and for Super Users.
func (w *writer) makeLevels(ctx context.Context, batch []*recordv1.Record) error {
	for _, rec := range batch {
		for _, name := range levelsOf(rec) {
			if w.levelIDs[name] != "" || isCore(coreLevels, name) || !w.nameable("viewlevels", name) {
				continue
			}
			if err := w.makeLevel(ctx, name); err != nil {
				return fmt.Errorf("make a view level: %w", err)
			}
		}
	}
	return nil
}

// levelsOf are the view levels that a record names.
func levelsOf(rec *recordv1.Record) []string {
	var all []string
	if e := rec.GetEntry(); e.GetVisibility() == recordv1.Visibility_VISIBILITY_TIERS {
		all = append(all, strings.Join(e.GetTiers(), ", "))
	}
	fields := slices.Clone(rec.GetFields())
	for _, it := range rec.GetMenu().GetItems() {
		fields = append(fields, it.GetFields()...)
	}
	for _, f := range fields {
		if f.GetName() == extraPrefix+"access" {
			all = append(all, f.GetValue().GetText())
		}
	}
	return all
}

func (w *writer) makeLevel(ctx context.Context, title string) error {
	// The first level is the lock that parallel batches wait for.
	if _, err := w.s.query(ctx, w.q, "SELECT id FROM {viewlevels} ORDER BY id LIMIT 1 FOR UPDATE"); err != nil {
		return err
	}
	alike, err := w.s.query(ctx, w.q, "SELECT id, title FROM {viewlevels} WHERE LOWER(title) = LOWER(?)", title)
	if err != nil {
		return err
	}
	if len(alike) > 0 {
		// Another batch has made it; one that differs in capitals is somebody else's.
		if alike[0].Text("title") == title {
			w.levelIDs[title] = alike[0].Text("id")
		}
		return nil
	}
	if w.groups == nil {
		if err := w.loadGroups(ctx); err != nil {
			return err
		}
	}
	rules := "[" + superUsers + "]"
	if group := w.groups[title]; group != "" {
		rules = "[" + group + "," + superUsers + "]"
	}
	last, err := w.s.one(ctx, w.q, "SELECT MAX(ordering) FROM {viewlevels}")
	if err != nil {
		return err
	}
	w.levelIDs[title], err = w.makeRow(ctx, "viewlevels", map[string]any{"title": title, "ordering": atoi(last) + 1, "rules": rules})
	w.madeLevels = append(w.madeLevels, title)
	return err
}

// usesOf find out whether something still needs a row that was made, by its table.
var usesOf = map[string][]string{
	"fields":            {"SELECT item_id FROM {fields_values} WHERE field_id = ?"},
	"fields_categories": {"SELECT item_id FROM {fields_values} WHERE field_id = ?"},
	"fields_groups":     {"SELECT id FROM {fields} WHERE group_id = ?"},
	"usergroups":        {"SELECT user_id FROM {user_usergroup_map} WHERE group_id = ?", "SELECT id FROM {usergroups} WHERE parent_id = ?"},
	"viewlevels": {"SELECT id FROM {content} WHERE access = ?", "SELECT id FROM {categories} WHERE access = ?", "SELECT id FROM {menu} WHERE access = ?",
		"SELECT id FROM {modules} WHERE access = ?", "SELECT id FROM {tags} WHERE access = ?", "SELECT id FROM {contact_details} WHERE access = ?"},
}
