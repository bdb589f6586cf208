package transform

import (
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// address keeps the address that a record names, where the target can put it there. Who has none that visitors ask for loses none, nor
// does what stands at the root: the site's settings say what does.
func (j *job) address() {
	var at *string
	var seen bool
	switch b := j.r.GetBody().(type) {
	case *recordv1.Record_Entry:
		if at, seen = &b.Entry.Path, visited(b.Entry); !paged(b.Entry) {
			*at = ""
		}
	case *recordv1.Record_Term:
		at, seen = &b.Term.Path, !b.Term.GetInternal()
	}
	if at == nil || *at == "" {
		return
	}
	root := *at == "/"
	if root || !j.ctx.KeepAddresses || strings.ContainsAny(*at, "?#") || !j.holds("path") {
		if *at = ""; seen && !root {
			j.lose(LossAddress, "path", 1)
		}
	}
}

// paged says that an entry is something with a page of its own.
func paged(e *recordv1.Entry) bool {
	switch e.GetPurpose() {
	case recordv1.Purpose_PURPOSE_FRAGMENT, recordv1.Purpose_PURPOSE_SYSTEM, recordv1.Purpose_PURPOSE_REVISION:
		return false
	}
	return true
}

// visited says that visitors see an entry's page, now or on its day.
func visited(e *recordv1.Entry) bool {
	switch e.GetStatus() {
	case recordv1.Status_STATUS_PUBLISHED, recordv1.Status_STATUS_SCHEDULED, recordv1.Status_STATUS_ARCHIVED:
		return true
	}
	return false
}
