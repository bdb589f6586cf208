package joomla

import (
	"os"
	"strings"
	"testing"
)

// The mark of a version is the one that Joomla 5.3 itself gave it (testdata/version.json is such a row), and what may change without
// making a new version does not change it.
func TestVersionHash(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/version.json")
	if err != nil {
		t.Fatal(err)
	}
	h := &versionHash{strings.Fields("modified_by modified checked_out checked_out_time version hits ordering"), strings.Fields("publish_up publish_down featured ordering")}
	const made = "986a8f833071734b9395dafa1f34711b1b299c78"
	for text, same := range map[string]bool{"": true, `"hits":0|"hits":7`: true, `"access":1|"access":"1"`: true, `"access":1|"access":2`: false} {
		was, now, _ := strings.Cut(text, "|")
		v := parsed(strings.Replace(string(b), was, now, 1))
		if got := h.of(v); got == made != same {
			t.Errorf("%s: %s", text, got)
		}
	}
	if v := parsed(string(b)); formatJSON(v, noRef) != string(b) {
		t.Error("JSON is written otherwise than Joomla writes it")
	}
}
