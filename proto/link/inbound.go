package link

import (
	"context"
	"errors"
	"fmt"

	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
)

// inbound stands around every call of a server: limits before it, one error model and no panic after it.
type inbound struct{ log *zap.Logger }

func (in *inbound) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (resp any, err error) {
	defer in.end(info.FullMethod, &err)
	if e := checkRequest(req); e != nil {
		return nil, e
	}
	return handler(ctx, req)
}

func (in *inbound) stream(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) (err error) {
	defer in.end(info.FullMethod, &err)
	return handler(srv, &checkedStream{ServerStream: ss})
}

// end turns a panic or an error into a status. It must be deferred itself, because it recovers.
func (in *inbound) end(method string, err *error) {
	if p := recover(); p != nil {
		// The value of a panic may hold content; where it happened does not.
		in.log.Error("call panicked", zap.String(keyMethod, method), zap.String(keyType, fmt.Sprintf("%T", p)), zap.Stack("stack"))
		*err = fromCode(codes.Internal)
	}
	if *err == nil {
		return
	}
	st := ToStatus(*err)
	if e := FromStatus(st); e.Code == CodeInternal {
		in.log.Error("call failed", zap.String(keyMethod, method), zap.String(keyCode, e.Code), zap.String(keyType, typesOf(*err)))
	}
	*err = st
}

// typesOf names the types of an error and all that it wraps: their texts may hold content.
func typesOf(err error) string {
	names := ""
	for ; err != nil; err = errors.Unwrap(err) {
		names += fmt.Sprintf("%T ", err)
	}
	return names
}

// checkedStream checks each message that a client sends.
type checkedStream struct {
	grpc.ServerStream
	state streamState
}

func (s *checkedStream) RecvMsg(m any) error {
	if err := s.ServerStream.RecvMsg(m); err != nil {
		return err
	}
	if e := s.state.check(m); e != nil {
		return e
	}
	return nil
}
