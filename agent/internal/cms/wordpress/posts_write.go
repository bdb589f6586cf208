package wordpress

import (
	"errors"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// postCols are written; the rest of the row is WordPress's own.
var postCols = []string{"post_author", "post_date", "post_date_gmt", "post_content", "post_title", "post_excerpt", "post_status", "comment_status",
	"ping_status", "post_password", "post_name", "post_modified", "post_modified_gmt", "post_parent", "guid", "menu_order", "post_type", "post_mime_type"}

// fixedCols have no default in the schema.
var fixedCols = []string{"to_ping", "pinged", "post_content_filtered"}

// draft is a post about to be written.
type draft struct {
	post
	*job
	wanted string
}

// values are those of postCols; there is room for fixedCols behind them.
func (d *draft) values() []any {
	return append(make([]any, 0, len(postCols)+len(fixedCols)), d.author, d.date, d.dateGMT, d.content, d.title, d.excerpt, d.status, d.comments, d.pings,
		d.password, d.name, d.modified, d.modifiedGMT, d.parent, d.guid, d.order, d.kind, d.mime)
}

func (w *writer) posts() error {
	if err := w.findExisting("posts", "ID"); err != nil {
		return err
	}
	drafts := make([]*draft, len(w.jobs))
	for i, j := range w.jobs {
		var err error
		if w.kind == recordv1.Kind_KIND_MEDIA {
			drafts[i], err = w.mediaDraft(j)
		} else {
			drafts[i], err = w.entryDraft(j)
		}
		if err != nil {
			return err
		}
	}
	if err := w.chooseSlugs(drafts); err != nil {
		return err
	}
	if err := w.savePosts(drafts); err != nil {
		return err
	}
	if err := w.savePostMeta(drafts); err != nil {
		return err
	}
	if w.kind != recordv1.Kind_KIND_MEDIA {
		if err := errors.Join(w.saveTerms(drafts), w.saveSticky(drafts)); err != nil {
			return err
		}
	}
	types := make(map[*job]string, len(drafts))
	for _, d := range drafts {
		types[d.job] = d.kind
	}
	return w.say(func(j *job) string { return types[j] })
}

func (w *writer) entryDraft(j *job) (*draft, error) {
	e := j.rec.GetEntry()
	d := &draft{job: j, wanted: e.GetSlug()}
	d.post = post{
		id: j.id, content: e.GetContent().GetText(), title: e.GetTitle(), excerpt: e.GetExcerpt(), status: w.status(j, e), comments: e.GetComments(),
		pings: e.GetPings(), password: e.GetPassword(), guid: e.GetGuid(), order: int64(e.GetPosition()), kind: e.GetType(), mime: e.GetMime(),
	}
	if d.kind == "" {
		d.kind = "post"
	}
	if p := purposeOf(d.kind); p != e.GetPurpose() && e.GetPurpose() != recordv1.Purpose_PURPOSE_UNSPECIFIED {
		j.adjust("purpose", "follows_type", "")
	}
	w.setDiscussion(d)
	w.setDates(d, e.GetPublished(), e.GetModified())
	w.setParent(d, e.GetParent())
	if len(e.GetAuthors()) > 0 || visible(d.kind) {
		var err error
		if d.author, err = w.author(j, e.GetAuthors(), "authors"); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// visible says that visitors see an author on entries of the type.
func visible(kind string) bool {
	p := purposeOf(kind)
	return p == recordv1.Purpose_PURPOSE_ARTICLE || p == recordv1.Purpose_PURPOSE_PAGE || p == recordv1.Purpose_PURPOSE_CUSTOM
}

func (w *writer) status(j *job, e *recordv1.Entry) string {
	name := e.GetStatusName()
	for n, st := range statuses {
		if st == e.GetStatus() {
			name = n
		}
	}
	if name == "" {
		name = "draft"
	}
	if e.GetVisibility() > recordv1.Visibility_VISIBILITY_PUBLIC && name == "publish" {
		// What only members may read must not become public: WordPress has no members.
		j.adjust("status", "members_only_made_private", "")
		name = "private"
	}
	return name
}

func (w *writer) setDiscussion(d *draft) {
	if d.comments == "" {
		d.comments = "closed"
		if d.kind == "post" {
			d.comments = w.env.opts["default_comment_status"]
		}
	}
	if d.pings == "" {
		d.pings = "closed"
		if d.kind == "post" {
			d.pings = w.env.opts["default_ping_status"]
		}
	}
}

// publicStatuses are those of posts that WordPress dates by the moment.
var publicStatuses = []string{"publish", "future", "private"}

// setDates gives drafts without a date the time of writing, floating, as WordPress does.
func (w *writer) setDates(d *draft, published, modified *recordv1.Time) {
	if published == nil {
		if published = modified; published == nil {
			now := w.s.now().Unix()
			published = &recordv1.Time{Seconds: now, Offset: int32(offsetAt(now, w.env.zone))}
		}
		if d.status == "draft" || d.status == "pending" {
			published = &recordv1.Time{Seconds: published.GetSeconds(), Offset: published.GetOffset(), Floating: true}
		}
	}
	if published.GetFloating() && slices.Contains(publicStatuses, d.status) {
		// WordPress lists what it shows by the moment, which only drafts may lack.
		published = &recordv1.Time{Seconds: published.GetSeconds(), Offset: published.GetOffset()}
		d.adjust("published", "zone_of_site", "")
	}
	if modified == nil {
		modified = &recordv1.Time{Seconds: published.GetSeconds(), Offset: published.GetOffset()}
	}
	d.date, d.dateGMT = writeTime(published, w.env.zone)
	d.modified, d.modifiedGMT = writeTime(modified, w.env.zone)
}

func (w *writer) setParent(d *draft, parent *recordv1.Ref) {
	if parent == nil {
		return
	}
	if t, ok := w.u.Refs.Target(parent); ok && atoi(t) != 0 {
		d.parent = atoi(t)
		return
	}
	d.parent = pendingParent(parent)
	if above := w.inBatch[record.KeyOf(parent)]; above != nil && above != d.job {
		d.above = above
		return
	}
	d.openRef("parent", parent)
}

// savePosts inserts new rows and updates those of earlier runs; rows get their ids.
func (w *writer) savePosts(drafts []*draft) error {
	var fresh []*draft
	var rows [][]any
	for _, d := range drafts {
		if d.update {
			if err := w.updatePost(d); err != nil {
				return err
			}
			continue
		}
		fresh = append(fresh, d)
		rows = append(rows, append(d.values(), "", "", ""))
	}
	ids, err := w.tx.Insert(w.ctx, w.s.prefix+"posts", append(slices.Clone(postCols), fixedCols...), rows)
	if err != nil {
		return err
	}
	guids := map[int64]string{}
	var written []post
	for i, d := range fresh {
		d.done(ids[i])
		if d.parent == 0 && d.above == nil && w.kind == recordv1.Kind_KIND_ENTRY {
			written = append(written, post{id: ids[i], author: d.author, date: d.date, status: d.status, name: d.name, kind: d.kind})
		}
		if d.guid == "" {
			guids[ids[i]] = w.env.home + "/?p=" + itoa(ids[i])
		}
	}
	w.tx.After(func() { w.s.lately.add(written) })
	if err := setEach(w.ctx, w.s, w.tx, "posts", "ID", "guid", guids); err != nil {
		return err
	}
	parents := map[int64]int64{}
	for _, d := range drafts {
		if d.above != nil {
			parents[d.job.id] = d.above.id
		}
	}
	return w.s.setParents(w.ctx, w.tx, parents)
}

func (w *writer) updatePost(d *draft) error {
	if d.guid == "" {
		d.guid = w.env.home + "/?p=" + itoa(d.job.id)
	}
	d.done(d.job.id)
	w.s.lately.forget()
	_, err := w.tx.Exec(w.ctx, w.s.sql("UPDATE {posts} SET "+strings.Join(postCols, " = ?, ")+" = ? WHERE ID = ?"), append(d.values(), d.job.id)...)
	return err
}

func (w *writer) savePostMeta(drafts []*draft) error {
	m := &metaBuilder{table: postMeta}
	var old []int64
	for _, d := range drafts {
		if d.update {
			old = append(old, d.job.id)
		}
		if w.kind == recordv1.Kind_KIND_MEDIA {
			w.mediaMeta(m, d)
		} else {
			w.entryMeta(m, d)
		}
		w.fields(m, d.job.id, d.job, "meta:", d.rec.GetFields(), same)
	}
	if err := cmssql.ExecIn(w.ctx, w.tx, old, w.s.sql("DELETE FROM {postmeta} WHERE meta_key NOT IN ('_edit_lock','_edit_last','_encloseme','_pingme') AND SUBSTR(meta_key,1,8) <> '_oembed_' AND post_id IN ")); err != nil {
		return err
	}
	return m.insert(w)
}

func (w *writer) entryMeta(m *metaBuilder, d *draft) {
	e, id := d.rec.GetEntry(), d.job.id
	m.text(id, "_wp_page_template", e.GetTemplate())
	if img := e.GetImage().GetMedia(); img != nil {
		m.add(id, "_thumbnail_id", w.refText(d.job, "meta:_thumbnail_id", img))
	}
	if v := e.GetVisibility(); v > recordv1.Visibility_VISIBILITY_PUBLIC {
		for name, known := range visibilities {
			if known == v {
				m.add(id, visibilityMeta, name)
			}
		}
		m.text(id, tiersMeta, strings.Join(e.GetTiers(), "\n"))
	} else if len(e.GetTiers()) > 0 {
		d.adjust("tiers", "tiers_without_visibility", "")
	}
	w.writeYoast(m, d.job, e.GetSeo())
}

func (w *writer) writeYoast(m *metaBuilder, j *job, s *recordv1.Seo) {
	if s == nil {
		return
	}
	for _, t := range yoastTexts {
		m.text(j.id, yoast+t.key, *t.field(s))
	}
	for _, i := range yoastImages {
		img := *i.field(s)
		m.text(j.id, yoast+i.key, img.GetUrl())
		if img.GetMedia() != nil {
			m.add(j.id, yoast+i.key+"-id", w.refText(j, "meta:"+yoast+i.key+"-id", img.GetMedia()))
		}
	}
	if s.GetNoindex() {
		m.add(j.id, yoastNoindex, "1")
	}
	if s.GetNofollow() {
		m.add(j.id, yoastNofollow, "1")
	}
}

// saveSticky keeps the list of posts on top. The option's row is locked: parallel batches change it one after the other.
func (w *writer) saveSticky(drafts []*draft) error {
	on, off := []int64{}, map[int64]bool{}
	for _, d := range drafts {
		if sticky := d.rec.GetEntry().GetFeatured(); sticky && !w.env.sticky[d.job.id] {
			on = append(on, d.job.id)
		} else if !sticky && w.env.sticky[d.job.id] {
			off[d.job.id] = true
		}
	}
	if len(on)+len(off) == 0 {
		return nil
	}
	return w.s.changeOption(w.ctx, w.u, "sticky_posts", "yes", func(old string) string {
		list := []*recordv1.Value{}
		for _, id := range append(intList(old), on...) {
			if v := php.Int(id); !off[id] && !slices.ContainsFunc(list, func(h *recordv1.Value) bool { return h.GetIntValue() == id }) {
				list = append(list, v)
			}
		}
		return serialized(phpList(list...))
	})
}
