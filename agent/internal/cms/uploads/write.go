package uploads

import (
	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Write answers media records with where their files lie. at describes a stored file as the platform shows it.
func Write(u *cms.Unit, batch []*recordv1.Record, holds *agentv1.Holds, at func(p string) *recordv1.Media) []cms.Result {
	out := make([]cms.Result, len(batch))
	for i, r := range batch {
		out[i] = place(u, r, holds, at)
	}
	return out
}

func place(u *cms.Unit, rec *recordv1.Record, holds *agentv1.Holds, at func(p string) *recordv1.Media) cms.Result {
	p := stored(u, rec.GetMedia())
	switch {
	case p == "":
		return reject("file_not_stored", "the file of this media record did not arrive", "Look for the file's own error in the report, correct it, then migrate again.")
	case len(p) > record.MaxSourceID:
		return reject("path_too_long", "the file's path is longer than 191 bytes", "Rename the file in the source, then migrate again.")
	}
	res := cms.Result{Outcome: agentv1.Outcome_OUTCOME_CREATED, TargetID: p}
	if _, ok := u.Refs.Existing(rec.GetRef()); ok {
		res.Outcome = agentv1.Outcome_OUTCOME_UPDATED
	}
	if m := at(p); m != nil {
		// What the platform shows of a file it reads from the file; and it keeps no smaller copies.
		got := &recordv1.Record{Ref: rec.GetRef(), Body: &recordv1.Record_Media{Media: m}}
		for _, field := range record.Diff(rec, got, holds, nil) {
			res.Adjust(field, "taken_from_file", "")
		}
	}
	return res
}

func reject(code, cause, fix string) cms.Result {
	return cms.Result{Outcome: agentv1.Outcome_OUTCOME_REJECTED, Problem: &agentv1.Problem{Code: code, Cause: cause, Fix: fix, Field: "files"}}
}

// stored is where the file of a record lies, the full one if there are several; empty: none arrived.
func stored(u *cms.Unit, m *recordv1.Media) string {
	for _, role := range []string{"full", "", "original"} {
		for _, f := range m.GetFiles() {
			if p, ok := u.Refs.File(f.GetId()); ok && f.GetRole() == role {
				return p
			}
		}
	}
	return ""
}
