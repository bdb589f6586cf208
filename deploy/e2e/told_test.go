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

// toldLoss is one loss of the report and how much of it was used to explain facts.
type toldLoss struct {
	code, kind string
	fields     []string
	count      int
	refs, used map[string]bool
}

// pointers are fields that point to other records.
var pointers = []string{"author", "authors", "user", "terms", "parent", "attached_to", "entry", "image", "icon", "content", "excerpt", "description", "items", "front_page",
	"posts_page", "default_term", "objects"}

// codeFields says which fields a loss or adjustment code can explain; a code that is not listed explains nothing.
var codeFields = map[string][]string{
	"author_not_member":            {"user", "author_name"},
	"author_not_staff":             {"authors"},
	"cache_not_moved":              {"fields._oembed_*", "fields._encloseme", "fields._pingme", "fields._edit_lock", "fields._edit_last"},
	"custom_field_not_held":        {"fields"},
	"default_category":             {"terms"},
	"fallback_author":              {"author", "authors"},
	"field_not_held":               {"*"},
	"fragment_not_held":            {"*"},
	"items_flattened":              {"items.parent_id"},
	"kept_existing":                {"*"},
	"link_unresolved":              pointers,
	"members_only_made_private":    {"status", "visibility"},
	"menu_item_target_missing":     {"items"},
	"not_held_for_members":         {"*"},
	"one_author_only":              {"authors"},
	"password_not_held_kept_draft": {"status", "password"},
	"password_reset_needed":        {"password"},
	"pingback_not_held":            {"*"},
	"role_lowered":                 {"roles", "capabilities"},
	"slug_changed":                 {"slug"},
	"slug_taken":                   {"slug"},
	"spam_not_held":                {"*"},
	"status_lowered":               {"status"},
	"system_not_held":              {"*"},
	"target_missing":               {"items.target"},
	"taxonomy_folded":              {"taxonomy"},
	"template_not_held":            {"template"},
	"terms_merged":                 {"terms"},
	"trashed_not_held":             {"*"},
	"type_folded":                  {"type"},
}

// whatWasTold reads the report's losses and rejected records.
func whatWasTold(r *report) *told {
	t := &told{whole: map[string]bool{}}
	if r == nil {
		return t
	}
	for _, l := range r.Losses {
		x := &toldLoss{code: l.Code, kind: l.Kind, count: l.Count, fields: codeFields[l.Code], refs: map[string]bool{}, used: map[string]bool{}}
		if l.Field != "" {
			x.fields = []string{l.Field}
		}
		for _, ref := range l.Refs {
			x.refs[strings.TrimPrefix(ref, l.Kind+"/")] = true
		}
		t.losses = append(t.losses, x)
	}
	// What names its fields explains before what may be about any.
	sort.SliceStable(t.losses, func(i, k int) bool { return !contains(t.losses[i].fields, "*") && contains(t.losses[k].fields, "*") })
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
		if l.kind == kind && l.about(path) && l.names(id, path) {
			return true
		}
	}
	return false
}

// about: the loss names the field itself or one above it.
func (l *toldLoss) about(path string) bool {
	for _, f := range l.fields {
		if strings.HasSuffix(f, "*") && strings.HasPrefix(path, strings.TrimSuffix(f, "*")) || path == f || strings.HasPrefix(path, f+".") {
			return true
		}
	}
	return false
}

// names: a complete list of records holds this one, and no more fields are explained than the report counts.
func (l *toldLoss) names(id, path string) bool {
	complete := len(l.refs) > 0 && len(l.refs) < maxRefs
	if complete && !l.refs[id] {
		return false
	}
	key := id + " " + path
	if !l.used[key] && len(l.used) >= l.count {
		return false
	}
	l.used[key] = true
	return true
}
