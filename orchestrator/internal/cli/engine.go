package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/baileybridge/bailey/orchestrator/internal/engine/temporal"
)

// Names of engines.
const (
	embeddedEngine = "embedded"
	temporalEngine = "temporal"
)

// temporalFlags say where Temporal is.
type temporalFlags struct{ temporal.Options }

func (f *temporalFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.Address, "temporal", "", "HOST:PORT of Temporal")
	c.Flags().BoolVar(&f.TLS.On, "temporal-tls", false, "secure the connection to Temporal with TLS, by the certificate authorities of the system; the other --temporal flags for TLS do so too")
	c.Flags().StringVar(&f.TLS.CA, "temporal-ca", "", "file of the certificate authority (PEM) that Temporal's certificate is to be signed by")
	c.Flags().StringVar(&f.TLS.Cert, "temporal-cert", "", "file of the certificate (PEM) that this process shows to Temporal; with --temporal-key")
	c.Flags().StringVar(&f.TLS.Key, "temporal-key", "", "file of the key (PEM) of that certificate")
	c.Flags().StringVar(&f.TLS.ServerName, "temporal-server-name", "", "name in Temporal's certificate, when it is another than the host of --temporal")
	c.Flags().StringVar(&f.Namespace, "namespace", temporal.DefaultNamespace, "namespace in Temporal; each store needs its own")
}

// engineFlags say who works on migrations.
type engineFlags struct {
	temporalFlags
	name string
}

func (f *engineFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.name, "engine", embeddedEngine, "who works on migrations: embedded (this process) or temporal (processes started with bailey worker, whose --workers and --stall-after count)")
	f.temporalFlags.add(c)
}

// withEngine opens the services with the engine that the flags name.
func withEngine(env *Env, f *engineFlags, run func(c *cobra.Command, args []string, s *Services) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		if err := f.check(); err != nil {
			return usage(c, err)
		}
		return with(env, func(c *cobra.Command, args []string, s *Services) error {
			if f.name == temporalEngine {
				f.Log = s.Manager.Log("")
				client, err := temporal.Dial(c.Context(), f.Options)
				if err != nil {
					return err
				}
				defer client.Close()
				s.Manager.Engine = client
			}
			return run(c, args, s)
		})(c, args)
	}
}

func (f *engineFlags) check() error {
	switch {
	case f.name != embeddedEngine && f.name != temporalEngine:
		return fmt.Errorf("there is no engine %q", f.name)
	case (f.name == temporalEngine) != (f.Address != ""):
		return fmt.Errorf("--engine temporal and --temporal HOST:PORT belong together")
	}
	return nil
}
