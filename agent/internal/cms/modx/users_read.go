package modx

import (
	"context"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

const (
	roleAdministrator = "administrator"
	// administrators is the name of the group that the installer makes for them.
	administrators = "Administrator"
)

// Names of fields of users.
const (
	membershipsField = own + "groups"
	sudoField        = own + "sudo"
	blockedField     = own + "blocked"
	activeField      = own + "inactive"
	settingsField    = own + "settings"
	extendedField    = own + "extended"
)

// profileColumns are what of a profile has no field in records of its own.
var profileColumns = []struct{ column, usual string }{
	{"phone", ""}, {"mobilephone", ""}, {"fax", ""}, {"address", ""}, {"city", ""}, {"state", ""}, {"zip", ""}, {"country", ""}, {"dob", "0"}, {"gender", "0"},
	{"blockeduntil", "0"}, {"blockedafter", "0"},
}

func (s *Site) loadUsers(ctx context.Context, q cmssql.Querier, ids []string) (map[string]cms.Item, error) {
	users, err := s.queryIn(ctx, q, ids, "SELECT * FROM {users} WHERE id IN ", "")
	if err != nil {
		return nil, err
	}
	attributes, err := s.queryIn(ctx, q, ids, "SELECT * FROM {user_attributes} WHERE internalKey IN ", "")
	if err != nil {
		return nil, err
	}
	groups, err := s.queryIn(ctx, q, ids, "SELECT m.member, m.`rank`, g.id, g.name, r.name AS role FROM {member_groups} m JOIN {membergroup_names} g ON g.id = m.user_group "+
		"LEFT JOIN {user_group_roles} r ON r.id = m.role WHERE m.member IN ", " ORDER BY m.member, m.`rank`, m.id")
	if err != nil {
		return nil, err
	}
	settings, err := s.queryIn(ctx, q, ids, "SELECT user, `key`, value FROM {user_settings} WHERE user IN ", " ORDER BY user, `key`")
	if err != nil {
		return nil, err
	}
	staff, err := s.staffGroups(ctx, q)
	if err != nil {
		return nil, err
	}
	a, g, o := cmssql.By(attributes, "internalKey"), cmssql.By(groups, "member"), cmssql.By(settings, "user")
	items := make(map[string]cms.Item, len(users))
	for _, u := range users {
		id := u.Text("id")
		profile := row{}
		if len(a[id]) > 0 {
			profile = a[id][0]
		}
		items[id] = cms.Item{Record: s.person(u, profile, g[id], o[id], staff)}
	}
	return items, nil
}

// staffGroups are the groups whose members may enter the manager.
func (s *Site) staffGroups(ctx context.Context, q cmssql.Querier) (map[string]bool, error) {
	rows, err := s.query(ctx, q, "SELECT principal FROM {access_context} WHERE target = 'mgr' AND principal_class IN (?, ?)", "modUserGroup", `MODX\Revolution\modUserGroup`)
	m := map[string]bool{}
	for _, r := range rows {
		m[r.Text("principal")] = true
	}
	return m, err
}

func (s *Site) person(u, profile row, groups, settings []row, staff map[string]bool) *recordv1.Record {
	p := &recordv1.User{
		Login: u.Text("username"), Email: profile.Text("email"), DisplayName: profile.Text("fullname"), Url: profile.Text("website"), Remark: profile.Text("comment"),
		Registered: instant(u.Number("createdon")), Disabled: !u.Flag("active") || profile.Flag("blocked"), Account: recordv1.Account_ACCOUNT_MEMBER,
		Password: passwordOf(u),
	}
	rec := &recordv1.Record{Ref: ref(kindUser, u.Text("id")), Body: &recordv1.Record_User{User: p}}
	if photo := profile.Text("photo"); photo != "" {
		p.Avatar = &recordv1.Image{Url: photo}
	}
	memberships(rec, u, groups, staff)
	flags(rec, map[string]bool{sudoField: u.Flag("sudo"), blockedField: profile.Flag("blocked"), activeField: !u.Flag("active") && profile.Flag("blocked")})
	for _, c := range profileColumns {
		if v := profile.Cell(c.column); !v.Null && v.Text != c.usual {
			put(rec, c.column, v.Text)
		}
	}
	userSettings(rec, settings)
	extended(rec, profile.Text("extended"))
	if u.Text("remote_key") != "" {
		note(rec, "remote_account_not_moved", "")
	}
	return rec
}

func flags(rec *recordv1.Record, all map[string]bool) {
	for _, name := range []string{sudoField, blockedField, activeField} {
		if all[name] {
			put(rec, name, "1")
		}
	}
}

// memberships are the person's roles: the names of the groups, and what the person is in each.
func memberships(rec *recordv1.Record, u row, groups []row, staff map[string]bool) {
	p := rec.GetUser()
	if u.Flag("sudo") {
		p.Roles, p.Account = []string{roleAdministrator}, recordv1.Account_ACCOUNT_STAFF
	}
	o := newObject()
	for _, g := range groups {
		role := g.Text("name")
		if role == administrators {
			role = roleAdministrator
		}
		if !contains(p.Roles, role) {
			p.Roles = append(p.Roles, role)
		}
		if staff[g.Text("id")] {
			p.Account = recordv1.Account_ACCOUNT_STAFF
		}
		if r := g.Text("role"); r != "" && r != usualRole(role) {
			o.set(g.Text("name"), textValue(r))
		}
	}
	if len(o.a.GetPairs()) > 0 {
		rec.Fields = append(rec.Fields, &recordv1.Field{Name: membershipsField, Encoding: "json", Value: o.value()})
	}
}

// usualRole is what a new member of a group is.
func usualRole(role string) string {
	if role == roleAdministrator {
		return "Super User"
	}
	return "Member"
}

// logins of modNative (PHP's own functions), modPBKDF2 and modMD5. (hashing/*.class.php, Revolution/Hashing)
var logins = []cms.Logins{{Schemes: []string{cms.Bcrypt, cms.Argon2id, cms.Argon2i, cms.MODXPBKDF2, cms.MD5}}}

func passwordOf(u row) *recordv1.Password {
	p := cms.ReadPassword(u.Text("password"))
	switch class := bare(u.Text("hash_class")); {
	case p == nil || class == "modNative" && p.GetScheme() != cms.MD5 || class == "modMD5" && p.GetScheme() == cms.MD5:
	case class == "modPBKDF2":
		p.Scheme, p.Hash = cms.MODXPBKDF2, u.Text("salt")+"$"+p.GetHash()
	default:
		p.Scheme = cms.UnknownScheme
	}
	return p
}

func userSettings(rec *recordv1.Record, settings []row) {
	o := newObject()
	for _, r := range settings {
		o.set(r.Text("key"), textValue(r.Text("value")))
	}
	if len(settings) > 0 {
		rec.Fields = append(rec.Fields, &recordv1.Field{Name: settingsField, Encoding: "json", Value: o.value()})
	}
}

// extended adds a field per key of the profile's own fields, unless a column has that name.
func extended(rec *recordv1.Record, text string) {
	if text == "" || text == "null" || text == "[]" || text == "{}" {
		return
	}
	v, err := php.ReadJSON(text)
	if err != nil || v.GetArray() == nil || v.GetArray().GetList() {
		put(rec, extendedField, text)
		return
	}
	for _, p := range v.GetArray().GetPairs() {
		name := p.GetKey().GetText()
		if name == "" || isProfileColumn(name) || strings.HasPrefix(name, own) {
			name = extendedField + "." + name
		}
		rec.Fields = append(rec.Fields, storedField(name, p.GetValue()))
	}
}

func isProfileColumn(name string) bool {
	for _, c := range profileColumns {
		if c.column == name {
			return true
		}
	}
	return false
}

// storedField is a field that lives in JSON: a text as it is, anything else typed.
func storedField(name string, v *recordv1.Value) *recordv1.Field {
	f := field(name, v)
	if _, text := v.GetKind().(*recordv1.Value_Text); !text {
		f.Encoding = "json"
	}
	return f
}
