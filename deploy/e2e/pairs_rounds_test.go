//go:build accept

package e2e

import (
	"fmt"
	stdhtml "html"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// round is a way there and back: what a record was, and what it is at the end.
type round struct {
	*testing.T
	name string
	// there and here say what records became, by "entry/12".
	there, here     map[string]string
	outward, inward *told
	reports         [2]*report
	// original and returned are the site as it was, and the one that the content came back to.
	original, returned *readSite
	// same calls what became of a record at the end by the record's own key; the first of those that became one.
	same  map[string]string
	fills map[recordv1.Kind][]string
	// bases takes the sites' own addresses out of texts.
	bases *strings.Replacer
	// lost are fields that differ and were told, and silent those that were not; by kind and path.
	lost, silent map[string]int
}

// back moves what has arrived to a fresh site of the platform that it came from. What differs there from the original is what
// the two reports told.
func (p *pairing) back(home pairTarget, original *readSite) {
	p.Helper()
	end := home.open(p.T)
	writer := end.serve(p.T, "target")
	rep := migrate(p.T, p.TempDir(), p.target.serve(p.T, "source"), writer, []int{0, 3})
	rep.reconcile(p.T)
	r := &round{T: p.T, name: p.from.name + "→" + p.to.name + "→" + home.name, there: p.target.ledger(p.T), here: end.ledger(p.T),
		outward: whatWasTold(p.report), inward: whatWasTold(rep), reports: [2]*report{p.report, rep},
		original: original, returned: readAll(p.T, end.serve(p.T, "source")), lost: map[string]int{}, silent: map[string]int{}}
	r.compare(writer)
	p.result.Back, p.result.Told = !p.Failed(), sum(r.lost)
}

func sum(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

// ledger says what records became, by "entry/12".
func (p *place) ledger(t *testing.T) map[string]string {
	t.Helper()
	rows, err := p.db.Query("SELECT kind, source_id, target_id FROM " + p.prefix + "bailey_ledger WHERE target_id <> ''")
	need(t, err)
	defer func() { _ = rows.Close() }()
	all := map[string]string{}
	for rows.Next() {
		var kind recordv1.Kind
		var source, target string
		need(t, rows.Scan(&kind, &source, &target))
		all[record.KindName(kind)+"/"+source] = record.KindName(kind) + "/" + target
	}
	need(t, rows.Err())
	return all
}

func (r *round) compare(writer *agent) {
	var bases []string
	bases = append(bases, "__GHOST_URL__", "")
	for _, base := range []string{r.original.desc.GetBaseUrl(), r.reports[1].Source.BaseURL, r.returned.desc.GetBaseUrl()} {
		bases = append(bases, strings.TrimRight(base, "/"), "")
	}
	r.bases = strings.NewReplacer(bases...)
	r.fills = map[recordv1.Kind][]string{}
	for _, k := range describe(r.T, dial(r.T, writer)).GetKinds() {
		r.fills[k.GetKind()] = k.GetHolds().GetFills()
	}
	r.same = map[string]string{}
	for _, key := range r.original.order {
		if end := r.here[r.there[key]]; end != "" && r.same[end] == "" {
			r.same[end] = key
		}
	}
	missing := [2]map[string]int{{}, {}}
	for _, key := range r.original.order {
		kind, _, _ := strings.Cut(key, "/")
		switch via := r.there[key]; {
		case via == "":
			missing[0][kind]++
		case r.here[via] == "":
			missing[1][kind]++
		default:
			r.record(key, via, r.here[via])
		}
	}
	r.absent(missing)
	for _, at := range slices.Sorted(maps.Keys(r.silent)) {
		r.Errorf("%s: %s came back otherwise %d times, and neither report tells it", r.name, at, r.silent[at])
	}
}

// absent: as many records are missing after either leg as its report says that it skipped or refused.
func (r *round) absent(missing [2]map[string]int) {
	for _, k := range r.reports[0].Kinds {
		if n := missing[0][k.Kind]; n > k.Skipped+k.Rejected {
			r.Errorf("%s: %d records of kind %s are gone after the first leg, %d told", r.name, n, k.Kind, k.Skipped+k.Rejected)
		}
	}
	for _, k := range r.reports[1].Kinds {
		if n := missing[1][k.Kind]; n > k.Skipped+k.Rejected {
			r.Errorf("%s: %d records of kind %s are gone after the second leg, %d told", r.name, n, k.Kind, k.Skipped+k.Rejected)
		}
	}
}

func (r *round) record(key, via, end string) {
	want, got := r.original.records[key], r.returned.records[end]
	kind, id, _ := strings.Cut(key, "/")
	_, viaID, _ := strings.Cut(via, "/")
	if got == nil {
		r.Errorf("%s: %s became %s, which is not there", r.name, key, end)
		return
	}
	want, got = proto.CloneOf(want), proto.CloneOf(got)
	r.plain(want, func(k string) string { return r.same[r.here[r.there[k]]] })
	r.plain(got, func(k string) string { return r.same[k] })
	if b := got.GetEntry().GetContent(); b != nil {
		// More may be seen than before: the name of a link that was a picture.
		if all, then := seen(want.GetEntry().GetContent().GetText(), b.GetText()); all == then {
			b.Text = all
		}
	}
	for i, im := range images(want) {
		if im != nil && im.GetMedia() == nil && images(got)[i].GetMedia() != nil {
			// An address of the site's own has become the file that it is.
			proto.Reset(im)
		}
	}
	for i, it := range want.GetMenu().GetItems() {
		if now := got.GetMenu().GetItems(); it.GetTarget() == nil && i < len(now) && now[i].GetTarget() != nil {
			// An address of the site's own has become the page that it is, which says what it is.
			it.Type, it.Object, it.Url, it.Target = "", "", "", now[i].GetTarget()
		}
	}
	holds := &agentv1.Holds{Fields: []string{"*"}, CustomFields: true, Languages: true, Fills: r.fills[want.GetRef().GetKind()]}
	for _, path := range record.Diff(want, got, holds, nil) {
		where := kind + "." + path
		switch {
		case !has(want, path):
			// Added on the way: nothing is lost.
		case r.outward.covers(kind, id, path) || r.inward.covers(kind, viaID, path),
			// An address of the site's own is moved as the file that it is.
			strings.HasSuffix(path, ".url") && r.outward.covers(kind, id, strings.TrimSuffix(path, "url")+"media"):
			r.lost[where]++
		default:
			if r.silent[where]++; r.silent[where] <= 2 {
				was, is := apart(shown(at(want, path)), shown(at(got, path)))
				r.Logf("%s %s %s\n  was %.400s\n  is  %.400s", r.name, key, path, was, is)
			}
		}
	}
}

// images are the pictures that a record names.
func images(rec *recordv1.Record) []*recordv1.Image {
	e := rec.GetEntry()
	return []*recordv1.Image{e.GetImage(), e.GetSeo().GetOgImage(), e.GetSeo().GetTwitterImage(), rec.GetUser().GetAvatar(), rec.GetUser().GetCover()}
}

// numbered is a pointer inside a text that names a record by its number on one site; addressed is an address, in which what a page
// or file is called stays.
var (
	numbered = regexp.MustCompile(`index\.php\?[^\s"'<>]*id=\d+|\[\[~\d+\]\]|\b(?:node|taxonomy/term|user)/\d+`)
	// unnamed is what WordPress puts behind its own address where pages have no names, and the program that is the front page.
	unnamed   = regexp.MustCompile(`\?p=\d+\b|\bindex\.php$`)
	addressed = regexp.MustCompile(`(?:[\w.:%~-]*/)+([^\s"'<>/\]#]*)/?`)
)

// plain takes away what differs between any two sites: addresses, ids, and how texts are marked up. same gives the key that a
// record has here and there; refs without one, to what did not arrive, are left out.
func (r *round) plain(rec *recordv1.Record, same func(string) string) {
	record.MapRefs(rec, func(ref *recordv1.Ref) *recordv1.Ref {
		k := same(record.KeyOf(ref).String())
		if k == "" {
			return nil
		}
		_, id, _ := strings.Cut(k, "/")
		return record.NewRef(ref.GetKind(), id)
	})
	for _, im := range images(rec) {
		if im.GetMedia() != nil {
			// The same picture again.
			im.Url = ""
		}
	}
	for _, it := range rec.GetMenu().GetItems() {
		if it.GetTarget() != nil {
			// What it leads to says what it is.
			it.Object, it.Type = "", ""
		}
	}
	for _, b := range []*recordv1.Body{rec.GetEntry().GetContent(), rec.GetComment().GetContent(), rec.GetTerm().GetDescription()} {
		if b.GetMarkup() == "text" || strings.Contains(b.GetMarkup(), "|filter_html_escape") {
			// What looks like a tag is text.
			b.Text = stdhtml.EscapeString(b.GetText())
		}
	}
	if b := rec.GetEntry().GetContent(); b.GetMarkup() == "lexical" || b.GetMarkup() == "mobiledoc" {
		b.Text = b.GetHtml()
	}
	markdown := rec.GetEntry().GetContent().GetMarkup() + rec.GetTerm().GetDescription().GetMarkup()
	record.Texts(rec, func(path, s string) string {
		s = r.bases.Replace(s)
		if strings.HasPrefix(markdown, "markdown") && strings.HasSuffix(path, ".text") {
			s = rendered(s)
		}
		if strings.HasSuffix(path, ".text") || strings.HasSuffix(path, ".html") {
			return strings.Join(words(s), " ")
		}
		// Of a part of a page only the part stays, whichever way the page is named.
		s = unnamed.ReplaceAllString(s, "")
		return plain(addressed.ReplaceAllString(strings.ReplaceAll(numbered.ReplaceAllString(s, "~"), "~#", "#"), "$1"))
	})
}

// rendered is Markdown as a visitor sees it, figures of Hugo included.
func rendered(s string) string {
	var b strings.Builder
	if err := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithUnsafe())).Convert([]byte(figures.ReplaceAllString(s, "")), &b); err != nil {
		return s
	}
	return b.String()
}

var figures = regexp.MustCompile(`\{\{<\s*figure\b[^}]*\}\}`)

func shown(all []protoreflect.Value) string {
	var texts []string
	for _, v := range all {
		if m, ok := v.Interface().(protoreflect.Message); ok {
			texts = append(texts, fmt.Sprint(m.Interface()))
		} else {
			texts = append(texts, v.String())
		}
	}
	return strings.Join(texts, " | ")
}

// has says that a record has something at a path.
func has(rec *recordv1.Record, path string) bool {
	switch path {
	case "locale":
		return rec.GetLocale() != ""
	case "translation_group":
		return rec.GetTranslationGroup() != ""
	}
	return slices.ContainsFunc(at(rec, path), func(v protoreflect.Value) bool { return v.IsValid() })
}

// at gives what a record has at a path, of lists each element's.
func at(rec *recordv1.Record, path string) (all []protoreflect.Value) {
	if name, ok := strings.CutPrefix(path, "fields."); ok {
		for _, f := range rec.GetFields() {
			if f.GetName() == name {
				all = append(all, protoreflect.ValueOfMessage(f.GetValue().ProtoReflect()))
			}
		}
		return all
	}
	m := rec.ProtoReflect()
	all = []protoreflect.Value{m.Get(m.WhichOneof(m.Descriptor().Oneofs().ByName("body")))}
	for _, name := range strings.Split(path, ".") {
		all = below(all, protoreflect.Name(name))
	}
	return all
}

func below(all []protoreflect.Value, name protoreflect.Name) (next []protoreflect.Value) {
	for _, v := range all {
		m := v.Message()
		fd := m.Descriptor().Fields().ByName(name)
		switch {
		case fd == nil || !m.Has(fd):
		case fd.IsList():
			for i := range m.Get(fd).List().Len() {
				next = append(next, m.Get(fd).List().Get(i))
			}
		default:
			next = append(next, m.Get(fd))
		}
	}
	return next
}
