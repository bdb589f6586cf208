package server

import (
	"context"
	"errors"

	"go.uber.org/zap"
	"google.golang.org/grpc/codes"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/proto/link"
)

// fault turns a driver's error into what the caller is told; the database's own words stay here, they may hold content.
func (s *Server) fault(doing string, err error) error {
	var known *link.Error
	switch {
	case errors.As(err, &known), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, cms.ErrCursor):
		return &link.Error{Code: "bad_cursor", Cause: "the shard or cursor was not made by this agent", Fix: "split the kind again and start the shard anew", Grpc: codes.InvalidArgument}
	}
	s.cfg.Log.Error("driver failed", zap.String("doing", doing), zap.String("number", cmssql.Number(err)))
	return classFault(cmssql.ClassOf(err))
}

func classFault(c cmssql.Class) error {
	switch c {
	case cmssql.Gone:
		return &link.Error{Code: "site_gone", Cause: "the site's database does not answer", Fix: "start the database, then resume the migration", Grpc: codes.Unavailable}
	case cmssql.Retry:
		return &link.Error{Code: "site_busy", Cause: "the site's database is busy", Fix: "wait, then resume the migration", Grpc: codes.Unavailable}
	case cmssql.Refused:
		return &link.Error{Code: "site_refused", Cause: "the site's database refuses the account", Fix: "grant it SELECT on the site's tables", Grpc: codes.FailedPrecondition}
	case cmssql.Missing:
		return &link.Error{Code: "site_table_missing", Cause: "a table or column that the platform has is missing", Fix: "check the table prefix, and update the site by its own installer", Grpc: codes.FailedPrecondition}
	}
	return &link.Error{Code: "site_failed", Cause: "the site could not be read", Fix: "see the agent's log", Grpc: codes.Internal}
}
