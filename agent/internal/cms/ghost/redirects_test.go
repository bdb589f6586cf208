package ghost

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/baileybridge/bailey/agent/internal/cms/ghost/ghosttest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// What Ghost looks for is a path where it can be one alone.
func TestRulesAreRead(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{
		"/old/": "/old/", "/old": "/old", "^/old/?$": "/old", "^/a\\.b/c-d$": "/a.b/c-d", "/%C3%BC/": "/%C3%BC/", "/x.html": "/x.html",
		"^/blog/(.*)": "pattern ^/blog/(.*)", "/a/\\d+": "pattern /a/\\d+", "/^\\/old/i": "pattern (?i)^\\/old", "old": "pattern old", "/a\\": "pattern /a\\",
	} {
		r := redirectRule{from: from, to: "/new/"}.record()
		got := r.GetFromPath()
		if r.GetPattern() {
			got = "pattern " + got
		}
		if got != want || r.GetCode() != 302 || r.GetToUrl() != "/new/" {
			t.Errorf("%s is read as %s", from, got)
		}
	}
	for from, fits := range map[string]bool{"^/blog/(.*)$": true, "(?i)^/blog/": true, "^/x/(?<y>.)": false, "^/\\pL+": false, "(": false, "[[:alpha:]]": false} {
		rule, ok := ruleOf(&recordv1.Redirect{FromPath: from, Pattern: true}, "/$1/")
		if ok != fits || ok && (rule.record().GetFromPath() != from || rule.record().GetToUrl() != "/$1/") {
			t.Errorf("the pattern %s becomes %v, %v", from, rule, ok)
		}
	}
}

// A path that is written is found by Ghost with and without its last slash, alone, and is read as that path.
func TestPathsAndBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		path := rapid.StringMatching(`(/[a-z0-9.+*()$^|üß%{}\[\] -]{1,8}){1,3}/?`).Draw(t, "path")
		to := rapid.StringMatching(`/[a-z$]{0,5}/`).Draw(t, "to")
		rule, ok := ruleOf(&recordv1.Redirect{FromPath: path, Code: 301}, to)
		seen := strings.TrimSuffix(escaped(path), "/")
		if !ok || rule.finds() == nil || !rule.finds().MatchString(seen) || !rule.finds().MatchString(seen+"/") || rule.finds().MatchString("/x"+seen) || rule.finds().MatchString(seen+"/x") {
			t.Fatalf("%s becomes %+v, %v", path, rule, ok)
		}
		if back := rule.record(); back.GetFromPath() != seen || back.GetPattern() || back.GetToUrl() != to || back.GetCode() != 301 {
			t.Fatalf("%s is read as %v", path, back)
		}
	})
}

// What people have written keeps every byte, before and after.
func TestLinesOfPeopleStay(t *testing.T) {
	t.Parallel()
	ours := []redirectRule{{"^/a/?$", "/b/", true, true}, {"^/t/?$", "/u/?x=1&y", false, true}, {`^/q"/?$`, "/#z", true, true}}
	gone := map[string]bool{}
	for _, r := range ours {
		gone[r.from] = true
	}
	for name, text := range map[string]string{
		"none": "", "a comment": "# nothing yet\n", "one code": "301:\n    /mine/: /yours/ # why\n\n# the end\n", "both": "302:\n  /now: /then\n\n301:\n  \"^/x/(.*)$\": '/y/$1'\n",
		"an empty block": "301:\n302:\n  /now: /then\n", "numbers as text": "\"301\":\n  /mine/: /yours/\n", "lines of Windows": "301:\r\n  /mine/: /yours/\r\n",
		"json": `[{"from":"^/mine","to":"/yours","permanent":true},{"from":"/x","to":"/y"}]`, "no json": `[]`, "pretty json": "[\n  {\"from\": \"/mine\", \"to\": \"/y\", \"permanent\": false}\n]",
	} {
		file := redirectsYAML
		if strings.HasPrefix(text, "[") {
			file = redirectsJSON
		}
		rules, err := parseRedirects(file, text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		f := &redirectsFile{name: file, text: text, rules: rules}
		for range 2 {
			if err := f.put(ours, gone); err != nil {
				t.Fatalf("%s: %v in\n%s", name, err, f.text)
			}
		}
		if !sameRules(append(rules, ours...), f.rules) || strings.Count(f.text, "bailey") < len(ours) {
			t.Errorf("%s became\n%s", name, f.text)
		}
		if err := f.put(nil, gone); err != nil || f.text != text {
			t.Errorf("%s is %q afterwards, %v", name, f.text, err)
		}
	}
	for _, text := range []string{"301: {/a: /b}\n", "301:\n  /a: /b\n301:\n  /c: /d\n", "- /a\n", "301:\n  /a: /b\n  /a: /c\n", "\t"} {
		rules, err := parseRedirects(redirectsYAML, text)
		f := &redirectsFile{name: redirectsYAML, text: text, rules: rules}
		if err == nil && f.put(ours, nil) == nil {
			t.Errorf("%q became\n%s", text, f.text)
		}
	}
}

func FuzzRedirectsFile(f *testing.F) {
	for _, text := range []string{"301:\n  /a: /b\n", `[{"from":"/a","to":"/b"}]`, "302:\n # x\n  a: b # bailey\n\n301: # bailey\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range []string{redirectsYAML, redirectsJSON} {
			rules, err := parseRedirects(name, text)
			if err != nil {
				continue
			}
			file := &redirectsFile{name: name, text: text, rules: rules}
			if err := file.put([]redirectRule{{"^/ours/?$", "/b/", true, true}}, nil); err != nil {
				continue
			}
			for _, r := range rules {
				if !strings.Contains(file.text, "ours") || !sameRules(append(rules, redirectRule{"^/ours/?$", "/b/", true, true}), file.rules) {
					t.Fatalf("%q lost %v in %q", text, r, file.text)
				}
			}
		}
	})
}

// Redirects go into the file beside people's, once; a rollback takes them out, but for what people have changed since.
func TestRedirectsInTheFile(t *testing.T) {
	t.Parallel()
	dst := ghosttest.New(t, cmssql.SQLite)
	const theirs = "# Ours since 2019\n301:\n  /mine/: /yours/\n  ^/blog/(.*): /$1\n"
	dst.File(t, redirectsYAML, []byte(theirs))
	file := filepath.Join(dst.Settings.Files, redirectsYAML)
	text := func() string {
		raw, err := os.ReadFile(file)
		must(t, err)
		return string(raw)
	}
	redirect := func(id string, r *recordv1.Redirect) *recordv1.Record {
		return &recordv1.Record{Ref: record.NewRef(kindRedirect, id), Body: &recordv1.Record_Redirect{Redirect: r}}
	}
	recs := []*recordv1.Record{
		redirect("a", &recordv1.Redirect{FromPath: "/old/a/", ToUrl: "/a/", Code: 301}), redirect("b", &recordv1.Redirect{FromPath: "/old/b", ToUrl: "https://elsewhere.example/?b=1", Code: 302}),
		redirect("c", &recordv1.Redirect{FromPath: "/mine", ToUrl: "/c/", Code: 301}), redirect("d", &recordv1.Redirect{FromPath: "/blog/d/", ToUrl: "/d/", Code: 301}),
		redirect("e", &recordv1.Redirect{FromPath: "/?p=1", ToUrl: "/e/", Code: 301}), redirect("f", &recordv1.Redirect{FromPath: "/gone", Code: 410}),
	}
	var g *target
	for i, want := range []agentv1.Outcome{agentv1.Outcome_OUTCOME_CREATED, agentv1.Outcome_OUTCOME_UNCHANGED} {
		g = newTarget(t, dst, []string{"one", "two"}[i])
		sent, res := g.write(t, recs...)
		for i, code := range []string{"", "", "path_taken", "path_taken", "redirect_not_a_path", "redirect_leads_nowhere"} {
			if res[i].GetProblem().GetCode() != code || code == "" && res[i].GetOutcome() != want {
				t.Errorf("%v is %v", sent[i].GetRedirect(), res[i])
			}
		}
		g.verify(t, sent[:2])
	}
	if !strings.HasPrefix(text(), theirs) || !strings.Contains(text(), `"^/old/a/?$": "/a/"`) {
		t.Errorf("the file is\n%s", text())
	}
	if _, err := g.ledger.Finish(t.Context(), g.scope); err != nil {
		t.Fatal(err)
	}
	must(t, os.WriteFile(file, []byte(strings.Replace(text(), `"https://elsewhere.example/?b=1"`, "/b/", 1)), 0o600))
	kept := ""
	must(t, g.ledger.Rollback(t.Context(), g.scope, &agentv1.RollbackRequest{}, nil, func(r *agentv1.RollbackResponse) error {
		for _, one := range r.GetResults() {
			if one.GetProblem() != nil {
				kept += one.GetRef().GetSourceId() + " " + one.GetProblem().GetCode()
			}
		}
		return nil
	}))
	if want := theirs + "302: # bailey\n  \"^/old/b/?$\": /b/ # bailey\n"; text() != want || kept != "b edited_since" {
		t.Errorf("kept %q in\n%s", kept, text())
	}
}
