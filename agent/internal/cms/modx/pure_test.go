package modx

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

func rowOf(pairs ...string) row {
	r := row{}
	for i := 0; i < len(pairs); i += 2 {
		r = append(r, cmssql.Cell{Name: pairs[i], Text: pairs[i+1]})
	}
	return r
}

// A branch ends where a resource is hidden, loops are walked once, and a weblink leads where its page does.
func TestMenuItems(t *testing.T) {
	t.Parallel()
	items := menuItems([]row{
		rowOf("id", "1", "parent", "0", "pagetitle", "Home", "class_key", "modDocument"),
		rowOf("id", "2", "parent", "0", "pagetitle", "Coffee", "menutitle", "C", "class_key", `MODX\Revolution\modDocument`),
		rowOf("id", "4", "parent", "2", "pagetitle", "Out", "class_key", `MODX\Revolution\modWebLink`, "content", "https://example.org/", "link_attributes", `target="_blank"`),
		rowOf("id", "5", "parent", "2", "pagetitle", "In", "class_key", "modWebLink", "content", "[[~1]]"),
		rowOf("id", "7", "parent", "6", "pagetitle", "Below the hidden", "class_key", "modDocument"),
		rowOf("id", "8", "parent", "9", "class_key", "modDocument"), rowOf("id", "9", "parent", "8", "class_key", "modDocument"),
	})
	var got []string
	for _, it := range items {
		got = append(got, strings.Join([]string{it.GetId(), it.GetParentId(), it.GetTitle(), it.GetTarget().GetSourceId(), it.GetUrl(), it.GetWindow()}, ","))
	}
	if want := "1,,,1,, 2,,C,2,, 4,2,Out,,https://example.org/,_blank 5,2,In,1,,"; strings.Join(got, " ") != want {
		t.Errorf("items %v", got)
	}
}

func TestLinkedID(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{"12": "12", " [[~12]]\n": "12", "[[~12]]#part": "", "[[~12": "", "12]]": "", "https://x/": "", "": ""} {
		if got, _ := linkedID(content); got != want {
			t.Errorf("%q leads to %q", content, got)
		}
	}
}

func TestAliasOf(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]string{"Café & Tea!": "café-tea", "": "resource", "???": "resource", strings.Repeat("x", 300): strings.Repeat("x", maxAlias)} {
		if got := aliasOf("", title); got != want {
			t.Errorf("%q becomes %q", title, got)
		}
	}
	if got := aliasOf("emoji-☕", "other"); got != "emoji-☕" {
		t.Errorf("a slug becomes %q", got)
	}
}

// What is kept in the column comes back as it was, whatever its type.
func TestKept(t *testing.T) {
	t.Parallel()
	fields := []*recordv1.Field{field("a", textValue("x")), field("a", list([]string{"1", "2"})), {Name: "b", Encoding: "php", Raw: []byte("a:0:{")}, {Name: "c"},
		field("d", list(nil)), {Name: "e", Encoding: "json", Value: textValue("t")}, field("f", refValue(ref(kindEntry, "9")))}
	back := readKept(writeKept(fields))
	if len(back) != len(fields) {
		t.Fatalf("%d fields of %d", len(back), len(fields))
	}
	for i := range fields {
		if back[i].String() != fields[i].String() {
			t.Errorf("%v became %v", fields[i], back[i])
		}
	}
}

func TestBinding(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{"@INHERIT": "@INHERIT", "@INHERIT x.jpg": "@INHERIT", "@EVAL return 1;": "@EVAL", "@SELECT\n1": "@SELECT", "@INHERITED": "", "@someone": "", "x @EVAL": ""} {
		if got := binding(value); got != want {
			t.Errorf("%q is %q", value, got)
		}
	}
}

// A context stands where its own settings say, below the site.
func TestContextBase(t *testing.T) {
	t.Parallel()
	s := &Site{}
	s.set.BaseURL = "https://modx.example/shop"
	e := newEnv()
	for key, own := range map[string]map[string]string{"fr": {"base_url": "/shop/fr/", "site_url": "https://modx.example/other/"}, "de": {"site_url": "https://modx.example/shop/de"},
		"host": {"site_url": "https://it.modx.example/"}, "none": nil, "tags": {"base_url": "[[++x]]", "site_url": "{url_scheme}{http_host}/x/"}} {
		e.own[key] = own
	}
	for key, want := range map[string]string{"fr": "/fr/", "de": "/de/", "host": "/", "none": "/", "tags": "/", homeContext: "/"} {
		if got := s.contextBase(e, key); got != want {
			t.Errorf("%s stands at %s, want %s", key, got, want)
		}
	}
}

// What became a text, or another platform's array, on its way is read as what MODX keeps.
func TestFieldsComeBackTyped(t *testing.T) {
	t.Parallel()
	object := newObject()
	object.set("a", textValue("b"))
	for name, c := range map[string][2]*recordv1.Field{
		"JSON as text": {{Name: propertiesField, Value: textValue(`{"a":"b"}`)}, {Name: propertiesField, Value: object.value(), Encoding: "json"}},
		"serialized":   {{Name: propertiesField, Value: object.value(), Encoding: "php"}, {Name: propertiesField, Value: object.value(), Encoding: "json"}},
		"JSON":         {{Name: propertiesField, Value: object.value(), Encoding: "json"}, nil},
		"a tag":        {{Name: linkField, Value: textValue("[[~2]]#part")}, nil},
		"another's":    {{Name: "settings", Value: textValue(`{"a":"b"}`)}, nil},
		"words":        {{Name: groupsField, Value: list([]string{"Staff"}), Encoding: "php"}, {Name: groupsField, Value: list([]string{"Staff"})}},
	} {
		if got := typed(c[0]); !proto.Equal(got, c[1]) {
			t.Errorf("%s: %v, want %v", name, got, c[1])
		}
	}
}
