// Package transform turns a source's record into what a target can hold: pointers become tokens, markup is lifted into one
// canonical HTML and lowered to the target's, and whatever does not fit is counted as a loss.
package transform

import (
	"strings"

	"google.golang.org/protobuf/proto"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Links resolves addresses of the source to records. Methods may be called from several goroutines.
type Links interface {
	// Resolve finds the record behind a path from the site's root, query included: "/2010/08/hello/", "/?p=12",
	// "/wp-content/uploads/a-300x200.jpg". The path comes as NormalPath gives it; an index is built with the same function.
	Resolve(path string) (record.Token, bool)
	// Known says that the source lists a record with this key.
	Known(k record.Key) bool
}

// Site is the source as seen from a link.
type Site struct {
	// BaseURLs are all addresses of the site: home, old domains, and placeholders that stand for it ("__GHOST_URL__").
	BaseURLs []string
}

// Context is all that a transformation depends on beside the record.
type Context struct {
	Source Site
	// Target says what the target holds per kind. A kind without an entry is not held.
	Target map[recordv1.Kind]*agentv1.KindInfo
	// Links may be nil: then nothing resolves.
	Links Links
	// Policies say what becomes of constructs that cannot be lifted, by Policy.Tag. A key may end in "*": "joomla:*" is for all of
	// Joomla's that have none of their own, "*" for all others.
	Policies map[string]Policy
	// Classic has texts for WordPress written for the classic editor rather than in blocks.
	Classic bool
	// KeepAddresses lets entries and terms keep the addresses that they name, where the target can put them there.
	KeepAddresses bool
	// Examples asks for Loss.Example.
	Examples bool
	// RepairCharset decodes texts that were encoded twice; see Repair.
	RepairCharset bool
}

// Loss is something that does not arrive, or arrives otherwise.
type Loss struct {
	// Code is stable: one of the Loss constants, a construct as Policy.Tag names it, or a code of record.Fit.
	Code string
	// Field is the path of the field it stands in.
	Field string
	// Count is at least 1.
	Count int
	// Action is what a policy made of the construct; empty: there was none.
	Action Action
	// Example is the first construct as it stands in the source, at most MaxExample bytes. It is content (Rule 8): shown to who asked,
	// never stored, logged or reported.
	Example string
}

// MaxExample bounds Loss.Example, in bytes.
const MaxExample = 120

// Codes of losses beside those of record.Fit.
const (
	// LossLink: a link to the source's own site leads to no record; it stays as it is.
	LossLink = "link_unresolved"
	// LossFeed: a link to the feed of a record leads to the record now.
	LossFeed = "link_feed"
	// LossLinkRaw: links inside a value whose bytes must not change are not followed.
	LossLinkRaw = "link_in_raw"
	// LossMarkup: a body's markup is not known and was taken as HTML.
	LossMarkup = "markup_not_lifted"
	// LossAddress: the target cannot put the record at its old address.
	LossAddress = "address_not_kept"
	// LossBody: a lexical or mobiledoc source cannot be parsed; the texts in it are taken.
	LossBody = "body_not_parsed"
)

// Transformer transforms records; safe for use by several goroutines.
type Transformer struct {
	ctx    Context
	linker *linker
	// renders says that a policy asks for what live pages show.
	renders bool
	rules   knownRules
}

// New prepares a transformation. The context must not change afterwards.
func New(c Context) *Transformer {
	t := &Transformer{ctx: c, linker: newLinker(c.Source, c.Links)}
	for _, p := range c.Policies {
		t.renders = t.renders || p.Action == ActionRendered
	}
	return t
}

// Record gives what the target is to be sent for a record of the source: sealed, fitted, with tokens. r stays as it is.
// No record comes out when the target does not take it; the losses say why.
func (t *Transformer) Record(r *recordv1.Record) (out []*recordv1.Record, losses []Loss) {
	out, losses = t.Take(proto.CloneOf(r))
	for _, o := range out {
		record.Seal(o)
	}
	return out, losses
}

// Take is Record for a caller that has no more use for r, which becomes what comes out, and that seals it.
func (t *Transformer) Take(r *recordv1.Record) (out []*recordv1.Record, losses []Loss) {
	return t.TakeShown(r, "")
}

func (t *Transformer) job(r *recordv1.Record, page string) *job {
	return &job{Transformer: t, r: r, info: t.ctx.Target[record.BodyKind(r)], page: page}
}

func (j *job) take() (out []*recordv1.Record, losses []Loss) {
	if j.info.GetWritable() {
		j.run()
	}
	keep, unfit := record.Fit(j.r, j.info)
	for _, l := range unfit {
		j.lose(l.Code, l.Field, 1)
	}
	if !keep {
		return nil, j.losses
	}
	return []*recordv1.Record{j.r}, j.losses
}

// job is one record on its way.
type job struct {
	*Transformer
	r      *recordv1.Record
	info   *agentv1.KindInfo
	losses []Loss
	// page is the HTML of the record's live page, and live the same as it is read, for constructs whose policy asks for what it shows;
	// wanted says that one does.
	page   string
	live   *livePage
	wanted bool
}

func (j *job) run() {
	if j.ctx.RepairCharset {
		j.charset()
	}
	j.texts()
	j.address()
	j.pointers()
	j.plainMODX()
	j.visitors()
	j.body()
}

// lose counts a loss.
func (j *job) lose(code, field string, count int) {
	j.tell(Loss{Code: code, Field: field, Count: count})
}

// maxLosses bounds how many losses of one record are told apart: names stand in its text, which may hold any number.
const maxLosses = 200

// tell counts a loss; once per code, field and action. Constructs beyond what is told apart are counted for their group.
func (j *job) tell(l Loss) {
	if l.Count <= 0 || j.count(l) {
		return
	}
	if i := strings.LastIndexByte(l.Code, ':'); i > 0 && len(j.losses) >= maxLosses {
		if l.Code = l.Code[:i] + ":*"; j.count(l) {
			return
		}
	}
	j.losses = append(j.losses, l)
}

// count adds to a loss that was told before.
func (j *job) count(l Loss) bool {
	for i := range j.losses {
		if have := &j.losses[i]; have.Code == l.Code && have.Field == l.Field && have.Action == l.Action {
			have.Count += l.Count
			return true
		}
	}
	return false
}
