package ghost

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// staffRoles are the roles of people, highest first, by the word that records use.
var staffRoles = []struct{ word, name string }{
	{"administrator", "Administrator"}, {"super editor", "Super Editor"}, {"editor", "Editor"}, {"author", "Author"}, {"contributor", "Contributor"},
}

// roleWord is the word for a role of Ghost. The owner is an administrator elsewhere, and nobody else becomes an owner.
func roleWord(name string) string {
	if name == "Owner" {
		return "administrator"
	}
	for _, r := range staffRoles {
		if r.name == name {
			return r.word
		}
	}
	return lower(name)
}

func roleName(word string) string {
	for _, r := range staffRoles {
		if r.word == word {
			return r.name
		}
	}
	return ""
}

const (
	roleMember      = "member"
	roleContributor = "contributor"
)

func (s *Site) loadStaff(ctx context.Context, q cmssql.Querier, ids []string) (map[string]cms.Item, error) {
	in, args := cmssql.In(ids)
	cols := append([]string{"id", "name", "slug", "password", "email", "profile_image", "cover_image", "bio", "website", "location", "status",
		"locale", "meta_title", "meta_description", "created_at"}, networks...)
	rows, err := cmssql.Rows(ctx, q, "SELECT "+s.schema.list("users", "u", cols...)+" FROM `users` u WHERE u.`id` IN "+in, args...)
	if err != nil {
		return nil, err
	}
	roles, err := cmssql.Rows(ctx, q, "SELECT ru.`user_id`, r.`name` FROM `roles_users` ru JOIN `roles` r ON r.`id` = ru.`role_id` WHERE ru.`user_id` IN "+in+" ORDER BY ru.`id`", args...)
	if err != nil {
		return nil, err
	}
	roleOf := cmssql.By(roles, "user_id")
	return itemsOf(kindUser, "", rows, func(r row) (*recordv1.Record, []*agentv1.Path) {
		return &recordv1.Record{Body: &recordv1.Record_User{User: s.staffMember(r, roleOf[r.Text("id")])}},
			withFeed(pathOf(kindUser, r))
	}), nil
}

func (s *Site) staffMember(r row, roles []row) *recordv1.User {
	u := &recordv1.User{
		Account: recordv1.Account_ACCOUNT_STAFF, Email: r.Text("email"), DisplayName: r.Text("name"), Slug: r.Text("slug"), Url: r.Text("website"),
		Bio: r.Text("bio"), Location: r.Text("location"), Registered: s.at(r, "created_at"), Avatar: s.image(r.Text("profile_image")),
		Cover: s.image(r.Text("cover_image")), Disabled: r.Text("status") == "inactive", Locale: r.Text("locale"), Seo: s.seoOf(r),
		Password: cms.ReadPassword(r.Text("password")),
	}
	for _, role := range roles {
		u.Roles = append(u.Roles, roleWord(role.Text("name")))
	}
	for _, n := range networks {
		if h := r.Text(n); h != "" {
			u.Social = append(u.Social, &recordv1.Social{Network: n, Handle: h})
		}
	}
	return u
}

// logins: Ghost's bcrypt.js takes all marks of bcrypt. (ghost/core: security/password.js)
var logins = []cms.Logins{{Schemes: []string{cms.Bcrypt}}}

func isBcrypt(hash string) bool {
	return len(hash) == 60 && slices.Contains([]string{"$2a$", "$2b$", "$2y$"}, hash[:4])
}

// writeStaff writes rows of users; who is there already by e-mail is adopted.
func (s *Site) writeStaff(ctx context.Context, u *cms.Unit, batch []*recordv1.Record) ([]cms.Result, error) {
	ds, err := s.drafts(ctx, u, "users", "", batch)
	if err != nil || len(ds) == 0 {
		return nil, err
	}
	for _, d := range ds {
		s.staffColumns(d, d.rec.GetUser())
		s.measure(d, "users")
	}
	if err := s.adoptByEmail(ctx, u, "users", "", ds); err != nil {
		return nil, err
	}
	if err := s.slugs(ctx, u, "users", ds, func(d *draft) (string, string) { return d.rec.GetUser().GetSlug(), d.rec.GetUser().GetDisplayName() }); err != nil {
		return nil, err
	}
	if err := s.flush(ctx, u.Tx, "users", ds); err != nil {
		return nil, err
	}
	err = s.saveRoles(ctx, u.Tx, ds)
	return results(ds), err
}

func (s *Site) staffColumns(d *draft, m *recordv1.User) {
	created := stamp(m.GetRegistered())
	if created == nil {
		created = s.now().UTC().Format(stampLayout)
		d.adjust("registered", "date_made", "")
	}
	d.set("email", d.email(m))
	d.set("name", d.displayName(m))
	d.token("bio", m.GetBio())
	d.set("website", orNull(m.GetUrl()))
	d.set("location", orNull(m.GetLocation()))
	d.picture("profile_image", m.GetAvatar())
	d.picture("cover_image", m.GetCover())
	d.set("meta_title", orNull(m.GetSeo().GetTitle()))
	d.set("meta_description", orNull(m.GetSeo().GetDescription()))
	d.set("status", map[bool]string{false: "active", true: "inactive"}[m.GetDisabled()])
	d.set("visibility", "public")
	d.set("created_at", created)
	d.set("created_by", d.owner)
	d.set("updated_at", created)
	d.set("updated_by", d.owner)
	d.social(s, m.GetSocial())
	d.password(m.GetPassword())
	if !d.suspend(m) {
		d.oneRole(m)
	}
	d.notFor("staff", map[string]bool{"labels": len(m.GetLabels()) > 0, "newsletters": len(m.GetNewsletters()) > 0,
		"membership": m.GetMembership() != "", "remark": m.GetRemark() != "", "uuid": m.GetUuid() != ""})
}

// notFor names the fields that this sort of account lacks although the other sort has them.
func (d *draft) notFor(account string, given map[string]bool) {
	for field, is := range given {
		if is {
			d.adjust(field, "not_held_for_"+account, "")
		}
	}
}

// email is the address, or one that nobody can have where the source has none: the column is unique and not null.
func (d *draft) email(m *recordv1.User) string {
	if m.GetEmail() != "" {
		return m.GetEmail()
	}
	made := slugify(d.rec.GetRef().GetSourceId()) + "@no-address.invalid"
	d.adjust("email", "email_made", made)
	return made
}

func (d *draft) displayName(m *recordv1.User) string {
	for _, name := range []string{m.GetDisplayName(), strings.TrimSpace(m.GetFirstName() + " " + m.GetLastName()), m.GetNickname(), m.GetLogin()} {
		if name != "" {
			return name
		}
	}
	name, _, _ := strings.Cut(m.GetEmail(), "@")
	if name == "" {
		name = d.rec.GetRef().GetSourceId()
	}
	return name
}

func (d *draft) social(s *Site, all []*recordv1.Social) {
	for _, n := range networks {
		d.set(n, nil)
	}
	if !inOrder(all) {
		d.adjust("social", "reordered", "")
	}
	for _, n := range all {
		if slices.Contains(networks, n.GetNetwork()) && s.schema.Has("users", n.GetNetwork()) {
			d.set(n.GetNetwork(), orNull(n.GetHandle()))
		} else {
			d.adjust("social", "network_not_held", "")
		}
	}
}

// password keeps a hash that Ghost can check. Any other would lock the person out as well, so the account gets one that
// fits no password, and the person asks for a new one.
func (d *draft) password(p *recordv1.Password) {
	switch {
	case isBcrypt(p.GetHash()):
		d.set("password", p.GetHash())
	case d.known:
		d.adjust("password", "password_reset_needed", "")
	default:
		d.set("password", unusableHash())
		d.adjust("password", "password_reset_needed", "")
	}
}

func (d *draft) oneRole(m *recordv1.User) {
	if len(m.GetRoles()) > 1 || len(m.GetRoles()) == 1 && roleName(m.GetRoles()[0]) == "" {
		d.adjust("roles", "role_lowered", staffRole(m))
	}
}

// suspend keeps an author without any role of staff from gaining rights: the lowest role, and no way to log in.
func (d *draft) suspend(m *recordv1.User) bool {
	if !m.GetAuthor() || slices.ContainsFunc(m.GetRoles(), func(r string) bool { return roleName(r) != "" }) {
		return false
	}
	d.set("status", "inactive")
	d.adjust("disabled", "author_suspended", "")
	d.adjust("account", "author_suspended", "")
	d.adjust("roles", "author_suspended", roleContributor)
	return true
}

// staffRole is the highest role of Ghost that a person has; without any, the lowest.
func staffRole(m *recordv1.User) string {
	for _, r := range staffRoles {
		if slices.Contains(m.GetRoles(), r.word) {
			return r.word
		}
	}
	return roleContributor
}

func (s *Site) saveRoles(ctx context.Context, tx *cmssql.Tx, ds []*draft) error {
	rows, err := cmssql.Rows(ctx, tx, "SELECT `id`, `name` FROM `roles`")
	if err != nil {
		return fmt.Errorf("read roles: %w", err)
	}
	ids := map[string]string{}
	for _, r := range rows {
		ids[r.Text("name")] = r.Text("id")
	}
	j := &joins{table: "roles_users", cols: []string{"id", "role_id", "user_id"}}
	for _, d := range ds {
		if d.done {
			continue
		}
		name := roleName(staffRole(d.rec.GetUser()))
		if ids[name] == "" {
			// Super Editor is younger than the rest.
			name = "Editor"
			d.adjust("roles", "role_lowered", "editor")
		}
		if ids[name] == "" {
			return fmt.Errorf("the table roles has no row %q; restore it with `ghost update --force`", name)
		}
		j.rows = append(j.rows, []any{s.newID(), ids[name], d.id})
	}
	return s.rejoin(ctx, tx, "user_id", ds, j)
}

// adoptByEmail lets rows with the same e-mail stand for records; within a batch the first record's row stands for all.
func (s *Site) adoptByEmail(ctx context.Context, u *cms.Unit, table, prefix string, ds []*draft) error {
	mails := make([]string, len(ds))
	for i, d := range ds {
		mails[i] = lower(d.cols["email"].(string))
	}
	in, args := cmssql.In(mails)
	rows, err := cmssql.Rows(ctx, u.Tx, "SELECT `id`, `email` FROM `"+table+"` WHERE LOWER(`email`) IN "+in, args...)
	if err != nil {
		return fmt.Errorf("look for e-mail addresses: %w", err)
	}
	holder := map[string]string{}
	for _, r := range rows {
		holder[lower(r.Text("email"))] = prefix + r.Text("id")
	}
	var adopted []string
	first := map[string]*draft{}
	for i, d := range ds {
		switch id, there := holder[mails[i]]; {
		case d.done:
		case there && !d.known:
			adopted = append(adopted, id)
		case first[mails[i]] == nil:
			first[mails[i]] = d
		default:
			d.adopt(first[mails[i]].res.TargetID, first[mails[i]].rec, holdsOf(kindUser))
		}
	}
	return s.adoptRows(ctx, u, kindUser, adopted, ds, func(i int) string { return holder[mails[i]] })
}

// adoptRows compares the adopted rows with the records that they stand for.
func (s *Site) adoptRows(ctx context.Context, u *cms.Unit, kind cms.Kind, adopted []string, ds []*draft, of func(i int) string) error {
	if len(adopted) == 0 {
		return nil
	}
	items, err := s.Fetch(ctx, u.Tx, kind, adopted)
	if err != nil {
		return err
	}
	at := map[string]*recordv1.Record{}
	for i, id := range adopted {
		at[id] = items[i].Record
	}
	for i, d := range ds {
		if id := of(i); id != "" && at[id] != nil && !d.done && !d.known {
			d.adopt(id, at[id], holdsOf(kind))
		}
	}
	return nil
}

// slugs gives every draft that is still to be written its slug.
func (s *Site) slugs(ctx context.Context, u *cms.Unit, table string, ds []*draft, of func(*draft) (slug, name string)) error {
	var wishes []*wish
	var mine []*draft
	for _, d := range ds {
		if d.done {
			continue
		}
		slug, name := of(d)
		w := &wish{slug: slugify(slug)}
		if w.slug == "" {
			w.slug = slugify(name)
		}
		if w.slug == "" {
			w.slug = "untitled"
		}
		if d.known {
			w.own = d.id
		}
		wishes, mine = append(wishes, w), append(mine, d)
	}
	if len(wishes) == 0 {
		return nil
	}
	if err := s.choose(ctx, u, table, wishes); err != nil {
		return fmt.Errorf("choose slugs: %w", err)
	}
	for i, d := range mine {
		slug, _ := of(d)
		d.set("slug", wishes[i].got)
		switch {
		case wishes[i].got != wishes[i].slug:
			d.adjust("slug", "slug_taken", wishes[i].got)
		case slug != "" && slug != wishes[i].got:
			d.adjust("slug", "slug_changed", wishes[i].got)
		}
	}
	return nil
}
