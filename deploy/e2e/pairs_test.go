//go:build accept

package e2e

import (
	"slices"
	"strings"
	"sync"
	"testing"
)

// TestPairs moves each source into each target: everything is accounted for and verified, no row is broken and no pointer
// leads nowhere, a second run changes nothing, and after a rollback the target is what it was. What has arrived goes back to an
// empty site of the version that it came from, and is compared with what it was.
func TestPairs(t *testing.T) {
	homes := map[string]pairTarget{}
	for _, to := range pairTargets {
		homes[to.name] = to
	}
	for _, from := range pairSources {
		source := from.opened(t)
		original := sync.OnceValue(func() *readSite { return readAll(t, source()) })
		for _, to := range pairTargets {
			result := pairs.begin(from, to)
			t.Run(from.name+"→"+to.name, func(t *testing.T) {
				t.Parallel()
				p := &pairing{T: t, from: from, to: to, result: result, source: source(), target: to.open(t), original: original}
				defer p.note()
				p.move()
				// Two copies of one empty site are the same site to Bailey, which refuses to move it into itself.
				if home, ok := homes[from.home]; ok && to.name != from.home {
					p.back(home, original())
				}
				p.again()
			})
		}
	}
}

// pairing is one pair on its way.
type pairing struct {
	*testing.T
	from   pairSource
	to     pairTarget
	source *agent
	// original is the source as its agent reads it.
	original func() *readSite
	target   *place
	writer   *agent
	data     string
	before   map[string]string
	report   *report
	result   *pairResult
}

func (p *pairing) move() {
	p.Helper()
	p.before = p.target.state(p.T)
	broken := p.target.broken(p.T)
	empty := readAll(p.T, p.target.serve(p.T, "source"))
	dangling := lostPointers(empty)
	p.writer, p.data = p.target.serve(p.T, "target"), p.TempDir()
	p.report = migrate(p.T, p.data, p.source, p.writer, []int{0, 3})
	p.report.reconcile(p.T)
	for _, r := range p.report.Rejected {
		if !slices.Contains(p.from.refused, r.SourceID+" "+r.Code) || r.Cause == "" || r.Fix == "" {
			p.Errorf("rejected: %+v", r)
		}
	}
	now := p.target.broken(p.T)
	now[nowhereKey] = slices.DeleteFunc(now[nowhereKey], p.faulty)
	newly(p.T, broken, now)
	full := readAll(p.T, p.target.serve(p.T, "source"))
	newly(p.T, dangling, lostPointers(full))
	p.whole(empty, full, dangling)
}

// sourceFaults are the addresses that lead nowhere on the source either, or to what is no record there, by the end of their path.
var sourceFaults = map[string]map[string]string{
	"d7-dev": {
		"/admin/structure/menu/manage/main-menu":  "a page of the administration, in the menu of the same",
		"/admin/structure/menu/manage/management": "a page of the administration, in the menu of the same",
		"/admin/structure/menu/manage/navigation": "a page of the administration, in the menu of the same",
		"/admin/structure/menu/manage/user-menu":  "a page of the administration, in the menu of the same",
		"/nodepage1":                              "node?page=1, the second page of the list of all nodes, which Drupal makes; Hugo takes the signs of a query out of a menu's address",
	},
	"j3-dev": {"/index.php": joomlaPages},
	"j5-dev": {"/index.php": joomlaPages},
}

const joomlaPages = "items of menus for what Joomla makes itself: lists of all categories, the archive, feeds, searching, logging in"

// faulty says of an address that leads nowhere that the source is to blame.
func (p *pairing) faulty(address string) bool {
	for end := range sourceFaults[p.from.name] {
		if strings.HasSuffix(address, end) {
			return true
		}
	}
	return false
}

// newly tells what is broken now and was not.
func newly(t *testing.T, before, now map[string][]string) {
	t.Helper()
	for what, ids := range now {
		ids = slices.DeleteFunc(ids, func(id string) bool { return slices.Contains(before[what], id) })
		if len(ids) > 0 {
			t.Errorf("%s: %d, like %v", what, len(ids), ids[:min(len(ids), 5)])
		}
	}
}

// again runs the migration a second time, and takes it back.
func (p *pairing) again() {
	p.Helper()
	written := withoutLedger(p.target.state(p.T))
	migrate(p.T, p.data, p.source, p.writer, []int{0, 3}).nothingChanged(p.T)
	sameState(p.T, "the target after a second run", written, withoutLedger(p.target.state(p.T)))
	if res := bailey(p.T, "rollback", p.report.Migration, "--data", p.data, "--target", p.writer.link()); res.code != 0 {
		p.Fatalf("rollback: %d\n%s\n%s", res.code, tail(res.text(), 3000), tail(p.writer.out.String(), 4500))
	}
	sameState(p.T, "the target after the rollback", p.before, p.target.state(p.T))
}

// withoutLedger leaves out the tables that are the agent's own.
func withoutLedger(state map[string]string) map[string]string {
	kept := map[string]string{}
	for k, v := range state {
		if !strings.Contains(k, "bailey_") {
			kept[k] = v
		}
	}
	return kept
}
