package joomla

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// users writes accounts with their groups and profiles. One with a taken address or login is adopted, never changed.
func (w *writer) users(ctx context.Context, batch []*recordv1.Record) ([]cms.Result, error) {
	ds, err := w.drafts(ctx, batch, func(*recordv1.Record) (string, string) { return "users", "" })
	if err != nil {
		return nil, err
	}
	if err := w.loadGroups(ctx); err != nil {
		return nil, err
	}
	for _, d := range ds {
		d.user(d.rec.GetUser())
		d.measure()
	}
	if err := w.adoptUsers(ctx, ds); err != nil {
		return nil, err
	}
	if err := w.makeGroups(ctx, ds); err != nil {
		return nil, err
	}
	if err := w.aliases(ctx, ds, "username", func(*draft) (string, []any) { return "", nil }); err != nil {
		return nil, err
	}
	if err := w.flush(ctx, "users", ds); err != nil {
		return nil, err
	}
	if err := w.memberships(ctx, only(ds, "users")); err != nil {
		return nil, err
	}
	if err := w.profiles(ctx, only(ds, "users")); err != nil {
		return nil, err
	}
	err = w.values(ctx, only(ds, "users"), userContext)
	return results(ds), err
}

// loadGroups reads the ids of groups by their names in records.
func (w *writer) loadGroups(ctx context.Context) error {
	rows, err := w.s.query(ctx, w.q, "SELECT id, title FROM {usergroups} ORDER BY id DESC")
	w.groups = map[string]string{}
	for _, r := range rows {
		name := coreGroups[r.Text("id")]
		if name == "" {
			name = r.Text("title")
		}
		w.groups[name] = r.Text("id")
	}
	return err
}

func (d *draft) user(u *recordv1.User) {
	login := u.GetLogin()
	if login == "" {
		login = u.GetEmail()
	}
	if login == "" {
		login = "user-" + d.rec.GetRef().GetSourceId()
	}
	d.alias = u.GetLogin()
	d.cols["username"], d.cols["email"], d.cols["name"] = login, u.GetEmail(), u.GetDisplayName()
	if d.cols["name"] == "" {
		d.cols["name"] = login
		d.adjust("display_name", "name_made", "")
	}
	d.cols["block"] = map[bool]int{true: 1}[u.GetDisabled()]
	d.cols["activation"] = ""
	d.date("registerDate", u.GetRegistered())
	if u.GetRegistered() == nil {
		delete(d.cols, "registerDate")
	}
	d.cols["password"] = unusable
	if p := u.GetPassword(); cms.Verifies(d.w.s.logins(), p) && len(p.GetHash()) <= maxHash {
		d.cols["password"] = p.GetHash()
	} else if p != nil {
		d.adjust("password", "password_reset_needed", "")
	}
	d.extras(userExtras)
	params := d.object("params")
	if u.GetLocale() != "" {
		if was := look(params, "language").GetText(); was != "" && was != u.GetLocale() {
			d.adjust("fields."+extraPrefix+"params", "stored_otherwise", "")
		}
		put(params, "language", textValue(u.GetLocale()))
	}
	d.setObject("params", params)
	if len(u.GetRoles()) == 0 {
		d.adjust("roles", "default_role", lowest)
	}
	if u.GetAccount() != accountOf(rolesOf(u)) {
		d.adjust("account", "as_groups_say", "")
	}
}

// lowest is the role of Registered.
const lowest = "subscriber"

// rolesOf: Joomla wants everybody in a group.
func rolesOf(u *recordv1.User) []string {
	if len(u.GetRoles()) == 0 {
		return []string{lowest}
	}
	return u.GetRoles()
}

// logins by version. (libraries/src/User/UserHelper.php, verifyPassword)
var logins = []cms.Logins{
	{Versions: "3", Schemes: []string{cms.Bcrypt, cms.Phpass, cms.Argon2id, cms.Argon2i, cms.MD5, cms.JoomlaMD5, cms.JoomlaSHA256}},
	{Versions: "4 and later", Schemes: []string{cms.Bcrypt, cms.Phpass, cms.Argon2id, cms.Argon2i, cms.MD5, cms.JoomlaMD5}},
}

// logins are the schemes that this site verifies; the tables tell its version.
func (s *Site) logins() []string {
	if s.schema.Has("ucm_history") {
		return logins[0].Schemes
	}
	return logins[1].Schemes
}

// maxHash is the width of the column.
const maxHash = 100

// adoptUsers finds accounts with the same address or, failing that, the same name; they stand for the record as they are.
func (w *writer) adoptUsers(ctx context.Context, ds []*draft) error {
	ds = slices.DeleteFunc(slices.Clone(ds), func(d *draft) bool { return d.done || d.known })
	var mails, names []string
	for _, d := range ds {
		mails, names = append(mails, strings.ToLower(d.rec.GetUser().GetEmail())), append(names, strings.ToLower(d.cols["username"].(string)))
	}
	byMail, err := cmssql.AskHeld(ctx, w.q, mails, w.s.sql("SELECT id, email FROM {users} WHERE LOWER(email) IN "))
	if err != nil {
		return err
	}
	byName, err := cmssql.AskHeld(ctx, w.q, names, w.s.sql("SELECT id, username FROM {users} WHERE LOWER(username) IN "))
	if err != nil {
		return err
	}
	for i, d := range ds {
		id, err := w.holder(ctx, byMail, byName, mails[i], names[i])
		if err != nil {
			return err
		}
		if id != "" {
			d.adopt(id)
		}
	}
	return nil
}

// holder is the account of an address, else that of a name; both in lower case.
func (w *writer) holder(ctx context.Context, byMail, byName cmssql.Held, mail, name string) (string, error) {
	ids, known := byMail.By(mail)
	named, knownToo := byName.By(name)
	if !known || !knownToo {
		return w.s.one(ctx, w.q, "SELECT id FROM {users} WHERE (LOWER(email) = ? AND email <> '') OR LOWER(username) = ? ORDER BY CASE WHEN LOWER(email) = ? THEN 0 ELSE 1 END, id LIMIT 1",
			mail, name, mail)
	}
	if ids = append(ids, named...); len(ids) == 0 {
		return "", nil
	}
	return strconv.FormatInt(ids[0], 10), nil
}

// memberships puts accounts into the groups of their roles. A role that is no group here becomes Registered.
func (w *writer) memberships(ctx context.Context, ds []*draft) error {
	if err := w.clear(ctx, ds, "DELETE FROM {user_usergroup_map} WHERE user_id IN "); err != nil {
		return err
	}
	var rows []map[string]any
	for _, d := range ds {
		in, last := map[string]bool{}, -1
		for _, role := range rolesOf(d.rec.GetUser()) {
			id := w.groups[role]
			if id == "" {
				id = "2"
				d.adjust("roles", "role_lowered", "")
			}
			if rankOf(id) < last || in[id] {
				d.adjust("roles", "roles_sorted", "")
			}
			if last = rankOf(id); !in[id] {
				in[id] = true
				rows = append(rows, map[string]any{"user_id": atoi(d.id), "group_id": atoi(id)})
			}
		}
	}
	_, err := w.insert(ctx, "user_usergroup_map", rows)
	return err
}

// profiles writes what the profile plugin shows.
func (w *writer) profiles(ctx context.Context, ds []*draft) error {
	if err := w.clear(ctx, ds, "DELETE FROM {user_profiles} WHERE user_id IN "); err != nil {
		return err
	}
	var rows []map[string]any
	for _, d := range ds {
		n := int64(0)
		add := func(key string, v *recordv1.Value) {
			n++
			rows = append(rows, map[string]any{"user_id": atoi(d.id), "profile_key": key, "ordering": n,
				"profile_value": d.json("profile:"+key, "fields."+key, v)})
		}
		u, rest := d.rec.GetUser(), d.rest
		for _, p := range [][2]string{{"website", u.GetUrl()}, {"aboutme", u.GetBio()}, {"city", u.GetLocation()}} {
			if p[1] != "" {
				add(profilePrefix+p[0], textValue(p[1]))
			}
		}
		d.rest = nil
		for _, f := range rest {
			if strings.HasPrefix(f.GetName(), profilePrefix) {
				add(f.GetName(), f.GetValue())
			} else {
				d.rest = append(d.rest, f)
			}
		}
	}
	_, err := w.insert(ctx, "user_profiles", rows)
	return err
}
