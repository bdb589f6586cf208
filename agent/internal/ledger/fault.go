package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.uber.org/zap"
	"google.golang.org/grpc/codes"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/link"
)

// Attempts before a transient error counts as lasting.
const (
	retries     = 9
	reconnects  = 4
	noCondition = codes.FailedPrecondition
)

// errTaken means that another stream wrote the ledger row of a record first; the next attempt finds it there.
var errTaken = errors.New("another stream has written the record")

// driverFault is a driver that broke its contract or panicked; only its batch suffers.
type driverFault struct{ what string }

func (f *driverFault) Error() string { return "driver fault: " + f.what }

// again runs fn until it succeeds or its error is not one that goes away by itself.
func (l *Ledger) again(ctx context.Context, fn func() error) error {
	for attempt := 0; ; attempt++ {
		err := fn()
		if err == nil || attempt >= patience(err) || ctx.Err() != nil {
			return err
		}
		if werr := l.wait(ctx, attempt); werr != nil {
			return werr
		}
	}
}

func patience(err error) int {
	if errors.Is(err, errTaken) {
		return retries
	}
	switch cmssql.ClassOf(err) {
	case cmssql.Retry:
		return retries
	case cmssql.Gone:
		return reconnects
	}
	return 0
}

// lasting says that an error concerns the target as a whole and not one record.
func lasting(err error) bool {
	switch cmssql.ClassOf(err) {
	case cmssql.Retry, cmssql.Gone, cmssql.Refused, cmssql.Full, cmssql.Missing:
		return true
	}
	var known *link.Error
	return errors.As(err, &known) || errors.Is(err, errTaken) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// told is whole, with a line in the log that has the error's number: the caller is told to look there.
func (l *Ledger) told(doing string, err error) error {
	var known *link.Error
	if err != nil && !errors.As(err, &known) && !errors.Is(err, context.Canceled) {
		l.log.Error("the ledger's work failed", zap.String("doing", doing), zap.String("error", safe(err)))
	}
	return whole(err)
}

// whole turns an error that concerns the target as a whole into what the caller is told. Nothing is half-written.
func whole(err error) error {
	var known *link.Error
	if err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if slices.ContainsFunc(tables, func(t string) bool { return strings.HasSuffix(cmssql.MissingTable(err), t) }) {
		return ledgerMissing()
	}
	switch cmssql.ClassOf(err) {
	case cmssql.Full:
		return &link.Error{Code: "target_full", Cause: "the target's disk or tablespace is full", Fix: "free space on the target's database server, then resume the migration", Grpc: codes.ResourceExhausted}
	case cmssql.Refused:
		return &link.Error{Code: "target_refused", Cause: "the target's database refuses to write", Fix: "grant the account SELECT, INSERT, UPDATE, DELETE, CREATE and INDEX on the site's database and check that the server is not read-only; where the database is a file, let the agent's user write the file and its folder", Grpc: noCondition}
	case cmssql.Missing:
		return &link.Error{Code: "target_table_missing", Cause: "a table or column that the platform has is missing on the target", Fix: "check the table prefix, and update the site by its own installer", Grpc: noCondition}
	case cmssql.Gone:
		return &link.Error{Code: "target_gone", Cause: "the target's database does not answer", Fix: "start the database, then resume the migration", Grpc: codes.Unavailable}
	case cmssql.Retry:
		return &link.Error{Code: "target_busy", Cause: "the target's database stayed locked", Fix: "stop what else writes to the site's tables, then resume the migration", Grpc: codes.Unavailable}
	}
	if errors.Is(err, errTaken) {
		return &link.Error{Code: "target_busy", Cause: "another stream writes the same records", Fix: "end the other migration, then resume", Grpc: codes.Aborted}
	}
	return &link.Error{Code: "target_failed", Cause: "the target's database failed (" + numberOf(err) + ")", Fix: "look the number up in the database's manual, then resume the migration", Grpc: codes.Internal}
}

// numberOf is the database's number of an error, or what an error of another origin is made of: never its text, which may hold content.
func numberOf(err error) string {
	if n := cmssql.Number(err); n != "none" {
		return n
	}
	typ := ""
	for ; err != nil; err = errors.Unwrap(err) {
		typ = fmt.Sprintf("%T", err)
	}
	return typ
}

// alone says why one record could not be written (Rule 4). The database's own words stay in the log: they may hold content.
func alone(err error) *agentv1.Problem {
	var fault *driverFault
	if errors.As(err, &fault) {
		return &agentv1.Problem{Code: "driver_fault", Cause: "the agent's driver failed on this record", Fix: "send the agent's log to the makers of the agent, with the record's id"}
	}
	switch cmssql.ClassOf(err) {
	case cmssql.TooLarge:
		return &agentv1.Problem{Code: "record_too_large", Cause: "a text of the record is longer than the target's database takes", Fix: "raise max_allowed_packet on the target, or shorten the text at the source, then migrate again"}
	case cmssql.Duplicate:
		return &agentv1.Problem{Code: "duplicate_key", Cause: "the target has another row with the same unique key", Fix: "rename or remove one of the two, then migrate again"}
	}
	return &agentv1.Problem{Code: "write_failed", Cause: "the target's database refused the record", Fix: "see the agent's log for the error number; correct the record at the source or the target's table, then migrate again"}
}

// The faults of a ledger that is not as it was left. Nothing is written then.

const restoreLedger = "restore the tables bailey_* from a backup of the target's database, then resume; when there is none, restore the whole target as it was before the migration and begin a new one, with another --data folder"

func ledgerFault(code, cause, fix string) error {
	return &link.Error{Code: code, Cause: cause, Fix: fix, Grpc: noCondition}
}

func ledgerMissing() error {
	return ledgerFault("ledger_missing", "the migration has written to this site, but its ledger (the tables bailey_*) is not there any more", restoreLedger)
}

func ledgerIncomplete() error {
	return ledgerFault("ledger_incomplete", "some of the ledger's tables (bailey_*) are missing", restoreLedger)
}

func ledgerAltered(what string) error {
	return ledgerFault("ledger_altered", "the ledger was altered by other hands: "+strings.ToValidUTF8(what, "?")+" is not as the migration left it", restoreLedger)
}

func ledgerNewer() error {
	return ledgerFault("ledger_newer", "the ledger was written by a newer version of the agent", "use that version of bailey-agent on the target, or a later one")
}

func ledgerForm() error {
	return ledgerFault("ledger_form", "the ledger's tables do not have the form that this version of the agent makes", "use the version of bailey-agent that made them, to go on or to roll back")
}
