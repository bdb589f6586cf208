package attest

import (
	"bytes"
	"encoding/json"
	"testing"
)

// TestCanonicalVectors: the examples of RFC 8785, sections 3.2.2 and 3.2.3, and where whole numbers keep their digits.
func TestCanonicalVectors(t *testing.T) {
	t.Parallel()
	for doc, want := range map[string]string{
		`{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
		  "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}`: `{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
		`{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}`: "{\"\\r\":2,\"1\":4,\"\u0080\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\ufb33\":3}",
		`[18446744073709551615,-0,0.0,1e2]`:                                           `[18446744073709551615,0,0,100]`,
		`"\u2028\b\f\t"`:                                                              "\"\u2028\\b\\f\\t\"",
	} {
		if got := canonicalOf(t, []byte(doc)); string(got) != want {
			t.Errorf("%s\ninstead of\n%s", got, want)
		}
	}
}

func canonicalOf(t *testing.T, doc []byte) []byte {
	t.Helper()
	v, err := parse(doc)
	if err != nil {
		t.Fatalf("%s: %v", doc, err)
	}
	b, err := canonical(nil, v)
	if err != nil {
		t.Fatalf("%s: %v", doc, err)
	}
	return b
}

// FuzzCanonical: what is canonical stays as it is, and white space does not matter.
func FuzzCanonical(f *testing.F) {
	for _, doc := range []string{`{"b":[1,2.50,{"a":"\u00e9\n"}],"a":null}`, `-1e-9`, `""`, `{"":{"":[]}}`, `[[[[]]]]`, `{"a":1,"a":2}`} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		v, err := parse(doc)
		if err != nil {
			return
		}
		b, err := canonical(nil, v)
		if err != nil {
			return
		}
		var indented bytes.Buffer
		if err := json.Indent(&indented, b, " ", "\t"); err != nil {
			t.Fatalf("%s gives %s: %v", doc, b, err)
		}
		if again := canonicalOf(t, indented.Bytes()); !bytes.Equal(again, b) {
			t.Errorf("%s, then %s", b, again)
		}
	})
}
