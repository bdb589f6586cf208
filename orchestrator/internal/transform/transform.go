// Package transform turns a source's record into what a target can hold: pointers become tokens, markup is lifted into one
// canonical HTML and lowered to the target's, and whatever does not fit is counted as a loss.
package transform

import (
	"slices"

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
	// RepairCharset decodes texts that were encoded twice; see Repair.
	RepairCharset bool
}

// Loss is something that does not arrive, or arrives otherwise.
type Loss struct {
	// Code is stable: one of the Loss constants, "shortcode:NAME", "block:NAME", "card:NAME", or a code of record.Fit.
	Code string
	// Field is the path of the field it stands in.
	Field string
	// Count is at least 1.
	Count int
}

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
	// LossBody: a lexical or mobiledoc source cannot be parsed.
	LossBody = "body_not_parsed"
)

// Transformer transforms records; safe for use by several goroutines.
type Transformer struct {
	ctx    Context
	linker *linker
}

// New prepares a transformation. The context must not change afterwards.
func New(c Context) *Transformer {
	return &Transformer{ctx: c, linker: newLinker(c.Source, c.Links)}
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
	j := &job{Transformer: t, r: r, info: t.ctx.Target[record.BodyKind(r)]}
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
}

func (j *job) run() {
	if j.ctx.RepairCharset {
		j.charset()
	}
	j.texts()
	j.pointers()
	j.plainMODX()
	j.body()
}

// lose counts a loss; once per code and field.
func (j *job) lose(code, field string, count int) {
	if count <= 0 {
		return
	}
	i := slices.IndexFunc(j.losses, func(l Loss) bool { return l.Code == code && l.Field == field })
	if i >= 0 {
		j.losses[i].Count += count
		return
	}
	j.losses = append(j.losses, Loss{Code: code, Field: field, Count: count})
}
