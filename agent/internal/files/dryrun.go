package files

import (
	"context"
	"crypto/sha256"

	"github.com/baileybridge/bailey/agent/internal/ledger"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

// Foretell is the receiver of a dry run: it looks at the folder of uploads and changes nothing there. Names are taken in the
// dry run's own ledger.
type Foretell struct{ r *Receiver }

// NewForetell makes one over the folder of uploads and the ledger of a dry run.
func NewForetell(t *Tree, books *ledger.Ledger) *Foretell { return &Foretell{NewReceiver(t, books)} }

// Receive takes the name that a file would get; a problem says why it would be rejected.
func (f *Foretell) Receive(ctx context.Context, sc *ledger.Scope, h *agentv1.FileHeader, wish string) (*agentv1.Problem, error) {
	if p := refusal(wish); p != nil {
		return p, nil
	}
	id := h.GetFile().GetId()
	known, err := f.r.books.Files(ctx, sc, []string{id})
	if err != nil || known[id] != nil {
		return nil, err
	}
	// What the bytes are does not matter here; the ledger wants a digest of them.
	h.Sha256 = make([]byte, sha256.Size)
	in := &intake{r: f.r, sc: sc, h: h, wish: safe(wish)}
	if err := in.claim(ctx); err != nil {
		return nil, err
	}
	return nil, f.r.books.FileWhole(ctx, sc, id, int64(h.GetFile().GetBytes()))
}

// Discard implements ledger.Discarder.
func (f *Foretell) Discard(ctx context.Context, file *ledger.File) (*agentv1.Problem, error) {
	p, _, err := f.r.kept(ctx, file)
	return p, err
}

// Fold implements ledger.Discarder.
func (f *Foretell) Fold(string) {}
