package pipeline

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"time"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/transform"
)

const (
	// maxExamples is how many records are named with a finding.
	maxExamples = 5
	// maxSlugs is how many addresses are remembered to find those that occur twice, some 20 MB in all (Rule 9).
	maxSlugs = 1 << 20
)

// preflight looks at the records of the source as they are read, and sums up what the owner should know before they are moved. Safe
// for several goroutines; its memory does not grow with the site.
type preflight struct {
	// known says that the source lists a record; indexed are the kinds of which it can tell.
	known   func(record.Key) bool
	indexed map[recordv1.Kind]bool
	repair  bool
	now     time.Time

	seed  maphash.Seed
	mu    sync.Mutex
	slugs map[uint64]struct{}
	found map[trace]*migration.Remark
}

// trace tells findings apart.
type trace struct {
	kind recordv1.Kind
	code string
}

// advice is what is told with a finding.
type advice struct{ severity, cause, will, fix string }

var advices = map[string]advice{
	"orphan_author": {"warning", "records name an author who is not there", "Another account stands in on the target.", "Give them an author in the source."},
	"orphan_parent": {"warning", "records name a record above them that is not there", "They stand at the top level on the target.", "Give them another parent in the source, or none."},
	"orphan_term":   {"warning", "records name a term that is not there", "They are moved without it.", "Take the term off them in the source, or make it again."},
	"orphan_file":   {"warning", "records use a file that the media library does not hold", "They are moved without it.", "Upload the file again in the source, or choose another."},
	"orphan_entry":  {"warning", "records belong to an entry that is not there", "What the target cannot keep without it is left out.", "Delete them in the source."},
	"orphan_link":   {"warning", "records point to a record that is not there", "The pointer is cleared on the target.", "Mend the pointer in the source."},
	"slug_duplicate": {"warning", "records of one type have the same address", "One keeps it on the target; the others get a number behind it.",
		"Give them addresses of their own in the source."},
	"email_duplicate": {"warning", "accounts share an e-mail address with another account", "A target may keep one account for both; what the other one wrote is then that account's.",
		"Give each an address of its own in the source."},
	"slugs_not_compared": {"info", "the site has more addresses than are compared with each other; some that occur twice may not be told", "Nothing changes.", "bailey plan --diff compares all of them."},
	"date_missing":       {"warning", "published entries have no date", "The target gives them one, or keeps them as drafts.", "Give them a date in the source."},
	"date_out_of_range":  {"warning", "dates lie before 1970 or after 2037", "A target that cannot store such a date takes the nearest it can, or its own.", "Correct the dates in the source."},
	"date_in_future":     {"warning", "published entries have a date that lies ahead", "The target publishes them then, or at once.", "Correct the dates in the source, or schedule the entries."},
	"charset_damaged":    {"warning", "texts look as if they had been encoded twice, like \"Ã©\" for \"é\"", "They are moved as they are.", "Give --repair-charset to decode them, or repair them in the source."},
	"charset_mixed": {"info", "texts hold parts that look as if they had been encoded twice, beside parts that do not", "They are moved as they are, also with --repair-charset.",
		"Repair them in the source if visitors see the same."},
	"replacement_characters": {"info", "texts hold the sign that stands for characters which were lost earlier", "They are moved as they are.", "Repair them in the source from an older backup if it matters."},
}

// repaired is told instead of charset_damaged's advice when texts are to be repaired.
var repaired = advice{"info", "texts had been encoded twice, like \"Ã©\" for \"é\"", "They are decoded once.", "Leave out --repair-charset to move them as they are."}

// newPreflight looks for the kinds that are moved.
func newPreflight(e *Env) *preflight {
	p := &preflight{known: e.Known, indexed: map[recordv1.Kind]bool{}, repair: e.Selection.RepairCharset, now: time.Now(), seed: maphash.MakeSeed(),
		slugs: map[uint64]struct{}{}, found: map[trace]*migration.Remark{}}
	for _, k := range e.Kinds {
		p.indexed[k.Kind] = k.Moved && pointedTo(k) && e.Known != nil
	}
	return p
}

// pointedTo says that a plan indexes a kind: besides those with addresses comments, which answer each other.
func pointedTo(p migration.KindPlan) bool {
	return p.Addressable || p.Kind == recordv1.Kind_KIND_COMMENT
}

// look takes records before they are transformed.
func (p *preflight) look(records []*recordv1.Record) {
	for _, r := range records {
		s := &sight{preflight: p, ref: r.GetRef(), seen: map[string]bool{}}
		s.pointers(r)
		s.texts(r)
		s.dates(r)
		s.unique(r)
	}
}

// unmoved takes a record that cannot be read or is not valid: its problem is the finding.
func (p *preflight) unmoved(ref *recordv1.Ref, o agentv1.Outcome, why *agentv1.Problem) {
	if o == agentv1.Outcome_OUTCOME_REJECTED {
		p.add(ref, why.GetCode(), why.GetField(), "", advice{"warning", why.GetCause(), "The record is not moved; all others are.", link.Sentence(why.GetFix())})
	}
}

func (p *preflight) add(ref *recordv1.Ref, code, field, sample string, a advice) {
	p.mu.Lock()
	defer p.mu.Unlock()
	k := trace{ref.GetKind(), code}
	f := p.found[k]
	if f == nil {
		f = &migration.Remark{Side: "source", Code: code, Severity: a.severity, Kind: record.KindName(k.kind), Cause: a.cause, Will: a.will, Fix: a.fix}
		p.found[k] = f
	}
	f.Count++
	// Of all the same one, in whichever order shards are read.
	if f.Sample == "" || sample != "" && sample < f.Sample {
		f.Sample = sample
	}
	if len(f.Examples) < maxExamples {
		f.Examples = append(f.Examples, strings.TrimSpace(record.KeyOf(ref).String()+" "+field))
	}
}

// list gives what was found, in a fixed order.
func (p *preflight) list() []migration.Remark {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []migration.Remark
	for _, f := range p.found {
		slices.Sort(f.Examples)
		all = append(all, *f)
	}
	slices.SortFunc(all, func(a, b migration.Remark) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Code, b.Code))
	})
	return all
}

// sight is one record being looked at; each code counts once for it.
type sight struct {
	*preflight
	ref  *recordv1.Ref
	seen map[string]bool
}

func (s *sight) tell(code, field string) { s.show(code, field, "") }

// show is tell with a sample of what stands there.
func (s *sight) show(code, field, sample string) {
	if s.seen[code] {
		return
	}
	s.seen[code] = true
	a := advices[code]
	if code == "charset_damaged" && s.repair {
		a = repaired
	}
	s.add(s.ref, code, field, sample, a)
}

func (s *sight) pointers(r *recordv1.Record) {
	record.Refs(r, func(path string, to *recordv1.Ref) {
		if s.indexed[to.GetKind()] && !s.known(record.KeyOf(to)) {
			s.tell(orphan(path, to.GetKind()), path)
		}
	})
}

// orphan names a pointer that leads nowhere by what it was to be.
func orphan(path string, to recordv1.Kind) string {
	switch {
	case to == recordv1.Kind_KIND_USER:
		return "orphan_author"
	case path == "parent":
		return "orphan_parent"
	case path == "entry", path == "attached_to":
		return "orphan_entry"
	case to == recordv1.Kind_KIND_TERM:
		return "orphan_term"
	case to == recordv1.Kind_KIND_MEDIA:
		return "orphan_file"
	}
	return "orphan_link"
}

func (s *sight) texts(r *recordv1.Record) {
	record.Texts(r, func(path, text string) string {
		if strings.ContainsRune(text, '\uFFFD') {
			s.tell("replacement_characters", path)
		}
		return text
	})
	transform.Damaged(r, func(path, sample string, c transform.Charset) {
		code := "charset_damaged"
		if c == transform.CharsetMixed {
			code = "charset_mixed"
		}
		s.show(code, path, sample)
	})
}

// last is the last second that fits into 32 bits, in which several platforms keep times.
const last = 1<<31 - 1

func (s *sight) dates(r *recordv1.Record) {
	e := r.GetEntry()
	if e.GetStatus() == recordv1.Status_STATUS_PUBLISHED && e.GetPurpose() != recordv1.Purpose_PURPOSE_REVISION {
		if e.GetPublished() == nil && e.GetCreated() == nil {
			s.tell("date_missing", "published")
		}
		if e.GetPublished().GetSeconds() > s.now.Add(24*time.Hour).Unix() {
			s.tell("date_in_future", "published")
		}
	}
	for _, d := range []struct {
		field string
		at    *recordv1.Time
	}{
		{"published", e.GetPublished()}, {"modified", e.GetModified()}, {"created", e.GetCreated()}, {"registered", r.GetUser().GetRegistered()},
		{"created", r.GetMedia().GetCreated()}, {"modified", r.GetMedia().GetModified()}, {"created", r.GetComment().GetCreated()},
	} {
		if d.at != nil && (d.at.GetSeconds() <= 0 || d.at.GetSeconds() > last) {
			s.tell("date_out_of_range", d.field)
		}
	}
}

// unique finds addresses that occur twice: those of accounts, and those of records of one type, language and parent.
func (s *sight) unique(r *recordv1.Record) {
	if mail := r.GetUser().GetEmail(); mail != "" {
		s.once("email_duplicate", "email", mail)
	}
	slug, parent := r.GetEntry().GetSlug(), r.GetEntry().GetParent()
	if t := r.GetTerm(); t != nil {
		slug, parent = t.GetSlug(), t.GetParent()
	}
	if slug == "" || r.GetEntry().GetPurpose() == recordv1.Purpose_PURPOSE_REVISION || r.GetEntry().GetStatus() == recordv1.Status_STATUS_TRASHED {
		return
	}
	s.once("slug_duplicate", "slug", record.KindName(r.GetRef().GetKind()), typeOf(r), r.GetLocale(), parent.GetSourceId(), slug)
}

// once tells the code when what parts say has occurred before.
func (s *sight) once(code, field string, parts ...string) {
	h := maphash.String(s.seed, field+"\x00"+strings.ToLower(strings.Join(parts, "\x00")))
	s.mu.Lock()
	_, twice := s.slugs[h]
	full := !twice && len(s.slugs) >= maxSlugs
	if !twice && !full {
		s.slugs[h] = struct{}{}
	}
	s.mu.Unlock()
	switch {
	case twice:
		s.tell(code, field)
	case full:
		s.tell("slugs_not_compared", field)
	}
}
