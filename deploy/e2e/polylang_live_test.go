//go:build accept

package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// inPolylang is what Polylang's own API says of an entry or a term.
type inPolylang struct {
	ID           int
	Title        string
	Language     string
	Translations []int
	Status       string
	Address      string
}

// A Drupal in four languages moves into a WordPress with Polylang, which has two of them: the real Polylang knows what is in which
// language and what translates what, and serves French pages below /fr/.
func TestRealPolylangKnowsWhatMoved(t *testing.T) {
	code := systemCode(t, "POLYLANG_DIR", "Polylang (3.5)")
	s, target := newDrupal(t, "d9-dev"), newTarget(t)
	plugins := filepath.Join(target.root, "wp-content", "plugins")
	if err := os.MkdirAll(plugins, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(code, filepath.Join(plugins, "polylang")); err != nil {
		t.Fatal(err)
	}
	for _, do := range []string{"install", "languages"} {
		if said := target.polylang(t, do); said != "" {
			t.Fatalf("%s: %s", do, said)
		}
	}
	before := state(t, target)
	src, dst := s.serve(t, "source"), serve(t, "--site", target.root, "--role", "target")
	data := t.TempDir()
	rep := migrate(t, data, src, dst, []int{0, 3})
	rep.reconcile(t)
	for _, x := range rep.Differences {
		t.Errorf("verification: %+v", x)
	}
	var seen struct{ Posts, Terms []inPolylang }
	if err := json.Unmarshal([]byte(target.polylang(t, "")), &seen); err != nil {
		t.Fatal(err)
	}
	by, languages, translated := map[int]inPolylang{}, map[string]int{}, 0
	for _, p := range seen.Posts {
		by[p.ID] = p
		languages[p.Language]++
	}
	get := target.web(t)
	served := 0
	for _, p := range seen.Posts {
		for _, other := range p.Translations {
			if other == p.ID {
				continue
			}
			translated++
			if by[other].Language == p.Language || by[other].Language == "" {
				t.Errorf("%d in %s is translated by %d in %q", p.ID, p.Language, other, by[other].Language)
			}
		}
		if p.Language != "fr_FR" || p.Status != "publish" || served > 5 {
			continue
		}
		served++
		if !strings.HasPrefix(p.Address, target.home()+"/fr/") {
			t.Errorf("the French page %d is at %s", p.ID, p.Address)
		}
		if code, page := get(strings.TrimPrefix(p.Address, target.home())); code != 200 || !strings.Contains(page, `lang="fr-FR"`) {
			t.Errorf("%s answers %d, in French: %v", p.Address, code, strings.Contains(page, `lang="fr-FR"`))
		}
	}
	t.Logf("languages %v, %d posts with a translation, %d French pages served", languages, translated, served)
	if languages["fr_FR"] == 0 || translated == 0 || served == 0 {
		t.Error("no translation arrived")
	}
	again := migrate(t, data, src, dst, []int{0, 3})
	again.nothingChanged(t)
	if res := bailey(t, "rollback", rep.Migration, "--data", data, "--target", dst.link()); res.code != 0 {
		t.Fatalf("rollback: %d\n%s", res.code, tail(res.text(), 3000))
	}
	// WordPress itself writes options whenever a page is asked for.
	sameState(t, "the target after a rollback", before, state(t, target), "table wp_options")
}

// polylang runs the script inside WordPress.
func (s *wpSite) polylang(t *testing.T, do string) string {
	t.Helper()
	cmd := exec.Command("php", "-d", "display_errors=stderr", "-d", "error_reporting=22527", "testdata/polylang.php")
	cmd.Env = append(os.Environ(), "WP_ROOT="+s.root, "WP_HOST="+s.host, "DO="+do)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("Polylang cannot be asked: %v\n%s\n%s", err, tail(errs.String(), 3000), tail(string(out), 1000))
	}
	return string(out)
}
