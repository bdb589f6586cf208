//go:build accept

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/deploy/testbed"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// joomlaSite is a Joomla of the fixtures: configuration, database, images.
type joomlaSite struct {
	root, prefix string
	db           *testbed.Database
}

// joomlaBase is where the fixtures were seen; nothing answers there.
const joomlaBase = "http://127.0.0.1"

// newJoomla loads j3-dev, j5-dev or a blank one into a fresh database and a fresh folder.
func newJoomla(t *testing.T, fixture string) *joomlaSite {
	t.Helper()
	s := &joomlaSite{root: t.TempDir(), db: server.Database(t)}
	load(t, server.Socket, s.db.Name, filepath.Join(fixtures, fixture, "db.sql.gz"))
	if out, err := exec.Command("tar", "xzf", filepath.Join(fixtures, fixture, "files.tar.gz"), "-C", s.root).CombinedOutput(); err != nil {
		t.Fatalf("unpack files: %v: %s", err, out)
	}
	raw, err := os.ReadFile(filepath.Join(fixtures, fixture, "configuration.php"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("__DB_USER__", "root", "__DB_PASSWORD__", "").Replace(string(raw))
	text = regexp.MustCompile(`\$host = '[^']*'`).ReplaceAllString(text, "$$host = '127.0.0.1:/"+strings.TrimLeft(server.Socket, "/")+"'")
	text = regexp.MustCompile(`\$db = '[^']*'`).ReplaceAllString(text, "$$db = '"+s.db.Name+"'")
	s.prefix = regexp.MustCompile(`\$dbprefix = '([^']*)'`).FindStringSubmatch(text)[1]
	if err := os.WriteFile(filepath.Join(s.root, "configuration.php"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *joomlaSite) serve(t *testing.T, role string) *agent {
	t.Helper()
	return serve(t, "--site", s.root, "--role", role, "--base-url", joomlaBase)
}

// joomlaRow is one item of a truth file.
type joomlaRow map[string]any

func joomlaTruth(t *testing.T, fixture, name string) []joomlaRow {
	t.Helper()
	var all []joomlaRow
	readTruth(t, filepath.Join(fixture, "truth", name+".json"), &all)
	return all
}

func (r joomlaRow) word(key string) string { return joomlaWord(r[key]) }

// joomlaWord is a value of a truth file as a text: nothing, empty lists and zero dates are "", JSON has sorted keys.
func joomlaWord(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		if v == "0000-00-00 00:00:00" {
			return ""
		}
		var inner any
		if len(v) > 1 && (v[0] == '{' || v[0] == '[') && json.Unmarshal([]byte(v), &inner) == nil {
			return joomlaWord(inner)
		}
		return v
	case float64:
		return fmt.Sprintf("%.0f", v)
	case bool:
		return map[bool]string{true: "1", false: "0"}[v]
	case []any:
		if len(v) == 0 {
			return ""
		}
	case map[string]any:
		if len(v) == 0 {
			return ""
		}
	}
	b, err := json.Marshal(joomlaPlain(v))
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// joomlaPlain drops what Joomla 4 writes behind the path of a picture. Numbers are texts: the API makes some of either the other.
func joomlaPlain(v any) any {
	switch v := v.(type) {
	case string:
		path, _, _ := strings.Cut(v, "#joomlaImage")
		return path
	case float64:
		return fmt.Sprintf("%.0f", v)
	case []any:
		for i := range v {
			v[i] = joomlaPlain(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = joomlaPlain(v[k])
		}
	}
	return v
}

// joomlaValue is a value of a record in the same form.
func joomlaValue(v *recordv1.Value) any {
	switch k := v.GetKind().(type) {
	case *recordv1.Value_Text:
		return k.Text
	case *recordv1.Value_IntValue:
		return float64(k.IntValue)
	case *recordv1.Value_FloatValue:
		return json.Number(k.FloatValue)
	case *recordv1.Value_BoolValue:
		return k.BoolValue
	case *recordv1.Value_Ref:
		return k.Ref.GetSourceId()
	case *recordv1.Value_Array:
		if k.Array.GetList() {
			list := []any{}
			for _, p := range k.Array.GetPairs() {
				list = append(list, joomlaValue(p.GetValue()))
			}
			return list
		}
		object := map[string]any{}
		for _, p := range k.Array.GetPairs() {
			key := p.GetKey().GetText()
			if n, ok := p.GetKey().GetKind().(*recordv1.Value_IntValue); ok {
				key = fmt.Sprint(n.IntValue)
			}
			object[key] = joomlaValue(p.GetValue())
		}
		return object
	}
	return nil
}

// joomlaField is a column that records have no name for; otherwise is what stands for one that is left out.
func joomlaField(fields []*recordv1.Field, col, otherwise string) string {
	for _, f := range fields {
		if f.GetName() == "_joomla_"+col {
			return joomlaWord(joomlaValue(f.GetValue()))
		}
	}
	return otherwise
}
