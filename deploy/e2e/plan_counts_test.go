//go:build accept

package e2e

import (
	"encoding/json"
	"path/filepath"
	"testing"
)

// TestPlanCountsComeTrue: what a plan says will be moved and skipped of each kind is what the run then reports, with a filter that
// leaves entries behind and whatever hangs on them.
func TestPlanCountsComeTrue(t *testing.T) {
	const filters = "filters:\n  - {kind: entry, skip: 'entry.type in [\"post\", \"article\"] && entry.title.size() % 2 == 0'}\n"
	for _, c := range [][2]string{{"wp-dev", "wp-blank"}, {"wp-dev", "ghost-blank"}, {"wp-dev", "d10-blank"}, {"d9-dev", "wp-blank"}} {
		for name, file := range map[string]string{"whole": "", "filtered": filters} {
			t.Run(c[0]+" to "+c[1]+" "+name, func(t *testing.T) {
				src, dst := placeNamed(t, c[0], c[1])
				source, target, data := src.serve(t, "source"), dst.serve(t, "target"), t.TempDir()
				var more []string
				if file != "" {
					path := filepath.Join(t.TempDir(), "map.yaml")
					writeFile(t, path, "version: 1\n"+file)
					more = []string{"--map", path}
				}
				quick := kindsPlanned(t, data, source, target, more...)
				asked := kindsPlanned(t, data, source, target, append(more, "--diff")...)
				rep := migrate(t, data, source, target, []int{0, 3}, more...)
				skipped := 0
				for i, k := range rep.Kinds {
					came := kindPlanned{k.Kind, k.Listed, k.Created + k.Updated + k.Unchanged + k.Adopted, k.Skipped, k.Rejected}
					if asked[i] != came {
						t.Errorf("the target foresaw %+v, was %+v", asked[i], came)
					}
					// Which menus a theme has a place for only the target knows.
					if quick[i] != came && k.Kind != "menu" {
						t.Errorf("planned %+v, was %+v", quick[i], came)
					}
					skipped += k.Skipped
				}
				if file != "" && skipped == 0 {
					t.Error("the filter has left nothing behind")
				}
			})
		}
	}
}

type kindPlanned struct {
	Kind                             string
	Listed, Moved, Skipped, Rejected int
}

// kindsPlanned are a plan's numbers by kind.
func kindsPlanned(t *testing.T, data string, source, target *agent, more ...string) []kindPlanned {
	t.Helper()
	res := bailey(t, append([]string{"plan", "--json", "--source", source.link(), "--target", target.link(), "--data", data}, more...)...)
	var doc struct {
		Kinds []kindPlanned
		Plan  struct{ Kinds []kindPlanned }
	}
	if err := json.Unmarshal([]byte(res.stdout), &doc); res.code != 0 || err != nil {
		t.Fatalf("bailey plan %v: %d, %v\n%s", more, res.code, err, tail(res.stderr, 3000))
	}
	return append(doc.Kinds, doc.Plan.Kinds...)
}
