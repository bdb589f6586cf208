package drupal

import (
	"context"
	"slices"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

const (
	users7 = "SELECT uid, name, pass, mail, created, status, timezone, language AS locale, picture, signature, 'und' AS lang, 'und' AS origin FROM {users} WHERE uid IN "
	users8 = "SELECT d.uid, d.name, d.pass, d.mail, d.created, d.status, d.timezone, d.preferred_langcode AS locale, d.langcode AS lang, u.langcode AS origin, u.uuid " +
		"FROM {users_field_data} d JOIN {users} u ON u.uid = d.uid WHERE d.default_langcode = 1 AND d.uid IN "
	roles7 = "SELECT ur.uid, r.name AS role FROM {users_roles} ur JOIN {role} r ON r.rid = ur.rid WHERE ur.uid IN "
	roles8 = "SELECT entity_id AS uid, roles_target_id AS role FROM {user__roles} WHERE deleted = 0 AND entity_id IN "
)

// userStream leaves out uid 0, which stands for visitors without an account.
func (s *Site) userStream() stream {
	return stream{name: "users", from: "{users} t", key: "t.uid", where: "t.uid > 0", typ: "'user'", build: (*reader).users}
}

func (r *reader) users(ctx context.Context, keys []int64) (map[int64][]cms.Item, error) {
	query, roles, order := users7, roles7, " ORDER BY ur.uid, r.rid"
	if !r.s.seven {
		query, roles, order = users8, roles8, " ORDER BY entity_id, delta"
	}
	rows, err := queryIn(ctx, r.s, r.q, keys, query, "")
	if err != nil {
		return nil, err
	}
	given, err := queryIn(ctx, r.s, r.q, keys, roles, order)
	if err != nil {
		return nil, err
	}
	set := &userSet{roles: by(given, "uid"), authors: map[string]bool{}}
	holders := make([]holder, len(rows))
	var sources []string
	for i, u := range rows {
		holders[i] = holder{entity: "user", bundle: "user", id: u.number("uid"), lang: u.text("lang"), origin: u.text("origin")}
		sources = append(sources, "user/"+u.text("uid"))
	}
	if set.values, err = r.values(ctx, holders); err != nil {
		return nil, err
	}
	if set.aliases, err = r.aliases(ctx, sources); err != nil {
		return nil, err
	}
	if err = r.authors(ctx, set, keys); err != nil {
		return nil, err
	}
	items := map[int64][]cms.Item{}
	for i, u := range rows {
		items[holders[i].id] = []cms.Item{r.user(u, holders[i], set)}
	}
	return items, nil
}

// userSet is what a page of accounts needs beside their rows.
type userSet struct {
	values  *values
	roles   map[string][]row
	aliases map[string][]alias
	authors map[string]bool
}

// authors are those whom a node names as its author.
func (r *reader) authors(ctx context.Context, set *userSet, keys []int64) error {
	table := "node"
	if !r.s.seven {
		table = "node_field_data"
	}
	rows, err := queryIn(ctx, r.s, r.q, keys, "SELECT DISTINCT uid FROM {"+table+"} WHERE uid IN ", "")
	for _, row := range rows {
		set.authors[row.text("uid")] = true
	}
	return err
}

// staffRoles are the roles that records have a word for, highest first.
var staffRoles = []string{administrator, "super editor", "editor", "author", "contributor"}

// plainAccount is the word of records for an account that may log in and no more.
const plainAccount = "subscriber"

func rank(role string) int {
	if i := slices.Index(staffRoles, role); i >= 0 {
		return i
	}
	return len(staffRoles)
}

// firstAccount may do everything, whatever its roles.
const firstAccount = 1

const administrator = "administrator"

func (r *reader) user(u row, h holder, set *userSet) cms.Item {
	id := u.text("uid")
	user := &recordv1.User{Login: u.text("name"), Email: u.text("mail"), DisplayName: u.text("name"), Registered: r.s.at(u, "created"), Disabled: !u.flag("status"),
		Locale: locale(u.text("locale")), Password: cms.ReadPassword(u.text("pass")), Uuid: u.text("uuid"), Author: set.authors[id], Account: recordv1.Account_ACCOUNT_MEMBER}
	for _, role := range set.roles[id] {
		user.Roles = append(user.Roles, r.s.roleWord(role.text("role")))
	}
	if h.id == firstAccount && !slices.Contains(user.Roles, administrator) {
		user.Roles = append(user.Roles, administrator)
	}
	if len(user.Roles) == 0 {
		// What every account may do that has no role beside the implied one.
		user.Roles = []string{plainAccount}
	}
	// Highest first; of the site's own words nothing is known.
	slices.SortStableFunc(user.Roles, func(a, b string) int { return rank(a) - rank(b) })
	if rank(user.Roles[0]) < len(staffRoles) {
		user.Account = recordv1.Account_ACCOUNT_STAFF
	}
	rec := &recordv1.Record{Ref: record.NewRef(kindUser, id), Body: &recordv1.Record_User{User: user}}
	if fid := u.text("picture"); r.s.seven && fid != "" && fid != "0" {
		user.Avatar = &recordv1.Image{Media: record.NewRef(kindMedia, fid)}
	}
	picture := r.s.schema.field("user", "user", "user_picture")
	if picture != nil {
		user.Avatar = set.values.image(h, picture)
	}
	for _, name := range []string{"timezone", "signature"} {
		if text := u.text(name); text != "" {
			rec.Fields = append(rec.Fields, &recordv1.Field{Name: name, Value: php.Text(text)})
		}
	}
	rec.Fields = append(rec.Fields, set.values.custom(h, func(f *field) bool { return f == picture })...)
	rec.Notes = append(rec.Notes, set.values.partNotes(h)...)
	a := address{system: "user/" + id, lang: "und", primary: true, uuid: u.text("uuid"), aliases: set.aliases["user/"+id]}
	user.Slug = slug(r.s.pick(a.aliases, "und"))
	return r.item(rec, r.s.paths(a), u)
}
