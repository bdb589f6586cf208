package fetch

import (
	"context"
	"net/http"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"go.uber.org/zap"
)

// Keys of log lines.
const (
	keyMethod = "method"
	keyWait   = "wait"
	keyLeft   = "left"
)

// Retrying is the client of every outgoing HTTP call: what is busy or away for a moment is asked twice more.
func Retrying(log *zap.Logger) *retryablehttp.Client {
	c := retryablehttp.NewClient()
	c.Logger, c.RetryMax, c.RetryWaitMin, c.RetryWaitMax = logger{log}, 2, 500*time.Millisecond, 5*time.Second
	c.ErrorHandler = retryablehttp.PassthroughErrorHandler
	c.Backoff = backoff
	c.CheckRetry = func(ctx context.Context, resp *http.Response, err error) (bool, error) {
		if refused(err) {
			return false, err
		}
		return retryablehttp.ErrorPropagatedRetryPolicy(ctx, resp, err)
	}
	return c
}

// backoff follows a server's wish for patience up to the longest wait: it may wish for days.
func backoff(least, most time.Duration, attempt int, resp *http.Response) time.Duration {
	return min(most, retryablehttp.DefaultBackoff(least, most, attempt, resp))
}

// logger writes what the client tells, without addresses, hosts and errors, which hold addresses.
type logger struct{ log *zap.Logger }

func (l logger) Error(msg string, pairs ...any) { l.log.Warn(msg, known(pairs)...) }
func (l logger) Warn(msg string, pairs ...any)  { l.log.Warn(msg, known(pairs)...) }
func (l logger) Info(msg string, pairs ...any)  { l.log.Debug(msg, known(pairs)...) }
func (l logger) Debug(msg string, pairs ...any) { l.log.Debug(msg, known(pairs)...) }

// known are the pairs that may stand in a log.
func known(pairs []any) (fields []zap.Field) {
	keys := map[string]string{"method": keyMethod, "timeout": keyWait, "remaining": keyLeft}
	for i := 0; i+1 < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		if key, ok := keys[name]; ok {
			fields = append(fields, zap.Any(key, pairs[i+1]))
		}
	}
	return fields
}
