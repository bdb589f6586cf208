package folder

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// siteFile is where the settings stand below the folder of data.
const siteFile = "site.yaml"

// Write implements cms.Site: rows now, files after the commit. See mirror.go.
func (s *Site) Write(ctx context.Context, u *cms.Unit, kind cms.Kind, batch []*recordv1.Record) ([]cms.Result, error) {
	results := make([]cms.Result, len(batch))
	for i, rec := range batch {
		d := &draft{s: s, u: u, kind: kind, rec: proto.CloneOf(rec), res: &results[i]}
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
	if d.path == "" {
		if err := d.place(ctx); err != nil || d.res.Outcome != 0 {
			return err
		}
		d.res.Outcome = agentv1.Outcome_OUTCOME_CREATED
	}
	d.res.TargetID = d.id
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

// account is the author who has the same e-mail address or login; of an author without an address the name decides.
func (d *draft) account(ctx context.Context, u *recordv1.User) (string, error) {
	own, err := cmssql.Column[string](ctx, d.u.Tx, "SELECT id FROM files WHERE kind = ?", int(kindUser))
	if err != nil {
		return "", err
	}
	if err := d.s.first(ctx); err != nil {
		return "", err
	}
	there, err := cmssql.Column[string](ctx, d.s.index, "SELECT id FROM items WHERE kind = ?", int(kindUser))
	if err != nil {
		return "", err
	}
	ids := append(own, there...)
	found, err := d.s.Fetch(ctx, ahead{d.u.Tx}, kindUser, ids)
	if err != nil {
		return "", err
	}
	for i, it := range found {
		have := it.Record.GetUser()
		mail := have.GetEmail() != "" && strings.EqualFold(have.GetEmail(), u.GetEmail())
		login := have.GetLogin() != "" && have.GetLogin() == u.GetLogin()
		name := ids[i] == d.userID(u) && (have.GetEmail() == "" || u.GetEmail() == "")
		if have != nil && (mail || login || name) {
			return ids[i], nil
		}
	}
	return "", nil
}

// keep leaves what an update must not change: file and slug.
func (d *draft) keep(_ context.Context, r row) error {
	d.res.Outcome = agentv1.Outcome_OUTCOME_UNSPECIFIED
	had := slugOf(d.rec)
	name := nameOf(d.kind, r)
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
func nameOf(kind cms.Kind, r row) string {
	switch kind {
	case kindUser, kindMenu:
		return r.id
	case kindTerm:
		_, name, _ := strings.Cut(r.id, "/")
		return name
	case kindEntry:
		return strings.TrimSuffix(path.Base(r.path), path.Ext(r.path))
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

// place finds a free file for a new record.
func (d *draft) place(ctx context.Context) error {
	c := d.s.config
	wish, dir, ext := "", "", ".yaml"
	switch b := d.rec.GetBody().(type) {
	case *recordv1.Record_Site:
		wish, dir = strings.TrimSuffix(siteFile, ".yaml"), c.data
	case *recordv1.Record_User:
		wish, dir = d.userID(b.User), path.Join(c.data, "authors")
	case *recordv1.Record_Term:
		wish, dir, ext = slug(or(b.Term.GetSlug(), b.Term.GetName())), path.Join(c.content, c.keyOf(b.Term.GetTaxonomy())), "/_index.md"
		c.own.Store(c.keyOf(b.Term.GetTaxonomy()), true)
	case *recordv1.Record_Media:
		wish, dir = strings.TrimSuffix(d.s.sidecar(fileOf(b.Media)), ".yaml"), ""
	case *recordv1.Record_Entry:
		wish, dir, ext = slug(or(b.Entry.GetSlug(), b.Entry.GetTitle())), path.Join(c.content, dirOf(b.Entry.GetType())), ".md"
	case *recordv1.Record_Comment:
		wish, dir = "comment-"+strconv.FormatInt(b.Comment.GetCreated().GetSeconds(), 10), path.Join(c.data, "comments", discussion(c, b.Comment.GetEntry()))
	case *recordv1.Record_Menu:
		return d.placeMenu(ctx, b.Menu)
	case *recordv1.Record_Redirect:
		return d.placeRedirect(ctx, b.Redirect)
	}
	if d.kind == kindEntry && dir != c.content {
		// A page of that name would be shown at the section's address.
		for first, n := dir, 2; ; n++ {
			held, err := d.holds(ctx, dir+".md")
			if err != nil {
				return err
			}
			if !held {
				break
			}
			dir = first + "-" + strconv.Itoa(n)
		}
	}
	wish = strings.TrimRight(cut(wish, 150-len(dir)), "-.")
	if wish == "" {
		wish = "untitled"
	}
	chosen, err := d.u.Names.Choose("files", func(reserved func(string) bool) ([]string, error) {
		return d.free(ctx, path.Join(dir, wish), ext, reserved)
	})
	if err != nil {
		return err
	}
	d.path = chosen[0] + ext
	d.id = d.idFor(chosen[0], c)
	if had := slugOf(d.rec); had != nil {
		if name := path.Base(chosen[0]); *had != name {
			if *had != "" {
				d.adjust("slug", "slug_taken", name)
			}
			*had = name
		}
	}
	return nil
}

func (d *draft) idFor(chosen string, c *config) string {
	switch d.kind {
	case kindUser:
		return path.Base(chosen)
	case kindTerm:
		return strings.TrimPrefix(chosen, c.content+"/")
	}
	return idOf(d.path)
}

// cut shortens at a letter's border.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n = max(n, 8); n > 0 && s[n]&0xc0 == 0x80; n-- {
	}
	return s[:n]
}

// discussion is the folder of an entry's comments.
func discussion(c *config, ref *recordv1.Ref) string {
	if ref == nil || isOpen(ref) {
		return "unknown"
	}
	return strings.TrimSuffix(strings.TrimPrefix(ref.GetSourceId(), c.content+"/"), path.Ext(ref.GetSourceId()))
}

// fileOf is the file that a media record is about.
func fileOf(m *recordv1.Media) string {
	for _, f := range m.GetFiles() {
		if f.GetPath() != "" {
			return f.GetPath()
		}
	}
	return or(slug(or(m.GetSlug(), m.GetTitle())), "file")
}

// sidecar is the data file that describes a file.
func (s *Site) sidecar(file string) string {
	return path.Join(s.config.data, "media", strings.TrimPrefix(file, s.config.static[0]+"/")) + ".yaml"
}

// free finds the first of "name", "name-2", … that neither the folder nor a row has. A page's name must not be a section's.
func (d *draft) free(ctx context.Context, name, ext string, reserved func(string) bool) ([]string, error) {
	for n := 1; ; n++ {
		try := name
		if n > 1 {
			try += "-" + strconv.Itoa(n)
		}
		taken := reserved(try) || d.kind == kindEntry && d.section(try)
		for _, file := range []string{try + ext, try, try + ".html", try + ".markdown"} {
			if taken || file != try+ext && d.kind != kindEntry {
				break
			}
			// A folder alone takes the name of a page only.
			held, err := d.holds(ctx, file)
			if err != nil {
				return nil, err
			}
			taken = held
		}
		if !taken {
			return []string{try}, nil
		}
	}
}

// holds says that the folder, or a row, has a file, or a folder with files in it.
func (d *draft) holds(ctx context.Context, file string) (bool, error) {
	if _, err := d.s.root.Lstat(file); err == nil {
		return true, nil
	}
	var held int
	err := d.u.Tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM files WHERE path = ? OR path > ? AND path < ?)", file, file+"/", file+"0").Scan(&held)
	return held > 0, err
}

// section says that a page would stand where Hugo lists other pages.
func (d *draft) section(name string) bool {
	c := d.s.config
	rel, ok := strings.CutPrefix(name, c.content+"/")
	if !ok || strings.Contains(rel, "/") {
		return false
	}
	switch rel {
	case "posts", "authors", "index", "_index", "404", "page", "tags", "categories":
		return true
	}
	return c.taxonomies[rel] != "" || c.hasTerms(rel)
}

func (d *draft) placeMenu(ctx context.Context, m *recordv1.Menu) error {
	for _, other := range []string{"menus.toml", "menus.json", "menus.yml", "menu.toml", "menu.yaml"} {
		if _, err := d.s.root.Lstat(path.Join(path.Dir(menusFile), other)); err == nil {
			d.res.Outcome = agentv1.Outcome_OUTCOME_REJECTED
			d.res.Problem = &agentv1.Problem{Code: "menus_elsewhere", Cause: "the folder keeps menus in a file that the migration does not add to", Fix: "move its content to " + menusFile, Field: "items"}
			return nil
		}
	}
	text, err := d.s.text(menusFile)
	if err != nil {
		text = ""
	}
	wish := cut(or(slug(or(m.GetSlug(), m.GetName())), "menu"), 150)
	chosen, err := d.u.Names.Choose("menus", func(reserved func(string) bool) ([]string, error) {
		for n := 1; ; n++ {
			try := wish
			if n > 1 {
				try += "-" + strconv.Itoa(n)
			}
			own, err := d.s.rows(ctx, d.u.Tx, kindMenu, []string{try})
			if err != nil {
				return nil, err
			}
			if _, held := own[try]; !held && !reserved(try) && menuBlock(text, try) == "" && docOf(d.s.config.all.get("menus")).get(try) == nil && docOf(d.s.config.all.get("menu")).get(try) == nil {
				return []string{try}, nil
			}
		}
	})
	if err != nil {
		return err
	}
	d.id, d.path = chosen[0], menusFile+"#"+chosen[0]
	if m.Slug != d.id {
		if m.Slug != "" {
			d.adjust("slug", "slug_taken", d.id)
		}
		m.Slug = d.id
	}
	return nil
}

// placeRedirect makes an old address one of the page that it leads to, or, where that is none, a small page of its own.
func (d *draft) placeRedirect(ctx context.Context, r *recordv1.Redirect) error {
	host := ""
	if to := r.GetTo(); to != nil && !isOpen(to) && (to.GetKind() == kindEntry || to.GetKind() == kindTerm) {
		own, err := d.s.rows(ctx, d.u.Tx, to.GetKind(), []string{to.GetSourceId()})
		if err != nil {
			return err
		}
		host = own[to.GetSourceId()].path
	}
	if host != "" {
		d.path = host + "#" + r.GetFromPath()
	} else if at := strings.Trim(path.Clean(r.GetFromPath()), "/"); path.Ext(at) == ".html" {
		d.path = path.Join(d.s.config.static[0], at)
	} else {
		d.path = path.Join(d.s.config.static[0], at, "index.html")
	}
	d.id = shortID(d.path)
	_, err := d.s.root.Lstat(d.path)
	var held int
	if qerr := d.u.Tx.QueryRow(ctx, "SELECT COUNT(*) FROM files WHERE path = ? OR kind = ? AND substr(path, instr(path, '#') + 1) = ?", d.path, int(kindRedirect), r.GetFromPath()).Scan(&held); qerr != nil {
		return qerr
	}
	if err == nil || held > 0 {
		d.res.Outcome = agentv1.Outcome_OUTCOME_REJECTED
		d.res.Problem = &agentv1.Problem{Code: "address_taken", Cause: "the folder has something else at the old address", Fix: "decide by hand what is to stand there", Field: "from_path"}
	}
	return nil
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
	return nil
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

// render writes a record whose refs hold ids of this folder.
func (s *Site) render(ctx context.Context, q cmssql.Querier, rec *recordv1.Record, file string) (string, error) {
	switch b := rec.GetBody().(type) {
	case *recordv1.Record_Menu:
		links, err := s.targets(ctx, q, b.Menu)
		return encodeMenu(b.Menu, links), err
	case *recordv1.Record_Redirect:
		if !strings.Contains(file, "#") {
			return s.renderStub(ctx, q, rec, file)
		}
	}
	return s.config.encode(rec, file), nil
}

// targets are the addresses of what lines of a menu point to.
func (s *Site) targets(ctx context.Context, q cmssql.Querier, m *recordv1.Menu) (map[string]string, error) {
	var wants []cms.Want
	for _, it := range m.GetItems() {
		if t := it.GetTarget(); t != nil && !isOpen(t) {
			wants = append(wants, cms.Want{Kind: t.GetKind(), TargetID: t.GetSourceId()})
		}
	}
	found, err := s.Locate(ctx, q, wants)
	links := map[string]string{}
	for i, at := range found {
		links[refText(record.NewRef(wants[i].Kind, wants[i].TargetID))] = at
	}
	return links, err
}

// stubHead begins the page at an old address; what the record says stands in it as a comment.
const stubHead, stubFoot = "<!--\n", "-->\n"

func (s *Site) renderStub(ctx context.Context, q cmssql.Querier, rec *recordv1.Record, file string) (string, error) {
	to := rec.GetRedirect().GetToUrl()
	if t := rec.GetRedirect().GetTo(); t != nil && !isOpen(t) {
		at, err := s.Locate(ctx, q, []cms.Want{{Kind: t.GetKind(), TargetID: t.GetSourceId()}})
		if err != nil {
			return "", err
		}
		to = at[0]
	}
	to = htmlSafe.Replace(to)
	return stubHead + strings.ReplaceAll(s.config.encode(rec, file), "--", `\u002D\u002D`) + stubFoot + `<!DOCTYPE html><html><head><title>` + to + `</title><link rel="canonical" href="` + to + `"><meta charset="utf-8">` +
		`<meta http-equiv="refresh" content="0; url=` + to + `"></head></html>` + "\n", nil
}

var htmlSafe = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

// stub reads back the page at an old address.
func (s *Site) stub(id, text string) cms.Item {
	text, ok := strings.CutPrefix(text, stubHead)
	head, _, found := strings.Cut(text, stubFoot)
	if ok && found {
		if it, err := s.parse(kindRedirect, id, "redirect.yaml", "", strings.ReplaceAll(head, `\u002D\u002D`, "--")); err == nil {
			return it
		}
	}
	return cms.Item{}
}

// Locate implements cms.Site: addresses from the root of the server, so that a built site works under any name.
func (s *Site) Locate(ctx context.Context, q cmssql.Querier, wants []cms.Want) ([]string, error) {
	out := make([]string, len(wants))
	byKind := map[cms.Kind][]string{}
	for _, w := range wants {
		byKind[w.Kind] = append(byKind[w.Kind], w.TargetID)
	}
	for kind, ids := range byKind {
		found, err := s.Fetch(ctx, ahead{q}, kind, ids)
		if err != nil {
			return nil, err
		}
		at := map[string]cms.Item{}
		for i, it := range found {
			at[ids[i]] = it
		}
		for i, w := range wants {
			if it := at[w.TargetID]; w.Kind == kind && it.Record != nil {
				out[i] = s.located(it, w.Form)
			}
		}
	}
	return out, nil
}

func (s *Site) located(it cms.Item, form string) string {
	switch {
	case form == "id":
		return it.Record.GetRef().GetSourceId()
	case it.Record.GetSite() != nil && form == "base":
		return s.config.base
	case it.Record.GetSite() != nil:
		return s.config.prefix + "/"
	}
	for _, p := range it.Paths {
		if p.GetForm() == form {
			return s.config.prefix + escaped(p.GetPath())
		}
	}
	if len(it.Paths) == 0 {
		return ""
	}
	return s.config.prefix + escaped(it.Paths[0].GetPath())
}

// escaped makes a path fit for an address in HTML and Markdown.
func escaped(p string) string {
	return addressSafe.Replace(p)
}

var addressSafe = strings.NewReplacer("%", "%25", " ", "%20", "(", "%28", ")", "%29", `"`, "%22", "<", "%3C", ">", "%3E", "&", "&amp;", "?", "%3F", "#", "%23", `\`, "%5C")

// ahead marks a query whose rows count even where their files do not follow yet.
type ahead struct{ cmssql.Querier }
