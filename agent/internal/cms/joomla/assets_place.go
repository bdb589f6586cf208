package joomla

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// ofArticle finds assets that nothing hangs below; a site may have very many.
const ofArticle = "name LIKE 'com_content.article.%'"

// assetPage is how many assets of articles are looked at in one go.
const assetPage = 500

// branch is an asset with what is new below it: assets that may have others below them, and a number of articles'.
type branch struct {
	id, parent, rgt, level int64
	below                  []*branch
	articles               int64
}

// room is how many numbers of the nested set all that is below takes.
func (b *branch) room() int64 {
	n := 2 * b.articles
	for _, c := range b.below {
		n += 2 + c.room()
	}
	return n
}

// placeAssets gives new assets their places behind those that are there. What lies behind them moves; rows of others are
// remembered as they were (Rule 6). Assets of articles are not held in memory (Rule 9).
func (s *Site) placeAssets(ctx context.Context, u *cms.Unit) error {
	if !s.schema.Has("assets") {
		return nil
	}
	// The root's row is the lock that Joomla's own changes of the tree wait for.
	if _, err := s.query(ctx, u.Tx, "SELECT id FROM {assets} WHERE parent_id = 0 FOR UPDATE"); err != nil {
		return err
	}
	if err := s.followParents(ctx, u); err != nil {
		return err
	}
	branches, err := s.branches(ctx, u)
	if err != nil || len(branches) == 0 {
		return err
	}
	if err := s.makeRoom(ctx, u, branches); err != nil {
		return err
	}
	moved := int64(0)
	for _, b := range branches {
		if err := s.fill(ctx, u, b, b.rgt+moved, b.level+1); err != nil {
			return err
		}
		moved += b.room()
	}
	return nil
}

// followParents hangs assets of categories below those of the parents that came after them.
func (s *Site) followParents(ctx context.Context, u *cms.Unit) error {
	rows, err := s.query(ctx, u.Tx, "SELECT c.id, a.id AS asset, p.asset_id AS above FROM {categories} c JOIN {assets} a ON a.id = c.asset_id AND a.name = CONCAT("+
		trackedTables["categories"].nameOf("c")+") JOIN {categories} p ON p.id = c.parent_id AND p.parent_id > 0 JOIN {assets} q ON q.id = p.asset_id WHERE a.parent_id <> q.id")
	if err != nil || len(rows) == 0 {
		return err
	}
	ours, err := s.ours(ctx, u, trees[0])
	if err != nil {
		return err
	}
	for _, r := range rows {
		if !ours[r.Text("id")] {
			continue
		}
		if _, err := u.Tx.Exec(ctx, s.sql("UPDATE {assets} SET parent_id = ?, lft = ?, rgt = ? WHERE id = ?"), r.Number("above"), unplaced, unplaced, r.Number("asset")); err != nil {
			return err
		}
	}
	return s.looseBelow(ctx, u)
}

// looseBelow takes their places from assets below those that lost theirs.
func (s *Site) looseBelow(ctx context.Context, u *cms.Unit) error {
	ids, err := s.column(ctx, u.Tx, "SELECT id FROM {assets} WHERE lft < 0 AND NOT "+ofArticle)
	for err == nil && len(ids) > 0 {
		var below []row
		if below, err = s.queryIn(ctx, u.Tx, "SELECT id, name FROM {assets} WHERE lft >= 0 AND parent_id IN ", ids, ""); err != nil {
			return err
		}
		if err = s.keepOthers(ctx, u, below); err != nil {
			return err
		}
		ids = ids[:0]
		for _, r := range below {
			ids = append(ids, r.Text("id"))
		}
		err = cmssql.ExecIn(ctx, u.Tx, ids, s.sql("UPDATE {assets} SET lft = ?, rgt = ? WHERE id IN "), unplaced, unplaced)
	}
	return err
}

// branches are the assets with a place below which something is new, from the left to the right.
func (s *Site) branches(ctx context.Context, u *cms.Unit) ([]*branch, error) {
	rows, err := s.query(ctx, u.Tx, "SELECT id, parent_id, 0 AS articles FROM {assets} WHERE lft < 0 AND NOT "+ofArticle+" ORDER BY id")
	if err != nil {
		return nil, err
	}
	counts, err := s.query(ctx, u.Tx, "SELECT parent_id, COUNT(*) AS articles FROM {assets} WHERE lft < 0 AND "+ofArticle+" GROUP BY parent_id")
	if err != nil {
		return nil, err
	}
	at := map[string]*branch{}
	for _, r := range rows {
		at[r.Text("id")] = &branch{id: r.Number("id"), parent: r.Number("parent_id")}
	}
	var above []string
	for _, r := range append(slices.Clone(rows), counts...) {
		if at[r.Text("parent_id")] == nil {
			above = append(above, r.Text("parent_id"))
		}
	}
	placed, err := s.queryIn(ctx, u.Tx, "SELECT id, rgt, level FROM {assets} WHERE id IN ", slices.Compact(slices.Sorted(slices.Values(above))), "")
	if err != nil {
		return nil, err
	}
	var all []*branch
	for _, r := range placed {
		b := &branch{id: r.Number("id"), rgt: r.Number("rgt"), level: r.Number("level")}
		at[r.Text("id")], all = b, append(all, b)
	}
	for _, r := range rows {
		if b := at[r.Text("parent_id")]; b != nil {
			b.below = append(b.below, at[r.Text("id")])
		}
	}
	for _, r := range counts {
		if b := at[r.Text("parent_id")]; b != nil {
			b.articles = r.Number("articles")
		}
	}
	slices.SortFunc(all, func(a, b *branch) int { return cmp.Or(cmp.Compare(a.rgt, b.rgt), cmp.Compare(a.id, b.id)) })
	return all, nil
}

// makeRoom moves what lies behind the branches' ends.
func (s *Site) makeRoom(ctx context.Context, u *cms.Unit, branches []*branch) error {
	for after := int64(0); ; {
		rows, err := s.query(ctx, u.Tx, "SELECT id, name FROM {assets} WHERE lft >= 0 AND rgt >= ? AND id > ? ORDER BY id LIMIT ? FOR UPDATE", branches[0].rgt, after, assetPage)
		if err != nil {
			return err
		}
		if err := s.keepOthers(ctx, u, rows); err != nil {
			return err
		}
		if len(rows) < assetPage {
			break
		}
		after = rows[len(rows)-1].Number("id")
	}
	moved := int64(0)
	var lft, rgt strings.Builder
	for _, b := range branches {
		moved += b.room()
		fmt.Fprintf(&lft, " + CASE WHEN lft > %d THEN %d ELSE 0 END", b.rgt, b.room())
		fmt.Fprintf(&rgt, " + CASE WHEN rgt >= %d THEN %d ELSE 0 END", b.rgt, b.room())
	}
	_, err := u.Tx.Exec(ctx, s.sql("UPDATE {assets} SET lft = lft"+lft.String()+", rgt = rgt"+rgt.String()+" WHERE lft >= 0 AND rgt >= ?"), branches[0].rgt)
	return err
}

// keepOthers remembers assets that belong to no record of the migration.
func (s *Site) keepOthers(ctx context.Context, u *cms.Unit, rows []row) error {
	if u.Shared == nil {
		return nil
	}
	byKind := map[cms.Kind][]string{}
	for _, r := range rows {
		if kind, id, ok := ownerOf(r.Text("name")); ok {
			byKind[kind] = append(byKind[kind], id)
		}
	}
	others := map[cms.Kind][]string{}
	for kind, ids := range byKind {
		var err error
		if others[kind], err = u.Shared.Strangers(ctx, []cms.Kind{kind}, ids); err != nil {
			return err
		}
	}
	for _, r := range rows {
		kind, id, ok := ownerOf(r.Text("name"))
		if ok && !slices.Contains(others[kind], id) {
			continue
		}
		if err := u.Keep(ctx, cms.Row{Table: "assets", Column: "id", Value: r.Text("id")}); err != nil {
			return err
		}
	}
	return nil
}

// fill places what is new below a branch, from a number on.
func (s *Site) fill(ctx context.Context, u *cms.Unit, b *branch, at, level int64) error {
	for _, c := range b.below {
		if _, err := u.Tx.Exec(ctx, s.sql("UPDATE {assets} SET lft = ?, rgt = ?, level = ? WHERE id = ?"), at, at+1+c.room(), level, c.id); err != nil {
			return err
		}
		if err := s.fill(ctx, u, c, at+1, level+1); err != nil {
			return err
		}
		at += 2 + c.room()
	}
	for n := b.articles; n > 0; {
		ids, err := s.column(ctx, u.Tx, "SELECT id FROM {assets} WHERE lft < 0 AND parent_id = ? AND "+ofArticle+" ORDER BY id LIMIT ?", b.id, assetPage)
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := s.line(ctx, u, ids, at, level); err != nil {
			return err
		}
		at, n = at+2*int64(len(ids)), n-int64(len(ids))
	}
	return nil
}

// line places assets side by side.
func (s *Site) line(ctx context.Context, u *cms.Unit, ids []string, at, level int64) error {
	for len(ids) > 0 {
		n := min(len(ids), cmssql.InList)
		var places strings.Builder
		for _, id := range ids[:n] {
			fmt.Fprintf(&places, " WHEN %d THEN %d", atoi(id), at)
			at += 2
		}
		if err := cmssql.ExecIn(ctx, u.Tx, ids[:n], s.sql("UPDATE {assets} SET level = ?, lft = CASE id"+places.String()+" END WHERE id IN "), level); err != nil {
			return err
		}
		if err := cmssql.ExecIn(ctx, u.Tx, ids[:n], s.sql("UPDATE {assets} SET rgt = lft + 1 WHERE id IN ")); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}
