package server

import (
	"strings"
	"sync"

	"google.golang.org/grpc"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

// kept is how many lines of the agent's log are held in memory.
const kept = 1000

// longestLine bounds one line of the log in bytes.
const longestLine = 8 << 10

// Ring holds the last lines of the agent's log. It is a zapcore.WriteSyncer.
type Ring struct {
	mu    sync.Mutex
	lines []string
	// total counts all lines ever written; lines holds the last of them.
	total uint64
	more  chan struct{}
}

// NewRing makes an empty ring.
func NewRing() *Ring { return &Ring{more: make(chan struct{})} }

// Write takes one line.
func (r *Ring) Write(p []byte) (int, error) {
	line := strings.TrimRight(string(p), "\n")
	if len(line) > longestLine {
		return len(p), nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.total++
	if r.lines = append(r.lines, line); len(r.lines) > kept {
		r.lines = append(r.lines[:0:0], r.lines[len(r.lines)-kept:]...)
	}
	close(r.more)
	r.more = make(chan struct{})
	return len(p), nil
}

// Sync implements zapcore.WriteSyncer.
func (r *Ring) Sync() error { return nil }

// since gives the lines after the n-th, the number of the last, and a channel that closes when there are more.
func (r *Ring) since(n uint64) ([]string, uint64, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	first := r.total - uint64(len(r.lines))
	n = max(n, first)
	return append([]string(nil), r.lines[n-first:]...), r.total, r.more
}

// TailLogs implements agentv1.AgentServiceServer.
func (s *Server) TailLogs(req *agentv1.TailLogsRequest, out grpc.ServerStreamingServer[agentv1.TailLogsResponse]) error {
	_, at, _ := s.cfg.Logs.since(0)
	at -= min(uint64(req.GetLines()), at)
	for {
		lines, next, more := s.cfg.Logs.since(at)
		for _, line := range lines {
			if err := out.Send(&agentv1.TailLogsResponse{Line: line}); err != nil {
				return err
			}
		}
		if at = next; !req.GetFollow() {
			return nil
		}
		select {
		case <-out.Context().Done():
			return out.Context().Err()
		case <-more:
		}
	}
}
