package cli

import (
	"os"
	"path/filepath"
	"testing"
)

func TestLinkFilesAreFoundFromAnywhere(t *testing.T) {
	t.Parallel()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for arg, want := range map[string]string{
		"": "", "bailey://host:1?x": "bailey://host:1?x", "/a/link": "/a/link", "@/a/link": "@/a/link",
		"link": filepath.Join(here, "link"), "@link": "@" + filepath.Join(here, "link"),
	} {
		if got := fromAnywhere(arg); got != want {
			t.Errorf("%q became %q; want %q", arg, got, want)
		}
	}
}
