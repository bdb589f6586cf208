package wxr

import (
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/baileybridge/bailey/proto/record"
)

// meta is one custom field.
type meta struct {
	Key   string `xml:"meta_key"`
	Value string `xml:"meta_value"`
}

// author is wp:author.
type author struct {
	ID      int64  `xml:"author_id"`
	Login   string `xml:"author_login"`
	Email   string `xml:"author_email"`
	Display string `xml:"author_display_name"`
	First   string `xml:"author_first_name"`
	Last    string `xml:"author_last_name"`
}

// term is wp:category, wp:tag or wp:term; the three name their parts differently.
type term struct {
	ID          int64  `xml:"term_id"`
	Taxonomy    string `xml:"term_taxonomy"`
	Slug        string `xml:"term_slug"`
	Parent      string `xml:"term_parent"`
	Name        string `xml:"term_name"`
	Description string `xml:"term_description"`
	Meta        []meta `xml:"termmeta"`

	CategorySlug        string `xml:"category_nicename"`
	CategoryParent      string `xml:"category_parent"`
	CategoryName        string `xml:"cat_name"`
	CategoryDescription string `xml:"category_description"`
	TagSlug             string `xml:"tag_slug"`
	TagName             string `xml:"tag_name"`
	TagDescription      string `xml:"tag_description"`
}

// settle brings the three forms into one.
func (t *term) settle(element string) {
	switch element {
	case "category":
		t.Taxonomy, t.Slug, t.Parent, t.Name, t.Description = "category", t.CategorySlug, t.CategoryParent, t.CategoryName, t.CategoryDescription
	case "tag":
		t.Taxonomy, t.Slug, t.Name, t.Description = "post_tag", t.TagSlug, t.TagName, t.TagDescription
	}
}

// comment is wp:comment.
type comment struct {
	ID       int64  `xml:"comment_id"`
	Author   string `xml:"comment_author"`
	Email    string `xml:"comment_author_email"`
	URL      string `xml:"comment_author_url"`
	IP       string `xml:"comment_author_IP"`
	Date     string `xml:"comment_date"`
	DateGMT  string `xml:"comment_date_gmt"`
	Content  string `xml:"comment_content"`
	Approved string `xml:"comment_approved"`
	Type     string `xml:"comment_type"`
	Parent   int64  `xml:"comment_parent"`
	User     int64  `xml:"comment_user_id"`
	Meta     []meta `xml:"commentmeta"`
}

// item is one post of any type.
type item struct {
	Title   string `xml:"title"`
	Link    string `xml:"link"`
	Creator string `xml:"creator"`
	GUID    string `xml:"guid"`
	Texts   []struct {
		XMLName xml.Name
		Text    string `xml:",chardata"`
	} `xml:"encoded"`
	ID            int64  `xml:"post_id"`
	Date          string `xml:"post_date"`
	DateGMT       string `xml:"post_date_gmt"`
	Modified      string `xml:"post_modified"`
	ModifiedGMT   string `xml:"post_modified_gmt"`
	CommentStatus string `xml:"comment_status"`
	PingStatus    string `xml:"ping_status"`
	Name          string `xml:"post_name"`
	Status        string `xml:"status"`
	Parent        int64  `xml:"post_parent"`
	Order         int64  `xml:"menu_order"`
	Type          string `xml:"post_type"`
	Password      string `xml:"post_password"`
	Sticky        string `xml:"is_sticky"`
	Attachment    string `xml:"attachment_url"`
	Terms         []struct {
		Taxonomy string `xml:"domain,attr"`
		Slug     string `xml:"nicename,attr"`
		Name     string `xml:",chardata"`
	} `xml:"category"`
	Meta     []meta    `xml:"postmeta"`
	Comments []comment `xml:"comment"`
}

// meta is the first value of a key; empty: there is none.
func (it *item) meta(key string) string {
	for _, m := range it.Meta {
		if m.Key == key {
			return m.Value
		}
	}
	return ""
}

// text is the content or the excerpt; both elements are called "encoded" in different name spaces.
func (it *item) text(space string) string {
	for _, t := range it.Texts {
		if strings.Contains(t.XMLName.Space, space) {
			return t.Text
		}
	}
	return ""
}

// sink takes what an export holds, in the order of the file.
type sink interface {
	setting(name, value string) error
	author(*author) error
	term(*term) error
	item(*item) error
}

// parse reads one export; it holds one item at a time (Rule 9).
func parse(r io.Reader, to sink) (repaired uint64, err error) {
	clean, err := decoded(r)
	if err != nil {
		return 0, err
	}
	d := xml.NewDecoder(clean)
	d.Strict, d.Entity = false, xml.HTMLEntity
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	found := false
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return clean.repaired, complete(found)
		}
		if err != nil {
			return 0, at(d, err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "rss":
			case "channel":
				found = true
			default:
				if err := element(d, t, to); err != nil {
					return 0, at(d, err)
				}
			}
		}
	}
}

var encoding = regexp.MustCompile(`^\s*<\?xml[^>]*\sencoding=["']([A-Za-z0-9._-]+)["']`)

// decoded gives the file as clean UTF-8. WordPress before 3.5 could write in other encodings, which are refused.
func decoded(r io.Reader) (*cleaner, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	head, err := b.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if m := encoding.FindSubmatch(head); m != nil && !strings.EqualFold(string(m[1]), "utf-8") {
		return nil, fmt.Errorf("the export is written in %s; convert it to UTF-8, e.g. with iconv, and name UTF-8 in its first line", m[1])
	}
	return &cleaner{r: b, text: text{most: record.MaxBytes}}, nil
}

func complete(found bool) error {
	if !found {
		return errors.New("the file has no channel element; it is no WordPress export, or it was cut off")
	}
	return nil
}

// at says where in the file something is wrong.
func at(d *xml.Decoder, err error) error {
	line, col := d.InputPos()
	if errors.Is(err, io.ErrUnexpectedEOF) || strings.Contains(err.Error(), "unexpected EOF") {
		return fmt.Errorf("the export ends in line %s, in the middle of an element: it was cut off; export it again", strconv.Itoa(line))
	}
	return fmt.Errorf("line %d, column %d: %w", line, col, err)
}

func element(d *xml.Decoder, start xml.StartElement, to sink) error {
	switch name := start.Name.Local; name {
	case "item":
		return decode(d, start, to.item)
	case "author":
		return decode(d, start, to.author)
	case "category", "tag", "term":
		return decode(d, start, func(t *term) error {
			t.settle(name)
			return to.term(t)
		})
	case "title", "description", "language", "generator", "base_site_url", "base_blog_url", "wxr_version":
		return decode(d, start, func(s *string) error { return to.setting(name, *s) })
	}
	return d.Skip()
}

func decode[T any](d *xml.Decoder, start xml.StartElement, use func(*T) error) error {
	v := new(T)
	if err := d.DecodeElement(v, &start); err != nil {
		return err
	}
	return use(v)
}
