package wordpress

import (
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// unusable begins a hash that no password fits.
const unusable = "!bailey!"

// dbVersion68 is the db_version of WordPress 6.8, the first to know wp-bcrypt hashes.
const dbVersion68 = 60421

// userDefaults are the settings that wp_insert_user gives to each account; without rich_editing there is no visual editor.
var userDefaults = [][2]string{
	{"rich_editing", "true"}, {"syntax_highlighting", "true"}, {"comment_shortcuts", "false"}, {"admin_color", "fresh"}, {"use_ssl", "0"},
	{"show_admin_bar_front", "true"},
}

const (
	maxLogin    = 60
	maxNicename = 50
)

var userCols = []string{"user_login", "user_pass", "user_nicename", "user_email", "user_url", "user_registered", "user_activation_key", "user_status", "display_name"}

func (w *writer) users() error {
	if err := w.findExisting("users", "ID"); err != nil {
		return err
	}
	adopted, err := w.adoptUsers()
	if err != nil {
		return err
	}
	if err := w.chooseNames(); err != nil {
		return err
	}
	if err := w.saveUsers(); err != nil {
		return err
	}
	roles, err := w.s.knownRoles(w.ctx, w.tx)
	if err != nil {
		return err
	}
	if err := w.saveUserMeta(roles); err != nil {
		return err
	}
	return w.keepExisting(adopted)
}

// adoptUsers finds accounts with the same e-mail address or login; they stand for the record as they are.
func (w *writer) adoptUsers() ([]*job, error) {
	var logins, mails []string
	for _, j := range w.jobs {
		if u := j.rec.GetUser(); !j.update {
			logins = append(logins, strings.ToLower(u.GetLogin()))
			mails = append(mails, strings.ToLower(u.GetEmail()))
		}
	}
	byLogin, err := w.usersBy("user_login", logins)
	if err != nil {
		return nil, err
	}
	byMail, err := w.usersBy("user_email", mails)
	if err != nil {
		return nil, err
	}
	var adopted []*job
	for _, j := range w.jobs {
		if j.update {
			continue
		}
		id := byMail[strings.ToLower(j.rec.GetUser().GetEmail())]
		if id == 0 {
			id = byLogin[strings.ToLower(j.rec.GetUser().GetLogin())]
		}
		if id != 0 {
			j.adopted(id)
			adopted = append(adopted, j)
		}
	}
	return adopted, nil
}

func (w *writer) usersBy(col string, values []string) (map[string]int64, error) {
	found := map[string]int64{}
	values = slices.DeleteFunc(values, func(v string) bool { return v == "" })
	err := cmssql.EachIn(w.ctx, w.tx, values, func(r *sql.Rows) error {
		var v string
		var id int64
		if err := r.Scan(&v, &id); err != nil {
			return err
		}
		if v = strings.ToLower(v); found[v] == 0 || id < found[v] {
			found[v] = id
		}
		return nil
	}, w.s.sql("SELECT "+col+", ID FROM {users} WHERE LOWER("+col+") IN "), "")
	return found, err
}

// chooseNames gives each new account a login and a nicename that nobody has.
func (w *writer) chooseNames() error {
	_, err := w.u.Names.Choose("user", func(reserved func(string) bool) ([]string, error) {
		names, err := w.userNames(reserved)
		if err != nil {
			return nil, err
		}
		for _, j := range w.jobs {
			if j.settled() {
				continue
			}
			u := j.rec.GetUser()
			login, err := names.free(j, "user_login", wantedLogin(u))
			if err != nil {
				return nil, err
			}
			if u.GetLogin() != "" && login != u.GetLogin() {
				j.adjust("login", "login_taken", login)
			}
			u.Login = login
			nice, err := names.free(j, "user_nicename", wantedNicename(u))
			if err != nil {
				return nil, err
			}
			if u.GetSlug() != "" && decodeSlug(nice) != u.GetSlug() {
				j.adjust("slug", "slug_taken", decodeSlug(nice))
			}
			u.Slug = nice
		}
		return slices.Collect(maps.Keys(names.chosen)), nil
	})
	return err
}

// userNames knows which logins and nicenames are taken, by column and name in lower case.
type userNames struct {
	w        *writer
	reserved func(string) bool
	chosen   map[string]bool
	// held are the accounts with the names that are wanted, by column.
	held map[string]cmssql.Held
}

// userNames asks for all names that are wanted, so that where they are free, as a rule, none is asked for by itself.
func (w *writer) userNames(reserved func(string) bool) (*userNames, error) {
	wanted := map[string][]string{}
	for _, j := range w.jobs {
		if u := j.rec.GetUser(); !j.settled() {
			wanted["user_login"] = append(wanted["user_login"], wantedLogin(u))
			wanted["user_nicename"] = append(wanted["user_nicename"], wantedNicename(u))
		}
	}
	n := &userNames{w: w, reserved: reserved, chosen: map[string]bool{}, held: map[string]cmssql.Held{}}
	for col, names := range wanted {
		var err error
		if n.held[col], err = cmssql.AskHeld(w.ctx, w.tx, names, w.s.sql("SELECT ID, "+col+" FROM {users} WHERE "+col+" IN ")); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// heldBy are the accounts with a name.
func (n *userNames) heldBy(col, name string) ([]int64, error) {
	if ids, known := n.held[col].By(name); known {
		return ids, nil
	}
	return cmssql.Column[int64](n.w.ctx, n.w.tx, n.w.s.sql("SELECT ID FROM {users} WHERE "+col+" = ? LIMIT 2"), name)
}

// free is the name that is wanted, or with a number behind it, which is the account's from then on.
func (n *userNames) free(j *job, col, wanted string) (string, error) {
	name := wanted
	for i := 2; ; i++ {
		ids, err := n.heldBy(col, name)
		if err != nil {
			return "", err
		}
		key := col + "/" + strings.ToLower(name)
		if !slices.ContainsFunc(ids, func(id int64) bool { return id != j.id }) && !n.reserved(key) && !n.chosen[key] {
			n.chosen[key] = true
			return name, nil
		}
		width := maxLogin
		if col == "user_nicename" {
			width = maxNicename
		}
		tail := "-" + itoa(int64(i))
		name = cut(wanted, width-len(tail)) + tail
	}
}

func wantedLogin(u *recordv1.User) string {
	login := u.GetLogin()
	if login == "" {
		login, _, _ = strings.Cut(u.GetEmail(), "@")
		login = encodeSlugTo(slugify(login), maxLogin)
	}
	if login == "" {
		login = encodeSlugTo(slugify(u.GetDisplayName()), maxLogin)
	}
	if login == "" {
		login = "user"
	}
	return login
}

func wantedNicename(u *recordv1.User) string {
	for _, s := range []string{u.GetSlug(), slugify(u.GetLogin()), slugify(u.GetDisplayName())} {
		if nice := encodeSlugTo(s, maxNicename); nice != "" {
			return nice
		}
	}
	return "user"
}

func cut(s string, n int) string {
	for len(s) > n {
		r := []rune(s)
		s = string(r[:len(r)-1])
	}
	return s
}

func (w *writer) saveUsers() error {
	var fresh []*job
	var rows [][]any
	for _, j := range w.jobs {
		if j.settled() {
			continue
		}
		values, err := w.userRow(j)
		if err != nil {
			return err
		}
		if j.update {
			if err := w.updateUser(j, values); err != nil {
				return err
			}
			continue
		}
		fresh = append(fresh, j)
		rows = append(rows, values)
	}
	ids, err := w.tx.Insert(w.ctx, w.s.prefix+"users", userCols, rows)
	for i, id := range ids {
		fresh[i].done(id)
	}
	return err
}

func (w *writer) updateUser(j *job, values []any) error {
	j.done(j.id)
	_, err := w.tx.Exec(w.ctx, w.s.sql("UPDATE {users} SET "+strings.Join(userCols, " = ?, ")+" = ? WHERE ID = ?"), append(values, j.id)...)
	return err
}

func (w *writer) userRow(j *job) ([]any, error) {
	u := j.rec.GetUser()
	pass, err := w.password(j, u)
	if err != nil {
		return nil, err
	}
	if u.GetDisplayName() == "" {
		u.DisplayName = u.GetLogin()
	}
	registered := u.GetRegistered().GetSeconds()
	if u.GetRegistered() == nil {
		registered = w.s.now().Unix()
	}
	return []any{u.GetLogin(), pass, u.GetSlug(), u.GetEmail(), u.GetUrl(), formatWall(registered), "", 0, u.GetDisplayName()}, nil
}

// password is the hash to store: the source's when WordPress can check it, otherwise one that nothing fits.
func (w *writer) password(j *job, u *recordv1.User) (string, error) {
	if p := u.GetPassword(); p != nil && !u.GetDisabled() && cms.Verifies(w.env.logins(), p) {
		return p.GetHash(), nil
	}
	j.adjust("password", "password_reset_needed", "")
	b := make([]byte, 24)
	if _, err := rand.Read(b); err != nil {
		return "", err
	}
	return unusable + hex.EncodeToString(b), nil
}

// logins by version: phpass hands over to crypt what it does not know; since 6.8 that is done by password_verify.
// (wp-includes/class-phpass.php, CheckPassword; wp-includes/pluggable.php, wp_check_password)
var logins = []cms.Logins{
	{Versions: "before 6.8", Schemes: []string{cms.Phpass, cms.MD5, cms.Bcrypt}},
	{Versions: "6.8 and later", Schemes: []string{cms.Phpass, cms.MD5, cms.Bcrypt, cms.WPBcrypt, cms.Argon2id, cms.Argon2i}},
}

// logins are the schemes that this site verifies.
func (e *env) logins() []string {
	if atoi(e.opts["db_version"]) >= dbVersion68 {
		return logins[1].Schemes
	}
	return logins[0].Schemes
}

func (w *writer) saveUserMeta(roles map[string]bool) error {
	m := &metaBuilder{table: userMeta}
	var old []int64
	for _, j := range w.jobs {
		if j.res.TargetID == "" || j.rec == nil || !j.wrote() {
			continue
		}
		if j.update {
			old = append(old, j.id)
		}
		w.userMeta(m, j, roles)
	}
	if err := cmssql.ExecIn(w.ctx, w.tx, old, w.s.sql("DELETE FROM {usermeta} WHERE meta_key <> 'session_tokens' AND user_id IN ")); err != nil {
		return err
	}
	return m.insert(w)
}

// wrote says that the driver wrote the row itself.
func (j *job) wrote() bool { return j.res.Outcome == outcomeCreated || j.res.Outcome == outcomeUpdated }

func (w *writer) userMeta(m *metaBuilder, j *job, roles map[string]bool) {
	u := j.rec.GetUser()
	nickname := u.GetNickname()
	if nickname == "" {
		nickname = u.GetLogin()
	}
	m.add(j.id, "nickname", nickname)
	m.add(j.id, "first_name", u.GetFirstName())
	m.add(j.id, "last_name", u.GetLastName())
	m.add(j.id, "description", u.GetBio())
	for _, d := range userDefaults {
		if !slices.ContainsFunc(j.rec.GetFields(), func(f *recordv1.Field) bool { return f.GetName() == d[0] }) {
			m.add(j.id, d[0], d[1])
		}
	}
	m.add(j.id, "locale", strings.ReplaceAll(u.GetLocale(), "-", "_"))
	for _, n := range u.GetSocial() {
		if slices.Contains(networks, n.GetNetwork()) {
			m.text(j.id, n.GetNetwork(), n.GetHandle())
		} else {
			j.adjust("social", "network_unknown", "")
		}
	}
	w.fields(m, j.id, j, "meta:", j.rec.GetFields(), w.userKey)
	w.caps(m, j, roles)
}

// userKey puts the target's prefix in and refuses what would grant rights or sessions.
func (w *writer) userKey(key string) string {
	if rest, ok := strings.CutPrefix(key, prefixMark); ok {
		return w.s.prefix + rest
	}
	if w.s.private(key) {
		return ""
	}
	return key
}

func (w *writer) caps(m *metaBuilder, j *job, known map[string]bool) {
	u := j.rec.GetUser()
	if u.GetDisabled() {
		m.add(j.id, disabledMeta, "1")
		j.adjust("roles", "account_disabled", "")
		j.adjust("capabilities", "account_disabled", "")
		j.adjust("account", "account_disabled", "")
		return
	}
	if u.GetAccount() != accountOf(u.GetRoles()) {
		// A role of another platform became one of WordPress's, which says what the account is for.
		j.adjust("account", "follows_role", "")
	}
	caps, level := phpArray(), "0"
	for _, r := range u.GetRoles() {
		if !known[r] {
			j.adjust("roles", "role_lowered", "subscriber")
			j.adjust("account", "role_lowered", "")
			r = "subscriber"
		}
		assign(caps, r, php.Bool(true))
		if l := levels[r]; atoi(l) > atoi(level) {
			level = l
		}
	}
	for _, c := range u.GetCapabilities() {
		name, denied := strings.CutPrefix(c, "-")
		assign(caps, name, php.Bool(!denied))
	}
	if len(caps.GetArray().GetPairs()) == 0 {
		return
	}
	m.add(j.id, w.s.prefix+"capabilities", serialized(caps))
	m.add(j.id, w.s.prefix+"user_level", level)
}
