package ledger

import (
	"context"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// refs implements cms.Refs for one batch: looked up in bulk before the driver is called, answered from memory.
type refs struct {
	l    *Ledger
	sc   *Scope
	tx   cmssql.Querier
	kind cms.Kind

	own map[string]*row
	// targets are what was looked up; "" for what is not there.
	targets map[record.Key]string
	texts   map[record.Token]string
	files   map[string]string

	// final is set in Relink: a token that stands for nothing is then replaced all the same.
	final     bool
	fallbacks map[string]string
}

func (l *Ledger) newRefs(tx cmssql.Querier, sc *Scope, kind cms.Kind) *refs {
	return &refs{l: l, sc: sc, tx: tx, kind: kind, texts: map[record.Token]string{}, files: map[string]string{}}
}

// gather looks up everything that a batch points to.
func (r *refs) gather(ctx context.Context, batch []*recordv1.Record) error {
	keys, tokens, files := make(map[record.Key]struct{}, 2*len(batch)), map[record.Token]struct{}{}, []string{}
	for _, rec := range batch {
		record.MapRefs(rec, func(ref *recordv1.Ref) *recordv1.Ref {
			keys[record.KeyOf(ref)] = struct{}{}
			return ref
		})
		record.TokenTexts(rec, func(_, s string) string {
			addTokens(tokens, s)
			return s
		})
		for _, f := range rec.GetMedia().GetFiles() {
			files = append(files, f.GetId())
		}
	}
	if err := r.lookup(ctx, keys, tokens); err != nil {
		return err
	}
	return r.lookupFiles(ctx, files)
}

func addTokens(set map[record.Token]struct{}, text string) {
	for _, t := range record.Tokens(text) {
		set[t] = struct{}{}
	}
}

func (r *refs) lookup(ctx context.Context, keys map[record.Key]struct{}, tokens map[record.Token]struct{}) error {
	for t := range tokens {
		keys[t.Ref] = struct{}{}
	}
	if r.targets == nil {
		r.targets = make(map[record.Key]string, len(keys))
	}
	for k := range keys {
		if _, ok := r.targets[k]; ok {
			delete(keys, k)
		}
	}
	if err := r.l.targets(ctx, r.tx, r.sc, keys, r.targets); err != nil {
		return err
	}
	return r.locate(ctx, tokens)
}

// locate asks the driver what the tokens stand for, all at once.
func (r *refs) locate(ctx context.Context, tokens map[record.Token]struct{}) error {
	var wants []cms.Want
	var asked []record.Token
	for t := range tokens {
		target := r.targets[t.Ref]
		if _, known := r.texts[t]; known || target == "" {
			continue
		}
		wants = append(wants, cms.Want{Kind: t.Ref.Kind, TargetID: target, Form: t.Form})
		asked = append(asked, t)
	}
	if len(wants) == 0 {
		return nil
	}
	texts, err := r.l.site.Locate(ctx, r.tx, wants)
	if err != nil {
		return err
	}
	if len(texts) != len(wants) {
		return &driverFault{"Locate answered another number than asked"}
	}
	for i, t := range asked {
		r.texts[t] = texts[i]
	}
	return nil
}

// lookupFiles finds where files that the media records name are stored.
func (r *refs) lookupFiles(ctx context.Context, ids []string) error {
	for part := range chunks(ids, lookup) {
		in, args := cmssql.In(part)
		rows, err := r.tx.Query(ctx, "SELECT file_id, path FROM "+r.l.from(tableFiles)+" WHERE site = ? AND whole = 1 AND file_id IN "+in,
			append([]any{r.sc.site}, args...)...)
		if err != nil {
			return err
		}
		for rows.Next() {
			var id, path string
			if err := rows.Scan(&id, &path); err != nil {
				_ = rows.Close()
				return err
			}
			r.files[id] = path
		}
		if err := closed(rows); err != nil {
			return err
		}
	}
	return nil
}

// Existing implements cms.Refs.
func (r *refs) Existing(ref *recordv1.Ref) (string, bool) {
	if ref.GetKind() != r.kind {
		return "", false
	}
	if row := r.own[ref.GetSourceId()]; row != nil && row.ours() {
		return row.target, true
	}
	return "", false
}

// Target implements cms.Refs.
func (r *refs) Target(ref *recordv1.Ref) (string, bool) {
	id := r.targets[record.KeyOf(ref)]
	return id, id != ""
}

// File implements cms.Refs.
func (r *refs) File(id string) (string, bool) {
	path, ok := r.files[id]
	return path, ok
}

// Expand implements cms.Refs.
func (r *refs) Expand(text string) (string, []record.Token) {
	return record.ExpandText(text, func(t record.Token) (string, bool) {
		if s := r.texts[t]; s != "" {
			return s, true
		}
		if !r.final {
			return "", false
		}
		if s := r.fallbacks[t.Name()]; s != "" {
			return s, true
		}
		return "#", true
	})
}

// Load implements cms.Refs.
func (r *refs) Load(ctx context.Context, texts ...string) error {
	tokens := map[record.Token]struct{}{}
	for _, s := range texts {
		addTokens(tokens, s)
	}
	return r.lookup(ctx, map[record.Key]struct{}{}, tokens)
}
