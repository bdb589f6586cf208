package wordpress

import (
	"context"
	"database/sql"
	"fmt"
	slashpath "path"
	"strconv"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// Locate implements cms.Site: absolute addresses below home, ids, and files of the nearest size.
func (s *Site) Locate(ctx context.Context, q cmssql.Querier, wants []cms.Want) ([]string, error) {
	e, err := s.env(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("locate: %w", err)
	}
	l := &locator{s: s, q: q, env: e, link: newLinker(s, q, e)}
	if err := l.load(ctx, wants); err != nil {
		return nil, fmt.Errorf("locate: %w", err)
	}
	texts := make([]string, len(wants))
	for i, w := range wants {
		texts[i] = l.text(w)
	}
	return texts, nil
}

type locator struct {
	s        *Site
	q        cmssql.Querier
	env      *env
	link     *linker
	posts    map[int64]*post
	terms    map[int64]*term
	users    map[int64]*user
	comments map[int64]int64
	// said are languages of posts and terms.
	said map[recordv1.Kind]map[int64]saying
}

func (l *locator) load(ctx context.Context, wants []cms.Want) error {
	var posts, terms, users, comments set
	addressed := map[int64]bool{}
	for _, w := range wants {
		switch id := atoi(w.TargetID); w.Kind {
		case recordv1.Kind_KIND_ENTRY, recordv1.Kind_KIND_MEDIA:
			posts.add(id)
		case recordv1.Kind_KIND_TERM:
			terms.add(id)
			addressed[id] = addressed[id] || w.Form != "id"
		case recordv1.Kind_KIND_USER:
			users.add(id)
		case recordv1.Kind_KIND_COMMENT:
			comments.add(id)
		}
	}
	if err := l.loadComments(ctx, comments.ids, &posts); err != nil {
		return err
	}
	if err := l.loadPosts(ctx, posts.ids); err != nil {
		return err
	}
	l.said = map[recordv1.Kind]map[int64]saying{}
	for kind, ids := range map[recordv1.Kind][]int64{recordv1.Kind_KIND_ENTRY: posts.ids, recordv1.Kind_KIND_TERM: terms.ids} {
		said, err := l.s.said(ctx, l.q, kind, ids)
		if err != nil {
			return err
		}
		l.said[kind] = said
	}
	if err := l.loadTerms(ctx, terms.ids, addressed); err != nil {
		return err
	}
	return l.loadUsers(ctx, users.ids)
}

func (l *locator) loadPosts(ctx context.Context, ids []int64) error {
	posts, err := l.link.light(ctx, ids)
	if err != nil {
		return err
	}
	l.posts = make(map[int64]*post, len(posts))
	var media []*post
	for _, p := range posts {
		l.posts[p.id] = p
		if p.kind == "attachment" {
			media = append(media, p)
		}
	}
	meta, err := l.s.loadMeta(ctx, l.q, postMeta, idsOf(media))
	if err != nil {
		return err
	}
	for _, p := range media {
		p.meta = meta[p.id]
	}
	if l.link.uses("%category%") {
		if err := l.link.addTerms(ctx, posts); err != nil {
			return err
		}
	}
	return l.link.preload(ctx, posts)
}

func (l *locator) loadComments(ctx context.Context, ids []int64, posts *set) error {
	l.comments = map[int64]int64{}
	return cmssql.EachIn(ctx, l.q, ids, func(r *sql.Rows) error {
		var id, on int64
		err := r.Scan(&id, &on)
		l.comments[id] = on
		posts.add(on)
		return err
	}, l.s.sql("SELECT comment_ID, comment_post_ID FROM {comments} WHERE comment_ID IN "), "")
}

// loadTerms reads terms, and for those whose address is wanted all above them.
func (l *locator) loadTerms(ctx context.Context, tts []int64, addressed map[int64]bool) error {
	l.terms = map[int64]*term{}
	var ids set
	for len(tts) > 0 {
		part := tts[:min(len(tts), cmssql.InList)]
		in, args := cmssql.In(part)
		terms, err := l.s.loadTerms(ctx, l.q, "x.term_taxonomy_id IN "+in, args...)
		if err != nil {
			return err
		}
		for _, t := range terms {
			l.terms[t.tt] = t
			if addressed[t.tt] {
				ids.add(t.id)
			}
		}
		tts = tts[len(part):]
	}
	return l.link.preloadTerms(ctx, ids.ids)
}

func (l *locator) loadUsers(ctx context.Context, ids []int64) error {
	l.users = map[int64]*user{}
	for len(ids) > 0 {
		part := ids[:min(len(ids), cmssql.InList)]
		in, args := cmssql.In(part)
		users, err := l.s.loadUsers(ctx, l.q, "ID IN "+in, args...)
		if err != nil {
			return err
		}
		for _, u := range users {
			l.users[u.id] = u
		}
		ids = ids[len(part):]
	}
	return nil
}

// text is empty for what is not there, and for a page whose address is not final because a page above it is still missing.
func (l *locator) text(w cms.Want) string {
	id := atoi(w.TargetID)
	switch w.Kind {
	case recordv1.Kind_KIND_SITE:
		if w.Form == "base" {
			return l.env.home
		}
		return l.env.home + "/"
	case recordv1.Kind_KIND_ENTRY, recordv1.Kind_KIND_MEDIA:
		return l.post(l.posts[id], w.Form)
	case recordv1.Kind_KIND_TERM:
		return l.term(l.terms[id], w.Form)
	case recordv1.Kind_KIND_USER:
		if u := l.users[id]; u != nil && w.Form != "id" {
			return l.env.home + l.link.authorPath(u.id, u.nicename)
		} else if u != nil {
			return itoa(u.id)
		}
	case recordv1.Kind_KIND_COMMENT:
		if on := l.post(l.posts[l.comments[id]], ""); on != "" && w.Form != "id" {
			return on + "#comment-" + itoa(id)
		} else if on != "" {
			return itoa(id)
		}
	}
	return ""
}

func (l *locator) term(t *term, form string) string {
	switch {
	case t == nil:
		return ""
	case form == "id":
		return itoa(t.id)
	}
	return l.address(l.link.termPath(t.taxonomy, t.id, t.slug.String), l.said[recordv1.Kind_KIND_TERM][t.tt])
}

func (l *locator) post(p *post, form string) string {
	switch {
	case p == nil:
		return ""
	case form == "id":
		return itoa(p.id)
	case p.kind == "attachment" && form != "page":
		if file := sizeFile(p.meta, form); file != "" {
			return l.env.uploads + "/" + escapePath(file)
		}
		if u := p.meta.get(attachedFile); u != "" {
			return u
		}
	}
	if p.kind == "attachment" {
		// This address holds wherever the attachment hangs; WordPress leads from it to the pretty one.
		return l.env.home + plainPath(p)
	}
	if !l.link.settled(p) {
		return ""
	}
	// Also of the page that stands at "/": which one that is is known after the first links are written, and WordPress leads on.
	return l.address(l.link.postPath(p), l.said[recordv1.Kind_KIND_ENTRY][p.id])
}

func (l *locator) address(path string, said saying) string {
	return l.env.home + l.env.tongues.prefixed(l.link.root(), path, said.code)
}

// sizeFile is the file of an attachment whose size is nearest to form; the full one for an empty form.
func sizeFile(m metaRows, form string) string {
	full := m.get(attachedFile)
	if full == "" || strings.Contains(full, "://") {
		return ""
	}
	ws, hs, ok := strings.Cut(form, "x")
	width, err1 := strconv.ParseInt(ws, 10, 32)
	height, err2 := strconv.ParseInt(hs, 10, 32)
	if !ok || err1 != nil || err2 != nil {
		return full
	}
	details, err := php.Unserialize([]byte(m.get(attachmentMeta)))
	if err != nil {
		return full
	}
	best, distance := full, far(details, width, height)
	for _, p := range lookup(details, "sizes").GetArray().GetPairs() {
		file := lookup(p.GetValue(), "file").GetText()
		if d := far(p.GetValue(), width, height); file != "" && d < distance {
			best, distance = slashpath.Join(slashpath.Dir(full), file), d
		}
	}
	return best
}

func far(v *recordv1.Value, width, height int64) int64 {
	return abs(intOf(lookup(v, "width"))-width) + abs(intOf(lookup(v, "height"))-height)
}

func abs(n int64) int64 { return max(n, -n) }
