package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/mapping"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// mapFlag names the owner's mapping.
type mapFlag struct{ file string }

func (f *mapFlag) add(c *cobra.Command) {
	c.Flags().StringVar(&f.file, "map", "", "mapping file (bailey map init); default: the one that the migration has")
}

// set reads the mapping into a request.
func (f *mapFlag) set(r *engine.Request) (err error) {
	if f.file != "" {
		r.Mapping, err = readMapping(f.file)
	}
	return err
}

// maxMapping is the longest mapping file read, in bytes; the parser refuses far shorter ones with a place.
const maxMapping = 16 << 20

func readMapping(name string) (*mapping.Mapping, error) {
	m, err := parseMapping(name)
	return m, mapping.Problem(err)
}

func parseMapping(name string) (*mapping.Mapping, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, migration.Usage("mapping_unreadable", fmt.Sprintf("the mapping %s cannot be read: %v", name, unwrapPath(err)), "Look at its name and permissions.")
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxMapping))
	if err != nil {
		return nil, err
	}
	return mapping.Parse(name, text)
}

// unwrapPath is what went wrong without the path, which the message has already.
func unwrapPath(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

func newMap(env *Env) *cobra.Command {
	c := &cobra.Command{Use: "map", Short: "Say yourself what becomes of types, fields, authors and the rest"}
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return usage(c, fmt.Errorf("there is no command %q", args[0]))
		}
		return c.Help()
	}
	c.Args = cobra.ArbitraryArgs
	c.AddCommand(newMapInit(env), newMapCheck(env))
	return c
}

func newMapInit(env *Env) *cobra.Command {
	var f selectFlags
	var out string
	c := &cobra.Command{
		Use: "init --source LINK --target LINK [--out FILE]", Short: "Write a mapping file with every name of the source, explained in place", Args: maxArgs(0),
		Long: `Read the source, plan, and write a mapping file (YAML): every type, status, taxonomy, role, custom field, author, category, shortcode and
the like with what becomes of it. As it is written it changes nothing. It holds names of the site: keep it where others cannot read it.`,
	}
	f.add(c)
	c.Flags().StringVar(&out, "out", "", "file to write; one that is there is not overwritten (default: standard output)")
	c.RunE = with(env, func(c *cobra.Command, _ []string, s *Services) error {
		r, err := f.request(c, "")
		if err != nil {
			return err
		}
		ctx, release := interruptible(c.Context(), env)
		defer release()
		census, source, target, err := s.Manager.Census(ctx, r)
		if err != nil {
			return interrupted(ctx, err)
		}
		plan, err := s.Manager.Plan(ctx, r)
		if err != nil {
			return interrupted(ctx, err)
		}
		census.Foresee(plan.Losses)
		return writeMapping(env, out, mapping.Init(census, source, target))
	})
	return c
}

func writeMapping(env *Env, name string, text []byte) error {
	if name == "" {
		_, err := env.Out.Write(text)
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return migration.Usage("mapping_not_written", fmt.Sprintf("%s cannot be written: %v", name, unwrapPath(err)), "Give --out another name; what is there is not overwritten.")
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err == nil {
		_, _ = fmt.Fprintf(env.Err, "Written to %s. It changes nothing until you edit it; then: bailey map check %s\n", name, name)
	}
	return err
}

func newMapCheck(env *Env) *cobra.Command {
	var f selectFlags
	c := &cobra.Command{
		Use: "check FILE [--source LINK --target LINK]", Short: "Say what is wrong in a mapping file, with line and column", Args: oneFile,
		Long: `Check a mapping file. With the links of both sites its names are held against what the source has, and custom fields that have no
place on the target are named.

Exit codes: 0 right, maybe with warnings; 2 mistakes; 5 an agent cannot be reached.`,
	}
	f.add(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		m, err := parseMapping(args[0])
		var faults mapping.Faults
		if errors.As(err, &faults) {
			return tellFaults(env, faults)
		}
		if err != nil {
			return err
		}
		if f.source == "" && f.target == "" {
			_, _ = fmt.Fprintf(env.Out, "%s is right. Its names were not compared with the sites: give --source and --target.\n", args[0])
			return nil
		}
		return with(env, func(c *cobra.Command, _ []string, s *Services) error { return f.checkSites(c, env, s, m) })(c, nil)
	}
	return c
}

// checkSites holds the mapping against both sites.
func (f *selectFlags) checkSites(c *cobra.Command, env *Env, s *Services, m *mapping.Mapping) error {
	r, err := f.request(c, "")
	if err != nil {
		return err
	}
	ctx, release := interruptible(c.Context(), env)
	defer release()
	faults, err := checkMapping(ctx, s.Manager, r, m)
	if err != nil {
		return interrupted(ctx, err)
	}
	return tellFaults(env, faults)
}

func checkMapping(ctx context.Context, manager *engine.Manager, r engine.Request, m *mapping.Mapping) (mapping.Faults, error) {
	census, _, target, err := manager.Census(ctx, r)
	if err != nil {
		return nil, err
	}
	return m.Check(census, target), nil
}

// tellFaults lists what was found; mistakes end the command with the code of a usage error.
func tellFaults(env *Env, faults mapping.Faults) error {
	mistakes := 0
	for _, one := range faults {
		if !one.Warning {
			mistakes++
		}
		_, _ = fmt.Fprintln(env.Out, one)
	}
	switch {
	case mistakes > 0:
		_, _ = fmt.Fprintf(env.Err, "%d mistakes\n", mistakes)
		return exit(migration.ExitUsage)
	case len(faults) == 0:
		_, _ = fmt.Fprintln(env.Out, "The mapping is right for these sites.")
	}
	return nil
}
