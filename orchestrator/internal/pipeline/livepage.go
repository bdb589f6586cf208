package pipeline

import (
	"context"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Pages gives what visitors of the source see. Methods may be called from several goroutines.
type Pages interface {
	// Page gives the HTML of one of the source's own addresses.
	Page(ctx context.Context, address string) (string, error)
}

// lossPage is told for a record whose live page was wanted and not got.
const lossPage = "page_not_fetched"

// livePage is the page of a record in which something is to be taken from there. It is fetched when the record is on its turn, and
// forgotten with it (Rules 8 and 9). Verification fetches it again: what differs then was changed on the source.
func (e *Env) livePage(ctx context.Context, it *item, r *recordv1.Record) (string, error) {
	if !e.Transform.WantsPage(r) {
		return "", nil
	}
	if e.Pages != nil {
		name := record.NewToken(r.GetRef(), "").Name()
		at, err := e.fallbacks(ctx, []string{name})
		if err != nil {
			return "", err
		}
		if at[name] != "" {
			page, err := e.Pages.Page(ctx, at[name])
			if err == nil || ctx.Err() != nil {
				return page, err
			}
		}
	}
	it.lose(lossPage, "content", 1)
	return "", nil
}
