package report

import "strings"

// explanations say what a loss means for the owner of the site, by code.
var explanations = map[string]string{
	"kind_not_held":            "The target has no place for records of this kind; they were left out.",
	"kind_not_read":            "The source's agent cannot read records of this kind.",
	"field_not_held":           "The target has no place for this field; the record was moved without it.",
	"custom_field_not_held":    "The target has no custom fields; the record was moved without them.",
	"translation_not_held":     "The target does not know which records are translations of each other.",
	"too_long":                 "The text is longer than the target takes and was shortened.",
	"link_unresolved":          "The record points to something that is not on the target; links go to the old site, other pointers were cleared.",
	"link_feed":                "A link to the feed of a record leads to the record itself now.",
	"link_in_raw":              "Links inside a stored value whose bytes must not change still lead to the old site.",
	"markup_not_lifted":        "The markup of the text is not known; it was taken as HTML.",
	"body_not_parsed":          "The editor's source of the text cannot be read; its stored rendering was taken.",
	"tier_missing":             "The target has no membership tier of this name.",
	"menu_item_target_missing": "A menu item points to something that is not on the target.",
	"file_missing":             "The source names a file that is not there; the record was moved without it.",
	"slug_taken":               "The address was taken on the target; the record has got another one.",
	"kept_existing":            "The target had this already; what was there was kept.",
	"role_lowered":             "The target has no such role; the account got the nearest one with fewer rights.",
	"password_not_held":        "The target cannot use the stored password; the person has to set a new one.",
	"password_reset_required":  "The target cannot use the stored password; the person has to set a new one.",
	"fallback_author":          "The author is not on the target; another account stands in.",
	"orphan_meta":              "Data in the source belongs to no record.",
	"revision_not_held":        "The target does not keep older versions.",
	"comment_not_held":         "The target does not keep comments.",
	"markup_not_held":          "The target cannot show this construct; its text was kept.",
	"shortcode_not_held":       "A shortcode has no meaning on the target.",
	"dynamic_block_not_held":   "A block whose content is computed when the page is shown has no meaning on the target.",
	"visibility_not_held":      "The target cannot restrict who may read the record in this way.",
	"entry_password_not_held":  "The target cannot protect a single entry with a password.",
	"custom_taxonomy_not_held": "The target has no such taxonomy.",
}

// Explain says in a sentence what a loss means.
func Explain(code string) string {
	if e, ok := explanations[code]; ok {
		return e
	}
	if name, ok := strings.CutPrefix(code, "shortcode:"); ok {
		return "The shortcode [" + name + "] has no meaning on the target."
	}
	if name, ok := strings.CutPrefix(code, "block:"); ok {
		return "The block " + name + " has no equal on the target."
	}
	if name, ok := strings.CutPrefix(code, "card:"); ok {
		return "The card " + name + " has no equal on the target."
	}
	return "The target holds this otherwise: " + strings.ReplaceAll(code, "_", " ") + "."
}
