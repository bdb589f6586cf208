package files

import (
	"bytes"
	"context"
	"errors"
	"io/fs"

	"github.com/baileybridge/bailey/agent/internal/ledger"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

// Discard implements ledger.Discarder: only a file with the very bytes that were stored is removed. A transfer that was
// never finished leaves nothing behind either.
func (r *Receiver) Discard(ctx context.Context, f *ledger.File, dry bool) (*agentv1.Problem, error) {
	if !dry {
		if err := r.remove(partName(f.ID, f.SHA256)); err != nil {
			return nil, err
		}
		r.Clean()
	}
	info, err := r.tree.Stat(ctx, f.Path, true)
	if errors.Is(err, ErrNoFile) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(info.SHA256, f.SHA256) {
		if !f.Whole && !f.Replaces {
			// Claimed but never stored: the name is somebody else's.
			return nil, nil
		}
		return &agentv1.Problem{Code: "edited_since", Cause: "the file is no longer the one that was stored", Fix: "look at it, and remove it by hand if it is not wanted", Field: "files"}, nil
	}
	if dry {
		return nil, nil
	}
	return nil, r.remove(f.Path)
}

func (r *Receiver) remove(path string) error {
	if err := r.tree.root.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return diskFull(err)
	}
	return nil
}

// Fold implements ledger.Discarder.
func (r *Receiver) Fold(path string) { _ = r.tree.root.Remove(path) }
