package drupal

import (
	"context"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

// entryType7 maps entries to the types that there are.
func (w *writer) entryType7(_ context.Context, d *draft) error {
	if len(w.s.schema.fields["node"][d.bundle]) == 0 {
		d.leave(agentv1.Outcome_OUTCOME_REJECTED, "no_type", "the site has no content type of this name with fields", "Make one, or name another with the mapping, then migrate again.", "type")
	}
	return nil
}

// termField7: fields are not made in Drupal 7 yet.
func (w *writer) termField7(context.Context, string, string) (*field, error) { return nil, nil }
