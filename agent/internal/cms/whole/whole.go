// Package whole is for drivers that keep a record in one piece: pointers whose record is not there yet are marked in it, and filled
// later.
package whole

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// The slots: all refs of a record together, and each text by its number in the record.
const (
	slotRefs = "refs"
	slotText = "text:"
)

// openMark begins the id of a ref whose record is not there yet.
const openMark = "open:"

// Open says that a ref waits for its record: visitors see no pointer.
func Open(ref *recordv1.Ref) bool { return strings.HasPrefix(ref.GetSourceId(), openMark) }

// Resolve turns source refs into ids of the site and expands texts. What is not known yet is returned, to be filled by Fill:
// refs are marked, texts stay as they came.
func Resolve(rec *recordv1.Record, refs cms.Refs) []cms.Open {
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

// Fill fills the slots of a record that links name.
func Fill(ctx context.Context, rec *recordv1.Record, refs cms.Refs, links []cms.Link) error {
	fillRefs(rec, links)
	return fillTexts(ctx, rec, refs, links)
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
		case filled && Open(ref):
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
