package wxr

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/cmstest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/deploy/testbed"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

func TestMain(m *testing.M) { testbed.Main(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const head = `<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>Lake &amp; Hill</title><link>https://lake.example/blog</link><description>Walks</description><language>de-DE</language>
<wp:wxr_version>1.2</wp:wxr_version><wp:base_site_url>https://lake.example</wp:base_site_url><wp:base_blog_url>https://lake.example/blog</wp:base_blog_url>
<generator>https://wordpress.org/?v=6.1.9</generator>
`

const people = `<wp:author><wp:author_id>3</wp:author_id><wp:author_login><![CDATA[ann]]></wp:author_login><wp:author_email><![CDATA[ann@lake.example]]></wp:author_email>
<wp:author_display_name><![CDATA[Ann]]></wp:author_display_name><wp:author_first_name><![CDATA[Ann]]></wp:author_first_name><wp:author_last_name></wp:author_last_name></wp:author>
<wp:author><wp:author_id>5</wp:author_id><wp:author_login><![CDATA[Bo.B]]></wp:author_login><wp:author_email><![CDATA[bo@lake.example]]></wp:author_email></wp:author>
<wp:author><wp:author_id>9</wp:author_id><wp:author_login><![CDATA[cy]]></wp:author_login><wp:author_email><![CDATA[cy@lake.example]]></wp:author_email></wp:author>
`

const terms = `<wp:category><wp:term_id>12</wp:term_id><wp:category_nicename>alps</wp:category_nicename><wp:category_parent>tours</wp:category_parent><wp:cat_name><![CDATA[Alps]]></wp:cat_name></wp:category>
<wp:category><wp:term_id>11</wp:term_id><wp:category_nicename>tours</wp:category_nicename><wp:category_parent></wp:category_parent><wp:cat_name><![CDATA[Tours]]></wp:cat_name>
<wp:termmeta><wp:meta_key><![CDATA[color]]></wp:meta_key><wp:meta_value><![CDATA[blue]]></wp:meta_value></wp:termmeta></wp:category>
<wp:tag><wp:term_id>20</wp:term_id><wp:tag_slug><![CDATA[snow]]></wp:tag_slug><wp:tag_name><![CDATA[Snow]]></wp:tag_name></wp:tag>
<wp:term><wp:term_id>30</wp:term_id><wp:term_taxonomy>nav_menu</wp:term_taxonomy><wp:term_slug>main</wp:term_slug><wp:term_name><![CDATA[Main]]></wp:term_name></wp:term>
<wp:term><wp:term_id>31</wp:term_id><wp:term_taxonomy>nav_menu</wp:term_taxonomy><wp:term_slug>foot</wp:term_slug><wp:term_name><![CDATA[Foot]]></wp:term_name></wp:term>
<wp:term><wp:term_id>32</wp:term_id><wp:term_taxonomy>nav_menu</wp:term_taxonomy><wp:term_slug>side</wp:term_slug><wp:term_name><![CDATA[Side]]></wp:term_name></wp:term>
`

// What the parser is handed of a text ends behind what a record holds, whatever the text is made of; what stands around it stays.
func TestLongTextsAreCut(t *testing.T) {
	t.Parallel()
	const most = 1000
	for _, piece := range []string{"abc ", "]a", "]]", "]>", "<![CDATA[", "<p>", "ä]] >"} {
		for form, long := range map[string]bool{"a<b><![CDATA[%]]></b>c": true, "a<b>%</b>c": !strings.Contains(piece, "<")} {
			for n, cut := range map[int]bool{most / 2 / len(piece): false, 3 * most: long} {
				if !cut && n > most && piece == beginSection {
					continue // A section that does not end.
				}
				before, after, _ := strings.Cut(form, "%")
				in := before + strings.Repeat(piece, n) + after
				got, err := io.ReadAll(&cleaner{r: bufio.NewReader(strings.NewReader(in)), text: text{most: most}})
				must(t, err)
				if s := string(got); !cut && s != in || cut && (len(s) <= most || len(s) > most+50) || !strings.HasPrefix(s, before+piece) || !strings.HasSuffix(s, after) {
					t.Errorf("%d times %q in %s became %d bytes", n, piece, form, len(s))
				}
			}
		}
	}
}

// post is one item; more is put at its end.
func post(id int, kind, name, creator, more string) string {
	return fmt.Sprintf(`<item><title><![CDATA[Title %[1]d]]></title><link>https://lake.example/blog/2024/05/%[3]s/</link><dc:creator><![CDATA[%[4]s]]></dc:creator>
<guid isPermaLink="false">https://lake.example/blog/?p=%[1]d</guid><description></description><content:encoded><![CDATA[<p>Body %[1]d</p>]]></content:encoded>
<excerpt:encoded><![CDATA[Short %[1]d]]></excerpt:encoded><wp:post_id>%[1]d</wp:post_id><wp:post_date><![CDATA[2024-05-06 10:00:00]]></wp:post_date>
<wp:post_date_gmt><![CDATA[2024-05-06 08:00:00]]></wp:post_date_gmt><wp:post_modified><![CDATA[2024-06-06 10:00:00]]></wp:post_modified>
<wp:post_modified_gmt><![CDATA[2024-06-06 08:00:00]]></wp:post_modified_gmt><wp:comment_status>open</wp:comment_status><wp:ping_status>closed</wp:ping_status>
<wp:post_name>%[3]s</wp:post_name><wp:status>publish</wp:status><wp:post_parent>0</wp:post_parent><wp:menu_order>0</wp:menu_order>
<wp:post_type>%[2]s</wp:post_type><wp:post_password></wp:post_password><wp:is_sticky>0</wp:is_sticky>%[5]s</item>
`, id, kind, name, creator, more)
}

func note(id, parent int) string {
	return fmt.Sprintf(`<wp:comment><wp:comment_id>%d</wp:comment_id><wp:comment_author><![CDATA[Visitor]]></wp:comment_author><wp:comment_author_email>v@x.example</wp:comment_author_email>
<wp:comment_date>2024-05-07 10:00:00</wp:comment_date><wp:comment_date_gmt>2024-05-07 08:00:00</wp:comment_date_gmt><wp:comment_content><![CDATA[Nice %d]]></wp:comment_content>
<wp:comment_approved>1</wp:comment_approved><wp:comment_type>comment</wp:comment_type><wp:comment_parent>%d</wp:comment_parent><wp:comment_user_id>0</wp:comment_user_id></wp:comment>`, id, id, parent)
}

func picture(id int) string {
	more := fmt.Sprintf(`<wp:attachment_url>https://lake.example/blog/wp-content/uploads/2024/05/p%d.JPG</wp:attachment_url>
<wp:postmeta><wp:meta_key>_wp_attached_file</wp:meta_key><wp:meta_value><![CDATA[2024/05/p%d.JPG]]></wp:meta_value></wp:postmeta>`, id, id)
	return strings.Replace(post(id, "attachment", fmt.Sprintf("p%d", id), "ann", more), "<wp:status>publish<", "<wp:status>inherit<", 1)
}

func export() string {
	return head + people + terms +
		post(1, "post", "one", "ann", `<category domain="category" nicename="alps"><![CDATA[Alps]]></category><category domain="post_tag" nicename="snow"><![CDATA[Snow]]></category>
<category domain="mood" nicename="calm"><![CDATA[Calm]]></category><wp:postmeta><wp:meta_key>pages</wp:meta_key><wp:meta_value><![CDATA[a:1:{i:0;s:3:"x&y";}]]></wp:meta_value></wp:postmeta>`+note(1, 0)+note(2, 1)+note(3, 0)) +
		post(2, "post", "two", "gone", "") + post(3, "page", "three", "Bo.B", "") + picture(7) + picture(8) + picture(9) + "</channel></rss>\n"
}

func source(t *testing.T, text string) cms.Settings {
	t.Helper()
	file := filepath.Join(t.TempDir(), "lake.xml")
	must(t, os.WriteFile(file, []byte(text), 0o600))
	return cms.Settings{Platform: platform, Database: cmssql.Config{Dialect: cmssql.SQLite, File: file}}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	cmstest.Run(t, cmstest.Harness{
		Driver: Driver{}, Source: func(t *testing.T, _ cmssql.Dialect, _ string) cms.Settings { return source(t, export()) },
		Sums: func(t *testing.T, set cms.Settings, _ func(string) bool) map[string]string {
			text, err := os.ReadFile(set.Database.File)
			must(t, err)
			return map[string]string{"export": string(text)}
		},
		Absent: map[string]string{cmstest.Writing: "an export file is only read", cmstest.Prefixes: "an export has no tables", cmstest.ExtraColumns: "an export has no tables"},
	})
}

func read(t *testing.T, set cms.Settings, kind cms.Kind) map[string]*recordv1.Record {
	t.Helper()
	s, err := Driver{}.Open(t.Context(), set)
	must(t, err)
	defer func() { must(t, s.Close()) }()
	shards, err := s.Split(t.Context(), kind, 1, cms.Options{})
	must(t, err)
	all := map[string]*recordv1.Record{}
	for _, sh := range shards {
		for it, err := range s.Read(t.Context(), kind, sh, nil, cms.Options{}) {
			must(t, err)
			if it.Record != nil {
				all[it.Record.GetRef().GetSourceId()] = it.Record
			}
		}
	}
	return all
}

func TestWhatAnExportSays(t *testing.T) {
	t.Parallel()
	set := source(t, export())
	site := (*recordv1.Site)(nil)
	for _, rec := range read(t, set, recordv1.Kind_KIND_SITE) {
		site = rec.GetSite()
	}
	if site.GetTitle() != "Lake & Hill" || site.GetPermalinkPattern() != "/%year%/%monthnum%/%postname%/" || site.GetBaseUrl() != "https://lake.example/blog" {
		t.Errorf("site %v", site)
	}
	posts := read(t, set, recordv1.Kind_KIND_ENTRY)
	one := posts["1"].GetEntry()
	if one.GetContent().GetText() != "<p>Body 1</p>" || one.GetExcerpt() != "Short 1" || len(one.GetTerms()) != 3 || one.GetPublished().GetSeconds() != 1714982400 {
		t.Errorf("entry %v", one)
	}
	if f := posts["1"].GetFields(); len(f) != 1 || f[0].GetName() != "pages" {
		t.Errorf("fields %v", f)
	}
	users := read(t, set, recordv1.Kind_KIND_USER)
	if len(users) != 4 || users["10"].GetUser().GetLogin() != "gone" || posts["2"].GetEntry().GetAuthors()[0].GetSourceId() != "10" {
		t.Errorf("users %v", users)
	}
	if m := read(t, set, recordv1.Kind_KIND_MEDIA)["7"].GetMedia(); m.GetMime() != "image/jpeg" {
		t.Errorf("media %v", m)
	}
	for _, term := range read(t, set, recordv1.Kind_KIND_TERM) {
		if term.GetTerm().GetSlug() == "alps" && term.GetTerm().GetParent() == nil {
			t.Error("the parent, which stands behind its child, is lost")
		}
	}
}

func TestDividedExport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"a.xml": head + people + terms + post(1, "post", "one", "ann", ""), "b.xml": head + people + terms + post(2, "post", "two", "ann", ""), "other.xml": "<x/>"} {
		if name != "other.xml" {
			text += "</channel></rss>"
		}
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	set, err := Driver{}.Detect(os.DirFS("/"), strings.TrimPrefix(dir, "/"))
	must(t, err)
	if posts, users := read(t, *set, recordv1.Kind_KIND_ENTRY), read(t, *set, recordv1.Kind_KIND_USER); len(posts) != 2 || len(users) != 3 {
		t.Errorf("%d entries, %d users", len(posts), len(users))
	}
	if _, err := (Driver{}).Detect(fstest.MapFS{"d/x.xml": {Data: []byte("<x/>")}}, "d"); err == nil {
		t.Error("a folder without an export was taken for one")
	}
}

func TestBadExports(t *testing.T) {
	t.Parallel()
	whole := export()
	for name, c := range map[string]struct{ text, want string }{
		"cut off":     {whole[:len(whole)-400], "cut off"},
		"other":       {"<html><body>no</body></html>", "no WordPress export"},
		"no channel":  {`<rss xmlns:wp="http://wordpress.org/export/1.2/"></rss>`, "no channel"},
		"no number":   {strings.Replace(whole, "<wp:post_id>1<", "<wp:post_id>one<", 1), "line "},
		"encoding":    {strings.Replace(whole, `"UTF-8"`, `"ISO-8859-15"`, 1), "convert it to UTF-8"},
		"empty":       {"", "no WordPress export"},
		"wrong nests": {strings.Replace(whole, "</wp:author>", "</wp:term>", 1), "line "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Driver{}.Open(t.Context(), source(t, c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
		})
	}
}

// What XML does not allow is replaced, counted and told; nothing else changes.
func TestRepairs(t *testing.T) {
	t.Parallel()
	set := source(t, strings.Replace(export(), "Body 1", "Bo\x08dy\xff 1 ]]]]><![CDATA[> ü😀", 1))
	if got := read(t, set, recordv1.Kind_KIND_ENTRY)["1"].GetEntry().GetContent().GetText(); got != "<p>Bo\ufffddy\ufffd 1 ]]> ü😀</p>" {
		t.Errorf("body %q", got)
	}
	s, err := Driver{}.Open(t.Context(), set)
	must(t, err)
	defer func() { must(t, s.Close()) }()
	f, err := s.Probe(t.Context(), cms.Options{})
	must(t, err)
	if f.Findings[0].GetCode() != "export_repaired" || f.Findings[0].GetCount() != 2 {
		t.Errorf("findings %v", f.Findings)
	}
}

func TestStructures(t *testing.T) {
	t.Parallel()
	for link, want := range map[string]string{
		"https://x.example/one/": "/%postname%/", "https://x.example/2024/05/06/one": "/%year%/%monthnum%/%day%/%postname%", "https://x.example/archives/4": "/archives/%post_id%",
		"https://x.example/alps/one/": "/%category%/%postname%/", "https://x.example/blog/ann/one/": "/blog/%author%/%postname%/", "https://x.example/?p=4": "",
		"https://x.example/tours/alps/one/": "/%category%/%postname%/", "https://x.example/index.php/one": "/index.php/%postname%",
	} {
		it := &item{ID: 4, Type: "post", Status: "publish", Name: "one", Creator: "ann", Link: link, Date: "2024-05-06 10:00:00", DateGMT: "2024-05-06 04:30:00"}
		for _, slug := range []string{"alps", "tours"} {
			it.Terms = append(it.Terms, struct {
				Taxonomy string `xml:"domain,attr"`
				Slug     string `xml:"nicename,attr"`
				Name     string `xml:",chardata"`
			}{"category", slug, slug})
		}
		g := newGuess()
		g.look(it, "https://x.example")
		if g.structure() != want || g.offset() != "5.5" {
			t.Errorf("%s: %q, %q", link, g.structure(), g.offset())
		}
	}
}

type nowhere struct{ items int }

func (*nowhere) setting(string, string) error { return nil }
func (*nowhere) author(*author) error         { return nil }
func (*nowhere) term(*term) error             { return nil }
func (n *nowhere) item(*item) error           { n.items++; return nil }

func FuzzParse(f *testing.F) {
	for _, s := range []string{export(), head, "<rss><channel><item><wp:post_id>x</wp:post_id>", "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><rss><channel>\xe4", strings.Repeat("<a>", 100)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n := &nowhere{}
		if _, err := parse(strings.NewReader(text), n); err == nil && !strings.Contains(text, "channel") {
			t.Error("no channel, no error")
		}
	})
}

// endless gives n posts without holding them.
type endless struct {
	n, at int
	rest  string
}

func (e *endless) Read(p []byte) (int, error) {
	if e.rest == "" {
		switch {
		case e.at == 0:
			e.rest = head + people
		case e.at <= e.n:
			e.rest = post(e.at, "post", fmt.Sprintf("p%d", e.at), "ann", "")
		case e.at == e.n+1:
			e.rest = "</channel></rss>"
		default:
			return 0, io.EOF
		}
		e.at++
	}
	k := copy(p, e.rest)
	e.rest = e.rest[k:]
	return k, nil
}

// measured notes how much is held while entries go by.
type measured struct {
	nowhere
	held []uint64
}

func (m *measured) item(it *item) error {
	if m.items%1000 == 0 {
		var now runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&now)
		m.held = append(m.held, now.HeapAlloc)
	}
	return m.nowhere.item(it)
}

// Rule 9: parsing holds one item, whatever the size of the file.
func TestParsingHoldsOneItem(t *testing.T) {
	to := &measured{}
	_, err := parse(&endless{n: 6000}, to)
	must(t, err)
	if first, last := to.held[1], to.held[5]; to.items != 6000 || last > first+1<<20 {
		t.Errorf("%d entries; %d bytes held after a thousand, %d after five", to.items, first, last)
	}
}

// Where a site keeps its uploads elsewhere is seen from the addresses of its attachments.
func TestUploadsElsewhere(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]string{"https://lake.example/blog/wp-content/uploads": "/blog/wp-content/uploads/2024/05/p7.JPG", "https://files.lake.example": "https://files.lake.example/2024/05/p7.JPG"} {
		s, err := Driver{}.Open(t.Context(), source(t, strings.ReplaceAll(export(), "https://lake.example/blog/wp-content/uploads", at)))
		must(t, err)
		defer func() { must(t, s.Close()) }()
		got, err := s.(*Site).Locate(t.Context(), s.(*Site).DB(), []cms.Want{{Kind: recordv1.Kind_KIND_MEDIA, TargetID: "7"}})
		must(t, err)
		if !strings.HasSuffix(got[0], want) {
			t.Errorf("%s: %q", at, got[0])
		}
	}
}
