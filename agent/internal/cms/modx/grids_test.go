package modx

import (
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms/modx/modxtest"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// Pictures and pages in the rows of a grid are pointers, whatever escapes its JSON is written with; so are those of forms that
// variables share.
func TestGridsPoint(t *testing.T) {
	t.Parallel()
	site := modxtest.New(t, true, "modx_")
	site.Fill(t)
	site.File(t, "assets/photos/deep/three.png", modxtest.Picture())
	site.Exec(t, "CREATE TABLE {migx_configs} (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(255), formtabs TEXT)")
	site.Exec(t, "INSERT INTO {migx_configs} (name, formtabs) VALUES ('team', ?)", `[{"fields":[{"field":"face","inputTVtype":"image","sources":[{"context":"web","sourceid":"7"}]}]}]`)
	site.Exec(t, "INSERT INTO {media_sources} (id, name, class_key, properties) VALUES (7, 'Photos', ?, ?)", site.Class("sources.modFileMediaSource"),
		`a:1:{s:8:"basePath";a:1:{s:5:"value";s:14:"assets/photos/";}}`)
	site.Exec(t, "INSERT INTO {site_tmplvars} (id, type, name, default_text, input_properties) VALUES (20, 'migx', 'team', ?, ?)", `[{"face":"deep\/three.png","page":"2"}]`,
		`a:1:{s:7:"configs";s:4:"team";}`)
	site.Exec(t, "INSERT INTO {site_tmplvar_templates} (tmplvarid, templateid) VALUES (20, 1)")
	s := opened(t, site.Settings)
	items, err := s.Fetch(t.Context(), s.db, kindEntry, []string{"3"})
	must(t, err)
	got := map[string]string{}
	for _, f := range items[0].Record.GetFields() {
		if f.GetEncoding() != "json" || f.GetName() == propertiesField {
			continue
		}
		if len(f.GetRaw()) > 0 {
			t.Errorf("%s keeps its bytes, in which no link is rewritten", f.GetName())
		}
		cells(f.GetValue(), func(name string, cell *recordv1.Value) *recordv1.Value {
			if to := cell.GetRef(); to != nil {
				got[f.GetName()+"."+name] = to.GetKind().String() + " " + to.GetSourceId()
			} else {
				got[f.GetName()+"."+name] = cell.GetText()
			}
			return cell
		})
	}
	want := map[string]string{"slides.MIGX_id": "1", "slides.title": "Café", "slides.image": "KIND_MEDIA assets/pictures/two.png", "slides.page": "KIND_ENTRY 2",
		"slides.more": "KIND_MEDIA assets/paper.pdf", "team.face": "KIND_MEDIA assets/photos/deep/three.png", "team.page": "2"}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %q, want %q", name, got[name], value)
		}
	}
	if len(got) != len(want) {
		t.Errorf("cells %v", got)
	}
}
