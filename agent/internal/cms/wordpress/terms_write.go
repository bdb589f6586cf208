package wordpress

import (
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// termKey is how WordPress tells terms apart.
func termKey(taxonomy, slug string) string { return taxonomy + "/" + strings.ToLower(slug) }

func (w *writer) terms() error {
	if err := w.findExisting("term_taxonomy", "term_taxonomy_id"); err != nil {
		return err
	}
	slugs := make([]string, len(w.jobs))
	adopted, err := w.chooseTerms(slugs)
	if err != nil {
		return err
	}
	termIDs, err := w.insertTerms(slugs)
	if err != nil {
		return err
	}
	if err := w.updateTerms(slugs, termIDs); err != nil {
		return err
	}
	if err := w.termParents(termIDs); err != nil {
		return err
	}
	if err := w.termMeta(termIDs); err != nil {
		return err
	}
	if err := w.say(func(j *job) string { return storedTaxonomy(j.rec.GetTerm().GetTaxonomy()) }); err != nil {
		return err
	}
	return w.keepExisting(adopted)
}

// chooseTerms finds the rows that stand for records already, and slugs for the rest.
func (w *writer) chooseTerms(slugs []string) (adopted []*job, err error) {
	_, err = w.u.Names.Choose("term", func(reserved func(string) bool) ([]string, error) {
		var keys []string
		have, err := w.termsBySlug()
		if err != nil {
			return nil, err
		}
		mine := map[string]bool{}
		for i, j := range w.jobs {
			taxonomy, slug := storedTaxonomy(j.rec.GetTerm().GetTaxonomy()), wantedTermSlug(j)
			if j.rec.GetTerm().GetInternal() != systemTaxonomy(taxonomy) {
				j.adjust("internal", "internal_made_visible", "")
			}
			if tt := have[termKey(taxonomy, slug)]; tt != 0 && !j.update && !mine[termKey(taxonomy, slug)] {
				j.adopted(tt)
				adopted = append(adopted, j)
				mine[termKey(taxonomy, slug)] = true
				continue
			}
			slugs[i], err = w.freeTermSlug(j, taxonomy, slug, func(key string) bool {
				return mine[key] || reserved(key) || have[key] != 0 && have[key] != j.id
			})
			if err != nil {
				return nil, err
			}
			mine[termKey(taxonomy, slugs[i])] = true
			keys = append(keys, termKey(taxonomy, slugs[i]))
		}
		return keys, nil
	})
	return adopted, err
}

// wantedTermSlug is the record's slug, or one made of its name.
func wantedTermSlug(j *job) string {
	t := j.rec.GetTerm()
	for _, s := range []string{t.GetSlug(), slugify(t.GetName())} {
		if slug := encodeSlug(s); slug != "" {
			return slug
		}
	}
	return encodeSlug("term-" + j.rec.GetRef().GetSourceId())
}

func (w *writer) freeTermSlug(j *job, taxonomy, slug string, used func(string) bool) (string, error) {
	now := slug
	for n := 2; used(termKey(taxonomy, now)); n++ {
		for now = suffixed(slug, n); ; now = suffixed(slug, n) {
			there, err := w.s.loadTerms(w.ctx, w.tx, "x.taxonomy = ? AND t.slug = ?", taxonomy, now)
			if err != nil {
				return "", err
			}
			if len(there) == 0 || there[0].tt == j.id {
				break
			}
			n++
		}
	}
	switch wanted := j.rec.GetTerm().GetSlug(); {
	case wanted == "":
	case now != slug:
		j.adjust("slug", "slug_taken", decodeSlug(now))
	case decodeSlug(now) != wanted:
		j.adjust("slug", "slug_changed", decodeSlug(now))
	}
	return now, nil
}

// termsBySlug are the rows of term_taxonomy that have a slug of the batch, and those with a number behind it.
func (w *writer) termsBySlug() (map[string]int64, error) {
	have := map[string]int64{}
	var slugs []string
	for _, j := range w.jobs {
		slugs = append(slugs, wantedTermSlug(j))
	}
	for len(slugs) > 0 {
		part := slugs[:min(len(slugs), cmssql.InList)]
		in, args := cmssql.In(part)
		terms, err := w.s.loadTerms(w.ctx, w.tx, "t.slug IN "+in+" ORDER BY x.term_taxonomy_id", args...)
		if err != nil {
			return nil, err
		}
		for _, t := range terms {
			if key := termKey(t.taxonomy, t.slug.String); have[key] == 0 {
				have[key] = t.tt
			}
		}
		slugs = slugs[len(part):]
	}
	return have, nil
}

// insertTerms writes new terms and gives the term_id of each row of term_taxonomy.
func (w *writer) insertTerms(slugs []string) (map[int64]int64, error) {
	var fresh []*job
	var rows [][]any
	for i, j := range w.jobs {
		if !j.settled() && !j.update {
			fresh = append(fresh, j)
			rows = append(rows, []any{escapeName(j.rec.GetTerm().GetName()), slugs[i], 0})
		}
	}
	ids, err := w.tx.Insert(w.ctx, w.s.prefix+"terms", []string{"name", "slug", "term_group"}, rows)
	if err != nil {
		return nil, err
	}
	for i, j := range fresh {
		t := j.rec.GetTerm()
		rows[i] = []any{ids[i], storedTaxonomy(t.GetTaxonomy()), t.GetDescription().GetText(), 0, 0}
	}
	tts, err := w.tx.Insert(w.ctx, w.s.prefix+"term_taxonomy", []string{"term_id", "taxonomy", "description", "parent", "count"}, rows)
	termIDs := map[int64]int64{}
	for i, tt := range tts {
		fresh[i].done(tt)
		termIDs[tt] = ids[i]
	}
	return termIDs, err
}

func (w *writer) updateTerms(slugs []string, termIDs map[int64]int64) error {
	for i, j := range w.jobs {
		if !j.update || j.settled() {
			continue
		}
		id, err := w.s.termID(w.ctx, w.tx, j.id)
		if err != nil {
			return err
		}
		t := j.rec.GetTerm()
		if _, err := w.tx.Exec(w.ctx, w.s.sql("UPDATE {terms} SET name = ?, slug = ? WHERE term_id = ?"), escapeName(t.GetName()), slugs[i], id); err != nil {
			return err
		}
		if _, err := w.tx.Exec(w.ctx, w.s.sql("UPDATE {term_taxonomy} SET description = ?, parent = 0 WHERE term_taxonomy_id = ?"), t.GetDescription().GetText(), j.id); err != nil {
			return err
		}
		if _, err := w.tx.Exec(w.ctx, w.s.sql("DELETE FROM {termmeta} WHERE term_id = ?"), id); err != nil {
			return err
		}
		j.done(j.id)
		termIDs[j.id] = id
	}
	return nil
}

// termParents sets the parents that are known; term_taxonomy.parent holds a term_id.
func (w *writer) termParents(termIDs map[int64]int64) error {
	parents := map[int64]int64{}
	for _, j := range w.jobs {
		ref := j.rec.GetTerm().GetParent()
		if ref == nil || termIDs[j.id] == 0 {
			continue
		}
		tt := w.target(ref)
		if tt == 0 || tt == j.id {
			j.openRef("parent", ref)
			continue
		}
		id, err := w.s.termID(w.ctx, w.tx, tt)
		if err != nil {
			return err
		}
		parents[j.id] = id
	}
	return setEach(w.ctx, w.s, w.tx, "term_taxonomy", "term_taxonomy_id", "parent", parents)
}

func (w *writer) termMeta(termIDs map[int64]int64) error {
	m := &metaBuilder{table: termMeta}
	for _, j := range w.jobs {
		if id := termIDs[j.id]; id != 0 {
			w.fields(m, id, j, "meta:", j.rec.GetFields(), same)
		}
	}
	return m.insert(w)
}

// saveTerms relates entries to their terms, in the record's order.
func (w *writer) saveTerms(drafts []*draft) error {
	if err := w.dropTerms(drafts); err != nil {
		return err
	}
	formats, err := w.formats(drafts)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, d := range drafts {
		done := map[int64]bool{}
		for i, ref := range d.rec.GetEntry().GetTerms() {
			tt := w.target(ref)
			if tt == 0 {
				d.openRef("term:"+itoa(int64(i)), ref)
			} else if !done[tt] {
				done[tt] = true
				rows = append(rows, []any{d.job.id, tt, i})
			} else {
				d.adjust("terms", "term_repeated", "")
			}
		}
		if tt := formats[d.rec.GetEntry().GetFormat()]; tt != 0 {
			rows = append(rows, []any{d.job.id, tt, 0})
		}
	}
	more, err := w.defaultCategory(drafts, rows)
	if err != nil {
		return err
	}
	_, err = w.tx.Insert(w.ctx, w.s.prefix+"term_relationships", []string{"object_id", "term_taxonomy_id", "term_order"}, append(rows, more...))
	return err
}

// notOfPosts are taxonomies whose relations are of other things that share the numbers of posts: links of the blogroll, and terms.
const notOfPosts = "'link_category'," + termTongues

// dropTerms removes the relations of entries that are written again.
func (w *writer) dropTerms(drafts []*draft) error {
	var old []int64
	for _, d := range drafts {
		if d.update {
			old = append(old, d.job.id)
		}
	}
	return cmssql.ExecIn(w.ctx, w.tx, old, w.s.sql("DELETE FROM {term_relationships} WHERE term_taxonomy_id NOT IN "+
		"(SELECT term_taxonomy_id FROM {term_taxonomy} WHERE taxonomy IN ("+notOfPosts+")) AND object_id IN "))
}

// defaultCategory gives each post without a category the default one, as WordPress does.
func (w *writer) defaultCategory(drafts []*draft, rows [][]any) ([][]any, error) {
	var tts set
	for _, r := range rows {
		tts.add(r[1].(int64))
	}
	def, err := w.s.categories(w.ctx, w.tx, []int64{atoi(w.env.opts["default_category"])})
	if err != nil || len(def) == 0 {
		return nil, err
	}
	category, err := w.s.taxonomies(w.ctx, w.tx, tts.ids)
	if err != nil {
		return nil, err
	}
	filed := map[int64]bool{}
	for _, r := range rows {
		if category[r[1].(int64)] == "category" {
			filed[r[0].(int64)] = true
		}
	}
	var more [][]any
	for _, d := range drafts {
		if d.kind == "post" && d.status != "auto-draft" && !filed[d.job.id] && !waitsForTerm(d.job) {
			d.adjust("terms", "default_category", "")
			more = append(more, []any{d.job.id, def[atoi(w.env.opts["default_category"])], len(d.rec.GetEntry().GetTerms())})
		}
	}
	return more, nil
}

func waitsForTerm(j *job) bool {
	for _, o := range j.res.Open {
		if strings.HasPrefix(o.Slot, "term:") {
			return true
		}
	}
	return false
}

// formats gives the term of each post format that the drafts use. One that another transaction is making at this moment is
// made twice; Finish joins them.
func (w *writer) formats(drafts []*draft) (map[string]int64, error) {
	var names []string
	for _, d := range drafts {
		if f := d.rec.GetEntry().GetFormat(); f != "" && !slices.Contains(names, f) {
			names = append(names, f)
		}
	}
	found := map[string]int64{}
	for _, name := range names {
		tt, err := w.format(formatPrefix + name)
		if err != nil {
			return nil, err
		}
		found[name] = tt
	}
	return found, nil
}

func (w *writer) format(slug string) (int64, error) {
	terms, err := w.s.loadTerms(w.ctx, w.tx, "x.taxonomy = 'post_format' AND t.slug = ? ORDER BY x.term_taxonomy_id LIMIT 1", encodeSlug(slug))
	if err != nil || len(terms) > 0 {
		return first(terms), err
	}
	tt, err := w.newTerm("post_format", slug, encodeSlug(slug), "")
	if err != nil {
		return 0, err
	}
	return tt, w.s.madeTerm(w.ctx, w.u, tt)
}

func first(terms []*term) int64 {
	if len(terms) == 0 {
		return 0
	}
	return terms[0].tt
}

// newTerm inserts one term; name is stored as given.
func (w *writer) newTerm(taxonomy, name, slug, description string) (int64, error) {
	w.s.taxonomy.forget()
	ids, err := w.tx.Insert(w.ctx, w.s.prefix+"terms", []string{"name", "slug", "term_group"}, [][]any{{name, slug, 0}})
	if err != nil {
		return 0, err
	}
	tts, err := w.tx.Insert(w.ctx, w.s.prefix+"term_taxonomy", []string{"term_id", "taxonomy", "description", "parent", "count"},
		[][]any{{ids[0], taxonomy, description, 0, 0}})
	if err != nil {
		return 0, err
	}
	return tts[0], nil
}
