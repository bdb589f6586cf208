//go:build accept

package e2e

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestRedirectRows moves Ghost to targets that keep redirects and has the old addresses written into their own tables, once; a rollback
// takes them back with everything else.
func TestRedirectRows(t *testing.T) {
	for name, target := range map[string]func(t *testing.T) (p *place, rows string, codes []int){
		"joomla": func(t *testing.T) (*place, string, []int) {
			return newJoomla(t, "j5-blank").place(), "SELECT COUNT(*), COALESCE(SUM(old_url NOT LIKE '/%' OR new_url NOT LIKE '/%' OR header <> 301 OR published <> 1), 0) FROM {redirect_links}", []int{0}
		},
		"modx": func(t *testing.T) (*place, string, []int) {
			s := newMODX(t, "modx-blank", "modx_")
			_, err := s.db.DB.Exec("UPDATE modx_system_settings SET value = '1' WHERE `key` IN ('friendly_urls', 'use_alias_path')")
			need(t, err)
			// Addresses with queries are told: MODX cannot find them.
			return s.place(), "SELECT COUNT(*), COALESCE(SUM(uri LIKE '/%' OR uri LIKE '%?%' OR uri_override <> 1 OR published <> 1 OR hidemenu <> 1 OR content NOT LIKE '/%'), 0) " +
				"FROM {site_content} WHERE class_key = 'modWebLink' AND show_in_tree = 0", []int{0, 3}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, rows, codes := target(t)
			redirectRows(t, p, rows, codes)
		})
	}
}

func redirectRows(t *testing.T, target *place, query string, codes []int) {
	before := target.state(t)
	src, dst := newGhost(t, "ghost.db").place().serve(t, "source"), target.serve(t, "target")
	data := t.TempDir()
	rep := migrate(t, data, src, dst, []int{0, 3})
	into := []string{"redirects", rep.Migration, "--data", data, "--into-target"}
	var once map[string]string
	for range 2 {
		if res := bailey(t, into...); !slices.Contains(codes, res.code) {
			t.Fatalf("bailey redirects ended with %d: %s", res.code, res.stderr)
		} else {
			t.Log(res.stderr)
		}
		now := withoutLedger(target.state(t))
		if once != nil {
			sameState(t, "the target after the redirects were written again", once, now)
		}
		once = now
	}
	feedsLedOn(t, rep, redirectMap(t, rep, data))
	var rows, wrong int
	need(t, target.db.QueryRow(strings.NewReplacer("{", "`"+target.prefix, "}", "`").Replace(query)).Scan(&rows, &wrong))
	if rows < 50 || wrong != 0 {
		t.Errorf("%d rows, %d of them wrong", rows, wrong)
	}
	migrate(t, data, src, dst, []int{0, 3}).nothingChanged(t)
	if res := bailey(t, "rollback", rep.Migration, "--data", data, "--target", dst.link()); res.code != 0 {
		t.Fatalf("rollback: %d\n%s", res.code, tail(res.text(), 3000))
	}
	sameState(t, "the target after the rollback", before, target.state(t))
}

// TestRedirectsIntoGhost has the old addresses of a WordPress site written into Ghost's own file; the real Ghost, where one is named, leads
// visitors on. A rollback leaves no file.
func TestRedirectsIntoGhost(t *testing.T) {
	g := newGhost(t, "ghost-blank.db")
	src, dst := newWordPress(t, "wp-dev").place().serve(t, "source"), g.place().serve(t, "target")
	data := t.TempDir()
	rep := migrate(t, data, src, dst, []int{0, 3})
	into := []string{"redirects", rep.Migration, "--data", data, "--into-target"}
	file := filepath.Join(g.root, "content", "data", "redirects.yaml")
	var once []byte
	for range 2 {
		// Addresses with queries are told: Ghost cannot find them.
		if res := bailey(t, into...); res.code != 3 {
			t.Fatalf("bailey redirects ended with %d: %s", res.code, res.stderr)
		}
		raw, err := os.ReadFile(file)
		need(t, err)
		if once != nil && string(once) != string(raw) {
			t.Error("written again, the file is another one")
		}
		once = raw
	}
	feedsLedOn(t, rep, redirectMap(t, rep, data))
	lines := regexp.MustCompile(`(?m)^  "\^(/[a-z0-9/-]+)/\?\$": "(/[^"]*)" # bailey$`).FindAllStringSubmatch(string(once), -1)
	if len(lines) < 100 {
		t.Errorf("only %d lines in the file", len(lines))
	}
	if os.Getenv("GHOST_DIR") == "" {
		t.Log("NOT ASKED: the real Ghost, whether it leads visitors on")
	} else {
		g.revive(t)
		live := g.boot(t)
		live.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		for _, l := range lines[:50] {
			resp, err := live.client.Get(live.base + l[1] + "/")
			need(t, err)
			_ = resp.Body.Close()
			if at := resp.Header.Get("Location"); resp.StatusCode != http.StatusMovedPermanently || at != l[2] {
				t.Errorf("Ghost answers %d at %s and leads to %s, not to %s", resp.StatusCode, l[1], at, l[2])
			}
		}
		live.stop()
	}
	if res := bailey(t, "rollback", rep.Migration, "--data", data, "--target", dst.link()); res.code != 0 {
		t.Errorf("rollback: %d\n%s", res.code, tail(res.text(), 3000))
	}
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file after the rollback: %v", err)
	}
}
