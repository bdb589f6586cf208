package ledger

import (
	"bytes"
	"context"
	"slices"
	"strconv"

	"google.golang.org/grpc/codes"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/proto/link"
	"github.com/baileybridge/bailey/proto/record"
)

// place is a position among open pointers: behind those of a record. They are ordered by kind and id of their record.
type place struct {
	kind cms.Kind
	id   string
}

// position reads a place from the wire.
func position(after []byte) (place, error) {
	if len(after) == 0 {
		return place{kind: record.Kinds[0]}, nil
	}
	kind, id, _ := bytes.Cut(after, []byte{' '})
	n, err := strconv.Atoi(string(kind))
	if err != nil || !slices.Contains(record.Kinds, cms.Kind(n)) || len(id) > record.MaxSourceID { //nolint:gosec // only what is contained is used
		return place{}, &link.Error{Code: "bad_cursor", Cause: "the position is none that this agent gave", Fix: "start the round without a position", Grpc: codes.InvalidArgument}
	}
	return place{cms.Kind(n), string(id)}, nil //nolint:gosec // as above
}

func (p place) wire() []byte { return append(strconv.AppendInt(nil, int64(p.kind), 10), " "+p.id...) }

// page reads the next open pointers and where others follow; nil: none do. A record's pointers come together, because a
// text is filled as a whole: a page ends before the record that would exceed it, and only one that has more by itself does.
func (r *round) page(ctx context.Context, after place) (rows []pending, next []byte, err error) {
	for _, kind := range record.Kinds[slices.Index(record.Kinds, after.kind):] {
		room := lookup - len(rows)
		part, err := r.query(ctx, kind, " AND p.source_id > ? ORDER BY p.source_id, p.id LIMIT "+strconv.Itoa(room+1), after.id)
		if err != nil {
			return nil, nil, err
		}
		if len(part) <= room {
			rows, after.id = append(rows, part...), ""
			continue
		}
		if part, err = r.complete(ctx, part, len(rows) == 0); err != nil {
			return nil, nil, err
		}
		at := place{kind, after.id}
		if len(part) > 0 {
			at.id = part[len(part)-1].rec.ID
		}
		return append(rows, part...), at.wire(), nil
	}
	return rows, nil, nil
}

// complete leaves out the last record of a part, which may be torn; one that is alone is read to its end if it has to be.
func (r *round) complete(ctx context.Context, part []pending, must bool) ([]pending, error) {
	last := part[len(part)-1].rec
	first := slices.IndexFunc(part, func(p pending) bool { return p.rec == last })
	if first > 0 || !must {
		return part[:first], nil
	}
	return r.query(ctx, last.Kind, " AND p.source_id = ? ORDER BY p.id", last.ID)
}

func (r *round) query(ctx context.Context, kind cms.Kind, where string, args ...any) ([]pending, error) {
	rows, err := r.tx.Query(ctx, "SELECT p.id, p.kind, p.source_id, p.slot, p.token, e.target_id FROM "+r.l.from(tablePending)+" p JOIN "+r.l.from(tableLedger)+
		" e ON e.site = p.site AND e.kind = p.kind AND e.source_id = p.source_id WHERE p.site = ? AND p.kind = ? AND p.cleared = 0"+where,
		append([]any{r.sc.site, int(kind)}, args...)...)
	if err != nil {
		return nil, err
	}
	var all []pending
	for rows.Next() {
		var p pending
		var token string
		if err := rows.Scan(&p.id, &p.rec.Kind, &p.rec.ID, &p.slot, &token, &p.target); err != nil {
			_ = rows.Close()
			return nil, err
		}
		p.token, _ = record.ParseToken(token)
		all = append(all, p)
	}
	return all, closed(rows)
}
