package server_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/zap"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/fake"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/ledger"
	"github.com/baileybridge/bailey/agent/internal/server"
	"github.com/baileybridge/bailey/deploy/testbed"
	"github.com/baileybridge/bailey/proto/agenttest"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

func TestMain(m *testing.M) { testbed.Main(m) }

func TestContract(t *testing.T) {
	t.Parallel()
	for _, d := range []cmssql.Dialect{cmssql.SQLite, cmssql.MySQL} {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			agenttest.Contract(t, func(t *testing.T) agenttest.Fixture {
				source := install(t, d)
				fill(t, source)
				return agenttest.Fixture{Source: serve(t, source, agentv1.Role_ROLE_SOURCE), Target: serve(t, install(t, d), agentv1.Role_ROLE_TARGET)}
			})
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// install makes an empty site.
func install(t *testing.T, d cmssql.Dialect) cms.Settings {
	t.Helper()
	set := cms.Settings{Platform: fake.Platform, Prefix: "fk_", Files: t.TempDir(), Version: "1.0"}
	if d == cmssql.SQLite {
		set.Database = cmssql.Config{Dialect: d, File: testbed.SQLite(t)}
		must(t, os.WriteFile(set.Database.File, nil, 0o600))
	} else {
		c, err := cmssql.ParseDSN(testbed.MariaDB(t).Database(t).DSN)
		must(t, err)
		set.Database = c
	}
	db, err := cmssql.Open(t.Context(), set.Database, true)
	must(t, err)
	must(t, fake.Install(t.Context(), db, set.Prefix, "https://fake.example", filepath.Base(set.Files)))
	must(t, db.Close())
	return set
}

func open(t *testing.T, set cms.Settings) cms.Site {
	t.Helper()
	site, err := fake.Driver{}.Open(t.Context(), set)
	must(t, err)
	t.Cleanup(func() { _ = site.Close() })
	return site
}

// fill writes entries and a media record with a file.
func fill(t *testing.T, set cms.Settings) {
	t.Helper()
	set.Writable = true
	books, err := ledger.Open(open(t, set), zap.NewNop())
	must(t, err)
	sc, err := books.Scope(t.Context(), &agentv1.WriteScope{SourceSite: "fill", Run: "fill"})
	must(t, err)
	must(t, os.WriteFile(filepath.Join(set.Files, "big.png"), bytes.Repeat([]byte("0123456789"), 40<<10), 0o600))
	media := agenttest.Make(recordv1.Kind_KIND_MEDIA, 1)
	media.GetMedia().Files = []*recordv1.File{{Role: "full", Path: "big.png"}, {Role: "size", SizeName: "small", Path: "gone.png"}}
	record.Seal(media)
	_, err = books.Write(t.Context(), sc, []*recordv1.Record{media})
	must(t, err)
	for _, kind := range []recordv1.Kind{recordv1.Kind_KIND_TERM, recordv1.Kind_KIND_ENTRY} {
		recs := agenttest.MakeMany(kind, 12)
		for _, r := range recs {
			record.Seal(r)
		}
		_, err = books.Write(t.Context(), sc, recs)
		must(t, err)
	}
}

func newServer(t *testing.T, set cms.Settings, role agentv1.Role) *server.Server {
	t.Helper()
	set.Writable = role == agentv1.Role_ROLE_TARGET
	s, err := server.New(t.Context(), server.Config{Driver: fake.Driver{}, Site: open(t, set), Settings: set, Role: role, Version: "test", Log: zap.NewNop(), Logs: server.NewRing()})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

func serve(t *testing.T, set cms.Settings, role agentv1.Role) agentv1.AgentServiceClient {
	t.Helper()
	return agenttest.Connect(t, agenttest.Serve(t, newServer(t, set, role), role))
}

func readAll(t *testing.T, c agentv1.AgentServiceClient, kind recordv1.Kind) (recs []*recordv1.Record, unread []*agentv1.Unread) {
	t.Helper()
	split, err := c.SplitKind(t.Context(), &agentv1.SplitKindRequest{Kind: kind, Shards: 1})
	must(t, err)
	for _, sh := range split.GetShards() {
		stream, err := c.ReadRecords(t.Context(), &agentv1.ReadRecordsRequest{Kind: kind, Shard: sh.GetRange()})
		must(t, err)
		for {
			batch, err := stream.Recv()
			if err != nil {
				break
			}
			recs, unread = append(recs, batch.GetRecords()...), append(unread, batch.GetUnread()...)
		}
	}
	return recs, unread
}

// Rule 7: paths stay at home. Rule 1: a file that is not there is told.
func TestFilesHaveOpaqueIDs(t *testing.T) {
	t.Parallel()
	set := install(t, cmssql.SQLite)
	fill(t, set)
	recs, _ := readAll(t, serve(t, set, agentv1.Role_ROLE_SOURCE), recordv1.Kind_KIND_MEDIA)
	again, _ := readAll(t, serve(t, set, agentv1.Role_ROLE_SOURCE), recordv1.Kind_KIND_MEDIA)
	files := recs[0].GetMedia().GetFiles()
	if len(files) != 2 || files[0].GetMissing() || files[0].GetBytes() != 400<<10 || !files[1].GetMissing() {
		t.Fatalf("files are %v", files)
	}
	for i, f := range files {
		if f.GetId() == "" || bytes.Contains([]byte(f.GetId()), []byte("png")) || f.GetId() != again[0].GetMedia().GetFiles()[i].GetId() {
			t.Errorf("id %q is not opaque or not stable", f.GetId())
		}
	}
}

// Rule 1: what cannot be sent is told, and everything else arrives.
func TestUnsendableRecordsAreTold(t *testing.T) {
	t.Parallel()
	set := install(t, cmssql.SQLite)
	fill(t, set)
	db, err := cmssql.Open(t.Context(), set.Database, true)
	must(t, err)
	must(t, db.Exec(t.Context(), "UPDATE fk_entrys SET body = ? WHERE id = 3", hugeEntry(t)))
	must(t, db.Exec(t.Context(), "UPDATE fk_entrys SET body = ? WHERE id = 4", []byte{0xff, 0xff}))
	must(t, db.Close())
	recs, unread := readAll(t, serve(t, set, agentv1.Role_ROLE_SOURCE), recordv1.Kind_KIND_ENTRY)
	codes := map[string]string{}
	for _, u := range unread {
		codes[u.GetRef().GetSourceId()] = u.GetProblem().GetCode()
	}
	if len(recs) != 10 || codes["3"] != "record_too_large" || codes["4"] != "row_unreadable" {
		t.Errorf("%d records read, unread %v", len(recs), codes)
	}
}

func hugeEntry(t *testing.T) []byte {
	t.Helper()
	body := bytes.Repeat([]byte("x"), record.MaxBytes+1)
	// Record.entry (field 14) with Entry.title (field 5), encoded by hand.
	inner := append(fmt.Appendf(nil, "\x2a%s", varint(len(body))), body...)
	return append(fmt.Appendf(nil, "\x72%s", varint(len(inner))), inner...)
}

func varint(n int) []byte {
	var b []byte
	for n >= 0x80 {
		b, n = append(b, byte(n)|0x80), n>>7
	}
	return append(b, byte(n))
}

func TestTailLogs(t *testing.T) {
	t.Parallel()
	set := install(t, cmssql.SQLite)
	ring := server.NewRing()
	s, err := server.New(t.Context(), server.Config{Driver: fake.Driver{}, Site: open(t, set), Settings: set, Role: agentv1.Role_ROLE_SOURCE, Log: zap.NewNop(), Logs: ring})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	for i := range 1500 {
		_, _ = fmt.Fprintf(ring, "line %d\n", i)
	}
	stream, err := agenttest.Connect(t, agenttest.Serve(t, s, agentv1.Role_ROLE_SOURCE)).TailLogs(t.Context(), &agentv1.TailLogsRequest{Lines: 2, Follow: true})
	must(t, err)
	for _, want := range []string{"line 1498", "line 1499", "later"} {
		if want == "later" {
			_, _ = fmt.Fprintln(ring, "later")
		}
		got, err := stream.Recv()
		must(t, err)
		if got.GetLine() != want {
			t.Errorf("got %q, want %q", got.GetLine(), want)
		}
	}
}
