package folder

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/streams"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Probe implements cms.Site.
func (s *Site) Probe(ctx context.Context, opt cms.Options) (*cms.Facts, error) {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	f := &cms.Facts{Version: s.version, BaseURL: s.config.base, Identity: []string{host, s.dir}, Counts: map[cms.Kind]uint64{}, Types: map[cms.Kind][]*agentv1.TypeCount{}}
	if s.config.language != "" {
		f.Locales = append([]string{s.config.language}, s.config.tongues.known()...)
	}
	if f.Database, err = s.db.Product(ctx); err != nil || opt.Brief {
		return f, err
	}
	if err := s.refresh(ctx); err != nil {
		return nil, err
	}
	err = cmssql.Each(ctx, s.index, func(r *sql.Rows) error {
		var kind cms.Kind
		t := &agentv1.TypeCount{}
		if err := r.Scan(&kind, &t.Type, &t.Count); err != nil {
			return err
		}
		f.Counts[kind] += t.GetCount()
		f.Types[kind] = append(f.Types[kind], t)
		return nil
	}, "SELECT kind, type, COUNT(*) FROM items GROUP BY kind, type ORDER BY kind, type")
	s.mu.Lock()
	defer s.mu.Unlock()
	f.Findings = s.seen.findings(s.config)
	for _, name := range slices.Sorted(maps.Keys(s.seen.fields)) {
		f.Fields = append(f.Fields, &agentv1.FieldInfo{Kind: kindEntry, Name: name, Count: s.seen.fields[name]})
	}
	return f, err
}

func (sc *scanner) findings(c *config) (all []*agentv1.Finding) {
	add := func(code string, count uint64, sev agentv1.Severity, cause, fix string) {
		if count > 0 {
			all = append(all, &agentv1.Finding{Code: code, Severity: sev, Count: count, Cause: cause, Fix: fix})
		}
	}
	add("symlink_not_followed", sc.links, agentv1.Severity_SEVERITY_WARNING, "symbolic links may lead out of the folder and are not followed", "put the files themselves in their place")
	add("theme_file_not_moved", sc.themed, agentv1.Severity_SEVERITY_INFO, "static files that are neither pictures nor sounds, films or documents belong to the theme", "copy by hand what is content all the same")
	add("template_not_read", sc.templates, agentv1.Severity_SEVERITY_WARNING, "pages written as templates are programs and are not run", "take them over by hand from the built site")
	if c.base == c.shape.local {
		add("base_url_unknown", 1, agentv1.Severity_SEVERITY_WARNING, "the configuration does not say the site's address: links with it are not known as its own", "name it with --base-url")
	}
	return all
}

// Split implements cms.Site: ranges of ids, written as the first and the last one.
func (s *Site) Split(ctx context.Context, kind cms.Kind, n int, _ cms.Options) ([]cms.Shard, error) {
	if err := s.refresh(ctx); err != nil {
		return nil, err
	}
	var total int
	if err := s.index.QueryRow(ctx, "SELECT COUNT(*) FROM items WHERE kind = ?", int(kind)).Scan(&total); err != nil || total == 0 {
		return nil, err
	}
	size := (total + n - 1) / n
	var shards []cms.Shard
	for at := 0; at < total; at += size {
		var ends [2]string
		for i, offset := range []int{at, min(at+size, total) - 1} {
			if err := s.index.QueryRow(ctx, "SELECT id FROM items WHERE kind = ? ORDER BY id LIMIT 1 OFFSET "+strconv.Itoa(offset), int(kind)).Scan(&ends[i]); err != nil {
				return nil, fmt.Errorf("split: %w", err)
			}
		}
		shards = append(shards, cms.Shard{Range: []byte("folder\x00" + ends[0] + "\x00" + ends[1]), Count: uint64(min(at+size, total) - at)})
	}
	return shards, nil
}

// item is a row of the index.
type item struct {
	id, path, at string
	body         []byte
}

// pageSize is how many rows of the index are held at a time.
const pageSize = 200

// Read implements cms.Site. The cursor is the last id.
func (s *Site) Read(ctx context.Context, kind cms.Kind, sh cms.Shard, after cms.Cursor, _ cms.Options) iter.Seq2[cms.Item, error] {
	return func(yield func(cms.Item, error) bool) {
		ends := strings.Split(string(sh.Range), "\x00")
		if len(ends) != 3 || ends[0] != "folder" {
			yield(cms.Item{}, cms.ErrCursor)
			return
		}
		last, op := ends[1], ">="
		if len(after) > 0 {
			last, op = string(after), ">"
		}
		for {
			rows, err := s.items(ctx, "kind = ? AND id "+op+" ? AND id <= ? ORDER BY id LIMIT "+strconv.Itoa(pageSize), int(kind), last, ends[2])
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(cms.Item{}, err)
				return
			}
			for _, r := range rows {
				last, op = r.id, ">"
				it, err := s.item(kind, r)
				it.Cursor = cms.Cursor(r.id)
				if !yield(it, err) || err != nil {
					return
				}
			}
			if len(rows) < pageSize {
				return
			}
		}
	}
}

func (s *Site) items(ctx context.Context, where string, args ...any) (all []item, err error) {
	err = cmssql.Each(ctx, s.index, func(r *sql.Rows) error {
		var it item
		err := r.Scan(&it.id, &it.path, &it.at, &it.body)
		all = append(all, it)
		return err
	}, "SELECT id, path, at, body FROM items WHERE "+where, args...)
	return all, err
}

// item reads one record.
func (s *Site) item(kind cms.Kind, r item) (cms.Item, error) {
	if r.body != nil {
		rec := &recordv1.Record{}
		if err := proto.Unmarshal(r.body, rec); err != nil {
			return cms.Item{}, fmt.Errorf("read the index: %w", err)
		}
		return s.dressed(rec, nil), nil
	}
	if kind == kindMedia && !strings.HasPrefix(r.path, s.config.data+"/") {
		return s.dressed(bareMedia(r.path), nil), nil
	}
	raw, err := s.text(r.path)
	if errors.Is(err, fs.ErrClosed) {
		return cms.Item{}, err
	}
	if it := s.stub(r.id, raw); err == nil && kind == kindRedirect && it.Record != nil {
		return it, nil
	}
	if err == nil {
		var it cms.Item
		if it, err = s.parse(kind, r.id, r.path, r.at, raw); err == nil {
			if e := it.Record.GetEntry(); e != nil {
				s.absolute(e, r.path, it.Paths[0].GetPath())
			}
			return it, nil
		}
	}
	var size tooLarge
	if errors.As(err, &size) {
		return streams.TooLarge(kind, r.id, int64(size)), nil
	}
	return streams.Unread(kind, r.id, &agentv1.Problem{Code: "file_unreadable",
		Cause: "the file cannot be read, or its front matter is not valid", Fix: "correct the file of this name, or leave it out"}), nil
}

// parse reads a record from the text of its file.
func (s *Site) parse(kind cms.Kind, id, file, at, raw string) (cms.Item, error) {
	switch kind {
	case kindEntry:
		rec, r, err := s.config.decodeEntry(file, raw)
		if err != nil {
			return cms.Item{}, err
		}
		rec.Ref.SourceId = id
		if rec.GetTranslationGroup() == "" {
			rec.TranslationGroup = s.groupOf(file, r.place)
		}
		return s.dressed(rec, s.config.addresses(file, r.front, withSlug(rec.GetEntry(), r))), nil
	case kindTerm:
		rec, front, err := s.config.decodeTerm(id, raw)
		return s.dressed(rec, []string{s.config.termAt(id, front)}), err
	}
	v, err := parseValue(path.Ext(file), []byte(raw))
	if err != nil {
		return cms.Item{}, err
	}
	d := docOf(v)
	switch kind {
	case kindSite:
		return s.dressed(s.config.decodeSite(id, d), nil), nil
	case kindUser:
		if at != "" {
			d = docOf(d.get(at))
		}
		return s.dressed(decodeUser(id, d), nil), nil
	case kindMedia:
		return s.dressed(decodeMedia(id, d), nil), nil
	case kindRedirect:
		rec := &recordv1.Record{Ref: record.NewRef(kind, id), Body: &recordv1.Record_Redirect{Redirect: &recordv1.Redirect{}}}
		d := &doc{slices.Clone(d.pairs)}
		if s.config.shape.aliases == "" {
			d.take(keyAddress)
			d.take(keyFile)
		}
		decode(d, rec.GetRedirect().ProtoReflect(), same)
		rec.Fields = takeFields(d)
		return s.dressed(rec, nil), nil
	case kindMenu:
		if v.GetArray().GetList() {
			return s.dressed(&recordv1.Record{Ref: record.NewRef(kind, id), Body: &recordv1.Record_Menu{Menu: decodeMenu(id, v)}}, nil), nil
		}
		for _, p := range d.pairs {
			m := decodeMenu(plain(p.GetKey()), p.GetValue())
			return s.dressed(&recordv1.Record{Ref: record.NewRef(kind, id), Body: &recordv1.Record_Menu{Menu: m}}, nil), nil
		}
		return cms.Item{}, errFront
	}
	entry := ""
	if n, err := strconv.Atoi(at); err == nil && at != "" {
		list := items(v)
		if n >= len(list) {
			return cms.Item{}, errFront
		}
		d = docOf(list[n])
		entry = s.entryNamed(strings.TrimSuffix(strings.TrimPrefix(file, s.config.data+"/comments/"), path.Ext(file)))
	} else if d.get("entry") == nil {
		entry = s.entryNamed(path.Dir(strings.TrimPrefix(file, s.config.data+"/comments/")))
	}
	return s.dressed(s.config.decodeComment(id, entry, d), nil), nil
}

// withSlug is the entry with the slug of its front matter only: patterns of addresses ask for that.
func withSlug(e *recordv1.Entry, r *read) *recordv1.Entry {
	if r.front.get("slug") != nil {
		return e
	}
	return &recordv1.Entry{Title: e.GetTitle(), Published: e.GetPublished(), Terms: e.GetTerms()}
}

// entryNamed is the content file of a name as folders of comments have it.
func (s *Site) entryNamed(name string) string {
	dirs := []string{"posts", "post", "blog", "", "_posts", "articles"}
	for _, dir := range dirs {
		for _, ext := range []string{".md", "/index.md", ".markdown", ".html"} {
			file := path.Join(s.config.content, dir, name+ext)
			if _, err := s.root.Lstat(file); err == nil {
				return idOf(file)
			}
		}
	}
	if s.config.flavour == jekyll {
		if all, err := fs.Glob(s.root.FS(), "_posts/*-"+globSafe.Replace(name)+".*"); err == nil && len(all) > 0 {
			return idOf(all[0])
		}
	}
	return ""
}

var globSafe = strings.NewReplacer("*", `\*`, "?", `\?`, "[", `\[`, `\`, `\\`)

// dressed adds the addresses of a record.
func (s *Site) dressed(rec *recordv1.Record, addresses []string) cms.Item {
	it := cms.Item{Record: rec}
	add := func(form string, paths ...string) {
		for _, p := range paths {
			it.Paths = append(it.Paths, &agentv1.Path{Path: p, Form: form})
		}
	}
	switch b := rec.GetBody().(type) {
	case *recordv1.Record_Site:
		add("", "/")
	case *recordv1.Record_Entry:
		add("", addresses...)
	case *recordv1.Record_Term:
		if addresses == nil {
			addresses = []string{termAddress(rec.GetRef().GetSourceId())}
		}
		add("", addresses...)
	case *recordv1.Record_Media:
		for i, f := range b.Media.GetFiles() {
			form := ""
			if i > 0 {
				form = strconv.Itoa(int(f.GetWidth())) + "x" + strconv.Itoa(int(f.GetHeight()))
			}
			add(form, s.config.published(f.GetPath()))
			if i == 0 {
				add("", "/"+f.GetPath())
			}
		}
	}
	s.feed(&it)
	return it
}

// feed: Hugo makes one of every list. (https://gohugo.io/templates/rss/)
func (s *Site) feed(it *cms.Item) {
	switch it.Record.GetBody().(type) {
	case *recordv1.Record_Site, *recordv1.Record_Term:
		if at := it.Paths[0].GetPath(); s.config.flavour == hugo && strings.HasSuffix(at, "/") {
			it.Paths = append(it.Paths, &agentv1.Path{Path: at + "index.xml", Form: record.FormFeed})
		}
	}
}

// published is the address of a file below the folder.
func (c *config) published(file string) string {
	if c.flavour == hugo {
		for _, dir := range c.static[:1] {
			if rest, ok := strings.CutPrefix(file, dir+"/"); ok {
				return "/" + rest
			}
		}
	}
	if rest, ok := strings.CutPrefix(file, c.content+"/"); ok && c.content != "" {
		dir, base := path.Split(rest)
		if c.flavour == hugo {
			dir = strings.ToLower(hyphens(dir))
		}
		return "/" + dir + base
	}
	return "/" + file
}
