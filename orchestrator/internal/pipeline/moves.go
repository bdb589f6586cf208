package pipeline

import (
	"context"
	"iter"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/link"
	"github.com/baileybridge/bailey/proto/record"
)

// Move says where what an address of the source led to stands now.
type Move struct {
	Ref record.Key
	// Old is the address on the source, from its root.
	Old string
	// New is the address on the target, from its root; empty: the target has nothing for it.
	New string
}

// Moves yields every address of every record that the source has now: a kind after the other, a record's public address first.
// Nothing of it is kept (Rule 8). An error ends the sequence.
func (e *Env) Moves(ctx context.Context) iter.Seq2[Move, error] {
	return func(yield func(Move, error) bool) {
		for _, p := range e.Kinds {
			// What the source cannot read has no addresses that could be told.
			if !p.Addressable || p.Loss == lossNotRead {
				continue
			}
			shards, err := e.Source.Split(ctx, p.Kind, 1, e.options())
			if err != nil {
				yield(Move{}, err)
				return
			}
			for _, sh := range shards {
				if !e.movesOf(ctx, &agentv1.ReadIndexRequest{Kind: p.Kind, Shard: sh.GetRange(), Options: e.options()}, yield) {
					return
				}
			}
		}
	}
}

func (e *Env) movesOf(ctx context.Context, req *agentv1.ReadIndexRequest, yield func(Move, error) bool) bool {
	for resp, err := range e.Source.Index(ctx, req) {
		if err != nil {
			return yield(Move{}, err) && false
		}
		moves, tokens := movesIn(resp.GetItems())
		done := 0
		for part := range chunksOf(tokens, link.MaxAddresses) {
			found, err := e.Target.Addresses(ctx, e.scope(), part)
			if err != nil {
				return yield(Move{}, err) && false
			}
			for i, f := range found {
				moves[done+i].New = f.GetText()
				if !yield(moves[done+i], nil) {
					return false
				}
			}
			done += len(part)
		}
	}
	return true
}

func movesIn(items []*agentv1.IndexItem) (moves []Move, tokens []string) {
	for _, it := range items {
		key := record.KeyOf(it.GetRef())
		for _, p := range it.GetPaths() {
			if p.GetMadeUp() {
				continue
			}
			moves = append(moves, Move{Ref: key, Old: p.GetPath()})
			tokens = append(tokens, record.Token{Ref: key, Form: p.GetForm()}.Name())
		}
	}
	return moves, tokens
}
