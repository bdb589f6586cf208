//go:build accept

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// wholeness counts what content consists of beside its records.
type wholeness struct {
	// Links within the target's texts that lead to a record of it; Unresolved those to its own site that lead to none.
	Links      int `json:"links"`
	Unresolved int `json:"unresolved"`
	// Files of the source that are there on the target with the same bytes; Missing those that are not.
	Files   int `json:"files"`
	Missing int `json:"missing"`
	// Leftover are the marks of the source's own syntax in the target's texts.
	Leftover int `json:"leftover"`
	// Dangling are pointers that lead to no record.
	Dangling int `json:"dangling"`
	// OldPaths of the source's records; Covered those of which the redirect map says where they lead now.
	OldPaths int `json:"old_paths"`
	Covered  int `json:"covered"`
}

func (w *wholeness) add(o wholeness) {
	w.Links, w.Unresolved, w.Files, w.Missing = w.Links+o.Links, w.Unresolved+o.Unresolved, w.Files+o.Files, w.Missing+o.Missing
	w.Leftover, w.Dangling, w.OldPaths, w.Covered = w.Leftover+o.Leftover, w.Dangling+o.Dangling, w.OldPaths+o.OldPaths, w.Covered+o.Covered
}

// whole prints the sums over all pairs.
func (p *pairResults) whole(w io.Writer) {
	var all wholeness
	for _, r := range p.all {
		all.add(r.Whole)
	}
	_, _ = fmt.Fprintf(w, "WHOLE links=%d unresolved=%d files=%d missing=%d leftover=%d dangling=%d old_paths=%d covered=%d\n",
		all.Links, all.Unresolved, all.Files, all.Missing, all.Leftover, all.Dangling, all.OldPaths, all.Covered)
}

// whole counts, after a move, what arrived beside the records; empty and full are the target before and after.
func (p *pairing) whole(empty, full *readSite, dangling map[string][]string) {
	p.Helper()
	w := &p.result.Whole
	for what, keys := range lostPointers(full) {
		for _, k := range keys {
			if !slices.Contains(dangling[what], k) {
				w.Dangling++
			}
		}
	}
	list, back := whatWasTold(p.report), map[string]string{}
	for from, to := range p.target.ledger(p.T) {
		back[to] = from
	}
	p.leftoverWhole(w, empty, full)
	p.linksWhole(w, list, back, empty, full)
	p.filesWhole(w, list)
	p.pathsWhole(w, full)
	p.Logf("%+v", *w)
}

// syntax are the marks of a platform that its own renderer takes out of texts.
var syntax = map[string]*regexp.Regexp{
	"wordpress": regexp.MustCompile(`<!-- /?wp:[^>]*-->|\[/?(?:gallery|caption|embed|audio|video|playlist)\b[^\]]*\]`),
	"joomla":    regexp.MustCompile(`\{(?:loadmodule|loadposition|loadmoduleid|pagebreak|emailcloak)\b[^}]*\}|<hr[^>]+class="system-(?:readmore|pagebreak)"`),
	"drupal":    regexp.MustCompile(`<drupal-(?:media|entity)\b|\[\[\{"(?:fid|type)"|<!--break-->`),
	"modx":      regexp.MustCompile(`\[\[!?[-+*$~%#]?[A-Za-z0-9_.]+[^\]]*\]\]`),
	"ghost":     regexp.MustCompile(`<!--kg-card-(?:begin|end)|__GHOST_URL__`),
	"folder":    regexp.MustCompile(`\{\{[<%][^}]*[>%]\}\}`),
}

// linked is what texts link to and show, in HTML, Markdown and JSON.
var linked = regexp.MustCompile(`(?:\b(?:href|src|poster)=|"(?:href|src|url)":\s*)\\?["']([^"'\\\s>]+)|\]\(([^)\s]+)`)

// newTexts are the texts of the records that are new on the target, each with its record and field.
func newTexts(empty, full *readSite, each func(key, path, s string)) {
	for _, key := range full.order {
		if empty.records[key] == nil {
			record.Texts(full.records[key], func(path, s string) string { each(key, path, s); return s })
		}
	}
}

// leftoverWhole: no text holds more marks of the source's syntax than the source's texts show to their readers.
func (p *pairing) leftoverWhole(w *wholeness, empty, full *readSite) {
	p.Helper()
	platform := p.from.platform
	if platform == "wxr" {
		platform = "wordpress"
	}
	if platform == p.to.platform && (platform != "folder" || p.to.name == p.from.home) {
		return
	}
	shown := p.shownMarks(syntax[platform])
	newTexts(empty, full, func(key, path, s string) {
		left := map[string]int{}
		for _, m := range syntax[platform].FindAllString(s, -1) {
			left[m]++
		}
		for m, n := range left {
			if n -= shown[m]; n > 0 {
				w.Leftover += n
				p.Errorf("left of %s in %s %s: %s", platform, key, path, m)
			}
		}
	})
}

// linksWhole: a link within the target's texts leads to a record, or is on the report.
func (p *pairing) linksWhole(w *wholeness, list *told, back map[string]string, empty, full *readSite) {
	p.Helper()
	at := pathsOf(full)
	newTexts(empty, full, func(key, path, s string) {
		for _, m := range linked.FindAllStringSubmatch(shownTag.ReplaceAllString(s, ""), -1) {
			to, ok := full.internal(m[1] + m[2])
			if !ok {
				continue
			}
			if leads(at, to) {
				w.Links++
				continue
			}
			w.Unresolved++
			if kind, id, _ := strings.Cut(back[key], "/"); !list.unresolved(kind, id, path) {
				p.Errorf("%s of %s, which was %q, leads to %s, and the report does not tell it", path, key, back[key], to)
			}
		}
	})
}

// shownTag is a tag that a text shows to its readers.
var shownTag = regexp.MustCompile(`&lt;[^<>]*?&gt;`)

// shownMarks are marks of the source's syntax that its texts show to their readers, as in a sample of code: how often one text does at most.
func (p *pairing) shownMarks(marks *regexp.Regexp) map[string]int {
	shown := map[string]int{}
	for _, rec := range p.original().records {
		record.Texts(rec, func(_, s string) string {
			more := map[string]int{}
			for _, m := range marks.FindAllString(html.UnescapeString(s), -1) {
				more[m]++
			}
			for _, m := range marks.FindAllString(s, -1) {
				more[m]--
			}
			for m, n := range more {
				shown[m] = max(shown[m], n)
			}
			return s
		})
	}
	return shown
}

// leads says that an address of the target leads somewhere; what else is asked of the page there does not matter.
func leads(at map[string]bool, to string) bool {
	for !at[to] {
		cut := strings.LastIndexAny(to, "?&")
		// A word without a value, as in "?s", asks the front page; "?p=12" is a page of its own.
		if cut < 0 || cut == 0 && strings.Contains(to, "=") {
			return false
		}
		to = to[:cut]
	}
	return true
}

// pathsOf are all addresses that a site answers to, in the form of internal.
func pathsOf(r *readSite) map[string]bool {
	all := map[string]bool{"": true}
	for _, paths := range r.paths {
		for _, p := range paths {
			if to, ok := r.internal(p); ok {
				all[to] = true
			}
		}
	}
	return all
}

// internal is an address below the site without its host, its last slash and what is no part of the page's name.
func (r *readSite) internal(address string) (string, bool) {
	// Ghost's word for its own address.
	address = strings.TrimPrefix(strings.ReplaceAll(address, "&amp;", "&"), "__GHOST_URL__")
	base, err := url.Parse(r.desc.GetBaseUrl() + "/")
	if err != nil || strings.HasPrefix(address, "#") || strings.HasPrefix(address, "[[") || strings.HasPrefix(address, "{{") {
		return "", false
	}
	u, err := base.Parse(address)
	if err != nil || u.Host != base.Host || u.Scheme != "http" && u.Scheme != "https" {
		return "", false
	}
	// The program by itself is the front page.
	to := strings.TrimPrefix(strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), "/index.php"), strings.TrimSuffix(base.Path, "/"))
	if u.RawQuery != "" {
		to += "?" + u.RawQuery
	}
	return to, true
}

// filesWhole asks the target for the SHA-256 of each file that the source has. What is not there, or was not on the source, is on the
// report. What is not for everybody must not be there at all where everybody may fetch it.
func (p *pairing) filesWhole(w *wholeness, list *told) {
	p.Helper()
	source, target := p.original(), dial(p.T, p.writer)
	scope := &agentv1.WriteScope{SourceSite: source.desc.GetSiteId(), Run: fmt.Sprintf("%s.%d", p.report.Migration, p.report.Run), Continued: true}
	var ids []string
	of := map[string]string{}
	guarded := slices.ContainsFunc(describe(p.T, target).GetKinds(), func(k *agentv1.KindInfo) bool {
		return k.GetKind() == recordv1.Kind_KIND_MEDIA && slices.Contains(k.GetHolds().GetFields(), "visibility")
	})
	for _, key := range source.order {
		m := source.records[key].GetMedia()
		for _, f := range m.GetFiles() {
			_, of[f.GetId()], _ = strings.Cut(key, "/")
			if m.GetVisibility() > recordv1.Visibility_VISIBILITY_PUBLIC && !guarded {
				got, err := target.StatFiles(p.Context(), &agentv1.StatFilesRequest{Ids: []string{f.GetId()}, Scope: scope})
				need(p.T, err)
				if got.GetFiles()[0].GetExists() {
					p.Errorf("%s is not for everybody, and lies where everybody may fetch it", key)
				}
			} else if !f.GetMissing() {
				ids = append(ids, f.GetId())
			} else if !list.covers("media", of[f.GetId()], "files") {
				p.Errorf("a file of %s is not there, and the report does not tell it", key)
			}
		}
	}
	for part := range slices.Chunk(ids, 200) {
		have, err := source.agent.StatFiles(p.Context(), &agentv1.StatFilesRequest{Ids: part, Digest: true})
		need(p.T, err)
		got, err := target.StatFiles(p.Context(), &agentv1.StatFilesRequest{Ids: part, Digest: true, Scope: scope})
		need(p.T, err)
		for i, f := range have.GetFiles() {
			if g := got.GetFiles()[i]; g.GetExists() && bytes.Equal(g.GetSha256(), f.GetSha256()) {
				w.Files++
			} else {
				w.Missing++
				if p.Logf("not on the target: a file of media/%s", of[f.GetId()]); !list.covers("media", of[f.GetId()], "files") {
					p.Errorf("the report does not tell that a file of media/%s is not on the target", of[f.GetId()])
				}
			}
		}
	}
}

// pathsWhole asks for the redirect map: every old address has its line, and one that leads nowhere a cause.
func (p *pairing) pathsWhole(w *wholeness, full *readSite) {
	p.Helper()
	res := bailey(p.T, "redirects", p.report.Migration, "--data", p.data, "--format", "json", "--target", p.writer.link())
	if res.code != 0 {
		p.Fatalf("bailey redirects ended with %d: %s", res.code, tail(res.stderr, 2000))
	}
	said := map[string]string{}
	for line := range strings.Lines(res.stdout) {
		var e struct{ Old, Remark string }
		need(p.T, json.Unmarshal([]byte(line), &e))
		if r, there := said[e.Old]; !there || r == "missing" {
			said[e.Old] = e.Remark
		}
	}
	source, became, causes := p.original(), p.target.ledger(p.T), map[string]int{}
	for key, paths := range source.paths {
		if source.records[key].GetRef().GetKind() == recordv1.Kind_KIND_UNSPECIFIED {
			continue
		}
		for _, old := range paths {
			if source.madeUp[old] {
				continue
			}
			w.OldPaths++
			if remark, there := said[old]; there && remark != "missing" {
				w.Covered++
			} else if !there {
				p.Errorf("the redirect map does not name %s of %s", old, key)
			} else if cause := p.uncovered(key, became[key], full); cause != "" {
				causes[cause]++
			} else {
				p.Errorf("the redirect map does not lead %s of %s on, which is %s now at %v", old, key, became[key], full.paths[became[key]])
			}
		}
	}
	for _, c := range slices.Sorted(maps.Keys(causes)) {
		p.Logf("old addresses that lead nowhere: %s: %d", c, causes[c])
	}
}

// uncovered says why nothing on the target can be led to for a record; empty: something can.
func (p *pairing) uncovered(key, to string, full *readSite) string {
	kind, id, _ := strings.Cut(key, "/")
	for _, k := range p.report.Kinds {
		if k.Kind == kind && k.Skipped == k.Listed {
			return "the target has no place for any " + kind
		}
	}
	switch {
	case slices.ContainsFunc(p.report.Rejected, func(r reportRejected) bool { return r.Kind == kind && r.SourceID == id }):
		return "this " + kind + " was rejected"
	case to == "":
		return "this " + kind + " was skipped, as the report tells"
	case len(full.paths[to]) == 0:
		return "a " + kind + " has no page on the target"
	}
	return ""
}
