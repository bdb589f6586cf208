package folder

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Write implements cms.Site: rows now, files after the commit. See mirror.go.
func (s *Site) Write(ctx context.Context, u *cms.Unit, kind cms.Kind, batch []*recordv1.Record) ([]cms.Result, error) {
	results := make([]cms.Result, len(batch))
	var staff map[string]*recordv1.User
	for i, rec := range batch {
		d := &draft{s: s, u: u, kind: kind, rec: proto.CloneOf(rec), res: &results[i], staff: &staff}
		if err := d.write(ctx); err != nil {
			return nil, err
		}
	}
	return results, nil
}

// draft is a record on its way into a file.
type draft struct {
	s    *Site
	u    *cms.Unit
	kind cms.Kind
	rec  *recordv1.Record
	res  *cms.Result
	// id and path of the row; pending is the record with its open pointers.
	id, path string
	pending  []byte
	// staff are the authors that are there, those of the batch included; nil: not looked at yet.
	staff *map[string]*recordv1.User
}

func (d *draft) write(ctx context.Context) error {
	// Readers' accounts have no place in a site without a server, and should not lie in files. Who is named as an author stays.
	if m := d.rec.GetUser(); m.GetAccount() == recordv1.Account_ACCOUNT_MEMBER && !m.GetAuthor() {
		d.res.Outcome, d.res.Problem = agentv1.Outcome_OUTCOME_SKIPPED, &agentv1.Problem{Code: "member_not_held", Cause: "a folder has no accounts of readers", Fix: "nothing, if nobody needs to log in any more"}
		return nil
	}
	if why := d.refused(); why != nil {
		d.res.Outcome, d.res.Problem = agentv1.Outcome_OUTCOME_REJECTED, why
		return nil
	}
	if err := d.before(ctx); err != nil || d.res.Outcome != 0 {
		return err
	}
	d.resolve()
	d.tell()
	if err := d.address(ctx); err != nil {
		return err
	}
	if d.path == "" {
		if err := d.place(ctx); err != nil || d.res.Outcome != 0 {
			return err
		}
		d.res.Outcome = agentv1.Outcome_OUTCOME_CREATED
	}
	d.res.TargetID = d.id
	if m := d.rec.GetUser(); m != nil && *d.staff != nil {
		(*d.staff)[d.id] = m
	}
	return d.store(ctx)
}

// refused says why a record has no place in a folder.
func (d *draft) refused() *agentv1.Problem {
	if r := d.rec.GetRedirect(); r != nil && (strings.ContainsAny(r.GetFromPath(), "?#") || len(r.GetFromPath()) > 150 || !strings.HasPrefix(r.GetFromPath(), "/")) {
		return &agentv1.Problem{Code: "redirect_not_static", Cause: "a built site answers only to paths, and the old address has a query or is very long", Fix: "set up this redirect in the web server", Field: "from_path"}
	}
	return nil
}

// before finds the row that an earlier run made, or what stands for the record already.
func (d *draft) before(ctx context.Context) error {
	if id, ok := d.u.Refs.Existing(d.rec.GetRef()); ok {
		own, err := d.s.rows(ctx, d.u.Tx, d.kind, []string{id})
		if err != nil {
			return err
		}
		if r, ok := own[id]; ok {
			d.id, d.path, d.res.Outcome = id, r.path, agentv1.Outcome_OUTCOME_UNSPECIFIED
			return d.keep(ctx, r)
		}
	}
	id := ""
	switch b := d.rec.GetBody().(type) {
	case *recordv1.Record_User:
		var err error
		if id, err = d.account(ctx, b.User); err != nil || id == "" {
			return err
		}
	case *recordv1.Record_Term:
		id = termID(d.s.config.keyOf(b.Term.GetTaxonomy()), slug(b.Term.GetSlug()))
	default:
		return nil
	}
	found, err := d.s.Fetch(ctx, ahead{d.u.Tx}, d.kind, []string{id})
	if err != nil || found[0].Record == nil {
		return err
	}
	d.res.Outcome, d.res.TargetID = agentv1.Outcome_OUTCOME_ADOPTED, id
	d.res.Adjustments = []*agentv1.Adjustment{{Field: record.WholeRecord, Code: "kept_existing"}}
	return nil
}

// userID is the author who stands for an account: the one of its login or slug.
func (d *draft) userID(u *recordv1.User) string {
	return shortID(slug(or(u.GetSlug(), or(u.GetLogin(), or(u.GetDisplayName(), u.GetEmail())))))
}

// account is the author who has the same e-mail address or login; where one of the two has no address the name decides.
func (d *draft) account(ctx context.Context, u *recordv1.User) (string, error) {
	if *d.staff == nil {
		var err error
		if *d.staff, err = d.s.staff(ctx, d.u.Tx); err != nil {
			return "", err
		}
	}
	for id, have := range *d.staff {
		mail := have.GetEmail() != "" && strings.EqualFold(have.GetEmail(), u.GetEmail())
		login := have.GetLogin() != "" && have.GetLogin() == u.GetLogin()
		name := id == d.userID(u) && (have.GetEmail() == "" || u.GetEmail() == "")
		if mail || login || name {
			return id, nil
		}
	}
	return "", nil
}

// staff are all authors of the folder, by id: a site has few of them.
func (s *Site) staff(ctx context.Context, q cmssql.Querier) (map[string]*recordv1.User, error) {
	own, err := cmssql.Column[string](ctx, q, "SELECT id FROM files WHERE kind = ?", int(kindUser))
	if err != nil {
		return nil, err
	}
	if err := s.first(ctx); err != nil {
		return nil, err
	}
	there, err := cmssql.Column[string](ctx, s.index, "SELECT id FROM items WHERE kind = ?", int(kindUser))
	if err != nil {
		return nil, err
	}
	ids := append(own, there...)
	found, err := s.Fetch(ctx, ahead{q}, kindUser, ids)
	all := map[string]*recordv1.User{}
	for i, it := range found {
		if it.Record != nil {
			all[ids[i]] = it.Record.GetUser()
		}
	}
	return all, err
}

// keep leaves what an update must not change: file and slug.
func (d *draft) keep(_ context.Context, r row) error {
	d.res.Outcome = agentv1.Outcome_OUTCOME_UNSPECIFIED
	had := slugOf(d.rec)
	name := d.s.config.nameOf(d.kind, r)
	if had != nil && name != "" && *had != name {
		*had = name
		d.adjust("slug", "slug_taken", name)
	}
	return nil
}

func (d *draft) adjust(field, code, value string) {
	d.res.Adjustments = append(d.res.Adjustments, &agentv1.Adjustment{Field: field, Code: code, Value: value})
}

// slugOf is where a record has its slug.
func slugOf(rec *recordv1.Record) *string {
	switch b := rec.GetBody().(type) {
	case *recordv1.Record_User:
		return &b.User.Slug
	case *recordv1.Record_Term:
		return &b.Term.Slug
	case *recordv1.Record_Entry:
		return &b.Entry.Slug
	case *recordv1.Record_Menu:
		return &b.Menu.Slug
	}
	return nil
}

// nameOf is the slug that a row's file says.
func (c *config) nameOf(kind cms.Kind, r row) string {
	switch kind {
	case kindUser, kindMenu:
		return r.id
	case kindTerm:
		_, name, _ := strings.Cut(r.id, "/")
		return name
	case kindEntry:
		return c.placeOf(r.path).name
	}
	return ""
}

// tell names what the folder holds otherwise than the record says.
func (d *draft) tell() {
	e := d.rec.GetEntry()
	if e == nil {
		return
	}
	e.Terms = slices.DeleteFunc(e.Terms, func(r *recordv1.Ref) bool { return r == nil })
	if sorted := grouped(e.GetTerms()); !slices.EqualFunc(sorted, e.GetTerms(), func(a, b *recordv1.Ref) bool { return a == b }) {
		d.adjust("terms", "terms_grouped", "")
	}
	if closed(e) {
		// What not everybody may read must not be built.
		d.adjust("status", "kept_private", "draft")
		d.adjust("password", "password_not_kept", "")
	}
}

// store writes the row. The file follows after the commit.
func (d *draft) store(ctx context.Context) error {
	text, err := d.text(ctx)
	if err != nil {
		return err
	}
	if d.res.Outcome == 0 {
		d.res.Outcome = agentv1.Outcome_OUTCOME_UPDATED
		_, err = d.u.Tx.Exec(ctx, "UPDATE files SET content = ?, pending = ? WHERE path = ?", text, d.pending, d.path)
	} else {
		_, err = d.u.Tx.Insert(ctx, "files", []string{"path", "kind", "id", "content", "pending"}, [][]any{{d.path, int(d.kind), d.id, text, d.pending}})
	}
	if err != nil {
		return fmt.Errorf("write the row of a file: %w", err)
	}
	return d.settle(ctx)
}

// text writes the record in the form that the builder reads.
func (d *draft) text(ctx context.Context) (string, error) {
	var err error
	if len(d.res.Open) > 0 {
		if d.pending, err = proto.Marshal(d.rec); err != nil {
			return "", err
		}
	}
	return d.s.render(ctx, d.u.Tx, d.rec, d.path)
}
