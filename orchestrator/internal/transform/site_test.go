package transform_test

import (
	"github.com/baileybridge/bailey/orchestrator/internal/transform"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// index answers from a map; a test double for the link index.
type index map[string]record.Token

func (x index) Resolve(path string) (record.Token, bool) {
	t, ok := x[path]
	return t, ok
}

func (x index) Known(k record.Key) bool {
	for _, t := range x {
		if t.Ref == k {
			return true
		}
	}
	return false
}

// site is the source of all tests here.
var site = newIndex(map[string]string{
	"/": "site/1", "/index.php?id=12": "entry/12", "/hello/": "entry/12", "/?p=12": "entry/12", "/grüße/": "entry/13", "/about/": "entry/14", "/?page_id=14": "entry/14",
	"/category/news/": "term/3", "/?cat=3": "term/3", "/?cat=8": "term/80", "/files/a.jpg": "media/5", "/files/a-300x200.jpg": "media/5;300x200",
	"/files/b.jpg": "media/6", "/files/b-640x480.jpg": "media/6;640x480", "/files/song.mp3": "media/7", "/files/東京.jpg": "media/8", "/files/two words [1].jpg": "media/9",
	"/feed/": "site/1;feed", "/tag/news/rss/": "term/3;feed", "/news?format=feed&type=rss": "term/3;feed", "/index.php?option=com_content&view=category&id=3&format=feed&type=rss": "term/3;feed",
	"/old-picture/": "media/5;page", "/a--b/": "entry/15", "/?a=1&b=2": "entry/16",
})

func newIndex(paths map[string]string) index {
	x := index{}
	for p, name := range paths {
		t, ok := record.ParseToken(name)
		if !ok {
			panic("no token: " + name)
		}
		x[transform.NormalPath(p)] = t
	}
	return x
}

func entry(markup, text string) *recordv1.Record {
	return &recordv1.Record{
		Ref: record.NewRef(recordv1.Kind_KIND_ENTRY, "1"),
		Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{
			Type: "post", Title: "A title", Slug: "a-title", Content: &recordv1.Body{Markup: markup, Text: text},
			Authors: []*recordv1.Ref{record.NewRef(recordv1.Kind_KIND_USER, "1")},
		}},
	}
}
