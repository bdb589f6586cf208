//go:build accept

package e2e

import (
	"encoding/csv"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// TestAddressesKept moves WordPress to systems that can put a page at any address: every page that visitors know stands where it stood,
// in the target's own index, so that it needs no redirect; what cannot stay is told by its code. Of Hugo the built site answers there.
func TestAddressesKept(t *testing.T) {
	t.Run("drupal", func(t *testing.T) { keptAddresses(t, newDrupal(t, "d9-blank").serve(t, "target")) })
	t.Run("modx", func(t *testing.T) {
		s := newMODX(t, "modx-blank", "modx_")
		_, err := s.db.DB.Exec("UPDATE modx_system_settings SET value = '1' WHERE `key` IN ('friendly_urls', 'use_alias_path')")
		need(t, err)
		keptAddresses(t, s.serve(t, "target"))
	})
	t.Run("hugo", func(t *testing.T) {
		dir := newFolder(t)
		kept := keptAddresses(t, serve(t, "--site", dir, "--flavour", "hugo", "--role", "target"))
		answersAll(t, build(t, dir), hugoBase, kept, drafts(t, dir))
	})
	for flavour, b := range builders {
		t.Run(flavour, func(t *testing.T) {
			dir := t.TempDir()
			kept := keptAddresses(t, serve(t, "--site", dir, "--flavour", flavour, "--role", "target"))
			if public := b.build(t, dir); public != "" {
				answersAll(t, public, b.base, kept, unbuilt(t, dir))
			}
		})
	}
}

// answersAll asks a built site for addresses, and for all that its pages lead to; hidden are those that are not built.
func answersAll(t *testing.T, public, base string, kept []string, hidden map[string]bool) {
	t.Helper()
	for _, at := range append(kept, slices.Sorted(maps.Keys(crawl(t, public, base).dangling))...) {
		if !answers(public, at) && !hidden[at] && !hidden[strings.Trim(at, "/")] {
			t.Errorf("the built site does not answer at %s", at)
		}
	}
}

// keptAddresses gives back where the pages stand.
func keptAddresses(t *testing.T, dst *agent) (kept []string) {
	t.Helper()
	src := serve(t, "--site", newWordPress(t, "wp-dev").root, "--role", "source")
	data := t.TempDir()
	rep := migrate(t, data, src, dst, []int{0, 3}, "--keep-addresses")
	for _, d := range rep.Differences {
		t.Errorf("%s %s differs in %s", d.Kind, d.SourceID, d.Field)
	}
	told := 0
	for _, l := range rep.Losses {
		if l.Code == "address_not_kept" || l.Code == "address_taken" {
			told += l.Count
		}
	}
	res := bailey(t, "redirects", rep.Migration, "--data", data)
	rows, err := csv.NewReader(strings.NewReader(res.stdout)).ReadAll()
	need(t, err)
	remarks := map[string]string{}
	for _, r := range rows[1:] {
		if remarks[r[0]] == "" {
			remarks[r[0]] = r[4]
		}
	}
	feedsLedOn(t, rep, rows)
	other := 0
	for _, p := range truth(t, "wp-dev").Posts {
		u, err := url.Parse(p.Permalink)
		need(t, err)
		if p.Status != "publish" || u.RawQuery != "" || u.Path == "/" || p.Type == "wp_block" {
			continue
		}
		if remarks[u.RequestURI()] == "same" {
			kept = append(kept, u.Path)
			continue
		}
		other++
		t.Logf("%s: %q", u.RequestURI(), remarks[u.RequestURI()])
	}
	t.Logf("%d pages stand where they stood, %d elsewhere; %d are told: %s", len(kept), other, told, strings.TrimSpace(res.stderr))
	if len(kept) < 200 || other > 0 {
		t.Errorf("of %d pages %d stand elsewhere", len(kept)+other, other)
	}
	migrate(t, data, src, dst, []int{0, 3}, "--keep-addresses").nothingChanged(t)
	return kept
}
