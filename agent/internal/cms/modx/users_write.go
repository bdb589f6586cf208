package modx

import (
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/php"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// users are written one after the other: a later one may be the same person as one before.
func (w *writer) users() error {
	for _, d := range w.drafts {
		if err := w.user(d); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) user(d *draft) error {
	u := d.rec.GetUser()
	if !d.known {
		if held, err := w.holder(u); err != nil || held != "" {
			return w.adopt(d, held, err)
		}
	}
	if err := w.login(d, u); err != nil {
		return err
	}
	w.account(d, u)
	profile := &draft{rec: d.rec, cols: map[string]any{}}
	w.profile(d, profile)
	if err := w.save("users", []*draft{d}); err != nil {
		return err
	}
	if err := w.saveProfile(d, profile.cols); err != nil {
		return err
	}
	return w.saveMemberships(d)
}

// holder is the account with the same address or login.
func (w *writer) holder(u *recordv1.User) (string, error) {
	rows, err := w.query("SELECT u.id FROM {users} u LEFT JOIN {user_attributes} a ON a.internalKey = u.id "+
		"WHERE ? <> '' AND LOWER(a.email) = LOWER(?) OR ? <> '' AND LOWER(u.username) = LOWER(?) ORDER BY u.id LIMIT 1", u.GetEmail(), u.GetEmail(), u.GetLogin(), u.GetLogin())
	if err != nil || len(rows) == 0 {
		return "", err
	}
	return rows[0].Text("id"), nil
}

// adopt lets an account stand for the record, left as it is.
func (w *writer) adopt(d *draft, id string, err error) error {
	if err != nil {
		return err
	}
	d.done = true
	d.res.Outcome, d.res.TargetID = agentv1.Outcome_OUTCOME_ADOPTED, id
	d.adjust(record.WholeRecord, "kept_existing", "")
	return nil
}

// login must be unique; an account without one logs in with its address.
func (w *writer) login(d *draft, u *recordv1.User) error {
	wish := u.GetLogin()
	if wish == "" {
		wish = u.GetEmail()
	}
	if wish == "" {
		wish = "user-" + d.rec.GetRef().GetSourceId()
	}
	chosen, err := w.u.Names.Choose("login", func(busy func(string) bool) ([]string, error) {
		for n := 1; ; n++ {
			try := cut(wish, 90)
			if n > 1 {
				try += "-" + strconv.Itoa(n)
			}
			rows, err := w.query("SELECT id FROM {users} WHERE LOWER(username) = LOWER(?)", try)
			if err != nil {
				return nil, err
			}
			if d.known && len(rows) == 1 && rows[0].Text("id") == d.id || len(rows) == 0 && !busy(strings.ToLower(try)) {
				return []string{try}, nil
			}
		}
	})
	if err != nil {
		return err
	}
	d.cols["username"] = chosen[0]
	if chosen[0] != u.GetLogin() {
		d.adjust("login", "login_made", chosen[0])
	}
	return nil
}

func (w *writer) account(d *draft, u *recordv1.User) {
	d.cols["class_key"], d.cols["active"], d.cols["sudo"], d.cols["createdon"] = w.s.class("modUser"), int64(1), int64(0), u.GetRegistered().GetSeconds()
	if s := u.GetRegistered().GetSeconds(); s < 0 || s > 1<<31-1 || s == 0 {
		d.cols["createdon"] = w.s.now().Unix()
		d.adjust("registered", "date_made", "")
	}
	if u.GetDisabled() && (textOf(d.rec, blockedField) != "1" || textOf(d.rec, activeField) == "1") {
		d.cols["active"] = int64(0)
	}
	if textOf(d.rec, sudoField) == "1" && contains(u.GetRoles(), roleAdministrator) {
		d.cols["sudo"] = int64(1)
	}
	w.password(d, u.GetPassword())
	// Read back, it follows from the groups.
	d.adjust("account", "follows_groups", "")
}

// password keeps a hash that MODX can check; any other account gets one that fits no password.
func (w *writer) password(d *draft, p *recordv1.Password) {
	class, hash, salt := "hashing.modNative", p.GetHash(), randomHex()
	switch {
	case !cms.Verifies(logins[0].Schemes, p):
		hash = ""
	case p.GetScheme() == cms.MODXPBKDF2:
		class = "hashing.modPBKDF2"
		salt, hash, _ = strings.Cut(hash, "$")
	case p.GetScheme() == cms.MD5:
		class = "hashing.modMD5"
	}
	if hash == "" || len(hash) > 255 || len(salt) > 100 {
		d.adjust("password", "password_reset_needed", "")
		if d.known {
			return
		}
		class, hash, salt = "hashing.modNative", "!"+randomHex(), randomHex()
	}
	d.cols["password"], d.cols["hash_class"], d.cols["salt"] = hash, w.s.class(class), salt
}

func randomHex() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// profile sets the columns of the person; fields without a column are the profile's own (extended).
func (w *writer) profile(d, p *draft) {
	u := d.rec.GetUser()
	name := u.GetDisplayName()
	if name == "" {
		name = strings.TrimSpace(u.GetFirstName() + " " + u.GetLastName())
	}
	p.cols["fullname"], p.cols["email"], p.cols["website"], p.cols["comment"] = name, u.GetEmail(), u.GetUrl(), u.GetRemark()
	for _, c := range profileColumns {
		p.cols[c.column] = c.usual
	}
	p.cols["blocked"] = atoi(textOf(d.rec, blockedField))
	w.photo(d, p, u.GetAvatar())
	extra, keys := newObject(), map[string]bool{}
	for _, f := range d.rec.GetFields() {
		if !w.profileField(d, p, f) {
			w.extend(d, extra, keys, f)
		}
	}
	p.cols["extended"] = nil
	if len(extra.a.GetPairs()) > 0 {
		p.cols["extended"] = php.WriteJSON(extra.value())
	}
	if len(php.WriteJSON(extra.value())) > 65535 {
		p.cols["extended"] = nil
		for _, f := range d.rec.GetFields() {
			d.adjust("fields."+f.GetName(), "too_long", "")
		}
	}
}

func (w *writer) photo(d, p *draft, img *recordv1.Image) {
	p.cols["photo"] = img.GetUrl()
	if img.GetMedia() != nil {
		p.cols["photo"], _ = w.u.Refs.Target(img.GetMedia())
	}
	if img.GetMedia() != nil || len([]rune(img.GetUrl())) > 191 {
		// Read back, it is a path.
		d.adjust("avatar", "kept_as_path", "")
		p.cols["photo"] = cut(p.cols["photo"].(string), 191)
	}
}

// profileField sets a column of the profile from a field.
func (w *writer) profileField(d, p *draft, f *recordv1.Field) bool {
	text, isText := f.GetValue().GetKind().(*recordv1.Value_Text)
	switch f.GetName() {
	case sudoField:
		if !contains(d.rec.GetUser().GetRoles(), roleAdministrator) {
			d.adjust("fields."+sudoField, "role_lowered", "")
		}
		return true
	case blockedField, activeField, membershipsField, settingsField:
		return true
	}
	for _, c := range profileColumns {
		if c.column == f.GetName() && isText && isPlain(c.usual, text.Text) && fits(c.column, text.Text) {
			p.cols[c.column] = text.Text
			return true
		}
	}
	return false
}

// fits: widths are those of the narrower version.
func fits(col, text string) bool {
	width := map[string]int{"state": 25, "zip": 25, "address": 16000, "city": 191, "country": 191}[col]
	if width == 0 {
		width = 100
	}
	return len([]rune(text)) <= width && (!strings.Contains("dob gender blockeduntil blockedafter", col) || atoi(text) < 1<<31 && (col != "gender" || atoi(text) < 128))
}

// extend adds a field to the profile's own ones.
func (w *writer) extend(d *draft, extra *object, keys map[string]bool, f *recordv1.Field) {
	name := strings.TrimPrefix(f.GetName(), extendedField+".")
	v, open := settleValue(f.GetValue(), w.u.Refs)
	back := storedField(f.GetName(), v)
	if len(open) > 0 || keys[name] || len(f.GetRaw()) > 0 || back.GetEncoding() != f.GetEncoding() || !isJSON(v) {
		d.adjust("fields."+f.GetName(), "kept_as_text", "")
	}
	if keys[name] {
		return
	}
	if len(f.GetRaw()) > 0 {
		v = textValue(string(f.GetRaw()))
	}
	keys[name] = true
	extra.set(name, v)
}

// isJSON says that a value is read from JSON as it was written.
func isJSON(v *recordv1.Value) bool {
	back, err := php.ReadJSON(php.WriteJSON(v))
	return err == nil && php.WriteJSON(back) == php.WriteJSON(v) && v.GetRef() == nil && v.GetData() == nil
}

func (w *writer) saveProfile(d *draft, cols map[string]any) error {
	if d.known {
		return w.update("user_attributes", "internalKey", d.id, cols)
	}
	cols["internalKey"] = atoi(d.id)
	p := &draft{cols: cols}
	return w.save("user_attributes", []*draft{p})
}

// saveMemberships puts the person into the groups that the roles name. Groups that are not there are made, and give no
// rights until somebody grants them.
func (w *writer) saveMemberships(d *draft) error {
	if err := w.drop("member_groups", "member", []*draft{d}); err != nil {
		return err
	}
	if err := w.drop("user_settings", "user", []*draft{d}); err != nil {
		return err
	}
	d.compareGroups()
	var rows [][]any
	primary := int64(0)
	for _, role := range d.rec.GetUser().GetRoles() {
		group, err := w.group(role)
		if err != nil {
			return err
		}
		as, err := w.roleIn(d, role)
		if err != nil {
			return err
		}
		rows = append(rows, []any{group, atoi(d.id), as, len(rows)})
		if primary == 0 {
			primary = group
		}
	}
	if _, err := w.u.Tx.Insert(w.ctx, w.s.set.Prefix+"member_groups", []string{"user_group", "member", "role", "rank"}, rows); err != nil {
		return err
	}
	if _, err := w.exec("UPDATE {users} SET primary_group = ? WHERE id = ?", primary, d.id); err != nil {
		return err
	}
	return w.saveSettings(d)
}

// compareGroups tells of groups that the person is no longer in: roles say who is in which.
func (d *draft) compareGroups() {
	for _, f := range d.rec.GetFields() {
		if f.GetName() != membershipsField {
			continue
		}
		for _, p := range f.GetValue().GetArray().GetPairs() {
			if group := p.GetKey().GetText(); group != administrators && !contains(d.rec.GetUser().GetRoles(), group) {
				d.adjust("fields."+membershipsField, "record_followed", "")
			}
		}
	}
}

func (w *writer) group(role string) (int64, error) {
	name := role
	if role == roleAdministrator {
		name = administrators
	}
	id, err := w.named("membergroup_names", "name", name, map[string]any{"dashboard": int64(1)})
	return atoi(id), err
}

// roleIn is what the person is in a group. One that is not there is not made: it would rank people by a number.
func (w *writer) roleIn(d *draft, role string) (int64, error) {
	group := role
	if role == roleAdministrator {
		group = administrators
	}
	name := usualRole(role)
	for _, f := range d.rec.GetFields() {
		if as := lookup(f.GetValue(), group).GetText(); f.GetName() == membershipsField && as != "" {
			name = as
		}
	}
	rows, err := w.query("SELECT id, name FROM {user_group_roles} WHERE name IN (?, ?)", name, usualRole(""))
	if err != nil {
		return 0, err
	}
	id := int64(1)
	for _, r := range rows {
		if r.Text("name") == name {
			return r.Number("id"), nil
		}
		id = r.Number("id")
	}
	d.adjust("fields."+membershipsField, "role_lowered", "")
	return id, nil
}

func (w *writer) saveSettings(d *draft) error {
	var rows [][]any
	for _, f := range d.rec.GetFields() {
		if f.GetName() != settingsField {
			continue
		}
		for _, p := range f.GetValue().GetArray().GetPairs() {
			if key := p.GetKey().GetText(); key != "" && len(key) <= 50 && !slices.ContainsFunc(rows, func(r []any) bool { return r[1] == key }) {
				rows = append(rows, []any{atoi(d.id), key, p.GetValue().GetText()})
			}
		}
	}
	_, err := w.u.Tx.Insert(w.ctx, w.s.set.Prefix+"user_settings", []string{"user", "key", "value"}, rows)
	return err
}
