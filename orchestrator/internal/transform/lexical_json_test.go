package transform

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestWriteNodeIsJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.String().Draw(t, "s")
		var got map[string][]map[string]any
		var b strings.Builder
		writeNode(&b, newNode(lexField{"list", []lexNode{newNode(lexField{"b", 3}, lexField{"a", want}, lexField{"c", nil}, lexField{"d", newNode()})}}))
		if err := json.Unmarshal([]byte(b.String()), &got); err != nil {
			t.Fatalf("%s: %v", b.String(), err)
		}
		if n := got["list"][0]; n["a"] != want || n["b"] != 3.0 || n["c"] != nil || n["d"] == nil {
			t.Fatalf("%q became %v", want, n)
		}
	})
}
