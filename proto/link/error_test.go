package link_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/baileybridge/bailey/proto/link"
)

func TestErrorsKeepWhatTheySayOverTheWire(t *testing.T) {
	t.Parallel()
	want := &link.Error{Code: "target_full", Cause: "the disk is full: 100 %", Fix: "free space — then resume", Grpc: codes.ResourceExhausted}
	st := link.ToStatus(fmt.Errorf("write batch: %w", want))
	if status.Code(st) != codes.ResourceExhausted {
		t.Errorf("code %v", status.Code(st))
	}
	if got := link.FromStatus(st); *got != *want {
		t.Errorf("got %#v", got)
	}
	if again := link.FromStatus(link.ToStatus(link.FromStatus(st))); *again != *want {
		t.Errorf("second hop: %#v", again)
	}
	if link.ToStatus(nil) != nil || link.FromStatus(nil) != nil {
		t.Error("nil is an error")
	}
}

func TestForeignErrorsDoNotTellTheirText(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		errors.New("Duplicate entry 'secret@example.org'"), status.Error(codes.Unknown, "secret"), fmt.Errorf("x: %w", status.Error(codes.Internal, "secret")),
	} {
		got := link.FromStatus(link.ToStatus(err))
		if got.Code != link.CodeInternal || got.Fix == "" || strings.Contains(got.Cause+status.Convert(link.ToStatus(err)).Message(), "secret") {
			t.Errorf("%v became %#v", err, got)
		}
	}
}

func TestClassesOfStatuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		err   error
		code  string
		retry bool
	}{
		{context.Canceled, link.CodeCancelled, false},
		{fmt.Errorf("read: %w", context.DeadlineExceeded), link.CodeDeadline, true},
		{status.Error(codes.Canceled, ""), link.CodeCancelled, false},
		{status.Error(codes.DeadlineExceeded, ""), link.CodeDeadline, true},
		{status.Error(codes.Unavailable, ""), link.CodeUnreachable, true},
		{status.Error(codes.Unauthenticated, ""), link.CodeTokenRefused, false},
		{status.Error(codes.PermissionDenied, ""), link.CodeRoleRefused, false},
		{status.Error(codes.Unimplemented, ""), link.CodeUnimplemented, false},
		{status.Error(codes.ResourceExhausted, ""), link.CodeMessageTooLarge, false},
		{status.Error(codes.InvalidArgument, ""), link.CodeRequestInvalid, false},
		{status.Error(codes.DataLoss, ""), link.CodeInternal, false},
	} {
		e := link.FromStatus(tc.err)
		if e.Code != tc.code || e.Cause == "" || e.Fix == "" || e.Retryable() != tc.retry {
			t.Errorf("%v: %#v, retryable %v", tc.err, e, e.Retryable())
		}
	}
	if !errors.Is(link.FromStatus(context.Canceled), context.Canceled) || !errors.Is(link.FromStatus(context.DeadlineExceeded), context.DeadlineExceeded) {
		t.Error("the end of a context is not recognised")
	}
	if !errors.Is(fmt.Errorf("x: %w", &link.Error{Code: "a", Cause: "b"}), &link.Error{Code: "a"}) || errors.Is(&link.Error{Code: "a"}, &link.Error{Code: "b"}) {
		t.Error("codes do not compare")
	}
}

func TestErrorsFitIntoAHeader(t *testing.T) {
	t.Parallel()
	got := link.FromStatus(link.ToStatus(&link.Error{Code: "x", Cause: strings.Repeat("ä", 5000), Fix: "\xff" + strings.Repeat("b", 5000)}))
	if len(got.Cause) != 1000 || len(got.Fix) != 999 || got.Grpc != codes.Internal {
		t.Errorf("%d and %d bytes, %v", len(got.Cause), len(got.Fix), got.Grpc)
	}
}

func TestAdviceIsASentence(t *testing.T) {
	t.Parallel()
	for fix, want := range map[string]string{"": "", "look there": "Look there.", "Look there.": "Look there."} {
		if got := (&link.Error{Fix: fix}).Advice(); got != want {
			t.Errorf("%q became %q", fix, got)
		}
	}
}
