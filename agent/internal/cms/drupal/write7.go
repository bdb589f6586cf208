package drupal

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"path"
	"strings"
	"time"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/php"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// kinds7 are the writers of Drupal 7.
func (w *writer) kinds7() map[cms.Kind]func(context.Context, []*recordv1.Record) ([]*draft, error) {
	return map[cms.Kind]func(context.Context, []*recordv1.Record) ([]*draft, error){
		kindSite: w.writeSite7, kindUser: w.writeUsers7, kindTerm: w.writeTerms7, kindMedia: w.writeMedia7, kindEntry: w.writeEntries7, kindComment: w.writeComments7, kindMenu: w.writeMenus7,
		kindRedirect: w.writeRedirects7,
	}
}

// writeUsers7 writes accounts; roles that are not there are made, without any rights.
func (w *writer) writeUsers7(ctx context.Context, batch []*recordv1.Record) ([]*draft, error) {
	if err := w.makeRoles7(ctx, batch); err != nil {
		return nil, err
	}
	ds, err := w.writeUsers(ctx, batch)
	if err != nil {
		return nil, err
	}
	var named []*draft
	for _, d := range live(ds) {
		d.bundle = "user"
		if d.rec.GetUser().GetSlug() != "" {
			named = append(named, d)
		}
	}
	if err := w.userValues7(ctx, live(ds)); err != nil {
		return nil, err
	}
	return ds, w.aliases(ctx, named, "user", func(d *draft) string {
		return "users/" + sluggish(w.s.fitting(d.rec.GetUser().GetSlug()), d.rec.GetRef().GetSourceId())
	})
}

// userValues7 writes custom fields of accounts, and those that have columns of their own.
func (w *writer) userValues7(ctx context.Context, ds []*draft) error {
	for _, d := range ds {
		zone, signature := w.s.zone.String(), ""
		for _, f := range d.rec.GetFields() {
			switch f.GetName() {
			case "timezone":
				zone = scalar(f.GetValue())
			case "signature":
				signature = d.short("fields.signature", d.plain("fields.signature", d.expand("fields", scalar(f.GetValue()))), 255)
			}
		}
		language := ""
		if d.rec.GetUser().GetLocale() != "" {
			language, _ = d.cols["preferred_langcode"].(string)
		}
		picture := int64(0)
		if ref := d.rec.GetUser().GetAvatar().GetMedia(); ref != nil {
			picture = d.pointed("picture", "", ref)
		}
		if err := w.exec(ctx, "UPDATE {users} SET timezone = ?, signature = ?, picture = ?, language = ? WHERE uid = ?", d.short("fields.timezone", zone, 32), signature, picture, language, d.id); err != nil {
			return err
		}
		if err := w.customs7(ctx, d); err != nil {
			return err
		}
	}
	return w.flushValues(ctx, w.s.entity("user"), ds)
}

// makeRoles7 makes roles by the names that records have. Drupal gives them no rights until an administrator does.
func (w *writer) makeRoles7(ctx context.Context, batch []*recordv1.Record) error {
	have, err := w.roles(ctx)
	if err != nil {
		return err
	}
	for _, rec := range batch {
		for _, role := range rec.GetUser().GetRoles() {
			name := roleName(role)
			if have[name] != "" || name == plainAccount || name == "member" || name == "" || len(name) > 64 {
				continue
			}
			if err := w.lock(ctx); err != nil {
				return err
			}
			if have, err = w.roles(ctx); err != nil {
				return err
			} else if have[name] != "" {
				// Made by another connection meanwhile.
				continue
			}
			ids, err := w.insert(ctx, "role", []map[string]any{{"name": name, "weight": 10}})
			if err != nil {
				return err
			}
			have[name] = itoa(ids[0])
			if err := w.u.Made(ctx, cms.Row{Table: "role", Column: "rid", Value: have[name]}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *writer) writeTerms7(ctx context.Context, batch []*recordv1.Record) ([]*draft, error) {
	ds, err := w.writeTerms(ctx, batch)
	if err != nil {
		return nil, err
	}
	for _, d := range live(ds) {
		d.values = nil
		if err := w.customs7(ctx, d); err != nil {
			return nil, err
		}
	}
	if err := w.writeContainers7(ctx, live(ds)); err != nil {
		return nil, err
	}
	return ds, w.flushValues(ctx, w.s.entity("taxonomy_term"), ds)
}

// writeSite7 writes settings. The site's address stays as it is.
func (w *writer) writeSite7(ctx context.Context, batch []*recordv1.Record) ([]*draft, error) {
	ds := make([]*draft, len(batch))
	for i, rec := range batch {
		d := &draft{w: w, rec: rec, res: cms.Result{Outcome: agentv1.Outcome_OUTCOME_UPDATED, TargetID: siteID}}
		ds[i] = d
		before := map[string]string{}
		for name, v := range d.settings7(rec.GetSite()) {
			before[name] = scalar(w.s.schema.settings[name])
			if err := w.setVariable7(ctx, name, v); err != nil {
				return nil, err
			}
		}
		var err error
		if d.res.Before, err = json.Marshal(before); err != nil {
			return nil, err
		}
	}
	return ds, nil
}

func (d *draft) settings7(s *recordv1.Site) map[string]*recordv1.Value {
	set := map[string]*recordv1.Value{}
	text := func(name, field, value string) {
		if value != "" {
			set[name] = php.Text(d.plain(field, value))
		}
	}
	text("site_name", "title", s.GetTitle())
	text("site_slogan", "tagline", s.GetTagline())
	if _, err := time.LoadLocation(s.GetTimezone()); err == nil {
		text("date_default_timezone", "timezone", s.GetTimezone())
	} else {
		d.adjust("timezone", "zone_unknown", "")
	}
	if n := s.GetPerPage(); n > 0 {
		set["default_nodes_main"] = php.Text(itoa(int64(n)))
	}
	if n := s.GetWeekStartPlusOne(); n > 0 {
		set["date_first_day"] = php.Text(itoa(int64(n) - 1))
	}
	if ref := s.GetFrontPage(); ref != nil {
		if id := d.pointed("front", "", ref); id > 0 {
			set["site_frontpage"] = php.Text("node/" + itoa(id))
		}
	}
	return set
}

// writeMedia7 writes files. One without a file has nothing to be shown.
func (w *writer) writeMedia7(ctx context.Context, batch []*recordv1.Record) ([]*draft, error) {
	ds, err := w.drafts(ctx, batch, func(*recordv1.Record) string { return "file" })
	if err != nil {
		return nil, err
	}
	for _, d := range ds {
		d.file7(d.rec.GetMedia())
		if d.done {
			continue
		}
		d.measure()
		uri := d.cols["uri"].(string)
		got, err := w.free(ctx, "uri", uri, "", func(try string) (bool, error) {
			return w.taken(ctx, "SELECT fid AS id FROM {file_managed} WHERE uri = ?", d, try)
		})
		if err != nil {
			return nil, err
		}
		_, f := w.fileOf7(d.rec.GetMedia())
		switch _, stored := w.u.Refs.File(f.GetId()); {
		case got == uri:
		case stored:
			d.leave(agentv1.Outcome_OUTCOME_SKIPPED, "file_held_once", "the file is that of another record already, and Drupal 7 keeps what it says of a file once", "Nothing needs to be done: the file is there.", "files")
		default:
			d.leave(agentv1.Outcome_OUTCOME_REJECTED, "path_taken", "another file of the target has the same path", "Rename or remove it on the target, then migrate again.", "files")
		}
	}
	return ds, w.flush(ctx, w.s.entity("file"), ds)
}

func (d *draft) file7(m *recordv1.Media) {
	p, f := d.w.fileOf7(m)
	if p == "" {
		d.leave(agentv1.Outcome_OUTCOME_REJECTED, "file_not_stored", "the file of this media record did not arrive", "Look for the file's own error in the report, correct it, then migrate again.", "files")
		return
	}
	uri := d.w.s.uriOfFile(m, f, p)
	if uri == "" {
		d.exposed()
		return
	}
	name := m.GetTitle()
	if name == "" {
		name = path.Base(p)
	}
	mime := m.GetMime()
	if mime == "" {
		mime = f.GetMime()
	}
	c := d.cols
	c["filename"], c["uri"], c["filemime"], c["filesize"], c["status"] = d.plain("title", name), uri, mime, int64(f.GetBytes()), 1
	c["uid"] = d.author7("author", "author", m.GetAuthor())
	c["timestamp"] = d.moment("created", m.GetCreated())
	if m.GetCreated() == nil {
		c["timestamp"] = d.moment("modified", m.GetModified())
	}
	if len(m.GetFiles()) > 1 {
		// Drupal makes smaller pictures itself.
		d.adjust("files", "sizes_made_anew", "")
	}
	if f.GetMime() != mime {
		d.adjust("files.mime", "one_mime", "")
	}
	if f.GetRole() != "full" {
		d.adjust("files.role", "one_file", "")
	}
}

// fileOf7 is where the file that stands for a record was stored; where none was sent, the place that the source names.
func (w *writer) fileOf7(m *recordv1.Media) (string, *recordv1.File) {
	for _, role := range []string{"full", "", "original"} {
		for _, f := range m.GetFiles() {
			if f.GetRole() != role {
				continue
			}
			if p, ok := w.u.Refs.File(f.GetId()); ok {
				return p, f
			}
			if f.GetMissing() && f.GetPath() != "" {
				return path.Clean(strings.TrimLeft(f.GetPath(), "/")), f
			}
		}
	}
	return "", nil
}

// writeRedirects7 writes into the table of the contributed module Redirect.
func (w *writer) writeRedirects7(ctx context.Context, batch []*recordv1.Record) ([]*draft, error) {
	ds, err := w.drafts(ctx, batch, func(*recordv1.Record) string { return "redirect" })
	if err != nil {
		return nil, err
	}
	for _, d := range ds {
		if !w.s.has("redirect") {
			d.leave(agentv1.Outcome_OUTCOME_SKIPPED, "no_redirects", "Drupal itself has no redirects, and the module Redirect is not there", "Install the module Redirect, or use the list of redirects of the report.", "")
			continue
		}
		if err := d.redirect7(d.rec.GetRedirect()); err != nil {
			return nil, err
		}
		d.measure()
		hash := d.cols["hash"].(string)
		got, err := w.free(ctx, "redirect", hash, "", func(try string) (bool, error) {
			return w.taken(ctx, "SELECT rid AS id FROM {redirect} WHERE hash = ?", d, try)
		})
		if err != nil {
			return nil, err
		}
		if got != hash && !d.done {
			d.leave(agentv1.Outcome_OUTCOME_REJECTED, "path_taken", "the target redirects this path already", "Remove its redirect, then migrate again.", "from_path")
		}
	}
	return ds, w.flush(ctx, w.s.entity("redirect"), ds)
}

func (d *draft) redirect7(r *recordv1.Redirect) error {
	c := d.cols
	from, query, _ := strings.Cut(d.plain("from_path", r.GetFromPath()), "?")
	asked := queryValues(query)
	c["source"], c["type"], c["uid"], c["language"], c["count"], c["access"] = strings.Trim(from, "/"), "redirect", 1, "und", 0, 0
	c["status_code"], c["status"] = int64(r.GetCode()), flag(!r.GetDisabled())
	if back := "/" + c["source"].(string) + queryOf(asked); back != r.GetFromPath() {
		d.adjust("from_path", "as_path", back)
	}
	options := pairs()
	if asked != nil {
		options = pairs("query", asked)
	}
	source, err := php.Serialize(options)
	if err != nil {
		return err
	}
	c["source_options"], c["redirect_options"] = string(source), "a:0:{}"
	c["redirect"] = d.expand("text:redirect", d.plain("to_url", r.GetToUrl()))
	if to := r.GetTo(); to != nil {
		if id, ok := d.w.u.Refs.Target(to); ok {
			c["redirect"] = systemPath(to.GetKind(), id)
		} else {
			c["redirect"], c["status"] = "<front>", 0
			d.wait("redirect", record.NewToken(to, ""))
			d.adjust("to", "leads_nowhere", "")
			d.adjust("disabled", "leads_nowhere", "")
		}
	}
	back := &recordv1.MenuItem{}
	if d.w.s.point(back, c["redirect"].(string), ""); back.Url != r.GetToUrl() && r.GetTo() == nil {
		d.adjust("to_url", "as_path", "")
		d.adjust("to", "as_path", "")
	}
	c["hash"], err = redirectHash(c["source"].(string), asked)
	return err
}

// queryValues takes the part of an address behind "?" apart; nil for none.
func queryValues(query string) *recordv1.Value {
	if query == "" {
		return nil
	}
	all := pairs()
	for part := range strings.SplitSeq(query, "&") {
		k, v, _ := strings.Cut(part, "=")
		all.GetArray().Pairs = append(all.GetArray().Pairs, &recordv1.Pair{Key: php.Text(unescapeQuery(k)), Value: php.Text(unescapeQuery(v))})
	}
	return all
}

// redirectHash is what the module finds redirects by. (Redirect 7.x-1.0, redirect_hash; drupal_hash_base64)
func redirectHash(source string, query *recordv1.Value) (string, error) {
	parts := pairs("language", php.Text("und"), "source", php.Text(source))
	if query != nil {
		parts = pairs("language", php.Text("und"), "source", php.Text(source), "source_query", query)
	}
	raw, err := php.Serialize(parts)
	sum := sha256.Sum256(raw)
	return base64.RawURLEncoding.EncodeToString(sum[:]), err
}
