package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/url"
	"slices"

	"github.com/spf13/cobra"

	"github.com/baileybridge/bailey/orchestrator/internal/crawl"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/pipeline"
)

func newCrawl(env *Env) *cobra.Command {
	var f movesFlags
	var before, after string
	var perSecond float64
	var workers int
	var all bool
	c := &cobra.Command{
		Use:   "crawl [ID] --new URL [--old URL]",
		Short: "Ask the new site for every address that the old one had, and name what visitors would miss",
		Long: `Ask the new site over HTTP for every address that the old one had (of a finished migration, default: the newest), follow where
it leads, and write a line of JSON per address that is not well: status, hops, title, canonical address, and what is wrong. With
--old the old site is asked too, and titles are compared. Only the hosts named are asked; what leads elsewhere is told.

Exit codes: 0 every address leads where it should; 1 failed or stopped; 2 usage; 4 some do not; 5 an agent cannot be reached.`,
		Args: maxArgs(1),
	}
	f.add(c)
	c.Flags().StringVar(&after, "new", "", "root of the new site, e.g. https://www.example.org")
	c.Flags().StringVar(&before, "old", "", "root of the old site, to compare titles with")
	c.Flags().Float64Var(&perSecond, "rate", 5, "addresses asked for in a second, at most 100")
	c.Flags().IntVar(&workers, "workers", 4, "addresses asked for side by side, 1 to 16")
	c.Flags().BoolVar(&all, "all", false, "a line for what is well too")
	c.RunE = with(env, func(c *cobra.Command, args []string, s *Services) error {
		crawler := &crawl.Crawler{PerSecond: perSecond, Workers: workers}
		if err := errors.Join(siteAt(&crawler.New, "--new", after), siteAt(&crawler.Old, "--old", before)); err != nil {
			return usage(c, err)
		}
		if crawler.New == nil || workers < 1 || workers > 16 || perSecond <= 0 || perSecond > 100 {
			return usage(c, errors.New("--new is needed, --workers must be 1 to 16, and --rate above 0 and at most 100"))
		}
		found := map[string]int{}
		err := f.walk(c, env, s, args, func(w io.Writer, moves iter.Seq2[pipeline.Move, error]) error {
			lines := json.NewEncoder(w)
			lines.SetEscapeHTML(false)
			return crawler.Crawl(c.Context(), moves, func(a *crawl.Answer) error {
				found[a.Problem]++
				if a.Problem == "" && !all {
					return nil
				}
				return lines.Encode(a)
			})
		})
		if err != nil {
			return err
		}
		return tellCrawl(env.Err, found)
	})
	return c
}

func siteAt(u **url.URL, flag, base string) error {
	if base == "" {
		return nil
	}
	if err := checkBase(flag, base); err != nil {
		return err
	}
	var err error
	*u, err = url.Parse(base)
	return err
}

func tellCrawl(w io.Writer, found map[string]int) error {
	total, lost := 0, 0
	for problem, n := range found {
		total += n
		if (&crawl.Answer{Problem: problem}).Lost() {
			lost += n
		}
	}
	_, _ = fmt.Fprintf(w, "%d addresses asked for, %d well.", total, found[""])
	for _, p := range slices.Sorted(maps.Keys(found)) {
		if p != "" {
			_, _ = fmt.Fprintf(w, " %s: %d.", p, found[p])
		}
	}
	_, _ = fmt.Fprintln(w)
	if lost > 0 {
		return exit(migration.ExitDifferent)
	}
	return nil
}
