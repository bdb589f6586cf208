//go:build accept

package e2e

import (
	"sort"
	"strings"
)

// maxRefs is how many examples of a loss a report holds; a shorter list is complete.
const maxRefs = 20

// told is what a report says that did not arrive as it was.
type told struct {
	losses []*toldLoss
	whole  map[string]bool
}

// toldLoss is one loss of the report and which records it has explained so far.
type toldLoss struct {
	code, kind string
	fields     []string
	count      int
	refs, used map[string]bool
}

// skipping are the codes of losses that leave out the whole record; their field says by which value.
var skipping = []string{"fragment_not_held", "system_not_held", "trashed_not_held", "spam_not_held", "pingback_not_held", "menu_name_not_held", "private_file_not_moved"}

// besides are fields that a code explains beside the one that the report names.
var besides = map[string][]string{
	"members_only_made_private": {"visibility"},
	"author_suspended":          {"roles"},
	"cache_not_moved":           {"fields._oembed_*", "fields._encloseme", "fields._pingme", "fields._edit_lock", "fields._edit_last"},
}

// whatWasTold reads the report's losses and rejected records.
func whatWasTold(r *report) *told {
	t := &told{whole: map[string]bool{}}
	if r == nil {
		return t
	}
	for _, l := range r.Losses {
		x := &toldLoss{code: l.Code, kind: l.Kind, count: l.Count, refs: map[string]bool{}, used: map[string]bool{}}
		x.fields = append([]string{l.Field}, besides[l.Code]...)
		if contains(skipping, l.Code) {
			x.fields = []string{"*"}
		}
		for _, ref := range l.Refs {
			x.refs[strings.TrimPrefix(ref, l.Kind+"/")] = true
		}
		t.losses = append(t.losses, x)
	}
	// Complete lists explain first: what they name must not use up what a cut list counts.
	sort.SliceStable(t.losses, func(i, k int) bool { return t.losses[i].complete() && !t.losses[k].complete() })
	for _, x := range r.Rejected {
		t.whole[x.Kind+"/"+x.SourceID] = true
	}
	return t
}

// covers says whether the report explains that this field of this record did not arrive as it was.
func (t *told) covers(kind, id, path string) bool {
	if t.whole[kind+"/"+id] {
		return true
	}
	for _, l := range t.losses {
		if l.kind == kind && l.about(path) && l.names(id) {
			return true
		}
	}
	return false
}

// unresolved says whether the report lists that a link of this field of this record leads to nothing that is on the target.
func (t *told) unresolved(kind, id, path string) bool {
	for _, l := range t.losses {
		if l.code == "link_unresolved" && l.kind == kind && (l.fields[0] == "" || l.about(path)) && l.names(id) {
			return true
		}
	}
	return false
}

// about: the loss names the field itself, one above it, or a part of it.
func (l *toldLoss) about(path string) bool {
	for _, f := range l.fields {
		switch {
		case f == "":
		case strings.HasSuffix(f, "*") && strings.HasPrefix(path, strings.TrimSuffix(f, "*")),
			path == f, strings.HasPrefix(path, f+"."), strings.HasPrefix(f, path+"."):
			return true
		}
	}
	return false
}

// names: a complete list of records holds this one, and no more records are explained than the report counts.
func (l *toldLoss) names(id string) bool {
	if l.complete() && !l.refs[id] || !l.used[id] && len(l.used) >= l.count {
		return false
	}
	l.used[id] = true
	return true
}

func (l *toldLoss) complete() bool { return len(l.refs) > 0 && len(l.refs) < maxRefs }
