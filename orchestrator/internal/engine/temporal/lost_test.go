package temporal_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/baileybridge/bailey/deploy/testbed"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/link"

	"github.com/baileybridge/bailey/orchestrator/internal/engine"
	"github.com/baileybridge/bailey/orchestrator/internal/engine/enginetest"
	"github.com/baileybridge/bailey/orchestrator/internal/engine/temporal"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// bench is a rig whose migrations a worker of this process works on.
type bench struct {
	*enginetest.Rig
	stop func()
}

// work starts a worker in this process; stop ends it.
func work(t *testing.T, rig *enginetest.Rig, address string) *bench {
	t.Helper()
	c, err := temporal.Dial(context.Background(), temporal.Options{Address: address, Queue: rig.StoreAt})
	if err != nil {
		t.Fatal(err)
	}
	rig.Manager.Engine = c
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- c.Work(ctx, rig.Manager, engine.Request{Workers: 2}, func() { close(ready) }) }()
	<-ready
	var ended atomic.Bool
	stop := func() {
		if ended.CompareAndSwap(false, true) {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("the worker ended with %v", err)
			}
			c.Close()
		}
	}
	t.Cleanup(stop)
	return &bench{rig, stop}
}

// TestHistoriesHoldIdsOnly: neither content nor links nor what errors say reach Temporal (Rule 8).
func TestHistoriesHoldIdsOnly(t *testing.T) {
	t.Parallel()
	server := testbed.Temporal(t)
	b := work(t, enginetest.New(t, enginetest.NewSite(7)), server.Address)
	var tries atomic.Int64
	b.Target.OnBatch = func(*agentv1.WriteRecordsRequest) error {
		switch tries.Add(1) {
		case 2:
			return &link.Error{Code: "database_gone", Cause: "told in confidence", Fix: "Start it.", Grpc: codes.Unavailable}
		case 4:
			return &link.Error{Code: "disk_full", Cause: "told in confidence", Fix: "Make room.", Grpc: codes.FailedPrecondition}
		}
		return nil
	}
	ctx := context.Background()
	rep, err := b.Run(ctx)
	if err == nil || rep.Failure == nil || rep.Failure.Code != "disk_full" {
		t.Fatalf("%v, %+v", err, rep)
	}
	text := history(t, server, rep.Migration)
	if rep, err = b.Run(ctx); err != nil || rep.Status != migration.Done || rep.Run != 1 {
		t.Fatalf("%v, %+v", err, rep)
	}
	text += history(t, server, rep.Migration)
	if n := strings.Count(text, `"task"`); n < 10 {
		t.Errorf("only %d activities in %s", n, text)
	}
	secrets := []string{"confidence", "Entry", "entry", "example.org", "memory"}
	for _, l := range []string{b.Request.Source, b.Request.Target} {
		for _, part := range strings.FieldsFunc(strings.TrimPrefix(l, "bailey://"), func(r rune) bool { return strings.ContainsRune("?&=", r) }) {
			if len(part) > len("source") {
				secrets = append(secrets, part)
			}
		}
	}
	if len(secrets) < 10 {
		t.Errorf("only %d parts of links", len(secrets))
	}
	for _, s := range secrets {
		if strings.Contains(text, s) {
			t.Errorf("%q is in a history", s)
		}
	}
}

// history gives what Temporal keeps of the newest execution, with its payloads in clear.
func history(t *testing.T, server *testbed.TemporalServer, id string) string {
	t.Helper()
	c, err := client.Dial(client.Options{HostPort: server.Address, Logger: quiet{}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var text strings.Builder
	events := c.GetWorkflowHistory(context.Background(), "bailey/"+id, "", true, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			t.Fatal(err)
		}
		text.WriteString(protojson.Format(e))
		for _, p := range append(e.GetActivityTaskScheduledEventAttributes().GetInput().GetPayloads(), e.GetWorkflowExecutionStartedEventAttributes().GetInput().GetPayloads()...) {
			text.Write(p.GetData())
		}
		for _, d := range e.GetMarkerRecordedEventAttributes().GetDetails() {
			for _, p := range d.GetPayloads() {
				text.Write(p.GetData())
			}
		}
	}
	return text.String()
}

type quiet struct{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}

// TestLostTemporalLosesNothing: its server goes with all that it knew; a resume with an empty one goes on from the store.
func TestLostTemporalLosesNothing(t *testing.T) {
	t.Parallel()
	first, err := testbed.StartTemporal()
	if err != nil {
		t.Fatalf("%v (run `make deps`)", err)
	}
	defer first.Stop()
	rig := enginetest.New(t, enginetest.NewSite(7))
	reached, release := make(chan struct{}), make(chan struct{})
	var once atomic.Bool
	rig.Target.OnBatch = func(*agentv1.WriteRecordsRequest) error {
		if once.CompareAndSwap(false, true) {
			close(reached)
			<-release
		}
		return nil
	}
	b := work(t, rig, first.Address)
	job, err := rig.Manager.Begin(context.Background(), rig.Request)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := job.Hand(context.Background()); err != nil {
		t.Fatal(err)
	}
	<-reached
	first.Stop()
	close(release)
	b.stop()
	work(t, rig, testbed.Temporal(t).Address)
	rig.Request = engine.Request{Resume: job.Migration.ID}
	rep, err := rig.Run(context.Background())
	if err != nil || rep.Run != 1 || rep.Status != migration.Done {
		t.Fatalf("%v, %+v", err, rep)
	}
	want, err := enginetest.New(t, enginetest.NewSite(7)).Run(context.Background())
	if err != nil || rep.Root != want.Root {
		t.Errorf("%v: root %s, undisturbed %s", err, rep.Root, want.Root)
	}
}

// TestUnreachable is told with what to do.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := temporal.Dial(ctx, temporal.Options{Address: "127.0.0.1:1"}); migration.ProblemOf(err).Code != "temporal_unreachable" {
		t.Errorf("%v", err)
	}
	c, err := temporal.Dial(ctx, temporal.Options{Address: testbed.Temporal(t).Address, Namespace: "none"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Start(ctx, "m"); migration.ProblemOf(err).Code != "temporal_unreachable" {
		t.Errorf("%v", err)
	}
}

// TestUnreachableAgentIsToldAlike: whoever waits for the workers says what a process of its own would have said, and ends alike.
func TestUnreachableAgentIsToldAlike(t *testing.T) {
	t.Parallel()
	said := func(begin func(*enginetest.Rig)) string {
		t.Helper()
		rig := enginetest.New(t, enginetest.NewSite(2))
		rig.Manager.Retry.For = 200 * time.Millisecond
		rig.Target.OnBatch = func(*agentv1.WriteRecordsRequest) error {
			return &link.Error{Code: "database_gone", Cause: "the database went away", Fix: "Start it.", Grpc: codes.Unavailable}
		}
		begin(rig)
		rep, err := rig.Run(context.Background())
		if migration.ExitOf(err) != migration.ExitUnreachable || rep.Status != migration.Failed || rep.Failure.ExitCode != migration.ExitUnreachable {
			t.Errorf("exit %d, %v, %+v", migration.ExitOf(err), err, rep)
		}
		return migration.ProblemOf(err).Code + " " + err.Error()
	}
	own := said(func(*enginetest.Rig) {})
	if theirs := said(func(rig *enginetest.Rig) { work(t, rig, testbed.Temporal(t).Address) }); theirs != own {
		t.Errorf("this process says %q, workers %q", own, theirs)
	}
}
