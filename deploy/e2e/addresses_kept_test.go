//go:build accept

package e2e

import (
	"encoding/csv"
	"net/url"
	"strings"
	"testing"
)

// TestAddressesKept moves WordPress to systems that can put a page at any address: every page that visitors know stands where it stood,
// in the target's own index, so that it needs no redirect; what cannot stay is told by its code.
func TestAddressesKept(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) *agent{
		"drupal": func(t *testing.T) *agent { return newDrupal(t, "d9-blank").serve(t, "target") },
		"modx": func(t *testing.T) *agent {
			s := newMODX(t, "modx-blank", "modx_")
			_, err := s.db.DB.Exec("UPDATE modx_system_settings SET value = '1' WHERE `key` IN ('friendly_urls', 'use_alias_path')")
			need(t, err)
			return s.serve(t, "target")
		},
	} {
		t.Run(name, func(t *testing.T) { keptAddresses(t, open(t)) })
	}
}

func keptAddresses(t *testing.T, dst *agent) {
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
	same, other := 0, 0
	for _, p := range truth(t, "wp-dev").Posts {
		u, err := url.Parse(p.Permalink)
		need(t, err)
		if p.Status != "publish" || u.RawQuery != "" || u.Path == "/" || p.Type == "wp_block" {
			continue
		}
		if remarks[u.RequestURI()] == "same" {
			same++
			continue
		}
		other++
		t.Logf("%s: %q", u.RequestURI(), remarks[u.RequestURI()])
	}
	t.Logf("%d pages stand where they stood, %d elsewhere; %d are told: %s", same, other, told, strings.TrimSpace(res.stderr))
	if same < 200 || other > 0 {
		t.Errorf("of %d pages %d stand elsewhere", same+other, other)
	}
	migrate(t, data, src, dst, []int{0, 3}, "--keep-addresses").nothingChanged(t)
}
