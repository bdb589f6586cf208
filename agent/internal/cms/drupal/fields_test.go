package drupal

import (
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
)

// Every type of field of Drupal's core, and those of modules that many sites have, reads as a value of its own type with all that it says.
func TestEveryTypeOfFieldReads(t *testing.T) {
	t.Parallel()
	type props []string
	for _, c := range []struct {
		seven       bool
		typ, target string
		props       props
		want        string
	}{
		{true, "text", "", props{"value", "A", "format", "plain_text"}, `{"value":"A","format":"plain_text"}`},
		{true, "text_long", "", props{"value", "A", "format", "full_html"}, `{"value":"A","format":"full_html"}`},
		{true, "text_with_summary", "", props{"value", "A", "summary", "B", "format", "full_html"}, `{"value":"A","summary":"B","format":"full_html"}`},
		{true, "list_text", "", props{"value", "a"}, `"a"`}, {true, "list_integer", "", props{"value", "3"}, `3`}, {true, "list_float", "", props{"value", "0.5"}, `0.5`}, {true, "list_boolean", "", props{"value", "1"}, `true`},
		{true, "number_integer", "", props{"value", "-7"}, `-7`}, {true, "number_decimal", "", props{"value", "9.90"}, `9.90`}, {true, "number_float", "", props{"value", "1.25"}, `1.25`},
		{true, "taxonomy_term_reference", "taxonomy_term", props{"tid", "4"}, `{"tid":"bailey:term\/4;id"}`},
		{true, "file", "file", props{"fid", "4", "display", "1", "description", "D"}, `{"fid":"bailey:media\/4;id","display":1,"description":"D"}`},
		{true, "image", "file", props{"fid", "4", "alt", "A", "title", "T", "width", "3", "height", "2"}, `{"fid":"bailey:media\/4;id","alt":"A","title":"T","width":3,"height":2}`},
		{true, "entityreference", "node", props{"target_id", "4"}, `{"target_id":"bailey:entry\/4;id"}`}, {true, "node_reference", "node", props{"nid", "4"}, `{"nid":"bailey:entry\/4;id"}`}, {true, "user_reference", "user", props{"uid", "4"}, `{"uid":"bailey:user\/4;id"}`},
		{true, "link_field", "", props{"url", "https://x.example/", "title", "X", "attributes", "a:0:{}"}, `{"url":"https:\/\/x.example\/","title":"X","attributes":"a:0:{}"}`},
		{true, "email", "", props{"email", "a@x.example"}, `{"email":"a@x.example"}`}, {true, "datetime", "", props{"value", "2020-01-02 03:04:05", "value2", "2020-01-03 00:00:00"}, `{"value":"2020-01-02 03:04:05","value2":"2020-01-03 00:00:00"}`},
		{true, "datestamp", "", props{"value", "1500000000"}, `"1500000000"`}, {true, "addressfield", "", props{"country", "DE", "locality", "Bonn"}, `{"country":"DE","locality":"Bonn"}`},
		{true, "geofield", "", props{"geom", "POINT (1 2)", "lat", "2", "lon", "1"}, `{"geom":"POINT (1 2)","lat":"2","lon":"1"}`},
		{false, "boolean", "", props{"value", "0"}, `false`}, {false, "integer", "", props{"value", "7"}, `7`}, {false, "decimal", "", props{"value", "9.90"}, `9.90`}, {false, "float", "", props{"value", "1.25"}, `1.25`},
		{false, "list_integer", "", props{"value", "3"}, `3`}, {false, "list_float", "", props{"value", "0.5"}, `0.5`}, {false, "list_string", "", props{"value", "a"}, `"a"`},
		{false, "string", "", props{"value", "A"}, `"A"`}, {false, "string_long", "", props{"value", "A"}, `"A"`}, {false, "email", "", props{"value", "a@x.example"}, `"a@x.example"`}, {false, "telephone", "", props{"value", "+49"}, `"+49"`},
		{false, "uri", "", props{"value", "https://x.example/"}, `"https:\/\/x.example\/"`}, {false, "file_uri", "", props{"value", "public://a"}, `"public:\/\/a"`}, {false, "uuid", "", props{"value", "u-1"}, `"u-1"`}, {false, "language", "", props{"value", "fr"}, `"fr"`},
		{false, "timestamp", "", props{"value", "1500000000"}, `1500000000`}, {false, "created", "", props{"value", "1500000000"}, `1500000000`}, {false, "changed", "", props{"value", "1500000000"}, `1500000000`},
		{false, "datetime", "", props{"value", "2020-01-02T03:04:05"}, `"2020-01-02T03:04:05"`}, {false, "daterange", "", props{"value", "2020-01-02", "end_value", "2020-01-03"}, `{"value":"2020-01-02","end_value":"2020-01-03"}`},
		{false, "text", "", props{"value", "A", "format", "f"}, `{"value":"A","format":"f"}`}, {false, "text_long", "", props{"value", "A", "format", "f"}, `{"value":"A","format":"f"}`},
		{false, "text_with_summary", "", props{"value", "A", "summary", "B", "format", "f"}, `{"value":"A","summary":"B","format":"f"}`},
		{false, "link", "", props{"uri", "entity:node/1", "title", "X", "options", "a:1:{s:1:\"a\";i:1;}"}, `{"uri":"entity:node\/1","title":"X","options":{"a":1}}`},
		{false, "entity_reference", "node", props{"target_id", "4"}, `{"target_id":"bailey:entry\/4;id"}`}, {false, "entity_reference", "media", props{"target_id", "4"}, `{"target_id":"bailey:media\/media%3A4;id"}`},
		{false, "entity_reference", "view", props{"target_id", "frontpage"}, `{"target_id":"frontpage"}`},
		{false, "file", "file", props{"target_id", "4", "display", "1", "description", "D"}, `{"target_id":"bailey:media\/4;id","display":1,"description":"D"}`},
		{false, "image", "file", props{"target_id", "4", "alt", "A", "width", "3", "height", "2"}, `{"target_id":"bailey:media\/4;id","alt":"A","width":3,"height":2}`},
		{false, "map", "", props{"value", "a:1:{s:1:\"a\";i:1;}"}, `{"a":1}`}, {false, "password", "", props{"value", "$S$x"}, ``},
		{false, "comment", "", props{"status", "2"}, `{"status":"2"}`}, {false, "layout_section", "", props{"section", `O:8:"stdClass":0:{}`}, `{"section":"O:8:\"stdClass\":0:{}"}`},
		{false, "address", "", props{"country_code", "DE", "locality", "Bonn"}, `{"country_code":"DE","locality":"Bonn"}`}, {false, "geofield", "", props{"value", "POINT (1 2)", "lat", "2"}, `{"value":"POINT (1 2)","lat":"2"}`},
		{false, "webform", "webform", props{"target_id", "contact", "status", "open"}, `{"target_id":"contact","status":"open"}`},
	} {
		f := &field{name: "f", typ: c.typ, target: c.target, cardinality: 1, scale: 2}
		var cells cmssql.Row
		for i := 0; i+1 < len(c.props); i += 2 {
			cells = append(cells, cmssql.Cell{Name: "f_" + c.props[i], Text: c.props[i+1]})
		}
		v := (&values{s: &Site{seven: c.seven}}).value(holder{}, f, []row{{cells}})
		got := ""
		if v != nil {
			got = php.WriteJSON(pointersAsTokens(v))
		}
		if got != c.want {
			t.Errorf("%s (7: %v) reads as %s, want %s", c.typ, c.seven, got, c.want)
		}
	}
}
