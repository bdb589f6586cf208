package server

import (
	"context"
	"net/url"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// formID is the form of a token that stands for the bare id.
const formID = "id"

// Resolve implements agentv1.AgentServiceServer. On a target a token names a record of the source, on a source one of the
// site's own: its answer is where visitors find that, so that links can lead to the old site.
func (s *Server) Resolve(ctx context.Context, req *agentv1.ResolveRequest) (*agentv1.ResolveResponse, error) {
	if s.books == nil && req.GetAddresses() {
		return s.ownAddresses(ctx, req.GetTokens())
	}
	if s.books == nil {
		return s.resolveOwn(ctx, req.GetTokens())
	}
	sc, err := s.scope(ctx, req.GetScope())
	if err != nil {
		return nil, err
	}
	resolve := s.books.Resolve
	if req.GetAddresses() {
		resolve = s.books.Addresses
	}
	resolved, err := resolve(ctx, sc, req.GetTokens())
	return &agentv1.ResolveResponse{Resolved: resolved}, err
}

// ownAddresses: a source's tokens hold its own ids.
func (s *Server) ownAddresses(ctx context.Context, names []string) (*agentv1.ResolveResponse, error) {
	own := map[record.Key]string{}
	for _, n := range names {
		if t, ok := record.ParseToken(n); ok {
			own[t.Ref] = t.Ref.ID
		}
	}
	resolved, err := cms.Addresses(ctx, s.cfg.Site, s.cfg.Site.DB(), names, own)
	if err != nil {
		return nil, s.fault("resolve", err)
	}
	return &agentv1.ResolveResponse{Resolved: resolved}, nil
}

func (s *Server) resolveOwn(ctx context.Context, names []string) (*agentv1.ResolveResponse, error) {
	wants := make([]cms.Want, len(names))
	for i, n := range names {
		t, _ := record.ParseToken(n)
		wants[i] = cms.Want{Kind: t.Ref.Kind, TargetID: t.Ref.ID, Form: t.Form}
	}
	texts, err := s.cfg.Site.Locate(ctx, s.cfg.Site.DB(), wants)
	if err != nil {
		return nil, s.fault("resolve", err)
	}
	resp := &agentv1.ResolveResponse{Resolved: make([]*agentv1.Resolved, len(names))}
	for i := range names {
		text := texts[i]
		if wants[i].Form != formID {
			text = s.absolute(text)
		}
		resp.Resolved[i] = &agentv1.Resolved{Found: text != "", Text: text}
	}
	return resp, nil
}

// absolute is an address of the site as it is typed elsewhere; empty for what cannot be made one. A word that stands for
// the site's address in stored text is one of its further addresses.
func (s *Server) absolute(text string) string {
	for _, word := range s.aliases {
		if rest, ok := strings.CutPrefix(text, word); ok {
			text = s.base + rest
		}
	}
	base, err := url.Parse(s.base)
	if err != nil {
		return ""
	}
	ref, err := url.Parse(text)
	if err != nil || text == "" {
		return ""
	}
	if ref = base.ResolveReference(ref); ref.Host == "" {
		return ""
	}
	return ref.String()
}

// aliases are the words among a site's further addresses.
func aliases(addresses []string) (words []string) {
	for _, a := range addresses {
		if a != "" && !strings.Contains(a, "/") {
			words = append(words, a)
		}
	}
	return words
}
