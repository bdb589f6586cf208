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
func (r *Receiver) Discard(ctx context.Context, f *ledger.File) (*agentv1.Problem, error) {
	if err := r.remove(partName(f)); err != nil {
		return nil, err
	}
	r.Clean()
	problem, there, err := r.kept(ctx, f)
	if err != nil || problem != nil || !there {
		return problem, err
	}
	return nil, r.remove(f.Path)
}

// kept says why a file stays, or whether it is there to be removed.
func (r *Receiver) kept(ctx context.Context, f *ledger.File) (p *agentv1.Problem, there bool, err error) {
	info, err := r.tree.Stat(ctx, f.Path, true)
	if errors.Is(err, ErrNoFile) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	if !bytes.Equal(info.SHA256, f.SHA256) {
		if !f.Whole && !f.Replaces {
			// Claimed but never stored: the name is somebody else's.
			return nil, false, nil
		}
		return &agentv1.Problem{Code: "edited_since", Cause: "the file is no longer the one that was stored", Fix: "look at it, and remove it by hand if it is not wanted", Field: "files"}, false, nil
	}
	return nil, true, nil
}

func (r *Receiver) remove(path string) error {
	root, name := r.tree.at(path)
	if root == nil {
		return nil
	}
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return diskFull(err)
	}
	return nil
}

// Fold implements ledger.Discarder.
func (r *Receiver) Fold(path string) { _ = r.remove(path) }
