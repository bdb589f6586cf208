package wordpress

import (
	"maps"
	"testing"
)

// Parents are found on the same page of comments, on other pages close to it or far away, and missed where they are gone.
func TestThreads(t *testing.T) {
	onBlank(t, func(t *testing.T, s *Site) {
		for _, id := range []int64{8001, 8002, 8003, 8500} {
			do(t, s, "INSERT INTO {comments} (comment_ID, comment_post_ID, comment_author, comment_content) VALUES (?, 1, '', '')", id)
		}
		r := &reader{s: s, q: s.db}
		for name, parents := range map[string]map[int64]bool{
			"none": {0: false}, "same page": {9001: true}, "near": {8001: true, 8003: true, 8004: false}, "far": {8002: true, 8500: true, 8499: false}, "gone": {7000: false},
		} {
			page, got := []*comment{{id: 9001}}, map[int64]bool{}
			for parent := range parents {
				page = append(page, &comment{id: 9002, parent: parent})
			}
			if err := r.thread(t.Context(), page, set{seen: map[int64]bool{9001: true, 9002: true}}); err != nil {
				t.Fatal(err)
			}
			for _, c := range page[1:] {
				got[c.parent] = c.threaded
			}
			if !maps.Equal(got, parents) {
				t.Errorf("%s: %v, want %v", name, got, parents)
			}
		}
	})
}
