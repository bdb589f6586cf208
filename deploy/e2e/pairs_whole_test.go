//go:build accept

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io"
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
	p.textsWhole(w, empty, full)
	p.filesWhole(w)
	p.pathsWhole(w)
	p.Logf("%+v", *w)
}

// syntax are the marks of a platform that its own renderer takes out of texts.
var syntax = map[string]*regexp.Regexp{
	"wordpress": regexp.MustCompile(`<!-- /?wp:|\[/?(?:gallery|caption|embed|audio|video|playlist)\b[^\]]*\]`),
	"joomla":    regexp.MustCompile(`\{(?:loadmodule|loadposition|loadmoduleid|pagebreak|emailcloak)\b[^}]*\}|<hr[^>]+class="system-(?:readmore|pagebreak)"`),
	"drupal":    regexp.MustCompile(`<drupal-(?:media|entity)\b|\[\[\{"(?:fid|type)"|<!--break-->`),
	"modx":      regexp.MustCompile(`\[\[!?[-+*$~%#]?[A-Za-z0-9_.]+[^\]]*\]\]`),
	"ghost":     regexp.MustCompile(`<!--kg-card-(?:begin|end)|__GHOST_URL__`),
	"folder":    regexp.MustCompile(`\{\{[<%][^}]*[>%]\}\}`),
}

// linked is what texts link to and show, in HTML, Markdown and JSON.
var linked = regexp.MustCompile(`(?:\b(?:href|src|poster)=|"(?:href|src|url)":\s*)\\?["']([^"'\\\s>]+)|\]\(([^)\s]+)`)

// textsWhole looks at the texts that are new on the target.
func (p *pairing) textsWhole(w *wholeness, empty, full *readSite) {
	at := pathsOf(full)
	marks := syntax[map[string]string{"wxr": "wordpress"}[p.from.platform]]
	if marks == nil {
		marks = syntax[p.from.platform]
	}
	causes, shown := map[string]int{}, p.shownMarks(marks)
	for _, key := range full.order {
		if rec := full.records[key]; empty.records[key] == nil {
			record.Texts(rec, func(path, s string) string {
				if p.from.platform != p.to.platform && (p.from.platform != "wxr" || p.to.platform != "wordpress") {
					found := slices.DeleteFunc(marks.FindAllString(s, -1), func(m string) bool { return shown[m] })
					if w.Leftover += len(found); len(found) > 0 {
						causes["left: "+path+" "+found[0]]++
					}
				}
				for _, m := range linked.FindAllStringSubmatch(shownTag.ReplaceAllString(s, ""), -1) {
					switch to, ok := full.internal(m[1] + m[2]); {
					case !ok:
					case leads(at, to):
						w.Links++
					default:
						if w.Unresolved++; p.faulty(to) {
							causes["the source's own address, left as it was"]++
						} else {
							causes["made: "+path+" "+to]++
						}
					}
				}
				return s
			})
		}
	}
	for c, n := range causes {
		p.Logf("%s: %d", c, n)
	}
}

// shownTag is a tag that a text shows to its readers.
var shownTag = regexp.MustCompile(`&lt;[^<>]*?&gt;`)

// shownMarks are marks of the source's syntax that its texts show to their readers, as in a sample of code.
func (p *pairing) shownMarks(marks *regexp.Regexp) map[string]bool {
	shown := map[string]bool{}
	for _, rec := range p.original().records {
		record.Texts(rec, func(_, s string) string {
			live := marks.FindAllString(s, -1)
			for _, m := range marks.FindAllString(html.UnescapeString(s), -1) {
				if !slices.Contains(live, m) {
					shown[m] = true
				}
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
		if cut <= 0 {
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
	to := strings.TrimPrefix(strings.TrimSuffix(u.Path, "/"), strings.TrimSuffix(base.Path, "/"))
	if u.RawQuery != "" {
		to += "?" + u.RawQuery
	}
	return to, true
}

// filesWhole asks the target for the SHA-256 of each file that the source has.
func (p *pairing) filesWhole(w *wholeness) {
	source, target := p.original(), dial(p.T, p.writer)
	scope := &agentv1.WriteScope{SourceSite: source.desc.GetSiteId(), Run: fmt.Sprintf("%s.%d", p.report.Migration, p.report.Run), Continued: true}
	var ids []string
	for _, key := range source.order {
		for _, f := range source.records[key].GetMedia().GetFiles() {
			if !f.GetMissing() {
				ids = append(ids, f.GetId())
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
				p.Logf("not on the target: %s", f.GetId())
			}
		}
	}
}

// pathsWhole asks for the redirect map: every old address of what was moved has its line.
func (p *pairing) pathsWhole(w *wholeness) {
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
	source := p.original()
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
			}
		}
	}
}
