package wordpress

import (
	"context"
	"database/sql"
	"slices"
	"sort"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// coreRoles are WordPress's own roles, highest first.
var coreRoles = []string{"administrator", "editor", "author", "contributor", "subscriber"}

// levels are what user_level says of a role.
var levels = map[string]string{"administrator": "10", "editor": "7", "author": "2", "contributor": "1", "subscriber": "0"}

// prefixedKeys are settings whose name begins with the table prefix; records have them with prefixMark instead.
var prefixedKeys = []string{"user-settings", "user-settings-time", "media_library_mode", "persisted_preferences"}

const (
	prefixMark   = "{prefix}"
	disabledMeta = "_bailey_disabled"
)

// networks are the custom fields in which WordPress and Yoast SEO keep accounts on networks.
var networks = []string{"facebook", "twitter", "linkedin", "instagram", "mastodon", "bluesky", "threads", "pinterest", "youtube", "tumblr",
	"soundcloud", "myspace", "wikipedia", "tiktok"}

type user struct {
	id                                                     int64
	login, pass, nicename, email, url, registered, display string
}

func (s *Site) loadUsers(ctx context.Context, q cmssql.Querier, where string, args ...any) ([]*user, error) {
	var all []*user
	err := cmssql.Each(ctx, q, func(r *sql.Rows) error {
		u := &user{}
		all = append(all, u)
		return r.Scan(&u.id, &u.login, &u.pass, &u.nicename, &u.email, &u.url, &u.registered, &u.display)
	}, s.sql("SELECT ID, user_login, user_pass, user_nicename, user_email, user_url, "+s.date("user_registered")+", display_name FROM {users} WHERE "+where), args...)
	return all, err
}

func (r *reader) users(ctx context.Context, sc scope) (*page, error) {
	users, err := r.s.loadUsers(ctx, r.q, sc.where+sc.order, sc.args...)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(users))
	for i, u := range users {
		ids[i] = u.id
	}
	meta, err := r.s.loadMeta(ctx, r.q, userMeta, ids)
	if err != nil {
		return nil, err
	}
	if r.roles == nil {
		if r.roles, err = r.s.knownRoles(ctx, r.q); err != nil {
			return nil, err
		}
	}
	authors, err := r.s.authors(ctx, r.q, ids)
	if err != nil {
		return nil, err
	}
	p := &page{}
	for _, u := range users {
		rec := r.user(u, meta[u.id])
		rec.GetUser().Author = authors[u.id]
		it := cms.Item{Record: rec}
		if r.withPaths {
			address := r.link.authorPath(u.id, u.nicename)
			it.Paths = append([]*agentv1.Path{path(address, ""), path("/?author="+itoa(u.id), "")}, r.link.feedPath(address)...)
		}
		p.add(u.id, it)
	}
	return p, nil
}

// authors are those of the users whom an entry names as its author; by the index on post_author.
func (s *Site) authors(ctx context.Context, q cmssql.Querier, ids []int64) (map[int64]bool, error) {
	in, args := cmssql.In(ids)
	all := map[int64]bool{}
	err := cmssql.Each(ctx, q, func(r *sql.Rows) error {
		var id int64
		err := r.Scan(&id)
		all[id] = true
		return err
	}, s.sql("SELECT u.ID FROM {users} u WHERE u.ID IN "+in+
		" AND EXISTS (SELECT 1 FROM {posts} p WHERE p.post_author = u.ID AND p.post_type NOT IN ('attachment', 'revision', 'nav_menu_item'))"), args...)
	return all, err
}

func (r *reader) user(row *user, m metaRows) *recordv1.Record {
	u := &recordv1.User{
		Login: row.login, Email: row.email, DisplayName: row.display, Slug: decodeSlug(row.nicename), Url: row.url,
		Registered: readTime("", row.registered, r.env.zone), Password: readPassword(row.pass),
	}
	rec := &recordv1.Record{Ref: r.ref(row.id), Body: &recordv1.Record_User{User: u}}
	u.Roles, u.Capabilities = r.readCaps(m.take(r.s.prefix + "capabilities"))
	u.Account = accountOf(u.Roles)
	u.FirstName, u.LastName, u.Nickname, u.Bio = m.take("first_name"), m.take("last_name"), m.take("nickname"), m.take("description")
	u.Locale = strings.ReplaceAll(m.take("locale"), "_", "-")
	u.Disabled = m.take(disabledMeta) == "1"
	r.social(u, &m)
	m.drop(r.s.private)
	m.fields(rec, r.s.markPrefix)
	return rec
}

// private are custom fields that say something of one installation only or that nobody else may see, and the rows that
// an account always has, when they hold nothing.
func (s *Site) private(key string) bool {
	switch key {
	case "session_tokens", "community-events-location", "_application_passwords", "_new_email", "default_password_nag",
		s.prefix + "capabilities", s.prefix + "user_level", s.prefix + "dashboard_quick_press_last_post_id",
		"first_name", "last_name", "nickname", "description", "locale":
		return true
	}
	return false
}

func (s *Site) markPrefix(key string) string {
	if rest, ok := strings.CutPrefix(key, s.prefix); ok && slices.Contains(prefixedKeys, rest) {
		return prefixMark + rest
	}
	return key
}

func (r *reader) social(u *recordv1.User, m *metaRows) {
	for _, n := range networks {
		if v := m.get(n); v != "" && !php.LooksSerialized(v) {
			u.Social = append(u.Social, &recordv1.Social{Network: n, Handle: m.take(n)})
		}
	}
}

// knownRoles are the names of all roles of the site.
func (s *Site) knownRoles(ctx context.Context, q cmssql.Querier) (map[string]bool, error) {
	known := map[string]bool{}
	for _, n := range coreRoles {
		known[n] = true
	}
	opts, err := s.options(ctx, q, []string{s.prefix + "user_roles"})
	if err != nil {
		return nil, err
	}
	if v, err := php.Unserialize([]byte(opts[s.prefix+"user_roles"])); err == nil {
		for _, p := range v.GetArray().GetPairs() {
			known[p.GetKey().GetText()] = true
		}
	}
	return known, nil
}

// readCaps divides the stored capabilities into roles, highest first, and capabilities granted directly.
func (r *reader) readCaps(serialized string) (roles, caps []string) {
	v, err := php.Unserialize([]byte(serialized))
	if err != nil {
		return nil, nil
	}
	for _, p := range v.GetArray().GetPairs() {
		name := p.GetKey().GetText()
		on := p.GetValue().GetBoolValue() || intOf(p.GetValue()) > 0
		switch {
		case name == "":
		case on && r.roles[name]:
			roles = append(roles, name)
		case on:
			caps = append(caps, name)
		default:
			caps = append(caps, "-"+name)
		}
	}
	sort.SliceStable(roles, func(i, j int) bool { return rank(roles[i]) < rank(roles[j]) })
	return roles, caps
}

// rank orders roles; those of plugins come before the subscriber.
func rank(role string) int {
	if i := slices.Index(coreRoles, role); i >= 0 {
		return 2 * i
	}
	return 2*slices.Index(coreRoles, "subscriber") - 1
}

func accountOf(roles []string) recordv1.Account {
	if len(roles) == 0 {
		return recordv1.Account_ACCOUNT_UNSPECIFIED
	}
	switch roles[0] {
	case "subscriber", "customer", "member":
		return recordv1.Account_ACCOUNT_MEMBER
	}
	return recordv1.Account_ACCOUNT_STAFF
}

// readPassword is nil for an account that cannot log in by password.
func readPassword(hash string) *recordv1.Password {
	if strings.HasPrefix(hash, unusable) {
		return nil
	}
	return cms.ReadPassword(hash)
}
