package report

import "strings"

// explanations say what a loss means for the owner of the site, by code.
var explanations = map[string]string{
	"kind_not_held":                "The target has no place for records of this kind; they were left out.",
	"kind_not_read":                "The source's agent cannot read records of this kind.",
	"field_not_held":               "The target has no place for this field; the record was moved without it.",
	"custom_field_not_held":        "The target has no custom fields; the record was moved without them.",
	"translation_not_held":         "The target does not know which records are translations of each other.",
	"too_long":                     "The text is longer than the target takes and was shortened.",
	"link_unresolved":              "The record points to something that is not on the target; links go to the old site, other pointers were cleared.",
	"link_feed":                    "A link to the feed of a record leads to the record itself now.",
	"link_in_raw":                  "Links inside a stored value whose bytes must not change still lead to the old site.",
	"markup_not_lifted":            "The markup of the text is not known; it was taken as HTML.",
	"body_not_parsed":              "The editor's source of the text cannot be read; its stored rendering was taken.",
	"tier_missing":                 "The target has no membership tier of this name.",
	"menu_item_target_missing":     "A menu item points to something that is not on the target.",
	"file_missing":                 "The source names a file that is not there; the record was moved without it.",
	"slug_taken":                   "The address was taken on the target; the record has got another one.",
	"kept_existing":                "The target had this already; what was there was kept.",
	"role_lowered":                 "The target has no such role; the account got the nearest one with fewer rights.",
	"password_not_held":            "The target cannot use the stored password; the person has to set a new one.",
	"password_reset_required":      "The target cannot use the stored password; the person has to set a new one.",
	"fallback_author":              "The author is not on the target; another account stands in.",
	"orphan_meta":                  "Data in the source belongs to no record.",
	"revision_not_held":            "The target does not keep older versions.",
	"comment_not_held":             "The target does not keep comments.",
	"markup_not_held":              "The target cannot show this construct; its text was kept.",
	"shortcode_not_held":           "A shortcode has no meaning on the target.",
	"dynamic_block_not_held":       "A block whose content is computed when the page is shown has no meaning on the target.",
	"visibility_not_held":          "The target cannot restrict who may read the record in this way.",
	"entry_password_not_held":      "The target cannot protect a single entry with a password.",
	"custom_taxonomy_not_held":     "The target has no such taxonomy.",
	"status_lowered":               "The target has no such status; the record is less visible there, never more.",
	"type_folded":                  "The target has no such type; the record became an ordinary one.",
	"taxonomy_folded":              "The target has no such taxonomy; the term became a tag.",
	"terms_merged":                 "Several terms of the record are one on the target.",
	"slug_changed":                 "The target writes addresses in plain letters; the address was transliterated.",
	"trashed_not_held":             "The target has no waste basket; what lay in it was left out.",
	"spam_not_held":                "The target keeps no spam; it was left out.",
	"pingback_not_held":            "The target keeps no pingbacks; they were left out.",
	"fragment_not_held":            "The target has no reusable parts; it was left out as a record of its own.",
	"system_not_held":              "A row of the theme or the system has no meaning on the target; it was left out.",
	"template_not_held":            "The target's theme has no such template; the default is used.",
	"author_not_staff":             "The account is a reader on the target, and readers cannot be authors there.",
	"author_not_member":            "The account is no reader on the target, and only readers can be authors of comments there.",
	"author_suspended":             "The author keeps the name on the entries; the account has no rights and is suspended.",
	"not_held_for_members":         "Accounts of readers have no place for this field.",
	"not_held_for_staff":           "Accounts of staff have no place for this field.",
	"network_not_held":             "The target has no place for accounts on this network.",
	"password_reset_needed":        "The target cannot use the stored password; the person has to set a new one.",
	"password_not_held_kept_draft": "The target cannot ask visitors for a password; the entry is kept as a draft, so that nobody sees it.",
	"members_only_made_private":    "The target cannot restrict the entry to members; it is private there, so that nobody else sees it.",
	"one_author_only":              "The target keeps one author per entry; the first was taken.",
	"default_category":             "The target wants a category; its default was given.",
	"taken_from_file":              "The target reads this from the file itself.",
	"thread_flattened":             "The target nests comments less deeply; the order is kept.",
	"items_flattened":              "The target's menu has one level; nested items follow their parents.",
	"target_as_url":                "The target's menu holds an address instead of a pointer.",
	"title_of_target":              "The menu item had no text of its own; it got the title of what it points to.",
	"target_missing":               "What a menu item points to is not on the target.",
	"menu_not_held":                "The target's theme has no place for this menu; it was left out.",
	"menu_name_not_held":           "The target's menus have fixed names.",
	"email_made":                   "The target wants an e-mail address; one that reaches nobody was made.",
	"name_made":                    "The target wants a name; one was made.",
	"date_made":                    "The target wants a date; one was made.",
	"date_out_of_range":            "The date lies outside of what the target can store.",
	"uuid_taken":                   "The unique id was taken on the target; the record has got a new one.",
	"payment_not_moved":            "Payments are not moved; a paying member became a complimentary one.",
	"nameless_custom_field":        "A custom field without a name was left out.",
	"parent_missing":               "What the record hangs on is not on the target.",
	"style_dropped":                "A style or class has no equal on the target; the text was kept.",
	"more_break":                   "The mark of the teaser's end has no meaning on the target.",
	"page_break":                   "A page break has no meaning on the target; the entry is one page.",
	"embed_as_link":                "An embedded page became a link.",
	"gallery_as_images":            "A gallery became single pictures.",
	"gallery_caption":              "The caption of a gallery became a paragraph.",
	"gallery_link":                 "Links of the pictures in a gallery were dropped.",
	"link_target":                  "A link no longer says in which window it opens; the target's editor leaves that out of the page.",
	"link_title":                   "The text that a link shows when pointed at was dropped; the target's editor leaves it out of the page.",
	"html_comment":                 "A comment in the HTML was dropped.",
	"anchor":                       "A jump mark was dropped.",
	"renumbered":                   "Positions were numbered anew.",
	"reordered":                    "The target keeps another order.",
	"setting_not_held":             "The target has no such setting.",
	"setting_unknown":              "The target does not know this setting.",
	"place_of_ghost":               "The place in the theme has another name on the target.",
	"internal_prefix":              "The name got the sign that marks it as internal on the target.",
	"edited_on_target":             "People have edited the record on the target; what they made of it was kept.",
	"edits_overwritten":            "People had edited the record on the target; it has the source's version again, as was asked for.",
	"deleted_on_source":            "The source no longer has the record; it was kept on the target.",
	"edited_since":                 "The source no longer has the record, but people have edited it on the target; it was kept.",
	"in_use":                       "The source no longer has the record, but something on the target needs it; it was kept.",
	"was_there_before":             "The source no longer has the record, but the target had it before the migration; it was kept.",
	"cannot_unpublish":             "The source no longer has the record, but the target cannot hide records of this kind; it was kept.",
	"files_out_of_reach":           "The record was removed on the target, but its files are out of the agent's reach.",
	"vanished":                     "The record was deleted on the source while the run went on.",
	"cache_not_moved":              "Locks and caches that the editor keeps for itself are no content; the target makes its own.",
	"internal_made_visible":        "The target has no terms that visitors never see; this one can be seen.",
	"auto_draft":                   "A draft that the editor made by itself and nobody saved was left out.",
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
