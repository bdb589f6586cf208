package joomla

import (
	"context"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

type querier = cmssql.Querier

const (
	info    = agentv1.Severity_SEVERITY_INFO
	warning = agentv1.Severity_SEVERITY_WARNING
)

// check is one look for something that the owner should know; query gives an id per row found.
type check struct {
	table      string
	code       string
	severity   agentv1.Severity
	kind       cms.Kind
	query      string
	cause, fix string
}

var checks = []check{
	{"newsfeeds", "newsfeeds_not_moved", warning, 0, "SELECT id FROM {newsfeeds}", "news feeds are not moved", "Enter their addresses again on the target."},
	{"banners", "banners_not_moved", warning, 0, "SELECT id FROM {banners}", "banners are not moved; their pictures are", "Make them again on the target."},
	{"banner_clients", "banner_clients_not_moved", info, 0, "SELECT id FROM {banner_clients}", "clients of banners are not moved", "Make them again on the target."},
	{"user_notes", "user_notes_not_moved", info, kindUser, "SELECT id FROM {user_notes}", "notes of the staff about users are not moved", "Keep the old site for them, or copy them by hand."},
	{"modules", "modules_not_moved", info, 0, "SELECT id FROM {modules} WHERE module <> 'mod_custom' AND client_id = 0",
		"modules that show something else than HTML of the owner's are not moved", "Place them again on the target."},
	{"modules", "administration_modules_not_moved", info, 0, "SELECT id FROM {modules} WHERE module = 'mod_custom' AND client_id <> 0",
		"modules of HTML in the administration are not moved", "Make them again on the target."},
	{"usergroups", "groups_without_tree", info, kindUser, "SELECT id FROM {usergroups} WHERE id > 9",
		"user groups of the owner's travel as names of roles; what they may do, and which stands above which, does not", "Set up groups of the same names on the target first; users then find them."},
	{"viewlevels", "custom_view_levels", info, 0, "SELECT id FROM {viewlevels} WHERE id NOT IN (1, 2, 3, 5, 6)",
		"view levels of the owner's travel as names", "Set up levels of the same names on the target first; entries then find them."},
	{"fields_values", "orphan_custom_field", info, kindEntry, "SELECT v.item_id FROM {fields_values} v LEFT JOIN {fields} f ON f.id = v.field_id WHERE f.id IS NULL",
		"values belong to custom fields that no longer exist; they are not moved", "Nothing needs to be done."},
	{"content", "author_missing", warning, kindEntry, "SELECT c.id FROM {content} c LEFT JOIN {users} u ON u.id = c.created_by WHERE u.id IS NULL AND c.created_by <> 0",
		"articles have an author who no longer exists; the fallback author stands in", "Choose the fallback author."},
	{"content", "category_missing", warning, kindEntry, "SELECT c.id FROM {content} c LEFT JOIN {categories} k ON k.id = c.catid WHERE k.id IS NULL",
		"articles have a category that no longer exists; Joomla does not show them", "Give them another category in the source if they matter."},
	{"menu", "menu_item_without_menu", info, kindMenu, "SELECT m.id FROM {menu} m LEFT JOIN {menu_types} t ON t.menutype = m.menutype WHERE m.client_id = 0 AND m.id > 1 AND t.id IS NULL",
		"menu items belong to no menu; they are not moved", "Nothing needs to be done."},
	{"user_usergroup_map", "user_without_group", info, kindUser, "SELECT u.id FROM {users} u LEFT JOIN {user_usergroup_map} m ON m.user_id = u.id WHERE m.user_id IS NULL",
		"users are in no group; they cannot log in and are moved without a role", "Nothing needs to be done."},
}

// findings count in the database and read examples only.
func (s *Site) findings(ctx context.Context, f *cms.Facts) error {
	for _, c := range checks {
		if !s.schema.Has(c.table) {
			continue
		}
		n, err := s.one(ctx, s.db, "SELECT COUNT(*) FROM ("+c.query+") found")
		if err != nil {
			return err
		}
		if atoi(n) == 0 {
			continue
		}
		examples, err := s.column(ctx, s.db, c.query+" LIMIT 5")
		if err != nil {
			return err
		}
		f.Findings = append(f.Findings, &agentv1.Finding{Code: c.code, Severity: c.severity, Kind: c.kind, Count: uint64(atoi(n)), Cause: c.cause, Fix: c.fix, Examples: examples}) //nolint:gosec // a count
	}
	return nil
}
