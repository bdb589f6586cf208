package ghost

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Ghost looks for an address without its last slash, from its first letter where the rule says so, and takes every rule for a pattern.
// (5.130, core/server/services/lib/DynamicRedirectManager.js, buildRegex)

// redirectID stands for what a rule looks for, which may be longer than an id.
func redirectID(from string) string {
	sum := sha256.Sum256([]byte(from))
	return hex.EncodeToString(sum[:16])
}

func (s *Site) redirectIDs(context.Context) (ids []string, err error) {
	f, err := s.redirectsFile()
	if err != nil {
		return nil, err
	}
	for _, r := range f.rules {
		ids = append(ids, redirectID(r.from))
	}
	slices.Sort(ids)
	return ids, nil
}

func (s *Site) loadRedirects(_ context.Context, _ cmssql.Querier, ids []string) (map[string]cms.Item, error) {
	f, err := s.redirectsFile()
	if err != nil || !s.redirects {
		return nil, err
	}
	items := map[string]cms.Item{}
	for _, r := range f.rules {
		if id := redirectID(r.from); slices.Contains(ids, id) {
			items[id] = item(kindRedirect, id, &recordv1.Record{Body: &recordv1.Record_Redirect{Redirect: r.record()}})
		}
	}
	return items, nil
}

// meta are the signs that stand for something in a pattern; a dot is one in every address, and is hardly meant so.
const meta = `*+?()[]{}|^$`

// record is what a rule says: a path where it looks for one alone, else a pattern.
func (r redirectRule) record() *recordv1.Redirect {
	out := &recordv1.Redirect{FromPath: r.from, ToUrl: r.to, Code: 302, Pattern: true}
	if r.permanent {
		out.Code = 301
	}
	if inner, ok := strings.CutPrefix(r.from, "/"); ok && strings.HasSuffix(inner, "/i") {
		out.FromPath = "(?i)" + strings.TrimSuffix(inner, "/i")
		return out
	}
	plain := strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(r.from, "^"), "$"), "/?")
	var b strings.Builder
	for i := 0; i < len(plain); i++ {
		c := plain[i]
		if c == '\\' && i+1 < len(plain) && !isWord(plain[i+1]) {
			i++
			c = plain[i]
		} else if c == '\\' || strings.IndexByte(meta, c) >= 0 {
			return out
		}
		b.WriteByte(c)
	}
	if path := b.String(); strings.HasPrefix(path, "/") {
		out.FromPath, out.ToUrl, out.Pattern = path, strings.ReplaceAll(r.to, "$$", "$"), false
	}
	return out
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// foreignPattern finds what JavaScript does not know, or takes for something else: one rule that it does not understand makes Ghost
// refuse all of them.
var foreignPattern = regexp.MustCompile(`\(\?|\[\[:|\\[^dwsDWS./?+*()\[\]{}|$^-]|\\$`)

// ruleOf is the rule that leads from a record's address to another one; false: Ghost cannot look for it.
func ruleOf(r *recordv1.Redirect, to string) (redirectRule, bool) {
	out := redirectRule{from: r.GetFromPath(), to: to, permanent: r.GetCode() == 0 || r.GetCode() == 301 || r.GetCode() == 308, ours: true}
	if r.GetPattern() {
		plain, folded := strings.CutPrefix(out.from, "(?i)")
		_, err := regexp.Compile(plain)
		if err != nil || foreignPattern.MatchString(plain) || plain == "" {
			return out, false
		}
		if folded {
			out.from = "/" + plain + "/i"
		}
		return out, true
	}
	path := strings.TrimSuffix(escaped(out.from), "/")
	if path == "" || path[0] != '/' || strings.ContainsAny(out.from, "?#") {
		return out, false
	}
	out.from, out.to = "^"+regexp.QuoteMeta(path)+"/?$", strings.ReplaceAll(to, "$", "$$")
	return out, true
}

// escaped is a path with its escapes, as Ghost sees it.
func escaped(path string) string {
	if plain, err := url.PathUnescape(path); err == nil {
		return (&url.URL{Path: plain}).EscapedPath()
	}
	return path
}

// finds is what a rule looks for; nil: Ghost passes over it.
func (r redirectRule) finds() *regexp.Regexp {
	pattern, flags := r.from, ""
	if inner, ok := strings.CutPrefix(pattern, "/"); ok && strings.HasSuffix(inner, "/i") {
		pattern, flags = strings.TrimSuffix(inner, "/i"), "(?i)"
	}
	if pattern = strings.TrimSuffix(pattern, "/"); !strings.HasSuffix(pattern, "$") {
		pattern += "/?$"
	}
	re, err := regexp.Compile(flags + pattern)
	if err != nil {
		return nil
	}
	return re
}

// redirectWriter gathers what a batch changes in the file.
type redirectWriter struct {
	// now are the rules by what they look for; theirs is what those of people look for.
	now    map[string]redirectRule
	theirs []*regexp.Regexp
	fresh  map[string]redirectRule
	gone   map[string]bool
}

func (s *Site) writeRedirects(_ context.Context, u *cms.Unit, batch []*recordv1.Record) ([]cms.Result, error) {
	out := make([]cms.Result, len(batch))
	if !s.redirects {
		for i, rec := range batch {
			d := &draft{u: u, rec: rec}
			d.skip("files_out_of_reach", "Ghost's content folder is not known, or holds no folder data", "Start the agent with --site, or with --files and the path of Ghost's content folder.")
			out[i] = d.res
		}
		return out, nil
	}
	return out, s.changeRedirects(func(w *redirectWriter) error {
		for i, rec := range batch {
			d := &draft{u: u, rec: rec}
			w.write(d)
			out[i] = d.res
		}
		return nil
	})
}

// changeRedirects makes changes to the file. It goes before the commit: what is there without a ledger row is found as ours by its mark
// when the batch comes again (Rule 2).
func (s *Site) changeRedirects(change func(*redirectWriter) error) error {
	s.filing.Lock()
	defer s.filing.Unlock()
	f, err := s.redirectsFile()
	if err != nil {
		return err
	}
	w := &redirectWriter{now: map[string]redirectRule{}, fresh: map[string]redirectRule{}, gone: map[string]bool{}}
	for _, r := range f.rules {
		w.now[r.from] = r
		if re := r.finds(); re != nil && !r.ours {
			w.theirs = append(w.theirs, re)
		}
	}
	if err := change(w); err != nil || len(w.fresh)+len(w.gone) == 0 {
		return err
	}
	var rules []redirectRule
	for _, from := range slices.Sorted(maps.Keys(w.fresh)) {
		rules = append(rules, w.fresh[from])
	}
	if err := f.put(rules, w.gone); err != nil {
		return err
	}
	return s.saveRedirects(f)
}

// put has the file say a rule of ours.
func (w *redirectWriter) put(r redirectRule) {
	if had, there := w.now[r.from]; there && had == r {
		return
	} else if there {
		w.gone[r.from] = true
	}
	w.now[r.from], w.fresh[r.from] = r, r
}

// drop takes rules of ours out of the file, by their ids.
func (w *redirectWriter) drop(ids ...string) {
	out := set(ids...)
	for from, r := range w.now {
		if r.ours && out[redirectID(from)] {
			delete(w.now, from)
			delete(w.fresh, from)
			w.gone[from] = true
		}
	}
}

func (w *redirectWriter) write(d *draft) {
	r := d.rec.GetRedirect()
	text := r.GetToUrl()
	if r.GetTo() != nil {
		text = record.NewToken(r.GetTo(), "").String()
	}
	to, open := d.u.Refs.Expand(text)
	to = strings.TrimPrefix(to, ghostURL)
	rule, ok := ruleOf(r, to)
	had, known := d.u.Refs.Existing(d.rec.GetRef())
	id := redirectID(rule.from)
	switch other, there := w.now[rule.from]; {
	case to == "":
		d.skip("redirect_leads_nowhere", "the redirect leads nowhere: it says that something is gone", "Nothing: Ghost answers 404 there.")
	case !ok && r.GetPattern():
		d.skip("redirect_pattern_not_held", "Ghost does not understand the pattern", "Write it as one of JavaScript in redirects.yaml.")
	case !ok:
		d.skip("redirect_not_a_path", "Ghost finds redirects by paths alone, and the old address has a query or is that of the site", "Set up this redirect in the web server.")
	case there && !other.ours, there && other != rule && had != id, !there && w.led(rule):
		d.skip("path_taken", "the target redirects this path already", "Remove its redirect, then migrate again.")
	default:
		d.res = cms.Result{Outcome: agentv1.Outcome_OUTCOME_CREATED, TargetID: id}
		if known {
			d.res.Outcome = agentv1.Outcome_OUTCOME_UPDATED
		}
		if known && had != id {
			w.drop(had)
		}
		w.put(rule)
		tellRule(d, rule, open)
	}
}

// led says that a rule of people's leads on from where a new one would.
func (w *redirectWriter) led(r redirectRule) bool {
	at := r.record()
	return !at.GetPattern() && slices.ContainsFunc(w.theirs, func(re *regexp.Regexp) bool { return re.MatchString(at.GetFromPath()) })
}

// tellRule tells what the file says otherwise than the record.
func tellRule(d *draft, rule redirectRule, open []record.Token) {
	r, back := d.rec.GetRedirect(), rule.record()
	if back.GetFromPath() != r.GetFromPath() || back.GetPattern() != r.GetPattern() {
		d.adjust("from_path", "as_path", back.GetFromPath())
		d.adjust("pattern", "as_path", "")
	}
	if back.GetCode() != r.GetCode() {
		d.adjust("code", "code_not_held", fmt.Sprint(back.GetCode()))
	}
	if r.GetTo() != nil {
		d.adjust("to", "target_as_url", "")
		d.adjust("to_url", "target_as_url", "")
	}
	for _, t := range open {
		d.wait("to", t)
	}
}

// relinkRedirects fills in where redirects lead whose pages came later.
func (s *Site) relinkRedirects(ctx context.Context, u *cms.Unit, links []cms.Link) error {
	return s.changeRedirects(func(w *redirectWriter) error {
		for _, g := range group(links) {
			for _, r := range w.now {
				if !r.ours || redirectID(r.from) != g.id {
					continue
				}
				if err := u.Refs.Load(ctx, r.to); err != nil {
					return fmt.Errorf("relink: %w", err)
				}
				to, _ := u.Refs.Expand(r.to)
				// One rule without an address makes Ghost refuse all of them.
				r.to = or(strings.TrimPrefix(to, ghostURL), "/")
				w.put(r)
			}
		}
		return nil
	})
}

// Outside implements cms.Outside.
func (s *Site) Outside(kind cms.Kind) bool { return kind == kindRedirect && s.redirects }

// Remove implements cms.Outside.
func (s *Site) Remove(_ cms.Kind, ids []string) error {
	return s.changeRedirects(func(w *redirectWriter) error {
		w.drop(ids...)
		return nil
	})
}

var _ cms.Outside = (*Site)(nil)
