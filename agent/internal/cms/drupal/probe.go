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
	if major, _, _ := strings.Cut(f.Version, "."); !slices.Contains([]string{"7", "9", "10", "11"}, major) {
		warn("version_untested", kindSite, "this version of Drupal is not among those that the driver is tested with: 7 and 9 to 11", "Look through the result with care.")
	}
	for _, name := range sortedKeys(s.schema.formats) {
		if s.schema.formats[name].has("php_code") {
			warn("php_format", kindEntry, "texts of the format "+name+" hold PHP, which is never run and does not arrive", "Replace the code by what it prints before the migration.")
		}
	}
}
