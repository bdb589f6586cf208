package ledger

import "context"

// NoWait makes retries immediate.
func (l *Ledger) NoWait() { l.wait = func(ctx context.Context, _ int) error { return ctx.Err() } }

// Whole is what a caller is told of an error that concerns the target as a whole.
var Whole = whole
