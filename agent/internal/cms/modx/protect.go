package modx

import (
	"slices"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// resourceGroups ties the entry to groups by name; a new one closes nothing by itself.
func (w *writer) resourceGroups(d *draft) error {
	for i, name := range d.groups {
		id, err := w.named("documentgroup_names", "name", name, map[string]any{})
		if err != nil {
			return err
		}
		d.groups[i] = id
	}
	return nil
}

// protect never lets more people read an entry than in the source: what is closed there stays unpublished here, unless one
// of its groups is closed here as well.
func (w *writer) protect(d *draft) {
	e := d.rec.GetEntry()
	closed := slices.ContainsFunc(d.groups, func(id string) bool { return w.env.closed[id+"/"+d.context] })
	members := e.GetVisibility() > recordv1.Visibility_VISIBILITY_PUBLIC
	if members && e.GetVisibility() != recordv1.Visibility_VISIBILITY_MEMBERS || members != closed {
		d.adjust("visibility", "visibility_by_groups", "")
	}
	if (members && !closed || e.GetPassword() != "") && (d.cols["published"] == int64(1) || e.GetStatus() == recordv1.Status_STATUS_SCHEDULED) {
		d.cols["published"], d.cols["pub_date"] = int64(0), int64(0)
		d.adjust("status", "closed_kept_draft", "draft")
		d.adjust("published", "closed_kept_draft", "")
	}
}
