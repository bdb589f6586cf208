package folder

import (
	"context"
	"database/sql"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/whole"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// resolve turns source refs into ids of this folder, expands texts, and finds where files were stored.
func (d *draft) resolve() {
	d.res.Open = append(d.res.Open, whole.Resolve(d.rec, d.u.Refs)...)
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
		if err := whole.Fill(ctx, rec, u.Refs, byID[w.id]); err != nil {
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
