package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/store/sqlite/queries"
	"github.com/baileybridge/bailey/orchestrator/internal/store/sqlstore"
)

// bulk keeps an entry in a row: a table without row ids is its own index.
type bulk struct{ *queries.Queries }

var _ sqlstore.Bulk = bulk{}

// AddLinks implements sqlstore.Index.
func (b bulk) AddLinks(ctx context.Context, space int64, links []migration.Link) error {
	all := map[migration.Link]*object{}
	for _, l := range links {
		k := migration.Link{Kind: l.Kind, Form: l.Form}
		if all[k] == nil {
			all[k] = &object{}
		}
		all[k].addRaw(strconv.FormatInt(l.Hash, 10), compact(l.SourceID))
	}
	for k, o := range all {
		if err := b.Queries.AddLinks(ctx, space, int64(k.Kind), k.Form, o.String()); err != nil {
			return err
		}
	}
	return nil
}

// compact writes a decimal id as a number, when that gives the same text back.
func compact(id string) string {
	if n, err := strconv.ParseInt(id, 10, 64); err == nil && strconv.FormatInt(n, 10) == id {
		return id
	}
	return list(id)
}

func list(rows any) string {
	b, err := json.Marshal(rows)
	if err != nil {
		panic(err) // numbers and texts always marshal
	}
	return string(b)
}

// FindLink implements sqlstore.Index.
func (b bulk) FindLink(ctx context.Context, space, hash int64) (migration.Link, error) {
	r, err := b.Queries.FindLink(ctx, space, hash)
	return migration.Link{Hash: hash, Kind: r.Kind, SourceID: r.SourceID, Form: r.Form.String}, err
}

// DropLinksOf implements sqlstore.Index.
func (b bulk) DropLinksOf(ctx context.Context, space int64, gone []migration.Gone) (dropped bool, err error) {
	for _, g := range gone {
		n, err := b.Queries.DropLinksOf(ctx, space, g.Kind, g.SourceID)
		if err != nil {
			return dropped, err
		}
		dropped = dropped || n > 0
	}
	return dropped, nil
}

// DropStaleLinks implements sqlstore.Index.
func (b bulk) DropStaleLinks(ctx context.Context, space, run int64, links []migration.Link) (bool, error) {
	hashes := make([]int64, len(links))
	for i, l := range links {
		hashes[i] = l.Hash
	}
	n, err := b.Queries.DropStaleLinks(ctx, space, list(hashes), run)
	return n > 0, err
}

// See implements sqlstore.Index.
func (b bulk) See(ctx context.Context, space, run int64, seen []migration.Seen) error {
	rows := make([][3]any, len(seen))
	for i, r := range seen {
		rows[i] = [3]any{r.Kind, r.SourceID, 0}
		if r.Due {
			rows[i][2] = 1
		}
	}
	return b.Queries.See(ctx, space, run, list(rows))
}

// Know implements sqlstore.Index.
func (b bulk) Know(ctx context.Context, space, run int64, known []migration.Known) error {
	all := map[recordv1.Kind]*object{}
	for _, r := range known {
		if all[r.Kind] == nil {
			all[r.Kind] = &object{}
		}
		all[r.Kind].add(r.SourceID, r.Digest)
	}
	for kind, o := range all {
		if err := b.Queries.Know(ctx, space, int64(kind), run, o.String()); err != nil {
			return err
		}
	}
	return nil
}

// Unknow implements sqlstore.Index.
func (b bulk) Unknow(ctx context.Context, space int64, gone []migration.Gone) error {
	for _, g := range gone {
		if err := b.Queries.Unknow(ctx, space, g.Kind, g.SourceID); err != nil {
			return err
		}
	}
	return nil
}

// KnownOf implements sqlstore.Index.
func (b bulk) KnownOf(ctx context.Context, space int64, k recordv1.Kind, sourceIDs []string) (map[string]int64, error) {
	of, err := b.Queries.KnownOf(ctx, space, k, list(sourceIDs))
	known := make(map[string]int64, len(of))
	for _, r := range of {
		digest, id, _ := strings.Cut(r, " ")
		n, perr := strconv.ParseInt(digest, 10, 64)
		known[id] = n
		err = errors.Join(err, perr)
	}
	return known, err
}

// Due implements sqlstore.Index.
func (b bulk) Due(ctx context.Context, space, run int64, k recordv1.Kind, after string, limit int) ([]migration.Known, error) {
	rows, err := b.Queries.Due(ctx, queries.DueParams{Space: space, Kind: k, Seen: run, After: after, Most: int64(limit)})
	due := make([]migration.Known, len(rows))
	for i, r := range rows {
		due[i] = migration.Known{Kind: k, SourceID: r.SourceID, Digest: r.Digest}
	}
	return due, err
}

// Missing implements sqlstore.Index.
func (b bulk) Missing(ctx context.Context, space, run int64, k recordv1.Kind, after string, limit int) ([]string, error) {
	return b.Queries.Missing(ctx, queries.MissingParams{Space: space, Kind: k, Seen: run, After: after, Most: int64(limit)})
}

// CountSettled implements sqlstore.Index.
func (b bulk) CountSettled(ctx context.Context, space, run int64, k recordv1.Kind) (uint64, error) {
	n, err := b.Queries.CountSettled(ctx, space, k, run)
	return uint64(max(n, 0)), err
}
