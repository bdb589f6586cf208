package folder

import (
	"path"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Keys of fields in files that are not content; "" is written by hand, or not at all.
var (
	userKeys    = map[string]string{"display_name": "name", "password": "", "capabilities": "", "author": "", "slug": ""}
	termKeys    = map[string]string{"name": "title", "position": "weight", "taxonomy": "", "slug": "", "description": "", "shared_id": "", "path": ""}
	commentKeys = map[string]string{"author_name": "name", "author_url": "url", "created": "date", "content": "", "author_email": "", "author_ip": "", "agent": ""}
	siteKeys    = map[string]string{"base_url": ""}
	none        = map[string]string{}
)

// dataOf is what a data file says: the record's fields, and its custom ones.
func dataOf(rec *recordv1.Record, m protoreflect.Message, keys map[string]string, more ...func(*doc)) *doc {
	d := &doc{}
	encode(d, m, func(f string) string { return renamed(keys, f) })
	for _, fn := range more {
		fn(d)
	}
	putFields(d, rec.GetFields(), func(name string) bool { return d.get(name) != nil || taken(m, keys, name) })
	return d
}

// taken says that a key is one of the message's.
func taken(m protoreflect.Message, keys map[string]string, name string) bool {
	if slices.Contains(otherKeys, strings.ToLower(name)) || name == "message" {
		return true
	}
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		if f := string(fields.Get(i).Name()); f == name || renamed(keys, f) == name {
			return true
		}
	}
	return false
}

func (c *config) encode(rec *recordv1.Record, file string) string {
	d := &doc{}
	switch b := rec.GetBody().(type) {
	case *recordv1.Record_Entry:
		return c.encodeEntry(rec, file)
	case *recordv1.Record_Term:
		return c.encodeTerm(rec, b.Term)
	case *recordv1.Record_Redirect:
		// Part of a page, whatever the data files are.
		return yamlOf(dataOf(rec, b.Redirect.ProtoReflect(), none))
	case *recordv1.Record_Site:
		d = dataOf(rec, b.Site.ProtoReflect(), siteKeys)
	case *recordv1.Record_User:
		d = dataOf(rec, b.User.ProtoReflect(), userKeys)
	case *recordv1.Record_Media:
		d = dataOf(rec, withoutIDs(b.Media).ProtoReflect(), none)
	case *recordv1.Record_Comment:
		d = dataOf(rec, b.Comment.ProtoReflect(), commentKeys, func(d *doc) { d.setText("message", b.Comment.GetContent().GetText()) })
	}
	return c.dataText(d.value())
}

func withoutIDs(m *recordv1.Media) *recordv1.Media {
	m = proto.CloneOf(m)
	for _, f := range m.GetFiles() {
		f.Id, f.Missing, f.Bytes = "", false, 0
	}
	return m
}

func (c *config) encodeTerm(rec *recordv1.Record, t *recordv1.Term) string {
	d := &doc{}
	d.set("title", textValue(t.GetName()))
	d.setText(c.shape.address, t.GetPath())
	if c.flavour != hugo {
		// Only Hugo lists by itself what a term has: here a layout does.
		d.setText("layout", layoutOf(c.flavour, "term"))
		d.setText("taxonomy", c.keyOf(t.GetTaxonomy()))
		d.setText("term", t.GetSlug())
	}
	encode(d, t.ProtoReflect(), func(f string) string {
		if f == "name" {
			return ""
		}
		return renamed(termKeys, f)
	})
	putFields(d, rec.GetFields(), func(name string) bool { return c.reserved(name) || taken(t.ProtoReflect(), termKeys, name) })
	return page(d, c.bodyText(t.GetDescription()))
}

// decodeTerm reads the page of a term: content/tags/NAME/_index.md.
func (c *config) decodeTerm(id, raw string) (*recordv1.Record, *doc, error) {
	all, body, _, err := splitFront(raw)
	if err != nil {
		return nil, nil, err
	}
	key, name, _ := strings.Cut(id, "/")
	front := &doc{slices.Clone(all.pairs)}
	t := &recordv1.Term{Taxonomy: c.taxonomy(key), Slug: name}
	if c.flavour != hugo {
		for _, own := range []string{"layout", "taxonomy", "term"} {
			front.take(own)
		}
	}
	decode(front, t.ProtoReflect(), func(f string) string { return renamed(termKeys, f) })
	if t.Name == "" {
		t.Name = name
	}
	if body != "" {
		t.Description = c.bodyOf(body, false)
	}
	front.take("aliases", "redirect_from", c.shape.address)
	rec := &recordv1.Record{Ref: record.NewRef(kindTerm, id), Body: &recordv1.Record_Term{Term: t}}
	rec.Fields = takeFields(front)
	return rec, all, nil
}

func bareTerm(c *config, key, name string) *recordv1.Record {
	return &recordv1.Record{Ref: record.NewRef(kindTerm, termID(key, slug(name))), Body: &recordv1.Record_Term{Term: &recordv1.Term{Taxonomy: c.taxonomy(key), Name: name, Slug: slug(name)}}}
}

// networks are names under which authors' data files keep accounts.
var networks = map[string]bool{"twitter": true, "facebook": true, "instagram": true, "linkedin": true, "mastodon": true, "pinterest": true, "youtube": true, "tumblr": true}

// decodeUser reads what is known of an author.
func decodeUser(id string, front *doc) *recordv1.Record {
	d := &doc{slices.Clone(front.pairs)}
	u := &recordv1.User{Slug: id, Account: recordv1.Account_ACCOUNT_STAFF}
	for _, key := range []string{"avatar", "image", "picture", "photo"} {
		if s, ok := d.get(key).GetKind().(*recordv1.Value_Text); ok && u.Avatar == nil {
			u.Avatar = &recordv1.Image{Url: s.Text}
			d.take(key)
		}
	}
	for _, p := range slices.Clone(d.pairs) {
		if key := strings.ToLower(p.GetKey().GetText()); networks[key] && plain(p.GetValue()) != "" {
			u.Social = append(u.Social, &recordv1.Social{Network: key, Handle: plain(d.take(p.GetKey().GetText()))})
		}
	}
	decode(d, u.ProtoReflect(), func(f string) string { return renamed(userKeys, f) })
	u.DisplayName = or(u.GetDisplayName(), or(plain(d.take("title")), id))
	u.Url = or(u.GetUrl(), plain(d.take("website")))
	rec := &recordv1.Record{Ref: record.NewRef(kindUser, id), Body: &recordv1.Record_User{User: u}}
	rec.Fields = takeFields(d)
	return rec
}

// decodeComment reads a comment kept as data, as Staticman and we write it. entry is what its folder says.
func (c *config) decodeComment(id, entry string, front *doc) *recordv1.Record {
	d := &doc{slices.Clone(front.pairs)}
	m := &recordv1.Comment{Status: recordv1.CommentStatus_COMMENT_STATUS_APPROVED, Type: "comment"}
	if at := parseTime(d.get("date"), c.zone); at != nil {
		m.Created = at
		d.take("date")
	}
	decode(d, m.ProtoReflect(), func(f string) string { return renamed(commentKeys, f) })
	if text := plain(d.take("message", "body", "comment")); text != "" {
		m.Content = &recordv1.Body{Markup: "html", Text: text}
	}
	m.AuthorEmail = plain(d.take("author_email"))
	if m.Entry == nil && entry != "" {
		m.Entry = record.NewRef(kindEntry, entry)
	}
	d.take("_id")
	rec := &recordv1.Record{Ref: record.NewRef(kindComment, id), Body: &recordv1.Record_Comment{Comment: m}}
	rec.Fields = takeFields(d)
	return rec
}

// decodeMedia reads what a data file says of a file.
func decodeMedia(id string, front *doc) *recordv1.Record {
	d, m := &doc{slices.Clone(front.pairs)}, &recordv1.Media{}
	decode(d, m.ProtoReflect(), same)
	for _, f := range m.GetFiles() {
		f.Id = f.GetPath()
	}
	rec := &recordv1.Record{Ref: record.NewRef(kindMedia, id), Body: &recordv1.Record_Media{Media: m}}
	rec.Fields = takeFields(d)
	return rec
}

// bareMedia is a file of which nothing more is known.
func bareMedia(file string) *recordv1.Record {
	name := strings.TrimSuffix(path.Base(file), path.Ext(file))
	mime := mediaTypes[strings.ToLower(path.Ext(file))]
	return &recordv1.Record{Ref: record.NewRef(kindMedia, idOf(file)), Body: &recordv1.Record_Media{Media: &recordv1.Media{
		Title: strings.ToValidUTF8(name, "_"), Slug: slug(name), Mime: mime, Files: []*recordv1.File{{Id: file, Path: file, Role: "full", Mime: mime}}}}}
}

// mediaTypes are the files that are content; what else lies among the static files belongs to the theme.
var mediaTypes = map[string]string{
	".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".webp": "image/webp", ".avif": "image/avif", ".svg": "image/svg+xml", ".bmp": "image/bmp",
	".tif": "image/tiff", ".tiff": "image/tiff", ".ico": "image/x-icon", ".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".ogg": "audio/ogg", ".oga": "audio/ogg", ".wav": "audio/wav",
	".flac": "audio/flac", ".mp4": "video/mp4", ".m4v": "video/mp4", ".webm": "video/webm", ".ogv": "video/ogg", ".mov": "video/quicktime", ".pdf": "application/pdf", ".zip": "application/zip",
	".gz": "application/gzip", ".doc": "application/msword", ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".xls": "application/vnd.ms-excel",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".ppt": "application/vnd.ms-powerpoint",
	".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation", ".odt": "application/vnd.oasis.opendocument.text",
	".ods": "application/vnd.oasis.opendocument.spreadsheet", ".epub": "application/epub+zip", ".txt": "text/plain", ".csv": "text/csv", ".rtf": "application/rtf",
}

// decodeSite reads the settings: the configuration, and what an earlier migration kept beside it.
func (c *config) decodeSite(id string, kept *doc) *recordv1.Record {
	params := &doc{slices.Clone(docOf(c.all.get("params")).pairs)}
	m := &recordv1.Site{Title: c.word("title"), Tagline: or(c.word("description"), plain(params.take("description"))), BaseUrl: c.base, Language: c.language, Timezone: c.word("timeZone", "timezone")}
	if n := c.all.get("paginate").GetIntValue(); n > 0 && n < 1<<20 {
		m.PerPage = uint32(n)
	}
	rec := &recordv1.Record{Ref: record.NewRef(kindSite, id), Body: &recordv1.Record_Site{Site: m}}
	if kept == nil {
		rec.Fields = takeFields(params)
		return rec
	}
	d := &doc{slices.Clone(kept.pairs)}
	*m = recordv1.Site{}
	decode(d, m.ProtoReflect(), func(f string) string { return renamed(siteKeys, f) })
	m.BaseUrl = c.base
	rec.Fields = takeFields(d)
	return rec
}

// encodeMenu writes the lines of a menu as Hugo reads them, and templates can. links are the addresses of records that they point to.
func (c *config) encodeMenu(m *recordv1.Menu, links map[string]string) string {
	var all []*recordv1.Value
	for _, it := range m.GetItems() {
		d, params := &doc{}, &doc{}
		d.setText("identifier", it.GetId())
		d.set("name", textValue(it.GetTitle()))
		d.setText("parent", it.GetParentId())
		d.setText("title", it.GetTitleAttr())
		d.set("weight", intValue(int64(it.GetPosition())))
		d.setText("url", or(it.GetUrl(), or(links[refText(it.GetTarget())], "#")))
		encode(params, it.ProtoReflect(), func(f string) string {
			switch f {
			case "id", "title", "parent_id", "title_attr", "position", "url":
				return ""
			}
			return f
		})
		params.set("address", boolValue(it.GetUrl() != ""))
		d.set("params", params.value())
		all = append(all, d.value())
	}
	if c.flavour != hugo {
		return c.dataText(listValue(all...))
	}
	return yamlOf(&doc{[]*recordv1.Pair{{Key: textValue(m.GetSlug()), Value: listValue(all...)}}})
}

// decodeMenu reads the lines of one menu, of any builder's form.
func decodeMenu(name string, v *recordv1.Value) *recordv1.Menu {
	m := &recordv1.Menu{Name: name, Slug: name}
	menuItems(m, items(v), "", name)
	return m
}

func menuItems(m *recordv1.Menu, lines []*recordv1.Value, parent, prefix string) {
	for _, line := range lines {
		d := docOf(line)
		it := &recordv1.MenuItem{ParentId: parent, Position: int32(len(m.Items) + 1)}
		it.Title = plain(d.get("name"))
		if it.Title == "" && d.get("name") == nil {
			it.Title = or(plain(d.get("title")), plain(d.get("text")))
		} else {
			it.TitleAttr = plain(d.get("title"))
		}
		it.Id = or(plain(d.get("identifier")), prefix+"-"+two(len(m.Items)+1))
		it.ParentId = or(plain(d.get("parent")), parent)
		it.Url = or(plain(d.get("url")), or(plain(d.get("link")), or(plain(d.get("pageRef")), plain(d.get("href")))))
		if n := d.get("weight").GetIntValue(); n > 0 && n < 1<<31 {
			it.Position = int32(n)
		}
		params := &doc{slices.Clone(docOf(d.get("params")).pairs)}
		if address := params.take("address"); address != nil && !address.GetBoolValue() {
			it.Url = ""
		}
		decode(params, it.ProtoReflect(), func(f string) string {
			switch f {
			case "id", "title", "parent_id", "title_attr", "position", "url":
				return ""
			}
			return f
		})
		it.Type = or(it.GetType(), "custom")
		m.Items = append(m.Items, it)
		for _, key := range []string{"children", "sublinks", "subitems", "items", "subfolderitems"} {
			if below := items(d.get(key)); len(below) > 0 {
				menuItems(m, below, it.GetId(), prefix)
			}
		}
	}
}
