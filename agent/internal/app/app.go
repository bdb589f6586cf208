// Package app is the agent's command line.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/all"
	"github.com/baileybridge/bailey/proto/link"
)

// Version of the agent; the build sets it.
var Version = "0.1.0-dev"

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// usageError is a wrong command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// Run runs the command line until it is done or ctx ends, and gives the exit code. Nothing but results goes to stdout.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return run(ctx, all.Drivers(), args, stdout, stderr)
}

func run(ctx context.Context, drivers []cms.Driver, args []string, stdout, stderr io.Writer) int {
	root := &cobra.Command{
		Use: "bailey-agent", Short: "Gives a migration access to one site", SilenceUsage: true, SilenceErrors: true,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return usage("say what to do: detect, serve or version; --help tells more")
		},
	}
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(detectCommand(drivers), serveCommand(drivers), versionCommand())
	for _, c := range root.Commands() {
		c.Args = usageArgs(c.Args)
	}
	root.Args = usageArgs(root.Args)
	return report(root.ExecuteContext(ctx), stderr)
}

func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return usageError{err}
		}
		return nil
	}
}

// report prints cause, code and fix as bailey does.
func report(err error, stderr io.Writer) int {
	var wrong usageError
	var known *link.Error
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &wrong):
		_, _ = fmt.Fprintf(stderr, "bailey-agent: %v (usage)\n  See: bailey-agent --help\n", err)
		return exitUsage
	case errors.As(err, &known):
		_, _ = fmt.Fprintf(stderr, "bailey-agent: %s (%s)\n  %s\n", known.Cause, known.Code, known.Advice())
	default:
		_, _ = fmt.Fprintf(stderr, "bailey-agent: %v\n", err)
	}
	return exitFailed
}

func versionCommand() *cobra.Command {
	return &cobra.Command{Use: "version", Short: "Print the version", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		_, err := fmt.Fprintln(c.OutOrStdout(), "bailey-agent", Version)
		return err
	}}
}
