package modx

import (
	"context"
	_ "image/gif"  // to read its size
	_ "image/jpeg" // to read its size
	_ "image/png"  // to read its size
	"io/fs"
	"iter"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/uploads"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// assets is the folder that every site keeps its files in; what is below components belongs to extras and comes with them.
const (
	assets     = "assets"
	components = assets + "/components"
)

// private are folders of MODX itself below the web root.
var private = []string{"core", "manager", "connectors", "setup", "_build"}

// folders are what is read of the web root: assets and the folders of media sources, none inside another.
func folders(e *env) []string {
	all := []string{assets}
	for _, base := range e.sources {
		if f := strings.TrimSuffix(base, "/"); f != "" && fs.ValidPath(f) && !inside(f, private...) {
			all = append(all, f)
		}
	}
	slices.SortFunc(all, uploads.ByPath)
	var kept []string
	for _, f := range all {
		if !inside(f, kept...) {
			kept = append(kept, f)
		}
	}
	return kept
}

func inside(p string, all ...string) bool {
	return slices.ContainsFunc(all, func(f string) bool { return p == f || strings.HasPrefix(p, f+"/") })
}

// isFile says by its path alone whether a file is one of the site's own.
func isFile(roots []string, p string) bool {
	return fs.ValidPath(p) && inside(p, roots...) && !inside(p, components) && !hidden(p)
}

// hidden are files that no visitor is ever given.
func hidden(p string) bool {
	name := path.Base(p)
	return strings.HasPrefix(name, ".") || slices.Contains([]string{".php", ".phtml", ".phar"}, strings.ToLower(path.Ext(name)))
}

// filePage lists the next files of a span. It holds one folder's names at a time.
func (s *Site) filePage(ctx context.Context, q cmssql.Querier, sp span) ([]string, error) {
	e := newEnv()
	if err := s.loadSources(ctx, q, e); err != nil {
		return nil, err
	}
	var page []string
	for p, err := range s.files(folders(e), sp.After) {
		if err != nil {
			return nil, err
		}
		if sp.To != "" && uploads.ByPath(p, sp.To) > 0 || len(page) == pageRows {
			break
		}
		page = append(page, p)
	}
	return page, nil
}

// files yields every file in folders after a position.
func (s *Site) files(roots []string, after string) iter.Seq2[string, error] {
	return uploads.Walk(s.root, roots, after, func(p string, _ fs.DirEntry) bool { return hidden(p) || p == components })
}

func (s *Site) loadMedia(_ context.Context, _ cmssql.Querier, paths []string) (map[string]cms.Item, error) {
	return uploads.Items(paths, func(p string) (*recordv1.Media, []*agentv1.Path) {
		return uploads.Media(s.root, p), []*agentv1.Path{{Path: escapePath("/" + p)}}
	}), nil
}

func escapePath(p string) string { return (&url.URL{Path: p}).EscapedPath() }
