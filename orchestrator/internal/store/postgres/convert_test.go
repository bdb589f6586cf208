package postgres_test

import (
	"context"
	"database/sql"
	"os"
	"reflect"
	"testing"

	"github.com/pressly/goose/v3"

	"github.com/baileybridge/bailey/deploy/testbed"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// TestStoreOfBeforeIsPacked: a store that had a row for each link and record loses none.
func TestStoreOfBeforeIsPacked(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	url := testbed.Postgres(t).Database(t)
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	p, err := goose.NewProvider(goose.DialectPostgres, db, os.DirFS("schema"))
	if err == nil {
		_, err = p.UpTo(ctx, 7)
	}
	if err == nil {
		_, err = db.Exec(`
INSERT INTO migrations (id, source_site, target_site, selection, source, target, run, kinds, stage, status, desired, started)
  VALUES ('m', 's', 't', '{}', '{}', '{}', 2, '[{"kind":5,"listed":3000}]', 'done', 'done', 'run', 0);
INSERT INTO spaces (owner) VALUES ('m'), ('plan:x');
INSERT INTO links (space, hash, kind, source_id, form) SELECT 1, i * 1234567890123457, 5, i, CASE WHEN i % 7 = 0 THEN 'thumb' END FROM generate_series(1, 3000) i;
INSERT INTO links (space, hash, kind, source_id) VALUES (2, 1, 5, 'b3f1');
INSERT INTO known (space, kind, source_id, digest, seen, due) SELECT 1, 5, i, i - 2, 2 - i % 2, CASE WHEN i % 3 = 0 THEN 1 ELSE 0 END FROM generate_series(1, 3000) i;`)
	}
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, url)
	const kind = recordv1.Kind(5)
	for hash, want := range map[int64]migration.Link{
		7 * 1234567890123457: {Kind: kind, SourceID: "7", Form: "thumb"}, 3000 * 1234567890123457: {Kind: kind, SourceID: "3000"},
	} {
		want.Hash = hash
		if got, found, err := s.FindLink(ctx, "m", hash); err != nil || !found || got != want {
			t.Errorf("%+v, %v, %v", got, found, err)
		}
	}
	if l, found, err := s.FindLink(ctx, "plan:x", 1); err != nil || !found || l.SourceID != "b3f1" {
		t.Errorf("%+v, %v, %v", l, found, err)
	}
	known, err := s.Known(ctx, "m", kind, []string{"1", "2", "2999", "3001"})
	if err != nil || !reflect.DeepEqual(known, map[string]int64{"1": -1, "2": 0, "2999": 2997}) {
		t.Errorf("%v, %v", known, err)
	}
	due, err := s.Due(ctx, "m", kind, "", 5000)
	if err != nil || len(due) != 500 {
		t.Errorf("%d are due, %v", len(due), err)
	}
	missing, err := s.Missing(ctx, "m", kind, "", 5000)
	if n, serr := s.Settled(ctx, "m", kind); err != nil || serr != nil || len(missing) != 1500 || n != 999 {
		t.Errorf("%d are missing, %d settled, %v, %v", len(missing), n, err, serr)
	}
}
