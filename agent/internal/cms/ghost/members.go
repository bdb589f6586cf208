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

func (s *Site) loadMembers(ctx context.Context, q cmssql.Querier, ids []string) (map[string]cms.Item, error) {
	in, args := cmssql.In(ids)
	rows, err := cmssql.Rows(ctx, q, "SELECT "+s.schema.list("members", "m", "id", "uuid", "email", "status", "name", "note", "created_at")+
		" FROM `members` m WHERE m.`id` IN "+in, args...)
	if err != nil {
		return nil, err
	}
	labels, err := cmssql.Rows(ctx, q, "SELECT ml.`member_id`, l.`name` FROM `members_labels` ml JOIN `labels` l ON l.`id` = ml.`label_id` WHERE ml.`member_id` IN "+
		in+" ORDER BY ml.`member_id`, ml.`sort_order`, ml.`id`", args...)
	if err != nil {
		return nil, err
	}
	letters, err := cmssql.Rows(ctx, q, "SELECT mn.`member_id`, n.`name` FROM `members_newsletters` mn JOIN `newsletters` n ON n.`id` = mn.`newsletter_id` WHERE mn.`member_id` IN "+
		in+" ORDER BY mn.`member_id`, mn.`id`", args...)
	if err != nil {
		return nil, err
	}
	labelsOf, lettersOf := cmssql.By(labels, "member_id"), cmssql.By(letters, "member_id")
	return itemsOf(kindUser, memberPrefix, rows, func(r row) (*recordv1.Record, []*agentv1.Path) {
		id := r.Text("id")
		return &recordv1.Record{Body: &recordv1.Record_User{User: s.member(r, labelsOf[id], lettersOf[id])}}, nil
	}), nil
}

func (s *Site) member(r row, labels, newsletters []row) *recordv1.User {
	return &recordv1.User{
		Account: recordv1.Account_ACCOUNT_MEMBER, Email: r.Text("email"), DisplayName: r.Text("name"), Uuid: r.Text("uuid"), Membership: r.Text("status"),
		Remark: r.Text("note"), Registered: s.at(r, "created_at"), Roles: []string{roleMember}, Labels: names(labels), Newsletters: names(newsletters),
	}
}

func names(rows []row) []string {
	var all []string
	for _, r := range rows {
		all = append(all, r.Text("name"))
	}
	return all
}

// isMember says which of Ghost's two tables of people a person belongs to. Who is named as an author must be staff: only
// staff can be, and a name lost from an entry is worse than a suspended account.
func isMember(m *recordv1.User) bool {
	if m.GetAuthor() {
		return false
	}
	switch m.GetAccount() {
	case recordv1.Account_ACCOUNT_STAFF:
		return false
	case recordv1.Account_ACCOUNT_MEMBER:
		return true
	}
	for _, role := range m.GetRoles() {
		if roleName(role) != "" {
			return false
		}
	}
	return true
}

// writeUsers sends each person to the table of its sort.
func (s *Site) writeUsers(ctx context.Context, u *cms.Unit, batch []*recordv1.Record) ([]cms.Result, error) {
	var staff, members []*recordv1.Record
	for _, r := range batch {
		if isMember(r.GetUser()) {
			members = append(members, r)
		} else {
			staff = append(staff, r)
		}
	}
	staffResults, err := s.writeStaff(ctx, u, staff)
	if err != nil {
		return nil, err
	}
	memberResults, err := s.writeMembers(ctx, u, members)
	if err != nil {
		return nil, err
	}
	out := make([]cms.Result, len(batch))
	for i, r := range batch {
		from := &staffResults
		if isMember(r.GetUser()) {
			from = &memberResults
		}
		out[i], *from = (*from)[0], (*from)[1:]
	}
	return out, nil
}

func (s *Site) writeMembers(ctx context.Context, u *cms.Unit, batch []*recordv1.Record) ([]cms.Result, error) {
	if len(batch) == 0 {
		return nil, nil
	}
	if !s.schema.Has("members") {
		return nil, fmt.Errorf("this Ghost has no table members")
	}
	ds, err := s.drafts(ctx, u, "members", memberPrefix, batch)
	if err != nil {
		return nil, err
	}
	for _, d := range ds {
		s.memberColumns(d, d.rec.GetUser())
		s.measure(d, "members")
	}
	if err := s.adoptByEmail(ctx, u, "members", memberPrefix, ds); err != nil {
		return nil, err
	}
	if err := s.memberUUIDs(ctx, u.Tx, ds); err != nil {
		return nil, err
	}
	if err := s.flush(ctx, u.Tx, "members", ds); err != nil {
		return nil, err
	}
	err = s.saveMemberRows(ctx, u, ds)
	return results(ds), err
}

func (s *Site) memberColumns(d *draft, m *recordv1.User) {
	created := stamp(m.GetRegistered())
	if created == nil {
		created = s.now().UTC().Format(stampLayout)
		d.adjust("registered", "date_made", "")
	}
	d.set("email", d.email(m))
	d.set("name", orNull(d.displayName(m)))
	d.set("status", membership(m))
	d.set("note", orNull(m.GetRemark()))
	d.set("created_at", created)
	d.set("created_by", d.owner)
	d.set("updated_at", created)
	d.set("updated_by", d.owner)
	d.set("transient_id", newUUID())
	if len(m.GetRoles()) > 1 || len(m.GetRoles()) == 1 && m.GetRoles()[0] != roleMember {
		d.adjust("roles", "role_lowered", roleMember)
	}
	d.notFor("members", map[string]bool{
		"password": m.GetPassword() != nil, "slug": m.GetSlug() != "", "url": m.GetUrl() != "", "bio": m.GetBio() != "", "location": m.GetLocation() != "",
		"avatar": m.GetAvatar() != nil, "cover": m.GetCover() != nil, "social": len(m.GetSocial()) > 0, "seo": m.GetSeo() != nil, "disabled": m.GetDisabled(),
	})
}

func membership(m *recordv1.User) string {
	if slices.Contains([]string{"paid", "comped"}, m.GetMembership()) {
		return m.GetMembership()
	}
	return "free"
}

// memberUUIDs keeps a member's unique id where nobody else has it.
func (s *Site) memberUUIDs(ctx context.Context, tx *cmssql.Tx, ds []*draft) error {
	var wanted []string
	for _, d := range ds {
		wanted = append(wanted, d.rec.GetUser().GetUuid())
	}
	in, args := cmssql.In(wanted)
	rows, err := cmssql.Rows(ctx, tx, "SELECT `id`, `uuid` FROM `members` WHERE `uuid` IN "+in, args...)
	if err != nil {
		return fmt.Errorf("look for member ids: %w", err)
	}
	holder := map[string]string{}
	for _, r := range rows {
		holder[r.Text("uuid")] = r.Text("id")
	}
	for _, d := range ds {
		if d.done {
			continue
		}
		want := d.rec.GetUser().GetUuid()
		id, taken := holder[want]
		switch {
		case isUUID(want) && (!taken || id == d.id):
			d.set("uuid", want)
			holder[want] = d.id
		case !d.known:
			d.set("uuid", newUUID())
			fallthrough
		default:
			if want != "" {
				d.adjust("uuid", "uuid_taken", "")
			}
		}
	}
	return nil
}

// saveMemberRows ties members to labels, newsletters and the tier of a complimentary plan, and writes the events that
// Ghost's member pages and counts are made of.
func (s *Site) saveMemberRows(ctx context.Context, u *cms.Unit, ds []*draft) error {
	tx := u.Tx
	labels, err := s.named(ctx, u, "labels", ds, (*recordv1.User).GetLabels)
	if err != nil {
		return err
	}
	letters, err := s.named(ctx, u, "newsletters", ds, (*recordv1.User).GetNewsletters)
	if err != nil {
		return err
	}
	tier, err := s.paidTier(ctx, tx)
	if err != nil {
		return err
	}
	return s.rejoin(ctx, tx, "member_id", ds, s.memberJoins(ds, labels, letters, tier)...)
}

func (s *Site) memberJoins(ds []*draft, labels, letters map[string]string, tier string) []*joins {
	ml := &joins{table: "members_labels", cols: []string{"id", "member_id", "label_id", "sort_order"}}
	mn := &joins{table: "members_newsletters", cols: []string{"id", "member_id", "newsletter_id"}}
	mp := &joins{table: "members_products", cols: []string{"id", "member_id", "product_id", "sort_order"}}
	created := &joins{table: "members_created_events", cols: []string{"id", "created_at", "member_id", "source"}}
	status := &joins{table: "members_status_events", cols: []string{"id", "member_id", "from_status", "to_status", "created_at"}}
	subscribed := &joins{table: "members_subscribe_events", cols: []string{"id", "member_id", "subscribed", "created_at", "source", "newsletter_id"}}
	products := &joins{table: "members_product_events", cols: []string{"id", "member_id", "product_id", "action", "created_at"}}
	for _, d := range ds {
		if d.done {
			continue
		}
		m, at := d.rec.GetUser(), d.cols["created_at"]
		created.rows = append(created.rows, []any{s.newID(), at, d.id, "import"})
		status.rows = append(status.rows, []any{s.newID(), d.id, nil, d.cols["status"], at})
		for i, name := range d.unique("labels", m.GetLabels()) {
			ml.rows = append(ml.rows, []any{s.newID(), d.id, labels[lower(name)], i})
		}
		for _, name := range d.unique("newsletters", m.GetNewsletters()) {
			mn.rows = append(mn.rows, []any{s.newID(), d.id, letters[lower(name)]})
			subscribed.rows = append(subscribed.rows, []any{s.newID(), d.id, 1, at, "import", letters[lower(name)]})
		}
		if d.cols["status"] == "comped" && tier != "" {
			mp.rows = append(mp.rows, []any{s.newID(), d.id, tier, 0})
			products.rows = append(products.rows, []any{s.newID(), d.id, tier, "added", at})
		}
	}
	return []*joins{ml, mn, mp, created, status, subscribed, products}
}

// unique leaves out names that are there twice.
func (d *draft) unique(field string, all []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, n := range all {
		if !seen[lower(n)] {
			seen[lower(n)] = true
			out = append(out, n)
		} else {
			d.adjust(field, "merged", "")
		}
	}
	return out
}

// paidTier is the tier that complimentary plans belong to; "" when the site has none.
func (s *Site) paidTier(ctx context.Context, q cmssql.Querier) (string, error) {
	if !s.schema.Has("products", "type", "active") {
		return "", nil
	}
	return cmssql.One(ctx, q, "SELECT `id` FROM `products` WHERE `type` = 'paid' AND `active` = 1 ORDER BY `id` LIMIT 1")
}

// named finds labels or newsletters by name and makes those that are missing.
func (s *Site) named(ctx context.Context, u *cms.Unit, table string, ds []*draft, of func(*recordv1.User) []string) (map[string]string, error) {
	wanted := map[string]string{}
	for _, d := range ds {
		for _, name := range of(d.rec.GetUser()) {
			if !d.done {
				wanted[lower(name)] = name
			}
		}
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	rows, err := cmssql.Rows(ctx, u.Tx, "SELECT `id`, `name`, `slug` FROM `"+table+"`")
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", table, err)
	}
	ids, slugs := map[string]string{}, map[string]bool{}
	for _, r := range rows {
		key := lower(r.Text("name"))
		if want, ok := wanted[key]; ok && want != r.Text("name") {
			otherSpelling(ds, table, want, of)
		}
		ids[key] = r.Text("id")
		slugs[r.Text("slug")] = true
	}
	for key, name := range wanted {
		if ids[key] != "" {
			continue
		}
		if ids[key], err = s.makeNamed(ctx, u, table, name, len(rows), slugs); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// otherSpelling tells that a name stands on the target in other letters; the field's path is the table's name.
func otherSpelling(ds []*draft, field, name string, of func(*recordv1.User) []string) {
	for _, d := range ds {
		if !d.done && slices.ContainsFunc(of(d.rec.GetUser()), func(n string) bool { return lower(n) == lower(name) }) {
			d.adjust(field, "kept_existing", "")
		}
	}
}

func (s *Site) makeNamed(ctx context.Context, u *cms.Unit, table, name string, order int, slugs map[string]bool) (string, error) {
	now := s.now().UTC().Format(stampLayout)
	id, slug := s.newID(), slugify(name)
	for n := 2; slugs[slug] || slug == ""; n++ {
		slug = fmt.Sprintf("%s-%d", slugify(name), n)
	}
	slugs[slug] = true
	d := &draft{id: id, cols: map[string]any{"name": name, "slug": slug, "created_at": now, "updated_at": now}}
	if table == "newsletters" {
		d.set("uuid", newUUID())
		d.set("sort_order", order)
	} else {
		owner, err := s.owner(ctx, u.Tx)
		if err != nil {
			return "", err
		}
		d.set("created_by", owner)
		d.set("updated_by", owner)
	}
	if s.measure(d, table); d.done {
		return "", fmt.Errorf("a name is too long for table %s", table)
	}
	if err := u.Made(ctx, cms.Row{Table: table, Column: "id", Value: id}); err != nil {
		return "", err
	}
	return id, s.flush(ctx, u.Tx, table, []*draft{d})
}

// memberRef is the id in table members of what a ref became; "" for everybody else.
func memberRef(u *cms.Unit, ref *recordv1.Ref) string {
	target, _ := u.Refs.Target(ref)
	id, ok := strings.CutPrefix(target, memberPrefix)
	if !ok {
		return ""
	}
	return id
}
