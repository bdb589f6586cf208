package record

import (
	"crypto/sha256"
	"fmt"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// MaxDepth is how deep the arrays of a custom field's value may be nested.
const MaxDepth = 128

// messagesPerLevel is how many messages one level of a Value takes: Value, Array, Pair.
const messagesPerLevel = 3

// Validate says what is wrong with a record; nil: nothing. Both ends use it, so it never trusts what it reads.
func Validate(r *recordv1.Record) *agentv1.Problem {
	b := takeBuffer()
	defer b.giveBack()
	_, p := b.validate(r)
	return p
}

// Check is Validate and Digest at the price of one of them. There is no digest of a record that is not valid.
func Check(r *recordv1.Record) (digest []byte, p *agentv1.Problem) {
	b := takeBuffer()
	defer b.giveBack()
	s, p := b.validate(r)
	if p != nil {
		return nil, p
	}
	return b.digest(r, s), nil
}

// validate leaves what is hashed in the buffer. When its fast look finds a flaw, or could not look, the slow one says where.
func (b *buffer) validate(r *recordv1.Record) (s scan, p *agentv1.Problem) {
	if p := outline(r); p != nil {
		return s, p
	}
	s = b.canonical(r)
	return s, flaw(r, s)
}

// flaw says what the look over an encoded record has found.
func flaw(r *recordv1.Record, s scan) *agentv1.Problem {
	if s.garbled || s.suspect {
		if p := validateMessage(recordLayout(), r.ProtoReflect(), 0); p != nil {
			return p
		}
	}
	if n := s.size; n > MaxBytes {
		return &agentv1.Problem{
			Code: "record_too_large", Cause: fmt.Sprintf("the record has %d bytes; at most %d are moved", n, MaxBytes),
			Fix: "Shorten the record in the source, for example by moving embedded pictures to files, then migrate again.",
		}
	}
	return nil
}

// outline validates all but what lies inside.
func outline(r *recordv1.Record) *agentv1.Problem {
	if r == nil {
		return invalid("record_empty", "", "there is no record")
	}
	if p := validateRef(r.GetRef()); p != nil {
		return under("ref", p)
	}
	if k := BodyKind(r); k != r.GetRef().GetKind() {
		return invalid("kind_mismatch", "ref.kind", fmt.Sprintf("the ref says %s but the record holds %s", KindName(r.GetRef().GetKind()), KindName(k)))
	}
	if bodyMessage(r) == nil {
		return invalid("record_empty", "", "the record holds nothing")
	}
	if n := len(r.GetDigest()); n != 0 && n != sha256.Size {
		return invalid("digest_invalid", digestField, fmt.Sprintf("the digest has %d bytes instead of %d", n, sha256.Size))
	}
	return nil
}

func validateRef(r *recordv1.Ref) *agentv1.Problem {
	if _, known := recordv1.Kind_name[int32(r.GetKind())]; !known || r.GetKind() == recordv1.Kind_KIND_UNSPECIFIED {
		return invalid("ref_invalid", "kind", "the ref has no known kind")
	}
	if n := len(r.GetSourceId()); n == 0 || n > MaxSourceID {
		return invalid("ref_invalid", "source_id", fmt.Sprintf("the source id has %d bytes; 1 to %d are allowed", n, MaxSourceID))
	}
	if !utf8.ValidString(r.GetSourceId()) {
		return invalid("invalid_utf8", "source_id", "the source id is not valid UTF-8")
	}
	return nil
}

func validateMessage(l *layout, m protoreflect.Message, depth int) *agentv1.Problem {
	if l.name == nameRef {
		return validateRef(m.Interface().(*recordv1.Ref))
	}
	if depth > MaxDepth*messagesPerLevel {
		return invalid("nested_too_deep", "", fmt.Sprintf("a value is nested more than %d levels deep", MaxDepth))
	}
	for _, f := range l.fields {
		if !m.Has(f.fd) {
			continue
		}
		if p := validateField(f, m.Get(f.fd), depth); p != nil {
			return f.blame(m, p)
		}
	}
	return nil
}

func validateField(f *field, v protoreflect.Value, depth int) *agentv1.Problem {
	if f.kind != protoreflect.MessageKind && f.kind != protoreflect.StringKind {
		return nil
	}
	if !f.list {
		return validateValue(f, v, depth)
	}
	for list, i := v.List(), 0; i < list.Len(); i++ {
		if p := validateValue(f, list.Get(i), depth); p != nil {
			return p
		}
	}
	return nil
}

func validateValue(f *field, v protoreflect.Value, depth int) *agentv1.Problem {
	if f.sub != nil {
		return validateMessage(f.sub, v.Message(), depth+1)
	}
	if !utf8.ValidString(v.String()) {
		return invalid("invalid_utf8", "", "the text is not valid UTF-8")
	}
	return nil
}

// blame completes a problem's path on the way up; a path has neither the oneof's member nor what lies inside a value.
func (f *field) blame(m protoreflect.Message, p *agentv1.Problem) *agentv1.Problem {
	switch {
	case f.fd.ContainingOneof() != nil && m.Descriptor().Name() == "Record":
		return p
	case m.Descriptor().Name() == nameValue, m.Descriptor().Name() == "Array", m.Descriptor().Name() == "Pair",
		m.Descriptor().Name() == nameField:
		p.Field = ""
		return p
	}
	return under(f.name, p)
}

func under(name string, p *agentv1.Problem) *agentv1.Problem {
	if p.Field == "" {
		p.Field = name
	} else {
		p.Field = name + "." + p.Field
	}
	return p
}

func invalid(code, field, cause string) *agentv1.Problem {
	return &agentv1.Problem{
		Code: code, Cause: cause, Field: field,
		Fix: "Open the record in the source, save it again, then migrate again; if that does not help, report the code and the platform's version.",
	}
}
