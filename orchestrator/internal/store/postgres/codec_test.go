package postgres

import (
	"bytes"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// ids are numbers, texts that look like numbers, and any others.
var ids = rapid.OneOf(rapid.StringMatching(`[0-9]{0,22}`), rapid.String())

func TestPacksGiveBackWhatTheyHold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		kind := recordv1.Kind(rapid.IntRange(0, formed-1).Draw(t, "kind"))
		known := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) remembered {
			return remembered{kind: kind, id: ids.Draw(t, "id"), digest: rapid.Int64().Draw(t, "digest"), seen: rapid.Int64Range(0, 1<<40).Draw(t, "seen"), due: rapid.Bool().Draw(t, "due")}
		}), 1, -1).Draw(t, "known")
		if got, err := decode(encode(known), decodeRemembered); err != nil || !reflect.DeepEqual(got, known) {
			t.Fatalf("%+v became %+v, %v", known, got, err)
		}
		links := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) address {
			return address{migration.Link{Hash: rapid.Int64().Draw(t, "hash"), Kind: kind, SourceID: ids.Draw(t, "id"), Form: rapid.String().Draw(t, "form")}}
		}), 1, -1).Draw(t, "links")
		if got, err := decode(encode(links), decodeAddress); err != nil || !reflect.DeepEqual(got, links) {
			t.Fatalf("%+v became %+v, %v", links, got, err)
		}
	})
}

// FuzzPack: whatever the database gives, a pack is refused or is what would be written again.
func FuzzPack(f *testing.F) {
	f.Add(encode([]remembered{{kind: 5, id: "12", digest: -1, seen: 3, due: true}, {kind: 5, id: "b3f1"}}))
	f.Add(encode([]address{{migration.Link{Hash: 1, Kind: 5, SourceID: "7", Form: "thumb"}}}))
	f.Add(bytes.Repeat([]byte{0xff}, 20))
	f.Fuzz(func(t *testing.T, data []byte) {
		if all, err := decode(data, decodeRemembered); err == nil {
			if again, err := decode(encode(all), decodeRemembered); err != nil || !reflect.DeepEqual(again, all) {
				t.Errorf("%+v became %+v, %v", all, again, err)
			}
		}
		if all, err := decode(data, decodeAddress); err == nil {
			if again, err := decode(encode(all), decodeAddress); err != nil || !reflect.DeepEqual(again, all) {
				t.Errorf("%+v became %+v, %v", all, again, err)
			}
		}
	})
}
