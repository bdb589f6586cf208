// Package cli is the command line of bailey: a file per command.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/spf13/cobra"

	"github.com/baileybridge/bailey/orchestrator/internal/attest"
	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
)

// Services are what commands work with.
type Services struct {
	Store   store.Store
	Manager *engine.Manager
	// Key gives the key that signs reports; it is made at first use.
	Key func() (*attest.Key, error)
	// DataDir holds the keys, and the store as well unless that is Shared.
	DataDir string
	// Shared: the store is in a database that was named with --store.
	Shared bool
	// HasKey says whether there is a key that opens kept links.
	HasKey func() bool
	Close  func() error
}

// Env is the world around the command line; tests replace it.
type Env struct {
	Out, Err io.Writer
	// In brings answers to questions that are asked on a terminal.
	In io.Reader
	// Terminal says that Err is a terminal: progress is shown as bars.
	Terminal bool
	// Colour says that Out is a terminal that wants colours.
	Colour bool
	// Signals brings Ctrl-C.
	Signals <-chan os.Signal
	// Open opens the services in a data directory, with the store at a URL; empty: the default directory, a store in it.
	Open func(ctx context.Context, dataDir, storeURL string) (*Services, error)
	// Version of the program.
	Version string
}

// Run runs a command line and gives the exit code.
func Run(ctx context.Context, env Env, args []string) int {
	root := newRoot(&env)
	root.SetArgs(args)
	root.SetOut(env.Out)
	root.SetErr(env.Err)
	err := root.ExecuteContext(ctx)
	var quiet exit
	if errors.As(err, &quiet) {
		return int(quiet)
	}
	if err != nil {
		printError(env.Err, err)
	}
	return migration.ExitOf(err)
}

// exit ends a command with a code after everything has been said.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

func printError(w io.Writer, err error) {
	var e *migration.Error
	if !errors.As(err, &e) {
		_, _ = fmt.Fprintf(w, "bailey: %v\n", err)
		return
	}
	_, _ = fmt.Fprintf(w, "bailey: %s (%s)\n", e.Cause, e.Code)
	if e.Fix != "" {
		_, _ = fmt.Fprintf(w, "  %s\n", e.Fix)
	}
}

func newRoot(env *Env) *cobra.Command {
	root := &cobra.Command{
		Use:           "bailey",
		Short:         "Move a site from one content system to another",
		Long:          "Bailey moves a site from one content system to another, accounts for every record, and proves it.\n\nStart bailey-agent beside each of the two sites; each prints a link.",
		SilenceErrors: true, SilenceUsage: true,
	}
	root.PersistentFlags().String("data", "", "folder for state (default: bailey in the XDG data directory)")
	root.PersistentFlags().String("store", "", "database for state that several machines share: postgres://… (default: a file in the data folder)")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return usage(c, err) })
	root.AddCommand(newPlan(env), newMap(env), newMigrate(env), newSync(env), newCutover(env), newRollback(env), newPause(env), newResume(env), newCancel(env), newThrottle(env), newRetry(env), newStatus(env), newReport(env), newVerify(env), newRedirects(env), newCrawl(env), newKey(env),
		newLogs(env), newServe(env), newWorker(env), newVersion(env))
	root.RunE = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return usage(c, fmt.Errorf("there is no command %q", args[0]))
		}
		return c.Help()
	}
	root.Args = cobra.ArbitraryArgs
	return root
}

func usage(c *cobra.Command, err error) error {
	return migration.Usage("usage", err.Error(), "See: "+c.CommandPath()+" --help")
}

// maxArgs is cobra.MaximumNArgs with our exit code.
func maxArgs(n int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > n {
			return usage(c, fmt.Errorf("at most %d argument is taken", n))
		}
		return nil
	}
}

// with opens the services for a command and closes them behind it.
func with(env *Env, run func(c *cobra.Command, args []string, s *Services) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		dir, err := c.Flags().GetString("data")
		if err != nil {
			return err
		}
		url, err := c.Flags().GetString("store")
		if err != nil {
			return err
		}
		s, err := env.Open(c.Context(), dir, url)
		if err != nil {
			return err
		}
		err = run(c, args, s)
		if cerr := s.Close(); err == nil {
			err = cerr
		}
		return err
	}
}

// interruptible ends the context at Ctrl-C, until release is called.
func interruptible(ctx context.Context, env *Env) (_ context.Context, release func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	var waiting sync.WaitGroup
	waiting.Go(func() {
		select {
		case <-env.Signals:
			cancel(errInterrupted)
		case <-done:
		}
	})
	return ctx, func() {
		close(done)
		waiting.Wait()
		cancel(nil)
	}
}

var errInterrupted = &migration.Error{Problem: migration.Problem{Code: "interrupted", Cause: "interrupted; nothing was begun"}, Exit: migration.ExitFailed}

// interrupted prefers Ctrl-C to what it looked like from inside.
func interrupted(ctx context.Context, err error) error {
	if err != nil && errors.Is(context.Cause(ctx), errInterrupted) {
		return errInterrupted
	}
	return err
}

// latest gives the id named in args, or that of the newest migration.
func latest(ctx context.Context, s *Services, args []string) (string, error) {
	if len(args) > 0 {
		if _, err := s.Store.Migration(ctx, args[0]); err != nil {
			return "", unknown(err)
		}
		return args[0], nil
	}
	all, err := s.Store.List(ctx, 1)
	if err != nil {
		return "", err
	}
	if len(all) == 0 {
		return "", unknown(store.ErrNotFound)
	}
	return all[0].ID, nil
}

func unknown(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return migration.Usage("migration_unknown", "there is no such migration in this store", "List the migrations with: bailey status. Are --data and --store the same as before?")
	}
	return err
}
