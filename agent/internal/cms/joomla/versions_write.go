package joomla

import (
	"context"
	"crypto/sha1" //nolint:gosec // Joomla's own mark of a version, no secret
	"encoding/hex"
	"regexp"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

const (
	typeRevision = "revision"
	versionField = extraPrefix + "version_data"
	// versionSlot are pointers in a version's texts, versionOfSlot is its article.
	versionSlot, versionOfSlot = "version", "version_of"
)

// installed are keys of a version that say something of one installation only: the article's own are put there. Joomla 6 keeps the form's
// text beside the two that it is divided into, which have moved.
var installed = []string{"id", "asset_id", "catid", "created_by", "modified_by", "checked_out", "checked_out_time", "tags", "newTags", "tagsHelper", "articletext"}

// revisions writes older versions of articles as rows of the table of versions.
func (w *writer) revisions(ctx context.Context, ds []*draft) error {
	if len(ds) == 0 {
		return nil
	}
	var ids []string
	for _, d := range ds {
		if id, ok := w.u.Refs.Target(d.rec.GetEntry().GetParent()); ok && isID(id) {
			ids = append(ids, id)
		}
	}
	rows, err := w.s.queryIn(ctx, w.q, "SELECT * FROM {content} WHERE id IN ", ids, "")
	if err != nil {
		return err
	}
	h, err := w.s.hasher(ctx, w.q)
	if err != nil {
		return err
	}
	articles := cmssql.By(rows, "id")
	for _, d := range ds {
		d.revision(articles, h)
		d.measure()
	}
	return w.flush(ctx, ds[0].table, ds)
}

func (d *draft) revision(articles map[string][]row, h *versionHash) {
	e := d.rec.GetEntry()
	id, found := d.w.u.Refs.Target(e.GetParent())
	if e.GetParent() == nil || found && len(articles[id]) == 0 {
		d.leave(agentv1.Outcome_OUTCOME_SKIPPED, "version_of_no_article", "the version belongs to no article", "Joomla keeps versions of articles; nothing is to be done.", "parent")
		return
	}
	var article row
	if found {
		article = articles[id][0]
	} else {
		d.wait(versionOfSlot, record.NewToken(e.GetParent(), ""))
	}
	d.extras(revisionExtras)
	own := d.versionFields(e)
	d.dropRest()
	d.number("editor_user_id", d.w.u.FallbackAuthor)
	if len(e.GetAuthors()) > 0 {
		if author := d.target("editor_user_id", e.GetAuthors()[0]); isID(author) {
			d.number("editor_user_id", author)
		}
	}
	d.date("save_date", firstTime(e.GetModified(), e.GetPublished(), e.GetCreated(), &recordv1.Time{Seconds: d.w.s.now().Unix()}))
	setVersion(d.cols, d.w.s.item(id), versionOf(article, d.w.s.schema["content"], own), h)
	d.tellVersion(e)
}

// versionFields is what the record says of the article as it was.
func (d *draft) versionFields(e *recordv1.Entry) *recordv1.Value {
	own := arrayValue(false)
	for i, f := range d.rest {
		if f.GetName() == versionField && f.GetValue().GetArray() != nil {
			own = mapTexts(cloneValue(f.GetValue()), func(t string) *recordv1.Value { return textValue(d.expand(versionSlot, t)) })
			d.adjust("fields."+versionField, "as_article_here", "")
			d.rest = slices.Delete(slices.Clone(d.rest), i, i+1)
			break
		}
	}
	intro, full := d.divide(e.GetContent().GetText())
	put(own, "title", textValue(e.GetTitle()))
	if e.GetSlug() != "" {
		put(own, "alias", textValue(e.GetSlug()))
	}
	put(own, "introtext", textValue(d.expand(versionSlot, intro)))
	put(own, "fulltext", textValue(d.expand(versionSlot, full)))
	for n, st := range states {
		if st == e.GetStatus() {
			put(own, "state", intValue(atoi(n)))
			return own
		}
	}
	d.adjust("status", "as_article_here", "")
	d.adjust("status_name", "as_article_here", "")
	return own
}

// tellVersion tells what a version has no place for.
func (d *draft) tellVersion(e *recordv1.Entry) {
	if e.GetType() != typeRevision {
		d.adjust("type", "type_folded", typeRevision)
	}
	if e.GetModified() == nil {
		d.adjust("modified", "save_date", "")
	}
	for _, f := range []string{"fields." + extraPrefix + "sha1_hash", "fields." + extraPrefix + "character_count"} {
		d.adjust(f, "made_again", "")
	}
	d.noPlace(map[string]bool{"locale": d.rec.GetLocale() != "", "translation_group": d.rec.GetTranslationGroup() != "", "terms": len(e.GetTerms()) > 0,
		"published": e.GetPublished() != nil, "created": e.GetCreated() != nil, "featured": e.GetFeatured(), "image": e.GetImage() != nil, "seo": e.GetSeo() != nil,
		"visibility": e.GetVisibility() > recordv1.Visibility_VISIBILITY_PUBLIC, "tiers": len(e.GetTiers()) > 0, "position": e.GetPosition() != 0,
		"password": e.GetPassword() != "", "hide_title_and_image": e.GetHideTitleAndImage(), "authors": len(e.GetAuthors()) > 1})
}

func firstTime(all ...*recordv1.Time) *recordv1.Time {
	return all[slices.IndexFunc(all, func(t *recordv1.Time) bool { return stamp(t) != "" })]
}

// item says which article a version is of, as columns of its table.
func (s *Site) item(article string) map[string]any {
	if !isID(article) {
		article = "0"
	}
	if s.schema.Has("history") {
		return map[string]any{"item_id": articleContext + "." + article}
	}
	return map[string]any{"ucm_item_id": atoi(article), "ucm_type_id": atoi(s.articleType)}
}

// versionOf is an article's row as Joomla keeps it, with what was otherwise then.
func versionOf(article row, columns cmssql.Columns, own *recordv1.Value) *recordv1.Value {
	out := arrayValue(false)
	for _, c := range article {
		v := textValue(c.Text)
		switch {
		case c.Null:
			v = &recordv1.Value{}
		case strings.Contains(columns[c.Name].Type, "int"):
			v = intValue(atoi(c.Text))
		}
		put(out, c.Name, v)
	}
	for _, p := range own.GetArray().GetPairs() {
		if k := p.GetKey().GetText(); !slices.Contains(installed, k) {
			put(out, k, p.GetValue())
		}
	}
	return out
}

func noRef(*recordv1.Ref) string { return "" }

// setVersion sets the columns that depend on each other.
func setVersion(cols, item map[string]any, data *recordv1.Value, h *versionHash) {
	text := formatJSON(data, noRef)
	cols["version_data"], cols["character_count"], cols["sha1_hash"] = text, int64(len(text)), h.of(data)
	// What is written is the article's row, as before Joomla 6, which takes it for a filled in form unless it is told.
	// (libraries/src/Versioning/VersionableModelTrait.php, loadHistory)
	cols["is_legacy"] = 1
	for col, v := range item {
		cols[col] = v
	}
}

// versionHash marks versions as Joomla does, so that saving an article unchanged makes no new version.
type versionHash struct{ ignore, numbers []string }

// hasher reads which columns do not make a version another. (ContentHistory::__construct, getSha1)
func (s *Site) hasher(ctx context.Context, q cmssql.Querier) (*versionHash, error) {
	h := &versionHash{strings.Fields("modified_by modified_user_id modified modified_time checked_out checked_out_time version hits path"),
		strings.Fields("publish_up publish_down ordering featured")}
	text, err := s.one(ctx, q, "SELECT content_history_options FROM {content_types} WHERE type_alias = ?", articleContext)
	options := parsed(text)
	for key, list := range map[string]*[]string{"ignoreChanges": &h.ignore, "convertToInt": &h.numbers} {
		if v := look(options, key); v.GetArray() != nil {
			*list = nil
			for _, p := range v.GetArray().GetPairs() {
				*list = append(*list, p.GetValue().GetText())
			}
		}
	}
	return h, err
}

var leadingNumber = regexp.MustCompile(`^\s*[+-]?[0-9]+`)

func (h *versionHash) of(data *recordv1.Value) string {
	v := without(cloneValue(data), h.ignore...)
	for _, p := range slices.Clone(v.GetArray().GetPairs()) {
		inner := p.GetValue().GetArray()
		if inner == nil || inner.GetList() {
			p.Value = looseText(p.GetValue())
			continue
		}
		for _, q := range inner.GetPairs() {
			put(v, q.GetKey().GetText(), looseText(cloneValue(q.GetValue())))
		}
	}
	for _, key := range h.numbers {
		if t := look(v, key); t != nil && t.GetArray() == nil {
			put(v, key, intValue(atoi(leadingNumber.FindString(t.GetText()))))
		}
	}
	sum := sha1.Sum([]byte(formatJSON(v, noRef))) //nolint:gosec // see above
	return hex.EncodeToString(sum[:])
}

// looseText is a whole number, a truth or nothing as PHP's text of it.
func looseText(v *recordv1.Value) *recordv1.Value {
	switch k := v.GetKind().(type) {
	case nil:
		return textValue("")
	case *recordv1.Value_IntValue:
		return textValue(itoa(k.IntValue))
	case *recordv1.Value_BoolValue:
		return textValue(map[bool]string{true: "1"}[k.BoolValue])
	}
	return v
}

// relinkVersion completes a version whose article, or something that its texts point to, came after it.
func (s *Site) relinkVersion(ctx context.Context, u *cms.Unit, g *slotLinks) error {
	table, _ := s.history()
	item := map[bool]string{true: "item_id", false: "ucm_item_id"}[s.schema.Has("history")]
	rows, err := s.query(ctx, u.Tx, "SELECT version_data, "+item+" AS item FROM {"+table+"} WHERE version_id = ?", atoi(g.id))
	if err != nil || len(rows) == 0 {
		return err
	}
	id := strings.TrimPrefix(rows[0].Text("item"), articleContext+".")
	if g.slot == versionOfSlot && g.links[0].Found {
		id = g.links[0].Target
	}
	own := parsed(rows[0].Text("version_data"))
	var texts []string
	mapTexts(own, func(t string) *recordv1.Value { texts = append(texts, t); return nil })
	if err := u.Refs.Load(ctx, texts...); err != nil {
		return err
	}
	own = mapTexts(own, func(t string) *recordv1.Value { t, _ = u.Refs.Expand(t); return textValue(t) })
	return s.storeVersion(ctx, u, g.id, id, own)
}

func (s *Site) storeVersion(ctx context.Context, u *cms.Unit, version, id string, own *recordv1.Value) error {
	articles, err := s.query(ctx, u.Tx, "SELECT * FROM {content} WHERE id = ?", atoi(id))
	if err != nil {
		return err
	}
	if len(articles) > 0 {
		own = versionOf(articles[0], s.schema["content"], own)
	}
	h, err := s.hasher(ctx, u.Tx)
	if err != nil {
		return err
	}
	table, _ := s.history()
	d := &draft{w: &writer{reader: s.newReader(u.Tx, kindEntry), u: u}, table: table, id: version, cols: map[string]any{}}
	setVersion(d.cols, s.item(id), own, h)
	return d.w.update(ctx, d)
}
