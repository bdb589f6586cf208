package remote_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"

	"github.com/baileybridge/bailey/proto/agenttest"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/link"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/remote"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// served is an agent that a test can stop, as a process that is killed.
type served struct {
	link string
	stop func()
}

func serve(t *testing.T, a *agenttest.Agent, listen string) served {
	t.Helper()
	id, err := link.NewIdentity(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	lis, err := net.Listen("tcp", listen)
	if err != nil {
		t.Fatal(err)
	}
	o := link.Options{Identity: id, Token: link.NewToken(), Role: agentv1.Role_ROLE_TARGET}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = link.Serve(ctx, lis, o, func(r grpc.ServiceRegistrar) { agentv1.RegisterAgentServiceServer(r, a) })
	}()
	stop := func() { cancel(); <-done }
	t.Cleanup(stop)
	return served{o.Link(lis.Addr().String()).Reveal(), stop}
}

func open(t *testing.T, text string) (remote.Source, error) {
	t.Helper()
	l, err := remote.ParseLink(text)
	if err != nil {
		return remote.Source{}, err
	}
	c, err := remote.Open(context.Background(), "source", l, nil)
	if err != nil {
		return remote.Source{}, err
	}
	t.Cleanup(func() { _ = c.Close() })
	return remote.Source{Conn: c}, nil
}

func site(ids ...string) *agenttest.Agent {
	a := agenttest.NewSource()
	for _, id := range ids {
		a.Add(&recordv1.Record{Ref: record.NewRef(recordv1.Kind_KIND_ENTRY, id), Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{Title: id}}})
	}
	return a
}

// TestLinkFileIsReadAgain: an agent that was started again has a new address, certificate and token.
func TestLinkFileIsReadAgain(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	a := site("1", "2")
	file := filepath.Join(t.TempDir(), "link")
	first := serve(t, a, "127.0.0.1:0")
	write(t, file, first.link+"\n")
	s, err := open(t, "@"+file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Describe(ctx, false); err != nil {
		t.Fatal(err)
	}
	first.stop()
	_, err = s.Describe(ctx, false)
	if !migration.IsTransient(err) || migration.ExitOf(err) != migration.ExitUnreachable {
		t.Fatalf("gone: %v", err)
	}
	write(t, file, serve(t, a, "127.0.0.1:0").link)
	if _, err = s.Describe(ctx, false); err != nil { // this call notices the new link
		_, err = s.Describe(ctx, false)
	}
	if err != nil {
		t.Errorf("after the restart: %v", err)
	}
}

func TestNewLinkToAnotherSiteIsRefused(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	file := filepath.Join(t.TempDir(), "link")
	first := serve(t, site("1"), "127.0.0.1:0")
	write(t, file, first.link)
	s, err := open(t, file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Describe(ctx, false); err != nil {
		t.Fatal(err)
	}
	first.stop()
	other := site("1")
	other.Info.SiteId = "00000000000000000000000000000000"
	write(t, file, serve(t, other, "127.0.0.1:0").link)
	for range 2 {
		_, err = s.Describe(ctx, false)
	}
	if migration.ProblemOf(err).Code != "other_site" || migration.IsTransient(err) {
		t.Errorf("%v", err)
	}
}

func TestLiteralLinkOfARestartedAgentIsLost(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	a := site("1")
	first := serve(t, a, "127.0.0.1:0")
	first.stop()
	l, err := link.Parse(first.link)
	if err != nil {
		t.Fatal(err)
	}
	serve(t, a, l.Address)
	// A new connection meets the other certificate at once.
	again, err := open(t, first.link)
	if err != nil {
		t.Fatal(err)
	}
	_, err = again.Describe(ctx, false)
	if migration.ProblemOf(err).Code != link.CodeIdentityChanged || migration.IsTransient(err) || migration.ExitOf(err) != migration.ExitUnreachable {
		t.Errorf("%v", err)
	}
}

func TestBadLinks(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty")
	write(t, empty, "")
	for _, text := range []string{"", "bailey://", "https://example.org", "@" + empty, "@/nowhere/link", "nowhere"} {
		if _, err := open(t, text); migration.ExitOf(err) != migration.ExitUsage {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestReadYieldsAllAndStopsEarly(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, err := open(t, serve(t, site("1", "2", "3"), "127.0.0.1:0").link)
	if err != nil {
		t.Fatal(err)
	}
	shards, err := s.Split(ctx, recordv1.Kind_KIND_ENTRY, 1, nil)
	if err != nil || len(shards) != 1 {
		t.Fatalf("%v, %v", shards, err)
	}
	req := &agentv1.ReadRecordsRequest{Kind: recordv1.Kind_KIND_ENTRY, Shard: shards[0].GetRange(), Options: &agentv1.ReadOptions{BatchRecords: 1}}
	read := 0
	for m, err := range s.Read(ctx, req) {
		if err != nil {
			t.Fatal(err)
		}
		read += len(m.GetRecords())
	}
	if read != 3 {
		t.Errorf("read %d", read)
	}
	for _, err := range s.Read(ctx, req) {
		if err != nil {
			t.Errorf("left after one batch: %v", err)
		}
		break
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	for _, err := range s.Read(ended, req) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	}
	if r, err := s.Resolve(ctx, []string{"entry/1", "entry/9"}); err != nil || len(r) != 2 || r[0].GetText() != "https://source.example.org/entry/1" || r[1].GetFound() {
		t.Errorf("resolve: %v, %v", r, err)
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
