package folder

import (
	"context"
	"fmt"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

// Bodies implements cms.Undoer: one row per record, which stands for its file.
func (s *Site) Bodies(kind cms.Kind) []cms.Body {
	b := cms.Body{Parts: []cms.Part{{Table: "files", Owner: "t.id", Key: "id", Scope: fmt.Sprintf("kind = %d", kind), Ignore: []string{"pending"}}}}
	if kind == kindEntry {
		b.Hide = s.hide
	}
	return []cms.Body{b}
}

// hide turns entries into drafts.
func (s *Site) hide(ctx context.Context, tx *cmssql.Tx, ids []string) error {
	rows, err := s.rows(ctx, tx, kindEntry, ids)
	if err != nil {
		return err
	}
	for _, r := range rows {
		rest, ok := strings.CutPrefix(r.content, "---\n")
		if front, _, _, err := splitFront(r.content); !ok || err != nil || front.get("draft").GetBoolValue() {
			continue
		}
		if _, err := tx.Exec(ctx, "UPDATE files SET content = ? WHERE path = ?", "---\ndraft: true\n"+rest, r.path); err != nil {
			return fmt.Errorf("hide: %w", err)
		}
	}
	return nil
}

// Settle implements cms.Undoer: the configuration that was made goes, unless people have made it their own.
func (s *Site) Settle(_ context.Context, _ *cmssql.Tx, _ cms.Row, _, edited bool) (cms.Verdict, error) {
	if edited {
		return cms.Left, nil
	}
	return cms.Undo, nil
}

// configFile is written into a folder that has no configuration.
const configFile = "hugo.yaml"

// Finish implements cms.Site: it makes the configuration where there is none, and tells what the owner's should say.
func (s *Site) Finish(ctx context.Context, u *cms.Unit) ([]*agentv1.Finding, error) {
	if _, err := u.Tx.Exec(ctx, "UPDATE files SET pending = NULL WHERE pending IS NOT NULL"); err != nil {
		return nil, err
	}
	keys, err := cmssql.Column[string](ctx, u.Tx, "SELECT DISTINCT substr(id, 1, instr(id, '/') - 1) FROM files WHERE kind = ? ORDER BY 1", int(kindTerm))
	if err != nil {
		return nil, err
	}
	if s.config.file != "" {
		return s.advice(keys), nil
	}
	held, err := cmssql.Column[string](ctx, u.Tx, "SELECT path FROM files WHERE path = ?", configFile)
	if err != nil || len(held) > 0 {
		return nil, err
	}
	if _, err := s.root.Lstat(configFile); err == nil {
		return s.advice(keys), nil
	}
	if err := u.Made(ctx, cms.Row{Table: "files", Column: "path", Value: configFile}); err != nil {
		return nil, err
	}
	text, err := s.fresh(ctx, u, keys)
	if err != nil {
		return nil, err
	}
	_, err = u.Tx.Insert(ctx, "files", []string{"path", "kind", "id", "content"}, [][]any{{configFile, 0, configFile, text}})
	return nil, err
}

// fresh is a configuration with which Hugo shows what was moved.
func (s *Site) fresh(ctx context.Context, u *cms.Unit, keys []string) (string, error) {
	kept, err := cmssql.Column[[]byte](ctx, u.Tx, "SELECT content FROM files WHERE kind = ?", int(kindSite))
	if err != nil {
		return "", err
	}
	d, site := &doc{}, &doc{}
	if len(kept) > 0 {
		if site, err = parseData(".yaml", kept[0]); err != nil {
			return "", err
		}
	}
	d.setText("baseURL", s.config.base+"/")
	d.setText("title", or(plain(site.get("title")), "A new site"))
	d.setText("languageCode", plain(site.get("language")))
	if n := site.get("per_page").GetIntValue(); n > 0 {
		d.set("paginate", intValue(n))
	}
	if tagline := plain(site.get("tagline")); tagline != "" {
		d.set("params", one("description", textValue(tagline)))
	}
	named := &doc{}
	named.setText("category", "categories")
	named.setText("tag", "tags")
	for _, key := range keys {
		if s.config.taxonomies[key] == "" {
			named.setText(key, key)
		}
	}
	d.set("taxonomies", named.value())
	// What Markdown cannot say stands as HTML in it; quotes and dashes stay as they were written.
	goldmark := &doc{}
	goldmark.set("renderer", one("unsafe", boolValue(true)))
	goldmark.set("extensions", one("typographer", boolValue(false)))
	d.set("markup", one("goldmark", goldmark.value()))
	return yamlOf(d), nil
}

// advice says what an owner's configuration lacks.
func (s *Site) advice(keys []string) (all []*agentv1.Finding) {
	goldmark := docOf(docOf(s.config.all.get("markup")).get("goldmark"))
	if !docOf(goldmark.get("renderer")).get("unsafe").GetBoolValue() {
		all = append(all, &agentv1.Finding{Code: "raw_html_hidden", Severity: agentv1.Severity_SEVERITY_WARNING, Kind: kindEntry, Count: 1,
			Cause: "Hugo leaves out HTML in Markdown: tables with spans, frames and the like are not shown", Fix: "set markup.goldmark.renderer.unsafe = true in the configuration"})
	}
	for _, key := range keys {
		if s.config.taxonomies[key] == "" {
			all = append(all, &agentv1.Finding{Code: "taxonomy_not_configured", Severity: agentv1.Severity_SEVERITY_WARNING, Kind: kindTerm, Count: 1,
				Cause: "the configuration does not name the taxonomy " + key, Fix: "add it under taxonomies", Examples: []string{key}})
		}
	}
	return all
}
