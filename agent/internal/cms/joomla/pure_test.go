package joomla

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

func configured(lines string) []byte { return []byte("<?php\nclass JConfig\n{\n" + lines + "}\n") }

func TestDetect(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{
		"srv/a/configuration.php":                        {Data: configured("\tpublic $dbtype = 'mysqli';\n\tpublic $host = '127.0.0.1:3307';\n\tvar $user = 'u';\n\tpublic $password = 'it\\'s';\n\tpublic $db = 'd';\n\tpublic $dbprefix = 'x_';\n\tpublic $live_site = 'https://a.example/';\n")},
		"srv/a/administrator/manifests/files/joomla.xml": {Data: []byte(`<extension><version>5.3.2</version></extension>`)},
		"srv/b/configuration.php":                        {Data: configured("\tpublic $dbtype = 'pgsql';\n\tpublic $host = '[::1]';\n\tpublic $db = 'd';\n\tpublic $dbprefix = 'y_';\n")},
		"srv/b/libraries/src/Version.php":                {Data: []byte("<?php\nfinal class Version {\n\tpublic const MAJOR_VERSION = 4;\n\tpublic const MINOR_VERSION = 4;\n\tpublic const PATCH_VERSION = 0;\n}")},
		"srv/c/defines.php":                              {Data: []byte("<?php define('JPATH_CONFIGURATION', '/etc/joomla');")},
		"etc/joomla/configuration.php":                   {Data: configured("\tpublic $dbtype = 'mysql';\n\tpublic $host = 'p:db.example';\n\tpublic $db = 'd';\n\tpublic $dbprefix = 'z_';\n\tpublic $dbencryption = 1;\n")},
		"srv/d/configuration.php":                        {Data: []byte("<?php $x = 1;")},
		"srv/e/configuration.php":                        {Data: configured("\tpublic $dbtype = 'sqlsrv';\n\tpublic $password = 'hush';\n")},
	}
	for dir, want := range map[string]cms.Settings{
		"srv/a": {Prefix: "x_", BaseURL: "https://a.example", Version: "5.3.2", Files: "/srv/a", Database: cmssql.Config{Dialect: cmssql.MySQL, Network: "tcp", Address: "127.0.0.1:3307", User: "u", Password: "it's", Name: "d"}},
		"srv/b": {Prefix: "y_", Version: "4.4.0", Files: "/srv/b", Database: cmssql.Config{Dialect: cmssql.Postgres, Network: "tcp", Address: "[::1]:5432", Name: "d"}},
		"srv/c": {Prefix: "z_", Files: "/srv/c", Database: cmssql.Config{Dialect: cmssql.MySQL, Network: "tcp", Address: "db.example:3306", Name: "d", TLS: "skip-verify"}},
	} {
		want.Platform = Platform
		if got, err := (Driver{}).Detect(fsys, dir); err != nil || *got != want {
			t.Errorf("%s: %+v, %v", dir, got, err)
		}
	}
	for _, dir := range []string{"srv/d", "srv/none"} {
		if _, err := (Driver{}).Detect(fsys, dir); !errors.Is(err, cms.ErrNotFound) {
			t.Errorf("%s: %v", dir, err)
		}
	}
	if _, err := (Driver{}).Detect(fsys, "srv/e"); err == nil || strings.Contains(err.Error(), "hush") {
		t.Errorf("an unsupported database: %v", err)
	}
}

func TestParseHost(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{"db": "tcp db:3306", "db:3307": "tcp db:3307", "localhost:/run/x.sock": "unix /run/x.sock", "[::1]:3306": "tcp [::1]:3306", "": "tcp 127.0.0.1:3306"} {
		if network, address := parseHost(host, "3306"); network+" "+address != want {
			t.Errorf("%q: %s %s", host, network, address)
		}
	}
}

func values(depth int) *rapid.Generator[*recordv1.Value] {
	return rapid.Custom(func(t *rapid.T) *recordv1.Value {
		switch n := rapid.IntRange(0, 5).Draw(t, "kind"); {
		case n == 0:
			return &recordv1.Value{}
		case n == 1:
			return &recordv1.Value{Kind: &recordv1.Value_BoolValue{BoolValue: rapid.Bool().Draw(t, "b")}}
		case n == 2:
			return intValue(rapid.Int64().Draw(t, "n"))
		case n == 3 || depth == 0:
			return textValue(strings.ToValidUTF8(rapid.String().Draw(t, "s"), ""))
		}
		list := rapid.Bool().Draw(t, "list")
		v := arrayValue(list)
		for i := range rapid.IntRange(0, 4).Draw(t, "len") {
			key := intValue(int64(i))
			if !list {
				key = textValue("k" + rapid.StringMatching(`[a-zäß"/\\]{0,4}`).Draw(t, "key") + itoa(int64(i)))
			}
			v.GetArray().Pairs = append(v.GetArray().Pairs, &recordv1.Pair{Key: key, Value: values(depth-1).Draw(t, "v")})
		}
		return v
	})
}

func TestJSONRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := values(3).Draw(t, "value")
		text := formatJSON(v, func(*recordv1.Ref) string { return "" })
		if back, err := parseJSON(text); err != nil || !proto.Equal(back, v) {
			t.Fatalf("%v became %s and came back as %v, %v", v, text, back, err)
		}
	})
}

func TestJSONIsThatOfPHP(t *testing.T) {
	t.Parallel()
	const text = `{"image_intro":"images\/\u00e9clair folder\/a.png","alt":"\ud83d\ude00 \"x\" \\ \n","n":1.50,"list":[1,true,null]}`
	v, err := parseJSON(text)
	if err != nil || formatJSON(v, nil) != text {
		t.Errorf("%v, %v", formatJSON(v, nil), err)
	}
}

func FuzzJSON(f *testing.F) {
	f.Add(`{"a":[1,{"b":"\u00e9"}],"c":1e5}`)
	f.Add(strings.Repeat("[", 500))
	f.Fuzz(func(t *testing.T, text string) {
		v, err := parseJSON(text)
		if err != nil {
			return
		}
		again, err := parseJSON(formatJSON(v, nil))
		if err != nil || !proto.Equal(v, again) {
			t.Errorf("%q: %v, then %v, %v", text, v, again, err)
		}
	})
}

func TestLinkTarget(t *testing.T) {
	t.Parallel()
	for link, want := range map[string]string{
		"index.php?option=com_content&view=article&id=12":             "entry/12",
		"index.php?option=com_content&view=category&layout=blog&id=8": "term/8",
		"index.php?option=com_newsfeeds&view=category&id=31":          "term/31",
		"index.php?option=com_contact&view=contact&id=3":              "entry/contact:3",
		"index.php?option=com_tags&view=tag&id[0]=2":                  "term/tag:2",
		"index.php?option=com_tags&view=tag&id[0]=2&id[1]=3":          "",
		"index.php?option=com_content&view=featured":                  "",
		"index.php?option=com_content&view=categories&id=0":           "",
		"https://example.org/?id=5&view=x":                            "",
	} {
		ref, pattern := linkTarget(link)
		got := ""
		if ref != nil {
			got = map[cms.Kind]string{kindEntry: "entry/", kindTerm: "term/"}[ref.GetKind()] + ref.GetSourceId()
			if back := linkOf(ref.GetKind(), ref.GetSourceId(), &pattern); back != link {
				t.Errorf("%s came back as %s", link, back)
			}
		}
		if got != want {
			t.Errorf("%s leads to %q, want %q", link, got, want)
		}
	}
}

func TestAliases(t *testing.T) {
	t.Parallel()
	for in, want := range map[[2]string]string{{"", "Grüße & Co!"}: "grüße-co", {"kept-Alias_1.2", "x"}: "kept-Alias_1.2", {"a/b", "x"}: "a-b", {"", "日本"}: "日本"} {
		if got := aliasOf(in[0], in[1]); got != want {
			t.Errorf("%v: %q", in, got)
		}
	}
	if got := aliasOf("", "!!!"); !strings.HasPrefix(got, "item-") || got != aliasOf("", "!!!") {
		t.Errorf("a title without letters: %q", got)
	}
}

// What became a text, or another platform's array, on its way is read as what the column holds.
func TestFieldsComeBackTyped(t *testing.T) {
	t.Parallel()
	params := arrayValue(false, pair("a", textValue("b")))
	for name, c := range map[string]struct {
		kind extraKind
		sent *recordv1.Field
		want *recordv1.Field
	}{
		"number as text":    {number, &recordv1.Field{Value: textValue("-2")}, &recordv1.Field{Value: intValue(-2)}},
		"number encoded":    {number, &recordv1.Field{Value: intValue(1), Encoding: "json"}, &recordv1.Field{Value: intValue(1)}},
		"number":            {number, &recordv1.Field{Value: intValue(1)}, nil},
		"no number":         {number, &recordv1.Field{Value: textValue("many")}, nil},
		"JSON as text":      {jsonText, &recordv1.Field{Value: textValue(`{"a":"b"}`)}, &recordv1.Field{Value: params, Encoding: "json"}},
		"serialized":        {jsonText, &recordv1.Field{Value: params, Encoding: "php"}, &recordv1.Field{Value: params, Encoding: "json"}},
		"JSON":              {jsonText, &recordv1.Field{Value: params, Encoding: "json"}, nil},
		"text that is none": {jsonText, &recordv1.Field{Value: textValue("{a")}, nil},
		"text":              {plainText, &recordv1.Field{Value: textValue("x")}, nil},
	} {
		if got := (extra{kind: c.kind}).typed(c.sent); !proto.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
