package php

import (
	"bytes"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

func TestUnserializeRefuses(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]string{
		"object": `O:8:"stdClass":0:{}`, "reference": `a:2:{i:0;i:1;i:1;R:2;}`, "custom": `C:1:"x":0:{}`, "short": `s:2:"a";`, "long": `s:1:"ab";`,
		"characters counted": `s:1:"ü";`, "trailing": `i:1;x`, "plus": `i:+1;`, "zeros": `i:01;`, "minus zero": `i:-0;`, "overflow": `i:99999999999999999999;`,
		"count": `a:2:{i:0;i:1;}`, "huge count": `a:2000000000:{}`, "float key": `a:1:{d:1;i:1;}`, "odd float": `d:1e5;`, "empty": ``, "cut": `a:1:{i:0;`,
		"deep": strings.Repeat("a:1:{i:0;", 200) + "N;" + strings.Repeat("}", 200),
	} {
		if v, err := Unserialize([]byte(s)); err == nil {
			t.Errorf("%s: %q is taken for %v", name, s, v)
		}
	}
}

func TestUnserializeReads(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]*recordv1.Value{
		`N;`: {}, `b:1;`: Bool(true), `i:-7;`: Int(-7), `s:2:"ü";`: textValue("ü"), "s:1:\"\xff\";": {Kind: &recordv1.Value_Data{Data: []byte{0xff}}},
		`d:0.10;`: {Kind: &recordv1.Value_FloatValue{FloatValue: "0.10"}}, `s:20:"a:1:{i:0;s:3:"foo";}";`: textValue(`a:1:{i:0;s:3:"foo";}`),
	} {
		got, err := Unserialize([]byte(s))
		if err != nil || !proto.Equal(got, want) {
			t.Errorf("%q: got %v, %v; want %v", s, got, err, want)
		}
	}
	if v, err := Unserialize([]byte(`a:2:{i:0;i:5;i:1;i:6;}`)); err != nil || !v.GetArray().GetList() {
		t.Errorf("a list is not seen as one: %v, %v", v, err)
	}
}

func TestLooksSerialized(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		`a:1:{i:0;s:3:"foo";}`: true, `N;`: true, ` i:1; `: true, `s:1:"a";`: true, `O:8:"stdClass":0:{}`: true, `a:x:{}`: false, `hello`: false, ``: false,
		`a:1:`: false, `s:a";`: false, `d:0.5;`: true, `x:1;`: false,
	} {
		if got := LooksSerialized(s); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}

func values() *rapid.Generator[*recordv1.Value] {
	leaf := rapid.OneOf(
		rapid.Map(rapid.String(), Text), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) *recordv1.Value { return Text(string(b)) }),
		rapid.Map(rapid.Int64(), Int), rapid.Map(rapid.Bool(), Bool), rapid.Just(&recordv1.Value{}),
	)
	key := rapid.OneOf(rapid.Map(rapid.String(), Text), rapid.Map(rapid.Int64(), Int))
	return rapid.Custom(func(t *rapid.T) *recordv1.Value { return tree(t, leaf, key, 4) })
}

func tree(t *rapid.T, leaf, key *rapid.Generator[*recordv1.Value], depth int) *recordv1.Value {
	if depth == 0 || rapid.Bool().Draw(t, "leaf") {
		return leaf.Draw(t, "value")
	}
	a := &recordv1.Array{}
	for range rapid.IntRange(0, 4).Draw(t, "pairs") {
		a.Pairs = append(a.Pairs, &recordv1.Pair{Key: key.Draw(t, "key"), Value: tree(t, leaf, key, depth-1)})
	}
	return &recordv1.Value{Kind: &recordv1.Value_Array{Array: a}}
}

// What is written is read back as the same bytes, and looks serialized to WordPress.
func TestSerializeRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		first, err := Serialize(values().Draw(t, "value"))
		if err != nil {
			t.Fatal(err)
		}
		v, err := Unserialize(first)
		if err != nil {
			t.Fatalf("%q cannot be read", first)
		}
		if again, err := Serialize(v); err != nil || !bytes.Equal(again, first) {
			t.Fatalf("%q became %q, %v", first, again, err)
		}
		if !LooksSerialized(string(first)) {
			t.Fatalf("%q does not look serialized", first)
		}
	})
}

func FuzzUnserialize(f *testing.F) {
	for _, s := range []string{`a:1:{i:0;s:3:"foo";}`, `a:2:{s:1:"a";b:1;i:3;a:0:{}}`, `d:1.0E+25;`, `O:1:"a":0:{}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, s []byte) {
		v, err := Unserialize(s)
		if err != nil {
			return
		}
		if again, err := Serialize(v); err != nil || !bytes.Equal(again, s) {
			t.Errorf("%q became %q, %v", s, again, err)
		}
	})
}

func TestHoldsObjects(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		`a:1:{s:1:"a";O:8:"stdClass":0:{}}`: false, `s:3:"O:8";`: false, `a:0:{}`: false, `O:8:"stdClass":1:{s:1:"a";O:7:"Gadgets":0:{}}`: true,
		`O:7:"Gadgets":0:{}`: true, `O:+7:"Gadgets":0:{}`: true, `a:1:{i:0;C:11:"ArrayObject":2:{x}}`: true, `E:11:"Suit:Hearts";`: true,
	} {
		if got := HoldsObjects([]byte(s)); got != want {
			t.Errorf("%s: %v", s, got)
		}
	}
}
