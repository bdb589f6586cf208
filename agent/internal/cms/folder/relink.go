package folder

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// The slots: all refs of a record together, and each text by its number in the record.
const (
	slotRefs = "refs"
	slotText = "text:"
)

// openMark begins the id of a ref whose record is not here yet; it is kept beside the file, never in it.
const openMark = "open:"

func isOpen(r *recordv1.Ref) bool { return strings.HasPrefix(r.GetSourceId(), openMark) }

// resolve turns source refs into ids of this folder, expands texts, and finds where files were stored.
func (d *draft) resolve() {
	record.MapRefs(d.rec, func(ref *recordv1.Ref) *recordv1.Ref {
		if id, ok := d.u.Refs.Target(ref); ok {
			return record.NewRef(ref.GetKind(), id)
		}
		token := record.NewToken(ref, "")
		d.res.Open = append(d.res.Open, cms.Open{Slot: slotRefs, Token: token})
		return record.NewRef(ref.GetKind(), openMark+token.Name())
	})
	n := 0
	record.TokenTexts(d.rec, func(_, text string) string {
		n++
		whole, missing := d.u.Refs.Expand(text)
		for _, t := range missing {
			d.res.Open = append(d.res.Open, cms.Open{Slot: slotText + strconv.Itoa(n), Token: t})
		}
		return whole
	})
	for _, f := range d.rec.GetMedia().GetFiles() {
		if stored, ok := d.u.Refs.File(f.GetId()); ok {
			f.Path = stored
		} else {
			f.Path = d.s.Place(&agentv1.FileHeader{File: f})
		}
	}
}

// Relink implements cms.Site: it takes the records as they were before, fills all slots that it got, and writes them again.
func (s *Site) Relink(ctx context.Context, u *cms.Unit, kind cms.Kind, links []cms.Link) error {
	byID := map[string][]cms.Link{}
	var ids []string
	for _, l := range links {
		if byID[l.TargetID] == nil {
			ids = append(ids, l.TargetID)
		}
		byID[l.TargetID] = append(byID[l.TargetID], l)
	}
	type waiting struct {
		id, path string
		pending  []byte
	}
	var all []waiting
	err := cmssql.EachIn(ctx, u.Tx, ids, func(r *sql.Rows) error {
		var w waiting
		err := r.Scan(&w.id, &w.path, &w.pending)
		all = append(all, w)
		return err
	}, fmt.Sprintf("SELECT id, path, pending FROM files WHERE kind = %d AND pending IS NOT NULL AND id IN ", kind), "")
	if err != nil {
		return err
	}
	for _, w := range all {
		rec := &recordv1.Record{}
		if err := proto.Unmarshal(w.pending, rec); err != nil {
			return fmt.Errorf("read a record that waits: %w", err)
		}
		fillRefs(rec, byID[w.id])
		if err := fillTexts(ctx, rec, u.Refs, byID[w.id]); err != nil {
			return err
		}
		text, err := s.render(ctx, u.Tx, rec, w.path)
		if err != nil {
			return err
		}
		pending, err := proto.Marshal(rec)
		if err != nil {
			return err
		}
		if _, err := u.Tx.Exec(ctx, "UPDATE files SET content = ?, pending = ? WHERE path = ?", text, pending, w.path); err != nil {
			return fmt.Errorf("write the row of a file: %w", err)
		}
	}
	return nil
}

// fillRefs replaces marked refs; one that leads nowhere is cleared.
func fillRefs(rec *recordv1.Record, links []cms.Link) {
	found := map[string]string{}
	for _, l := range links {
		if l.Slot == slotRefs && l.Found {
			found[openMark+l.Token.Name()] = l.Target
		}
	}
	filled := slices.ContainsFunc(links, func(l cms.Link) bool { return l.Slot == slotRefs })
	record.MapRefs(rec, func(ref *recordv1.Ref) *recordv1.Ref {
		switch id, ok := found[ref.GetSourceId()]; {
		case ok:
			return record.NewRef(ref.GetKind(), id)
		case filled && isOpen(ref):
			return nil
		}
		return ref
	})
}

// fillTexts expands exactly the texts that were left as they came: expanding another would change what it means.
func fillTexts(ctx context.Context, rec *recordv1.Record, refs cms.Refs, links []cms.Link) error {
	open := map[string]bool{}
	for _, l := range links {
		open[l.Slot] = true
	}
	visit := func(fn func(text string) string) {
		n := 0
		record.TokenTexts(rec, func(_, text string) string {
			if n++; !open[slotText+strconv.Itoa(n)] {
				return text
			}
			return fn(text)
		})
	}
	var texts []string
	visit(func(text string) string { texts = append(texts, text); return text })
	if err := refs.Load(ctx, texts...); err != nil {
		return err
	}
	visit(func(text string) string { whole, _ := refs.Expand(text); return whole })
	return nil
}
