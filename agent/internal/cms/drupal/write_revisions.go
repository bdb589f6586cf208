package drupal

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// slotVersion is the pointer from an older version to its node. It is always left to Relink: there versions are hung on nodes that
// are all written by then, and the current one of each is numbered behind them.
const slotVersion = "version"

func isVersion(rec *recordv1.Record) bool {
	return rec.GetEntry().GetPurpose() == recordv1.Purpose_PURPOSE_REVISION
}

// versionsOf gives older versions of nodes what they have of their node: its type, and the language of the record whose versions
// they are. A translation's have its language for their own, so that each can be looked at and brought back alone.
func (w *writer) versionsOf(ctx context.Context, ds []*draft) error {
	nodes, err := w.nodesOf(ctx, ds)
	if err != nil {
		return err
	}
	for _, d := range ds {
		e := d.rec.GetEntry()
		if e.GetParent() == nil {
			d.leave(agentv1.Outcome_OUTCOME_SKIPPED, "version_of_nothing", "the record does not say of which entry it is a version", "Nothing to do: nobody can look at such a version.", "parent")
			continue
		}
		target, _ := w.u.Refs.Target(e.GetParent())
		// Until its node is known, it is taken for one of a type that is there.
		d.bundle, d.cols["nid"] = w.s.someType(machine(e.GetType(), 32)), 0
		if n, ok := nodes[w.s.entity("node").number(target)]; ok {
			d.bundle, d.cols["nid"], d.cols["langcode"] = n.text("type"), n.number("nid"), cmp.Or(tongue(target), n.text("langcode"))
		}
		d.oldVersion(e)
	}
	return nil
}

// nodesOf are the nodes of versions, as far as they are there.
func (w *writer) nodesOf(ctx context.Context, ds []*draft) (map[int64]row, error) {
	nodes := map[int64]row{}
	for _, d := range ds {
		if target, ok := w.u.Refs.Target(d.rec.GetEntry().GetParent()); ok {
			nodes[w.s.entity("node").number(target)] = row{}
		}
	}
	rows, err := queryIn(ctx, w.s, w.q, slices.Collect(maps.Keys(nodes)), "SELECT nid, type, langcode FROM {node} WHERE nid IN ", "")
	clear(nodes)
	for _, r := range rows {
		nodes[r.number("nid")] = r
	}
	return nodes, err
}

// someType is a type that has a body, the wished one when it is there.
func (s *Site) someType(wish string) string {
	if s.schema.field("node", wish, "body") != nil {
		return wish
	}
	for _, name := range sortedKeys(s.schema.fields["node"]) {
		if s.schema.field("node", name, "body") != nil {
			return name
		}
	}
	return wish
}

// oldVersion fills an older version. Platforms that do not name the type of versions do not keep their status either: it is the node's.
func (d *draft) oldVersion(e *recordv1.Entry) {
	d.entry(e)
	d.cols["content_translation_source"], d.cols["content_translation_outdated"] = "und", 0
	slot := slotVersion
	if e.GetType() == "revision" {
		slot += ":status"
		d.adjust("status", "status_of_entry", "")
	}
	if d.bundle != e.GetType() {
		d.adjust("type", "type_of_entry", "")
	}
	if e.GetSlug() != "" {
		d.adjust("slug", "no_place", "")
	}
	if d.w.s.speaks() {
		d.adjust("locale", "language_of_entry", "")
		d.adjust("parent", "node_of_all_languages", "")
	}
	if d.rec.GetTranslationGroup() != "" {
		d.adjust("translation_group", "group_renumbered", "")
	}
	d.wait(slot, record.NewToken(e.GetParent(), ""))
	d.measure()
}

// hangVersions gives versions their nodes, and numbers the current versions of these anew.
func (w *writer) hangVersions(ctx context.Context, gs []*slotLinks) error {
	node := w.s.entity("node")
	var nids []int64
	for _, g := range gs {
		if id := node.number(g.links[0].Target); g.links[0].Found && id > 0 {
			nids = append(nids, id)
		}
	}
	slices.Sort(nids)
	nids = slices.Compact(nids)
	rows, err := queryIn(ctx, w.s, w.q, nids, "SELECT n.nid, n.type, n.langcode, d.langcode AS lang, d.status FROM {node} n JOIN {node_field_data} d ON d.nid = n.nid WHERE n.nid IN ", "")
	if err != nil {
		return err
	}
	nodes := by(rows, "nid")
	for _, g := range gs {
		target := g.links[0].Target
		for _, n := range nodes[itoa(node.number(target))] {
			if n.text("lang") != cmp.Or(tongue(target), n.text("langcode")) {
				continue
			}
			if err := w.hangVersion(ctx, g, n); err != nil {
				return err
			}
		}
	}
	return w.renumber(ctx, nids)
}

// hangVersion gives one version its node.
func (w *writer) hangVersion(ctx context.Context, g *slotLinks, n row) error {
	for _, table := range g.e.tables() {
		if err := w.exec(ctx, "UPDATE {"+table+"} SET nid = ?, langcode = ? WHERE vid = ?", n.number("nid"), n.text("lang"), g.id); err != nil {
			return err
		}
	}
	if len(g.slot) > 1 {
		if err := w.exec(ctx, "UPDATE {node_field_revision} SET status = ? WHERE vid = ?", n.number("status"), g.id); err != nil {
			return err
		}
	}
	for _, f := range w.s.schema.tables("node") {
		if !w.s.live.real(f.revision) {
			continue
		}
		if err := w.exec(ctx, "UPDATE {"+f.revision+"} SET entity_id = ?, bundle = ?, langcode = ? WHERE revision_id = ?", n.number("nid"), n.text("type"), n.text("lang"), g.id); err != nil {
			return err
		}
	}
	return nil
}

// renumber gives the current versions of nodes the highest number of theirs: Drupal takes a later one for a draft of what is to come.
func (w *writer) renumber(ctx context.Context, nids []int64) error {
	rows, err := queryIn(ctx, w.s, w.q, nids, "SELECT n.nid, n.vid FROM {node} n WHERE n.vid < (SELECT MAX(r.vid) FROM {node_revision} r WHERE r.nid = n.nid) AND n.nid IN ", "")
	if err != nil || len(rows) == 0 {
		return err
	}
	old, behind := make([]int64, len(rows)), make([]int64, len(rows))
	for i, r := range rows {
		old[i], behind[i] = r.number("vid"), r.number("nid")
	}
	var cols []string
	for _, name := range sortedKeys(w.s.live.of("node_revision")) {
		if name != "vid" {
			cols = append(cols, w.quote(name))
		}
	}
	list := strings.Join(cols, ", ")
	if err := execIn(ctx, w, old, "INSERT INTO {node_revision} ("+list+") SELECT "+list+" FROM {node_revision} WHERE vid IN "); err != nil {
		return err
	}
	last, err := queryIn(ctx, w.s, w.q, behind, "SELECT nid, MAX(vid) AS vid FROM {node_revision} WHERE nid IN ", " GROUP BY nid")
	if err != nil {
		return err
	}
	if err := execIn(ctx, w, old, "DELETE FROM {node_revision} WHERE vid IN "); err != nil {
		return err
	}
	at, now := by(last, "nid"), strings.Builder{}
	for _, r := range rows {
		now.WriteString(" WHEN " + r.text("vid") + " THEN " + at[r.text("nid")][0].text("vid"))
	}
	for _, c := range w.versionColumns() {
		if err := execIn(ctx, w, old, "UPDATE {"+c[0]+"} SET "+c[1]+" = CASE "+c[1]+now.String()+" END WHERE "+c[2]+c[1]+" IN "); err != nil {
			return err
		}
	}
	return nil
}

// versionColumns are the tables that name the version of a node, the column, and what limits it to nodes.
func (w *writer) versionColumns() [][3]string {
	all := [][3]string{{"node", "vid"}, {"node_field_data", "vid"}, {"node_field_revision", "vid"}, {"forum", "vid"}}
	for _, f := range w.s.schema.tables("node") {
		all = append(all, [3]string{f.table, "revision_id"}, [3]string{f.revision, "revision_id"})
	}
	for _, table := range []string{"content_moderation_state_field_data", "content_moderation_state_field_revision"} {
		all = append(all, [3]string{table, "content_entity_revision_id", "content_entity_type_id = 'node' AND "})
	}
	return slices.DeleteFunc(all, func(c [3]string) bool { return !w.s.live.real(c[0]) })
}
