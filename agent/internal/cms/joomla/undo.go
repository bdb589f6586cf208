package joomla

import (
	"context"
	"slices"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// quiet are columns that change without anybody editing the record.
var quiet = []string{"lft", "rgt", "level", "path", "hits", "checked_out", "checked_out_time", "lastvisitDate", "asset_id"}

func own(table string) cms.Part {
	return cms.Part{Table: table, Owner: "t.id", Key: "id", Ignore: quiet}
}

func hung(table, col, scope string) cms.Part {
	return cms.Part{Table: table, Owner: "t." + col, Key: col, Scope: scope}
}

// item are the parts of what is tagged, translated and has custom fields.
func itemParts(table, fieldContext, assoc string, more ...cms.Part) []cms.Part {
	all := []cms.Part{
		hung("fields_values", "item_id", "field_id IN (SELECT f.id FROM {fields} f WHERE f.context = '"+fieldContext+"')"),
		hung("associations", "id", "context = '"+assoc+"'"),
		hung("contentitem_tag_map", "content_item_id", "type_alias = '"+fieldContext+"'"),
		hung("ucm_content", "core_content_item_id", "core_type_alias = '"+fieldContext+"'"),
	}
	return append(append(all, more...), own(table))
}

var menuPart = cms.Part{Table: "menu", Join: "JOIN {menu_types} y ON y.menutype = t.menutype AND t.client_id = 0", Owner: "y.id", Key: "id", Ignore: quiet}

// assignedPart are the modules on the pages of a menu's items.
var assignedPart = cms.Part{Table: "modules_menu", Join: "JOIN {menu} m ON m.id = ABS(t.menuid) AND m.client_id = 0 JOIN {menu_types} y ON y.menutype = m.menutype", Owner: "y.id", Key: "menuid"}

var bodies = map[cms.Kind][]cms.Body{
	kindUser: {{Parts: []cms.Part{hung("user_usergroup_map", "user_id", ""), hung("user_profiles", "user_id", ""),
		hung("fields_values", "item_id", "field_id IN (SELECT f.id FROM {fields} f WHERE f.context = '"+userContext+"')"), own("users")},
		Uses: []cms.Use{{Kind: kindEntry, Query: "SELECT created_by, id FROM {content} WHERE created_by IN"}}}},
	kindTerm: {
		{Parts: []cms.Part{hung("fields_values", "item_id", "field_id IN (SELECT f.id FROM {fields} f WHERE f.context = '"+categoryContext+"')"),
			hung("associations", "id", "context = 'com_categories.item'"), assetPart("categories"), own("categories")},
			Uses: []cms.Use{{Kind: kindEntry, Query: "SELECT catid, id FROM {content} WHERE catid IN"},
				{Kind: kindEntry, Query: "SELECT catid, CONCAT('" + contactPrefix + "', id) FROM {contact_details} WHERE catid IN"},
				{Kind: kindTerm, Query: "SELECT parent_id, id FROM {categories} WHERE parent_id IN"}}},
		{Prefix: tagPrefix, Parts: []cms.Part{own("tags")},
			Uses: []cms.Use{{Kind: kindEntry, Query: "SELECT tag_id, content_item_id FROM {contentitem_tag_map} WHERE type_alias = 'com_content.article' AND tag_id IN"},
				{Kind: kindTerm, Query: "SELECT parent_id, CONCAT('" + tagPrefix + "', id) FROM {tags} WHERE parent_id IN"}}},
	},
	kindEntry: {
		{Parts: itemParts("content", articleContext, "com_content.item", hung("content_frontpage", "content_id", ""),
			hung("workflow_associations", "item_id", "extension = 'com_content.article'"), assetPart("content"))},
		{Prefix: modulePrefix, Parts: []cms.Part{{Table: "modules_menu", Owner: "t.moduleid", Key: "moduleid", Quiet: "t.menuid <> 0"}, assetPart("modules"), own("modules")}},
		{Prefix: contactPrefix, Parts: itemParts("contact_details", contactContext, "com_contact.item")},
	},
	kindMenu: {{Parts: []cms.Part{
		{Table: "associations", Join: "JOIN {menu} m ON m.id = t.id JOIN {menu_types} y ON y.menutype = m.menutype AND m.client_id = 0", Owner: "y.id", Key: "id", Scope: "context = 'com_menus.item'"},
		assignedPart, menuPart, assetPart("menu_types"), own("menu_types")}}},
	kindRedirect: {{Parts: []cms.Part{own("redirect_links")}}},
}

// Bodies implements cms.Undoer, for the tables that this version has.
func (s *Site) Bodies(kind cms.Kind) []cms.Body {
	var all []cms.Body
	versions, _ := s.history()
	for _, b := range append(slices.Clone(bodies[kind]), cms.Body{Prefix: revisionPrefix, Parts: []cms.Part{{Table: versions, Owner: "t.version_id", Key: "version_id"}}}) {
		if b.Prefix == revisionPrefix && kind != kindEntry {
			continue
		}
		if last := b.Parts[len(b.Parts)-1]; !s.schema.Has(last.Table) {
			continue
		}
		b.Parts = slices.DeleteFunc(slices.Clone(b.Parts), func(p cms.Part) bool { return !s.schema.Has(p.Table) })
		all = append(all, b)
	}
	return all
}

// Settle implements cms.Undoer: a field, group or view level that was made stays when something needs it by now.
func (s *Site) Settle(ctx context.Context, tx *cmssql.Tx, row cms.Row, made, edited bool) (cms.Verdict, error) {
	if edited {
		return cms.Left, nil
	}
	for _, query := range usesOf[row.Table] {
		used, err := s.one(ctx, tx, query+" LIMIT 1", atoi(row.Value))
		if err != nil || made && used != "" {
			return cms.Left, err
		}
	}
	return cms.Undo, nil
}

// lost finds the rows of a table with a nested set that are not inside of those above them.
func (s *Site) lost(ctx context.Context, tx *cmssql.Tx, table string) ([]string, error) {
	return s.column(ctx, tx, "SELECT c.id FROM {"+table+"} c JOIN {"+table+"} p ON p.id = c.parent_id WHERE NOT (c.lft > p.lft AND c.rgt < p.rgt)")
}

// Mend implements cms.Mender: trees that came back as they were have no places for what stays.
func (s *Site) Mend(ctx context.Context, tx *cmssql.Tx) error {
	u := &cms.Unit{Tx: tx}
	for _, table := range []string{"categories", "tags", "menu", "assets"} {
		if !s.schema.Has(table) {
			continue
		}
		ids, err := s.lost(ctx, tx, table)
		if err != nil {
			return err
		}
		if err := cmssql.ExecIn(ctx, tx, ids, s.sql("UPDATE {"+table+"} SET lft = ?, rgt = ? WHERE id IN "), unplaced, unplaced); err != nil {
			return err
		}
	}
	for _, t := range trees {
		if !s.schema.Has(t.table) {
			continue
		}
		if err := s.place(ctx, u, t); err != nil {
			return err
		}
	}
	if s.schema.Has("assets") {
		if err := s.looseBelow(ctx, u); err != nil {
			return err
		}
	}
	return s.placeAssets(ctx, u)
}
