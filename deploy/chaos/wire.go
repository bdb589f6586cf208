package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// wire is a link between two processes that can be disturbed.
type wire struct {
	name string
	// to is the address that it leads to.
	to    string
	proxy *toxiproxy.Proxy
}

var toxi = toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())

// newWire listens on loopback and passes on to an address.
func newWire(name, to string) (*wire, error) {
	w := &wire{name: name, to: to, proxy: toxiproxy.NewProxy(toxi, name, "127.0.0.1:0", to)}
	return w, w.open()
}

// open lets connections be made. Another fault on the same link may have done so already.
func (w *wire) open() error {
	if err := w.proxy.Start(); !errors.Is(err, toxiproxy.ErrProxyAlreadyStarted) {
		return err
	}
	return nil
}

// from is the address that it is reached under.
func (w *wire) from() string { return w.proxy.Listen }

func (w *wire) close() { w.proxy.Stop() }

// cut breaks every connection and lets none be made for a time.
func (w *wire) cut(lasts time.Duration) error {
	w.proxy.Stop()
	time.Sleep(lasts)
	return w.open()
}

// poison puts toxics on both directions for a time.
func (w *wire) poison(lasts time.Duration, kind string, streams []string, attributes map[string]any) error {
	var names []string
	for _, s := range streams {
		name := kind + "_" + s
		b, err := json.Marshal(map[string]any{"name": name, "type": kind, "stream": s, "toxicity": 1, "attributes": attributes})
		if err != nil {
			return err
		}
		if _, err := w.proxy.Toxics.AddToxicJson(strings.NewReader(string(b))); err != nil {
			return fmt.Errorf("%s on %s: %w", kind, w.name, err)
		}
		names = append(names, name)
	}
	time.Sleep(lasts)
	for _, n := range names {
		if err := w.proxy.Toxics.RemoveToxic(context.Background(), n); err != nil {
			return fmt.Errorf("end %s on %s: %w", kind, w.name, err)
		}
	}
	return nil
}

var (
	both  = []string{"upstream", "downstream"}
	ways  = [][]string{both, both[:1], both[1:]}
	wired = []string{"cut", "reset", "stall", "lag", "slow", "truncate", "slice"}
)

// disturb does something to the wire for a time. Each of wired is one way.
func (w *wire) disturb(how string, lasts time.Duration, rnd *rand.Rand) error {
	streams := ways[rnd.IntN(len(ways))]
	switch how {
	case "cut":
		return w.cut(lasts)
	case "reset":
		return w.poison(min(lasts, 300*time.Millisecond), "reset_peer", both[:1], map[string]any{"timeout": 0})
	case "stall":
		// Nothing passes and nothing is said; when it ends, the connections do too.
		return w.poison(lasts, "timeout", streams, map[string]any{"timeout": 0})
	case "lag":
		return w.poison(lasts, "latency", streams, map[string]any{"latency": 20 + rnd.IntN(1500), "jitter": 10})
	case "slow":
		return w.poison(lasts, "bandwidth", streams, map[string]any{"rate": 4 + rnd.IntN(200)})
	case "truncate":
		return w.poison(lasts, "limit_data", streams[:1], map[string]any{"bytes": 1 + rnd.IntN(200_000)})
	case "slice":
		return w.poison(lasts, "slicer", streams, map[string]any{"average_size": 16 + rnd.IntN(512), "size_variation": 8, "delay": 20})
	}
	return fmt.Errorf("no disturbance %q", how)
}
