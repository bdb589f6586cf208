//go:build accept

package e2e

import (
	"fmt"
	"html"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// judge looks at a site with the real Drupal as visitors, members and editors do. nil: no Drupal is there to ask.
func (s *drupalSite) judge(t *testing.T, admin string, passwords map[string]string) *drupalDump {
	t.Helper()
	l := s.boot(t)
	if l == nil {
		return nil
	}
	l.passwords = passwords
	d := l.dump(passwords)
	t.Logf("Drupal %s loads %d nodes, %d terms, %d users, %d files, %d media, %d comments, %d menus", d.Version, len(d.Nodes), len(d.Terms), len(d.Users), len(d.Files), len(d.Media), len(d.Comments), len(d.Menus))
	l.page("/")
	l.nodes(d)
	l.others(d)
	l.members(d, admin)
	l.look()
	// Complaints that the visits have left in Drupal's log.
	for _, e := range l.dump(nil).Errors {
		t.Errorf("Drupal's log: %.500s", e)
	}
	return d
}

// nodes visits each published node: its title is there, its comments are those that are counted.
func (l *liveDrupal) nodes(d *drupalDump) {
	l.t.Helper()
	seen := 0
	for _, n := range d.Nodes {
		if n.Threads < n.Comments {
			l.t.Errorf("node %s (%s): %d comments are counted, %d shown", n.id(), n.Language, n.Comments, n.Threads)
		}
		if n.Status == 0 || !n.Access {
			continue
		}
		l.page(n.Path, n.Title)
		seen++
	}
	l.t.Logf("visited %d published nodes", seen)
}

// others visits terms, members and files.
func (l *liveDrupal) others(d *drupalDump) {
	l.t.Helper()
	for _, x := range d.Terms {
		if x.Status == 0 {
			// Only the staff sees it.
			continue
		}
		l.page(x.Path, x.Title)
	}
	files := 0
	for _, f := range d.Files {
		if !f.Exists || !strings.HasPrefix(f.URI, "public://") {
			continue
		}
		if code, _ := l.get(f.Path); code != http.StatusOK {
			l.t.Errorf("the file %s: %d", f.Path, code)
		}
		files++
	}
	l.t.Logf("fetched %d of %d files, %d terms", files, len(d.Files), len(d.Terms))
	_, front := l.get("/")
	for _, m := range d.Menus {
		if !m.Main {
			continue
		}
		for _, link := range m.Links {
			if link.Hidden == 0 && link.Access && !strings.Contains(plainText(front), strings.Join(strings.Fields(link.Title), " ")) {
				l.t.Errorf("the front page does not show the menu link %q", link.Title)
			}
		}
		l.t.Logf("main menu: %s", outline(m.Links))
	}
}

func outline(links []drupalLink) string {
	var all []string
	for _, l := range links {
		s := fmt.Sprintf("%s→%s", l.Title, l.Href)
		if len(l.Below) > 0 {
			s += " (" + outline(l.Below) + ")"
		}
		all = append(all, s)
	}
	return strings.Join(all, ", ")
}

// members logs in with the passwords that Drupal takes, and looks at the lists as the administrator.
func (l *liveDrupal) members(d *drupalDump, admin string) {
	l.t.Helper()
	for name, ok := range d.Passwords {
		if !ok {
			l.t.Errorf("Drupal does not take the password of one account (%s)", name)
		}
	}
	for name, password := range l.passwords {
		if name != "admin" && d.Passwords[name] {
			if !l.login(name, password) {
				l.t.Errorf("the account %s cannot log in", name)
			}
			l.t.Logf("logged in as %s", name)
			l.logout()
		}
	}
	if !l.login("admin", admin) {
		l.t.Errorf("the administrator cannot log in")
		return
	}
	l.page("/admin/content")
	l.page("/admin/people")
	l.page("/admin/structure/taxonomy")
	if report := plainText(l.page("/admin/reports/status")); strings.Contains(report, "Mismatched entity and/or field definitions") {
		l.t.Errorf("the status report finds definitions that do not match: %.1500s", report[strings.Index(report, "Mismatched entity"):])
	}
	for _, u := range d.Users {
		if u.id() != "0" {
			l.page(u.Path, u.Title)
		}
	}
	types := map[string]bool{}
	for _, n := range d.Nodes {
		if !types[n.Type] {
			types[n.Type] = true
			l.page("/node/"+n.id()+"/edit", "Edit")
		}
	}
	for _, x := range d.Said {
		if x.Path != "" {
			form := l.page("/"+x.Language+x.Path+x.id()+"/edit", "Edit")
			if !strings.Contains(html.UnescapeString(form), `value="`+x.Title+`"`) {
				l.t.Errorf("the form of %s %s does not hold %q", x.Type, x.id(), x.Title)
			}
		}
		if x.Type == "taxonomy_term" {
			l.page("/"+x.Language+"/taxonomy/term/"+x.id(), x.Title)
		}
		l.t.Logf("%s %s (%s) is %q in %s", x.Type, x.id(), x.Bundle, x.Title, x.Language)
	}
	for i, c := range d.Comments {
		if i < 5 {
			l.page("/comment/" + c.id() + "/edit")
		}
	}
	l.logout()
}

// The judge itself: a site that Drupal has made passes it.
func TestRealDrupalShowsItsOwn(t *testing.T) {
	for fixture, admin := range map[string]string{"d7-dev": "admin-pass-7", "d9-dev": "admin-pass-9", "d10-dev": "admin-pass-9"} {
		t.Run(fixture, func(t *testing.T) {
			needDrupal(t, fixture)
			newDrupal(t, fixture).judge(t, admin, map[string]string{"admin": admin})
		})
	}
}

// What has moved into Drupal 9 or later is shown by the real one.
func TestRealDrupalShowsWhatMoved(t *testing.T) {
	for _, fixture := range []string{"wp-dev", "d9-dev", "d7-dev", "j5-dev"} {
		t.Run(fixture, func(t *testing.T) {
			blank := drupalNow(t, "blank")
			needDrupal(t, blank)
			dst := newDrupal(t, blank)
			migrate(t, t.TempDir(), drupal7Source(t, fixture), dst.serve(t, "target"), []int{0, 3})
			judged(t, dst, fixture)
		})
	}
}

// Translations that have moved into a Drupal of several languages are shown by the real one, each below its language's address.
func TestRealDrupalShowsTranslations(t *testing.T) {
	blank := drupalNow(t, "blank")
	needDrupal(t, blank)
	dst := newDrupal(t, blank)
	dst.boot(t).speak("fr", "ar", "pt-br")
	before := dst.state(t)
	data, writer := t.TempDir(), dst.serve(t, "target")
	rep := migrate(t, data, drupal7Source(t, "d9-dev"), writer, []int{0, 3})
	d := dst.copied(t).judge(t, "admin-pass-9", map[string]string{"admin": "admin-pass-9"})
	nodes, translated := map[string]bool{}, 0
	for _, n := range d.Nodes {
		nodes[n.id()] = true
		if n.Translations > 1 {
			translated++
		}
	}
	if !slices.ContainsFunc(d.Said, func(x drupalSeen) bool { return x.Type == "taxonomy_term" }) || !slices.ContainsFunc(d.Said, func(x drupalSeen) bool { return x.Type == "menu_link_content" }) {
		t.Errorf("terms and links of menus have no translations: %v", d.Said)
	}
	if len(d.Nodes) != 86 || len(nodes) != 79 || translated == 0 {
		t.Errorf("%d nodes, %d with all their languages, %d of nodes with several", len(nodes), len(d.Nodes), translated)
	}
	newly(t, map[string][]string{}, dst.broken(t))
	if res := bailey(t, "rollback", rep.Migration, "--data", data, "--target", writer.link()); res.code != 0 {
		t.Fatalf("rollback: %d\n%s", res.code, tail(res.text(), 3000))
	}
	sameState(t, "the target after the rollback", before, dst.state(t))
}
