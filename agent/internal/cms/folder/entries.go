package folder

import (
	"path"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cms/whole"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

func renamed(keys map[string]string, field string) string {
	if key, ok := keys[field]; ok {
		return key
	}
	return field
}

// otherKeys mean something to a builder, so that no custom field of that name may stand at the top.
var otherKeys = strings.Fields("title slug status purpose type visibility description seo authors author draft published lastmod aliases redirect_from menu menus eleventynavigation url " +
	"permalink password status_name updated last_modified_at outputs cascade markup headless resources build _build keywords expirydate publishdate path kind iscjklanguage " +
	"sitemap linktitle translationkey locale audio videos images series lang params excerpt pagination eleventycomputed eleventyexcludefromcollections layout summary page pkg " +
	"collection collections eleventy templateengineoverride next previous")

// reserved says that a name means something at the top of an entry's front matter.
func (c *config) reserved(name string) bool {
	name = strings.ToLower(name)
	if slices.Contains(otherKeys, name) || c.taxonomies[name] != "" {
		return true
	}
	fields := (&recordv1.Entry{}).ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		if f := string(fields.Get(i).Name()); name == f || name == c.entryKey(f) {
			return true
		}
	}
	return false
}

// encodeEntry writes an entry; its refs hold ids of this folder. The section that the file lies in says its type, if it can.
func (c *config) encodeEntry(rec *recordv1.Record, file string) string {
	e, d := rec.GetEntry(), &doc{}
	d.set("title", textValue(e.GetTitle()))
	key := c.shape.address
	if c.flavour == eleventy && !shown(e) {
		// There it says that the page is not built.
		key = "url"
	}
	d.setText(key, e.GetPath())
	d.setText(c.shape.locale, rec.GetLocale())
	d.setText(translationKey, rec.GetTranslationGroup())
	c.putTerms(d, e.GetTerms())
	var authors []string
	for _, a := range e.GetAuthors() {
		if !whole.Open(a) {
			authors = append(authors, a.GetSourceId())
		}
	}
	if len(authors) > 0 {
		d.set("authors", textList(authors))
	}
	c.putStatus(d, e, file)
	if v := e.GetVisibility(); v > recordv1.Visibility_VISIBILITY_PUBLIC {
		d.setText("visibility", enumName(v.Descriptor(), v.Number()))
	}
	d.setText("description", e.GetSeo().GetDescription())
	encode(d, e.ProtoReflect(), c.entryKey)
	if seo := e.GetSeo(); seo != nil {
		in := &doc{}
		encode(in, seo.ProtoReflect(), func(f string) string { return strings.TrimPrefix(f, "description") })
		if len(in.pairs) > 0 {
			d.set("seo", in.value())
		}
	}
	if at := c.placeOf(file); c.typeAt(at) != e.GetType() {
		d.setText("type", e.GetType())
	}
	if e.GetPurpose() != purposeOf(e.GetType()) && e.GetPurpose() != recordv1.Purpose_PURPOSE_UNSPECIFIED {
		d.setText("purpose", enumName(e.GetPurpose().Descriptor(), e.GetPurpose().Number()))
	}
	switch fragment := e.GetPurpose() == recordv1.Purpose_PURPOSE_FRAGMENT; {
	case fragment && c.flavour == eleventy:
		d.set("permalink", boolValue(false))
	case fragment && c.flavour == hugo:
		// Part of other pages: no page of its own. Of Jekyll's the whole collection is left out, see fresh.go.
		never := &doc{}
		never.setText("list", "never")
		never.setText("render", "never")
		d.set("_build", never.value())
	}
	putFields(d, rec.GetFields(), c.reserved)
	return page(d, c.bodyText(e.GetContent()))
}

// putTerms writes slugs by taxonomy; a term's own page has its name.
func (c *config) putTerms(d *doc, terms []*recordv1.Ref) {
	byKey := map[string][]string{}
	var keys []string
	for _, t := range terms {
		key, name, ok := strings.Cut(t.GetSourceId(), "/")
		if !ok || whole.Open(t) {
			continue
		}
		if byKey[key] == nil {
			keys = append(keys, key)
		}
		byKey[key] = append(byKey[key], name)
	}
	for _, key := range keys {
		d.set(key, textList(byKey[key]))
	}
}

// grouped are terms in the order in which front matter gives them back.
func grouped(terms []*recordv1.Ref) []*recordv1.Ref {
	var keys []string
	byKey := map[string][]*recordv1.Ref{}
	for _, t := range terms {
		key, _, _ := strings.Cut(t.GetSourceId(), "/")
		if byKey[key] == nil {
			keys = append(keys, key)
		}
		byKey[key] = append(byKey[key], t)
	}
	var all []*recordv1.Ref
	for _, key := range keys {
		all = append(all, byKey[key]...)
	}
	return all
}

// closed says that visitors of the source do not see the entry as everybody would see it here.
func closed(e *recordv1.Entry) bool {
	return e.GetVisibility() > recordv1.Visibility_VISIBILITY_PUBLIC || e.GetPassword() != "" || e.GetEmailOnly()
}

// dirOf is the folder below the content for a type; Jekyll's collections have theirs at the top.
func (c *config) dirOf(typ string) string {
	mark := map[bool]string{true: "_"}[c.flavour == jekyll]
	switch typ {
	case "post":
		return mark + "posts"
	case "page", "":
		return ""
	}
	dir := mark + slug(typ)
	if at := path.Join(c.content, dir); skipped[at] || at == c.data || contains(c.static, at) || at == "_drafts" {
		// Files there are no pages.
		dir += "-pages"
	}
	return dir
}

func typeOf(dir string) string {
	switch dir {
	case "":
		return "page"
	case "posts", "post", "blog", "articles", "news":
		return "post"
	}
	return dir
}

func purposeOf(typ string) recordv1.Purpose {
	switch typ {
	case "post":
		return recordv1.Purpose_PURPOSE_ARTICLE
	case "page":
		return recordv1.Purpose_PURPOSE_PAGE
	}
	return recordv1.Purpose_PURPOSE_CUSTOM
}

// read is a content file on its way to a record.
type read struct {
	front *doc
	place place
	// aliases and menus are what the file says beside the record itself.
	aliases []string
	menus   *recordv1.Value
}

// decodeEntry reads a content file.
func (c *config) decodeEntry(file, raw string) (*recordv1.Record, *read, error) {
	front, body, _, err := splitFront(raw)
	if err != nil {
		return nil, nil, err
	}
	r := &read{front: &doc{slices.Clone(front.pairs)}, place: c.placeOf(file)}
	e := &recordv1.Entry{Title: plain(front.take("title")), Slug: or(plain(front.take("slug")), r.place.name), Visibility: recordv1.Visibility_VISIBILITY_PUBLIC}
	rec := &recordv1.Record{Ref: record.NewRef(kindEntry, idOf(file)), Body: &recordv1.Record_Entry{Entry: e}, Locale: or(plain(front.take(c.shape.locale)), c.tongues.locale(r.place.language))}
	rec.TranslationGroup = plain(front.take(translationKey))
	c.takeKind(e, front, r.place)
	if n, ok := record.EnumNumber(e.Visibility.Descriptor(), plain(front.get("visibility"))); ok && n > 0 {
		e.Visibility = recordv1.Visibility(n)
		front.take("visibility")
	}
	e.Status = takeStatus(front, r.place)
	for _, at := range []struct {
		to   **recordv1.Time
		keys []string
	}{{&e.Published, []string{"date", "publishDate"}}, {&e.Modified, []string{"lastmod", "updated", "last_modified_at"}}} {
		for _, key := range at.keys {
			if *at.to == nil {
				if *at.to = parseTime(front.get(key), c.zone); *at.to != nil {
					front.take(key)
				}
			}
		}
	}
	if e.Published == nil && r.place.date != "" && r.place.date != undated {
		e.Published = parseTime(textValue(r.place.date), c.zone)
	}
	r.aliases, r.menus = append(texts(front.take("aliases")), texts(front.take("redirect_from"))...), front.take("menus", "menu", "eleventyNavigation")
	c.takeTerms(e, front)
	c.takeAuthors(e, front)
	takeImage(e, front)
	takeSeo(e, front)
	for _, key := range []string{"url", "permalink", "_build", "eleventyExcludeFromCollections"} {
		if v := plain(front.take(key)); strings.Contains(v, "{") {
			rec.Notes = append(rec.Notes, &recordv1.Note{Code: "address_computed", Field: "slug"})
		}
	}
	decode(front, e.ProtoReflect(), c.entryKey)
	for _, key := range []string{"excerpt", "summary"} {
		if s := plain(front.get(key)); s != "" && e.Excerpt == "" {
			e.Excerpt = s
			front.take(key)
		}
	}
	if s := plain(front.get("layout")); s != "" && e.Template == "" {
		e.Template = s
		front.take("layout")
	}
	rec.Fields = takeFields(front)
	e.Content = c.bodyOf(body, r.place.html)
	return rec, r, nil
}

// bodyOf names what has to be done with a text before a browser can show it.
func (c *config) bodyOf(text string, html bool) *recordv1.Body {
	markup := map[bool]string{true: "html", false: "markdown"}[html]
	free := noLiquid.Replace(text)
	templates := c.flavour == hugo && (strings.Contains(text, "{{<") || strings.Contains(text, "{{%")) ||
		c.flavour != hugo && (strings.Contains(free, "{{") || strings.Contains(free, "{%"))
	if !templates && c.flavour != hugo {
		text = showLiquid.Replace(text)
	}
	if templates {
		markup += "+" + map[bool]string{true: "hugo", false: "liquid"}[c.flavour == hugo]
	}
	clean := strings.ToValidUTF8(text, "\ufffd")
	return &recordv1.Body{Markup: markup, Text: clean}
}

// typeAt is the type that a place says by itself.
func (c *config) typeAt(p place) string {
	switch {
	case p.collection == "posts" || p.collection == "drafts":
		return "post"
	case p.collection != "":
		return p.collection
	case p.index == "_index", c.flavour == jekyll:
		return "page"
	}
	return typeOf(p.section)
}

func (c *config) takeKind(e *recordv1.Entry, front *doc, p place) {
	e.Type = c.typeAt(p)
	if tags := texts(front.get("tags")); c.flavour == eleventy && (contains(tags, "post") || contains(tags, "posts")) {
		e.Type = "post"
	}
	if t := plain(front.take("type")); t != "" {
		e.Type = t
	}
	e.Purpose = purposeOf(e.GetType())
	if v := plain(front.get("purpose")); v != "" {
		if n, ok := record.EnumNumber(e.GetPurpose().Descriptor(), v); ok {
			e.Purpose = recordv1.Purpose(n)
			front.take("purpose")
		}
	}
}

func (c *config) takeTerms(e *recordv1.Entry, front *doc) {
	for _, p := range slices.Clone(front.pairs) {
		key := p.GetKey().GetText()
		if key == "category" && c.taxonomies["categories"] != "" {
			key = "categories"
		}
		if c.taxonomies[key] == "" && !c.hasTerms(key) {
			continue
		}
		for _, name := range c.names(key, p.GetValue()) {
			if ref := record.NewRef(kindTerm, termID(key, slug(name))); slug(name) != "" && !slices.ContainsFunc(e.Terms, func(r *recordv1.Ref) bool { return r.GetSourceId() == ref.GetSourceId() }) {
				e.Terms = append(e.Terms, ref)
			}
		}
		front.take(p.GetKey().GetText())
	}
}

// hasTerms says that terms of the key were written that the configuration does not name.
func (c *config) hasTerms(key string) bool {
	_, ok := c.own.Load(key)
	return ok
}

// collectionTags are tags that only say which of Eleventy's collections a page is in.
var collectionTags = map[string]bool{"post": true, "posts": true, "all": true, "nav": true}

// names are the terms of a value. Jekyll takes a text as several words; Eleventy's tags name collections, too.
func (c *config) names(key string, v *recordv1.Value) []string {
	all := texts(v)
	if _, text := v.GetKind().(*recordv1.Value_Text); text && c.flavour == jekyll {
		all = strings.Fields(plain(v))
	}
	if c.flavour == eleventy && key == "tags" {
		all = slices.DeleteFunc(all, func(s string) bool { return collectionTags[s] })
	}
	return all
}

func termID(key, name string) string { return shortID(key + "/" + name) }

func (c *config) takeAuthors(e *recordv1.Entry, front *doc) {
	for _, v := range append(items(front.take("authors")), authorOf(front.take("author"))...) {
		name := or(plain(v), plain(docOf(v).get("name")))
		if id := c.userID(name); id != "" {
			e.Authors = append(e.Authors, record.NewRef(kindUser, id))
		}
	}
}

func authorOf(v *recordv1.Value) []*recordv1.Value {
	if a := v.GetArray(); a != nil && !a.GetList() {
		return []*recordv1.Value{v}
	}
	return items(v)
}

// userID is the author whose key or name it is.
func (c *config) userID(name string) string {
	if id, ok := c.people.Load(name); ok {
		return id.(string)
	}
	return shortID(slug(name))
}

func takeImage(e *recordv1.Entry, front *doc) {
	for _, key := range []string{"image", "featured_image", "featuredImage", "cover", "thumbnail"} {
		v := front.get(key)
		if s, ok := v.GetKind().(*recordv1.Value_Text); ok && s.Text != "" && e.Image == nil {
			e.Image = &recordv1.Image{Url: s.Text}
			front.take(key)
		}
	}
	if all := texts(front.get("images")); e.Image == nil && len(all) > 0 && front.get("image") == nil {
		e.Image = &recordv1.Image{Url: all[0]}
		front.take("images")
	}
}

func takeSeo(e *recordv1.Entry, front *doc) {
	seo := &recordv1.Seo{Description: plain(front.take("description"))}
	if in := docOf(front.get("seo")); len(in.pairs) > 0 {
		left := &doc{slices.Clone(in.pairs)}
		decode(left, seo.ProtoReflect(), same)
		if front.take("seo"); len(left.pairs) > 0 {
			front.set("seo", left.value())
		}
	}
	if proto.Size(seo) > 0 {
		e.Seo = seo
	}
}
