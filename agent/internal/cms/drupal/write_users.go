package drupal

import (
	"context"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// writeUsers writes accounts with their roles. One with a taken address or name is adopted, never changed.
func (w *writer) writeUsers(ctx context.Context, batch []*recordv1.Record) ([]*draft, error) {
	ds, err := w.drafts(ctx, batch, func(*recordv1.Record) string { return "user" })
	if err != nil {
		return nil, err
	}
	roles, err := w.roles(ctx)
	if err != nil {
		return nil, err
	}
	for _, d := range ds {
		d.user(d.rec.GetUser())
		if !w.s.seven { // Its accounts get their fields with what else they have in columns of their own.
			if err := w.custom(ctx, d); err != nil {
				return nil, err
			}
		}
		d.measure()
	}
	if err := w.adoptUsers(ctx, ds); err != nil {
		return nil, err
	}
	if err := w.names(ctx, ds); err != nil {
		return nil, err
	}
	e := w.s.entity("user")
	if err := w.flush(ctx, e, ds); err != nil {
		return nil, err
	}
	if err := w.grant(ctx, live(ds), roles); err != nil || w.s.seven {
		return ds, err
	}
	return ds, w.flushValues(ctx, e, ds)
}

func (d *draft) user(u *recordv1.User) {
	d.bundle = "user"
	name := u.GetLogin()
	if name == "" {
		name = u.GetEmail()
	}
	if name == "" {
		name = "user-" + d.rec.GetRef().GetSourceId()
	}
	c := d.cols
	c["name"], c["mail"], c["init"], c["status"], c["timezone"], c["pass"] = name, u.GetEmail(), u.GetEmail(), 1, nil, ""
	c["preferred_langcode"], c["access"], c["login"] = d.w.s.schema.base, 0, 0
	if d.w.s.seven {
		c["language"], c["signature_format"] = "", nil
	}
	if u.GetDisplayName() != name {
		d.adjust("display_name", "login_is_shown", name)
	}
	for _, f := range d.rec.GetFields() {
		if f.GetName() == "timezone" {
			c["timezone"] = f.GetValue().GetText()
		}
	}
	if u.GetDisabled() {
		c["status"] = 0
	}
	d.at(u.GetRegistered(), "created", "changed")
	if u.GetRegistered() == nil {
		c["created"], c["changed"] = d.w.s.now().Unix(), d.w.s.now().Unix()
	}
	if p := u.GetPassword(); cms.Verifies(d.w.s.verified, p) && len(p.GetHash()) <= maxHash {
		c["pass"] = p.GetHash()
	} else if p != nil {
		d.adjust("password", "password_reset_needed", "")
	}
	if code := u.GetLocale(); code != "" {
		if !slices.ContainsFunc(d.w.s.schema.languages, func(l language) bool { return l.code == code }) && code != d.w.s.schema.base {
			d.adjust("locale", "language_missing", d.w.s.schema.base)
			code = d.w.s.schema.base
		}
		c["preferred_langcode"] = code
	}
	switch f := d.field("user_picture"); {
	case f != nil && u.GetAvatar().GetMedia() != nil:
		d.set(f, map[string]any{d.w.s.pointer(f): d.refTo(f, u.GetAvatar().GetMedia(), 0), "alt": u.GetAvatar().GetAlt(), "title": ""})
	case u.GetAvatar() != nil:
		d.adjust("avatar", "no_picture_field", "")
	}
}

// logins by version: 7 to 10.0 know their own hashes and those of phpass; 10.1 and later know what PHP's password_verify does, and those
// beside it when the module phpass is on, as it is after an update.
// (Drupal 7.105, includes/password.inc; 9.5, PhpassHashedPassword; 10.1, PhpPassword and the module phpass)
var logins = []cms.Logins{
	{Versions: "7 to 10.0", Schemes: []string{cms.DrupalSHA512, cms.DrupalMD5, cms.Phpass}},
	{Versions: "10.1 and later", Schemes: []string{cms.Bcrypt, cms.Argon2id, cms.Argon2i}},
	{Versions: "10.1 and later, with the module phpass", Schemes: []string{cms.DrupalSHA512, cms.DrupalMD5, cms.Phpass, cms.Bcrypt, cms.Argon2id, cms.Argon2i}},
}

// maxHash is the width of the column in Drupal 7, the narrowest.
const maxHash = 128

// logins are the schemes that this site verifies. Its first account shows whether it hashes with PHP's own functions.
func (s *Site) logins(ctx context.Context, q cmssql.Querier) ([]string, error) {
	switch {
	case s.seven:
		return logins[0].Schemes, nil
	case dig(s.schema.settings["core.extension"], "module", "phpass") != nil:
		return logins[2].Schemes, nil
	}
	rows, err := s.query(ctx, q, "SELECT pass FROM {users_field_data} WHERE uid = 1")
	if len(rows) > 0 && strings.HasPrefix(rows[0].text("pass"), "$2y$") {
		return logins[1].Schemes, err
	}
	return logins[0].Schemes, err
}

// adoptUsers finds accounts with the same address or, failing that, the same name; they stand for the record as they are.
func (w *writer) adoptUsers(ctx context.Context, ds []*draft) error {
	table := "users"
	if !w.s.seven {
		table = "users_field_data"
	}
	ds = slices.DeleteFunc(slices.Clone(ds), func(d *draft) bool { return d.done || d.known })
	var mails, names []string
	for _, d := range ds {
		mails, names = append(mails, strings.ToLower(d.rec.GetUser().GetEmail())), append(names, strings.ToLower(d.cols["name"].(string)))
	}
	byMail, err := cmssql.AskHeld(ctx, w.q, mails, w.s.sql("SELECT uid, mail FROM {"+table+"} WHERE uid > 0 AND LOWER(mail) IN "))
	if err != nil {
		return err
	}
	byName, err := cmssql.AskHeld(ctx, w.q, names, w.s.sql("SELECT uid, name FROM {"+table+"} WHERE uid > 0 AND LOWER(name) IN "))
	if err != nil {
		return err
	}
	for i, d := range ds {
		id, err := w.holder(ctx, table, byMail, byName, mails[i], names[i])
		if err != nil {
			return err
		}
		if id != 0 {
			d.adopt(id)
		}
	}
	return nil
}

// holder is the account of an address, else that of a name; both in lower case. 0: there is none.
func (w *writer) holder(ctx context.Context, table string, byMail, byName cmssql.Held, mail, name string) (int64, error) {
	ids, known := byMail.By(mail)
	named, knownToo := byName.By(name)
	if known && knownToo {
		return append(append(ids, named...), 0)[0], nil
	}
	rows, err := w.s.query(ctx, w.q, "SELECT uid FROM {"+table+"} WHERE uid > 0 AND (LOWER(mail) = ? AND mail <> '' OR LOWER(name) = ?) ORDER BY CASE WHEN LOWER(mail) = ? THEN 0 ELSE 1 END, uid LIMIT 1",
		mail, name, mail)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	return rows[0].number("uid"), nil
}

// names keeps names of accounts unique among the batches that are written at the same time.
func (w *writer) names(ctx context.Context, ds []*draft) error {
	table := w.s.entity("user").base
	if !w.s.seven {
		table = "users_field_data"
	}
	for _, d := range ds {
		if d.done {
			continue
		}
		wish := d.cols["name"].(string)
		name, err := w.free(ctx, "user", wish, "", func(try string) (bool, error) {
			return w.taken(ctx, "SELECT uid AS id FROM {"+table+"} WHERE name = ?", d, try)
		})
		if err != nil {
			return err
		}
		if d.cols["name"] = name; name != wish {
			d.adjust("login", "login_taken", name)
			d.adjust("display_name", "login_taken", name)
		}
	}
	return nil
}

// impliedRoles are those that every account has without being given them, by Drupal's words and by those of records.
var impliedRoles = []string{"", plainAccount, "member", "anonymous", "authenticated"}

// rolePrefix begins the names of roles in configuration.
const rolePrefix = "user.role."

// roles are the ids of roles by the names that records have.
func (w *writer) roles(ctx context.Context) (map[string]string, error) {
	ids := map[string]string{}
	if w.s.seven {
		rows, err := w.s.query(ctx, w.q, "SELECT rid, name FROM {role} WHERE rid > 2")
		for _, r := range rows {
			ids[r.text("name")] = r.text("rid")
		}
		return ids, err
	}
	for name := range w.s.schema.settings {
		if id, ok := strings.CutPrefix(name, rolePrefix); ok && id != "anonymous" && id != "authenticated" {
			ids[id] = id
		}
	}
	return ids, nil
}

// likeRoles are the roles that Drupal's installer gives to those whom others call otherwise. It has none for contributors, who may
// not publish.
var likeRoles = map[string]string{"editor": "content_editor", "author": "content_editor"}

// roleFor is the role of like rights, or a new one of the name. What a new one may do beyond every account, an administrator says:
// nobody may do more here for having moved.
func (w *writer) roleFor(ctx context.Context, role string, roles map[string]string) (string, error) {
	if like := roles[likeRoles[role]]; like != "" {
		return like, nil
	}
	if err := w.lock(ctx); err != nil {
		return "", err
	}
	id := machine(role, 32)
	if w.s.schema.settings[rolePrefix+id] == nil {
		if err := w.makeConfig(ctx, "user_role", rolePrefix+id, nil, dict{"id", id, "label", role, "weight", 10, "is_admin", false, "permissions", []any{}}); err != nil {
			return "", err
		}
	}
	roles[id] = id
	return id, nil
}

// grant gives accounts their roles.
func (w *writer) grant(ctx context.Context, ds []*draft, roles map[string]string) error {
	var known []int64
	var rows []map[string]any
	for _, d := range ds {
		if d.known {
			known = append(known, d.id)
		}
		var given, words []string
		for _, role := range d.rec.GetUser().GetRoles() {
			name := roleName(role)
			id := roles[name]
			if id == "" && !w.s.seven && !slices.Contains(impliedRoles, name) {
				var err error
				if id, err = w.roleFor(ctx, name, roles); err != nil {
					return err
				}
			}
			if id == "" || slices.Contains(given, id) {
				continue
			}
			if !w.s.seven {
				name = id
			}
			word := w.s.roleWord(name)
			if word != role {
				d.adjust("roles", "role_mapped", word)
			}
			given, words = append(given, id), append(words, word)
		}
		for i, id := range given {
			rows = append(rows, map[string]any{"uid": d.id, "rid": id, "bundle": "user", "deleted": 0, "entity_id": d.id, "revision_id": d.id, "langcode": w.s.schema.base, "delta": i, "roles_target_id": id})
		}
		d.adjustAccount(words)
	}
	table, key := "user__roles", "entity_id"
	if w.s.seven {
		table, key = "users_roles", "uid"
	}
	if err := execIn(ctx, w, known, "DELETE FROM {"+table+"} WHERE "+key+" IN "); err != nil {
		return err
	}
	_, err := w.insert(ctx, table, rows)
	return err
}

// adjustAccount tells of accounts whose roles say otherwise what they are for.
func (d *draft) adjustAccount(given []string) {
	as := recordv1.Account_ACCOUNT_MEMBER
	for _, role := range given {
		if rank(role) < len(staffRoles) {
			as = recordv1.Account_ACCOUNT_STAFF
		}
	}
	u := d.rec.GetUser()
	if u.GetAccount() != as {
		d.adjust("account", "as_roles_say", "")
	}
	if len(given) == 0 && !slices.Equal(u.GetRoles(), []string{plainAccount}) || len(u.GetRoles()) > 1 {
		d.adjust("roles", "role_mapped", "")
	}
}
