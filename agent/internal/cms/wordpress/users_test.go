package wordpress

import (
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/ledger"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// New accounts get names that nobody has: neither on the target, by the server's own rules, nor in the batch.
func TestNamesOfAccounts(t *testing.T) {
	onBlank(t, func(t *testing.T, s *Site) {
		add := "INSERT INTO {users} (ID, user_login, user_nicename, user_email, user_pass, user_url, user_activation_key, display_name) VALUES (?, ?, ?, ?, '', '', '', '')"
		do(t, s, add, 9001, "ann", "ann", "ann@old.example")
		do(t, s, add, 9002, "bär", "baer", "baer@old.example")
		accounts := []struct{ mail, login, slug, wantLogin, wantSlug string }{
			{"ann@new.example", "", "", "ann-2", "ann-2"},
			{"cleo@new.example", "Cleo", "ann", "Cleo", "ann-3"},
			{"Ann@third.example", "", "", "ann-3", "ann-3-2"},
			{"zoe@new.example", "zoé", "zoe", "zoé", "zoe"},
			{"bar@new.example", "", "bar", "bar", "bar"},
			{"bar@third.example", "", "bar", "bar-2", "bar-2"},
		}
		if s.db.Dialect() == cmssql.MySQL {
			// There ä is a when names are compared.
			accounts[4].wantLogin, accounts[5].wantLogin = "bar-2", "bar-3"
		}
		books, err := ledger.Open(s, zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		sc, err := books.Scope(t.Context(), &agentv1.WriteScope{SourceSite: strings.Repeat("1", 32), Run: "r"})
		if err != nil {
			t.Fatal(err)
		}
		var recs []*recordv1.Record
		for i, a := range accounts {
			r := &recordv1.Record{Ref: record.NewRef(recordv1.Kind_KIND_USER, itoa(int64(i+1))), Body: &recordv1.Record_User{User: &recordv1.User{Email: a.mail, Login: a.login, Slug: a.slug}}}
			record.Seal(r)
			recs = append(recs, r)
		}
		write(t, books, sc, recs)
		for _, a := range accounts {
			if got := ask(t, s, "SELECT user_login FROM {users} WHERE user_email = '"+a.mail+"'"); got != a.wantLogin {
				t.Errorf("%s: login %q, want %q", a.mail, got, a.wantLogin)
			}
			if got := ask(t, s, "SELECT user_nicename FROM {users} WHERE user_email = '"+a.mail+"'"); got != a.wantSlug {
				t.Errorf("%s: nicename %q, want %q", a.mail, got, a.wantSlug)
			}
		}
	})
}
