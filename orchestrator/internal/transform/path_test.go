package transform_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/baileybridge/bailey/orchestrator/internal/transform"
)

func TestNormalPath(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                               "/",
		"/":                              "/",
		"/hello":                         "/hello",
		"/hello/":                        "/hello",
		"hello/":                         "/hello",
		"//hello///there/":               "/hello/there",
		"/a/./b/../c/":                   "/a/c",
		"/../../x":                       "/x",
		"/hello/#part":                   "/hello",
		"/gr%c3%bc%C3%9fe/":              "/grüße",
		"/grüße":                         "/grüße",
		"/a%2fb":                         "/a%2Fb",
		"/a%3fb%23c%25d":                 "/a%3Fb%23c%25d",
		"/100%":                          "/100%",
		"/%zz":                           "/%zz",
		"/a%00b":                         "/a%00b",
		"/?p=12":                         "/?p=12",
		"/index.php?p=12":                "/?p=12",
		"/index.php":                     "/",
		"/index.php/hello/":              "/index.php/hello",
		"/?b=2&a=1":                      "/?a=1&b=2",
		"/?&p=12&":                       "/?p=12",
		"/?q=a+b":                        "/?q=a b",
		"/?q=a%26b":                      "/?q=a%26b",
		"/hello/?":                       "/hello",
		"/hello/feed/":                   "/hello",
		"/hello/feed/atom":               "/hello",
		"/feed/":                         "/feed",
		"/wp-content/uploads/a-9x9.jpg":  "/wp-content/uploads/a-9x9.jpg",
		"/wp-content/up loads/a%20b.jpg": "/wp-content/up loads/a b.jpg",
	} {
		if got := transform.NormalPath(in); got != want {
			t.Errorf("NormalPath(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestNormalPathIsStable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		once := transform.NormalPath(rapid.StringMatching(`/?([a-z%.2fFü+]{0,5}[/?&=#]?){0,6}`).Draw(t, "path"))
		if twice := transform.NormalPath(once); twice != once {
			t.Fatalf("%q became %q", once, twice)
		}
	})
}
