package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/report"
)

func newCutover(env *Env) *cobra.Command {
	var f syncFlags
	var wait bool
	var passes int
	c := &cobra.Command{
		Use: "cutover ID", Short: "Synchronise until nothing changes any more, then say that the site may be switched", Args: oneArg,
		Long: `Synchronise again and again until a pass finds nothing; then once more, with verification of everything. Visitors and editors may
use the source all the while. With --wait, on a terminal, the last pass begins when you say that nobody edits the source any more.
Interrupted, the same command goes on.

` + policies + `

Exit codes: as for bailey migrate; 0: the site may be switched.`,
	}
	f.add(c)
	c.Flags().BoolVar(&wait, "wait", false, "ask before the last pass; without a terminal it goes straight on")
	c.Flags().IntVar(&passes, "max-passes", 10, "passes at most before the last one, when the source does not come to rest")
	c.RunE = withEngine(env, &f.engine, func(c *cobra.Command, args []string, s *Services) error {
		r, err := f.request(c, args[0])
		if err != nil {
			return err
		}
		if passes < 1 {
			return usage(c, fmt.Errorf("--max-passes must be at least 1"))
		}
		if err := idle(c.Context(), env, s, args[0]); err != nil {
			return err
		}
		cut := &cutover{env: env, services: s, json: f.json, wait: wait}
		return cut.run(c.Context(), engine.CutoverRequest{Request: r, Passes: passes})
	})
	return c
}

// cutover is one cut-over on the command line.
type cutover struct {
	env      *Env
	services *Services
	json     bool
	wait     bool
	// last is the pass that is worked on.
	last *migrate
}

func (c *cutover) run(ctx context.Context, r engine.CutoverRequest) error {
	r.Run = func(j *engine.Job) (*migration.Report, error) {
		c.last = &migrate{env: c.env, services: c.services, job: j, json: c.json}
		return c.last.work(ctx)
	}
	r.Passed, r.Freeze = c.passed, c.freeze
	done, err := c.services.Manager.Cutover(ctx, r)
	if done.Report == nil || errors.Is(err, errNotFrozen) {
		return err
	}
	if err == nil {
		if err := c.say(done); err != nil {
			return err
		}
	}
	return c.last.tell(done.Report, err)
}

type passEvent struct {
	Event   string  `json:"event"`
	Pass    int     `json:"pass"`
	Created uint64  `json:"created"`
	Updated uint64  `json:"updated"`
	Removed uint64  `json:"removed"`
	Seconds float64 `json:"seconds"`
}

func (c *cutover) passed(pass int, rep *migration.Report) {
	t := rep.Totals()
	if c.json {
		_ = report.JSON(c.env.Out, passEvent{"pass", pass, t.Created, t.Updated, t.Removed, rep.Seconds})
		return
	}
	_, _ = fmt.Fprintf(c.env.Err, "Pass %d, %s: %s\n", pass, report.Duration(rep.Seconds), report.Headline(rep))
}

var errNotFrozen = &migration.Error{
	Problem: migration.Problem{Code: "not_frozen", Cause: "the last pass was not begun", Fix: "Run the same command again when the source can be left alone."}, Exit: migration.ExitFailed,
}

// freeze says that the source is to be left alone and waits for the word, where somebody can give it.
func (c *cutover) freeze() error {
	if !c.wait || !c.env.Terminal {
		return nil
	}
	_, _ = fmt.Fprint(c.env.Err, "Now see to it that nobody edits the source any more, then press Enter: ")
	answer := make(chan error, 1)
	go func() {
		_, err := bufio.NewReader(c.env.In).ReadString('\n')
		answer <- err
	}()
	select {
	case err := <-answer:
		if err != nil {
			return errors.Join(errNotFrozen, err)
		}
		return nil
	case <-c.env.Signals:
		return errNotFrozen
	}
}

// say tells whether the site may be switched.
func (c *cutover) say(done *engine.Cutover) error {
	code := done.Report.Exit()
	if c.json {
		return report.JSON(c.env.Out, struct {
			Event string `json:"event"`
			*engine.Cutover
			Switch bool `json:"switch"`
		}{"cutover", done, code == migration.ExitOK})
	}
	text := "The source was quiet: no freeze was needed."
	if done.Found > 0 {
		text = fmt.Sprintf("The last pass moved %d changes: the source had to be left alone for %s.", done.Found, report.Duration(done.FreezeSeconds))
	}
	verdict := "The site may be switched."
	if code != migration.ExitOK {
		verdict = "Before the site is switched, look at what the report says."
	}
	_, err := fmt.Fprintf(c.env.Out, "%s %s\n\n", text, verdict)
	return err
}
