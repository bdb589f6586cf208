// Package folder reads and writes a folder of Markdown with front matter, as Hugo, Jekyll and Eleventy build sites from it.
package folder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sync"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/scratch"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

const platform = "folder"

// Short names of the kinds.
const (
	kindSite     = recordv1.Kind_KIND_SITE
	kindUser     = recordv1.Kind_KIND_USER
	kindTerm     = recordv1.Kind_KIND_TERM
	kindMedia    = recordv1.Kind_KIND_MEDIA
	kindEntry    = recordv1.Kind_KIND_ENTRY
	kindComment  = recordv1.Kind_KIND_COMMENT
	kindMenu     = recordv1.Kind_KIND_MENU
	kindRedirect = recordv1.Kind_KIND_REDIRECT
)

// Driver implements cms.Driver.
type Driver struct{}

// Describe implements cms.Driver.
func (Driver) Describe() cms.Description {
	return cms.Description{Platform: platform, Title: "Folder of Markdown", Versions: "Hugo, Jekyll, Eleventy", Dialects: []cmssql.Dialect{cmssql.SQLite}, Kinds: kinds(hugo)}
}

// Detect implements cms.Driver.
func (Driver) Detect(fsys fs.FS, dir string) (*cms.Settings, error) {
	c, err := readConfig(fsys, dir, "")
	if err != nil {
		return nil, err
	}
	return settings(filepath.FromSlash("/"+dir), c.flavour), nil
}

// Flavour implements cms.Flavoured: a folder that has no configuration yet.
func (Driver) Flavour(dir, name string) (*cms.Settings, bool) {
	if name != hugo && name != jekyll && name != eleventy {
		return nil, false
	}
	return settings(dir, name), true
}

func settings(dir, flavour string) *cms.Settings {
	return &cms.Settings{Platform: platform, Flavour: flavour, Files: dir, Database: cmssql.Config{Dialect: cmssql.SQLite, File: filepath.Join(dir, ours, database)}}
}

// Site implements cms.Site.
type Site struct {
	dir     string
	root    *os.Root
	config  *config
	version string
	// posts are the names without dates of the posts that Jekyll's folder had before.
	posts func() (map[string]bool, error)
	// db of a target has the rows that the ledger knows; that of a source is the index, opened for reading.
	db    *cmssql.DB
	dry   bool
	index *cmssql.DB
	// temp holds the index.
	temp *scratch.Dir

	mu    sync.Mutex
	print string
	seen  *scanner
}

// Open implements cms.Driver.
func (Driver) Open(ctx context.Context, set cms.Settings) (cms.Site, error) {
	s, err := open(ctx, set)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func open(ctx context.Context, set cms.Settings) (s *Site, err error) {
	// The database lies in a folder of ours in the site's; Settings.Files is where uploads are kept, and usually the same.
	s = &Site{dir: filepath.Dir(filepath.Dir(set.Database.File)), dry: set.Database.DryRun}
	if s.root, err = os.OpenRoot(s.dir); err != nil {
		return s, fmt.Errorf("open the folder: %w", err)
	}
	if s.config, err = readConfig(s.root.FS(), ".", set.Flavour); err != nil {
		return s, fmt.Errorf("read the configuration: %w", err)
	}
	s.version, s.posts = s.config.flavour, sync.OnceValues(s.postNames)
	if set.BaseURL != "" {
		s.config.at(set.BaseURL)
	}
	if s.config.base == "" {
		s.config.at(s.config.shape.local)
	}
	if s.temp, err = scratch.Make("bailey-folder-"); err != nil {
		return s, err
	}
	if set.Writable {
		return s, s.openTarget(ctx, set)
	}
	if err := s.refresh(ctx); err != nil {
		return s, err
	}
	s.db, err = cmssql.Open(ctx, cmssql.Config{Dialect: cmssql.SQLite, File: path.Join(s.temp.Path, "index.db")}, false)
	return s, err
}

func (s *Site) openTarget(ctx context.Context, set cms.Settings) (err error) {
	if !s.dry {
		if err := s.prepare(); err != nil {
			return err
		}
	}
	if s.db, err = cmssql.Open(ctx, set.Database, true); err != nil {
		return err
	}
	if s.dry {
		return s.recall(ctx)
	}
	if err := s.makeTables(ctx); err != nil {
		return err
	}
	return errors.Join(s.recall(ctx), s.Carry(ctx))
}

// Place implements cms.Site: uploads lie where the builder publishes files as they are.
func (s *Site) Place(h *agentv1.FileHeader) string {
	return path.Join(s.config.static[0], "uploads", s.config.safePath(h))
}

// DB implements cms.Site.
func (s *Site) DB() *cmssql.DB { return s.db }

// TablePrefix implements cms.Site.
func (s *Site) TablePrefix() string { return "" }

// Close implements cms.Site. What the migration kept beside the folder goes when nothing of it is needed any more.
func (s *Site) Close() error {
	var all []error
	leave := s.db != nil && s.db.Writable() && !s.dry && s.idle()
	for _, db := range []*cmssql.DB{s.db, s.index} {
		if db != nil {
			all = append(all, db.Close())
		}
	}
	all = append(all, s.temp.Close())
	if leave {
		all = append(all, s.root.RemoveAll(ours))
	}
	if s.root != nil {
		all = append(all, s.root.Close())
	}
	return errors.Join(all...)
}

var _ cms.Site = (*Site)(nil)
