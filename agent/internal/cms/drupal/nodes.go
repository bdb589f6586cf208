package drupal

import (
	"context"
	"slices"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Prefixes of ids beside those of nodes.
const (
	revisionPrefix = "rev:"
	blockPrefix    = "block:"
)

const (
	nodes7 = "SELECT n.nid, n.vid, n.type, n.language AS lang, n.language AS origin, n.title, n.uid, n.status, n.created, n.changed, n.comment, n.promote, n.sticky, n.tnid, 1 AS is_origin, r.log, r.vid AS loaded " +
		"FROM {node} n LEFT JOIN {node_revision} r ON r.vid = n.vid WHERE n.nid IN "
	revisions7 = "SELECT r.nid, r.vid, n.type, n.language AS lang, n.language AS origin, r.title, r.uid, r.status, n.created, r.timestamp AS changed, r.comment, r.promote, r.sticky, n.tnid, 1 AS is_origin, r.log, r.vid AS loaded " +
		"FROM {node_revision} r JOIN {node} n ON n.nid = r.nid WHERE n.vid <> r.vid AND r.vid IN "
	nodes8 = "SELECT d.nid, d.vid, d.type, d.langcode AS lang, n.langcode AS origin, d.title, d.uid, d.status, d.created, d.changed, d.promote, d.sticky, d.default_langcode AS is_origin, r.revision_log AS log, r.vid AS loaded, n.uuid " +
		"FROM {node_field_data} d JOIN {node} n ON n.nid = d.nid LEFT JOIN {node_revision} r ON r.vid = d.vid WHERE d.nid IN "
	revisions8 = "SELECT d.nid, d.vid, n.type, d.langcode AS lang, r.langcode AS origin, d.title, r.revision_uid AS uid, d.status, d.created, r.revision_timestamp AS changed, d.promote, d.sticky, d.default_langcode AS is_origin, r.revision_log AS log, r.vid AS loaded, n.uuid " +
		"FROM {node_field_revision} d JOIN {node} n ON n.nid = d.nid JOIN {node_revision} r ON r.vid = d.vid WHERE d.vid <> n.vid AND d.vid IN "
)

func (s *Site) nodeStream() stream {
	st := stream{name: "nodes", from: "{node} t", key: "t.nid", where: "t.nid > 0", typ: "t.type", sizes: s.sizes("node", false), build: (*reader).nodes}
	if !s.seven {
		st.counted = "{node} t JOIN {node_field_data} d ON d.nid = t.nid WHERE t.nid > 0"
	}
	return st
}

func (s *Site) revisionStream() stream {
	st := stream{name: "revisions", prefix: revisionPrefix, from: "{node_revision} t JOIN {node} n ON n.nid = t.nid", key: "t.vid", where: "t.vid <> n.vid", typ: "n.type", sizes: s.sizes("node", true), build: (*reader).revisions}
	if !s.seven {
		st.counted = "{node_field_revision} d JOIN {node} n ON n.nid = d.nid JOIN {node_revision} r ON r.vid = d.vid WHERE d.vid <> n.vid"
	}
	return st
}

// sizes select the bytes of an entity type's long texts, of its entities or of its revisions.
func (s *Site) sizes(entity string, old bool) []string {
	var all []string
	for _, f := range s.schema.tables(entity) {
		where := "deleted = 0"
		if s.seven {
			where = "entity_type = '" + entity + "' AND h.deleted = 0"
		}
		table, key := f.table, "entity_id"
		if old {
			table, key = f.revision, "revision_id"
		}
		if f.long() {
			all = append(all, "SELECT h."+key+" AS id, OCTET_LENGTH(h."+f.name+"_value) AS n FROM {"+table+"} h WHERE h."+where+" AND h."+key+" IN ")
		}
		all = append(all, s.partSizes(f, table, key, where)...)
	}
	return all
}

func (r *reader) nodes(ctx context.Context, keys []int64) (map[int64][]cms.Item, error) {
	query, order := nodes7, " ORDER BY n.nid"
	if !r.s.seven {
		query, order = nodes8, " ORDER BY d.nid, d.default_langcode DESC, d.langcode"
	}
	rows, err := queryIn(ctx, r.s, r.q, keys, query, order)
	if err != nil {
		return nil, err
	}
	return r.entries(ctx, rows, false)
}

func (r *reader) revisions(ctx context.Context, keys []int64) (map[int64][]cms.Item, error) {
	query, order := revisions7, " ORDER BY r.vid"
	if !r.s.seven {
		query, order = revisions8, " ORDER BY d.vid, d.default_langcode DESC, d.langcode"
	}
	rows, err := queryIn(ctx, r.s, r.q, keys, query, order)
	if err != nil {
		return nil, err
	}
	return r.entries(ctx, rows, true)
}

// nodeSet is what a page of nodes needs beside their rows.
type nodeSet struct {
	values  *values
	aliases map[string][]alias
	books   map[string][]row
	polls   map[string][]row
	choices map[string][]row
	states  map[string][]row
	langs   map[string][]string
}

func (r *reader) entries(ctx context.Context, rows []row, old bool) (map[int64][]cms.Item, error) {
	set := &nodeSet{langs: map[string][]string{}}
	holders := make([]holder, len(rows))
	var nids []int64
	var sources []string
	for i, n := range rows {
		h := holder{entity: "node", bundle: n.text("type"), id: n.number("nid"), lang: n.text("lang"), origin: n.text("origin")}
		if old {
			h.revision = n.number("vid")
		}
		holders[i] = h
		set.langs[n.text("vid")] = append(set.langs[n.text("vid")], h.lang)
		if !slices.Contains(nids, h.id) {
			nids, sources = append(nids, h.id), append(sources, "node/"+itoa(h.id))
		}
	}
	if err := r.fillSet(ctx, set, holders, nids, sources, old); err != nil {
		return nil, err
	}
	items := map[int64][]cms.Item{}
	for i, n := range rows {
		key := holders[i].id
		if old {
			key = holders[i].revision
		}
		items[key] = append(items[key], r.entry(n, holders[i], set, old))
	}
	return items, nil
}

func (r *reader) fillSet(ctx context.Context, set *nodeSet, holders []holder, nids []int64, sources []string, old bool) (err error) {
	if set.values, err = r.values(ctx, holders); err != nil {
		return err
	}
	if set.states, err = r.states(ctx, nids); err != nil || old {
		return err
	}
	if set.aliases, err = r.aliases(ctx, sources); err != nil {
		return err
	}
	if set.books, err = r.books(ctx, nids); err != nil {
		return err
	}
	if set.polls, err = r.beside(ctx, "poll", nids, ""); err != nil {
		return err
	}
	set.choices, err = r.beside(ctx, "poll_choice", nids, " ORDER BY nid, weight, chid")
	return err
}

// beside are rows of a module's table by node; none where the module is not there.
func (r *reader) beside(ctx context.Context, table string, nids []int64, order string) (map[string][]row, error) {
	if !r.s.seven || !r.s.has(table) {
		return nil, nil
	}
	rows, err := queryIn(ctx, r.s, r.q, nids, "SELECT * FROM {"+table+"} WHERE nid IN ", order)
	return by(rows, "nid"), err
}

func (r *reader) books(ctx context.Context, nids []int64) (map[string][]row, error) {
	if !r.s.has("book") {
		return nil, nil
	}
	query := "SELECT nid, bid, pid, weight FROM {book} WHERE nid IN "
	if r.s.seven {
		query = "SELECT b.nid, b.bid, p.nid AS pid, m.weight FROM {book} b JOIN {menu_links} m ON m.mlid = b.mlid LEFT JOIN {book} p ON p.mlid = m.plid WHERE b.nid IN "
	}
	rows, err := queryIn(ctx, r.s, r.q, nids, query, "")
	return by(rows, "nid"), err
}

// states are the words of the workflow by revision, each with its language.
func (r *reader) states(ctx context.Context, nids []int64) (map[string][]row, error) {
	if r.s.seven || !r.s.has("content_moderation_state_field_revision") {
		return nil, nil
	}
	rows, err := queryIn(ctx, r.s, r.q, nids, "SELECT content_entity_revision_id AS vid, langcode, moderation_state AS state FROM {content_moderation_state_field_revision} "+
		"WHERE content_entity_type_id = 'node' AND content_entity_id IN ", "")
	return by(rows, "vid"), err
}

// entry is one node, or one version of it, in one language.
func (r *reader) entry(n row, h holder, set *nodeSet, old bool) cms.Item {
	id := itoa(h.id)
	if old {
		id = revisionPrefix + itoa(h.revision)
	}
	if !n.flag("is_origin") {
		id += ":" + h.lang
	}
	if n.null("loaded") {
		return r.skipped(id, "node_without_version", "the row of the node's current version is missing, so Drupal does not load it", "Repair or delete the node in the source.")
	}
	e := &recordv1.Entry{Type: h.bundle, Purpose: purposes[h.bundle], Title: n.text("title"), Featured: n.flag("sticky"), Created: r.s.at(n, "created"), Modified: r.s.at(n, "changed"), Uuid: n.text("uuid")}
	if e.Purpose == 0 {
		e.Purpose = recordv1.Purpose_PURPOSE_CUSTOM
	}
	rec := &recordv1.Record{Ref: record.NewRef(kindEntry, id), Locale: locale(h.lang), Body: &recordv1.Record_Entry{Entry: e}}
	if uid := n.text("uid"); uid != "" && uid != "0" {
		e.Authors = []*recordv1.Ref{record.NewRef(kindUser, uid)}
	}
	r.status(n, h, rec, set)
	r.group(n, rec, set)
	r.content(n, h, rec, set)
	if old {
		e.Purpose, e.Parent, e.Uuid, rec.TranslationGroup = recordv1.Purpose_PURPOSE_REVISION, record.NewRef(kindEntry, itoa(h.id)), "", ""
		if !n.flag("is_origin") {
			e.Parent.SourceId += ":" + h.lang
		}
		return r.item(rec, nil, n)
	}
	r.place(h, rec, set)
	a := address{system: "node/" + itoa(h.id), lang: h.lang, others: set.langs[n.text("vid")], primary: n.flag("is_origin"), uuid: n.text("uuid"), aliases: set.aliases["node/"+itoa(h.id)]}
	e.Slug = slug(r.s.pick(a.aliases, h.lang))
	return r.item(rec, r.s.paths(a), n)
}

// purposes of the types that Drupal and its distributions come with.
var purposes = map[string]recordv1.Purpose{
	"page": recordv1.Purpose_PURPOSE_PAGE, "book": recordv1.Purpose_PURPOSE_PAGE, "landing_page": recordv1.Purpose_PURPOSE_PAGE, "article": recordv1.Purpose_PURPOSE_ARTICLE,
	"story": recordv1.Purpose_PURPOSE_ARTICLE, "blog": recordv1.Purpose_PURPOSE_ARTICLE, "news": recordv1.Purpose_PURPOSE_ARTICLE, "post": recordv1.Purpose_PURPOSE_ARTICLE,
}

// status keeps the word of a workflow beside what it means to visitors.
func (r *reader) status(n row, h holder, rec *recordv1.Record, set *nodeSet) {
	e, state := rec.GetEntry(), ""
	e.Status = recordv1.Status_STATUS_DRAFT
	if n.flag("status") {
		e.Status, e.Published = recordv1.Status_STATUS_PUBLISHED, e.Created
	}
	for _, st := range set.states[n.text("vid")] {
		if st.text("langcode") == h.lang {
			state = st.text("state")
		}
	}
	if state != "" {
		rec.Fields = append(rec.Fields, &recordv1.Field{Name: "moderation_state", Value: php.Text(state)})
	}
	if state == "archived" && e.Status == recordv1.Status_STATUS_DRAFT {
		e.Status = recordv1.Status_STATUS_ARCHIVED
	}
}

func (r *reader) group(n row, rec *recordv1.Record, set *nodeSet) {
	switch {
	case r.s.seven && n.number("tnid") > 0:
		rec.TranslationGroup = "node:" + n.text("tnid")
	case !r.s.seven && len(set.langs[n.text("vid")]) > 1:
		rec.TranslationGroup = "node:" + n.text("nid")
	}
}

// content fills what comes from fields.
func (r *reader) content(n row, h holder, rec *recordv1.Record, set *nodeSet) {
	e := rec.GetEntry()
	var beside []*recordv1.Field
	e.Content, e.Excerpt, beside, rec.Notes = set.values.body(h, "body")
	rec.Fields = append(rec.Fields, beside...)
	picture := r.s.picture(h.bundle)
	if picture != nil {
		e.Image = set.values.image(h, picture)
	}
	e.Comments = openness[n.text("comment")]
	fieldsWithTerms := 0
	for _, f := range r.s.schema.fields["node"][h.bundle] {
		rows := set.values.of(h, f)
		switch {
		case f.target == "taxonomy_term":
			if len(rows) > 0 {
				fieldsWithTerms++
			}
			e.Terms = append(e.Terms, set.values.terms(h, f, rows)...)
		case f.typ == "comment" && len(rows) > 0 && e.Comments == "":
			e.Comments = openness[rows[0].text(f.name+"_status")]
		}
	}
	if fieldsWithTerms > 1 {
		// An entry's terms are one list.
		rec.Notes = append(rec.Notes, &recordv1.Note{Code: "term_fields_joined", Field: "terms"})
	}
	rec.Fields = append(rec.Fields, set.values.custom(h, func(f *field) bool {
		return f.name == "body" || f.typ == "comment" || f.target == "taxonomy_term" || f == picture && plainImage(f, set.values.of(h, f))
	})...)
	rec.Notes = append(rec.Notes, set.values.partNotes(h)...)
	e.Seo = set.values.describe(h, n.text("vid"), rec)
	if n.flag("promote") {
		rec.Fields = append(rec.Fields, &recordv1.Field{Name: "promote", Value: php.Bool(true)})
	}
	if log := n.text("log"); log != "" {
		rec.Fields = append(rec.Fields, &recordv1.Field{Name: "revision_log", Value: php.Text(log)})
	}
}

// openness of comments: 0 hides them, 1 shows and closes them.
var openness = map[string]string{"0": "closed", "1": "closed", "2": "open"}

// pictures are the names that Drupal's own types give to the field of their main picture.
var pictures = []string{"field_image", "field_main_image", "field_hero_image"}

// picture is the field that holds a type's main picture.
func (s *Site) picture(bundle string) *field {
	for _, name := range pictures {
		if f := s.schema.field("node", bundle, name); f != nil && f.typ == "image" {
			return f
		}
	}
	return nil
}

// plainImage says that Entry.image tells all of a field.
func plainImage(f *field, rows []row) bool {
	return len(rows) == 0 || len(rows) == 1 && rows[0].text(f.name+"_title") == ""
}

// terms are those that a field points to, in the language of its holder.
func (v *values) terms(h holder, f *field, rows []row) []*recordv1.Ref {
	var all []*recordv1.Ref
	for _, r := range rows {
		id := r.text(f.name + "_tid")
		if id == "" {
			id = inLanguage(v.said, r.text(f.name+"_target_id"), h.lang)
		}
		if ref := v.ref(f.target, id); ref != nil {
			all = append(all, ref)
		}
	}
	return all
}

// place fills the outline of books and the parts of polls.
func (r *reader) place(h holder, rec *recordv1.Record, set *nodeSet) {
	e := rec.GetEntry()
	if b := set.books[itoa(h.id)]; len(b) > 0 {
		e.Position = int32(b[0].number("weight"))
		if pid := b[0].text("pid"); pid != "" && pid != "0" {
			e.Parent = record.NewRef(kindEntry, pid)
		}
		rec.Fields = append(rec.Fields, &recordv1.Field{Name: "book", Encoding: "json",
			Value: pairs("bid", &recordv1.Value{Kind: &recordv1.Value_Ref{Ref: record.NewRef(kindEntry, b[0].text("bid"))}})})
	}
	if p := set.polls[itoa(h.id)]; len(p) > 0 {
		rec.Fields = append(rec.Fields, &recordv1.Field{Name: "poll", Encoding: "json", Value: poll(p[0], set.choices[itoa(h.id)])})
	}
}

func poll(p row, choices []row) *recordv1.Value {
	list := &recordv1.Array{List: true}
	for i, c := range choices {
		list.Pairs = append(list.Pairs, &recordv1.Pair{Key: php.Int(int64(i)), Value: pairs("text", php.Text(c.text("chtext")), "votes", php.Int(c.number("chvotes")))})
	}
	return pairs("runtime", php.Int(p.number("runtime")), "active", php.Bool(p.flag("active")), "choices", &recordv1.Value{Kind: &recordv1.Value_Array{Array: list}})
}

// pairs is a map of names and values in order.
func pairs(all ...any) *recordv1.Value {
	m := &recordv1.Array{}
	for i := 0; i+1 < len(all); i += 2 {
		m.Pairs = append(m.Pairs, &recordv1.Pair{Key: php.Text(all[i].(string)), Value: all[i+1].(*recordv1.Value)})
	}
	return &recordv1.Value{Kind: &recordv1.Value_Array{Array: m}}
}
