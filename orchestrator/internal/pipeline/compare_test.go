package pipeline

import (
	"slices"
	"testing"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// TestClearedPointerOfASetting: of a pointer whose record is not moved the target has nothing, or null, or what it fills in by itself.
func TestClearedPointerOfASetting(t *testing.T) {
	t.Parallel()
	const kind = recordv1.Kind_KIND_SITE
	site := func(v *recordv1.Value) *recordv1.Record {
		r := &recordv1.Record{Ref: record.NewRef(kind, "1"), Body: &recordv1.Record_Site{Site: &recordv1.Site{Title: "Site"}}}
		if v != nil {
			r.Fields = []*recordv1.Field{{Name: "privacy", Value: v}}
		}
		return r
	}
	pointer := &recordv1.Value{Kind: &recordv1.Value_Ref{Ref: record.NewRef(recordv1.Kind_KIND_ENTRY, "3")}}
	text := &recordv1.Value{Kind: &recordv1.Value_Text{Text: "7"}}
	for _, c := range []struct {
		name      string
		want, got *recordv1.Value
		fills     []string
		fields    []string
	}{
		{"none", pointer, nil, nil, nil},
		{"null", pointer, &recordv1.Value{}, nil, nil},
		{"another", pointer, text, nil, []string{"fields.privacy"}},
		{"the target's own", pointer, text, []string{"fields.privacy"}, nil},
		{"a text is missing", text, nil, []string{"fields.privacy"}, []string{"fields.privacy"}},
	} {
		v := &verification{env: &Env{Holds: map[recordv1.Kind]*agentv1.KindInfo{kind: {Holds: &agentv1.Holds{Fields: []string{"*"}, CustomFields: true, Fills: c.fills}}}},
			losses: lossSet{}, alike: map[*recordv1.Record]bool{}, lost: map[*recordv1.Record]uint64{}}
		want := site(c.want)
		if fields := v.compareRecord(want.GetRef(), want, &agentv1.ReadBackItem{Record: site(c.got)}); !slices.Equal(fields, c.fields) {
			t.Errorf("%s: %v", c.name, fields)
		}
		pointer.Kind = &recordv1.Value_Ref{Ref: record.NewRef(recordv1.Kind_KIND_ENTRY, "3")}
	}
}
