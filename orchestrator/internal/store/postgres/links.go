package postgres

import (
	"context"
	"database/sql"
	"slices"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// AddLinks implements sqlstore.Index.
func (b bulk) AddLinks(ctx context.Context, space int64, links []migration.Link) error {
	return b.editLinks(ctx, space, links, func(all []address, add migration.Link) []address {
		a := address{add}
		i := slices.IndexFunc(all, func(old address) bool { return old.Hash == a.Hash })
		switch {
		case i < 0:
			all = append(all, a)
		case a.before(all[i]):
			all[i] = a
		}
		return all
	})
}

// editLinks locks the space and changes the packs of addresses, one after the other.
func (b bulk) editLinks(ctx context.Context, space int64, links []migration.Link, change func([]address, migration.Link) []address) error {
	bits, err := b.LockSpace(ctx, space)
	if err != nil {
		return err
	}
	by := map[int64][]migration.Link{}
	for _, l := range links {
		bucket := upper(uint64(l.Hash), bits)
		by[bucket] = append(by[bucket], l)
	}
	return edit(ctx, b, space, partLinks, sorted(by), decodeAddress, func(bucket int64, all []address) []address {
		for _, l := range by[bucket] {
			all = change(all, l)
		}
		return all
	})
}

// FindLink implements sqlstore.Index.
func (b bulk) FindLink(ctx context.Context, space, hash int64) (migration.Link, error) {
	data, err := b.PackOf(ctx, hash, space, partLinks)
	if err != nil {
		return migration.Link{}, err
	}
	all, err := decode(data, decodeAddress)
	if i := slices.IndexFunc(all, func(a address) bool { return a.Hash == hash }); err == nil && i >= 0 {
		return all[i].Link, nil
	}
	if err == nil {
		err = sql.ErrNoRows
	}
	return migration.Link{}, err
}

// key is a record.
type key struct {
	kind recordv1.Kind
	id   string
}

// DropLinksOf implements sqlstore.Index.
func (b bulk) DropLinksOf(ctx context.Context, space int64, gone []migration.Gone) (dropped bool, err error) {
	of := map[key]bool{}
	for _, g := range gone {
		of[key{g.Kind, g.SourceID}] = true
	}
	err = b.dropLinks(ctx, space, func([][]address) (map[key]bool, error) { return of, nil }, func() { dropped = true })
	return dropped, err
}

// dropLinks goes through all addresses and removes those of the records that of names for a page.
func (b bulk) dropLinks(ctx context.Context, space int64, of func(page [][]address) (map[key]bool, error), dropped func()) error {
	if _, err := b.LockSpace(ctx, space); err != nil {
		return err
	}
	return scan(ctx, b, space, partLinks, 0, decodeAddress, func(page [][]address) (bool, error) {
		drop, err := of(page)
		if err != nil {
			return false, err
		}
		for i, all := range page {
			page[i] = slices.DeleteFunc(all, func(a address) bool { return drop[key{a.Kind, a.SourceID}] })
			if len(page[i]) < len(all) {
				dropped()
			}
		}
		return true, nil
	}, true)
}

// DropUnknownLinks implements sqlstore.Index.
func (b bulk) DropUnknownLinks(ctx context.Context, space int64) error {
	return b.dropLinks(ctx, space, func(page [][]address) (map[key]bool, error) {
		return b.unlike(ctx, space, slices.Concat(page...), func(remembered) bool { return true })
	}, func() {})
}

// unlike are the owners of addresses of which nothing like that is remembered.
func (b bulk) unlike(ctx context.Context, space int64, of []address, like func(remembered) bool) (map[key]bool, error) {
	owners := map[key]bool{}
	var ask []migration.Known
	for _, a := range of {
		if k := (key{a.Kind, a.SourceID}); !owners[k] {
			owners[k] = true
			ask = append(ask, migration.Known{Kind: a.Kind, SourceID: a.SourceID})
		}
	}
	err := b.lookUp(ctx, space, ask, func(r remembered) {
		if like(r) {
			delete(owners, key{r.kind, r.id})
		}
	})
	return owners, err
}

// DropStaleLinks implements sqlstore.Index.
func (b bulk) DropStaleLinks(ctx context.Context, space, run int64, links []migration.Link) (dropped bool, err error) {
	var there []address
	collect := func(all []address, l migration.Link) []address {
		for _, a := range all {
			if a.Hash == l.Hash {
				there = append(there, a)
			}
		}
		return all
	}
	if err := b.editLinks(ctx, space, links, collect); err != nil {
		return false, err
	}
	stale, err := b.unlike(ctx, space, there, func(r remembered) bool { return r.seen == run })
	if err != nil || len(stale) == 0 {
		return false, err
	}
	err = b.editLinks(ctx, space, links, func(all []address, l migration.Link) []address {
		return slices.DeleteFunc(all, func(a address) bool {
			drop := a.Hash == l.Hash && stale[key{a.Kind, a.SourceID}]
			dropped = dropped || drop
			return drop
		})
	})
	return dropped, err
}

// ClearLinks implements sqlstore.Index.
func (b bulk) ClearLinks(ctx context.Context, space int64) error {
	return b.ClearPacks(ctx, space, partLinks, partLinks)
}
