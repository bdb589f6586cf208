// Package server answers the agent's calls over one site.
package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"go.uber.org/zap"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/files"
	"github.com/baileybridge/bailey/agent/internal/ledger"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"
)

// Config is what a server is made of.
type Config struct {
	Driver   cms.Driver
	Site     cms.Site
	Settings cms.Settings
	Role     agentv1.Role
	// Version of the agent.
	Version string
	Log     *zap.Logger
	// Logs holds the agent's own lines for TailLogs.
	Logs *Ring
}

// Server implements agentv1.AgentServiceServer over one site.
type Server struct {
	agentv1.UnimplementedAgentServiceServer
	cfg    Config
	siteID string
	// base is the site's public address; aliases are words that stand for it in stored text.
	base    string
	aliases []string
	kinds   map[cms.Kind]*agentv1.KindInfo
	ids     *files.IDs
	// tree is nil when the files are out of reach.
	tree *files.Tree
	// books and intake are nil for a source: it has no write path (Rule 5).
	books  *ledger.Ledger
	intake *files.Receiver
	// drying is held by the one dry run.
	drying sync.Mutex
}

// New looks at the site once, for its identity, and makes the server.
func New(ctx context.Context, cfg Config) (*Server, error) {
	if v, ok := cfg.Driver.(cms.Versioned); ok {
		cfg.Driver = v.Of(cfg.Site)
	}
	facts, err := cfg.Site.Probe(ctx, cms.Options{Brief: true})
	if err != nil {
		return nil, fmt.Errorf("look at the site: %w", err)
	}
	s := &Server{cfg: cfg, siteID: siteID(cfg.Settings.Platform, facts.Identity), ids: files.NewIDs(facts.Identity), kinds: map[cms.Kind]*agentv1.KindInfo{},
		base: facts.BaseURL, aliases: aliases(facts.OtherURL)}
	d := cfg.Driver.Describe()
	for _, k := range d.Kinds {
		s.kinds[k.GetKind()] = k
	}
	if cfg.Settings.Files != "" {
		if s.tree, err = files.OpenTree(cfg.Settings.Files, d.Folders...); err != nil {
			return nil, fmt.Errorf("open the folder of uploads: %w", err)
		}
		if err := s.tree.OpenPrivate(d.Private); err != nil {
			return nil, fmt.Errorf("open the folder of private files: %w", errors.Join(err, s.tree.Close()))
		}
	}
	if cfg.Role == agentv1.Role_ROLE_TARGET {
		err = s.openTarget()
	}
	return s, err
}

func (s *Server) openTarget() (err error) {
	if s.books, err = ledger.Open(s.cfg.Site, s.cfg.Log); err != nil {
		return err
	}
	if s.tree != nil {
		s.intake = files.NewReceiver(s.tree, s.books)
	}
	return nil
}

// Close releases the folder of uploads; the site is its opener's to close.
func (s *Server) Close() error {
	if s.tree == nil {
		return nil
	}
	return s.tree.Close()
}

// siteID is 32 hex digits made from what does not change in a site.
func siteID(platform string, identity []string) string {
	h := sha256.New()
	for _, part := range append([]string{platform}, identity...) {
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Describe implements agentv1.AgentServiceServer.
func (s *Server) Describe(ctx context.Context, req *agentv1.DescribeRequest) (*agentv1.DescribeResponse, error) {
	facts, err := s.cfg.Site.Probe(ctx, cms.Options{Revisions: req.GetRevisions(), Brief: req.GetBrief()})
	if err != nil {
		return nil, s.fault("look at the site", err)
	}
	resp := &agentv1.DescribeResponse{
		SiteId: s.siteID, Platform: s.cfg.Settings.Platform, PlatformVersion: facts.Version, BaseUrl: facts.BaseURL, OtherUrls: facts.OtherURL,
		Locales: facts.Locales, AgentVersion: s.cfg.Version, Role: s.cfg.Role, Fields: facts.Fields, Findings: append(facts.Findings, s.findings()...),
		Capabilities: s.capabilities(), Database: facts.Database,
	}
	for _, k := range s.cfg.Driver.Describe().Kinds {
		k = proto.CloneOf(k)
		k.Count, k.Types = facts.Counts[k.GetKind()], facts.Types[k.GetKind()]
		k.Writable = k.GetWritable() && s.books != nil
		if k.GetKind() == recordv1.Kind_KIND_USER && k.GetHolds() != nil {
			k.Holds.PasswordSchemes = facts.Logins
		}
		resp.Kinds = append(resp.Kinds, k)
	}
	return resp, nil
}

func (s *Server) findings() []*agentv1.Finding {
	if s.tree != nil {
		return nil
	}
	return []*agentv1.Finding{{Code: "files_out_of_reach", Severity: agentv1.Severity_SEVERITY_WARNING,
		Cause: "the agent does not know the site's folder of uploads; files are not moved", Fix: "start the agent with --site, or with --files DIR"}}
}

// capabilities are the calls answered beyond the reading ones.
func (s *Server) capabilities() []string {
	all := []string{"TailLogs", "Resolve"}
	if s.tree != nil {
		all = append(all, "StatFiles", "ReadFile")
	}
	if s.books != nil {
		all = append(all, "WriteRecords", "DryRun", "ReadBack", "Relink", "Finish", "Withdraw", "Rollback")
	}
	if s.intake != nil {
		all = append(all, "WriteFile")
	}
	return all
}

// readable refuses kinds that the driver does not read.
func (s *Server) readable(k cms.Kind) error {
	info := s.kinds[k]
	if info == nil || !info.GetReadable() {
		return &link.Error{Code: "kind_not_readable", Cause: "the site has no readable records of this kind", Fix: "ask Describe which kinds there are", Grpc: codes.Unimplemented}
	}
	return nil
}

// scope gives the ledger and the scope of a writing call, or says that this is a source (Rule 5).
func (s *Server) scope(ctx context.Context, ws *agentv1.WriteScope) (*ledger.Scope, error) {
	if s.books == nil {
		return nil, readOnly()
	}
	return s.books.Scope(ctx, ws)
}

func readOnly() error {
	return &link.Error{Code: "read_only", Cause: "this agent serves its site as a source", Fix: "start the agent with --role target on the site that is to be written", Grpc: codes.Unimplemented}
}

// options checks what a caller asked for.
func options(o *agentv1.ReadOptions) cms.Options {
	return cms.Options{Revisions: o.GetRevisions(), Addresses: o.GetAddresses()}
}

// SplitKind implements agentv1.AgentServiceServer.
func (s *Server) SplitKind(ctx context.Context, req *agentv1.SplitKindRequest) (*agentv1.SplitKindResponse, error) {
	if err := s.readable(req.GetKind()); err != nil {
		return nil, err
	}
	if n := req.GetShards(); n < 1 || n > maxShards {
		return nil, &link.Error{Code: "bad_shards", Cause: "the number of shards is not 1 to 1024", Fix: "ask for 1 to 1024 shards", Grpc: codes.InvalidArgument}
	}
	shards, err := s.cfg.Site.Split(ctx, req.GetKind(), int(req.GetShards()), options(req.GetOptions()))
	if err != nil {
		return nil, s.fault("split", err)
	}
	resp := &agentv1.SplitKindResponse{}
	for _, sh := range shards {
		resp.Shards = append(resp.Shards, &agentv1.Shard{Range: sh.Range, Count: sh.Count})
	}
	return resp, nil
}

const maxShards = 1024
