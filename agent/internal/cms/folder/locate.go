package folder

import (
	"context"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/whole"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// render writes a record whose refs hold ids of this folder.
func (s *Site) render(ctx context.Context, q cmssql.Querier, rec *recordv1.Record, file string) (string, error) {
	switch b := rec.GetBody().(type) {
	case *recordv1.Record_Menu:
		links, err := s.targets(ctx, q, b.Menu)
		return s.config.encodeMenu(b.Menu, links), err
	case *recordv1.Record_Redirect:
		switch {
		case s.config.shape.aliases == "":
			return s.renderData(ctx, q, rec)
		case !strings.Contains(file, "#"):
			return s.renderStub(ctx, q, rec, file)
		}
	}
	return s.config.encode(rec, file), nil
}

// targets are the addresses of what lines of a menu point to.
func (s *Site) targets(ctx context.Context, q cmssql.Querier, m *recordv1.Menu) (map[string]string, error) {
	var wants []cms.Want
	for _, it := range m.GetItems() {
		if t := it.GetTarget(); t != nil && !whole.Open(t) {
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
	to, err := s.leadsTo(ctx, q, rec.GetRedirect())
	if err != nil {
		return "", err
	}
	to = htmlSafe.Replace(to)
	return stubHead + strings.ReplaceAll(s.config.encode(rec, file), "--", `\u002D\u002D`) + stubFoot + `<!DOCTYPE html><html><head><title>` + to + `</title><link rel="canonical" href="` + to + `"><meta charset="utf-8">` +
		`<meta http-equiv="refresh" content="0; url=` + to + `"></head></html>` + "\n", nil
}

// leadsTo is the address that a redirect leads to.
func (s *Site) leadsTo(ctx context.Context, q cmssql.Querier, r *recordv1.Redirect) (string, error) {
	t := r.GetTo()
	if t == nil || whole.Open(t) {
		return r.GetToUrl(), nil
	}
	at, err := s.Locate(ctx, q, []cms.Want{{Kind: t.GetKind(), TargetID: t.GetSourceId()}})
	if err != nil {
		return "", err
	}
	return at[0], nil
}

// Keys of a redirect's data file that the template of redirects reads; see fresh.go.
const redirectsDir, keyAddress, keyFile = "redirects", "address", "file"

// renderData writes a redirect as data, of which a template makes a page.
func (s *Site) renderData(ctx context.Context, q cmssql.Querier, rec *recordv1.Record) (string, error) {
	to, err := s.leadsTo(ctx, q, rec.GetRedirect())
	return s.config.dataText(dataOf(rec, rec.GetRedirect().ProtoReflect(), none, func(d *doc) {
		d.set(keyAddress, textValue(to))
		d.set(keyFile, textValue("/"+builtFile(rec.GetRedirect().GetFromPath())))
	}).value()), err
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

// isStub says that a file is the page at an old address.
func (s *Site) isStub(file string) bool {
	text, err := s.text(file)
	return err == nil && s.stub(idOf(file), text).Record != nil
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
