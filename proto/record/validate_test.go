package record_test

import (
	"bytes"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/baileybridge/bailey/proto/record"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change      func(*recordv1.Record)
		code, field string
	}{
		"whole":         {func(*recordv1.Record) {}, "", ""},
		"sealed":        {record.Seal, "", ""},
		"no ref":        {func(r *recordv1.Record) { r.Ref = nil }, "ref_invalid", "ref.kind"},
		"unknown kind":  {func(r *recordv1.Record) { r.Ref.Kind = 99 }, "ref_invalid", "ref.kind"},
		"negative kind": {func(r *recordv1.Record) { r.Ref.Kind = -1 }, "ref_invalid", "ref.kind"},
		"no id":         {func(r *recordv1.Record) { r.Ref.SourceId = "" }, "ref_invalid", "ref.source_id"},
		"longest id":    {func(r *recordv1.Record) { r.Ref.SourceId = strings.Repeat("9", 191) }, "", ""},
		"long id":       {func(r *recordv1.Record) { r.Ref.SourceId = strings.Repeat("9", 192) }, "ref_invalid", "ref.source_id"},
		"other kind":    {func(r *recordv1.Record) { r.Ref.Kind = kindUser }, "kind_mismatch", "ref.kind"},
		"no body":       {func(r *recordv1.Record) { r.Body = nil }, "kind_mismatch", "ref.kind"},
		"nil body":      {func(r *recordv1.Record) { r.Body = &recordv1.Record_Entry{} }, "record_empty", ""},
		"short digest":  {func(r *recordv1.Record) { r.Digest = []byte("x") }, "digest_invalid", "digest"},
		"title":         {func(r *recordv1.Record) { r.GetEntry().Title = "\xff" }, "invalid_utf8", "title"},
		"nested text":   {func(r *recordv1.Record) { r.GetEntry().Image.Caption = "\xff" }, "invalid_utf8", "image.caption"},
		"list":          {func(r *recordv1.Record) { r.GetEntry().Tiers[1] = "\xff" }, "invalid_utf8", "tiers"},
		"ref in list":   {func(r *recordv1.Record) { r.GetEntry().Authors[1].SourceId = "" }, "ref_invalid", "authors.source_id"},
		"long ref id":   {func(r *recordv1.Record) { r.GetEntry().Parent.SourceId = strings.Repeat("9", 192) }, "ref_invalid", "parent.source_id"},
		"ref kind":      {func(r *recordv1.Record) { r.GetEntry().Image.Media.Kind = 9 }, "ref_invalid", "image.media.kind"},
		"ref id":        {func(r *recordv1.Record) { r.GetEntry().Parent.SourceId = "\xff" }, "invalid_utf8", "parent.source_id"},
		"custom field":  {func(r *recordv1.Record) { r.Fields[0].Value = text("\xff") }, "invalid_utf8", "fields"},
		"locale":        {func(r *recordv1.Record) { r.Locale = "\xff" }, "invalid_utf8", "locale"},
		"deep":          {func(r *recordv1.Record) { r.Fields[0].Value = deep(record.MaxDepth + 1) }, "nested_too_deep", "fields"},
		"just not deep": {func(r *recordv1.Record) { r.Fields[0].Value = deep(record.MaxDepth - 1) }, "", ""},
		"large":         {func(r *recordv1.Record) { r.GetEntry().Content.Text = strings.Repeat("x", record.MaxBytes) }, "record_too_large", ""},
	} {
		r := entry()
		tc.change(r)
		p := record.Validate(r)
		if p.GetCode() != tc.code || p.GetField() != tc.field {
			t.Errorf("%s: %q in %q, want %q in %q", name, p.GetCode(), p.GetField(), tc.code, tc.field)
		}
		if p != nil && (p.Cause == "" || p.Fix == "") {
			t.Errorf("%s: %v lacks a cause or a fix", name, p)
		}
	}
	if record.Validate(nil).GetCode() != "record_empty" {
		t.Error("nil is valid")
	}
}

func deep(levels int) *recordv1.Value {
	v := text("x")
	for range levels {
		v = list(v)
	}
	return v
}

// Foreign bytes: whatever decodes can be validated, digested and walked without a panic, and what is valid stays so.
func FuzzDecode(f *testing.F) {
	for _, r := range []*recordv1.Record{entry(), menu(), user(), {}} {
		wire, err := proto.Marshal(r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(wire)
	}
	f.Add([]byte{0x72, 0x00})
	f.Fuzz(func(t *testing.T, wire []byte) {
		r := &recordv1.Record{}
		if proto.Unmarshal(wire, r) != nil {
			return
		}
		valid := record.Validate(r) == nil
		digest := record.Digest(r)
		record.TokenTexts(r, func(_, s string) string { return s })
		record.Texts(r, func(_, s string) string { return s })
		record.MapRefs(r, func(r *recordv1.Ref) *recordv1.Ref { return r })
		if string(record.Digest(r)) != string(digest) {
			t.Fatal("a walk that replaces nothing changed the record")
		}
		if d := record.Diff(r, r, everything, nil); valid && len(d) != 0 {
			t.Fatalf("a record differs from itself in %v", d)
		}
		if _, losses := record.Fit(r, writable(everything)); valid && record.Validate(r) != nil {
			t.Fatalf("fitting made it invalid, losses %v", losses)
		}
	})
}

func TestCheckIsValidateAndDigest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := anyRecord(t)
		if rapid.Bool().Draw(t, "of the contract") {
			r.Ref = ref(record.BodyKind(r), "1")
		}
		digest, p := record.Check(r)
		if !proto.Equal(p, record.Validate(r)) {
			t.Fatalf("problem %v, want %v", p, record.Validate(r))
		}
		if p == nil && !bytes.Equal(digest, record.Digest(r)) || p != nil && digest != nil {
			t.Fatalf("digest %x, want %x", digest, record.Digest(r))
		}
	})
}
