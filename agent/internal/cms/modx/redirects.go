package modx

import (
	"context"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// movedCode is what a weblink answers. (core/src/Revolution/modWebLink.php, process)
const movedCode = 301

// weblinkFields keep weblinks that stand for old addresses out of menus, of searches and of the manager's tree, where there may be thousands.
var weblinkFields = []*recordv1.Field{field(own+"hidemenu", textValue("1")), field(own+"searchable", textValue("0")), field(own+"show_in_tree", textValue("0"))}

// redirects writes redirects as weblinks with frozen addresses. MODX finds a resource by its path alone, so a query is left out, and so
// is what would stand at the address of something else.
func (w *writer) redirects() error {
	if err := w.leaveTaken(); err != nil {
		return err
	}
	told := make([][]*agentv1.Adjustment, len(w.drafts))
	for i, d := range w.drafts {
		if !d.done {
			told[i] = w.weblink(d)
		}
	}
	if err := w.entries(); err != nil {
		return err
	}
	for i, d := range w.drafts {
		// What the weblink holds otherwise than a page would is nothing that a redirect says.
		d.res.Adjustments = told[i]
	}
	return nil
}

// frozenURI is what an old address is among the addresses of resources.
func frozenURI(from string) string { return strings.TrimPrefix(plainPath(from), "/") }

func plainPath(from string) string {
	return cms.AddressOf(&recordv1.Record{Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{Path: from}}})
}

// leaveTaken skips redirects that no weblink can be.
func (w *writer) leaveTaken() error {
	var uris []string
	for _, d := range w.drafts {
		uris = append(uris, frozenURI(d.rec.GetRedirect().GetFromPath()))
	}
	rows, err := w.s.queryIn(w.ctx, w.u.Tx, uris, "SELECT id, uri FROM {site_content} WHERE context_key = '"+homeContext+"' AND uri IN ", "")
	taken := map[string]string{}
	for _, r := range rows {
		taken[strings.ToLower(r.Text("uri"))] = r.Text("id")
	}
	for i, d := range w.drafts {
		key, from := strings.ToLower(uris[i]), d.rec.GetRedirect().GetFromPath()
		holder, there := taken[key]
		switch {
		case key == "" || strings.ContainsAny(from, "?#"):
			d.leave("redirect_not_a_path", "MODX finds resources by their paths alone, and the old address has a query or is that of the site", "Set up this redirect in the web server.")
		case there && (!d.known || holder != d.id):
			d.leave("path_taken", "something else stands at the address on the target", "Remove it, then write the redirects again.")
		default:
			taken[key] = d.id
		}
	}
	return err
}

// leave skips a redirect.
func (d *draft) leave(code, cause, fix string) {
	d.done = true
	d.res = cms.Result{Outcome: agentv1.Outcome_OUTCOME_SKIPPED, Problem: &agentv1.Problem{Code: code, Cause: cause, Fix: fix, Field: "from_path"}}
}

// weblink makes an entry of a redirect; what is held otherwise is told.
func (w *writer) weblink(d *draft) []*agentv1.Adjustment {
	r, res := d.rec.GetRedirect(), &cms.Result{}
	if code := r.GetCode(); code != movedCode && code != 0 {
		res.Adjust("code", "code_not_held", "301")
	}
	if back := escapePath("/" + frozenURI(r.GetFromPath())); back != r.GetFromPath() {
		res.Adjust("from_path", "as_path", back)
	}
	status := recordv1.Status_STATUS_PUBLISHED
	if r.GetDisabled() {
		status = recordv1.Status_STATUS_DRAFT
	}
	to := refValue(r.GetTo())
	if r.GetTo() == nil {
		to = textValue(r.GetToUrl())
	}
	d.rec = &recordv1.Record{Ref: d.rec.GetRef(), Fields: append([]*recordv1.Field{field(linkField, to)}, weblinkFields...), Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{
		Type: typeWeblink, Purpose: recordv1.Purpose_PURPOSE_PAGE, Status: status, Title: cut(plainPath(r.GetFromPath()), maxAlias), Path: r.GetFromPath(),
		Visibility: recordv1.Visibility_VISIBILITY_PUBLIC, Template: emptyTemplate}}}
	return res.Adjustments
}

// loadRedirects reads weblinks as the redirects that they were written as.
func (s *Site) loadRedirects(ctx context.Context, q cmssql.Querier, ids []string) (map[string]cms.Item, error) {
	items, err := s.loadEntries(ctx, q, ids)
	for id, it := range items {
		e := it.Record.GetEntry()
		r := &recordv1.Redirect{Code: movedCode, Disabled: e.GetStatus() != recordv1.Status_STATUS_PUBLISHED}
		for _, f := range it.Record.GetFields() {
			switch f.GetName() {
			case uriField:
				r.FromPath = escapePath("/" + f.GetValue().GetText())
			case linkField:
				r.To, r.ToUrl = f.GetValue().GetRef(), f.GetValue().GetText()
			}
		}
		items[id] = cms.Item{Record: &recordv1.Record{Ref: record.NewRef(kindRedirect, id), Body: &recordv1.Record_Redirect{Redirect: r}}}
	}
	return items, err
}
