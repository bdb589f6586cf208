package php

import (
	"testing"

	"google.golang.org/protobuf/proto"
)

func TestJSONRoundTrip(t *testing.T) {
	t.Parallel()
	for _, s := range []string{`{}`, `[]`, `null`, `true`, `-0.10`, `12345678901234567890`, `"a\/b \u00e9 \ud83e\udd50 \n \u2028"`,
		`{"shoe":36,"prefs":{"coffee":false,"langs":["en","fr"]},"":[1.50,null]}`, `[{"MIGX_id":"1","title":"One & \"two\""}]`} {
		v, err := ReadJSON(s)
		if err != nil {
			t.Errorf("%s: %v", s, err)
		} else if got := WriteJSON(v); got != s {
			t.Errorf("%s became %s", s, got)
		}
	}
	for _, s := range []string{``, `{`, `[1,]`, `{"a"}`, `1 2`, `a:0:{}`, `{"a":1}}`, `nul`} {
		if v, err := ReadJSON(s); err == nil {
			t.Errorf("%q was read as %v", s, v)
		}
	}
}

func FuzzJSON(f *testing.F) {
	f.Add(`{"a":[1,"x",null,{"b":1e9}]}`)
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ReadJSON(s)
		if err != nil {
			return
		}
		again, err := ReadJSON(WriteJSON(v))
		if err != nil || !proto.Equal(v, again) {
			t.Errorf("%q: %v, then %v (%v)", s, v, again, err)
		}
	})
}
