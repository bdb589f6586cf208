// Package link is both ends of the wire between the orchestrator and an agent: pairing, TLS, serving and dialling, limits, and errors.
package link

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// domain is the domain of every ErrorInfo that is ours.
const domain = "bailey"

// maxErrorText bounds cause and fix, because they travel in a header.
const maxErrorText = 1000

// Codes of the errors that the link itself makes.
const (
	CodeLinkInvalid      = "link_invalid"
	CodeUnreachable      = "agent_unreachable"
	CodeIdentityChanged  = "agent_identity_changed"
	CodeTokenRefused     = "token_refused"
	CodeTokenExpired     = "token_expired"
	CodeTooManyTries     = "too_many_tries"
	CodeRoleRefused      = "role_refused"
	CodeDeadline         = "deadline"
	CodeCancelled        = "cancelled"
	CodeInternal         = "agent_internal"
	CodeUnimplemented    = "unimplemented"
	CodeMessageTooLarge  = "message_too_large"
	CodeRequestInvalid   = "request_invalid"
	CodeLimitExceeded    = "limit_exceeded"
	metaCause, metaFix   = "cause", "fix"
	fallbackFix          = "Look into the agent's log at the time of the error, then run the same command again; it goes on where it stopped."
	fixStartAgent        = "Check that bailey-agent still runs, that its address in the link can be reached from here, and that no firewall is between; then run the same command again."
	fixNewLink           = "Copy the whole link again that the running bailey-agent printed when it started (or its --link-file)."
	fixUpdate            = "Install the same version of bailey and bailey-agent."
	fixReportRefusedCall = "Install the same version of bailey and bailey-agent; if they are, report the code and the call."
)

// Error is a failure that people can act on. It keeps code, cause and fix across the wire.
type Error struct {
	// Code is stable, snake_case.
	Code string
	// Cause says what went wrong, without content or secrets.
	Cause string
	// Fix says what to do.
	Fix string
	// Grpc is the status that carries it; OK counts as Internal.
	Grpc codes.Code
}

// Error gives cause and code; Fix is shown apart.
func (e *Error) Error() string { return e.Cause + " (" + e.Code + ")" }

// Advice is the fix as people read it.
func (e *Error) Advice() string { return Sentence(e.Fix) }

// Sentence makes a sentence of what agents advise: drivers write clauses, too.
func Sentence(fix string) string {
	if fix == "" {
		return ""
	}
	return strings.ToUpper(fix[:1]) + strings.TrimSuffix(fix[1:], ".") + "."
}

// Is makes errors.Is work with another Error of the same code, context.Canceled and context.DeadlineExceeded.
func (e *Error) Is(target error) bool {
	switch target {
	case context.Canceled:
		return e.Code == CodeCancelled
	case context.DeadlineExceeded:
		return e.Code == CodeDeadline
	}
	other, ok := target.(*Error)
	return ok && other.Code == e.Code
}

// Retryable says that the same call may succeed later without anybody doing anything.
func (e *Error) Retryable() bool {
	return e.Grpc == codes.Unavailable || e.Grpc == codes.Aborted || e.Grpc == codes.DeadlineExceeded
}

// GRPCStatus makes an Error a status wherever gRPC looks for one.
func (e *Error) GRPCStatus() *status.Status {
	code := e.Grpc
	if code == codes.OK {
		code = codes.Internal
	}
	st := status.New(code, clip(e.Cause))
	with, err := st.WithDetails(&errdetails.ErrorInfo{
		Domain: domain, Reason: strings.ToUpper(e.Code),
		Metadata: map[string]string{metaCause: clip(e.Cause), metaFix: clip(e.Fix)},
	})
	if err != nil {
		return st
	}
	return with
}

func clip(s string) string {
	if len(s) > maxErrorText {
		s = s[:maxErrorText]
	}
	return strings.ToValidUTF8(s, "")
}

// ToStatus is the one place where errors become statuses: ours keep code, cause and fix; of others nothing but their
// class goes out, because their text may hold content or secrets.
func ToStatus(err error) error {
	if err == nil {
		return nil
	}
	if e := known(err); e != nil {
		return e.GRPCStatus().Err()
	}
	if st, ok := status.FromError(err); ok {
		return fromCode(st.Code()).GRPCStatus().Err()
	}
	return fromCode(codes.Internal).GRPCStatus().Err()
}

// FromStatus is the inverse of ToStatus; failures of the transport itself get their code here.
func FromStatus(err error) *Error {
	if err == nil {
		return nil
	}
	if e := known(err); e != nil {
		return e
	}
	st, ok := status.FromError(err)
	if !ok {
		return fromCode(codes.Internal)
	}
	return fromCode(st.Code())
}

// known finds an Error, ours on the wire, or a context's end.
func known(err error) *Error {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, context.Canceled):
		return fromCode(codes.Canceled)
	case errors.Is(err, context.DeadlineExceeded):
		return fromCode(codes.DeadlineExceeded)
	}
	st, ok := status.FromError(err)
	if !ok {
		return nil
	}
	for _, d := range st.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok && info.GetDomain() == domain {
			return &Error{
				Code: strings.ToLower(info.GetReason()), Cause: info.GetMetadata()[metaCause],
				Fix: info.GetMetadata()[metaFix], Grpc: st.Code(),
			}
		}
	}
	return nil
}

// fromCode is what a status without our details means to people.
func fromCode(c codes.Code) *Error {
	switch c {
	case codes.Canceled:
		return &Error{CodeCancelled, "the call was cancelled", "Run the same command again to go on where it stopped.", c}
	case codes.DeadlineExceeded:
		return &Error{CodeDeadline, "the agent did not answer in time", "Look whether the site's database is busy or locked, then run the same command again; it goes on where it stopped.", c}
	case codes.Unavailable:
		return &Error{CodeUnreachable, "the agent cannot be reached", fixStartAgent, c}
	case codes.Unauthenticated:
		return &Error{CodeTokenRefused, "the agent does not know this token", fixNewLink, c}
	case codes.PermissionDenied:
		return &Error{CodeRoleRefused, "the link does not allow this call", "Use the link of an agent that was started with --role target.", c}
	case codes.Unimplemented:
		return &Error{CodeUnimplemented, "the agent does not offer this call", fixUpdate, c}
	case codes.ResourceExhausted:
		return &Error{CodeMessageTooLarge, "a message is larger than the link carries", fixReportRefusedCall, c}
	case codes.InvalidArgument:
		return &Error{CodeRequestInvalid, "the agent does not accept the request", fixReportRefusedCall, c}
	}
	return &Error{CodeInternal, "the agent failed", fallbackFix, codes.Internal}
}
