package drupal

import (
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms/drupal/drupaltest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// An account gets its fields once, also those that accounts of the target have already.
func TestAccountsWithFieldsThatAreThere(t *testing.T) {
	t.Parallel()
	for _, major := range []int{7, 8} {
		x := newTarget(t, drupaltest.New(t, cmssql.SQLite, "", major))
		sc := x.scope("1")
		for _, name := range []string{"first", "second"} {
			x.write(sc, &recordv1.Record{Ref: record.NewRef(kindUser, name), Body: &recordv1.Record_User{User: &recordv1.User{Login: name, Email: name + "@elsewhere.example"}},
				Fields: []*recordv1.Field{{Name: "field_motto", Value: php.Text("of " + name)}}})
		}
		table := map[int]string{7: "field_data_field_motto", 8: "user__field_motto"}[major]
		if got := x.ask("SELECT field_motto_value AS v FROM {" + table + "} ORDER BY entity_id"); got != "of first of second" {
			t.Errorf("%d: the field holds %q", major, got)
		}
	}
}
