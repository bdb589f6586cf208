package wordpress

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestLatelyHoldsWhatWasAdded: what is found is what was added last under that id, however often slots and names go round.
func TestLatelyHoldsWhatWasAdded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var l lately
		last := map[int64]post{}
		for i := range rapid.IntRange(1, 60).Draw(t, "rounds") {
			var page []post
			for k := range 400 {
				p := post{id: rapid.Int64Range(1, 3*latelySlots).Draw(t, "id"), author: int64(k), status: "publish", kind: []string{"post", "page"}[k%2],
					date: time.Unix(int64(i*1000+k), 0).UTC().Format(time.DateTime), name: strings.Repeat(string(rune('a'+k%26)), 1+k%200)}
				page, last[p.id] = append(page, p), p
			}
			l.add(page)
		}
		ids := make([]int64, 0, len(last))
		for id := range last {
			ids = append(ids, id)
		}
		found, missing := l.find(ids)
		if len(found)+len(missing) != len(ids) || len(found) == 0 {
			t.Fatalf("%d found, %d missing of %d", len(found), len(missing), len(ids))
		}
		for _, p := range found {
			if fmt.Sprint(*p) != fmt.Sprint(last[p.id]) {
				t.Fatalf("found %+v, added %+v", *p, last[p.id])
			}
		}
	})
}

func TestLatelyLeavesOutWhatItCannotHold(t *testing.T) {
	t.Parallel()
	good := post{id: 7, author: 1, date: "2024-02-29 12:00:00", status: "publish", name: "a", kind: "post"}
	odd := []post{good, good, good}
	odd[0].id, odd[0].date = 8, "0000-00-00 00:00:00"
	odd[1].id, odd[1].name = 9, strings.Repeat("n", 256)
	odd[2].id, odd[2].author = 10, 1<<40
	var l lately
	l.add(append(odd, good))
	found, missing := l.find([]int64{7, 8, 9, 10, 0, -1, 7 + latelySlots})
	if len(found) != 1 || found[0].id != 7 || len(missing) != 6 {
		t.Fatalf("found %v, missing %v", found, missing)
	}
	if l.forget(); len(l.slots) != 0 {
		t.Fatal("not forgotten")
	}
	if found, _ := l.find([]int64{7}); len(found) != 0 {
		t.Fatal("found what was forgotten")
	}
}
