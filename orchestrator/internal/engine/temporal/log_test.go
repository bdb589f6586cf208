package temporal

import (
	"reflect"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// TestLogNamesButDoesNotTell: fields that may hold payloads stay out (Rule 8).
func TestLogNamesButDoesNotTell(t *testing.T) {
	t.Parallel()
	core, seen := observer.New(zapcore.DebugLevel)
	l := logger{zap.New(core)}
	l.Warn("activity error", "ActivityType", "task", "Result", "content", "PanicError", "content", "Attempt", 2, "Error", "disk_full", "odd")
	l.Info("started")
	l.Debug("polled")
	l.Error("lost")
	got := seen.All()
	if want := map[string]any{"ActivityType": "task", "Attempt": "2", "Error": "disk_full"}; !reflect.DeepEqual(got[0].ContextMap(), want) {
		t.Errorf("%v", got[0].ContextMap())
	}
	for i, level := range []zapcore.Level{zapcore.WarnLevel, zapcore.DebugLevel, zapcore.DebugLevel, zapcore.ErrorLevel} {
		if got[i].Level != level {
			t.Errorf("%s is logged as %s", got[i].Message, got[i].Level)
		}
	}
}
