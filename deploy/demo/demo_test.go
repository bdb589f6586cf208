package main

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFreshKeepsForeignFolders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := fresh(dir); err != nil {
		t.Fatalf("an empty folder: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "left-over"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := fresh(dir); err != nil {
		t.Fatalf("a folder of an earlier demo: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "left-over")); err == nil {
		t.Error("the earlier demo is still there")
	}
	foreign := t.TempDir()
	precious := filepath.Join(foreign, "precious")
	if err := os.WriteFile(precious, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := fresh(foreign); err == nil {
		t.Error("somebody else's folder was taken")
	}
	if _, err := os.Stat(precious); err != nil {
		t.Error("somebody else's file is gone")
	}
}

func TestSampleSiteIsWhole(t *testing.T) {
	t.Parallel()
	s, err := makeWordPress(context.Background(), filepath.Join(t.TempDir(), "wordpress"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+s.database+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for query, want := range map[string]int{
		"SELECT COUNT(*) FROM wp_posts WHERE post_type IN ('post','page')":                                                        s.entries,
		"SELECT COUNT(*) FROM wp_posts WHERE post_type = 'attachment'":                                                            len(pictures),
		"SELECT COUNT(*) FROM wp_comments":                                                                                        len(remarks),
		"SELECT COUNT(*) FROM wp_posts WHERE post_content LIKE '%{{%'":                                                            0,
		"SELECT COUNT(*) FROM wp_posts p WHERE post_parent <> 0 AND NOT EXISTS (SELECT 1 FROM wp_posts WHERE ID = p.post_parent)": 0,
		"SELECT COUNT(*) FROM wp_posts WHERE post_author = 0":                                                                     0,
		"SELECT COUNT(*) FROM wp_comments WHERE comment_post_ID = 0":                                                              0,
	} {
		var n int
		if err := db.QueryRow(query).Scan(&n); err != nil || n != want {
			t.Errorf("%s: %d, want %d, %v", query, n, want, err)
		}
	}
}

func TestEveryLinkOfTheContentLeadsSomewhere(t *testing.T) {
	t.Parallel()
	entries, err := readEntries()
	if err != nil {
		t.Fatal(err)
	}
	slugs := map[string]bool{}
	for _, e := range entries {
		if slugs[e.slug] {
			t.Errorf("%s is there twice", e.slug)
		}
		slugs[e.slug] = true
	}
	names := map[string]bool{}
	for _, p := range pictures {
		names[p.name] = true
	}
	for _, e := range entries {
		if e.parent != "" && !slugs[e.parent] {
			t.Errorf("%s lies below %s, which is not there", e.slug, e.parent)
		}
		for _, m := range placeholder.FindAllStringSubmatch(e.body, -1) {
			name, _, _ := strings.Cut(m[2], ":")
			if m[1] == "url" && !slugs[m[2]] || m[1] != "url" && !names[name] {
				t.Errorf("%s: %s leads nowhere", e.slug, m[0])
			}
		}
	}
}
