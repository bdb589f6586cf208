// Package modxtest makes MODX sites for tests: the tables of 2.8 and 3.0 as the installer leaves them, empty or with content.
package modxtest

import (
	"bytes"
	"database/sql"
	_ "embed"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/deploy/testbed"
)

//go:embed tables2.sql
var tables2 string

//go:embed tables3.sql
var tables3 string

// Hash fits the password "secret".
const Hash = "$2y$10$8jfG64zNY1tumTh2vUFaDekN0ox8Vewu65FWVx2uc9FO1WyA/rKMK"

// Site is a MODX site of a test.
type Site struct {
	// Settings open it for reading; set Writable for a target.
	Settings cms.Settings
	// DB is a connection for the test.
	DB    *sql.DB
	three bool
}

// New makes a site right after its setup.
func New(tb testing.TB, three bool, prefix string) *Site {
	tb.Helper()
	db := testbed.MariaDB(tb).Database(tb)
	cfg, err := cmssql.ParseDSN(db.DSN)
	if err != nil {
		tb.Fatal(err)
	}
	s := &Site{DB: db.DB, three: three, Settings: cms.Settings{Platform: "modx", Prefix: prefix, BaseURL: "https://modx.example", Files: tb.TempDir(), Database: cfg}}
	ddl := tables2
	if three {
		ddl = tables3
	}
	for stmt := range strings.SplitSeq(ddl, ";\n") {
		if strings.TrimSpace(stmt) != "" {
			s.Exec(tb, stmt)
		}
	}
	s.install(tb)
	return s
}

// Exec runs a statement; {name} stands for a table.
func (s *Site) Exec(tb testing.TB, query string, args ...any) {
	tb.Helper()
	if _, err := s.DB.Exec(cmssql.MySQL.Named(s.Settings.Prefix, query), args...); err != nil {
		tb.Fatalf("%.120s: %v", query, err)
	}
}

// Query reads the only value of a query; {name} stands for a table.
func (s *Site) Query(tb testing.TB, query string, args ...any) string {
	tb.Helper()
	var v sql.NullString
	if err := s.DB.QueryRow(cmssql.MySQL.Named(s.Settings.Prefix, query), args...).Scan(&v); err != nil {
		tb.Fatalf("%.120s: %v", query, err)
	}
	return v.String
}

// Class is a class's name as this version stores it.
func (s *Site) Class(name string) string {
	if !s.three {
		return name
	}
	return `MODX\Revolution\` + strings.NewReplacer("hashing.", `Hashing\`, "sources.", `Sources\`).Replace(name)
}

// File stores a file below the web root.
func (s *Site) File(tb testing.TB, path string, data []byte) {
	tb.Helper()
	full := filepath.Join(s.Settings.Files, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(full, data, 0o600); err != nil {
		tb.Fatal(err)
	}
}

// Picture is a small PNG.
func Picture() []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 4, 3))); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func (s *Site) install(tb testing.TB) {
	tb.Helper()
	version := "2.8.8-dev"
	if s.three {
		version = "3.0.4-pl"
	}
	for _, kv := range []string{"site_name=MODX Revolution", "site_start=1", "error_page=1", "unauthorized_page=1", "cultureKey=en", "default_template=1", "base_url=/",
		"friendly_urls=1", "use_alias_path=1", "automatic_alias=1", "container_suffix=/", "global_duplicate_uri_check=0", "settings_version=" + version} {
		key, value, _ := strings.Cut(kv, "=")
		s.Exec(tb, "INSERT INTO {system_settings} (`key`, value) VALUES (?, ?)", key, value)
	}
	s.Exec(tb, "INSERT INTO {context} (`key`, name, `rank`) VALUES ('mgr', 'Manager', 0), ('web', 'Website', 0)")
	s.Exec(tb, "INSERT INTO {content_type} (id, name, mime_type, file_extensions) VALUES (1, 'HTML', 'text/html', '.html'), (6, 'RSS', 'application/rss+xml', '.rss')")
	s.Exec(tb, "INSERT INTO {site_templates} (id, templatename, content) VALUES (1, 'BaseTemplate', '[[*content]]')")
	s.Exec(tb, "INSERT INTO {media_sources} (id, name, class_key, properties) VALUES (1, 'Filesystem', ?, 'a:0:{}')", s.Class("sources.modFileMediaSource"))
	s.Exec(tb, "INSERT INTO {membergroup_names} (id, name) VALUES (1, 'Administrator')")
	s.Exec(tb, "INSERT INTO {user_group_roles} (id, name, authority) VALUES (1, 'Member', 9999), (2, 'Super User', 0)")
	s.Exec(tb, "INSERT INTO {access_context} (target, principal_class, principal, authority, policy) VALUES ('mgr', ?, 1, 0, 2)", s.Class("modUserGroup"))
	s.User(tb, 1, "admin", 1, 2)
	s.Exec(tb, "UPDATE {users} SET sudo = 1")
	s.Resource(tb, 1, 0, "Home", "index")
}

// User makes an account in a group.
func (s *Site) User(tb testing.TB, id int, login string, group, role int) {
	tb.Helper()
	s.Exec(tb, "INSERT INTO {users} (id, username, password, class_key, hash_class, salt, createdon) VALUES (?, ?, ?, ?, ?, ?, ?)", id, login, Hash, s.Class("modUser"),
		s.Class("hashing.modNative"), fmt.Sprintf("salt of %s", login), 1500000000+id)
	s.Exec(tb, "INSERT INTO {user_attributes} (internalKey, fullname, email, address, comment, extended) VALUES (?, ?, ?, '', 'Knows tea', ?)",
		id, "Person "+login, login+"@modx.test", `{"shoe":36,"prefs":{"langs":["en"]}}`)
	s.Exec(tb, "INSERT INTO {member_groups} (user_group, member, role) VALUES (?, ?, ?)", group, id, role)
}

// Resource makes a published page.
func (s *Site) Resource(tb testing.TB, id, parent int, title, alias string) {
	tb.Helper()
	s.Exec(tb, "INSERT INTO {site_content} (id, parent, pagetitle, alias, uri, description, introtext, content, published, createdon, publishedon, createdby, template, class_key, menuindex) "+
		"VALUES (?, ?, ?, ?, ?, '', '', ?, 1, 1500000000, 1500000100, 1, 1, ?, ?)", id, parent, title, alias, alias+".html", "<p>"+title+" [[*pagetitle]] <a href=\"[[~1]]\">home</a></p>", s.Class("modDocument"), id)
}

// Variables makes template variables of several types.
func (s *Site) Variables(tb testing.TB) {
	tb.Helper()
	for i, tv := range []string{"text subtitle", "image banner", "resourcelist related", "listbox-multiple allergens", "tag tags", "migx slides"} {
		kind, name, _ := strings.Cut(tv, " ")
		s.Exec(tb, "INSERT INTO {site_tmplvars} (id, type, name, default_text, input_properties) VALUES (?, ?, ?, '', ?)", i+1, kind, name, map[string]string{"migx": Form()}[kind])
		s.Exec(tb, "INSERT INTO {site_tmplvar_templates} (tmplvarid, templateid, `rank`) VALUES (?, 1, ?)", i+1, i)
	}
}

// Form is what MIGX keeps of a grid: a title, a picture that is chosen as the variable banner does, and a page.
func Form() string {
	tabs := `[{"caption":"Slide","fields":"[{\"field\":\"title\"},{\"field\":\"image\",\"inputTV\":\"banner\"}]"},{"caption":"More","fields":[{"field":"page","inputTVtype":"resourcelist"}]}]`
	return fmt.Sprintf(`a:1:{s:8:"formtabs";s:%d:"%s";}`, len(tabs), tabs)
}

// Fill gives the site content: contexts, groups, variables of several types, files, a tree of resources of every class.
func (s *Site) Fill(tb testing.TB) {
	tb.Helper()
	s.Exec(tb, "INSERT INTO {membergroup_names} (id, name) VALUES (2, 'Staff')")
	s.User(tb, 2, "berta", 2, 1)
	s.User(tb, 3, "carl", 2, 1)
	s.Exec(tb, "INSERT INTO {context} (`key`, name, `rank`) VALUES ('fr', 'Français', 1), ('shop', 'Shop', 2)")
	s.Exec(tb, "INSERT INTO {context_setting} (context_key, `key`, value) VALUES ('fr', 'cultureKey', 'fr'), ('fr', 'base_url', '/fr/'), ('fr', 'site_start', '6'), ('shop', 'base_url', '/shop/')")
	s.File(tb, "assets/pictures/one.png", Picture())
	s.File(tb, "assets/pictures/two.png", Picture())
	s.File(tb, "assets/paper.pdf", []byte("%PDF-1.4"))
	s.File(tb, "assets/components/extra/code.js", []byte("1"))
	s.File(tb, "assets/evil.php", []byte("<?php"))
	s.Variables(tb)
	s.Resource(tb, 2, 0, "Coffee", "coffee")
	s.Resource(tb, 3, 2, "Beans", "beans")
	for id, class := range map[int]string{4: "modWebLink", 5: "modStaticResource", 7: "modSymLink"} {
		s.Resource(tb, id, 2, class, strings.ToLower(class))
		s.Exec(tb, "UPDATE {site_content} SET class_key = ?, content = ? WHERE id = ?", s.Class(class), map[int]string{4: "[[~3]]", 5: "assets/paper.pdf", 7: "3"}[id], id)
	}
	s.Resource(tb, 6, 0, "Accueil", "accueil")
	s.Exec(tb, "UPDATE {site_content} SET context_key = 'fr' WHERE id = 6")
	s.Exec(tb, "UPDATE {site_content} SET isfolder = 1, uri = 'coffee/' WHERE id = 2")
	s.Exec(tb, "UPDATE {site_content} SET uri = CONCAT('coffee/', uri) WHERE parent = 2")
	for tv, value := range map[int]string{1: "Fresh & hot", 2: "assets/pictures/one.png", 3: "2", 4: "nuts||milk", 5: "coffee,bread", 6: `[{"MIGX_id":"1","title":"Café","image":"assets/pictures/two.png","page":"2","more":"assets/paper.pdf"}]`} {
		s.Exec(tb, "INSERT INTO {site_tmplvar_contentvalues} (tmplvarid, contentid, value) VALUES (?, 3, ?)", tv, value)
	}
	s.Exec(tb, "UPDATE {site_content} SET properties = ?, hidemenu = 1, menutitle = 'B' WHERE id = 3", `{"lab":{"i":5}}`)
}
