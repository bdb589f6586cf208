//go:build accept

package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// wpDump is what WordPress says that a site holds; the truth files have the same form.
type wpDump struct {
	Version   string          `json:"version"`
	Home      string          `json:"home"`
	Posts     []*wpPost       `json:"posts"`
	Media     []*wpPost       `json:"media"`
	Revisions []*wpPost       `json:"revisions"`
	Users     []*wpUser       `json:"users"`
	Terms     []*wpTerm       `json:"terms"`
	Comments  []*wpComment    `json:"comments"`
	Menus     []*wpMenu       `json:"menus"`
	Options   []wpOption      `json:"options"`
	Passwords map[string]bool `json:"passwords"`
}

type wpMeta struct {
	Key string `json:"key"`
	Raw any    `json:"raw"`
}

type wpPost struct {
	ID            int                 `json:"id"`
	Type          string              `json:"type"`
	Status        string              `json:"status"`
	Title         string              `json:"title"`
	Slug          string              `json:"slug"`
	Permalink     string              `json:"permalink"`
	GUID          string              `json:"guid"`
	AuthorID      int                 `json:"author_id"`
	Date          string              `json:"date"`
	DateGMT       string              `json:"date_gmt"`
	Modified      string              `json:"modified"`
	ModifiedGMT   string              `json:"modified_gmt"`
	Excerpt       string              `json:"excerpt"`
	Content       string              `json:"content"`
	Password      string              `json:"password"`
	CommentStatus string              `json:"comment_status"`
	PingStatus    string              `json:"ping_status"`
	Parent        int                 `json:"parent"`
	MenuOrder     int                 `json:"menu_order"`
	MimeType      string              `json:"mime_type"`
	CommentCount  int                 `json:"comment_count"`
	CommentsOpen  bool                `json:"comments_open"`
	Sticky        bool                `json:"sticky"`
	Format        any                 `json:"format"`
	FeaturedImage int                 `json:"featured_image"`
	Template      any                 `json:"template"`
	Terms         []wpTermRef         `json:"terms"`
	Meta          []wpMeta            `json:"meta"`
	URL           string              `json:"url"`
	AttachedFile  string              `json:"attached_file"`
	FileExists    bool                `json:"file_exists"`
	Bytes         int64               `json:"bytes"`
	SHA256        string              `json:"sha256"`
	Alt           string              `json:"alt"`
	Caption       any                 `json:"caption"`
	Width         int                 `json:"width"`
	Height        int                 `json:"height"`
	Sizes         map[string]wpResize `json:"-"`
	RawSizes      json.RawMessage     `json:"sizes"`
	OriginalURL   any                 `json:"original_url"`
}

type wpResize struct {
	File   string `json:"file"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	URL    string `json:"url"`
	SHA256 string `json:"sha256"`
}

type wpTermRef struct {
	Taxonomy string `json:"taxonomy"`
	TermID   int    `json:"term_id"`
	Slug     string `json:"slug"`
}

type wpUser struct {
	ID          int             `json:"id"`
	Login       string          `json:"login"`
	Nicename    string          `json:"nicename"`
	Email       string          `json:"email"`
	URL         string          `json:"url"`
	Registered  string          `json:"registered"`
	DisplayName string          `json:"display_name"`
	FirstName   string          `json:"first_name"`
	LastName    string          `json:"last_name"`
	Nickname    string          `json:"nickname"`
	Description string          `json:"description"`
	Roles       []string        `json:"roles"`
	Caps        json.RawMessage `json:"caps"`
	PostsURL    string          `json:"posts_url"`
	PostCount   int             `json:"post_count"`
	PassHash    string          `json:"pass_hash"`
	Meta        []wpMeta        `json:"meta"`
}

type wpTerm struct {
	TermID      int      `json:"term_id"`
	Taxonomy    string   `json:"taxonomy"`
	Name        string   `json:"name"`
	Slug        string   `json:"slug"`
	Parent      int      `json:"parent"`
	Description string   `json:"description"`
	Count       int      `json:"count"`
	Link        string   `json:"link"`
	Ancestors   []int    `json:"ancestors"`
	ObjectIDs   []int    `json:"object_ids"`
	Meta        []wpMeta `json:"meta"`
}

type wpComment struct {
	ID          int      `json:"id"`
	PostID      int      `json:"post_id"`
	Parent      int      `json:"parent"`
	UserID      int      `json:"user_id"`
	Type        string   `json:"type"`
	Approved    string   `json:"approved"`
	Author      string   `json:"author"`
	AuthorEmail string   `json:"author_email"`
	AuthorURL   string   `json:"author_url"`
	AuthorIP    string   `json:"author_ip"`
	Agent       string   `json:"agent"`
	Karma       int      `json:"karma"`
	Date        string   `json:"date"`
	DateGMT     string   `json:"date_gmt"`
	Content     string   `json:"content"`
	Meta        []wpMeta `json:"meta"`
}

type wpMenu struct {
	TermID    int           `json:"term_id"`
	Name      string        `json:"name"`
	Slug      string        `json:"slug"`
	Locations []string      `json:"locations"`
	Items     []*wpMenuItem `json:"items"`
}

type wpMenuItem struct {
	ID          int      `json:"id"`
	Parent      int      `json:"parent"`
	Order       int      `json:"order"`
	Type        string   `json:"type"`
	Object      string   `json:"object"`
	ObjectID    int      `json:"object_id"`
	Title       string   `json:"title"`
	URL         string   `json:"url"`
	Target      string   `json:"target"`
	Classes     []string `json:"classes"`
	XFN         string   `json:"xfn"`
	AttrTitle   string   `json:"attr_title"`
	Description string   `json:"description"`
	Status      string   `json:"status"`
	Invalid     bool     `json:"invalid"`
	Meta        []wpMeta `json:"meta"`
}

type wpOption struct {
	Name  string `json:"name"`
	Value any    `json:"value"`
}

// UnmarshalJSON reads a post; PHP writes an empty map of sizes as a list.
func (p *wpPost) UnmarshalJSON(b []byte) error {
	type plain wpPost
	if err := json.Unmarshal(b, (*plain)(p)); err != nil {
		return err
	}
	if len(p.RawSizes) == 0 || bytes.HasPrefix(p.RawSizes, []byte("[")) || bytes.Equal(p.RawSizes, []byte("null")) {
		return nil
	}
	return json.Unmarshal(p.RawSizes, &p.Sizes)
}

// truth reads the truth files of a WordPress fixture.
func truth(t *testing.T, fixture string) *wpDump {
	t.Helper()
	d := &wpDump{}
	for name, to := range map[string]any{"posts": &d.Posts, "media": &d.Media, "revisions": &d.Revisions, "users": &d.Users,
		"terms": &d.Terms, "comments": &d.Comments, "menus": &d.Menus, "options": &d.Options} {
		readTruth(t, filepath.Join(fixture, "truth", name+".json"), to)
	}
	for _, o := range d.Options {
		if o.Name == "home" {
			d.Home, _ = o.Value.(string)
		}
	}
	return d
}

func readTruth(t *testing.T, file string, items any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(fixtures, file))
	if err != nil {
		t.Fatal(err)
	}
	wrapped := struct {
		Items any `json:"items"`
	}{items}
	if err := json.Unmarshal(b, &wrapped); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}
