package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"google.golang.org/protobuf/proto"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/transform"
)

// index reads which addresses belong to which record, and in a sync what has changed.
func (e *Env) index(ctx context.Context, t *migration.Task, j Journal) error {
	req := &agentv1.ReadIndexRequest{Kind: t.Kind, Shard: t.Range, After: t.Cursor, Options: e.options(), Digests: e.Mode.Sync}
	for resp, err := range e.Source.Index(ctx, req) {
		if err != nil {
			return err
		}
		// The agent reads whole records for this, so it is held to the rate like reading them.
		if err := e.Throttle.wait(ctx, e.Stop, uint64(len(resp.GetItems())), uint64(proto.Size(resp))); err != nil {
			return err
		}
		c := checkpoint(t)
		c.Cursor = resp.GetCursor()
		c.Counts.Read += uint64(len(resp.GetItems()))
		if e.planOf(t.Kind).Addressable {
			c.Links = LinksOf(resp.GetItems())
		}
		if e.Mode.Sync {
			if err := e.scan(ctx, t.Kind, j, resp, c); err != nil {
				return err
			}
		}
		if err := save(ctx, j, t, c); err != nil {
			return err
		}
		if e.stopped() {
			return migration.ErrStopped
		}
	}
	return end(ctx, j, t)
}

// LinksOf gives the index entries of items: one that says the record exists, and one per address.
func LinksOf(items []*agentv1.IndexItem) []migration.Link {
	var links []migration.Link
	for _, it := range items {
		key := record.KeyOf(it.GetRef())
		l := migration.Link{Kind: key.Kind, SourceID: key.ID, Hash: KeyHash(key)}
		links = append(links, l)
		own := len(links)
		for _, p := range it.GetPaths() {
			l.Hash, l.Form = PathHash(transform.NormalPath(p.GetPath())), p.GetForm()
			// Of addresses that are the same in their normal form the record's own counts, not its feed's.
			if !slices.ContainsFunc(links[own:], func(o migration.Link) bool { return o.Hash == l.Hash }) {
				links = append(links, l)
			}
		}
	}
	return links
}

// PathHash is what the link index holds instead of a normal path: the first 64 bits of its SHA-256 (Rule 8).
func PathHash(path string) int64 { return hash64("p" + path) }

// KeyHash stands for the existence of a record.
func KeyHash(k record.Key) int64 { return hash64("k" + k.String()) }

func hash64(s string) int64 {
	sum := sha256.Sum256([]byte(s))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}
