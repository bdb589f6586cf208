package modx

import (
	"encoding/base64"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cms"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Fields that MODX has no variable for are kept in the column properties, where extras keep theirs, under a name of their
// own: a list of objects with the name "n" and the text "t", the words "l", or anything else encoded in "p".
const keptSpace = "bailey"

func readKept(v *recordv1.Value) []*recordv1.Field {
	var all []*recordv1.Field
	for _, p := range v.GetArray().GetPairs() {
		o := p.GetValue()
		f := field(lookup(o, "n").GetText(), nil)
		switch t, l, raw := lookup(o, "t"), lookup(o, "l"), lookup(o, "p"); {
		case t != nil:
			f.Value = textValue(t.GetText())
		case l != nil:
			f.Value = l
		default:
			b, err := base64.StdEncoding.DecodeString(raw.GetText())
			if err != nil || proto.Unmarshal(b, f) != nil {
				continue
			}
		}
		all = append(all, f)
	}
	return all
}

func writeKept(fields []*recordv1.Field) *recordv1.Value {
	a := &recordv1.Array{List: true}
	for i, f := range fields {
		o := newObject()
		o.set("n", textValue(f.GetName()))
		words, isList := texts(f.GetValue())
		switch _, isText := f.GetValue().GetKind().(*recordv1.Value_Text); {
		case f.GetEncoding() != "" || len(f.GetRaw()) > 0 || !isText && !isList:
			b, err := proto.MarshalOptions{Deterministic: true}.Marshal(f)
			if err != nil {
				continue
			}
			o.set("p", textValue(base64.StdEncoding.EncodeToString(b)))
		case isText:
			o.set("t", f.GetValue())
		case len(words) > 0 && f.GetValue().GetArray().GetList():
			o.set("l", list(words))
		default:
			b, err := proto.MarshalOptions{Deterministic: true}.Marshal(f)
			if err != nil {
				continue
			}
			o.set("p", textValue(base64.StdEncoding.EncodeToString(b)))
		}
		a.Pairs = append(a.Pairs, &recordv1.Pair{Key: &recordv1.Value{Kind: &recordv1.Value_IntValue{IntValue: int64(i)}}, Value: o.value()})
	}
	return &recordv1.Value{Kind: &recordv1.Value_Array{Array: a}}
}

// openMark goes before the name of a record in a kept pointer that leads nowhere yet.
const openMark = "?"

// settleValue gives a value with the target's ids and addresses, and what is still missing: pointers are marked, and a text
// with an open token stays as it came.
func settleValue(v *recordv1.Value, refs cms.Refs) (*recordv1.Value, []record.Token) {
	switch k := v.GetKind().(type) {
	case *recordv1.Value_Text:
		text, open := refs.Expand(k.Text)
		return textValue(text), open
	case *recordv1.Value_Ref:
		if id, ok := refs.Target(k.Ref); ok {
			return refValue(ref(k.Ref.GetKind(), id)), nil
		}
		t := record.NewToken(k.Ref, "")
		return refValue(ref(k.Ref.GetKind(), openMark+k.Ref.GetSourceId())), []record.Token{t}
	case *recordv1.Value_Array:
		a := &recordv1.Array{List: k.Array.GetList()}
		var open []record.Token
		for _, p := range k.Array.GetPairs() {
			one, missing := settleValue(p.GetValue(), refs)
			open = append(open, missing...)
			a.Pairs = append(a.Pairs, &recordv1.Pair{Key: p.GetKey(), Value: one})
		}
		return &recordv1.Value{Kind: &recordv1.Value_Array{Array: a}}, open
	}
	return v, nil
}
