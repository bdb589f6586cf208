package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/baileybridge/bailey/orchestrator/internal/api"
)

func newServe(env *Env) *cobra.Command {
	var listen string
	var hosts []string
	var f engineFlags
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve the control API on this machine",
		Long:  "Serve the control API (bailey.control.v1, gRPC) on the loopback interface. Address and token are written to control.json in the data folder.\n\nWith --engine temporal the migrations are worked on by bailey worker, and go on when this process ends.",
		Args:  maxArgs(0),
	}
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:0", "loopback address to listen on")
	c.Flags().StringSliceVar(&hosts, "fetch-host", nil, "host that callers may have files and pages fetched from, e.g. example.org, files.example.org:8443, *.example.org or * (default: none)")
	f.add(c)
	c.RunE = withEngine(env, &f, func(c *cobra.Command, _ []string, s *Services) error {
		// An empty list, unlike none, allows nothing.
		s.Manager.FetchOnly = append([]string{}, hosts...)
		ctx, cancel := context.WithCancel(c.Context())
		defer cancel()
		go func() {
			select {
			case <-env.Signals:
				cancel()
			case <-ctx.Done():
			}
		}()
		return api.Serve(ctx, api.Options{
			Manager: s.Manager, Store: s.Store, DataDir: s.DataDir, Listen: listen,
			Ready: func(address string) { _, _ = fmt.Fprintf(env.Out, "listening on %s\n", address) },
		})
	})
	return c
}
