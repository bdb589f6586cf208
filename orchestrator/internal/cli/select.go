package cli

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/fetch"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// selectFlags are the flags that plan and migrate share.
type selectFlags struct {
	source, target string
	kinds          []string
	sample         uint32
	revisions      bool
	repair         bool
	classic        bool
	keep           bool
	fetch          bool
	hosts          []string
	workers        int
	json           bool
}

func (f *selectFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.source, "source", "", "link of the source's agent, or a file that holds it (LINK, @FILE or PATH)")
	c.Flags().StringVar(&f.target, "target", "", "link of the target's agent, or a file that holds it")
	c.Flags().StringSliceVar(&f.kinds, "kinds", nil, "kinds to move, e.g. user,term,media,entry (default: all)")
	c.Flags().Uint32Var(&f.sample, "sample", 0, "move at most this many records per kind")
	c.Flags().BoolVar(&f.revisions, "revisions", false, "also move older versions of entries")
	c.Flags().BoolVar(&f.repair, "repair-charset", false, "decode texts that were encoded twice (\"CafÃ©\"); bailey plan says where they are")
	c.Flags().BoolVar(&f.classic, "classic", false, "write texts for WordPress for its classic editor, not in blocks")
	c.Flags().BoolVar(&f.keep, "keep-addresses", false, "let entries and terms stay at their old addresses where the target can put them there")
	c.Flags().BoolVar(&f.fetch, "fetch-missing", false, "ask the old site over HTTP for files that its agent does not have")
	c.Flags().StringSliceVar(&f.hosts, "allow-host", nil, "with --fetch-missing: another host that may be asked, e.g. cdn.example.org or files.example.org:8443")
	c.Flags().IntVar(&f.workers, "workers", engine.DefaultWorkers(), "shards worked on side by side, 1 to 64")
	c.Flags().BoolVar(&f.json, "json", false, "write JSON")
}

func (f *selectFlags) request(c *cobra.Command, resume string) (engine.Request, error) {
	r := engine.Request{Source: fromAnywhere(f.source), Target: fromAnywhere(f.target), Workers: f.workers, Resume: resume}
	if resume == "" && (f.source == "" || f.target == "") {
		return r, usage(c, fmt.Errorf("--source and --target are needed"))
	}
	if f.workers < 1 || f.workers > 64 {
		return r, usage(c, fmt.Errorf("--workers must be 1 to 64"))
	}
	if err := errors.Join(checkKinds(f.kinds), checkHosts(f.fetch, f.hosts)); err != nil {
		return r, usage(c, err)
	}
	r.Selection = migration.Selection{Kinds: f.kinds, Sample: f.sample, Revisions: f.revisions, RepairCharset: f.repair, Classic: f.classic, KeepAddresses: f.keep,
		FetchMissing: f.fetch, FetchHosts: f.hosts}
	return r, nil
}

func checkHosts(fetched bool, hosts []string) error {
	if !fetched && len(hosts) > 0 {
		return errors.New("--allow-host is for --fetch-missing")
	}
	if err := fetch.CheckHosts(hosts); err != nil {
		return fmt.Errorf("--allow-host: %w", err)
	}
	return nil
}

func checkKinds(names []string) error {
	for _, name := range names {
		if _, ok := record.ParseKind(name); !ok {
			return fmt.Errorf("--kinds: there is no kind %q", name)
		}
	}
	return nil
}

// fromAnywhere gives the whole path of a link file: the migration may be resumed from another folder.
func fromAnywhere(arg string) string {
	if arg == "" || strings.Contains(arg, "://") {
		return arg
	}
	file, at := strings.CutPrefix(arg, "@")
	path, err := filepath.Abs(file)
	switch {
	case err != nil:
		return arg
	case at:
		return "@" + path
	}
	return path
}
