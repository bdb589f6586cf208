package drupal

import (
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/drupal/drupaltest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

// Files go into the library as media of the type that takes them, and what points to them holds the entity or its file, as its field
// wants; what no type takes stays a file. All of it goes again, the picture of the type, which is shared, as well.
func TestFilesBecomeMedia(t *testing.T) {
	t.Parallel()
	site := drupaltest.New(t, cmssql.SQLite, "", 8)
	site.Translate(t)
	site.Library(t)
	site.File(t, "media-icons/generic/generic.png", "icon")
	x := newTarget(t, site)
	sc := x.scope("1")
	x.write(sc, library8()...)
	wants := map[string]string{
		"SELECT source_id || '=' || target_id AS v FROM {bailey_ledger} WHERE kind = 4 ORDER BY source_id": "m-1.png=media:1 m-2.pdf=media:2 m-3.svg=4 m-4=media:3",
		"SELECT m.mid || m.bundle || d.status || (m.vid = d.vid) || (SELECT COUNT(*) FROM {media_revision} r WHERE r.vid = m.vid) || (SELECT COUNT(*) FROM {media_field_revision} r WHERE r.vid = m.vid) AS v FROM {media} m JOIN {media_field_data} d ON d.mid = m.mid ORDER BY m.mid": "1image1111 2document0111 3remote_video1111",
		"SELECT entity_id || field_media_image_alt || field_media_image_width AS v FROM {media_revision__field_media_image}":                                                                                                                                                            "1What is seen30",
		"SELECT field_media_oembed_video_value AS v FROM {media__field_media_oembed_video}":                                                                                                                                                                                             "https://www.youtube.com/watch?v=ts",
		"SELECT f.filename AS v FROM {media_field_data} d LEFT JOIN {file_managed} f ON f.fid = d.thumbnail__target_id ORDER BY d.mid":                                                                                                                                                  "m-1.png generic.png ",
		"SELECT fid || type || id AS v FROM {file_usage} ORDER BY fid, type":                                                                                                                                                                                                            "1media1 1node1 2media2",
		"SELECT field_image_target_id AS v FROM {node__field_image}":                                                                                                                                                                                                                    "1",
		"SELECT field_shown_target_id AS v FROM {node__field_shown}":                                                                                                                                                                                                                    "2",
		"SELECT field_shown_all_target_id AS v FROM {node_revision__field_shown_all} ORDER BY delta":                                                                                                                                                                                    "1 3",
		"SELECT body_value AS v FROM {node__body}":                                                                                                                                                                                                                                      `<img src="/sites/default/files/kept/m-1.png"><a href="/sites/default/files/kept/m-2.pdf">it</a>`,
	}
	for query, want := range wants {
		if got := x.ask(query); got != want {
			t.Errorf("%s\n is %q, want %q", query, got, want)
		}
	}
	items, err := x.s.Fetch(t.Context(), x.s.db, kindEntry, []string{"1"})
	if err != nil || items[0].Record.GetEntry().GetImage().GetMedia().GetSourceId() != "media:1" {
		t.Errorf("the entry's picture is %v, %v", items, err)
	}
	if at, err := x.s.Locate(t.Context(), x.s.db, []cms.Want{{Kind: kindMedia, TargetID: "media:2"}, {Kind: kindMedia, TargetID: "media:2", Form: "id"}}); err != nil || at[0] != "/sites/default/files/kept/m-2.pdf" || at[1] != "2" {
		t.Errorf("the document is at %v, %v", at, err)
	}
	again := library8()[0]
	again.GetMedia().Title, again.GetMedia().Alt = "Anew", "Seen anew"
	x.write(sc, again)
	if got := x.ask("SELECT d.name || i.field_media_image_alt || f.filename AS v FROM {media_field_data} d JOIN {media__field_media_image} i ON i.entity_id = d.mid JOIN {file_managed} f ON f.fid = i.field_media_image_target_id"); got != "AnewSeen anewm-1.png" {
		t.Errorf("written again it is %q", got)
	}
	if err := x.books.Rollback(t.Context(), sc, &agentv1.RollbackRequest{}, nil, func(*agentv1.RollbackResponse) error { return nil }); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"media", "media_field_data", "media_revision", "media__field_media_image", "media_revision__field_media_image", "file_managed", "file_usage"} {
		if got := x.ask("SELECT COUNT(*) AS v FROM {" + table + "}"); got != "0" {
			t.Errorf("%s still has %s rows", table, got)
		}
	}
}

// Types that are missing are made as the standard profile makes them, with their fields and displays; nothing is left of them afterwards.
func TestMediaTypesAreMade(t *testing.T) {
	t.Parallel()
	site := drupaltest.New(t, cmssql.SQLite, "", 8)
	site.Modules(t, "media", "file", "image")
	x := newTarget(t, site)
	if !x.s.library() {
		t.Fatal("there is no library")
	}
	sc := x.scope("1")
	before := x.ask("SELECT name AS v FROM {config} ORDER BY name")
	x.write(sc, library8()[:4]...)
	for query, want := range map[string]string{
		"SELECT bundle AS v FROM {media} ORDER BY mid":                                                               "image document remote_video",
		"SELECT name AS v FROM {config} WHERE name LIKE 'media.type.%' ORDER BY name":                                "media.type.document media.type.image media.type.remote_video",
		"SELECT name AS v FROM {config} WHERE name LIKE 'field.%.media.%image' ORDER BY name":                        "field.field.media.image.field_media_image field.storage.media.field_media_image",
		"SELECT name AS v FROM {config} WHERE name LIKE 'core.entity_%_display.media.image.%' ORDER BY name":         "core.entity_form_display.media.image.default core.entity_view_display.media.image.default",
		"SELECT COUNT(*) AS v FROM {key_value} WHERE collection = 'config.entity.key_store.media_type'":              "3",
		"SELECT field_media_document_target_id AS v FROM {media_revision__field_media_document}":                     "2",
		"SELECT f.filename AS v FROM {file_managed} f LEFT JOIN {file_usage} u ON u.fid = f.fid WHERE u.fid IS NULL": "m-3.svg",
	} {
		if got := x.ask(query); got != want {
			t.Errorf("%s\n is %q, want %q", query, got, want)
		}
	}
	if at, err := x.s.Locate(t.Context(), x.s.db, []cms.Want{{Kind: kindMedia, TargetID: "media:1"}}); err != nil || at[0] != "/sites/default/files/kept/m-1.png" {
		t.Errorf("the picture is at %v, %v", at, err)
	}
	if err := x.books.Rollback(t.Context(), sc, &agentv1.RollbackRequest{}, nil, func(*agentv1.RollbackResponse) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if got := x.ask("SELECT COUNT(*) AS v FROM {file_managed}"); got != "0" {
		t.Errorf("%s files are left", got)
	}
	if after := x.ask("SELECT name AS v FROM {config} ORDER BY name"); after != before {
		t.Errorf("left is %q, before there was %q", after, before)
	}
}
