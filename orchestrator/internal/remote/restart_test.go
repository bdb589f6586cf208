package remote_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/baileybridge/bailey/proto/agenttest"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/remote"
)

// TestNewLinkOfAnAgentThatIsNotUpYet: the call that follows the new link fails as long as nobody is there, and the next
// one gets through.
func TestNewLinkOfAnAgentThatIsNotUpYet(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	a := site("1")
	file := filepath.Join(t.TempDir(), "link")
	first := serve(t, a, "127.0.0.1:0")
	write(t, file, first.link)
	s, err := open(t, file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Describe(ctx, false); err != nil {
		t.Fatal(err)
	}
	first.stop()
	next := serve(t, a, "127.0.0.1:0")
	next.stop()
	write(t, file, next.link)
	for range 3 {
		if _, err := s.Describe(ctx, false); !migration.IsTransient(err) || migration.ExitOf(err) != migration.ExitUnreachable {
			t.Fatalf("nobody there: %v", err)
		}
	}
	write(t, file, serve(t, a, "127.0.0.1:0").link)
	if _, err = s.Describe(ctx, false); err != nil {
		_, err = s.Describe(ctx, false)
	}
	if err != nil {
		t.Errorf("after the restart: %v", err)
	}
}

// TestOthersCallsOutliveANewLink: whoever notices the new link closes the connection under the others' calls; these are to
// be tried again, and not taken for given up.
func TestOthersCallsOutliveANewLink(t *testing.T) {
	t.Parallel()
	a := agenttest.NewTarget()
	file := filepath.Join(t.TempDir(), "link")
	write(t, file, serve(t, a, "127.0.0.1:0").link)
	s, err := open(t, file)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	w, err := remote.Target(s).Write(ctx)
	if err != nil {
		t.Fatal(err)
	}
	write(t, file, serve(t, a, "127.0.0.1:0").link)
	remote.Lost(s.Conn)
	if _, err := w.Recv(); !migration.IsTransient(err) || migration.ExitOf(err) != migration.ExitUnreachable {
		t.Errorf("%v", err)
	}
	w, err = remote.Target(s).Write(ctx)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := w.Recv(); !errors.Is(err, context.Canceled) {
		t.Errorf("given up by ourselves: %v", err)
	}
}
