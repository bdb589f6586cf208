package main

import (
	"context"
	"database/sql"
	_ "embed" // schema
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

//go:embed wordpress.sql
var schema string

// amounts say how large the site is.
type amounts struct{ posts, comments, users, terms int }

// vocabulary makes the texts compressible as real ones are.
var vocabulary = strings.Fields(`the a of and to in river bridge beam rope stone arch water north wind morning village builder larch cable pier deck span load
	winter flood ferry market road valley mountain snow letter story people night lantern workshop timber iron weaver song boat mill gravel winch careful
	slow heavy light old new under over across between because while after before carries holds bends rests stands falls rises turns answers remembers`)

// site generates a WordPress into a database.
type site struct {
	db   *sql.DB
	home string
	rnd  *rand.Rand
	err  error
}

// install makes the tables, the options and the first administrator.
func install(ctx context.Context, db *sql.DB, home string) *site {
	s := &site{db: db, home: home, rnd: rand.New(rand.NewPCG(7, 7))}
	s.exec(ctx, schema)
	for _, o := range [][2]string{{"siteurl", home}, {"home", home}, {"blogname", "Bench"}, {"blogdescription", "A large site"}, {"permalink_structure", "/%postname%/"},
		{"timezone_string", "UTC"}, {"gmt_offset", "0"}, {"date_format", "F j, Y"}, {"time_format", "g:i a"}, {"start_of_week", "1"}, {"posts_per_page", "10"}, {"default_category", "1"},
		{"show_on_front", "posts"}, {"page_on_front", "0"}, {"page_for_posts", "0"}, {"db_version", "53496"}, {"stylesheet", "twentytwentyone"}, {"template", "twentytwentyone"},
		{"wp_user_roles", `a:2:{s:13:"administrator";a:1:{s:4:"name";s:13:"Administrator";}s:6:"author";a:1:{s:4:"name";s:6:"Author";}}`}} {
		s.exec(ctx, "INSERT INTO wp_options (option_name, option_value) VALUES (?, ?)", o[0], o[1])
	}
	s.exec(ctx, "INSERT INTO wp_users (ID, user_login, user_pass, user_nicename, user_email, user_registered, display_name) VALUES (1, 'admin', '$P$B1iX5OL/4.ACd5K5axD.4b5gTNponp0', 'admin', 'admin@example.test', '2020-01-01', 'admin')")
	s.exec(ctx, `INSERT INTO wp_usermeta (user_id, meta_key, meta_value) VALUES (1, 'wp_capabilities', 'a:1:{s:13:"administrator";b:1;}'), (1, 'wp_user_level', '10')`)
	s.exec(ctx, "INSERT INTO wp_terms (term_id, name, slug) VALUES (1, 'Uncategorized', 'uncategorized')")
	s.exec(ctx, "INSERT INTO wp_term_taxonomy (term_taxonomy_id, term_id, taxonomy, description) VALUES (1, 1, 'category', '')")
	return s
}

func (s *site) exec(ctx context.Context, query string, args ...any) {
	if s.err != nil {
		return
	}
	if _, err := s.db.ExecContext(ctx, query, args...); err != nil {
		s.err = fmt.Errorf("%.60s: %w", query, err)
	}
}

// fill generates content.
func (s *site) fill(ctx context.Context, n amounts) error {
	s.rows(ctx, "wp_users (user_login, user_pass, user_nicename, user_email, user_registered, display_name)", n.users, func(i int) []any {
		name := fmt.Sprintf("writer%d", i)
		return []any{name, "$P$B1iX5OL/4.ACd5K5axD.4b5gTNponp0", name, name + "@example.test", date(i), "Writer " + s.words(1)}
	})
	s.rows(ctx, "wp_usermeta (user_id, meta_key, meta_value)", 4*n.users, func(i int) []any {
		m := [][2]string{{"nickname", "w"}, {"wp_capabilities", `a:1:{s:6:"author";b:1;}`}, {"wp_user_level", "2"}, {"description", s.words(12)}}[i%4]
		return []any{2 + i/4, m[0], m[1]}
	})
	s.rows(ctx, "wp_terms (term_id, name, slug)", n.terms, func(i int) []any { return []any{i + 2, "Term " + fmt.Sprint(i), fmt.Sprintf("term-%d", i)} })
	s.rows(ctx, "wp_term_taxonomy (term_taxonomy_id, term_id, taxonomy, description)", n.terms, func(i int) []any {
		return []any{i + 2, i + 2, []string{"category", "post_tag"}[i%2], ""}
	})
	s.rows(ctx, "wp_posts (ID, post_author, post_date, post_date_gmt, post_content, post_title, post_excerpt, post_name, to_ping, pinged, post_modified, post_modified_gmt, post_content_filtered, guid, comment_count)",
		n.posts, func(i int) []any { return s.post(i, n) })
	s.rows(ctx, "wp_postmeta (post_id, meta_key, meta_value)", 2*n.posts, func(i int) []any {
		return []any{1 + i/2, []string{"views", "settings"}[i%2], []string{fmt.Sprint(i), `a:2:{s:5:"wide";b:1;s:5:"color";s:4:"blue";}`}[i%2]}
	})
	s.rows(ctx, "wp_term_relationships (object_id, term_taxonomy_id)", 4*n.posts, func(i int) []any {
		// Two categories and two tags in turns: WordPress leaves no post without a category.
		t := (i/4*7 + i%4*(n.terms/4)) % (n.terms &^ 1)
		return []any{1 + i/4, 2 + (t&^1 | i%2)}
	})
	s.rows(ctx, "wp_comments (comment_post_ID, comment_author, comment_author_email, comment_date, comment_date_gmt, comment_content, comment_parent)", n.comments, func(i int) []any {
		post, parent := 1+i%n.posts, 0
		if i >= n.posts && i%3 == 0 {
			parent = i - n.posts + 1
		}
		return []any{post, "Reader " + fmt.Sprint(i%977), fmt.Sprintf("r%d@example.test", i%977), date(i), date(i), s.words(45), parent}
	})
	s.exec(ctx, "UPDATE wp_term_taxonomy t SET count = (SELECT COUNT(*) FROM wp_term_relationships r WHERE r.term_taxonomy_id = t.term_taxonomy_id)")
	return s.err
}

func date(i int) string {
	return time.Date(2015, 1, 1, 8, 0, 0, 0, time.UTC).Add(time.Duration(i) * 97 * time.Minute).Format(time.DateTime)
}

func (s *site) words(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(vocabulary[s.rnd.IntN(len(vocabulary))])
	}
	return b.String()
}

// post is a row of wp_posts of about 3 KB; every third links to two others.
func (s *site) post(i int, n amounts) []any {
	var b strings.Builder
	for p := range 7 {
		if p == 3 {
			fmt.Fprintf(&b, "<!-- wp:heading -->\n<h2>%s</h2>\n<!-- /wp:heading -->\n\n", s.words(4))
		}
		fmt.Fprintf(&b, "<!-- wp:paragraph -->\n<p>%s <strong>%s</strong> %s.</p>\n<!-- /wp:paragraph -->\n\n", s.words(40), s.words(3), s.words(18))
	}
	if i%3 == 0 {
		fmt.Fprintf(&b, `<!-- wp:paragraph --><p>See <a href="%s/post-%d/">%s</a> and <a href="%s/post-%d/">%s</a>.</p><!-- /wp:paragraph -->`,
			s.home, s.rnd.IntN(n.posts), s.words(2), s.home, s.rnd.IntN(n.posts), s.words(2))
	}
	comments := n.comments / n.posts
	if i < n.comments%n.posts {
		comments++
	}
	at := date(i)
	return []any{i + 1, 2 + i%max(1, n.users), at, at, b.String(), "Post " + s.words(5), "", fmt.Sprintf("post-%d", i), "", "", at, at, "", fmt.Sprintf("%s/?p=%d", s.home, i+1), comments}
}

// rows inserts n rows, some hundred at a time.
func (s *site) rows(ctx context.Context, into string, n int, row func(i int) []any) {
	const batch = 400
	for from := 0; from < n; from += batch {
		var args []any
		var b strings.Builder
		b.WriteString("INSERT INTO " + into + " VALUES ")
		for i := from; i < min(from+batch, n); i++ {
			r := row(i)
			if i > from {
				b.WriteByte(',')
			}
			b.WriteString("(" + strings.TrimSuffix(strings.Repeat("?,", len(r)), ",") + ")")
			args = append(args, r...)
		}
		s.exec(ctx, b.String(), args...)
	}
}
