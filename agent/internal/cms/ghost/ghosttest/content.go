package ghosttest

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"
)

// Ids of a new site.
const (
	OwnerID   = "1"
	NewsTagID = "600000000000000000000001"
	day       = "2024-03-01 10:00:00"
)

var roles = []string{"Administrator", "Editor", "Author", "Contributor", "Owner", "Super Editor", "Admin Integration"}

// settings are "key=value"; without "=" the value is null.
var settings = []string{
	"title=Blank Ghost", "description=Thoughts, stories and ideas.", "locale=en", "timezone=Europe/Berlin", "accent_color=#FF1A75", "icon=", "logo=",
	"cover_image=https://static.example/cover.jpg", "codeinjection_head=", "codeinjection_foot=", "facebook=ghost", "twitter=@ghost", "meta_title",
	"meta_description", "og_image", "og_title", "og_description", "twitter_image", "twitter_title", "twitter_description", "comments_enabled=off",
	`navigation=[{"label":"Home","url":"/"},{"label":"About","url":"/about/"}]`, `secondary_navigation=[{"label":"Sign up","url":"#/portal/"}]`,
	"site_uuid=438bb7ef-21af-4855-b64e-c1a8be6efbc3", "db_hash=7ff591cf-9384-4ccc-b981-59e8c58cc80b", "routes_hash=3d180d52c663d173a6be791ef411ed01",
	"heading_font=", "announcement_background=dark", "portal_button=false", "members_signup_access=all",
	"ghost_private_key=SECRET", "admin_session_secret=SECRET", "stripe_secret_key=SECRET", "mailgun_api_key=SECRET", "password=SECRET",
}

// id makes an id of 24 hex digits.
func id(n int) string { return fmt.Sprintf("6%023x", n) }

// UUID makes a version 4 UUID.
func UUID(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012x", n) }

func (s *Site) install(tb testing.TB) {
	tb.Helper()
	for i, name := range roles {
		s.exec(tb, "INSERT INTO roles (id, name, created_at, created_by) VALUES (?, ?, ?, '1')", id(0x100+i), name, day)
	}
	s.Staff(tb, OwnerID, "Olivia Owner", "olivia", "owner@ghost.test", "Owner")
	for i, kv := range settings {
		key, v, ok := strings.Cut(kv, "=")
		value := any(v)
		if !ok {
			value = nil
		}
		s.exec(tb, "INSERT INTO settings (id, `key`, `value`, type, created_at, created_by) VALUES (?, ?, ?, 'string', ?, '1')", id(0x200+i), key, value, day)
	}
	s.exec(tb, "INSERT INTO newsletters (id, uuid, name, slug, created_at) VALUES (?, ?, 'Blank Ghost', 'default-newsletter', ?)", id(0x300), UUID(0x300), day)
	s.exec(tb, "INSERT INTO products (id, name, slug, type, created_at) VALUES (?, 'Free', 'free', 'free', ?), (?, 'Gold', 'gold', 'paid', ?)", id(0x400), day, id(0x401), day)
	s.exec(tb, "INSERT INTO tags (id, name, slug, created_at, created_by) VALUES (?, 'News', 'news', ?, '1')", NewsTagID, day)
	for i, name := range []string{"1-create-tables.js", "2-create-fixtures.js"} {
		s.exec(tb, "INSERT INTO migrations (id, name, version, currentVersion) VALUES (?, ?, 'init', ?)", i+1, name, []string{"5.9", "5.130"}[i])
	}
}

// Hash is a bcrypt hash of nothing in particular.
const Hash = "$2a$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234"

// nextID makes ids for rows that nothing refers to.
func (s *Site) nextID() string {
	s.made++
	return fmt.Sprintf("7%023x", s.made)
}

// Staff adds an account.
func (s *Site) Staff(tb testing.TB, userID, name, slug, email, role string) {
	tb.Helper()
	s.exec(tb, "INSERT INTO users (id, name, slug, password, email, bio, twitter, created_at, created_by) VALUES (?, ?, ?, ?, ?, 'Bio & co', '@lab', ?, '1')",
		userID, name, slug, Hash, email, day)
	s.exec(tb, "INSERT INTO roles_users (id, role_id, user_id) SELECT ?, id, ? FROM roles WHERE name = ?", s.nextID(), userID, role)
}

// Fill adds content of every kind.
func (s *Site) Fill(tb testing.TB) {
	tb.Helper()
	s.Staff(tb, id(0x500), "Édith Editor", "edith", "edith@ghost.test", "Editor")
	s.Staff(tb, id(0x501), "Con Tributor", "con", "con@ghost.test", "Contributor")
	s.exec(tb, "UPDATE users SET profile_image = '__GHOST_URL__/content/images/2024/03/a.png' WHERE id = ?", id(0x500))
	s.fillFiles(tb)
	s.fillTags(tb)
	s.fillMembers(tb)
	s.fillPosts(tb)
	s.fillComments(tb)
}

// PNG is a picture of the given size.
func PNG(w, h int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	img.Set(0, 0, color.White)
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func (s *Site) fillFiles(tb testing.TB) {
	tb.Helper()
	for _, p := range []string{"images/2024/03/a.png", "images/2024/03/b c.png", "images/2024/04/ü.png", "images/logo.png"} {
		s.File(tb, p, PNG(30, 20))
	}
	s.File(tb, "images/2024/03/a_o.png", PNG(60, 40))
	s.File(tb, "images/size/w600/2024/03/a.png", PNG(6, 4))
	s.File(tb, "files/2024/03/paper.pdf", []byte("%PDF-1.4"))
	// None of these was uploaded.
	s.File(tb, "images/README.md", []byte("# Content / Images"))
	s.File(tb, "data/SECRET.db", []byte("SECRET"))
	s.File(tb, "data/redirects.yaml", []byte("301:\n  /old-hello/: /hello/\n  ^/blog/(.*)$: /$1\n302:\n  /sale/: https://shop.example/\n"))
}

func (s *Site) fillTags(tb testing.TB) {
	tb.Helper()
	for i, t := range [][4]string{{"日本", "japan", "public", ""}, {"#internal", "hash-internal", "internal", ""},
		{"Go", "go", "public", "__GHOST_URL__/content/images/2024/03/a.png"}} {
		s.exec(tb, "INSERT INTO tags (id, name, slug, visibility, feature_image, description, accent_color, meta_title, codeinjection_head, canonical_url, created_at, created_by) "+
			"VALUES (?, ?, ?, ?, ?, 'All <b>of it</b>', '#00ff00', 'Meta', '<!-- t -->', 'https://canon.example/t', ?, '1')", id(0x600+i), t[0], t[1], t[2], null(t[3]), day)
	}
}

func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (s *Site) fillMembers(tb testing.TB) {
	tb.Helper()
	s.exec(tb, "INSERT INTO labels (id, name, slug, created_at, created_by) VALUES (?, 'VIP', 'vip', ?, '1')", id(0x700), day)
	for i := range 4 {
		m := id(0x710 + i)
		s.exec(tb, "INSERT INTO members (id, uuid, transient_id, email, name, note, status, created_at, created_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '1')",
			m, UUID(0x710+i), UUID(0x720+i), fmt.Sprintf("member%d@ghost.test", i), fmt.Sprintf("Member %d", i), null([]string{"note", "", "", ""}[i]),
			[]string{"free", "free", "free", "comped"}[i], day)
		if i%2 == 0 {
			s.exec(tb, "INSERT INTO members_labels (id, member_id, label_id) VALUES (?, ?, ?)", id(0x730+i), m, id(0x700))
			s.exec(tb, "INSERT INTO members_newsletters (id, member_id, newsletter_id) VALUES (?, ?, ?)", id(0x740+i), m, id(0x300))
		}
	}
}

func (s *Site) fillPosts(tb testing.TB) {
	tb.Helper()
	const post = "INSERT INTO posts (id, uuid, title, slug, lexical, mobiledoc, html, type, status, visibility, featured, feature_image, custom_excerpt, " +
		"canonical_url, email_recipient_filter, created_at, created_by, updated_at, published_at, show_title_and_feature_image) " +
		"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'all', ?, '1', ?, ?, ?)"
	lexical := `{"root":{"children":[],"type":"root"}}`
	for i, p := range []struct{ title, slug, lex, mob, html, typ, status, visibility string }{
		{"All the cards 🎴", "cards", lexical, "", `<p>See <a href="__GHOST_URL__/draft/">it</a></p>`, "post", "published", "public"},
		{"Mobiledoc", "mobiledoc", "", `{"version":"0.3.1"}`, "<p>m</p>", "post", "published", "members"},
		{"Plain", "plain", "", "", "<p>html only</p>", "post", "published", "tiers"},
		{"Draft", "draft", lexical, "", "", "post", "draft", "public"},
		{"Later", "later", lexical, "", "<p>l</p>", "post", "scheduled", "paid"},
		{"Sent", "sent", lexical, "", "<p>s</p>", "post", "sent", "public"},
		{"About", "about", lexical, "", "<p>about</p>", "page", "published", "public"},
		{"Hidden title", "hidden", lexical, "", "<p>h</p>", "page", "published", "public"},
	} {
		pub := any("2024-05-05 05:05:05")
		if p.status == "draft" {
			pub = nil
		}
		s.exec(tb, post, id(0x800+i), UUID(0x800+i), p.title, p.slug, null(p.lex), null(p.mob), null(p.html), p.typ, p.status, p.visibility, i%2,
			null([]string{"__GHOST_URL__/content/images/2024/03/a.png", "https://elsewhere.example/x.jpg", "", "", "", "", "", ""}[i]),
			null([]string{"Excerpt", "", "", "", "", "", "", ""}[i]), null([]string{"https://canon.example/x", "", "", "", "", "", "", ""}[i]),
			day, "2024-06-06 06:06:06", pub, map[bool]int{true: 0, false: 1}[i == 7])
		s.exec(tb, "INSERT INTO posts_authors (id, post_id, author_id, sort_order) VALUES (?, ?, ?, 0)", id(0x900+i), id(0x800+i), []string{OwnerID, id(0x500)}[i%2])
	}
	s.exec(tb, "INSERT INTO posts_authors (id, post_id, author_id, sort_order) VALUES (?, ?, ?, 1)", id(0x920), id(0x800), id(0x500))
	s.exec(tb, "INSERT INTO posts_tags (id, post_id, tag_id, sort_order) VALUES (?, ?, ?, 1), (?, ?, ?, 0)", id(0x930), id(0x800), id(0x600), id(0x931), id(0x800), id(0x602))
	s.exec(tb, "INSERT INTO posts_products (id, post_id, product_id) VALUES (?, ?, ?)", id(0x940), id(0x802), id(0x401))
	s.exec(tb, "INSERT INTO posts_meta (id, post_id, og_title, og_image, meta_title, feature_image_alt, feature_image_caption, email_subject) "+
		"VALUES (?, ?, 'OG', '__GHOST_URL__/content/images/2024/03/b%20c.png', 'MT', 'alt', 'cap', 'Subject')", id(0x950), id(0x800))
	s.exec(tb, "INSERT INTO post_revisions (id, post_id, lexical, created_at_ts, created_at, author_id, title) VALUES (?, ?, ?, 1709287200000, ?, '1', 'Older')", id(0x960), id(0x800), lexical, day)
	s.exec(tb, "INSERT INTO mobiledoc_revisions (id, post_id, mobiledoc, created_at_ts, created_at) VALUES (?, ?, '{}', 1709287200000, ?)", id(0x961), id(0x801), day)
}

func (s *Site) fillComments(tb testing.TB) {
	tb.Helper()
	for i, c := range []struct{ member, parent, direct any }{{id(0x710), nil, nil}, {id(0x711), id(0xa00), nil}, {id(0x710), id(0xa00), id(0xa01)}, {nil, nil, nil}} {
		s.exec(tb, "INSERT INTO comments (id, post_id, member_id, parent_id, in_reply_to_id, status, html, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, '<p>c</p>', ?, ?)",
			id(0xa00+i), id(0x800), c.member, c.parent, c.direct, []string{"published", "hidden", "published", "deleted"}[i], day, day)
	}
}
