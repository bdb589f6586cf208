package joomla

import (
	"context"
	"strconv"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// tracked is a table whose rows have rights of their own: each is tied to a row of assets by its number.
type tracked struct {
	// name begins the name of the asset, the row's id ends it; component is the asset that it hangs below when no category's is
	// there. An empty one is the row's extension, which then begins the name too.
	name, component string
	// category is the column of the category whose asset it hangs below.
	category string
	kind     cms.Kind
	prefix   string
}

// (_getAssetName and _getAssetParentId of libraries/src/Table/{Category,Content,Module,MenuType}.php)
var trackedTables = map[string]tracked{
	"categories": {".category.", "", "parent_id", kindTerm, ""},
	"content":    {"com_content.article.", "com_content", "catid", kindEntry, ""},
	"modules":    {"com_modules.module.", "com_modules", "", kindEntry, modulePrefix},
	"menu_types": {"com_menus.menu.", "com_menus", "", kindMenu, ""},
}

// nameOf is the name of the asset of the row o, as arguments of CONCAT.
func (t tracked) nameOf(o string) string {
	if t.component == "" {
		return o + ".extension, '" + t.name + "', " + o + ".id"
	}
	return "'" + t.name + "', " + o + ".id"
}

// longestAsset is how much of a title an asset has. (libraries/src/Table/Table.php, store)
const longestAsset = 100

// assetPart are the assets of the rows of a table.
func assetPart(table string) cms.Part {
	return cms.Part{Table: "assets", Join: "JOIN {" + table + "} o ON t.name = CONCAT(" + trackedTables[table].nameOf("o") + ")", Owner: "o.id", Key: "id",
		Ignore: []string{"lft", "rgt", "level"}}
}

// asset is one that a row wants.
type asset struct {
	name, title string
	parent      int64
	// known: the row is there from an earlier run.
	known bool
}

// assets ties written rows to assets that inherit all rights. Their places in the nested set are made by Finish.
func (w *writer) assets(ctx context.Context, table string, ds []*draft) error {
	t, ok := trackedTables[table]
	if !ok || !w.s.schema.Has("assets") || !w.s.schema.Has(table, "asset_id") {
		return nil
	}
	above, err := w.above(ctx, t, ds)
	if err != nil {
		return err
	}
	var ids []string
	var want []*asset
	for _, d := range ds {
		if a := d.asset(t, above); w.s.schema["assets"]["name"].Fits(a.name) {
			ids, want = append(ids, d.id), append(want, a)
		}
	}
	if err := w.writeAssets(ctx, want); err != nil {
		return err
	}
	return cmssql.ExecIn(ctx, w.u.Tx, ids, w.s.sql("UPDATE {"+table+"} SET asset_id = (SELECT a.id FROM {assets} a WHERE a.name = CONCAT("+t.nameOf("{"+table+"}")+")) WHERE id IN "))
}

// above are the assets that rows hang below: by the category's id, and by the component's name.
func (w *writer) above(ctx context.Context, t tracked, ds []*draft) (map[string]int64, error) {
	var categories []string
	components := []string{"root.1"}
	for _, d := range ds {
		components = append(components, d.component(t))
		if id, ok := d.cols[t.category].(int64); ok {
			categories = append(categories, itoa(id))
		}
	}
	above := map[string]int64{}
	rows, err := w.s.queryIn(ctx, w.q, "SELECT c.id, a.id AS asset FROM {categories} c JOIN {assets} a ON a.id = c.asset_id WHERE c.parent_id > 0 AND c.id IN ", categories, "")
	if err != nil {
		return nil, err
	}
	found, err := w.s.queryIn(ctx, w.q, "SELECT name AS id, id AS asset FROM {assets} WHERE name IN ", components, "")
	for _, r := range append(rows, found...) {
		above[r.Text("id")] = r.Number("asset")
	}
	return above, err
}

// component is the name of the asset of the component that a row belongs to.
func (d *draft) component(t tracked) string {
	extension, _ := d.cols["extension"].(string)
	if t.component != "" {
		return t.component
	}
	return extension
}

func (d *draft) asset(t tracked, above map[string]int64) *asset {
	title, _ := d.cols["title"].(string)
	a := &asset{name: t.name + d.id, parent: above["root.1"], known: d.known}
	if t.component == "" {
		a.name = d.component(t) + a.name
	}
	a.title = assetTitle(title)
	for _, key := range []string{d.component(t), d.category(t)} {
		if id := above[key]; id > 0 {
			a.parent = id
		}
	}
	return a
}

func assetTitle(title string) string {
	if letters := []rune(title); len(letters) > longestAsset {
		return string(letters[:longestAsset])
	}
	return title
}

func (d *draft) category(t tracked) string {
	id, _ := d.cols[t.category].(int64)
	return itoa(id)
}

// writeAssets makes assets, or lets those that are there by the same name follow their rows.
func (w *writer) writeAssets(ctx context.Context, want []*asset) error {
	names := make([]string, len(want))
	for i, a := range want {
		names[i] = a.name
	}
	rows, err := w.s.queryIn(ctx, w.q, "SELECT id, name, title, parent_id FROM {assets} WHERE name IN ", names, "")
	if err != nil {
		return err
	}
	have := cmssql.By(rows, "name")
	var fresh []map[string]any
	for _, a := range want {
		if len(have[a.name]) == 0 {
			fresh = append(fresh, map[string]any{"name": a.name, "title": a.title, "parent_id": a.parent, "rules": "{}", "lft": unplaced, "rgt": unplaced, "level": 0})
		} else if err := w.follow(ctx, have[a.name][0], a); err != nil {
			return err
		}
	}
	_, err = w.insert(ctx, "assets", fresh)
	return err
}

// follow gives an asset the title and the place of its row.
func (w *writer) follow(ctx context.Context, r row, a *asset) error {
	if !a.known {
		// It is left of a row that is no more (Rule 6).
		if err := w.u.Keep(ctx, cms.Row{Table: "assets", Column: "id", Value: r.Text("id")}); err != nil {
			return err
		}
	}
	if r.Text("title") != a.title {
		if err := w.exec(ctx, "UPDATE {assets} SET title = ? WHERE id = ?", a.title, r.Number("id")); err != nil {
			return err
		}
	}
	if r.Number("parent_id") == a.parent {
		return nil
	}
	return w.exec(ctx, "UPDATE {assets} SET parent_id = ?, lft = ?, rgt = ? WHERE id = ?", a.parent, unplaced, unplaced, r.Number("id"))
}

// ownerOf is the record that an asset belongs to; ok is false for other assets.
func ownerOf(name string) (kind cms.Kind, id string, ok bool) {
	at := strings.LastIndexByte(name, '.') + 1
	for _, t := range trackedTables {
		if t.component == "" && strings.HasSuffix(name[:at], t.name) || name[:at] == t.name {
			_, err := strconv.ParseInt(name[at:], 10, 64)
			return t.kind, t.prefix + name[at:], err == nil
		}
	}
	return 0, "", false
}
