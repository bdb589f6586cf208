package drupal

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// format is a text format: its filters in the order in which Drupal applies them when a text is shown. The stored text is as it was
// written.
type format []filter

// filter is one of them, with its settings as a markup names them.
type filter struct{ name, settings string }

// Markups of bodies beside "drupal", which is followed by the filters.
const (
	markupDrupal   = "drupal"
	markupText     = "text"
	markupMarkdown = "markdown"
	markupHTML     = "html"
)

// Filters that show HTML otherwise than it is written.
var (
	limiting = []string{"filter_html", "filter_html7", "filter_xss", "htmLawed", "wysiwyg_filter"}
	altering = append([]string{"filter_html_escape", "filter_autop", "php_code", "filter_markdown", "markdown", "filter_html_image_secure"}, limiting...)
)

func (f format) has(names ...string) bool {
	return slices.ContainsFunc(f, func(x filter) bool { return slices.Contains(names, x.name) })
}

// plain says that HTML is shown as it is.
func (f format) plain() bool { return !f.has(altering...) }

// limits says that HTML is shown without what visitors may not write, and otherwise as it is.
func (f format) limits() bool {
	return f.has(limiting...) && slices.IndexFunc(f, func(x filter) bool { return slices.Contains(altering, x.name) && !slices.Contains(limiting, x.name) }) < 0
}

// markup names a format: Markdown where it is nothing else, otherwise all filters in order.
func (f format) markup() string {
	if rest := slices.DeleteFunc(slices.Clone(f), func(x filter) bool { return x.name == "filter_htmlcorrector" }); len(rest) == 1 && rest.has("filter_markdown", "markdown") {
		return markupMarkdown
	}
	var b strings.Builder
	b.WriteString(markupDrupal)
	for _, x := range f {
		b.WriteString(strings.TrimRight("|"+x.name+" "+x.settings, " "))
	}
	return b.String()
}

// What filter_html lets through where a format does not say. (Drupal 7.105, filter_filter_info; Drupal 9.5.11, FilterHtml)
const (
	allowed7 = "<a> <em> <strong> <cite> <blockquote> <code> <ul> <ol> <li> <dl> <dt> <dd>"
	allowed8 = "<a href hreflang> <em> <strong> <cite> <blockquote cite> <code> <ul type> <ol start type> <li> <dl> <dt> <dd> <h2 id> <h3 id> <h4 id> <h5 id> <h6 id>"
	shownURL = "72"
)

// add takes a filter with its settings in.
func (f format) add(name string, settings *recordv1.Value, seven bool) format {
	version, allowed := "", allowed8
	if seven {
		version, allowed = "7", allowed7
	}
	x := filter{name: oneLine(name)}
	switch name {
	case "filter_html":
		x = filter{name + version, oneLine(cmp.Or(scalar(dig(settings, "allowed_html")), allowed))}
		if truthy(dig(settings, "filter_html_nofollow")) {
			return append(f, x, filter{name: "nofollow"})
		}
	case "filter_url":
		x = filter{name + version, oneLine(cmp.Or(scalar(dig(settings, "filter_url_length")), shownURL))}
	default:
		// Settings that nobody else understands tell formats apart nevertheless.
		if raw, err := php.Serialize(settings); err == nil && !ownFilters[name] && len(settings.GetArray().GetPairs()) > 0 {
			sum := sha256.Sum256(raw)
			x.settings = hex.EncodeToString(sum[:4])
		}
	}
	return append(f, x)
}

// ownFilters are those of Drupal's core that have no settings which change what is shown.
var ownFilters = map[string]bool{"filter_html_escape": true, "filter_autop": true, "filter_htmlcorrector": true, "filter_align": true, "filter_caption": true, "filter_html_image_secure": true,
	"filter_image_lazy_load": true, "editor_file_reference": true, "php_code": true}

// oneLine is a setting as it can stand in a markup.
func oneLine(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(s, "|", "")), " ")
}

// sevenFormats reads the formats of Drupal 7. A filter whose module is off does nothing.
func (s *Site) sevenFormats(ctx context.Context) error {
	off, err := s.modulesOff(ctx)
	if err != nil {
		return err
	}
	rows, err := s.query(ctx, s.src, "SELECT f.format, l.name, l.module, l.settings FROM {filter_format} f LEFT JOIN {filter} l ON l.format = f.format AND l.status = 1 WHERE f.status = 1 "+
		"ORDER BY f.format, l.weight, l.module, l.name")
	for _, r := range rows {
		f := s.schema.formats[r.text("format")]
		if name := r.text("name"); name != "" && !off[r.text("module")] {
			f = f.add(name, unserialize(r.text("settings")), true)
		}
		s.schema.formats[r.text("format")] = f
	}
	return err
}

// modulesOff are the modules of Drupal 7 that are there and do nothing.
func (s *Site) modulesOff(ctx context.Context) (map[string]bool, error) {
	off := map[string]bool{}
	if !s.has("system") {
		return off, nil
	}
	rows, err := s.query(ctx, s.src, "SELECT name FROM {system} WHERE type = 'module' AND status = 0")
	for _, r := range rows {
		off[r.text("name")] = true
	}
	return off, err
}

// configuredFormat is a format as its configuration has it. (Drupal 9.5.11, FilterPluginCollection::sortHelper)
func configuredFormat(v *recordv1.Value) format {
	var all []*recordv1.Value
	for _, p := range dig(v, "filters").GetArray().GetPairs() {
		if truthy(dig(p.GetValue(), "status")) {
			put(p.GetValue(), "id", p.GetKey())
			all = append(all, p.GetValue())
		}
	}
	slices.SortStableFunc(all, func(a, b *recordv1.Value) int {
		return cmp.Or(cmp.Compare(atoi(scalar(dig(a, "weight"))), atoi(scalar(dig(b, "weight")))),
			cmp.Compare(strings.ToLower(scalar(dig(a, "provider"))), strings.ToLower(scalar(dig(b, "provider")))), cmp.Compare(scalar(dig(a, "id")), scalar(dig(b, "id"))))
	})
	var f format
	for _, x := range all {
		f = f.add(scalar(dig(x, "id")), dig(x, "settings"), false)
	}
	return f
}

// formatted is a text with the meaning that its format gives it.
func (s *Site) formatted(name, text string, format cell) (b *recordv1.Body, beside []*recordv1.Field, notes []*recordv1.Note) {
	b = &recordv1.Body{Markup: markupText, Text: text}
	if format.Null || format.Text == "" {
		return b, nil, nil
	}
	f, ok := s.schema.formats[format.Text]
	if ok {
		b.Markup = f.markup()
	} else if text != "" {
		// Drupal shows nothing of it; whether others should is the owner's decision.
		notes = append(notes, &recordv1.Note{Code: "format_unknown", Field: name})
	}
	if f.has("php_code") {
		notes = append(notes, &recordv1.Note{Code: "php_in_text", Field: name})
	}
	return b, []*recordv1.Field{{Name: name + formatTail, Value: php.Text(format.Text)}}, notes
}

// markupsOf are those that the site's formats show as they are stored, so that texts of a Drupal with the same format stay as they are.
// What a format runs as PHP is no text.
func markupsOf(s *Site) []string {
	if s == nil {
		return nil
	}
	var all []string
	for name, f := range s.schema.formats {
		// What a migration makes must not change what the next run of it sends.
		made := name == madeFormats[false].name || name == madeFormats[true].name
		if m := f.markup(); !made && !f.has("php_code") && m != markupMarkdown {
			all = append(all, m)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// named is the format that a record names for a text.
func named(rec *recordv1.Record, name string) string {
	for _, f := range rec.GetFields() {
		if f.GetName() == name+formatTail {
			return f.GetValue().GetText()
		}
	}
	return ""
}

// formatLike is the first format that is good, the one that the record names before all others; empty: there is none.
func (s *Site) formatLike(first string, good func(format) bool) string {
	if s.knows(first) && good(s.schema.formats[first]) {
		return first
	}
	for _, name := range sortedKeys(s.schema.formats) {
		if good(s.schema.formats[name]) {
			return name
		}
	}
	return ""
}

// formatFor finds the format in which a text of a markup is shown as it was; one that is missing is made. nil: the text is no HTML.
// filtered: what visitors have written, of which no more is to be shown than Drupal lets them write.
func (w *writer) formatFor(ctx context.Context, rec *recordv1.Record, name, markup string, filtered bool) (any, error) {
	first := named(rec, name)
	good := format.plain
	switch {
	case markup == markupText && w.s.seven:
		return nil, nil
	case markup == markupText:
		good = func(f format) bool { return f.has("filter_html_escape") }
	case strings.HasPrefix(markup, markupDrupal):
		good = func(f format) bool { return f.markup() == markup }
	case filtered && w.s.seven:
		good = format.limits
	}
	if found := w.s.formatLike(first, good); found != "" {
		return found, nil
	}
	if markup == markupText {
		return nil, nil
	}
	return w.makeFormat(ctx, filtered && w.s.seven)
}

// fieldFormat finds the format for texts of a field that name none which is here; bare: also for those that name none.
func (w *writer) fieldFormat(ctx context.Context, d *draft, values []*recordv1.Value, bare bool) (err error) {
	for _, v := range values {
		name := scalar(dig(v, "format"))
		if !w.s.knows(name) && (name != "" || bare && dig(v, "value") == nil) {
			d.otherFormat, err = w.formatFor(ctx, d.rec, "", markupHTML, false)
			return err
		}
	}
	return nil
}

// madeFormats are the text formats that are made where no format of the site shows HTML as it is: the first for what staff has
// written, the second for visitors, with the tags that Drupal itself lets them write, and those of paragraphs.
var madeFormats = map[bool]struct{ name, title, allowed string }{
	false: {"moved_html", "HTML (moved)", ""},
	true: {"moved_filtered_html", "Filtered HTML (moved)",
		"<a> <em> <strong> <cite> <blockquote> <code> <pre> <ul> <ol> <li> <dl> <dt> <dd> <p> <br> <b> <i> <u> <del> <ins> <s> <sub> <sup> <span> <img> <h2> <h3> <h4> <h5> <h6>"},
}

// makeFormat makes a format that shows HTML as it is; filtered: without what visitors may not write.
func (w *writer) makeFormat(ctx context.Context, filtered bool) (string, error) {
	f := madeFormats[filtered]
	if err := w.lock(ctx); err != nil {
		return "", err
	}
	if w.s.knows(f.name) {
		return f.name, nil
	}
	if w.s.seven {
		return f.name, w.makeFormat7(ctx, filtered)
	}
	corrector := literal(dict{"id", "filter_htmlcorrector", "provider", "filter", "status", true, "weight", 10, "settings", []any{}})
	if err := w.makeConfig(ctx, "filter_format", "filter.format."+f.name, nil, dict{"name", f.title, "format", f.name, "weight", 5, "filters", dict{"filter_htmlcorrector", corrector}}); err != nil {
		return "", err
	}
	w.s.schema.formats[f.name] = format{{name: "filter_htmlcorrector"}}
	return f.name, nil
}

// makeFormat7 writes a format's rows.
func (w *writer) makeFormat7(ctx context.Context, filtered bool) error {
	f := madeFormats[filtered]
	if _, err := w.insert(ctx, "filter_format", []map[string]any{{"format": f.name, "name": f.title, "cache": 1, "status": 1, "weight": 5}}); err != nil {
		return err
	}
	rows := []map[string]any{{"format": f.name, "module": "filter", "name": "filter_htmlcorrector", "weight": 10, "status": 1, "settings": []byte("a:0:{}")}}
	var made format
	if filtered {
		settings, err := php.Serialize(pairs("allowed_html", php.Text(f.allowed), "filter_html_help", php.Int(0), "filter_html_nofollow", php.Int(0)))
		if err != nil {
			return err
		}
		rows = append(rows, map[string]any{"format": f.name, "module": "filter", "name": "filter_html", "weight": 1, "status": 1, "settings": settings})
		made = made.add("filter_html", unserialize(string(settings)), true)
	}
	if _, err := w.insert(ctx, "filter", rows); err != nil {
		return err
	}
	for _, table := range []string{"filter_format", "filter"} {
		if err := w.u.Made(ctx, cms.Row{Table: table, Column: "format", Value: f.name}); err != nil {
			return err
		}
	}
	w.s.schema.formats[f.name] = append(made, filter{name: "filter_htmlcorrector"})
	return w.permit7(ctx, f.name)
}

// tellFormat tells of a text that is shown by another format than the source's.
func (d *draft) tellFormat(name string, format any) {
	d.shownBy = format
	if was := named(d.rec, name); was != "" && was != format {
		text, _ := format.(string)
		d.adjust("fields."+name+formatTail, "format_replaced", text)
	}
}

// knows says that the site has a format.
func (s *Site) knows(name string) bool {
	_, ok := s.schema.formats[name]
	return ok
}
