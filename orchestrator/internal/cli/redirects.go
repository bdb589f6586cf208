package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/pipeline"
	"github.com/baileybridge/bailey/orchestrator/internal/redirects"
)

// movesFlags are those of commands that walk a finished migration's addresses.
type movesFlags struct {
	source, target string
	out            string
	kinds          []string
}

func (f *movesFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.source, "source", "", "link of the source's agent, when it is another than before")
	c.Flags().StringVar(&f.target, "target", "", "link of the target's agent, when it is another than before")
	c.Flags().StringSliceVar(&f.kinds, "kinds", nil, "only the addresses of these kinds, e.g. entry,term,media")
	c.Flags().StringVar(&f.out, "out", "", "file to write (default: the terminal)")
}

// walk gives the addresses of a migration to do, which writes to the file named or to the terminal.
func (f *movesFlags) walk(c *cobra.Command, env *Env, s *Services, args []string, do func(io.Writer, iter.Seq2[pipeline.Move, error]) error) error {
	if err := checkKinds(f.kinds); err != nil {
		return usage(c, err)
	}
	id, err := latest(c.Context(), s, args)
	if err != nil {
		return err
	}
	ctx, release := interruptible(c.Context(), env)
	defer release()
	moves, done, err := s.Manager.Moves(ctx, id, engine.Request{Source: fromAnywhere(f.source), Target: fromAnywhere(f.target)})
	if err != nil {
		return interrupted(ctx, err)
	}
	moves = f.only(moves)
	// A web server that may not read its rules refuses every page, so the file is for all to read.
	if f.out == "" {
		err = do(env.Out, moves)
	} else {
		err = writeFile(env, f.out, 0o644, func(w io.Writer) error { return do(w, moves) })
	}
	return errors.Join(interrupted(ctx, err), done())
}

func (f *movesFlags) only(moves iter.Seq2[pipeline.Move, error]) iter.Seq2[pipeline.Move, error] {
	if len(f.kinds) == 0 {
		return moves
	}
	return func(yield func(pipeline.Move, error) bool) {
		for m, err := range moves {
			if (err != nil || slices.Contains(f.kinds, record.KindName(m.Ref.Kind))) && !yield(m, err) {
				return
			}
		}
	}
}

func newRedirects(env *Env) *cobra.Command {
	var f movesFlags
	var format, base string
	var into bool
	c := &cobra.Command{
		Use:   "redirects [ID]",
		Short: "Write where the old site's addresses lead now, for a web server or host (default: of the newest migration)",
		Long: `Ask both sites for the addresses of every record of a finished migration, and write the map from the old ones to the new.

Formats: csv and json (a line per address, those that need no redirect too, with a remark), htaccess (Apache 2.4), nginx (two maps;
the file's head says how), netlify (_redirects), ghost (redirects.yaml). An address that is the same on the target, that the target
has nothing for, or where something else answers there, gets no redirect: how many there are is told, csv and json name them.

With --into-target they become rows of the target's own table of redirects (Joomla, the Drupal
module Redirect, the WordPress plugin Redirection, weblinks of MODX, folders) or lines of Ghost's
redirects.yaml; a rollback of the migration takes them back. Written again, what is there stays as it is.`,
		Args: maxArgs(1),
	}
	f.add(c)
	c.Flags().StringVar(&format, "format", "csv", "one of "+strings.Join(redirects.Formats(), ", "))
	c.Flags().StringVar(&base, "base", "", "what goes before the new addresses when the new site is on another host, e.g. https://www.example.org")
	c.Flags().BoolVar(&into, "into-target", false, "write them into the target's own table of redirects, not into a file")
	c.RunE = with(env, func(c *cobra.Command, args []string, s *Services) error {
		if into {
			return f.intoTarget(c, env, s, args)
		}
		if !slices.Contains(redirects.Formats(), format) {
			return usage(c, fmt.Errorf("--format: there is no %q; there are %s", format, strings.Join(redirects.Formats(), ", ")))
		}
		if err := checkBase("--base", base); base != "" && err != nil {
			return usage(c, err)
		}
		return f.walk(c, env, s, args, func(w io.Writer, moves iter.Seq2[pipeline.Move, error]) error {
			sum, err := redirects.Write(w, format, strings.TrimSuffix(base, "/"), moves)
			if err == nil {
				tellRedirects(env.Err, sum)
			}
			return err
		})
	})
	return c
}

// intoTarget writes the redirects as rows of the target.
func (f *movesFlags) intoTarget(c *cobra.Command, env *Env, s *Services, args []string) error {
	if err := checkKinds(f.kinds); err != nil || f.out != "" {
		return usage(c, cmp.Or(err, errors.New("--out is for files, not for --into-target")))
	}
	id, err := latest(c.Context(), s, args)
	if err != nil {
		return err
	}
	ctx, release := interruptible(c.Context(), env)
	defer release()
	var sum redirects.Summary
	counts, err := s.Manager.Redirect(ctx, id, engine.Request{Source: fromAnywhere(f.source), Target: fromAnywhere(f.target)},
		func(moves iter.Seq2[pipeline.Move, error]) (rows iter.Seq2[pipeline.Move, error], err error) {
			rows, sum, err = redirects.Rows(f.only(moves))
			return rows, err
		})
	if err != nil {
		return interrupted(ctx, err)
	}
	tellRedirects(env.Err, sum)
	_, _ = fmt.Fprintf(env.Err, "%d rows are there, %d are not held.\n", counts.Created+counts.Updated+counts.Unchanged+counts.Adopted, counts.Skipped+counts.Rejected)
	if counts.Skipped+counts.Rejected > 0 {
		return exit(migration.ExitRejected)
	}
	return nil
}

func checkBase(flag, base string) error {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.User != nil {
		return fmt.Errorf("%s must be an address like https://www.example.org", flag)
	}
	return nil
}

// remarks in the order in which they are told.
var redirectRemarks = []struct{ remark, text string }{
	{redirects.Same, "are the same on the target"}, {redirects.Missing, "have nothing on the target"},
	{redirects.Taken, "are answered by something else there"}, {redirects.Twice, "belong to two records; the first has them"},
	{redirects.Unfit, "cannot be said in this format"},
}

func tellRedirects(w io.Writer, sum redirects.Summary) {
	_, _ = fmt.Fprintf(w, "%d redirects.", sum.Written())
	for _, r := range redirectRemarks {
		if n := sum[r.remark]; n > 0 {
			_, _ = fmt.Fprintf(w, " %d addresses %s.", n, r.text)
		}
	}
	_, _ = fmt.Fprintln(w)
}
