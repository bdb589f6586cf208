package migration

import (
	"errors"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/link"
)

// ErrStopped means that work ended after a checkpoint because it was asked to.
var ErrStopped = errors.New("stopped after the last acknowledged batch")

// ProblemFrom is what an agent says of a record, for people.
func ProblemFrom(p *agentv1.Problem) Problem {
	return Problem{Code: p.GetCode(), Cause: p.GetCause(), Fix: link.Sentence(p.GetFix())}
}

// Error is a failure with its remedy and what it means for the run.
type Error struct {
	Problem
	// Exit is the exit code of the command line.
	Exit int
	// Transient failures go away by themselves: an agent that restarts, a connection that was cut.
	Transient bool
	// Err is what led to it; may be nil.
	Err error
}

// Error is the cause, with the fix behind it.
func (e *Error) Error() string {
	s := e.Cause
	if e.Fix != "" {
		s += ". " + e.Fix
	}
	return s
}

// Unwrap gives what led to it.
func (e *Error) Unwrap() error { return e.Err }

// IsTransient says whether trying again may help.
func IsTransient(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Transient
}

// ExitOf is the exit code for an error; 0 for nil.
func ExitOf(err error) int {
	var e *Error
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &e) && e.Exit != 0:
		return e.Exit
	}
	return ExitFailed
}

// ProblemOf describes any error.
func ProblemOf(err error) Problem {
	var e *Error
	if errors.As(err, &e) {
		return e.Problem
	}
	return Problem{Code: "failed", Cause: err.Error(), Fix: "Run the same command again; it goes on where it stopped."}
}

// FailureOf is ProblemOf an error that ends a run: whoever finds it in the store ends as the process did that met it.
func FailureOf(err error) Problem {
	p := ProblemOf(err)
	if exit := ExitOf(err); p.ExitCode == 0 && exit != ExitFailed {
		p.ExitCode = exit
	}
	return p
}

// Usage is a mistake in what was asked for.
func Usage(code, cause, fix string) *Error {
	return &Error{Problem: Problem{Code: code, Cause: cause, Fix: fix}, Exit: ExitUsage}
}
