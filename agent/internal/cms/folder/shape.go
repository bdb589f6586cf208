package folder

import (
	"path"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// shape is how a flavour writes what all of them have.
type shape struct {
	// local is where the builder's own server shows a site that names no address.
	local string
	// ext is the ending of data files: Eleventy reads JSON only, unless a plugin is there.
	ext string
	// aliases is the key in front matter for old addresses; "": they are data files of their own.
	aliases string
	// locale is the key in front matter for a page's language.
	locale string
	// address is the key in front matter for an address of one's own choice.
	address string
	// keys are the names in front matter for fields of entries.
	keys map[string]string
	// term is the file of a term's page, below the folder of its name.
	term string
	// draft are the lines that keep a page from being built.
	draft string
	// markups of bodies that are written as they are.
	markups []string
}

var shapes = map[string]*shape{
	hugo: {local: "http://localhost:1313", ext: ".yaml", aliases: "aliases", locale: "locale", address: "url", term: "_index", draft: "draft: true\n", markups: []string{"markdown", "markdown+hugo"},
		keys: map[string]string{"published": "date", "modified": "lastmod", "excerpt": "summary", "position": "weight", "template": "layout"}},
	// https://jekyllrb.com/docs/front-matter/
	jekyll: {local: "http://localhost:4000", ext: ".yaml", aliases: "redirect_from", locale: "lang", address: "permalink", term: "index", draft: "published: false\n", markups: []string{"markdown", "markdown+liquid"},
		keys: map[string]string{"published": "date", "modified": "last_modified_at", "excerpt": "excerpt", "position": "weight"}},
	// https://www.11ty.dev/docs/data-configuration/
	eleventy: {local: "http://localhost:8080", ext: ".json", locale: "lang", address: "permalink", term: "index", draft: "draft: true\npermalink: false\neleventyExcludeFromCollections: true\n", markups: []string{"markdown", "markdown+liquid"},
		keys: map[string]string{"published": "date", "modified": "updated", "excerpt": "excerpt", "position": "weight"}},
}

// byHand are fields of entries that encodeEntry writes itself.
var byHand = strings.Fields("type purpose status status_name slug content authors terms visibility password seo path")

// entryKey is the name in front matter for a field of entries; "" is written by hand.
func (c *config) entryKey(field string) string {
	if contains(byHand, field) {
		return ""
	}
	return renamed(c.shape.keys, field)
}

// Of implements cms.Versioned: which template language a body may hold depends on the flavour.
func (Driver) Of(site cms.Site) cms.Driver {
	if s, ok := site.(*Site); ok {
		return flavoured{flavour: s.config.flavour}
	}
	return Driver{}
}

// flavoured is the driver of one flavour.
type flavoured struct {
	Driver
	flavour string
}

// Describe implements cms.Driver.
func (f flavoured) Describe() cms.Description {
	d := f.Driver.Describe()
	d.Kinds = kinds(f.flavour)
	return d
}

var _ cms.Versioned = Driver{}

// below is a file's path below the folder of content; false: it lies elsewhere.
func (c *config) below(file string) (string, bool) {
	if c.content == "" {
		return file, true
	}
	return strings.CutPrefix(file, c.content+"/")
}

// siteFile is where the settings stand.
func (c *config) siteFile() string { return path.Join(c.data, "site"+c.shape.ext) }

// dataText writes a data file as the flavour reads it.
func (c *config) dataText(v *recordv1.Value) string {
	if c.shape.ext == ".json" {
		return jsonOf(v)
	}
	if a := v.GetArray(); a.GetList() && len(a.GetPairs()) == 0 {
		return "[]\n"
	} else if a.GetList() {
		var b strings.Builder
		for _, p := range a.GetPairs() {
			b.WriteString("-")
			element(&b, p.GetValue(), "")
		}
		return b.String()
	}
	return yamlOf(docOf(v))
}

// safePath takes from the names of an uploaded file the signs with which Jekyll leaves a file out.
// (https://jekyllrb.com/docs/configuration/options/, include)
func (c *config) safePath(h *agentv1.FileHeader) string {
	file := path.Clean("/" + h.GetFile().GetPath())[1:]
	if c.flavour == hugo {
		return file
	}
	parts := strings.Split(file, "/")
	for i, p := range parts {
		parts[i] = or(strings.TrimRight(strings.TrimLeft(p, "._#~"), "~"), "file")
	}
	return path.Join(parts...)
}

// Liquid, which Jekyll and Eleventy run over Markdown, is kept from a text by writing its signs as what Liquid is to print.
var (
	hideLiquid = strings.NewReplacer("{{", `{{ "{{" }}`, "{%", `{{ "{%" }}`)
	showLiquid = strings.NewReplacer(`{{ "{{" }}`, "{{", `{{ "{%" }}`, "{%")
	noLiquid   = strings.NewReplacer(`{{ "{{" }}`, "", `{{ "{%" }}`, "")
)

// bodyText is a body as it stands in a file.
func (c *config) bodyText(b *recordv1.Body) string {
	if c.flavour == hugo || strings.HasSuffix(b.GetMarkup(), "+liquid") {
		return b.GetText()
	}
	return hideLiquid.Replace(b.GetText())
}

func (c *config) putStatus(d *doc, e *recordv1.Entry, file string) {
	switch s := e.GetStatus(); {
	case shown(e):
		return
	case s == recordv1.Status_STATUS_SCHEDULED && !closed(e) && (c.flavour == hugo || c.placeOf(file).collection != ""):
		// Hugo leaves out what is dated in the future by itself, Jekyll where it is in a collection.
		d.setText("status", "scheduled")
		return
	default:
		hidden, err := parseData(".yaml", []byte(c.shape.draft))
		for _, p := range hidden.pairs {
			if err == nil {
				d.set(plain(p.GetKey()), p.GetValue())
			}
		}
		if s != recordv1.Status_STATUS_DRAFT && s != recordv1.Status_STATUS_UNSPECIFIED && !closed(e) {
			d.setText("status", enumName(s.Descriptor(), s.Number()))
		}
	}
}

func takeStatus(d *doc, p place) recordv1.Status {
	draft, published, word := d.take("draft"), d.take("published"), plain(d.take("status"))
	status := recordv1.Status_STATUS_PUBLISHED
	if draft.GetBoolValue() || published != nil && plain(published) == "false" || p.collection == "drafts" {
		status = recordv1.Status_STATUS_DRAFT
	}
	if n, ok := record.EnumNumber(status.Descriptor(), word); ok && word != "" {
		status = recordv1.Status(n)
	}
	return status
}
