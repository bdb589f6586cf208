package testbed_test

import (
	"net"
	"testing"

	"github.com/baileybridge/bailey/deploy/testbed"
)

func TestTemporalServesAndStops(t *testing.T) {
	t.Parallel()
	s, err := testbed.StartTemporal()
	if err != nil {
		t.Fatalf("%v (run `make deps`)", err)
	}
	s.Stop()
	if c, err := net.Dial("tcp", s.Address); err == nil {
		_ = c.Close()
		t.Error("it still answers")
	}
}
