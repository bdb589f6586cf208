package testbed

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver
)

// PostgresServer is a running PostgreSQL server. It listens on 127.0.0.1 and lets user postgres in without a password.
type PostgresServer struct {
	// Port on 127.0.0.1.
	Port int
	// Dir holds its data.
	Dir  string
	args []string
	as   *syscall.Credential
	cmd  *exec.Cmd
	root *sql.DB
	next atomic.Int64
}

var sharedPostgres struct {
	once   sync.Once
	server *PostgresServer
	err    error
}

// Postgres gives the test binary's server, starting it at the first call. The package needs TestMain with Main.
func Postgres(tb testing.TB) *PostgresServer {
	tb.Helper()
	sharedPostgres.once.Do(func() { sharedPostgres.server, sharedPostgres.err = StartPostgres("fsync=off") })
	if sharedPostgres.err != nil {
		tb.Fatalf("start postgres: %v (run `make deps`)", sharedPostgres.err)
	}
	return sharedPostgres.server
}

// StartPostgres starts a server of its own; the caller stops it. settings are lines of postgresql.conf.
func StartPostgres(settings ...string) (*PostgresServer, error) {
	dir, err := os.MkdirTemp("", "bailey-postgres-")
	if err != nil {
		return nil, err
	}
	s := &PostgresServer{Dir: dir}
	if err := s.prepare(settings); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := s.Start(); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// prepare makes the data. The server refuses to run as root: it then gets the account of the Debian package.
func (s *PostgresServer) prepare(settings []string) (err error) {
	if os.Getuid() == 0 {
		if s.as, err = account("postgres"); err != nil {
			return err
		}
		if err := os.Chown(s.Dir, int(s.as.Uid), int(s.as.Gid)); err != nil {
			return err
		}
	}
	if s.Port, err = FreePort(); err != nil {
		return err
	}
	s.args = []string{"-D", filepath.Join(s.Dir, "data"), "-p", strconv.Itoa(s.Port), "-k", s.Dir, "-c", "listen_addresses=127.0.0.1",
		// What lies outside the folder would be left behind when the server is killed.
		"-c", "dynamic_shared_memory_type=mmap"}
	for _, c := range settings {
		s.args = append(s.args, "-c", c)
	}
	initdb := s.program("initdb", "-D", filepath.Join(s.Dir, "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

func account(name string) (*syscall.Credential, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	gid, gerr := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(err, gerr)
}

// program is one of the server's programs, of the newest version there is.
func (s *PostgresServer) program(name string, args ...string) *exec.Cmd {
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name); len(found) > 0 {
		name = slices.Max(found)
	}
	cmd := exec.Command(name, args...)
	cmd.Dir = s.Dir
	// The server must not outlive a killed test, and it cleans up behind itself at this signal.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT, Credential: s.as}
	return cmd
}

// Start starts the server, again after Kill.
func (s *PostgresServer) Start() error {
	log, err := os.OpenFile(filepath.Join(s.Dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	s.cmd = s.program("postgres", s.args...)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		return err
	}
	return s.connect()
}

func (s *PostgresServer) connect() (err error) {
	if s.root == nil {
		if s.root, err = sql.Open("pgx", s.URL("postgres")); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		if err = s.root.PingContext(ctx); err == nil {
			return nil
		}
		if ctx.Err() != nil {
			log, _ := os.ReadFile(filepath.Join(s.Dir, "log"))
			return fmt.Errorf("postgres does not answer: %w\n%s", err, log)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// URL of a database on the server, for --store.
func (s *PostgresServer) URL(name string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", s.Port, name)
}

// Database makes an empty database, dropped when the test ends, and gives its URL.
func (s *PostgresServer) Database(tb testing.TB) string {
	tb.Helper()
	name := fmt.Sprintf("t%d", s.next.Add(1))
	if _, err := s.root.Exec("CREATE DATABASE " + name); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _, _ = s.root.Exec("DROP DATABASE " + name + " WITH (FORCE)") })
	return s.URL(name)
}

// PID is the server's first process.
func (s *PostgresServer) PID() int { return s.cmd.Process.Pid }

// Kill ends the server as a crash would: its processes go without writing anything more. Its data stay until Stop; Start starts it again.
func (s *PostgresServer) Kill() {
	_ = s.cmd.Process.Signal(syscall.SIGQUIT)
	_ = s.cmd.Wait()
}

// Stop ends the server and removes its data.
func (s *PostgresServer) Stop() {
	if s.root != nil {
		_ = s.root.Close()
	}
	if s.cmd != nil && s.cmd.Process != nil {
		s.Kill()
	}
	_ = os.RemoveAll(s.Dir)
}
