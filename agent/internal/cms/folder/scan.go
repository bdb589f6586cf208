package folder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// The index says which records the folder has. It lies in a temporary database, so that memory does not grow with the folder
// (Rule 9); texts stay in their files. path is the file; at is the place in one that holds several; body is a record that
// stands in no file of its own, address the file of the built site that answers for it.
const indexSchema = `CREATE TABLE items (kind INTEGER NOT NULL, id TEXT NOT NULL, path TEXT NOT NULL, at TEXT NOT NULL, type TEXT NOT NULL, body BLOB, address TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID; CREATE INDEX items_address ON items (address)`

// maxFile bounds one text file: what a record may hold, with room for how a file writes it.
const maxFile = 2 * record.MaxBytes

// tooLarge is the size of a text file that is not read.
type tooLarge int64

func (n tooLarge) Error() string {
	return fmt.Sprintf("a file of %d bytes; at most %d are read", int64(n), maxFile)
}

// skipped are folders that hold no content of the owner's, wherever they lie at the top.
var skipped = map[string]bool{"node_modules": true, "vendor": true, "themes": true, "layouts": true, "archetypes": true, "resources": true, "i18n": true, "config": true,
	"public": true, "_site": true, "_includes": true, "_layouts": true, "_sass": true, "_plugins": true, "bin": true}

// scan is one look at the whole folder.
type scanner struct {
	s     *Site
	ctx   context.Context
	tx    *cmssql.Tx
	rows  [][]any
	menus map[string]*recordv1.Menu
	names []string
	// links are symbolic links, themed static files that are no content, templates pages made by a program.
	links, themed, templates uint64
	fields                   map[string]uint64
}

// idOf is the id of what one file holds: its path, or a digest of one that is too long.
func idOf(file string) string { return shortID(file) }

func shortID(s string) string {
	if len(s) <= record.MaxSourceID && utf8.ValidString(s) {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + hex.EncodeToString(sum[:])
}

// fingerprint changes whenever a file comes, goes, or is written.
func (s *Site) fingerprint(ctx context.Context) (string, error) {
	h := sha256.New()
	err := s.walk(ctx, ".", func(file string, e fs.DirEntry) error {
		st, err := e.Info()
		if err != nil {
			return nil
		}
		_, err = fmt.Fprintf(h, "%s\x00%d %d\x00", file, st.Size(), st.ModTime().UnixNano())
		return err
	})
	return string(h.Sum(nil)), err
}

// walk visits regular files and symbolic links below dir, in the order of their names; hidden ones are left out.
func (s *Site) walk(ctx context.Context, dir string, each func(file string, e fs.DirEntry) error) error {
	err := fs.WalkDir(s.root.FS(), dir, func(file string, e fs.DirEntry, err error) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		name := path.Base(file)
		switch {
		case err != nil && errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return fmt.Errorf("look at the folder: %w", err)
		case file == ".":
			return nil
		case strings.HasPrefix(name, "."), e.IsDir() && (skipped[file] || name == "node_modules"):
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case e.IsDir():
			return nil
		}
		return each(file, e)
	})
	return err
}

// text reads a file of the folder whole. os.Root keeps symbolic links from leading out of it.
func (s *Site) text(file string) (string, error) {
	st, err := s.root.Lstat(file)
	if err != nil {
		return "", err
	}
	if !st.Mode().IsRegular() {
		return "", errFront
	}
	if st.Size() > maxFile {
		return "", tooLarge(st.Size())
	}
	f, err := s.root.Open(file)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	var b strings.Builder
	b.Grow(int(st.Size()))
	_, err = io.Copy(&b, io.LimitReader(f, maxFile))
	return b.String(), err
}

// refresh looks at the folder when it has changed since the last look.
func (s *Site) refresh(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.fingerprint(ctx)
	if err != nil || now == s.print {
		return err
	}
	if s.index == nil {
		if err := s.openIndex(ctx); err != nil {
			return err
		}
	}
	tx, err := s.index.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.Exec(ctx, "DELETE FROM items"); err != nil {
		return err
	}
	sc := &scanner{s: s, ctx: ctx, tx: tx, menus: map[string]*recordv1.Menu{}, fields: map[string]uint64{}}
	if err := sc.run(); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	s.print, s.seen = now, sc
	return nil
}

func (s *Site) openIndex(ctx context.Context) error {
	file := path.Join(s.temp.Path, "index.db")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		return err
	}
	db, err := cmssql.Open(ctx, cmssql.Config{Dialect: cmssql.SQLite, File: file}, true)
	if err != nil {
		return err
	}
	s.index = db
	return db.Exec(ctx, indexSchema)
}

func (sc *scanner) run() error {
	c := sc.s.config
	if err := errors.Join(sc.site(), sc.declared()); err != nil {
		return err
	}
	// Data first: what authors are called decides who an entry's author is.
	if err := sc.s.walk(sc.ctx, ".", func(file string, e fs.DirEntry) error {
		if strings.HasPrefix(file, c.data+"/") && e.Type().IsRegular() {
			return sc.data(file, strings.TrimPrefix(file, c.data+"/"))
		}
		return nil
	}); err != nil {
		return err
	}
	if err := sc.s.walk(sc.ctx, ".", func(file string, e fs.DirEntry) error {
		switch {
		case e.Type()&fs.ModeSymlink != 0:
			sc.links++
		case !e.Type().IsRegular() || strings.HasPrefix(file, c.data+"/"):
		default:
			return sc.file(file)
		}
		return nil
	}); err != nil {
		return err
	}
	if err := sc.writeMenus(); err != nil {
		return err
	}
	return sc.flush()
}

func (sc *scanner) add(kind cms.Kind, id, file, at, typ string, rec *recordv1.Record) error {
	return sc.addAt("", kind, id, file, at, typ, rec)
}

// addAt is add for what visitors find at an address.
func (sc *scanner) addAt(address string, kind cms.Kind, id, file, at, typ string, rec *recordv1.Record) error {
	var body []byte
	if address != "" {
		address = answering(address)
	}
	if rec != nil {
		var err error
		if body, err = proto.Marshal(rec); err != nil {
			return fmt.Errorf("index: %w", err)
		}
	}
	sc.rows = append(sc.rows, []any{int(kind), id, file, at, typ, body, address})
	if len(sc.rows) < 200 {
		return nil
	}
	return sc.flush()
}

// flush inserts what waits. What has a file of its own stands before what is only named somewhere.
func (sc *scanner) flush() error {
	rows := sc.rows
	sc.rows = nil
	_, err := sc.tx.InsertElse(sc.ctx, "items", []string{"kind", "id", "path", "at", "type", "body", "address"}, rows,
		" ON CONFLICT (kind, id) DO UPDATE SET path = excluded.path, at = excluded.at, type = excluded.type, body = excluded.body, address = excluded.address WHERE items.path = '' AND excluded.path <> ''")
	return err
}

func (sc *scanner) site() error {
	kept := sc.s.config.siteFile()
	if _, err := sc.s.root.Lstat(kept); err == nil {
		return sc.add(kindSite, kept, kept, "", "", nil)
	}
	return sc.add(kindSite, "site", "", "", "", sc.s.config.decodeSite("site", nil))
}

// file takes up a file that is not data.
func (sc *scanner) file(file string) error {
	c := sc.s.config
	ext := strings.ToLower(path.Ext(file))
	for _, dir := range c.static {
		if strings.HasPrefix(file, dir+"/") {
			switch {
			case ext == ".html" && sc.s.isStub(file):
				return sc.addAt(c.published(file), kindRedirect, idOf(file), file, "", "", nil)
			case mediaTypes[ext] == "":
				sc.themed++
				return nil
			}
			return sc.media(file)
		}
	}
	inside := c.content == "" || strings.HasPrefix(file, c.content+"/")
	switch {
	case !inside || !sc.s.isContent(file):
		return nil
	case isMarkdown(file), ext == ".html", ext == ".htm":
		return sc.content(file)
	case mediaTypes[ext] != "" && c.content != "":
		return sc.media(file)
	case file == path.Join(c.content, redirectsTemplate):
	case ext == ".njk" || ext == ".liquid" || ext == ".hbs" || ext == ".ejs" || ext == ".pug":
		sc.templates++
	}
	return nil
}

// media takes up a file of the site, unless a data file describes it.
func (sc *scanner) media(file string) error {
	kept := sc.s.sidecar(file)
	if _, err := sc.s.root.Lstat(kept); err == nil {
		return nil
	}
	return sc.add(kindMedia, idOf(file), file, "", mediaType(file), nil)
}

// isContent leaves out what Jekyll and Eleventy do not build.
func (s *Site) isContent(file string) bool {
	if s.config.flavour == hugo {
		return true
	}
	for part := range strings.SplitSeq(path.Dir(file), "/") {
		if name, special := strings.CutPrefix(part, "_"); special && (s.config.flavour == eleventy || name != "posts" && name != "drafts" && s.config.collection(name) == "") {
			return false
		}
	}
	if strings.Contains(file, "/") {
		return true
	}
	switch strings.ToUpper(strings.TrimSuffix(file, path.Ext(file))) {
	case "README", "CHANGELOG", "CONTRIBUTING", "LICENSE", "CODE_OF_CONDUCT", "SECURITY":
		return false
	}
	return true
}

// termPage says that a file is the page of a term.
func (s *Site) termPage(file string) (id string, ok bool) {
	dir, inside := s.config.below(path.Dir(file))
	if !inside || strings.TrimSuffix(path.Base(file), path.Ext(file)) != s.config.shape.term {
		return "", false
	}
	key, name, two := strings.Cut(dir, "/")
	return termID(key, slug(name)), two && name != "" && (s.config.taxonomies[key] != "" || s.config.hasTerms(key))
}

func (sc *scanner) content(file string) error {
	if id, ok := sc.s.termPage(file); ok {
		return sc.term(id, file)
	}
	raw, err := sc.s.text(file)
	if err != nil {
		return sc.add(kindEntry, idOf(file), file, "", "unreadable", nil)
	}
	front, body, found, err := splitFront(raw)
	switch {
	case sc.s.config.flavour != hugo && strings.HasPrefix(raw, stubHead) && sc.s.isStub(file):
		return sc.addAt("/"+file, kindRedirect, idOf(file), file, "", "", nil)
	case sc.s.config.flavour != hugo && body == "" && len(front.pairs) == 1 && front.get("layout") != nil:
		// Only a layout: a page that a template makes, like the first one of every new site of Jekyll.
		sc.templates++
		return nil
	}
	if !found && sc.s.config.flavour == jekyll || !found && !isMarkdown(file) && sc.s.config.flavour != hugo {
		return nil
	}
	rec, r, derr := sc.s.config.decodeEntry(file, raw)
	if err != nil || derr != nil {
		return sc.add(kindEntry, idOf(file), file, "", "unreadable", nil)
	}
	at := sc.s.config.addresses(file, r.front, withSlug(rec.GetEntry(), r))[0]
	if err := sc.addAt(at, kindEntry, idOf(file), file, "", rec.GetEntry().GetType(), nil); err != nil {
		return err
	}
	for _, f := range rec.GetFields() {
		if len(sc.fields) < 500 || sc.fields[f.GetName()] > 0 {
			sc.fields[f.GetName()]++
		}
	}
	return sc.named(front, rec, r)
}

// term takes up the page of a term, and the old addresses of it.
func (sc *scanner) term(id, file string) error {
	key, _, _ := strings.Cut(id, "/")
	front := &doc{}
	if raw, err := sc.s.text(file); err == nil {
		if got, _, _, err := splitFront(raw); err == nil {
			front = got
		}
	}
	if err := sc.addAt(sc.s.config.termAt(id, front), kindTerm, id, file, "", sc.s.config.taxonomy(key), nil); err != nil {
		return err
	}
	return sc.aliases(record.NewRef(kindTerm, id), texts(front.get(sc.s.config.shape.aliases)))
}

// declared takes up the taxonomies that pages of terms name: Jekyll and Eleventy have no place for them in their configuration.
func (sc *scanner) declared() error {
	c := sc.s.config
	if c.flavour == hugo {
		return nil
	}
	files, err := fs.Glob(sc.s.root.FS(), path.Join(c.content, "*", "*", "index.md"))
	for _, file := range files {
		raw, err := sc.s.text(file)
		if err != nil {
			continue
		}
		front, _, _, err := splitFront(raw)
		if key, _ := c.below(path.Dir(path.Dir(file))); err == nil && plain(front.get("layout")) == layoutOf(c.flavour, "term") && plain(front.get("taxonomy")) == key {
			c.own.Store(key, true)
		}
	}
	return err
}
