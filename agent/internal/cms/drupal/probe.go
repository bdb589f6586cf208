package drupal

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

// streams are what a kind is made of, in reading order; only what this site has.
func (s *Site) streams(kind cms.Kind, opt cms.Options) []stream {
	var all []stream
	add := func(table string, st func() stream) {
		if s.has(table) {
			all = append(all, st())
		}
	}
	switch kind {
	case kindSite:
		all = append(all, siteStream())
	case kindUser:
		add("users", s.userStream)
	case kindTerm:
		add("taxonomy_term_data", s.termStream)
	case kindMedia:
		add("file_managed", s.fileStream)
		if !s.seven {
			add("media_field_data", s.mediaStream)
		}
	case kindEntry:
		all = append(all, s.nodeStream())
		add(map[bool]string{true: "block_custom", false: "block_content_field_data"}[s.seven], s.blockStream)
		if opt.Revisions {
			all = append(all, s.revisionStream())
		}
	case kindComment:
		add("comment", s.commentStream)
	case kindMenu:
		all = append(all, s.menuStream())
	case kindRedirect:
		add("redirect", s.redirectStream)
	}
	return all
}

// Probe looks at the whole site. Counts are exactly what Read yields.
func (s *Site) Probe(ctx context.Context, opt cms.Options) (*cms.Facts, error) {
	f := &cms.Facts{BaseURL: s.baseURL(), Version: s.version(), Counts: map[cms.Kind]uint64{}, Types: map[cms.Kind][]*agentv1.TypeCount{}}
	for _, kind := range ownKinds {
		sums := map[string]uint64{}
		for _, st := range s.streams(kind, opt) {
			part, err := s.count(ctx, s.db, st)
			if err != nil {
				return nil, fmt.Errorf("count %s: %w", st.name, err)
			}
			for typ, n := range part {
				if kind == kindTerm {
					typ = taxonomy(s.schema.vocabularies[typ])
				}
				sums[typ] += n
			}
		}
		for _, typ := range sortedKeys(sums) {
			f.Counts[kind] += sums[typ]
			f.Types[kind] = append(f.Types[kind], &agentv1.TypeCount{Type: typ, Count: sums[typ]})
		}
	}
	var err error
	if f.Logins, err = s.logins(ctx, s.db); err != nil {
		return nil, err
	}
	if f.Database, err = s.db.Product(ctx); err != nil {
		return nil, err
	}
	if err := s.identify(ctx, f); err != nil {
		return nil, err
	}
	if err := s.countFields(ctx, f); err != nil {
		return nil, err
	}
	return f, s.findings(ctx, f)
}

// version is what the program files tell, or the least that the database shows.
func (s *Site) version() string {
	switch {
	case s.settings.Version != "":
		return s.settings.Version
	case s.seven:
		return "7"
	}
	return "8+"
}

// identify tells languages, and what belongs to no other site.
func (s *Site) identify(ctx context.Context, f *cms.Facts) error {
	if f.Locales = append(f.Locales, s.schema.base); s.schema.base == "" {
		f.Locales[0] = "en"
	}
	for _, l := range s.schema.languages {
		if !slices.Contains(f.Locales, l.code) {
			f.Locales = append(f.Locales, l.code)
		}
	}
	f.Identity = []string{Platform, s.settings.Prefix}
	if !s.seven {
		f.Identity = append(f.Identity, scalar(dig(s.schema.settings["system.site"], "uuid")))
		return nil
	}
	// Drupal 7 has no id of its own: the key of its cron address and its private key are random, and made once.
	rows, err := s.query(ctx, s.db, "SELECT mail, created FROM {users} WHERE uid = 1")
	for _, r := range rows {
		f.Identity = append(f.Identity, r.text("mail"), r.text("created"))
	}
	f.Identity = append(f.Identity, s.setting("cron_key"), s.setting("drupal_private_key"))
	return err
}

// entityKinds are the kinds of entity types that have fields.
var entityKinds = map[string]cms.Kind{"node": kindEntry, "block_content": kindEntry, "taxonomy_term": kindTerm, "user": kindUser, "comment": kindComment, "media": kindMedia}

func (s *Site) countFields(ctx context.Context, f *cms.Facts) error {
	for _, entity := range sortedKeys(entityKinds) {
		for _, fd := range s.schema.tables(entity) {
			if s.hasPlace(fd) {
				continue
			}
			query := "SELECT COUNT(DISTINCT entity_id) AS n FROM {" + fd.table + "} WHERE deleted = 0"
			if entity == "node" && slices.Contains(pictures, fd.name) && fd.typ == "image" {
				// What plainImage says travels as the entry's own picture.
				query += " AND (delta > 0 OR " + fd.name + "_title <> '')"
			}
			if s.seven {
				query += " AND entity_type = '" + entity + "'"
			}
			rows, err := s.query(ctx, s.db, query)
			if err != nil {
				return fmt.Errorf("count fields: %w", err)
			}
			if n := rows[0].number("n"); n > 0 {
				f.Fields = append(f.Fields, fieldInfo(entityKinds[entity], fd.shown(), uint64(n)))
			}
		}
	}
	return s.countTags(ctx, f)
}

// countTags counts what Drupal 7's module Metatag has beside the fields.
func (s *Site) countTags(ctx context.Context, f *cms.Facts) error {
	if !s.seven || !s.has("metatag") {
		return nil
	}
	rows, err := s.query(ctx, s.db, "SELECT entity_type AS typ, COUNT(DISTINCT entity_id) AS n FROM {metatag} WHERE entity_type IN ('node', 'taxonomy_term') GROUP BY entity_type ORDER BY entity_type")
	for _, r := range rows {
		f.Fields = append(f.Fields, fieldInfo(entityKinds[r.text("typ")], tagsField, uint64(r.number("n"))))
	}
	return err
}

// hasPlace says that what a field holds stands in a field that records have of their own.
func (s *Site) hasPlace(f *field) bool {
	switch f.entity {
	case "node":
		return f.name == "body" || f.typ == "comment" || f.target == "taxonomy_term"
	case "user":
		return f.name == "user_picture"
	case "media":
		return f.name == scalar(dig(s.schema.settings["media.type."+f.bundle], "source_configuration", "source_field"))
	}
	return f.name == "body" || f.name == "comment_body"
}

func fieldInfo(kind cms.Kind, name string, n uint64) *agentv1.FieldInfo {
	return &agentv1.FieldInfo{Kind: kind, Name: name, Count: n}
}

// look is one thing that a count finds out.
type look struct {
	table, query, code, cause, fix string
	kind                           cms.Kind
}

var looks7 = []look{
	{"field_collection_item", "SELECT COUNT(*) AS n FROM {field_collection_item}", "collections_as_fields", "field collections (a contributed module) are moved as structured fields of what holds them; how they look is code of the theme",
		"Show these fields with the target's theme.", kindEntry},
	{"paragraphs_item", "SELECT COUNT(*) AS n FROM {paragraphs_item}", "paragraphs_as_fields", "paragraphs (a contributed module) are moved as structured fields of what holds them; how they look is code of the theme",
		"Show these fields with the target's theme, or move their texts into the body first.", kindEntry},
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

// saidStrings counts what people have translated of a kind of thing with Drupal 7's module i18n.
func saidStrings(group, cause string, kind cms.Kind) look {
	return look{"locales_target", "SELECT COUNT(*) AS n FROM {locales_target} t JOIN {locales_source} s ON s.lid = t.lid WHERE s.textgroup = '" + group + "'", "translated_strings_not_moved", cause, "Translate them again on the target.", kind}
}

var (
	filesElsewhere = look{"file_managed", "SELECT COUNT(*) AS n FROM {file_managed} WHERE uri NOT LIKE 'public:%' AND uri NOT LIKE 'private:%'", "files_elsewhere",
		"files in storages of contributed modules are out of reach", "Copy them to the public files first.", kindMedia}
	privateAway = look{"file_managed", "SELECT COUNT(*) AS n FROM {file_managed} WHERE uri LIKE 'private:%'", "private_out_of_reach", "the folder of private files is not named in settings.php as a plain value, not there, or one that all of the site lies in",
		"Start the agent with --site where that folder is, or copy these files to the public ones first, if they may be public.", kindMedia}
)

var looks8 = []look{
	{"node_revision", "SELECT COUNT(*) AS n FROM {node_revision} r JOIN {node} n ON n.nid = r.nid WHERE r.vid > n.vid", "pending_versions",
		"versions that are newer than the published ones are moved only together with all older versions", "Publish or discard them, or migrate with revisions.", kindEntry},
	{"node__layout_builder__layout", "SELECT COUNT(*) AS n FROM {node__layout_builder__layout}", "layouts_not_moved", "layouts of single nodes are not moved", "Build those pages again on the target.", kindEntry},
	{"paragraphs_item", "SELECT COUNT(*) AS n FROM {paragraphs_item}", "paragraphs_as_fields", "paragraphs (a contributed module) are moved as structured fields of what holds them; how they look is code of the theme",
		"Show these fields with the target's theme, or move their texts into the body first.", kindEntry},
	{"users_data", "SELECT COUNT(*) AS n FROM {users_data}", "user_data_not_moved", "what modules keep for single accounts is not moved", "Nothing to do.", kindUser},
	filesElsewhere,
}

func (s *Site) findings(ctx context.Context, f *cms.Facts) error {
	s.lookAtSetup(f)
	looks := looks8
	if s.seven {
		looks = looks7
	}
	if s.privateBelow() == "" && s.private == nil {
		looks = append(slices.Clone(looks), privateAway)
	}
	for _, l := range looks {
		if !s.has(l.table) {
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

func (s *Site) lookAtSetup(f *cms.Facts) {
	warn := func(code string, kind cms.Kind, cause, fix string) {
		f.Findings = append(f.Findings, &agentv1.Finding{Code: code, Severity: agentv1.Severity_SEVERITY_WARNING, Kind: kind, Cause: cause, Fix: fix})
	}
	if f.BaseURL == "" {
		warn("base_url_unknown", kindSite, "Drupal answers under any address and keeps none in its database", "Start the agent with --base-url, so that absolute links of the site to itself are found.")
	}
	if s.root == nil {
		warn("files_out_of_reach", kindMedia, "the folder of public files is not known or not there, so no files are moved", "Start the agent with --site, or with --files and the path of sites/default/files.")
	}
	if s.settings.Writable && (s.privateBelow() != "" || s.privateOutside() != "") && !s.guarded() {
		warn("private_folder_unusable", kindMedia, "the folder of private files is not there, may not be written, or lies where a web server shows it without a file .htaccess that refuses it", "Make the folder, owned by the account of the web server, or look at Drupal's report of its status, then start the agent again.")
	}
	if major, _, _ := strings.Cut(f.Version, "."); major != "7" && major != "9" && major != "10" {
		warn("version_untested", kindSite, "this version of Drupal is not among those that the driver is tested with: 7, 9 and 10", "Look through the result with care.")
	}
	for _, name := range sortedKeys(s.schema.formats) {
		if s.schema.formats[name].has("php_code") {
			warn("php_format", kindEntry, "texts of the format "+name+" hold PHP, which is never run and does not arrive", "Replace the code by what it prints before the migration.")
		}
	}
}
