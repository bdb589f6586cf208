package testbed

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
)

// TemporalServer is a running development server of Temporal, with its state in memory and the namespace "default".
type TemporalServer struct {
	// Address is host:port of its frontend.
	Address string
	cmd     *exec.Cmd
	dir     string
}

var sharedTemporal struct {
	once   sync.Once
	server *TemporalServer
	err    error
}

// Temporal gives the test binary's server, starting it at the first call. The package needs TestMain with Main.
func Temporal(tb testing.TB) *TemporalServer {
	tb.Helper()
	s := &sharedTemporal
	s.once.Do(func() { s.server, s.err = StartTemporal() })
	if s.err != nil {
		tb.Fatalf("start Temporal: %v (run `make deps`)", s.err)
	}
	return s.server
}

// StartTemporal starts a server of its own; the caller stops it.
func StartTemporal() (*TemporalServer, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	port, err := FreePort()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "bailey-temporal-")
	if err != nil {
		return nil, err
	}
	s := &TemporalServer{Address: fmt.Sprintf("127.0.0.1:%d", port), dir: dir}
	// `make deps` puts it there.
	s.cmd = exec.Command(filepath.Join(cache, "bailey", "bin", "temporal"), "server", "start-dev", "--headless", "--ip", "127.0.0.1",
		"--port", fmt.Sprint(port), "--log-level", "error", "--dynamic-config-value", "frontend.enableServerVersionCheck=false")
	if err := s.start(); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

func (s *TemporalServer) start() error {
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	s.cmd.Stdout, s.cmd.Stderr = log, log
	// It reads and writes its settings nowhere but here, and must not outlive a killed test.
	s.cmd.Env = append(os.Environ(), "HOME="+s.dir, "XDG_CONFIG_HOME="+s.dir)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	return s.serving()
}

// serving waits until calls are answered.
func (s *TemporalServer) serving() error {
	conn, err := grpc.NewClient(s.Address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	deadline := time.Now().Add(60 * time.Second)
	for {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		resp, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: "temporal.api.workflowservice.v1.WorkflowService"})
		cancel()
		if err == nil && resp.GetStatus() == grpc_health_v1.HealthCheckResponse_SERVING {
			return nil
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			return fmt.Errorf("the development server of Temporal does not serve: %w\n%s", err, log)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// PID is the server's process.
func (s *TemporalServer) PID() int { return s.cmd.Process.Pid }

// Stop ends the server as a kill would; what it knew is gone.
func (s *TemporalServer) Stop() {
	if s.cmd.Process != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	}
	_ = os.RemoveAll(s.dir)
}
