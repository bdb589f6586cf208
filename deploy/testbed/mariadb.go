// Package testbed starts real database servers for tests: in a temporary folder, on loopback, gone with the test binary.
package testbed

import (
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"go.uber.org/goleak"
)

// Server is a running MariaDB server.
type Server struct {
	// Socket is the path of its unix socket; Port its port on 127.0.0.1. User root has no password.
	Socket string
	Port   int
	// Dir holds its data.
	Dir  string
	args []string
	cmd  *exec.Cmd
	root *sql.DB
	next atomic.Int64
}

// Database is a fresh database on a Server.
type Database struct {
	Name string
	// DSN for the agent's --dsn.
	DSN string
	// DB is a connection for the test, closed with it; statements may hold several commands.
	DB *sql.DB
}

var shared struct {
	once   sync.Once
	server *Server
	err    error
}

// Main runs a package's tests, stops what they started and fails on leaked goroutines.
func Main(m *testing.M) {
	code := m.Run()
	if s := shared.server; s != nil {
		s.Stop()
	}
	if s := sharedPostgres.server; s != nil {
		s.Stop()
	}
	if s := sharedTemporal.server; s != nil {
		s.Stop()
	}
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, "leaked goroutines:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// MariaDB gives the test binary's server, starting it at the first call. The package needs TestMain with Main.
func MariaDB(tb testing.TB) *Server {
	tb.Helper()
	shared.once.Do(func() { shared.server, shared.err = Start() })
	if shared.err != nil {
		tb.Fatalf("start mariadbd: %v (run `make deps`)", shared.err)
	}
	return shared.server
}

// Start starts a server of its own; the caller stops it. args are further options of mariadbd.
func Start(args ...string) (*Server, error) {
	dir, err := os.MkdirTemp("", "bailey-mariadb-")
	if err != nil {
		return nil, err
	}
	s := &Server{Dir: dir, Socket: filepath.Join(dir, "s")}
	if err := s.start(args); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

func (s *Server) start(args []string) error {
	data := filepath.Join(s.Dir, "data")
	me, err := user.Current()
	if err != nil {
		return err
	}
	if err := install(data, me.Username); err != nil {
		return err
	}
	if s.Port, err = FreePort(); err != nil {
		return err
	}
	s.args = append([]string{"--no-defaults", "--datadir=" + data, "--socket=" + s.Socket, "--user=" + me.Username,
		"--bind-address=127.0.0.1", fmt.Sprintf("--port=%d", s.Port), "--pid-file=" + filepath.Join(s.Dir, "pid"),
		// A server that starts removes all temporary tables that it finds there, those of other servers too.
		"--tmpdir=" + s.Dir,
		"--skip-name-resolve", "--innodb-flush-log-at-trx-commit=2"}, args...)
	return s.Restart()
}

// Restart starts a server that was killed again: on the same data and port.
func (s *Server) Restart() error {
	log, err := os.OpenFile(filepath.Join(s.Dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	s.cmd = exec.Command(mariadbd(), s.args...)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	// The server must not outlive a killed test.
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	return s.connect()
}

// install makes the system tables. It starts a server of its own for a moment, which a busy machine may starve: it gets a
// second chance.
func install(data, user string) error {
	for try := 1; ; try++ {
		out, err := exec.Command("mariadb-install-db", "--no-defaults", "--datadir="+data, "--user="+user,
			"--auth-root-authentication-method=normal", "--skip-test-db").CombinedOutput()
		if err == nil {
			return nil
		}
		if try == 2 {
			return fmt.Errorf("mariadb-install-db: %w: %s", err, out)
		}
		if err := os.RemoveAll(data); err != nil {
			return err
		}
	}
}

func mariadbd() string {
	if p, err := exec.LookPath("mariadbd"); err == nil {
		return p
	}
	return "/usr/sbin/mariadbd"
}

func (s *Server) connect() error {
	if s.root == nil {
		s.root = open(s.Socket, "")
	}
	deadline := time.Now().Add(60 * time.Second)
	for {
		err := s.root.Ping()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(s.Dir, "log"))
			return fmt.Errorf("mariadbd does not answer: %w\n%s", err, log)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func open(socket, name string) *sql.DB {
	c := mysql.NewConfig()
	c.Net, c.Addr, c.User, c.DBName, c.MultiStatements, c.InterpolateParams = "unix", socket, "root", name, true, true
	c.Params = map[string]string{"sql_mode": "'NO_ENGINE_SUBSTITUTION'"}
	c.Collation = "utf8mb4_general_ci"
	c.Logger = quiet{}
	connector, err := mysql.NewConnector(c)
	if err != nil {
		panic(err)
	}
	return sql.OpenDB(connector)
}

type quiet struct{}

func (quiet) Print(...any) {}

// Database makes an empty utf8mb4 database, dropped when the test ends.
func (s *Server) Database(tb testing.TB) *Database {
	tb.Helper()
	d, err := s.Create(fmt.Sprintf("t%d", s.next.Add(1)))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = d.DB.Close()
		_, _ = s.root.Exec("DROP DATABASE " + d.Name)
	})
	return d
}

// Create makes an empty utf8mb4 database; the caller closes its DB.
func (s *Server) Create(name string) (*Database, error) {
	if _, err := s.root.Exec("CREATE DATABASE " + name + " CHARACTER SET utf8mb4"); err != nil {
		return nil, err
	}
	return &Database{Name: name, DSN: fmt.Sprintf("mysql://root@127.0.0.1:%d/%s", s.Port, name), DB: open(s.Socket, name)}, nil
}

// Kill ends the server as kill -9 does; its data stay until Stop, and Restart goes on with them.
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// PID is the server's process.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Stop ends the server and removes its data.
func (s *Server) Stop() {
	if s.root != nil {
		_ = s.root.Close()
	}
	if s.cmd != nil && s.cmd.Process != nil {
		s.Kill()
	}
	_ = os.RemoveAll(s.Dir)
}

// FreePort finds a port on 127.0.0.1 that nobody listens on.
func FreePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// SQLite gives the path of a database file that does not exist yet, in a folder of the test's own.
func SQLite(tb testing.TB) string {
	tb.Helper()
	return filepath.Join(tb.TempDir(), "site.sqlite")
}
