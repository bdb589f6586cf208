//go:build accept

package e2e

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// longText is more than a record may hold, and mostText what one holds in every form that a target keeps of it.
const longText, mostText = 50 << 20, 4 << 20

// Most that a process may have held, in KiB, while the largest records that are moved go through it.
const agentHeld, baileyHeld = hostileMemory, 384 << 10

// longPost is a post of the site with a body that the database makes, for a long one need not go through the client.
func (s *wpSite) longPost(t *testing.T, name, body string) (id string) {
	t.Helper()
	_, err := s.db.DB.Exec("INSERT INTO wp_posts (post_author, post_date, post_date_gmt, post_modified, post_modified_gmt, post_title, post_name, post_status, post_type, post_excerpt, to_ping, pinged, post_content_filtered, post_content)"+
		" VALUES (1, '2024-01-02 10:00:00', '2024-01-02 09:00:00', '2024-01-02 10:00:00', '2024-01-02 09:00:00', ?, ?, 'publish', 'post', '', '', '', '', "+body+")", name, name)
	need(t, err)
	return query(t, s.db.DB, "SELECT ID FROM wp_posts WHERE post_name = '"+name+"'")[0]
}

// longWordPress has a body, a comment and a custom field that no record can hold, and bodies that one just can. refused are the records of the former.
func longWordPress(t *testing.T) (src *place, refused []string) {
	s := newWordPress(t, "wp-dev")
	body := s.longPost(t, "long", fmt.Sprintf("REPEAT('0123456789abcde ', %d)", longText/16))
	field := s.longPost(t, "long-field", "'short'")
	s.longPost(t, "nested", "CONCAT(REPEAT('<div>', 100000), 'deep', REPEAT('</div>', 100000))")
	s.longPost(t, "most", fmt.Sprintf(`REPEAT('<p>Words and <a href="/?p=1">a link</a></p>\n', %d)`, mostText/44))
	for _, do := range []string{
		// Sites with long comments have such a column, which plugins make.
		"ALTER TABLE wp_comments MODIFY comment_content LONGTEXT NOT NULL",
		fmt.Sprintf("INSERT INTO wp_comments (comment_post_ID, comment_author, comment_date, comment_date_gmt, comment_approved, comment_agent, comment_content) VALUES (1, 'long', '2024-01-03 10:00:00', '2024-01-03 09:00:00', '1', '', REPEAT('0123456789abcde ', %d))", longText/16),
		fmt.Sprintf("INSERT INTO wp_postmeta (post_id, meta_key, meta_value) VALUES (%s, 'long', REPEAT('0123456789abcde ', %d))", field, longText/16),
	} {
		_, err := s.db.DB.Exec(do)
		need(t, err)
	}
	comment := query(t, s.db.DB, "SELECT comment_ID FROM wp_comments WHERE comment_author = 'long'")[0]
	return s.place(), []string{"entry/" + body, "entry/" + field, "comment/" + comment}
}

// longFolder has a page that no record can hold and one of very many quotations within each other.
func longFolder(t *testing.T) (src *place, refused []string) {
	dir := sampleFolder(t)
	front := "---\ntitle: %s\n---\n"
	for name, text := range map[string]string{"long": strings.Repeat("0123456789abcde ", longText/16), "nested": strings.Repeat("> ", 100000) + "deep", "most": strings.Repeat("Words and [a link](/posts/).\n\n", mostText/30)} {
		writeFile(t, filepath.Join(dir, "content", name+".md"), fmt.Sprintf(front, name)+text+"\n")
	}
	return folderPlace(t, dir), []string{"entry/content/long.md"}
}

// TestHostileLength moves sites with texts of 50 MB: those alone are refused, a second run says the same, all of it can be undone, and no
// process holds more than a few of the largest records that are moved.
func TestHostileLength(t *testing.T) {
	for name, c := range map[string]struct {
		source func(*testing.T) (*place, []string)
		target string
	}{"wordpress to ghost": {longWordPress, "ghost-blank"}, "folder to wordpress": {longFolder, "wp-blank"}} {
		t.Run(name, func(t *testing.T) {
			from, refused := c.source(t)
			_, to := placeNamed(t, "hugo", c.target)
			src, dst, data, before := from.serve(t, "source"), to.serve(t, "target"), t.TempDir(), to.state(t)
			rep := migrate(t, data, src, dst, []int{3})
			rep.reconcile(t)
			tooLarge(t, rep, refused)
			again := migrate(t, data, src, dst, []int{3})
			again.nothingChanged(t)
			tooLarge(t, again, refused)
			text := bailey(t, "report", rep.Migration, "--data", data).stdout
			for _, r := range refused {
				if _, id, _ := strings.Cut(r, "/"); !strings.Contains(text, id) {
					t.Errorf("the report does not name %s", r)
				}
			}
			says(t, bailey(t, "rollback", rep.Migration, "--data", data, "--target", dst.link()), []int{0}, "Everything is undone")
			sameState(t, "the target after the rollback", before, to.state(t))
			for who, kib := range map[string][2]int{"the source's agent": {mostHeld(t, src), agentHeld}, "the target's agent": {mostHeld(t, dst), agentHeld}, "bailey": {rep.held, baileyHeld}} {
				if t.Logf("%s held %d KiB", who, kib[0]); kib[0] > kib[1] {
					t.Errorf("%s held %d KiB", who, kib[0])
				}
			}
		})
	}
}

// tooLarge checks that of the report's refused records those are told as too large that are, and no other.
func tooLarge(t *testing.T, rep *report, want []string) {
	t.Helper()
	got := map[string]bool{}
	for _, r := range rep.Rejected {
		if r.Code != "record_too_large" {
			continue
		}
		got[r.Kind+"/"+r.SourceID] = true
		if r.Cause == "" || r.Fix == "" {
			t.Errorf("no cause or no fix: %+v", r)
		}
	}
	if all := slices.Sorted(maps.Keys(got)); !slices.Equal(all, slices.Sorted(slices.Values(want))) {
		t.Errorf("too large: %v, want %v; rejected %+v", all, want, rep.Rejected)
	}
}
