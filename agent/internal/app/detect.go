package app

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/proto/record"
)

func detectCommand(drivers []cms.Driver) *cobra.Command {
	return &cobra.Command{
		Use: "detect DIR", Short: "Say which site is in a folder and what would be exposed of it", Args: oneFolder,
		RunE: func(c *cobra.Command, args []string) error {
			return runDetect(c.Context(), drivers, args[0], c.OutOrStdout())
		},
	}
}

func oneFolder(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usage("name the folder of one site: bailey-agent detect DIR")
	}
	return nil
}

func runDetect(ctx context.Context, drivers []cms.Driver, dir string, out io.Writer) error {
	d, s, err := detect(drivers, dir)
	if err != nil {
		return err
	}
	var facts *cms.Facts
	site, openErr := open(ctx, d, s, false, func(site cms.Site) (err error) {
		facts, err = site.Probe(ctx, cms.Options{})
		return err
	})
	if openErr == nil {
		defer func() { _ = site.Close() }()
		if v, ok := d.(cms.Versioned); ok {
			d = v.Of(site)
		}
	} else {
		facts = &cms.Facts{Version: s.Version, BaseURL: s.BaseURL}
	}
	printSite(out, d, s, facts)
	if openErr != nil {
		return openErr
	}
	for _, k := range d.Describe().Kinds {
		if k.GetReadable() {
			line(out, record.KindName(k.GetKind()), fmt.Sprintf("%d", facts.Counts[k.GetKind()]))
		}
	}
	return nil
}

func printSite(out io.Writer, d cms.Driver, s *cms.Settings, facts *cms.Facts) {
	line(out, "platform", s.Platform)
	line(out, "version", facts.Version)
	line(out, "base url", facts.BaseURL)
	// String hides the password.
	line(out, "database", s.Database.String())
	line(out, "prefix", cmp.Or(s.Prefix, "(none)"))
	line(out, "files", s.Files)
	if p := d.Describe().Private; p != "" {
		line(out, "private", p)
	}
	line(out, "tested with", d.Describe().Title+" "+d.Describe().Versions)
}

func line(out io.Writer, key, value string) {
	if value == "" {
		value = "(unknown)"
	}
	_, _ = fmt.Fprintf(out, "%-12s %s\n", key, value)
}
