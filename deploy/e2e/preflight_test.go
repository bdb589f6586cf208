//go:build accept

package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/baileybridge/bailey/deploy/testbed/passwords"
)

// foretold is what bailey plan --json says that matters here.
type foretold struct {
	Losses []struct {
		Code, Kind string
		Count      int
		Refs       []string
	}
}

// TestPlanForeseesLosses: what the plan that asks the target says will be lost, by code and kind, is what the run then tells; and a plan
// that does not ask tells nothing that does not come. Accounts whose passwords are moved can log in; all others are named.
func TestPlanForeseesLosses(t *testing.T) {
	for _, c := range []struct {
		source, target string
		// lets says, for a hash on the target, whether its platform lets in with the password of the fixture's README.
		hashes string
		lets   func(password, hash string) bool
		tries  func() []string
	}{
		{source: "wp-dev", target: "ghost-blank"},
		{source: "d7-dev", target: "wp-blank"},
		{"j5-dev", "wp-blank", "SELECT user_login, user_pass FROM wp_users WHERE user_pass LIKE '$2%'",
			func(pw, hash string) bool { return passwords.WordPress(false, pw, hash) }, joomlaPasswords},
	} {
		t.Run(c.source+" to "+c.target, func(t *testing.T) {
			src, dst := placeNamed(t, c.source, c.target)
			source, target, data := src.serve(t, "source"), dst.serve(t, "target"), t.TempDir()
			quiet := planned(t, data, source, target)
			asked := planned(t, data, source, target, "--diff")
			rep := migrate(t, data, source, target, []int{0, 3})

			came, reset := map[string]int{}, 0
			for _, l := range rep.Losses {
				came[l.Kind+" "+l.Code] += l.Count
				if l.Code == "password_reset_needed" {
					reset += len(l.Refs)
					if len(l.Refs) != l.Count {
						t.Errorf("%d accounts need a new password, %d are named", l.Count, len(l.Refs))
					}
				}
			}
			for key := range merged(asked, came) {
				// The bytes of files do not take part in a dry run: what is read from them is told afterwards.
				if asked[key] != came[key] && key != "media taken_from_file" {
					t.Errorf("%s: foreseen %d, came %d", key, asked[key], came[key])
				}
			}
			for key, n := range quiet {
				if came[key] < n {
					t.Errorf("%s: foreseen %d without asking the target, came %d", key, n, came[key])
				}
			}
			t.Logf("%d kinds of losses, %d accounts named for a new password", len(came), reset)
			if c.lets != nil {
				logIn(t, dst, c.hashes, c.lets, c.tries())
			} else if reset == 0 {
				t.Error("nobody needs a new password")
			}
		})
	}
}

func placeNamed(t *testing.T, source, target string) (src, dst *place) {
	t.Helper()
	i := slices.IndexFunc(pairSources, func(s pairSource) bool { return s.name == source })
	j := slices.IndexFunc(pairTargets, func(s pairTarget) bool { return s.name == target })
	return pairSources[i].open(t), pairTargets[j].open(t)
}

// planned counts losses by kind and code.
func planned(t *testing.T, data string, source, target *agent, more ...string) map[string]int {
	t.Helper()
	res := bailey(t, append([]string{"plan", "--json", "--source", source.link(), "--target", target.link(), "--data", data}, more...)...)
	if res.code != 0 {
		t.Fatalf("bailey plan %v ended with %d\n%s", more, res.code, tail(res.stderr, 3000))
	}
	var doc struct {
		foretold
		Plan foretold
	}
	if err := json.Unmarshal([]byte(res.stdout), &doc); err != nil {
		t.Fatal(err)
	}
	all := map[string]int{}
	for _, l := range append(doc.Losses, doc.Plan.Losses...) {
		all[l.Kind+" "+l.Code] += l.Count
	}
	return all
}

func merged(a, b map[string]int) map[string]int {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

func joomlaPasswords() []string {
	all := []string{"LabAdmin-pass-2024"}
	for n := range 60 {
		all = append(all, fmt.Sprintf("Secret-%d-pass", n))
	}
	return all
}

// logIn finds for each hash of the target the password of the source's README that the target's own algorithm lets in.
func logIn(t *testing.T, dst *place, query string, lets func(password, hash string) bool, tries []string) {
	t.Helper()
	rows, err := dst.db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	in := 0
	for rows.Next() {
		var login, hash string
		if err := rows.Scan(&login, &hash); err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(tries, func(pw string) bool { return lets(pw, hash) }) {
			t.Errorf("%s cannot log in with the password of before", login)
			continue
		}
		in++
	}
	if err := rows.Err(); err != nil || in == 0 {
		t.Errorf("%d logged in, %v", in, err)
	}
	t.Logf("%d accounts log in with the password of before", in)
}
