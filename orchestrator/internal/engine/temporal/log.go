package temporal

import (
	"fmt"

	"go.uber.org/zap"
)

// logger is the SDK's logger over zap. Only fields that name things of Temporal pass: others may hold payloads.
type logger struct{ log *zap.Logger }

// passing are the SDK's fields that are logged. Errors are those of Temporal's calls, and codes of ours.
var passing = map[string]bool{
	"Namespace": true, "TaskQueue": true, "WorkerID": true, "WorkerType": true, "WorkflowType": true, "WorkflowID": true, "RunID": true,
	"ActivityID": true, "ActivityType": true, "Attempt": true, "EventID": true, "EventType": true, "Error": true, "StackTrace": true,
}

func fields(keyvals []any) []zap.Field {
	var all []zap.Field
	for i := 0; i+1 < len(keyvals); i += 2 {
		if k := fmt.Sprint(keyvals[i]); passing[k] {
			all = append(all, zap.String(k, fmt.Sprint(keyvals[i+1])))
		}
	}
	return all
}

// Debug implements log.Logger.
func (l logger) Debug(msg string, keyvals ...any) { l.log.Debug(msg, fields(keyvals)...) }

// Info implements log.Logger. What the SDK calls information is about its own workings.
func (l logger) Info(msg string, keyvals ...any) { l.log.Debug(msg, fields(keyvals)...) }

// Warn implements log.Logger.
func (l logger) Warn(msg string, keyvals ...any) { l.log.Warn(msg, fields(keyvals)...) }

// Error implements log.Logger.
func (l logger) Error(msg string, keyvals ...any) { l.log.Error(msg, fields(keyvals)...) }
