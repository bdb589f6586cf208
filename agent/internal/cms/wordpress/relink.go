package wordpress

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Relink implements cms.Site.
func (s *Site) Relink(ctx context.Context, u *cms.Unit, kind cms.Kind, links []cms.Link) error {
	l := &relinker{ctx: ctx, s: s, u: u, tx: u.Tx, kind: kind, parents: map[int64]int64{}, texts: map[string][]int64{}}
	for _, link := range links {
		if err := l.link(link); err != nil {
			return fmt.Errorf("relink %s: %w", record.KindName(kind), err)
		}
	}
	if err := l.setParents(); err != nil {
		return fmt.Errorf("relink parents of %s: %w", record.KindName(kind), err)
	}
	for _, slot := range l.slots {
		if err := l.text(slot, l.texts[slot]); err != nil {
			return fmt.Errorf("relink texts of %s: %w", record.KindName(kind), err)
		}
	}
	return nil
}

type relinker struct {
	ctx     context.Context
	s       *Site
	u       *cms.Unit
	tx      *cmssql.Tx
	kind    cms.Kind
	parents map[int64]int64
	slots   []string
	texts   map[string][]int64
}

func (l *relinker) link(link cms.Link) error {
	id, target := atoi(link.TargetID), int64(0)
	if link.Found {
		target = atoi(link.Target)
	}
	slot, rest, _ := strings.Cut(link.Slot, ":")
	switch slot {
	case "text":
		if l.texts[rest] == nil {
			l.slots = append(l.slots, rest)
		}
		l.texts[rest] = append(l.texts[rest], id)
		return nil
	case "parent":
		l.parents[id] = target
		return nil
	case "author":
		l.s.lately.forget()
		return l.exec(target, "UPDATE {posts} SET post_author = ? WHERE ID = ?", target, id)
	case "user":
		return l.exec(target, "UPDATE {comments} SET user_id = ? WHERE comment_ID = ?", target, id)
	case "term":
		return l.term(id, target, atoi(rest))
	case "meta":
		return l.meta(id, rest, link.Token.Ref.Kind, target)
	case "item":
		return l.item(atoi(rest), link.Token.Ref.Kind, target)
	case "itemmeta":
		item, key, _ := strings.Cut(rest, ":")
		l.kind = recordv1.Kind_KIND_ENTRY
		err := l.meta(atoi(item), key, link.Token.Ref.Kind, target)
		l.kind = recordv1.Kind_KIND_MENU
		return err
	case "option":
		return l.option(rest, target)
	}
	return fmt.Errorf("the ledger holds an unknown slot %q", slot)
}

// exec runs a statement unless there is no target: what stands there then is none already.
func (l *relinker) exec(target int64, query string, args ...any) error {
	if target == 0 {
		return nil
	}
	_, err := l.tx.Exec(l.ctx, l.s.sql(query), args...)
	return err
}

// term relates an entry to a term that came later, at its place in the order.
func (l *relinker) term(entry, tt, order int64) error {
	if tt == 0 {
		return nil
	}
	have, err := cmssql.Column[int64](l.ctx, l.tx, l.s.sql("SELECT object_id FROM {term_relationships} WHERE object_id = ? AND term_taxonomy_id = ?"), entry, tt)
	if err != nil || len(have) > 0 {
		return err
	}
	return l.exec(tt, "INSERT INTO {term_relationships} (object_id, term_taxonomy_id, term_order) VALUES (?, ?, ?)", entry, tt, order)
}

// owner is the table of custom fields of the kind and the id that it uses for a record.
func (l *relinker) owner(id int64) (metaTable, int64, error) {
	switch l.kind {
	case recordv1.Kind_KIND_USER:
		return userMeta, id, nil
	case recordv1.Kind_KIND_COMMENT:
		return commentMeta, id, nil
	case recordv1.Kind_KIND_TERM:
		term, err := l.s.termID(l.ctx, l.tx, id)
		return termMeta, term, err
	}
	return postMeta, id, nil
}

// meta sets a custom field that holds an id; one that stays without a target is removed.
func (l *relinker) meta(id int64, key string, kind cms.Kind, target int64) error {
	m, owner, err := l.owner(id)
	if err != nil {
		return err
	}
	if target != 0 && kind == recordv1.Kind_KIND_TERM {
		if target, err = l.s.termID(l.ctx, l.tx, target); err != nil {
			return err
		}
	}
	if target == 0 {
		_, err = l.tx.Exec(l.ctx, l.s.sql("DELETE FROM {"+m.table+"} WHERE "+m.owner+" = ? AND meta_key = ? AND meta_value = ''"), owner, key)
		return err
	}
	_, err = l.tx.Exec(l.ctx, l.s.sql("UPDATE {"+m.table+"} SET meta_value = ? WHERE "+m.owner+" = ? AND meta_key = ?"), itoa(target), owner, key)
	return err
}

// object says in WordPress's words what a menu item points to; kind is empty when the row is gone.
func (s *Site) object(ctx context.Context, q cmssql.Querier, kind cms.Kind, id int64) (objectOf, error) {
	if kind == recordv1.Kind_KIND_TERM {
		terms, err := s.loadTerms(ctx, q, "x.term_taxonomy_id = ?", id)
		if err != nil || len(terms) == 0 {
			return objectOf{}, err
		}
		return objectOf{kind: "taxonomy", object: terms[0].taxonomy, id: terms[0].id}, nil
	}
	types, err := s.postTypes(ctx, q, []int64{id})
	if err != nil || types[id] == "" {
		return objectOf{}, err
	}
	return objectOf{kind: "post_type", object: types[id], id: id}, nil
}

// item lets a menu item point to its record; without one it becomes a custom item that leads nowhere.
func (l *relinker) item(item int64, kind cms.Kind, target int64) error {
	o := objectOf{kind: "custom", object: "custom", id: item, url: "#"}
	if target != 0 {
		now, err := l.s.object(l.ctx, l.tx, kind, target)
		if err != nil {
			return err
		}
		if now.kind != "" {
			o = now
		}
	}
	for key, value := range map[string]string{itemType: o.kind, itemObject: o.object, itemObjectID: itoa(o.id), itemURL: o.url} {
		if _, err := l.tx.Exec(l.ctx, l.s.sql("UPDATE {postmeta} SET meta_value = ? WHERE post_id = ? AND meta_key = ?"), value, item, key); err != nil {
			return err
		}
	}
	return nil
}

func (l *relinker) option(name string, target int64) error {
	if target == 0 {
		return nil
	}
	if name == "custom_logo" {
		e, err := l.s.env(l.ctx, l.tx)
		if err != nil {
			return err
		}
		return l.s.setThemeMod(l.ctx, l.u, "theme_mods_"+e.opts["stylesheet"], name, php.Int(target))
	}
	set := map[string]string{}
	if err := l.s.pointer(l.ctx, l.tx, set, name, target); err != nil {
		return err
	}
	for n, v := range set {
		if err := l.s.setOption(l.ctx, l.u, n, v); err != nil {
			return err
		}
	}
	return nil
}

// pointer adds the options that let a setting point to a row.
func (s *Site) pointer(ctx context.Context, q cmssql.Querier, set map[string]string, name string, target int64) error {
	switch name {
	case "page_on_front", "page_for_posts":
		set["show_on_front"] = "page"
	case "default_category":
		var err error
		if target, err = s.termID(ctx, q, target); err != nil {
			return err
		}
	}
	set[name] = itoa(target)
	return nil
}

// setThemeMod sets a value of the theme's settings.
func (s *Site) setThemeMod(ctx context.Context, u *cms.Unit, option, key string, value *recordv1.Value) error {
	return s.changeOption(ctx, u, option, "yes", func(old string) string {
		v, err := php.Unserialize([]byte(old))
		if err != nil && old != "" {
			// Settings that hold objects cannot be written again in the same bytes.
			return old
		}
		if v.GetArray() == nil {
			v = phpArray()
		}
		assign(v, key, value)
		return serialized(v)
	})
}

func (l *relinker) setParents() error {
	switch l.kind {
	case recordv1.Kind_KIND_TERM:
		return l.termParents()
	case recordv1.Kind_KIND_COMMENT:
		return setEach(l.ctx, l.s, l.tx, "comments", "comment_ID", "comment_parent", l.parents)
	}
	return l.s.setParents(l.ctx, l.tx, l.parents)
}

func (l *relinker) termParents() error {
	terms := map[int64]int64{}
	for id, tt := range l.parents {
		term, err := l.s.termID(l.ctx, l.tx, tt)
		if err != nil {
			return err
		}
		terms[id] = term
	}
	return setEach(l.ctx, l.s, l.tx, "term_taxonomy", "term_taxonomy_id", "parent", terms)
}

// setParents hangs posts below their parents; the slug of a revision begins with its parent's id.
func (s *Site) setParents(ctx context.Context, tx *cmssql.Tx, parents map[int64]int64) error {
	ids := make([]int64, 0, len(parents))
	for id := range parents {
		ids = append(ids, id)
	}
	names := map[int64]string{}
	err := cmssql.EachIn(ctx, tx, ids, func(r *sql.Rows) error {
		var id int64
		var name string
		err := r.Scan(&id, &name)
		names[id] = itoa(parents[id]) + "-" + name
		return err
	}, s.sql("SELECT ID, post_name FROM {posts} WHERE post_type = 'revision' AND ID IN "), "")
	if err != nil {
		return err
	}
	if err := setEach(ctx, s, tx, "posts", "ID", "post_parent", parents); err != nil {
		return err
	}
	return setEach(ctx, s, tx, "posts", "ID", "post_name", names)
}
