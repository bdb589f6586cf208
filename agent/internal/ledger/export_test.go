package ledger

import "context"

// NoWait makes retries immediate.
func (l *Ledger) NoWait() { l.wait = func(ctx context.Context, _ int) error { return ctx.Err() } }
