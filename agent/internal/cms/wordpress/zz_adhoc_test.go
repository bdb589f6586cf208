package wordpress

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/ledger"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

func TestAdhoc(t *testing.T) {
	if os.Getenv("ADHOC") == "" {
		t.Skip("ad hoc")
	}
	op := func(db string, w bool) cms.Site {
		c, _ := cmssql.ParseDSN("mysql://root@/" + db + "?socket=/tmp/wp/run/s.sock")
		s, err := Driver{}.Open(t.Context(), cms.Settings{Database: c, Prefix: "wp_", Writable: w, Files: "/tmp"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	src, dst := op("wp_big", false), op("wp_bt", true)
	books, err := ledger.Open(dst, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	sc, err := books.Scope(t.Context(), &agentv1.WriteScope{SourceSite: strings.Repeat("1", 32), Run: "r1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []cms.Kind{recordv1.Kind_KIND_USER, recordv1.Kind_KIND_TERM, recordv1.Kind_KIND_ENTRY, recordv1.Kind_KIND_COMMENT} {
		start := time.Now()
		shards, _ := src.Split(t.Context(), kind, 4, cms.Options{})
		var all [][]*recordv1.Record
		n := 0
		for _, sh := range shards {
			var recs []*recordv1.Record
			for it, err := range src.Read(t.Context(), kind, sh, nil, cms.Options{}) {
				if err != nil {
					t.Fatal(err)
				}
				if it.Record == nil {
					continue
				}
				record.Seal(it.Record)
				recs = append(recs, it.Record)
				n++
			}
			all = append(all, recs)
		}
		rd := time.Since(start)
		start = time.Now()
		var wg sync.WaitGroup
		for _, recs := range all {
			wg.Go(func() {
				for at := 0; at < len(recs); at += 300 {
					if _, err := books.Write(t.Context(), sc, recs[at:min(at+300, len(recs))]); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		fmt.Println(kind, n, "read", rd, "write", time.Since(start))
	}
	start := time.Now()
	_, err = books.Finish(t.Context(), sc)
	fmt.Println("finish", time.Since(start), err)
}
