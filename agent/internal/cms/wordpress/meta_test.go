package wordpress

import (
	"strings"
	"testing"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// Custom fields are those of the posts asked for, whether they are read as a range, as a list or after a look at their sizes.
func TestMetaOfOwners(t *testing.T) {
	onBlank(t, func(t *testing.T, s *Site) {
		for _, owner := range []string{"9001", "9002", "9003", "9900"} {
			do(t, s, "INSERT INTO {postmeta} (post_id, meta_key, meta_value) VALUES (?, 'short', ?), (?, 'none', NULL)", owner, "of "+owner, owner)
		}
		for name, ids := range map[string][]int64{"range": {9001, 9003}, "list": {9001, 9900}} {
			meta, sizes, ok, err := s.usualMeta(t.Context(), s.db, postMeta, ids)
			if err != nil || !ok || len(meta) != 2 || len(meta[9001]) != 2 || meta[ids[1]].get("short") != "of "+itoa(ids[1]) {
				t.Errorf("%s: %v, %v, %v", name, meta, ok, err)
			}
			if want := int64(len("of 9001") + 2*metaRowCost); sizes[9001] != want {
				t.Errorf("%s: size %d, want %d", name, sizes[9001], want)
			}
		}
		long := strings.Repeat("ä", smallMeta)
		do(t, s, "INSERT INTO {postmeta} (post_id, meta_key, meta_value) VALUES (9003, 'long', ?)", long)
		if _, _, ok, err := s.usualMeta(t.Context(), s.db, postMeta, []int64{9001, 9003}); ok || err != nil {
			t.Errorf("a long value passes for a small one: %v", err)
		}
		do(t, s, "UPDATE {postmeta} SET meta_value = ? WHERE post_id = 9002 AND meta_key = 'none'", strings.Repeat("x", rowMax+1))
		if between, err := s.sizedMeta(t.Context(), s.db, postMeta, []int64{9001, 9002, 9003}); err != nil || between[9002].get("none") != "" || between[9003].get("long") != long {
			t.Errorf("what lies between the others was read, %v", err)
		}
		if own, err := s.loadMeta(t.Context(), s.db, postMeta, []int64{9002}); err != nil || len(own[9002].get("none")) != rowMax+1 {
			t.Errorf("what is too large is not told, %v", err)
		}
		posts, err := s.addPostMeta(t.Context(), s.db, []*post{{id: 9001}, {id: 9003}})
		if err != nil || len(posts) != 2 || posts[1].meta.get("long") != long || posts[0].meta.get("short") != "of 9001" {
			t.Errorf("%d posts, %v", len(posts), err)
		}
	})
}

// A value that PHP would make objects of is stored as the text of it.
func TestObjectsAreStoredAsText(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`O:7:"Gadgets":0:{}`: `s:18:"O:7:"Gadgets":0:{}";`, `a:1:{i:0;O:7:"Gadgets":0:{}}`: `s:28:"a:1:{i:0;O:7:"Gadgets":0:{}}";`, `O:8:"stdClass":0:{}`: `O:8:"stdClass":0:{}`,
	} {
		got, code := stored(&recordv1.Field{Encoding: "php", Raw: []byte(raw)})
		if got != want || (code == "objects_as_text") != (got != raw) {
			t.Errorf("%s is stored as %v, %q", raw, got, code)
		}
	}
}
