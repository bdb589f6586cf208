// Package app puts the orchestrator together: command line, store, secrets, connections and log.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"golang.org/x/term"

	"github.com/baileybridge/bailey/orchestrator/internal/attest"
	"github.com/baileybridge/bailey/orchestrator/internal/cli"
	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/remote"
	"github.com/baileybridge/bailey/orchestrator/internal/secret"
	"github.com/baileybridge/bailey/orchestrator/internal/store"
	"github.com/baileybridge/bailey/orchestrator/internal/store/postgres"
	"github.com/baileybridge/bailey/orchestrator/internal/store/sqlite"
)

// version is set when the program is built for release.
var version = "dev"

// memoryLimit makes the garbage collector work harder long before the process reaches 128 MiB, of which the program itself and
// its stacks take a part (Rule 9).
const memoryLimit = 64 << 20

// memoryGrowth is by how many per cent the heap may grow before it is collected, as long as it stays below its limit.
const memoryGrowth = 300

// Run runs a command line and gives the exit code.
func Run(ctx context.Context, args []string, out, errOut io.Writer) int {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(memoryGrowth)
	}
	defer followLoad()()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	return cli.Run(ctx, cli.Env{
		Out: out, Err: errOut, In: os.Stdin, Terminal: isTerminal(errOut), Colour: isTerminal(out) && os.Getenv("NO_COLOR") == "", Signals: signals, Open: Open, Version: version,
	}, args)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Open opens the services in a data directory; empty: the default one. url is where the store is; empty: in that directory.
func Open(ctx context.Context, dir, url string) (*cli.Services, error) {
	dir, err := dataDir(dir)
	if err != nil {
		return nil, err
	}
	st, err := openStore(ctx, dir, url)
	if err != nil {
		return nil, err
	}
	box, err := openKey(dir)
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return &cli.Services{
		Store: st, DataDir: dir, Shared: url != "", HasKey: box.Ready, Close: st.Close,
		Key: func() (*attest.Key, error) { return attest.Open(filepath.Join(dir, "signing-key")) },
		Manager: &engine.Manager{
			Store: st, Secret: box, Dial: dial, Log: func(id string) *zap.Logger { return logger(st, id) }, Now: time.Now, Retry: engine.DefaultRetry,
			Loopback: os.Getenv(loopbackVar) != "",
		},
	}, nil
}

// keyVar may hold the key that seals links, for processes that share no file.
const keyVar = "BAILEY_KEY"

// loopbackVar lets tests of this program fetch files from servers of this machine; there is no other use for it.
const loopbackVar = "BAILEY_TEST_LOOPBACK"

func openKey(dir string) (*secret.Box, error) {
	if digits := os.Getenv(keyVar); digits != "" {
		return secret.Parse(digits)
	}
	return secret.Open(filepath.Join(dir, "key"))
}

// openStore is the one place that decides which store is used.
func openStore(ctx context.Context, dir, url string) (store.Store, error) {
	switch {
	case url == "":
		return sqlite.Open(ctx, filepath.Join(dir, "bailey.db"))
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		return postgres.Open(ctx, url)
	}
	return nil, migration.Usage("store_url", "there is no store of this kind", "Give --store a URL postgres://…, or leave it out for a file in the data folder.")
}

// dataDir makes the folder; only its owner may look inside.
func dataDir(dir string) (string, error) {
	if dir == "" {
		base := os.Getenv("XDG_DATA_HOME")
		if base == "" {
			home, err := os.UserHomeDir()
			if err != nil {
				return "", migration.Usage("data_dir", "there is no home folder to keep state in", "Give a folder with --data.")
			}
			base = filepath.Join(home, ".local", "share")
		}
		dir = filepath.Join(base, "bailey")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", &migration.Error{
			Problem: migration.Problem{Code: "data_dir", Cause: fmt.Sprintf("the data folder %s cannot be made", dir), Fix: "Give another folder with --data."},
			Exit:    migration.ExitFailed, Err: err,
		}
	}
	return dir, nil
}

// dial connects to both agents.
func dial(ctx context.Context, source, target string) (*engine.Sites, error) {
	from, err := open(ctx, "source", source)
	if err != nil {
		return nil, err
	}
	to, err := open(ctx, "target", target)
	if err != nil {
		return nil, errors.Join(err, from.Close())
	}
	return &engine.Sites{
		Source: remote.Source{Conn: from}, Target: remote.Target{Conn: to},
		Close: func() error { return errors.Join(from.Close(), to.Close()) },
	}, nil
}

func open(ctx context.Context, side, text string) (*remote.Conn, error) {
	l, err := remote.ParseLink(text)
	if err != nil {
		return nil, err
	}
	return remote.Open(ctx, side, l, nil)
}

// logger writes JSON lines into the store, under a migration.
func logger(st store.Store, id string) *zap.Logger {
	cfg := zapcore.EncoderConfig{
		TimeKey: "ts", LevelKey: "level", MessageKey: "msg", EncodeTime: zapcore.RFC3339NanoTimeEncoder,
		EncodeLevel: zapcore.LowercaseLevelEncoder, EncodeDuration: zapcore.StringDurationEncoder,
	}
	log := zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(cfg), zapcore.AddSync(&logWriter{st, id}), zapcore.InfoLevel))
	if id == "" {
		return log
	}
	return log.With(zap.String("migration", id))
}

// logWriter is where log lines go.
type logWriter struct {
	store store.Store
	id    string
}

// Write implements io.Writer; zap calls it once per line.
func (w *logWriter) Write(line []byte) (int, error) {
	err := w.store.AppendLog(context.Background(), w.id, string(trimNewline(line)))
	return len(line), err
}

func trimNewline(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] == '\n' {
		return b[:n-1]
	}
	return b
}
