//go:build accept

package e2e

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"golang.org/x/net/html"
)

// hostileMemory is the most that an agent may have held, in KiB: a few copies of the largest record, however long a text is.
const hostileMemory = 192 << 10

// hostileFiles are the files of the export, and what they hold.
var hostileFiles = map[string]string{
	"2024/01/ok.jpg": "\xff\xd8\xff\xe0 a picture", "2024/01/shell.php.jpg": "<?php touch('/tmp/pwned');", "2024/01/x.phtml": "<?php", "2024/01/y.PhP": "<?php", "2024/01/.htaccess": "AddType x .jpg",
	"2024/01/CON.jpg": "\xff\xd8\xff\xe0 con", "2024/01/a b;$(touch pwned).jpg": "\xff\xd8\xff\xe0 shell", "2024/01/.user.ini": "auto_prepend_file=x",
}

// hostileNames are names of files that lead out of their folder or that servers obey.
var hostileNames = []string{"../../../../../../tmp/pwned.jpg", "/etc/passwd", "2024/01/../../../wp-config.php", `2024\..\..\evil.jpg`, "2024/01/none\u202egpj.exe"}

// hostileExport writes an export of WordPress whose content means harm. canary is a server of this machine that nobody may ask.
func hostileExport(t *testing.T, canary string) (file, uploads string) {
	t.Helper()
	dir := t.TempDir()
	uploads = filepath.Join(dir, "uploads")
	for name, text := range hostileFiles {
		need(t, os.MkdirAll(filepath.Dir(filepath.Join(uploads, name)), 0o755))
		need(t, os.WriteFile(filepath.Join(uploads, name), []byte(text), 0o644))
	}
	need(t, os.Symlink("/etc/passwd", filepath.Join(uploads, "2024/01/linked.jpg")))
	file = filepath.Join(dir, "export.xml")
	f, err := os.Create(file)
	need(t, err)
	w := bufio.NewWriter(f)
	h := &hostile{w: w}
	_, _ = fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/"><channel><title>&lt;script&gt;alert(0)&lt;/script&gt;</title>
<wp:wxr_version>1.2</wp:wxr_version><wp:base_site_url>%[1]s</wp:base_site_url><wp:base_blog_url>%[1]s</wp:base_blog_url><generator>https://wordpress.org/?v=6.1</generator>
<wp:author><wp:author_id>1</wp:author_id><wp:author_login>ann</wp:author_login><wp:author_email>ann@x.example</wp:author_email></wp:author>`, canary)
	gadget := `a:1:{i:0;O:7:"Gadgets":1:{s:3:"cmd";s:5:"touch";}}`
	h.item("post", `<script>alert(1)</script>`, `<p onclick="alert(2)">Text</p><script>alert(3)</script>`, "", "gadget", gadget)
	h.item("post", "Gadget", `<p>O:7:"Gadgets":0:{} [gallery ids="1);DROP TABLE"] {{7*7}} [[!eval? &x=`+"`1`"+`]] {source}<?php 1 ?>{/source}</p>`, "", "_single", `O:7:"Gadgets":0:{}`)
	h.item("post", "Nested", strings.Repeat("<div>", 100000)+"deep"+strings.Repeat("</div>", 100000), "", "k", "v")
	h.item("post", "Long", strings.Repeat("0123456789abcde ", 50<<20/16), "", "k", "v")
	n := 0
	for name := range hostileFiles {
		n++
		h.item("attachment", fmt.Sprintf("file %d", n), "", canary+"/secret.jpg", "_wp_attached_file", name)
	}
	for _, name := range append(hostileNames, "2024/01/linked.jpg", "2024/01/only-there.jpg") {
		n++
		h.item("attachment", fmt.Sprintf("file %d", n), "", "http://169.254.169.254/latest/meta-data/", "_wp_attached_file", name)
	}
	_, _ = w.WriteString("</channel></rss>\n")
	need(t, w.Flush())
	need(t, f.Close())
	return file, uploads
}

// hostile writes the items of an export.
type hostile struct {
	w  *bufio.Writer
	id int
}

func (h *hostile) item(kind, title, content, attachment, key, value string) {
	h.id++
	status := map[string]string{"attachment": "inherit"}[kind]
	if status == "" {
		status = "publish"
	}
	_, _ = fmt.Fprintf(h.w, `<item><title><![CDATA[%[1]s]]></title><dc:creator>ann</dc:creator><guid isPermaLink="false">http://169.254.169.254/?p=%[3]d</guid><content:encoded><![CDATA[%[2]s]]></content:encoded><wp:post_id>%[3]d</wp:post_id>
<wp:post_date>2024-01-02 10:00:00</wp:post_date><wp:post_date_gmt>2024-01-02 09:00:00</wp:post_date_gmt><wp:comment_status>open</wp:comment_status><wp:post_name>item-%[3]d</wp:post_name>
<wp:status>%[4]s</wp:status><wp:post_type>%[5]s</wp:post_type><wp:attachment_url>%[6]s</wp:attachment_url>
<wp:postmeta><wp:meta_key>%[7]s</wp:meta_key><wp:meta_value><![CDATA[%[8]s]]></wp:meta_value></wp:postmeta>`, title, content, h.id, status, kind, html.EscapeString(attachment), key, value)
	if kind == "post" {
		_, _ = fmt.Fprintf(h.w, `<wp:comment><wp:comment_id>%d</wp:comment_id><wp:comment_author><![CDATA[<script>alert(4)</script>]]></wp:comment_author><wp:comment_author_url>javascript:alert(5)</wp:comment_author_url>
<wp:comment_author_email>v@x.example</wp:comment_author_email><wp:comment_date>2024-01-03 10:00:00</wp:comment_date><wp:comment_date_gmt>2024-01-03 09:00:00</wp:comment_date_gmt>
<wp:comment_content><![CDATA[<script>alert(6)</script><img src=x onerror="alert(7)">Nice]]></wp:comment_content><wp:comment_approved>1</wp:comment_approved></wp:comment>`, h.id)
	}
	_, _ = h.w.WriteString("</item>\n")
}

// TestHostile moves content that means harm into each platform: nothing runs, nothing leaves its folder, nobody within the network is
// asked, and memory stays within bounds.
func TestHostile(t *testing.T) {
	var hits atomic.Int64
	canary := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	t.Cleanup(canary.Close)
	file, uploads := hostileExport(t, canary.URL)
	src := serve(t, "--platform", "wxr", "--dsn", file, "--files", uploads, "--role", "source")
	for _, to := range pairTargets {
		if !slices.Contains([]string{"wp-blank", "ghost-blank", "j5-blank", "modx-blank", "d10-blank", "hugo-blank"}, to.name) {
			continue // One of each platform: it is a test of minutes.
		}
		t.Run(to.name, func(t *testing.T) {
			target := to.open(t)
			before := readAll(t, target.serve(t, "source"))
			dst := target.serve(t, "target")
			rep := migrate(t, t.TempDir(), src, dst, []int{0, 3}, "--fetch-missing", "--allow-host", "169.254.169.254")
			rep.reconcile(t)
			long := 0
			for _, r := range rep.Rejected {
				if r.Code == "record_too_large" || r.Code == "row_too_large" {
					long++
				}
			}
			if long == 0 {
				t.Errorf("the text of 50 MB is not told: %+v", rep.Rejected)
			}
			judgeHostile(t, before, readAll(t, target.serve(t, "source")))
			for name, a := range map[string]*agent{"source": src, "target": dst} {
				if kib := mostHeld(t, a); kib > hostileMemory {
					t.Errorf("the %s's agent held %d KiB", name, kib)
				} else {
					t.Logf("the %s's agent held %d KiB", name, kib)
				}
			}
		})
	}
	if n := hits.Load(); n != 0 {
		t.Errorf("a server of this machine was asked %d times", n)
	}
	for _, p := range []string{"/tmp/pwned", "/tmp/pwned.jpg", "pwned"} {
		if _, err := os.Lstat(p); err == nil {
			t.Errorf("%s was written", p)
		}
	}
}

// judgeHostile looks at what is new on the target.
func judgeHostile(t *testing.T, before, after *readSite) {
	t.Helper()
	for key, rec := range after.records {
		if before.records[key] != nil {
			continue
		}
		for _, f := range rec.GetMedia().GetFiles() {
			if p := strings.ToLower(f.GetPath()); !f.GetMissing() && (strings.Contains(p, "..") || strings.HasPrefix(p, "/") || strings.Contains(p, ".php") || strings.Contains(p, ".ht") ||
				strings.HasSuffix(p, ".php") || strings.HasSuffix(p, ".phtml") || strings.HasSuffix(p, ".ini") || strings.HasSuffix(p, ".exe") || strings.Contains(p, "\\")) {
				t.Errorf("%s: a file came to be at %q", key, f.GetPath())
			}
		}
		if rec.GetComment() != nil {
			record.Texts(rec, func(path, s string) string {
				if low := strings.ToLower(s); path != "author_name" && strings.Contains(low, "<script") || strings.Contains(low, "onerror") || strings.HasPrefix(low, "javascript:") {
					t.Errorf("%s %s: %q", key, path, s)
				}
				return s
			})
		}
	}
	if after.desc.GetPlatform() != "wordpress" {
		// The others show titles and such fields as the text that they are.
		return
	}
	for key, rec := range after.records {
		if strings.Contains(strings.ToLower(rec.GetEntry().GetTitle()), "<script") {
			t.Errorf("%s: %q", key, rec.GetEntry().GetTitle())
		}
	}
	for _, f := range after.fieldsRaw() {
		if strings.HasPrefix(f, "O:") || strings.Contains(f, ";O:") {
			t.Errorf("a field holds an object: %q", f)
		}
	}
}

// fieldsRaw are the bytes of custom fields that are read as PHP's and are no plain values.
func (r *readSite) fieldsRaw() (all []string) {
	for _, rec := range r.records {
		for _, f := range rec.GetFields() {
			if f.GetEncoding() == "php" && rec.GetRef().GetKind() == recordv1.Kind_KIND_ENTRY {
				all = append(all, string(f.GetRaw()))
			}
		}
	}
	return all
}

// mostHeld is the most memory that an agent has held, in KiB.
func mostHeld(t *testing.T, a *agent) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", a.cmd.Process.Pid))
	need(t, err)
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	n, err := strconv.Atoi(strings.Fields(rest)[0])
	need(t, err)
	return n
}
