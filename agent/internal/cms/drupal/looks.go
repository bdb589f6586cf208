package drupal

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

// look is one thing that a count finds out. A table may stand before a column that it has only where a module is on: "table.column".
type look struct {
	table, query, code, cause, fix string
	kind                           cms.Kind
}

var looks7 = []look{
	{"field_collection_item", "SELECT COUNT(*) AS n FROM {field_collection_item}", "collections_as_fields", "field collections (a contributed module) are moved as structured fields of what holds them; how they look is code of the theme",
		"Show these fields with the target's theme.", kindEntry},
	paragraphs,
	{"scheduler", "SELECT COUNT(*) AS n FROM {scheduler}", "schedules_not_moved", schedules, "Set them again on the target, or publish first.", kindEntry},
	{"webform_component", "SELECT COUNT(DISTINCT nid) AS n FROM {webform_component}", "forms_not_moved", forms, formsFix, kindEntry},
	{"webform_submissions", "SELECT COUNT(*) AS n FROM {webform_submissions}", "form_answers_not_moved", "what people have sent with forms is not moved", "Export it in the source.", kindEntry},
	{"variable", "SELECT COUNT(*) AS n FROM {variable} WHERE name LIKE 'pathauto!_%!_pattern' ESCAPE '!'", "address_patterns_not_moved", patterns, "Set the target's own rule.", kindSite},
	{"profile_value", "SELECT COUNT(*) AS n FROM {profile_value}", "profiles_not_moved", "what accounts say with the module Profile is not moved", "Make fields of accounts of it first.", kindUser},
	{"commerce_order", "SELECT COUNT(*) AS n FROM {commerce_order}", "orders_not_moved", "orders of a shop are not moved", "Export them in the source.", kindEntry},
	{"flagging", "SELECT COUNT(*) AS n FROM {flagging}", "flags_not_moved", "what people have flagged is not moved", "Nothing to do.", kindEntry},
	{"votingapi_vote", "SELECT COUNT(*) AS n FROM {votingapi_vote}", "votes_not_moved", "votes on content are not moved", "Nothing to do.", kindEntry},
	{"poll_vote", "SELECT COUNT(*) AS n FROM {poll_vote}", "poll_votes_not_moved", "who voted in polls is not moved; the counts are", "Nothing to do.", kindEntry},
	{"node_counter", "SELECT COUNT(*) AS n FROM {node_counter}", "statistics_not_moved", "how often nodes were read is not moved", "Nothing to do.", kindEntry},
	{"menu_links", "SELECT COUNT(*) AS n FROM {menu_links} WHERE module = 'system' AND customized = 1", "menu_links_of_modules", "menu links of modules that people have moved or renamed are not moved", "Make them again on the target.", kindMenu},
	saidStrings("taxonomy", "translations of terms that the module i18n keeps as strings are not moved", kindTerm),
	saidStrings("menu", "translations of links of menus that the module i18n keeps as strings are not moved", kindMenu),
	saidStrings("blocks", "translations of blocks that the module i18n keeps as strings are not moved", kindEntry),
	{"entity_translation", "SELECT COUNT(*) AS n FROM {entity_translation} WHERE source <> ''", "field_translations_not_moved", "texts in other languages that the module Entity Translation keeps in the fields of one node or term are not moved",
		"Translate them again on the target, or make nodes of their own of them first.", kindEntry},
	filesElsewhere,
}

// Causes and fixes that both layouts have.
const (
	schedules = "times at which the module Scheduler is to publish or hide are not moved; the nodes are as they are shown now"
	forms     = "forms (the module Webform) are not moved; the nodes that show them are"
	formsFix  = "Build them again on the target."
	patterns  = "patterns from which the module Pathauto makes addresses are not moved; the addresses that it has made are"
)

// saidStrings counts what people have translated of a kind of thing with Drupal 7's module i18n.
func saidStrings(group, cause string, kind cms.Kind) look {
	return look{"locales_target", "SELECT COUNT(*) AS n FROM {locales_target} t JOIN {locales_source} s ON s.lid = t.lid WHERE s.textgroup = '" + group + "'", "translated_strings_not_moved", cause, "Translate them again on the target.", kind}
}

var (
	paragraphs = look{"paragraphs_item", "SELECT COUNT(*) AS n FROM {paragraphs_item}", "paragraphs_as_fields", "paragraphs (a contributed module) are moved as structured fields of what holds them; how they look is code of the theme",
		"Show these fields with the target's theme, or move their texts into the body first.", kindEntry}
	filesElsewhere = look{"file_managed", "SELECT COUNT(*) AS n FROM {file_managed} WHERE uri NOT LIKE 'public:%' AND uri NOT LIKE 'private:%'", "files_elsewhere",
		"files in storages of contributed modules are out of reach", "Copy them to the public files first.", kindMedia}
	privateAway = look{"file_managed", "SELECT COUNT(*) AS n FROM {file_managed} WHERE uri LIKE 'private:%'", "private_out_of_reach", "the folder of private files is not named in settings.php as a plain value, not there, or one that all of the site lies in",
		"Start the agent with --site where that folder is, or copy these files to the public ones first, if they may be public.", kindMedia}
)

var looks8 = []look{
	{"node_field_data.publish_on", "SELECT COUNT(*) AS n FROM {node_field_data} WHERE publish_on IS NOT NULL OR unpublish_on IS NOT NULL", "schedules_not_moved", schedules, "Set them again on the target, or publish first.", kindEntry},
	{"config", "SELECT COUNT(*) AS n FROM {config} WHERE collection = '' AND name LIKE 'webform.webform.%'", "forms_not_moved", forms, formsFix, kindEntry},
	{"config", "SELECT COUNT(*) AS n FROM {config} WHERE collection = '' AND name LIKE 'pathauto.pattern.%'", "address_patterns_not_moved", patterns, "Set the target's own rule.", kindSite},
	{"node_revision", "SELECT COUNT(*) AS n FROM {node_revision} r JOIN {node} n ON n.nid = r.nid WHERE r.vid > n.vid", "pending_versions",
		"versions that are newer than the published ones are moved only together with all older versions", "Publish or discard them, or migrate with revisions.", kindEntry},
	{"node__layout_builder__layout", "SELECT COUNT(*) AS n FROM {node__layout_builder__layout}", "layouts_not_moved", "layouts of single nodes are not moved", "Build those pages again on the target.", kindEntry},
	paragraphs,
	{"users_data", "SELECT COUNT(*) AS n FROM {users_data}", "user_data_not_moved", "what modules keep for single accounts is not moved", "Nothing to do.", kindUser},
	filesElsewhere,
}

// ownEntities are the tables of content that is read, or is no content.
var ownEntities = []string{"node", "users", "taxonomy_term_data", "file_managed", "media", "comment", "block_content", "menu_link_content", "path_alias", "redirect", "paragraphs_item", "shortcut", "content_moderation_state", "poll"}

// otherEntities counts the content of modules that nobody here knows: whatever has a table of its own with the columns of entities.
func (s *Site) otherEntities(ctx context.Context, f *cms.Facts) error {
	if s.seven {
		return nil
	}
	for _, table := range s.live.with("uuid", "langcode") {
		if slices.Contains(ownEntities, table) {
			continue
		}
		rows, err := s.query(ctx, s.db, "SELECT COUNT(*) AS n FROM {"+table+"}")
		if err != nil {
			return fmt.Errorf("look at %s: %w", table, err)
		}
		if n := rows[0].number("n"); n > 0 {
			f.Findings = append(f.Findings, &agentv1.Finding{Code: "entities_not_moved", Severity: agentv1.Severity_SEVERITY_WARNING, Kind: kindEntry, Count: uint64(n),
				Cause: "content of a module that is not known here, in the table " + table + ", is not moved", Fix: "Make nodes of it first, or export it in the source."})
		}
	}
	return nil
}

func (s *Site) findings(ctx context.Context, f *cms.Facts) error {
	s.lookAtSetup(f)
	if err := s.otherEntities(ctx, f); err != nil {
		return err
	}
	looks := looks8
	if s.seven {
		looks = looks7
	}
	if s.privateBelow() == "" && s.private == nil {
		looks = append(slices.Clone(looks), privateAway)
	}
	for _, l := range looks {
		if table, column, _ := strings.Cut(l.table, "."); !s.has(table) || column != "" && !s.live.has(table, column) {
			continue
		}
		rows, err := s.query(ctx, s.db, l.query)
		if err != nil {
			return fmt.Errorf("look at %s: %w", l.table, err)
		}
		if n := rows[0].number("n"); n > 0 {
			f.Findings = append(f.Findings, &agentv1.Finding{Code: l.code, Severity: agentv1.Severity_SEVERITY_INFO, Kind: l.kind, Count: uint64(n), Cause: l.cause, Fix: l.fix})
		}
	}
	return nil
}
