package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/baileybridge/bailey/orchestrator/internal/attest"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/report"
)

// maxReport bounds the memory that a file of somebody else's takes; a report with all its lists full is far smaller.
const maxReport = 64 << 20

// newCheck makes a command that needs the file only: no data folder, no connection.
func newCheck(env *Env) *cobra.Command {
	var key string
	c := &cobra.Command{
		Use:   "check FILE",
		Short: "Say whether a signed report is as it was made; works offline, on any machine",
		Long: `Check the signature of a report, that its counts and lists agree, and that the root follows from the roots of the kinds.

Exit codes: 0 valid; 1 signed with another key; 2 usage, or the file cannot be read; 4 altered, or it contradicts itself.`,
		Args: oneFile,
	}
	c.Flags().StringVar(&key, "key", "", "public key that the report must be signed with, as bailey key prints it")
	c.RunE = func(c *cobra.Command, args []string) error {
		doc, err := readReport(args[0])
		if err != nil {
			return err
		}
		rep, sig, err := attest.Check(doc, key)
		if err != nil {
			return err
		}
		return tellValid(env.Out, rep, sig, key != "")
	}
	return c
}

func readReport(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, migration.Usage("report_unreadable", "the file cannot be read: "+file, "Give the file that bailey report ID --signed FILE has written.")
	}
	defer func() { _ = f.Close() }()
	doc, err := io.ReadAll(io.LimitReader(f, maxReport+1))
	if err != nil || len(doc) > maxReport {
		return nil, migration.Usage("report_unreadable", "the file cannot be read as a report: "+file, "Give the file that bailey report ID --signed FILE has written.")
	}
	return doc, nil
}

func tellValid(w io.Writer, rep *migration.Report, sig *attest.Signature, keyGiven bool) error {
	text := fmt.Sprintf("Valid: migration %s, run %d, as it was signed; its counts, lists and roots agree.\n  %s\n  root %s\n  key  %s\n",
		rep.Migration, rep.Run, report.Headline(rep), rep.Root, sig.Key)
	if !keyGiven {
		text += "Compare the key with what bailey key prints where the report was made, or give it with --key.\n"
	}
	_, err := io.WriteString(w, text)
	return err
}
