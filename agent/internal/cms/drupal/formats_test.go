package drupal

import (
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/drupal/drupaltest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// In both layouts a format says all that it does; a text of the same format stays as it is, in whatever format of the site does that;
// and of HTML nothing is left out, for which a format is made where none shows it.
func TestTextsGetAFormatThatShowsThem(t *testing.T) {
	t.Parallel()
	for major, visitors := range map[int]string{7: "drupal|filter_html7 <a> <em>|filter_url7 72|filter_autop", 8: "drupal|filter_html <a href> <em>|nofollow|filter_autop|filter_url 40"} {
		site := drupaltest.New(t, cmssql.SQLite, "", major)
		if major == 8 {
			site.Modules(t, "text")
		}
		x := newTarget(t, site)
		if got := x.s.schema.formats["visitors"].markup(); got != visitors {
			t.Errorf("%d: the format is %q, want %q", major, got, visitors)
		}
		if major == 7 {
			// None of its formats is to show HTML as it is.
			if err := x.s.db.Exec(t.Context(), "UPDATE filter SET name = 'filter_autop' WHERE format = 'full_html'"); err != nil {
				t.Fatal(err)
			}
		}
		sc := x.scope("1")
		x.write(sc, inFormat("1", visitors, "gone", "one\n\ntwo <b>x"), inFormat("2", "html", "visitors", "<table></table>"), inFormat("3", visitors, "visitors", "y"))
		body := map[int]string{7: "field_data_body", 8: "node__body"}[major]
		if got := x.ask("SELECT body_format || '=' || body_value AS v FROM {" + body + "} ORDER BY entity_id"); got != "visitors=one\n\ntwo <b>x moved_html=<table></table> visitors=y" {
			t.Errorf("%d: written is %q", major, got)
		}
		made, err := x.s.fresh(t.Context(), x.s.db)
		if err != nil || !made.schema.formats["moved_html"].plain() || !made.knows("moved_html") {
			t.Errorf("%d: the format that was made is %v, %v", major, made.schema.formats["moved_html"], err)
		}
		field := map[int]string{7: "field_data_field_note", 8: "node__field_note"}[major]
		if got := x.ask("SELECT field_note_format AS v FROM {" + field + "} ORDER BY entity_id"); got != "moved_html visitors visitors" {
			t.Errorf("%d: texts in fields have %q", major, got)
		}
		if err := x.books.Rollback(t.Context(), sc, &agentv1.RollbackRequest{}, nil, func(*agentv1.RollbackResponse) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if made, err = x.s.fresh(t.Context(), x.s.db); err != nil || made.knows("moved_html") {
			t.Errorf("%d: the format is still there: %v", major, err)
		}
	}
}

func inFormat(id, markup, name, text string) *recordv1.Record {
	note := pairs("value", php.Text("<i>n</i>"), "format", php.Text(name))
	return &recordv1.Record{Ref: record.NewRef(kindEntry, id), Fields: []*recordv1.Field{{Name: "body.format", Value: php.Text(name)}, {Name: "field_note", Value: note, Encoding: "json"}},
		Body: &recordv1.Record_Entry{Entry: &recordv1.Entry{Type: "article", Title: id, Status: recordv1.Status_STATUS_PUBLISHED, Content: &recordv1.Body{Markup: markup, Text: text}}}}
}

// Texts of Drupal name what they embed by its unique id, which is another one here: a media entity's, or that of the file that it shows.
func TestUniqueIDsOfATarget(t *testing.T) {
	t.Parallel()
	site := drupaltest.New(t, cmssql.SQLite, "", 8)
	site.Fill8(t)
	x := newTarget(t, site)
	want := func(query string) string { return x.ask(query) }
	for _, c := range []struct {
		target, form, want string
	}{
		{"media:1", "uuid", want("SELECT uuid AS v FROM {media} WHERE mid = 1")},
		{"media:1", "fileuuid", want("SELECT uuid AS v FROM {file_managed} WHERE fid = (SELECT field_media_image_target_id FROM {media__field_media_image} WHERE entity_id = 1)")},
		{"2", "uuid", want("SELECT uuid AS v FROM {file_managed} WHERE fid = 2")},
		{"999", "uuid", ""},
	} {
		got, err := x.s.Locate(t.Context(), x.s.db, []cms.Want{{Kind: kindMedia, TargetID: c.target, Form: c.form}})
		if err != nil || got[0] != c.want || c.want == "" && c.target != "999" {
			t.Errorf("%s;%s is %q, %v; want %q", c.target, c.form, got, err, c.want)
		}
	}
}
