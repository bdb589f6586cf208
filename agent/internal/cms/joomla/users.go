package joomla

import (
	"context"
	"slices"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// coreGroups are Joomla's own groups by id: their titles are in the language of the installation. A Super User is what other
// platforms call an administrator; the lesser Administrator keeps a word of its own. The others are named by what they may do: an
// Author may write but not publish, which elsewhere is a contributor's; an Editor may change everybody's texts but not publish, and
// has no like; a Publisher may do what editors may. (installation/sql/mysql/base.sql, the rules of the asset com_content)
var coreGroups = map[string]string{"1": "public", "2": "subscriber", "3": "contributor", "4": "copy editor", "5": "editor", "6": "manager", "7": "site administrator",
	"8": "administrator", "9": "guest"}

// groupRank is the order of roles, highest first; groups of the owner's stand between those of staff and of readers.
var groupRank = []string{"8", "7", "6", "5", "4", "3", "", "2", "9", "1"}

func rankOf(group string) int {
	if i := slices.Index(groupRank, group); i >= 0 {
		return i
	}
	return slices.Index(groupRank, "")
}

// profilePrefix begins the names of the fields of Joomla's profile plugin.
const profilePrefix = "profile."

func loadUsers(ctx context.Context, r *reader, ids []string) (map[string]cms.Item, error) {
	rows, err := r.s.queryIn(ctx, r.q, "SELECT "+r.s.columns("users", "u", userExtras, "id", "name", "username", "email", "password", "block", "registerDate")+
		", CASE WHEN EXISTS (SELECT 1 FROM {content} c WHERE c.created_by = u.id) THEN 1 ELSE 0 END AS author FROM {users} u WHERE u.id IN ", ids, "")
	if err != nil {
		return nil, err
	}
	groups, err := r.s.queryIn(ctx, r.q, "SELECT m.user_id, m.group_id, g.title FROM {user_usergroup_map} m JOIN {usergroups} g ON g.id = m.group_id WHERE m.user_id IN ", ids,
		" ORDER BY m.user_id, m.group_id")
	if err != nil {
		return nil, err
	}
	profiles, err := r.s.queryIn(ctx, r.q, "SELECT user_id, profile_key, profile_value FROM {user_profiles} WHERE user_id IN ", ids, " ORDER BY user_id, ordering, profile_key")
	if err != nil {
		return nil, err
	}
	own, err := r.fields(ctx, userContext, ids)
	if err != nil {
		return nil, err
	}
	inGroups, inProfiles := cmssql.By(groups, "user_id"), cmssql.By(profiles, "user_id")
	return r.items("", "id", rows, func(row row) (*recordv1.Record, []string) {
		id := row.Text("id")
		u := &recordv1.User{Login: row.Text("username"), Email: row.Text("email"), DisplayName: row.Text("name"), Registered: r.s.at(row, "registerDate"),
			Disabled: row.Text("block") == "1", Password: password(row.Text("password")), Locale: look(parsed(row.Text("params")), "language").GetText(),
			Roles: roles(inGroups[id]), Author: row.Text("author") == "1"}
		u.Account = accountOf(u.Roles)
		rec := &recordv1.Record{Body: &recordv1.Record_User{User: u}, Fields: r.extras(row, userExtras)}
		for _, p := range inProfiles[id] {
			rec.Fields = append(rec.Fields, profileField(u, p.Text("profile_key"), p.Text("profile_value")))
		}
		rec.Fields = append(slices.DeleteFunc(rec.Fields, func(f *recordv1.Field) bool { return f == nil }), own[id]...)
		return rec, nil
	}), nil
}

// roles are the names of groups, highest first.
func roles(groups []row) []string {
	slices.SortStableFunc(groups, func(a, b row) int { return rankOf(a.Text("group_id")) - rankOf(b.Text("group_id")) })
	var all []string
	for _, g := range groups {
		name := coreGroups[g.Text("group_id")]
		if name == "" {
			name = g.Text("title")
		}
		all = append(all, name)
	}
	return all
}

// accountOf says that who may write or administer is of the staff.
func accountOf(roles []string) recordv1.Account {
	for _, name := range roles {
		switch name {
		case "contributor", "copy editor", "editor", "manager", "site administrator", "administrator":
			return recordv1.Account_ACCOUNT_STAFF
		}
	}
	if len(roles) == 0 {
		return recordv1.Account_ACCOUNT_UNSPECIFIED
	}
	return recordv1.Account_ACCOUNT_MEMBER
}

// profileField is one line of a profile; what records have a name for goes there. Values are JSON.
func profileField(u *recordv1.User, key, value string) *recordv1.Field {
	v, err := parseJSON(value)
	f := &recordv1.Field{Name: key, Encoding: "json", Value: v}
	if err != nil {
		f.Encoding, f.Value = "", textValue(value)
	}
	text := v.GetText()
	switch key {
	case profilePrefix + "website":
		u.Url = text
	case profilePrefix + "aboutme":
		u.Bio = text
	case profilePrefix + "city":
		u.Location = text
	default:
		if _, plain := v.GetKind().(*recordv1.Value_Text); plain {
			f.Encoding = ""
		}
		return f
	}
	return nil
}

// password is nil for an account that cannot log in by password.
func password(hash string) *recordv1.Password {
	if hash == unusable {
		return nil
	}
	return cms.ReadPassword(hash)
}

// unusable is written for an account without a hash that Joomla can check: no password fits it.
const unusable = "*"
