package joomla

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

// tree is a table with a nested set.
type tree struct {
	table, prefix string
	// owner selects (id of a row, target id of its record), kind is that of the records.
	owner string
	kind  cms.Kind
}

var trees = []tree{
	{"categories", "", "SELECT id, id AS owner FROM {categories}", kindTerm},
	{"tags", tagPrefix, "SELECT id, id AS owner FROM {tags}", kindTerm},
	{"menu", "", "SELECT m.id, t.id AS owner FROM {menu} m JOIN {menu_types} t ON t.menutype = m.menutype WHERE m.client_id = 0", kindMenu},
}

// Finish places what was written in the nested sets.
func (s *Site) Finish(ctx context.Context, u *cms.Unit) ([]*agentv1.Finding, error) {
	for _, t := range trees {
		if !s.schema.Has(t.table) {
			continue
		}
		if err := s.place(ctx, u, t); err != nil {
			return nil, fmt.Errorf("place %s: %w", t.table, err)
		}
	}
	if err := s.placeAssets(ctx, u); err != nil {
		return nil, fmt.Errorf("place assets: %w", err)
	}
	languages, err := s.languagesTogether(ctx, u)
	return append(languages, []*agentv1.Finding{
		{Code: "search_index", Severity: info, Cause: "smart search does not know yet what was written", Fix: "Run `php cli/joomla.php finder:index` (Joomla 3: `php cli/finder_indexer.php`), if the site uses it."},
		{Code: "clear_cache", Severity: info, Cause: "pages may come from Joomla's cache", Fix: "Clear the cache in the administration, System > Clear Cache."},
	}...), err
}

// languagesTogether tells when visitors see entries of all languages at once: Joomla leaves out those of another language only where
// its language filter is on.
func (s *Site) languagesTogether(ctx context.Context, u *cms.Unit) ([]*agentv1.Finding, error) {
	on, err := s.one(ctx, u.Tx, "SELECT enabled FROM {extensions} WHERE type = 'plugin' AND folder = 'system' AND element = 'languagefilter'")
	if err != nil || on == "1" {
		return nil, err
	}
	languages, err := s.column(ctx, u.Tx, "SELECT DISTINCT language FROM {content} WHERE state > 0 AND language NOT IN ('*', '') ORDER BY language")
	if err != nil || len(languages) < 2 {
		return nil, err
	}
	return []*agentv1.Finding{{Code: "languages_together", Severity: agentv1.Severity_SEVERITY_WARNING, Kind: kindEntry, Count: uint64(len(languages)),
		Cause: "visitors see the articles of all languages side by side, because Joomla's language filter is off",
		Fix:   "Install the languages " + strings.Join(languages, ", ") + ", make a content language and a start page for each, then enable the plugin System - Language Filter."}}, nil
}

// node is one row of a nested set.
type node struct {
	id, parent       string
	lft, rgt, level  int64
	alias, path      string
	below            []*node
	nlft, nrgt, nlvl int64
	npath            string
}

// place computes the nested set from parents, in the order that is there and new rows behind it, and writes what differs.
// Rows of others move when something is put before them: they are remembered as they were (Rule 6).
func (s *Site) place(ctx context.Context, u *cms.Unit, t tree) error {
	// The root's row is the lock that Joomla's own changes of the tree wait for.
	rows, err := s.query(ctx, u.Tx, "SELECT id, parent_id, lft, rgt, level, alias, path FROM {"+t.table+"} ORDER BY id FOR UPDATE")
	if err != nil {
		return err
	}
	nodes := map[string]*node{}
	var all []*node
	fresh := false
	for _, r := range rows {
		n := &node{id: r.Text("id"), parent: r.Text("parent_id"), lft: r.Number("lft"), rgt: r.Number("rgt"), level: r.Number("level"), alias: r.Text("alias"), path: r.Text("path")}
		nodes[n.id] = n
		all = append(all, n)
		fresh = fresh || n.lft < 0
	}
	root := rootOf(all)
	if root == nil {
		return nil
	}
	ours, err := s.ours(ctx, u, t)
	if err != nil {
		return err
	}
	// Nothing was written here, or all of it is placed: the target's tree is left as it is, right or wrong.
	for _, n := range all {
		above := nodes[n.parent]
		fresh = fresh || ours[n.id] && above != nil && (n.lft <= above.lft || n.rgt >= above.rgt)
	}
	if !fresh {
		return nil
	}
	hang(all, nodes, root)
	count := root.lft
	root.number(0, "", &count)
	return s.rewrite(ctx, u, t, all, ours)
}

func rootOf(all []*node) *node {
	for _, n := range all {
		if n.parent == "0" {
			return n
		}
	}
	return nil
}

// hang ties nodes to those above; one whose parent is not there, or that hangs below itself, hangs below the root.
func hang(all []*node, nodes map[string]*node, root *node) {
	for _, n := range all {
		if n == root {
			continue
		}
		above := nodes[n.parent]
		for up, steps := above, 0; ; up, steps = nodes[up.parent], steps+1 {
			if up == nil || up == n || steps > len(all) {
				above = root
				break
			}
			if up == root {
				break
			}
		}
		above.below = append(above.below, n)
	}
	for _, n := range all {
		slices.SortStableFunc(n.below, func(a, b *node) int {
			switch {
			case (a.lft < 0) != (b.lft < 0):
				// What is new comes behind.
				return int(a.lft>>63&1) - int(b.lft>>63&1)
			case a.lft != b.lft:
				return int(a.lft - b.lft)
			}
			return int(atoi(a.id) - atoi(b.id))
		})
	}
}

func (n *node) number(level int64, path string, count *int64) {
	n.nlft, n.nlvl, n.npath = *count, level, path
	*count++
	for _, b := range n.below {
		b.number(level+1, strings.TrimPrefix(path+"/"+b.alias, "/"), count)
	}
	n.nrgt = *count
	*count++
}

// rewrite writes the rows that differ. What others have keeps its path, which is theirs.
func (s *Site) rewrite(ctx context.Context, u *cms.Unit, t tree, all []*node, ours map[string]bool) error {
	moved := slices.DeleteFunc(slices.Clone(all), func(n *node) bool {
		return n.lft == n.nlft && n.rgt == n.nrgt && n.level == n.nlvl && n.path == n.npath
	})
	for _, n := range moved {
		if !ours[n.id] {
			if n.npath = n.path; n.lft == n.nlft && n.rgt == n.nrgt && n.level == n.nlvl {
				continue
			}
			if err := u.Keep(ctx, cms.Row{Table: t.table, Column: "id", Value: n.id}); err != nil {
				return err
			}
		}
		if _, err := u.Tx.Exec(ctx, s.sql("UPDATE {"+t.table+"} SET lft = ?, rgt = ?, level = ?, path = ? WHERE id = ?"), n.nlft, n.nrgt, n.nlvl, n.npath, atoi(n.id)); err != nil {
			return err
		}
	}
	return nil
}

// ours are the rows that records of a migration consist of.
func (s *Site) ours(ctx context.Context, u *cms.Unit, t tree) (map[string]bool, error) {
	rows, err := s.query(ctx, u.Tx, t.owner)
	if err != nil || u.Shared == nil {
		return nil, err
	}
	ids, seen := []string{}, map[string]bool{}
	for _, r := range rows {
		if id := t.prefix + r.Text("owner"); !seen[id] {
			seen[id], ids = true, append(ids, id)
		}
	}
	strangers, err := u.Shared.Strangers(ctx, []cms.Kind{t.kind}, slices.Clone(ids))
	others := map[string]bool{}
	for _, id := range strangers {
		others[id] = true
	}
	mine := map[string]bool{}
	for _, r := range rows {
		mine[r.Text("id")] = !others[t.prefix+r.Text("owner")]
	}
	return mine, err
}
