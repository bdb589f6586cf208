package agenttest

import (
	"context"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"
	"github.com/baileybridge/bailey/proto/record"
)

// relinkRows is how many rows one round of Relink looks at.
const relinkRows = 1000

// pointers are those of one row that are not filled.
type pointers struct {
	// refs by what they point to, with the path of the field.
	refs map[record.Key]string
	// texts by path with their unresolved tokens; such a text is stored unexpanded.
	texts map[string][]record.Token
	// fallback is what tokens became in the last round that stood for nothing.
	fallback map[record.Token]string
	// cleared are pointers that were given up.
	cleared map[record.Key]bool
}

// open notes what a row's content points to that is not there yet.
func (a *Agent) open(w *row) {
	w.pointers = pointers{refs: map[record.Key]string{}, texts: map[string][]record.Token{}, fallback: map[record.Token]string{}, cleared: map[record.Key]bool{}}
	record.Refs(w.content, func(path string, ref *recordv1.Ref) {
		if _, ok := a.target(w.key.site, record.KeyOf(ref)); !ok {
			w.refs[record.KeyOf(ref)] = path
		}
	})
	record.TokenTexts(w.content, func(path, s string) string {
		for _, t := range record.Tokens(s) {
			if _, ok := a.target(w.key.site, t.Ref); !ok {
				w.texts[path] = append(w.texts[path], t)
			}
		}
		return s
	})
}

// target is the row that a record became.
func (a *Agent) target(site string, key record.Key) (string, bool) {
	w := a.rows[rowKey{site, key}]
	if w == nil || w.targetID == "" {
		return "", false
	}
	return w.targetID, true
}

// text is what stands for a token on this site.
func (a *Agent) text(site string, t record.Token) (string, bool) {
	id, ok := a.target(site, t.Ref)
	if !ok {
		return "", false
	}
	return a.address(t, id), true
}

func (a *Agent) address(t record.Token, id string) string {
	address := a.Info.GetBaseUrl() + "/" + record.KindName(t.Ref.Kind) + "/" + id
	switch t.Form {
	case "id":
		return id
	case "":
		return address
	}
	return address + "/" + t.Form
}

// own is what stands for a token that names a record of this site itself.
func (a *Agent) own(t record.Token) (string, bool) {
	if _, ok := a.at[t.Ref]; !ok {
		return "", false
	}
	return a.address(t, t.Ref.ID), true
}

// view is a row's record as the target holds it; nil when nothing was written.
func (a *Agent) view(w *row) *recordv1.Record {
	if w.content == nil {
		return nil
	}
	r := proto.CloneOf(w.content)
	r.Ref = w.key.key.Ref()
	record.MapRefs(r, func(ref *recordv1.Ref) *recordv1.Ref {
		if _, open := w.refs[record.KeyOf(ref)]; open || w.cleared[record.KeyOf(ref)] {
			return nil
		}
		return ref
	})
	record.TokenTexts(r, func(path, s string) string {
		if len(w.texts[path]) > 0 {
			return s
		}
		s, _ = record.ExpandText(s, func(t record.Token) (string, bool) {
			if text, ok := a.text(w.key.site, t); ok {
				return text, true
			}
			text, ok := w.fallback[t]
			return text, ok
		})
		return s
	})
	record.Seal(r)
	return r
}

// Resolve implements agentv1.AgentServiceServer; a source answers for its own records.
func (a *Agent) Resolve(_ context.Context, req *agentv1.ResolveRequest) (*agentv1.ResolveResponse, error) {
	source := a.targetOnly() != nil
	if !source && req.GetScope() == nil {
		return nil, &link.Error{Code: "bad_scope", Cause: "the request does not say which migration it belongs to", Fix: "Send the write scope.", Grpc: codes.InvalidArgument}
	}
	if err := a.knows(req.GetScope()); err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	resp := &agentv1.ResolveResponse{}
	for _, name := range req.GetTokens() {
		t, _ := record.ParseToken(name)
		text, found := a.text(req.GetScope().GetSourceSite(), t)
		if source {
			text, found = a.own(t)
		}
		if req.GetAddresses() {
			text = strings.TrimPrefix(text, a.Info.GetBaseUrl())
		}
		resp.Resolved = append(resp.Resolved, &agentv1.Resolved{Found: found, Text: text})
	}
	return resp, nil
}

// Relink implements agentv1.AgentServiceServer.
func (a *Agent) Relink(_ context.Context, req *agentv1.RelinkRequest) (*agentv1.RelinkResponse, error) {
	if err := a.targetOnly(); err != nil {
		return nil, err
	}
	from := 0
	if len(req.GetAfter()) > 0 {
		var err error
		if from, err = strconv.Atoi(string(req.GetAfter())); err != nil || from < 0 {
			return nil, badPosition()
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	resp := &agentv1.RelinkResponse{}
	to := min(from+relinkRows, len(a.order))
	for _, w := range a.order[min(from, to):to] {
		if w.key.site == req.GetScope().GetSourceSite() && a.relink(w, req, resp) {
			resp.Filled++
		}
	}
	if to < len(a.order) {
		resp.Cursor = strconv.AppendInt(nil, int64(to), 10)
	}
	return resp, nil
}

// relink fills what it can of one row and says whether that was anything.
func (a *Agent) relink(w *row, req *agentv1.RelinkRequest, resp *agentv1.RelinkResponse) (filled bool) {
	for key, path := range w.refs {
		switch _, ok := a.target(w.key.site, key); {
		case ok:
			delete(w.refs, key)
			filled = true
		default:
			resp.Open = append(resp.Open, openLink(w, path, record.Token{Ref: key}))
			if req.GetLast() {
				delete(w.refs, key)
				w.cleared[key] = true
			}
		}
	}
	for path, tokens := range w.texts {
		filled = a.relinkText(w, path, tokens, req, resp) || filled
	}
	return filled
}

func (a *Agent) relinkText(w *row, path string, tokens []record.Token, req *agentv1.RelinkRequest, resp *agentv1.RelinkResponse) bool {
	var lost []record.Token
	for _, t := range tokens {
		if _, ok := a.target(w.key.site, t.Ref); !ok {
			lost = append(lost, t)
			resp.Open = append(resp.Open, openLink(w, path, t))
		}
	}
	if len(lost) > 0 && !req.GetLast() {
		return false
	}
	for _, t := range lost {
		w.fallback[t] = "#"
		if text, ok := req.GetFallbacks()[t.Name()]; ok {
			w.fallback[t] = text
		}
	}
	delete(w.texts, path)
	return true
}

func openLink(w *row, path string, t record.Token) *agentv1.OpenLink {
	return &agentv1.OpenLink{From: w.key.key.Ref(), Field: path, Token: t.Name()}
}
