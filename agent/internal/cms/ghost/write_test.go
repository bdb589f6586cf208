package ghost

import (
	"strings"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/ghost/ghosttest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Records as another system would give them.
func user(id string, m *recordv1.User) *recordv1.Record {
	return &recordv1.Record{Ref: record.NewRef(kindUser, id), Body: &recordv1.Record_User{User: m}}
}

func term(id, taxonomy, name, slug string) *recordv1.Record {
	return &recordv1.Record{Ref: record.NewRef(kindTerm, id), Body: &recordv1.Record_Term{Term: &recordv1.Term{Taxonomy: taxonomy, Name: name, Slug: slug}}}
}

func entry(id string, e *recordv1.Entry) *recordv1.Record {
	return &recordv1.Record{Ref: record.NewRef(kindEntry, id), Body: &recordv1.Record_Entry{Entry: e}}
}

func comment(id string, c *recordv1.Comment) *recordv1.Record {
	if c.Entry == nil {
		c.Entry = record.NewRef(kindEntry, "1")
	}
	c.Content, c.Type = &recordv1.Body{Markup: "html", Text: "<p>" + id + "</p>"}, "comment"
	if c.Status == 0 {
		c.Status = recordv1.CommentStatus_COMMENT_STATUS_APPROVED
	}
	return &recordv1.Record{Ref: record.NewRef(kindComment, id), Body: &recordv1.Record_Comment{Comment: c}}
}

func codes(r *agentv1.Result) string {
	var all []string
	for _, a := range r.GetAdjustments() {
		all = append(all, a.GetField()+":"+a.GetCode())
	}
	return strings.Join(all, " ")
}

func ask(t *testing.T, s *ghosttest.Site, query string, args ...any) string {
	t.Helper()
	var v cmssql.Cell
	must(t, s.DB.QueryRow(query, args...).Scan(&v))
	return v.Text
}

func TestPeopleOfAnotherSystem(t *testing.T) {
	onBoth(t, func(t *testing.T, d cmssql.Dialect) {
		s := ghosttest.New(t, d)
		g := newTarget(t, s, "one")
		hash := ask(t, s, "SELECT password FROM users WHERE id = '1'")
		phpass := &recordv1.Password{Scheme: "phpass", Hash: "$P$Babcdefghijklmnopqrstuvwxyz0123"}
		staff, member := recordv1.Account_ACCOUNT_STAFF, recordv1.Account_ACCOUNT_MEMBER
		sent, res := g.write(t,
			user("1", &recordv1.User{Login: "admin", Email: "OWNER@ghost.test", DisplayName: "Intruder", Slug: "admin", Roles: []string{"administrator"}, Account: staff, Password: phpass}),
			user("2", &recordv1.User{Email: "boss@x.test", DisplayName: "Boss", Slug: "olivia", Roles: []string{"administrator"}, Account: staff, Password: phpass}),
			user("3", &recordv1.User{Email: "bob@x.test", DisplayName: "Bob", Roles: []string{"shop_manager"}, Account: staff, Password: &recordv1.Password{Scheme: "bcrypt", Hash: ghosttest.Hash}}),
			user("4", &recordv1.User{Email: "reader@x.test", DisplayName: "Reader", Slug: "reader", Roles: []string{"subscriber"}, Account: member, Password: phpass,
				Labels: []string{"VIP", "Ü"}, Newsletters: []string{"blank ghost", "Weekly"}, Membership: "paid"}),
			user("5", &recordv1.User{Email: "reader@x.test", DisplayName: "Twin", Roles: []string{"subscriber"}, Account: member}),
		)
		want := []agentv1.Outcome{agentv1.Outcome_OUTCOME_ADOPTED, agentv1.Outcome_OUTCOME_CREATED, agentv1.Outcome_OUTCOME_CREATED, agentv1.Outcome_OUTCOME_CREATED, agentv1.Outcome_OUTCOME_ADOPTED}
		for i, r := range res {
			if r.GetOutcome() != want[i] {
				t.Errorf("%v: %v, want %v (%v)", r.GetRef(), r.GetOutcome(), want[i], r.GetProblem())
			}
		}
		if got := ask(t, s, "SELECT password FROM users WHERE id = '1'"); got != hash {
			t.Error("the owner's password was touched")
		}
		if n := ask(t, s, "SELECT COUNT(*) FROM roles_users ru JOIN roles r ON r.id = ru.role_id WHERE r.name = 'Owner'"); n != "1" {
			t.Errorf("%s owners", n)
		}
		if got := codes(res[1]); !strings.Contains(got, "slug:slug_taken") || !strings.Contains(got, "password:password_reset_needed") {
			t.Errorf("adjustments of the second: %s", got)
		}
		if got := ask(t, s, "SELECT password FROM users WHERE email = 'boss@x.test'"); !isBcrypt(got) {
			t.Errorf("a password that is no bcrypt hash: %d characters", len(got))
		}
		if got := ask(t, s, "SELECT password FROM users WHERE email = 'bob@x.test'"); got != ghosttest.Hash {
			t.Error("a bcrypt hash was not kept")
		}
		for query, want := range map[string]string{
			"SELECT r.name FROM users u JOIN roles_users ru ON ru.user_id = u.id JOIN roles r ON r.id = ru.role_id WHERE u.email = 'bob@x.test'": "Contributor",
			"SELECT status FROM members WHERE email = 'reader@x.test'":                                                                           "comped",
			"SELECT COUNT(*) FROM members_labels":                                                                                                "2",
			"SELECT COUNT(*) FROM members_newsletters":                                                                                           "2",
			"SELECT COUNT(*) FROM newsletters":                                                                                                   "2",
			"SELECT COUNT(*) FROM members_created_events":                                                                                        "1",
			"SELECT COUNT(*) FROM members_status_events":                                                                                         "1",
			"SELECT COUNT(*) FROM members_subscribe_events":                                                                                      "2",
			"SELECT COUNT(*) FROM members_products":                                                                                              "1",
		} {
			if got := ask(t, s, query); got != want {
				t.Errorf("%s: %s, want %s", query, got, want)
			}
		}
		g.verify(t, sent)
	})
}

func TestTermsFoldIntoTags(t *testing.T) {
	onBoth(t, func(t *testing.T, d cmssql.Dialect) {
		s := ghosttest.New(t, d)
		g := newTarget(t, s, "one")
		sent, res := g.write(t, term("1", "category", "News", "news"), term("2", "category", "Other", "news"), term("3", "category", "Books", "books"),
			term("4", "post_tag", "books", "books"), term("5", "post_tag", "日本", "日本"), term("6", "post_tag", "Über uns", "über-uns"))
		for i, want := range []string{"ADOPTED ", "CREATED slug:slug_taken", "CREATED ", "ADOPTED name:kept_existing", "CREATED slug:slug_changed", "CREATED slug:slug_changed"} {
			if got := strings.TrimPrefix(res[i].GetOutcome().String(), "OUTCOME_") + " " + codes(res[i]); got != want {
				t.Errorf("term %d: %q, want %q", i+1, got, want)
			}
		}
		if got := ask(t, s, "SELECT COUNT(*) FROM tags WHERE slug IN ('news', 'news-2', 'books', 'uber-uns')"); got != "4" {
			t.Errorf("%s of 4 tags", got)
		}
		g.verify(t, sent)
	})
}

// A link to a tag that visitors never see would lead to a page that Ghost does not show: it stays open.
func TestInternalTagsHaveNoAddress(t *testing.T) {
	onBoth(t, func(t *testing.T, d cmssql.Dialect) {
		s := ghosttest.New(t, d)
		g := newTarget(t, s, "one")
		hidden := term("2", "post_tag", "Drawer", "drawer")
		hidden.GetTerm().Internal = true
		g.write(t, term("1", "post_tag", "Shown", "shown"), hidden)
		for id, want := range map[string]string{"shown": ghostURL + "/tag/shown/", "drawer": ""} {
			got, err := g.site.Locate(t.Context(), g.site.DB(), []cms.Want{{Kind: kindTerm, TargetID: ask(t, s, "SELECT id FROM tags WHERE slug = ?", id)}})
			must(t, err)
			if got[0] != want {
				t.Errorf("%s is at %q, want %q", id, got[0], want)
			}
		}
	})
}

func TestEntriesAreNeverMorePublicThanBefore(t *testing.T) {
	onBoth(t, func(t *testing.T, d cmssql.Dialect) {
		s := ghosttest.New(t, d)
		g := newTarget(t, s, "one")
		published := recordv1.Status_STATUS_PUBLISHED
		body := &recordv1.Body{Markup: "html", Text: "<p>Hello &amp; <b>welcome</b></p><script>no()</script><p>bye</p>"}
		sent, res := g.write(t,
			entry("1", &recordv1.Entry{Type: "post", Title: "Secret", Slug: "secret", Status: published, Password: "pw", Content: body}),
			entry("2", &recordv1.Entry{Type: "product", Title: "Private", Slug: "secret", Status: recordv1.Status_STATUS_PRIVATE}),
			entry("3", &recordv1.Entry{Type: "page", Title: "Page", Slug: "secret", Status: recordv1.Status_STATUS_PENDING}),
			entry("4", &recordv1.Entry{Type: "post", Title: "Gone", Status: recordv1.Status_STATUS_TRASHED}),
			entry("5", &recordv1.Entry{Type: "post", Title: "Tiers", Status: published, Visibility: recordv1.Visibility_VISIBILITY_TIERS, Tiers: []string{"Platinum"}}),
			entry("6", &recordv1.Entry{Type: "post", Title: strings.Repeat("x", 300), Slug: "ghost", Status: published, Authors: []*recordv1.Ref{record.NewRef(kindUser, "99")}}),
		)
		if n := ask(t, s, "SELECT COUNT(*) FROM posts WHERE title IN ('Private', 'Page', 'Tiers') AND lexical LIKE '%\"type\":\"root\"%'"); n != "3" {
			t.Errorf("%s of 3 posts without a text have the empty one that Ghost's editor wants", n)
		}
		if len(sent) != 5 {
			t.Fatalf("%d entries fit, want 5", len(sent))
		}
		for slug, want := range map[string]string{"secret": "draft", "secret-2": "draft", "secret-3": "draft", "tiers": "published", "ghost-2": "published"} {
			if got := ask(t, s, "SELECT status FROM posts WHERE slug = ?", slug); got != want {
				t.Errorf("%s is %s, want %s", slug, got, want)
			}
		}
		if got := codes(res[0]); !strings.Contains(got, "status:password_not_held_kept_draft") {
			t.Errorf("adjustments of an entry with a password: %s", got)
		}
		if got := ask(t, s, "SELECT visibility FROM posts WHERE slug = 'tiers'"); got != "tiers" {
			t.Errorf("tiers became %s", got)
		}
		if got := ask(t, s, "SELECT plaintext FROM posts WHERE slug = 'secret'"); got != "Hello & welcome\n\nbye" {
			t.Errorf("plaintext %q", got)
		}
		if got := ask(t, s, "SELECT COUNT(*) FROM posts p WHERE NOT EXISTS (SELECT 1 FROM posts_authors a WHERE a.post_id = p.id)"); got != "0" {
			t.Errorf("%s posts without an author", got)
		}
		g.relink(t, true)
		for _, r := range sent[:len(sent)-1] {
			g.verify(t, []*recordv1.Record{r})
		}
	})
}

// An answer may be written before the comment that it answers: the thread must come out the same.
// WordPress's plugins keep the address of a picture beside the number of its file; Ghost has one column for both.
func TestPictureThatIsAFileAndAnAddress(t *testing.T) {
	onBoth(t, func(t *testing.T, d cmssql.Dialect) {
		g := newTarget(t, ghosttest.New(t, d), "one")
		_, res := g.write(t, entry("1", &recordv1.Entry{Type: "post", Title: "Shared", Status: recordv1.Status_STATUS_PUBLISHED,
			Seo: &recordv1.Seo{OgImage: &recordv1.Image{Media: record.NewRef(kindMedia, "9"), Url: "https://a.example/9.png"}}}))
		if got := codes(res[0]); !strings.Contains(got, "seo.og_image.url:pointer_suffices") {
			t.Errorf("adjustments: %s", got)
		}
	})
}

func TestThreadsInAnyOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, d cmssql.Dialect) {
		s := ghosttest.New(t, d)
		g := newTarget(t, s, "one")
		g.write(t, entry("1", &recordv1.Entry{Type: "post", Title: "Post", Status: recordv1.Status_STATUS_PUBLISHED}))
		parent := func(id string) *recordv1.Ref { return record.NewRef(kindComment, id) }
		thread := []*recordv1.Record{comment("d", &recordv1.Comment{Parent: parent("c")}), comment("c", &recordv1.Comment{Parent: parent("b")}),
			comment("b", &recordv1.Comment{Parent: parent("a")}), comment("a", &recordv1.Comment{})}
		var sent []*recordv1.Record
		for _, c := range thread {
			fit, res := g.write(t, c)
			if res[0].GetOutcome() != agentv1.Outcome_OUTCOME_CREATED {
				t.Fatalf("%v: %v", c.GetRef(), res[0])
			}
			sent = append(sent, fit...)
		}
		_, res := g.write(t, comment("media", &recordv1.Comment{Entry: record.NewRef(kindMedia, "1")}), comment("lost", &recordv1.Comment{Entry: record.NewRef(kindEntry, "404")}))
		for i, want := range []string{"comment_on_media", "entry_missing"} {
			if res[i].GetProblem().GetCode() != want {
				t.Errorf("%v, want %s", res[i], want)
			}
		}
		g.relink(t, true)
		g.verify(t, sent)
		if got := ask(t, s, "SELECT COUNT(DISTINCT parent_id) FROM comments WHERE parent_id IS NOT NULL"); got != "1" {
			t.Errorf("%s tops, want 1", got)
		}
	})
}

func TestMenusAndSettings(t *testing.T) {
	onBoth(t, func(t *testing.T, d cmssql.Dialect) {
		s := ghosttest.New(t, d)
		g := newTarget(t, s, "one")
		g.write(t, &recordv1.Record{Ref: record.NewRef(kindSite, "site"), Body: &recordv1.Record_Site{Site: &recordv1.Site{Title: "bailey::x", BaseUrl: "https://a.example",
			Logo: &recordv1.Image{Media: record.NewRef(kindMedia, "5")}}}})
		g.write(t, entry("1", &recordv1.Entry{Type: "page", Title: "About", Slug: "about-us", Status: recordv1.Status_STATUS_PUBLISHED}))
		menu := func(id string, places ...string) *recordv1.Record {
			return &recordv1.Record{Ref: record.NewRef(kindMenu, id), Body: &recordv1.Record_Menu{Menu: &recordv1.Menu{Name: "M", Locations: places, Items: []*recordv1.MenuItem{
				{Id: "1", Position: 1, Title: "A & B", Url: "https://x.example/?a=1&b=2"}, {Id: "2", Position: 2, ParentId: "1", Target: record.NewRef(kindEntry, "1")},
				{Id: "3", Position: 3, Title: "Later", Target: record.NewRef(kindEntry, "2")}}}}}
		}
		_, res := g.write(t, menu("1", "expanded"), menu("2", "social"), menu("3", "primary"), menu("4", "footer"))
		for i, want := range []string{"", "menu_not_held", "menu_place_taken", ""} {
			if got := res[i].GetProblem().GetCode(); got != want {
				t.Errorf("menu %d: %q, want %q", i+1, got, want)
			}
		}
		g.write(t, entry("2", &recordv1.Entry{Type: "post", Title: "Later", Slug: "later", Status: recordv1.Status_STATUS_PUBLISHED}))
		g.relink(t, true)
		want := `[{"label":"A & B","url":"https://x.example/?a=1&b=2"},{"label":"About","url":"/about-us/"},{"label":"Later","url":"/later/"}]`
		if got := ask(t, s, "SELECT `value` FROM settings WHERE `key` = 'navigation'"); got != want {
			t.Errorf("navigation %s", got)
		}
		for key, want := range map[string]string{"title": "bailey::x", "logo": "", "description": "Thoughts, stories and ideas.", "ghost_private_key": "SECRET"} {
			if got := ask(t, s, "SELECT `value` FROM settings WHERE `key` = ?", key); got != want {
				t.Errorf("setting %s is %q, want %q", key, got, want)
			}
		}
		before := ask(t, s, "SELECT before_image FROM bailey_ledger WHERE source_id = 'site'")
		if !strings.Contains(before, `"title":"Blank Ghost"`) || !strings.Contains(before, `"logo":""`) {
			t.Errorf("before-image %s", before)
		}
	})
}

// An author whom the other system gave no rights keeps the name on the entries and gains nothing.
func TestAuthorsWithoutRightsAreSuspended(t *testing.T) {
	onBoth(t, func(t *testing.T, d cmssql.Dialect) {
		s := ghosttest.New(t, d)
		g := newTarget(t, s, "one")
		_, res := g.write(t, user("7", &recordv1.User{Email: "pen@x.test", DisplayName: "Pen", Roles: []string{"subscriber"},
			Account: recordv1.Account_ACCOUNT_MEMBER, Author: true}))
		if got := codes(res[0]); !strings.Contains(got, "disabled:author_suspended") || !strings.Contains(got, "roles:author_suspended") {
			t.Errorf("adjustments %q", got)
		}
		got := ask(t, s, "SELECT REPLACE(REPLACE('S R', 'S', u.status), 'R', r.name) FROM users u JOIN roles_users ru ON ru.user_id = u.id JOIN roles r ON r.id = ru.role_id WHERE u.email = 'pen@x.test'")
		if got != "inactive Contributor" {
			t.Errorf("the account is %q", got)
		}
		if n := ask(t, s, "SELECT COUNT(*) FROM members WHERE email = 'pen@x.test'"); n != "0" {
			t.Errorf("%s members of that address", n)
		}
		g.write(t, entry("70", &recordv1.Entry{Type: "post", Title: "By Pen", Status: recordv1.Status_STATUS_PUBLISHED, Authors: []*recordv1.Ref{record.NewRef(kindUser, "7")}}))
		if name := ask(t, s, "SELECT u.name FROM posts p JOIN posts_authors pa ON pa.post_id = p.id JOIN users u ON u.id = pa.author_id WHERE p.title = 'By Pen'"); name != "Pen" {
			t.Errorf("the author is %q", name)
		}
	})
}
