package ledger

import (
	"maps"
	"testing"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

func (k *known) ask(site int64, kind recordv1.Kind, id string) string {
	key, found := record.Key{Kind: kind, ID: id}, map[record.Key]string{}
	k.find(site, false, map[record.Key]struct{}{key: {}}, found)
	return found[key]
}

func TestKnownTargets(t *testing.T) {
	t.Parallel()
	const entry, term = recordv1.Kind_KIND_ENTRY, recordv1.Kind_KIND_TERM
	k, of := newKnown(), herdKey{site: 1, kind: entry}
	k.learn(k.now(), of, maps.All(map[string]string{"12": "34", "007": "1", "+8": "2", "a": "3", "9": "b", "0": "4", "-5": "6", "4294967308": "1"}))
	for id, want := range map[string]string{"12": "34", "007": "", "7": "", "+8": "", "8": "", "a": "", "9": "", "0": "", "-5": "", "13": "", "4294967308": ""} {
		if got := k.ask(1, entry, id); got != want {
			t.Errorf("%s became %q, want %q", id, got, want)
		}
	}
	if k.ask(2, entry, "12") != "" || k.ask(1, term, "12") != "" {
		t.Error("another site or kind has the target")
	}
	k.learn(k.now(), of, maps.All(map[string]string{"65548": "35"}))
	if k.ask(1, entry, "12") != "" || k.ask(1, entry, "65548") != "35" {
		t.Error("a record is taken for the one that had its place before")
	}
	k.learn(k.now(), herdKey{1, entry, true}, maps.All(map[string]string{"34": "12"}))
	if k.ask(1, entry, "34") != "" {
		t.Error("a target's id is taken for a source's")
	}
	read := k.now()
	k.forget()
	k.learn(read, of, maps.All(map[string]string{"65548": "35"}))
	if k.ask(1, entry, "65548") != "" {
		t.Error("what was read before something changed is remembered")
	}
}
