//go:build accept

package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// boot puts the code of the real MODX around the site and serves it.
func (s *modxSite) boot(t *testing.T, code, fixture string) *phpSite {
	t.Helper()
	overlay(t, code, s.root, "core", "manager", "connectors", "index.php")
	// What a copy of the code has cached is of its owner's site.
	need(t, os.RemoveAll(filepath.Join(s.root, "core", "cache")))
	raw, err := os.ReadFile(filepath.Join(fixtures, fixture, "config.inc.php"))
	need(t, err)
	name := strings.ReplaceAll(fixture, "-", "_")
	config := strings.NewReplacer("__ROOT__", s.root, "__DB_USER__", "root", "__DB_PASSWORD__", "", "__SITE_ID__", "lab", "__UUID__", "lab",
		"host=127.0.0.1;dbname="+name, fmt.Sprintf("host=127.0.0.1;port=%d;dbname=%s", server.Port, s.db.Name), "$dbase = '"+name+"'", "$dbase = '"+s.db.Name+"'").Replace(string(raw))
	need(t, os.WriteFile(filepath.Join(s.root, "core", "config", "config.inc.php"), []byte(config), 0o600))
	here := "<?php\ndefine('MODX_CORE_PATH', '" + s.root + "/core/');\ndefine('MODX_CONFIG_KEY', 'config');\n"
	for _, dir := range []string{"", "manager", "connectors"} {
		need(t, os.WriteFile(filepath.Join(s.root, dir, "config.core.php"), []byte(here), 0o600))
	}
	return phpServer{router: "modx-router.php"}.serve(t, s.root)
}

// managerOf logs in at the manager, as owners do; nil: MODX does not let the account in.
func managerOf(p *phpSite, name, password string) *http.Client {
	p.t.Helper()
	who := p.visitor()
	p.by(who, "/manager/", url.Values{"login": {"1"}, "login_context": {"mgr"}, "modahsh": {""}, "returnUrl": {"/manager/"}, "username": {name}, "password": {password}})
	if _, body := p.by(who, "/manager/", nil); !strings.Contains(body, "modx-leftbar") && !strings.Contains(body, "MODx.config") {
		return nil
	}
	return who
}

// What was moved is looked at in the real MODX: every page, a picture, the tree of resources, and the manager as a moved account.
func TestRealMODX(t *testing.T) {
	code := systemCode(t, "MODX_DIR", "MODX 2 or 3")
	fixture, prefix := "modx-blank", "modx_"
	if codeMajor(t, code, "core/docs/version.inc.php", `'version'\]\s*=\s*'(\d+)'`) == "3" {
		fixture, prefix = "modx3-blank", "m3_"
	}
	dst := newMODX(t, fixture, prefix)
	target := dst.serve(t, "target")
	// Accounts of Joomla have passwords that MODX can check, pages of WordPress lie below others.
	for _, source := range []*place{newJoomla(t, "j5-dev").place(), newWordPress(t, "wp-dev").place()} {
		migrate(t, t.TempDir(), source.serve(t, "source"), target, []int{0, 3}).reconcile(t)
	}
	if n := dst.one(t, "SELECT COUNT(*) FROM {site_content} WHERE published = 1 AND deleted = 0"); n == "0" {
		t.Fatal("nothing is published")
	}
	p := dst.boot(t, code, fixture)
	t.Cleanup(p.look)
	seen, nested := dst.everyPage(t, p)
	t.Logf("%d pages, %d of them below others", seen, nested)
	if seen < 50 || nested < 10 {
		t.Errorf("only %d pages, %d of them below others", seen, nested)
	}
	dst.login(t, p)
}

// everyPage visits all published resources at their addresses; each says its text.
func (s *modxSite) everyPage(t *testing.T, p *phpSite) (seen, nested int) {
	t.Helper()
	friendly := s.one(t, "SELECT value FROM {system_settings} WHERE `key` = 'friendly_urls'") == "1"
	rows, err := s.db.DB.Query(s.sql("SELECT c.id, COALESCE(c.uri, ''), c.parent, COALESCE(c.content, ''), c.pagetitle FROM {site_content} c WHERE c.published = 1 AND c.deleted = 0 AND c.context_key = 'web' " +
		"AND c.class_key LIKE '%modDocument' AND NOT EXISTS (SELECT 1 FROM {document_groups} g WHERE g.document = c.id) ORDER BY c.id"))
	need(t, err)
	defer func() { _ = rows.Close() }()
	pictures := 0
	for rows.Next() {
		var id, parent int
		var uri, content, title string
		need(t, rows.Scan(&id, &uri, &parent, &content, &title))
		at := "/index.php?id=" + strconv.Itoa(id)
		if friendly && uri != "" {
			at = "/" + (&url.URL{Path: uri}).EscapedPath()
		}
		status, body := p.get(at)
		if seen++; parent > 0 {
			nested++
		}
		words := strings.Fields(said(content))
		if first := strings.Join(words[:min(len(words), 5)], " "); status != http.StatusOK || !strings.Contains(content, "[[") && !strings.Contains(said(body), first) {
			t.Errorf("resource %d, %s: MODX answered %d and does not say %q: %.300s", id, at, status, first, said(body))
		}
		for _, m := range pageImage.FindAllStringSubmatch(content, -1) {
			if pictures < 5 && !strings.Contains(m[1], "://") {
				if code, got := p.get("/" + strings.TrimPrefix(m[1], "/")); code != http.StatusOK || len(got) == 0 {
					t.Errorf("%s: %d", m[1], code)
				}
				pictures++
			}
		}
	}
	need(t, rows.Err())
	if code, body := p.get("/"); code != http.StatusOK || strings.TrimSpace(said(body)) == "" {
		t.Errorf("the front page: %d", code)
	}
	if pictures == 0 {
		t.Error("no page has a picture")
	}
	return seen, nested
}

// login enters the manager with the password of the old site, once the owner has let the account in there, and looks at the tree.
func (s *modxSite) login(t *testing.T, p *phpSite) {
	t.Helper()
	// The blank site has no account of this name.
	const name, password = "user1.alpine", "Secret-1-pass"
	if managerOf(p, name, "wrong") != nil {
		t.Error("a wrong password is taken")
	}
	_, err := s.db.DB.Exec(s.sql("UPDATE {users} SET sudo = 1 WHERE username = ?"), name)
	need(t, err)
	who := managerOf(p, name, password)
	if who == nil {
		t.Fatal("the moved account is not let into the manager")
	}
	code, body := p.by(who, "/manager/?a=resource/update&id="+s.one(t, "SELECT MAX(id) FROM {site_content} WHERE deleted = 0"), nil)
	if code != http.StatusOK || !strings.Contains(body, "modx-page-resource-update") {
		t.Errorf("the editor of a resource: %d: %.300s", code, said(body))
	}
	auth, nodes := managerToken.FindStringSubmatch(body), "resource/getnodes"
	if auth == nil {
		t.Fatal("the manager has given no token")
	}
	if strings.HasPrefix(s.one(t, "SELECT value FROM {system_settings} WHERE `key` = 'settings_version'"), "3") {
		nodes = "Resource/GetNodes"
	}
	code, body = p.by(who, "/connectors/index.php", url.Values{"action": {nodes}, "id": {"web_0"}, "HTTP_MODAUTH": {auth[1]}, "type": {"modResource"}})
	var top int
	need(t, s.db.DB.QueryRow(s.sql("SELECT COUNT(*) FROM {site_content} WHERE parent = 0 AND context_key = 'web'")).Scan(&top))
	if n := strings.Count(body, `"pk":`); code != http.StatusOK || n != top {
		t.Errorf("the tree of resources shows %d of %d at its top: %d %.300s", n, top, code, body)
	}
}

var managerToken = regexp.MustCompile(`\bauth"?: ?"([^"]+)"`)

var pageImage = regexp.MustCompile(`<img[^>]*\ssrc="([^"]+)"`)
