package transform

import (
	"strings"
	"testing"
)

// The pictures of a gallery keep what is written below each of them.
func TestWordPressGalleryKeepsCaptions(t *testing.T) {
	t.Parallel()
	got := wpPicture(`<figure class="gallery"><figure><img src="a.png" alt=""/><figcaption>One</figcaption></figure>` +
		`<figure><img src="b.png" alt=""/></figure><figcaption>All</figcaption></figure>`)
	for _, want := range []string{`<img src="a.png" alt=""/><figcaption class="wp-element-caption">One</figcaption></figure>`, `>All</figcaption></figure>`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in\n%s", want, got)
		}
	}
	if strings.Count(got, "<figcaption") != 2 {
		t.Errorf("captions in\n%s", got)
	}
}
