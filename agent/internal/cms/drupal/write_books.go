package drupal

import (
	"context"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// bookField is the custom field that says what book a node is a page of. What the page stands below is the entry's parent.
const bookField = "book"

// Slots of a page: the node that its book is named after, and the page that it stands below.
const slotBook, slotAbove = "book", "above"

// bookDepth is how deep Drupal lets a page stand, its book included. (Drupal 9.5.11, BookManager::BOOK_MAX_DEPTH)
const bookDepth = 9

// bookOf is the entry that a record's book is named after; nil: it is no page of one.
func bookOf(rec *recordv1.Record) *recordv1.Ref {
	for _, f := range rec.GetFields() {
		if f.GetName() == bookField {
			return dig(f.GetValue(), "bid").GetRef()
		}
	}
	return nil
}

// outside tells what an entry loses that is no page of a book: only those have a place among others.
func (d *draft) outside() {
	e := d.rec.GetEntry()
	if bookOf(d.rec) != nil && d.w.s.has("book") || d.e.of != "" {
		return
	}
	if e.GetParent() != nil {
		d.adjust("parent", "no_place", "")
	}
	if e.GetPosition() != 0 {
		d.adjust("position", "no_place", "")
	}
	if bookOf(d.rec) != nil {
		d.adjust("fields."+bookField, "no_books", "")
	}
}

// books gives nodes their place in books. How deep a page stands, and the way down to it, is for outlines.
func (w *writer) pages(ctx context.Context, ds []*draft) error {
	if !w.s.has("book") {
		return nil
	}
	for _, d := range ds {
		root := bookOf(d.rec)
		if d.lang != "" || d.e.of != "" || root == nil && !d.known {
			continue
		}
		if err := w.page(ctx, d, root); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) page(ctx context.Context, d *draft, root *recordv1.Ref) error {
	if root == nil {
		return w.leaveBook(ctx, d.id)
	}
	own := d.rec.GetRef()
	bid, above := d.id, int64(0)
	if root.GetSourceId() != own.GetSourceId() {
		bid = d.pointed(slotBook, "", root)
		if above = bid; d.rec.GetEntry().GetParent() != nil {
			above = d.pointed(slotAbove, "", d.rec.GetEntry().GetParent())
		}
	}
	if w.s.seven {
		return w.page7(ctx, d, bid, above)
	}
	row := map[string]any{"nid": d.id, "bid": bid, "pid": above, "weight": d.rec.GetEntry().GetPosition()}
	there, err := w.s.query(ctx, w.q, "SELECT nid FROM {book} WHERE nid = ?", d.id)
	if err != nil {
		return err
	}
	if len(there) > 0 {
		return w.exec(ctx, "UPDATE {book} SET bid = ?, pid = ?, weight = ?, depth = 0 WHERE nid = ?", bid, above, row["weight"], d.id)
	}
	_, err = w.insert(ctx, "book", []map[string]any{row})
	return err
}

// page7 writes the page's link, by which Drupal 7 keeps books. (Drupal 7.105, _book_update_outline)
func (w *writer) page7(ctx context.Context, d *draft, bid, above int64) error {
	path := "node/" + itoa(d.id)
	router, err := w.routerPath7(ctx, path)
	if err != nil {
		return err
	}
	plid, err := w.linkOf7(ctx, above)
	if err != nil {
		return err
	}
	mlid, err := w.linkOf7(ctx, d.id)
	if err != nil {
		return err
	}
	if mlid > 0 {
		if err := w.exec(ctx, "UPDATE {menu_links} SET menu_name = ?, plid = ?, link_title = ?, weight = ?, depth = 0 WHERE mlid = ?", toc7(bid), plid, d.cols["title"], d.rec.GetEntry().GetPosition(), mlid); err != nil {
			return err
		}
		return w.exec(ctx, "UPDATE {book} SET bid = ? WHERE nid = ?", bid, d.id)
	}
	ids, err := w.insert(ctx, "menu_links", []map[string]any{{"menu_name": toc7(bid), "plid": plid, "link_path": path, "router_path": router, "link_title": d.cols["title"], "options": []byte("a:0:{}"), "module": "book",
		"hidden": 0, "external": 0, "has_children": 0, "expanded": 0, "weight": d.rec.GetEntry().GetPosition(), "depth": 0, "customized": 0, "updated": 0}})
	if err != nil {
		return err
	}
	_, err = w.insert(ctx, "book", []map[string]any{{"mlid": ids[0], "nid": d.id, "bid": bid}})
	return err
}

// toc7 is the menu that holds the pages of a book.
func toc7(bid int64) string { return "book-toc-" + itoa(bid) }

// linkOf7 is the link of a page; 0: it is none.
func (w *writer) linkOf7(ctx context.Context, nid int64) (int64, error) {
	if nid == 0 {
		return 0, nil
	}
	rows, err := w.s.query(ctx, w.q, "SELECT mlid FROM {book} WHERE nid = ?", nid)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	return rows[0].number("mlid"), nil
}

// leaveBook takes a page out.
func (w *writer) leaveBook(ctx context.Context, nid int64) error {
	if w.s.seven {
		mlid, err := w.linkOf7(ctx, nid)
		if err != nil || mlid == 0 {
			return err
		}
		if err := w.exec(ctx, "DELETE FROM {menu_links} WHERE module = 'book' AND mlid = ?", mlid); err != nil {
			return err
		}
	}
	return w.exec(ctx, "DELETE FROM {book} WHERE nid = ?", nid)
}

// relinkPage fills what a page's place lacked; one whose book is not here is no page.
func (w *writer) relinkPage(ctx context.Context, slot string, nid, to int64) error {
	switch {
	case !w.s.has("book"):
		return nil
	case to == 0 && slot == slotBook:
		return w.leaveBook(ctx, nid)
	case to == 0:
		return nil
	case !w.s.seven && slot == slotBook:
		return w.exec(ctx, "UPDATE {book} SET bid = ?, pid = CASE WHEN pid = 0 THEN ? ELSE pid END, depth = 0 WHERE nid = ?", to, to, nid)
	case !w.s.seven:
		return w.exec(ctx, "UPDATE {book} SET pid = ?, depth = 0 WHERE nid = ?", to, nid)
	}
	mlid, err := w.linkOf7(ctx, nid)
	if err != nil || mlid == 0 {
		return err
	}
	if slot == slotBook {
		if err := w.exec(ctx, "UPDATE {book} SET bid = ? WHERE nid = ?", to, nid); err != nil {
			return err
		}
		return w.exec(ctx, "UPDATE {menu_links} SET menu_name = ?, depth = 0 WHERE mlid = ?", toc7(to), mlid)
	}
	plid, err := w.linkOf7(ctx, to)
	if err != nil || plid == 0 {
		return err
	}
	return w.exec(ctx, "UPDATE {menu_links} SET plid = ?, depth = 0 WHERE mlid = ?", plid, mlid)
}

// bookPage is a page on the way down from its book.
type bookPage struct {
	row
	id, above int64
	// way holds the pages from the book down to this one; nil until it is known.
	way []int64
	// parent says that pages stand below.
	parent bool
}

// outlines tells pages how deep they stand and the way down to them, one book after the other. Books of which nothing was written are
// left alone: no page of Drupal's own stands at depth 0.
func (w *writer) outlines(ctx context.Context) error {
	if !w.s.has("book") {
		return nil
	}
	query := "SELECT DISTINCT bid FROM {book} WHERE bid > 0 AND depth = 0"
	if w.s.seven {
		query = "SELECT DISTINCT b.bid FROM {book} b JOIN {menu_links} m ON m.mlid = b.mlid WHERE b.bid > 0 AND m.depth = 0"
	}
	books, err := w.s.query(ctx, w.q, query)
	if err != nil {
		return err
	}
	for _, b := range books {
		if err := w.outlineOf(ctx, b.number("bid")); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) outlineOf(ctx context.Context, bid int64) error {
	query := "SELECT nid, nid AS id, pid AS above, has_children, depth, p1, p2, p3, p4, p5, p6, p7, p8, p9 FROM {book} WHERE bid = ? ORDER BY nid"
	if w.s.seven {
		query = "SELECT b.nid, m.mlid AS id, m.plid AS above, m.has_children, m.depth, m.p1, m.p2, m.p3, m.p4, m.p5, m.p6, m.p7, m.p8, m.p9 FROM {book} b JOIN {menu_links} m ON m.mlid = b.mlid WHERE b.bid = ? ORDER BY b.nid"
	}
	rows, err := w.s.query(ctx, w.q, query, bid)
	if err != nil {
		return err
	}
	all := map[int64]*bookPage{}
	var root *bookPage
	for _, r := range rows {
		p := &bookPage{row: r, id: r.number("id"), above: r.number("above")}
		if all[p.id] = p; r.number("nid") == bid {
			root = p
		}
	}
	if root == nil {
		return nil
	}
	root.above, root.way = 0, []int64{root.id}
	for _, r := range rows {
		all[r.number("id")].goDown(all, root)
	}
	for _, r := range rows {
		if err := w.tellPage(ctx, all[r.number("id")]); err != nil {
			return err
		}
	}
	return nil
}

// goDown finds the way down to a page. One whose place is not there, below itself or too deep stands right below the book, or as deep as
// it may.
func (p *bookPage) goDown(all map[int64]*bookPage, root *bookPage) {
	var up []*bookPage
	for p.way == nil {
		up = append(up, p)
		next := all[p.above]
		if next == nil || slices.Contains(up, next) {
			next = root
		}
		p = next
	}
	for _, q := range slices.Backward(up) {
		for len(p.way) >= bookDepth {
			p = all[p.above]
		}
		q.above, q.way, p.parent = p.id, append(slices.Clone(p.way), q.id), true
		p = q
	}
}

// tellPage writes what Drupal derives of a page's place, where it is told otherwise.
func (w *writer) tellPage(ctx context.Context, p *bookPage) error {
	sets, args := []string{"above = ?", "has_children = ?", "depth = ?"}, []any{p.above, flag(p.parent), len(p.way)}
	same := p.number("above") == p.above && p.flag("has_children") == p.parent && p.number("depth") == int64(len(p.way))
	for i := range bookDepth {
		name, id := "p"+itoa(int64(i+1)), int64(0)
		if i < len(p.way) {
			id = p.way[i]
		}
		sets, args = append(sets, name+" = ?"), append(args, id)
		same = same && p.number(name) == id
	}
	if same {
		return nil
	}
	table, key, above := "book", "nid", "pid"
	if w.s.seven {
		table, key, above = "menu_links", "mlid", "plid"
	}
	sets[0] = above + " = ?"
	return w.exec(ctx, "UPDATE {"+table+"} SET "+strings.Join(sets, ", ")+" WHERE "+key+" = ?", append(args, p.id)...)
}

// derivedPlace are the columns that outlines fills.
var derivedPlace = []string{"has_children", "depth", "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9"}

// pageParts are the rows of a page.
func (s *Site) pageParts() []cms.Part {
	if !s.has("book") {
		return nil
	}
	page := cms.Part{Table: "book", Owner: "t.nid", Key: "nid"}
	if !s.seven {
		page.Ignore = derivedPlace
		return []cms.Part{page}
	}
	return []cms.Part{{Table: "menu_links", Join: "JOIN {book} b ON b.mlid = t.mlid", Owner: "b.nid", Key: "mlid", Scope: "module = 'book'", Ignore: append([]string{"router_path", "updated"}, derivedPlace...)}, page}
}
