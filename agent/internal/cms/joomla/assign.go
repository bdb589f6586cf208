package joomla

import (
	"context"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Names of the fields of menu items that list modules which are shown on the item's page, or on all but this. They stand with the items,
// because these have numbers of their own on the target, and are written behind the modules.
const (
	onlyHereField = extraPrefix + "modules"
	notHereField  = extraPrefix + "modules_not_here"
	// assignSlot names what waits for a module, with the number that modules_menu has for the item's page.
	assignSlot = "assign"
)

// modulesOn are the custom modules that are assigned to menu items, as fields by id of the item.
func (r *reader) modulesOn(ctx context.Context, ids []string) (map[string][]*recordv1.Field, error) {
	rows, err := r.s.queryIn(ctx, r.q, "SELECT ABS(a.menuid) AS item, a.menuid, a.moduleid FROM {modules_menu} a JOIN {modules} m ON m.id = a.moduleid "+
		"WHERE m.module = 'mod_custom' AND m.client_id = 0 AND ABS(a.menuid) IN ", ids, " ORDER BY a.menuid DESC, a.moduleid")
	all := map[string][]*recordv1.Field{}
	for _, row := range rows {
		name := onlyHereField
		if row.Number("menuid") < 0 {
			name = notHereField
		}
		item := row.Text("item")
		fields := all[item]
		if len(fields) == 0 || fields[len(fields)-1].GetName() != name {
			fields = append(fields, &recordv1.Field{Name: name, Encoding: "json", Value: arrayValue(true)})
			all[item] = fields
		}
		list := fields[len(fields)-1].GetValue().GetArray()
		list.Pairs = append(list.Pairs, &recordv1.Pair{Key: intValue(int64(len(list.Pairs))), Value: refValue(record.NewRef(kindEntry, modulePrefix+row.Text("moduleid")))})
	}
	return all, err
}

// assign shows modules on the page of a menu item, or on all but this; those that are not here yet wait for Relink.
func (d *draft) assign(ctx context.Context, fields []*recordv1.Field, item int64) error {
	for _, f := range fields {
		page := item
		switch f.GetName() {
		case notHereField:
			page = -item
		case onlyHereField:
		default:
			continue
		}
		for _, p := range f.GetValue().GetArray().GetPairs() {
			if err := d.w.s.assign(ctx, d.w.u, d.target(assignSlot+":"+itoa(page), p.GetValue().GetRef()), page); err != nil {
				return err
			}
		}
	}
	return nil
}

// assign shows a module on a page; what has become no module is left out.
func (s *Site) assign(ctx context.Context, u *cms.Unit, target string, page int64) error {
	module, ok := strings.CutPrefix(target, modulePrefix)
	if !ok || !isID(module) {
		return nil
	}
	if _, err := u.Tx.Exec(ctx, s.sql("DELETE FROM {modules_menu} WHERE moduleid = ? AND menuid = ?"), atoi(module), page); err != nil {
		return err
	}
	_, err := u.Tx.Exec(ctx, s.sql("INSERT INTO {modules_menu} (moduleid, menuid) VALUES (?, ?)"), atoi(module), page)
	return err
}

// relinkAssigned assigns modules that have come since.
func (s *Site) relinkAssigned(ctx context.Context, u *cms.Unit, g *slotLinks, page string) error {
	for _, l := range g.links {
		if l.Found {
			if err := s.assign(ctx, u, l.Target, atoi(page)); err != nil {
				return err
			}
		}
	}
	return nil
}
