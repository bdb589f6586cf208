package fake

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cms"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// The slots of this platform: all refs of a record together, and each text by its number in the record.
const (
	slotRefs = "refs"
	slotText = "text:"
)

// openMark begins the id of a ref whose record is not here yet. Visitors of such a row see no pointer.
const openMark = "open:"

// resolve turns source refs into ids of this site and expands texts. What is not known yet is returned, to be filled by
// Relink: refs are marked, texts stay as they came.
func resolve(rec *recordv1.Record, refs cms.Refs) []cms.Open {
	var open []cms.Open
	record.MapRefs(rec, func(ref *recordv1.Ref) *recordv1.Ref {
		if id, ok := refs.Target(ref); ok {
			return record.NewRef(ref.GetKind(), id)
		}
		token := record.NewToken(ref, "")
		open = append(open, cms.Open{Slot: slotRefs, Token: token})
		return record.NewRef(ref.GetKind(), openMark+token.Name())
	})
	n := 0
	record.TokenTexts(rec, func(_, text string) string {
		n++
		whole, missing := refs.Expand(text)
		for _, t := range missing {
			open = append(open, cms.Open{Slot: slotText + strconv.Itoa(n), Token: t})
		}
		return whole
	})
	return open
}

// dropOpen hides pointers that are not filled yet from readers.
func dropOpen(rec *recordv1.Record) {
	record.MapRefs(rec, func(ref *recordv1.Ref) *recordv1.Ref {
		if strings.HasPrefix(ref.GetSourceId(), openMark) {
			return nil
		}
		return ref
	})
}

// Relink implements cms.Site: it reads the rows once, fills all slots that it got, and writes them back.
func (s *Site) Relink(ctx context.Context, u *cms.Unit, kind cms.Kind, links []cms.Link) error {
	byRow := map[string][]cms.Link{}
	var ids []string
	for _, l := range links {
		if byRow[l.TargetID] == nil {
			ids = append(ids, l.TargetID)
		}
		byRow[l.TargetID] = append(byRow[l.TargetID], l)
	}
	rows, err := s.byID(ctx, u.Tx, kind, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if r, ok := rows[id]; ok {
			if err := s.fill(ctx, u, kind, r, byRow[id]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Site) fill(ctx context.Context, u *cms.Unit, kind cms.Kind, r row, links []cms.Link) error {
	rec := &recordv1.Record{}
	if err := proto.Unmarshal(r.body, rec); err != nil {
		return fmt.Errorf("decode the row: %w", err)
	}
	fillRefs(rec, links)
	if err := fillTexts(ctx, rec, u.Refs, links); err != nil {
		return err
	}
	next, err := encode(rec)
	if err != nil {
		return err
	}
	if _, err := u.Tx.Exec(ctx, "UPDATE "+s.kindTable(kind)+" SET body = ? WHERE id = ?", next.body, r.id); err != nil {
		return fmt.Errorf("update: %w", err)
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
		case filled && strings.HasPrefix(ref.GetSourceId(), openMark):
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
