//go:build accept

package e2e

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// speaking are the plugins of WordPress that keep languages: what makes a site know English and French, and what says of the posts a and b
// and of the categories 9001 and 9002 that they are translations of each other. {a}, {b}, {c}, {d} are ids of posts.
var speaking = map[string]struct{ installed, said []string }{
	"polylang": {
		[]string{
			`INSERT INTO wp_options (option_name, option_value) VALUES ('polylang','a:6:{s:12:"default_lang";s:2:"en";s:10:"force_lang";i:1;s:12:"hide_default";b:1;s:7:"rewrite";b:1;s:10:"post_types";a:0:{}s:10:"taxonomies";a:0:{}}')`,
			`INSERT INTO wp_terms (term_id, name, slug) VALUES (8000,'English','en'),(8001,'Français','fr'),(8002,'English','pll_en'),(8003,'Français','pll_fr')`,
			`INSERT INTO wp_term_taxonomy (term_taxonomy_id, term_id, taxonomy, description) VALUES (8010,8000,'language','a:2:{s:6:"locale";s:5:"en_US";s:3:"rtl";i:0;}'),
				(8011,8001,'language','a:2:{s:6:"locale";s:5:"fr_FR";s:3:"rtl";i:0;}'),(8012,8002,'term_language',''),(8013,8003,'term_language','')`,
		},
		[]string{
			`INSERT INTO wp_terms (term_id, name, slug) VALUES (8004,'pll_a','pll_a'),(8005,'pll_b','pll_b')`,
			`INSERT INTO wp_term_taxonomy (term_taxonomy_id, term_id, taxonomy, description) VALUES (8014,8004,'post_translations',CONCAT('a:2:{s:2:"en";i:',{a},';s:2:"fr";i:',{b},';}')),(8015,8005,'term_translations','a:2:{s:2:"en";i:9001;s:2:"fr";i:9002;}')`,
			`INSERT INTO wp_term_relationships (object_id, term_taxonomy_id) VALUES ({a},8010),({b},8011),({a},8014),({b},8014),({c},8010),({d},8011),(9001,8012),(9002,8013),(9001,8015),(9002,8015)`,
		},
	},
	"wpml": {
		[]string{
			`INSERT INTO wp_options (option_name, option_value) VALUES ('icl_sitepress_settings','a:2:{s:16:"default_language";s:2:"en";s:25:"language_negotiation_type";s:1:"1";}')`,
			`CREATE TABLE wp_icl_translations (translation_id bigint unsigned NOT NULL AUTO_INCREMENT, element_type varchar(60) NOT NULL DEFAULT 'post_post', element_id bigint DEFAULT NULL,
				trid bigint NOT NULL, language_code varchar(20) NOT NULL, source_language_code varchar(20) DEFAULT NULL, PRIMARY KEY (translation_id), UNIQUE KEY trid_lang (trid,language_code), UNIQUE KEY el_type_id (element_type,element_id))`,
			`CREATE TABLE wp_icl_languages (code varchar(20) NOT NULL, default_locale varchar(60) DEFAULT NULL, active int NOT NULL DEFAULT 0, KEY code (code))`,
			`INSERT INTO wp_icl_languages (code, default_locale, active) VALUES ('en','en_US',1),('fr','fr_FR',1)`,
		},
		[]string{`INSERT INTO wp_icl_translations (element_type, element_id, trid, language_code, source_language_code) VALUES ('post_post',{a},1,'en',NULL),('post_post',{b},1,'fr','en'),
			('post_post',{c},2,'en',NULL),('post_post',{d},3,'fr',NULL),('tax_category',9001,4,'en',NULL),('tax_category',9002,4,'fr','en')`},
	},
}

// bilingual is wp-blank with a plugin and, where it is said, posts and categories in both of its languages.
func bilingual(t *testing.T, plugin string, said bool) *wpSite {
	t.Helper()
	s := newTarget(t)
	all := speaking[plugin].installed
	if said {
		ids := []string{"{a}", s.longPost(t, "bridge", "'<p>A bridge</p>'"), "{b}", s.longPost(t, "pont", "'<p>Un pont</p>'"),
			"{c}", s.longPost(t, "river", "'<p>A river</p>'"), "{d}", s.longPost(t, "gare", "'<p>Une gare</p>'")}
		all = slices.Concat(all, []string{`INSERT INTO wp_terms (term_id, name, slug) VALUES (9001,'Works','works'),(9002,'Ouvrages','ouvrages')`,
			`INSERT INTO wp_term_taxonomy (term_taxonomy_id, term_id, taxonomy, description) VALUES (9001,9001,'category',''),(9002,9002,'category','')`,
			`INSERT INTO wp_term_relationships (object_id, term_taxonomy_id) VALUES ({a},9001),({b},9002)`}, speaking[plugin].said)
		for i, do := range all {
			all[i] = strings.NewReplacer(ids...).Replace(do)
		}
	}
	for _, do := range all {
		_, err := s.db.DB.Exec(do)
		need(t, err)
	}
	return s
}

// spoken is the language of entries and categories by their names, and with which one each is a translation.
func spoken(r *readSite, kinds ...recordv1.Kind) map[string]string {
	groups, said := map[string][]string{}, map[string]string{}
	name := func(rec *recordv1.Record) string { return rec.GetEntry().GetTitle() + rec.GetTerm().GetName() }
	for _, key := range r.order {
		if rec := r.records[key]; slices.Contains(kinds, rec.GetRef().GetKind()) && rec.GetLocale() != "" {
			groups[rec.GetTranslationGroup()] = append(groups[rec.GetTranslationGroup()], name(rec))
		}
	}
	for _, key := range r.order {
		if rec := r.records[key]; slices.Contains(kinds, rec.GetRef().GetKind()) && rec.GetLocale() != "" {
			said[name(rec)] = rec.GetLocale()[:2]
			if g := rec.GetTranslationGroup(); g != "" && len(groups[g]) > 1 {
				slices.Sort(groups[g])
				said[name(rec)] += " " + strings.Join(groups[g], "+")
			}
		}
	}
	return said
}

// TestLanguagesThereAndBack moves a WordPress with languages into a folder and from there into another WordPress, with either plugin: what
// was in which language still is, and what were translations of each other are.
func TestLanguagesThereAndBack(t *testing.T) {
	entry, term := recordv1.Kind_KIND_ENTRY, recordv1.Kind_KIND_TERM
	for from, to := range map[string]string{"polylang": "wpml", "wpml": "polylang"} {
		t.Run(from, func(t *testing.T) {
			one, dir := bilingual(t, from, true), newFolder(t)
			src := serve(t, "--site", one.root, "--role", "source")
			before := readAll(t, src)
			want := map[string]string{"bridge": "en bridge+pont", "pont": "fr bridge+pont", "river": "en", "gare": "fr"}
			if got := spoken(before, entry); !maps.Equal(got, want) {
				t.Fatalf("%s says %v, want %v", from, got, want)
			}
			if got, want := spoken(before, term), map[string]string{"Works": "en Ouvrages+Works", "Ouvrages": "fr Ouvrages+Works"}; !maps.Equal(got, want) {
				t.Errorf("%s says of terms %v, want %v", from, got, want)
			}
			folder := serve(t, "--site", dir, "--flavour", "hugo", "--role", "target")
			rep := migrate(t, t.TempDir(), src, folder, []int{0, 3})
			rep.reconcile(t)
			if files, err := filepath.Glob(filepath.Join(dir, "content", "*", "*.fr.md")); err != nil || len(files) != 2 {
				t.Errorf("%d pages are in French, %v", len(files), err)
			}
			two, data := bilingual(t, to, false), t.TempDir()
			state0 := state(t, two)
			back, dst := serve(t, "--site", dir, "--flavour", "hugo", "--role", "source"), serve(t, "--site", two.root, "--role", "target")
			rep = migrate(t, data, back, dst, []int{0, 3})
			rep.reconcile(t)
			got := spoken(readAll(t, serve(t, "--site", two.root, "--role", "source")), entry)
			for title, says := range want {
				if got[title] != says {
					t.Errorf("back in %s %s is %q, want %q", to, title, got[title], says)
				}
			}
			migrate(t, data, back, dst, []int{0, 3}).nothingChanged(t)
			says(t, bailey(t, "rollback", rep.Migration, "--data", data, "--target", dst.link()), []int{0}, "Everything is undone")
			sameState(t, "the WordPress after a rollback", state0, state(t, two))
		})
	}
}

// TestLanguagesWithoutAHome: Ghost has no languages. A plan says so, and the owner chooses: one is left behind, another one is named in
// addresses.
func TestLanguagesWithoutAHome(t *testing.T) {
	one := bilingual(t, "polylang", true)
	_, to := placeNamed(t, "hugo", "ghost-blank")
	src, dst, data := serve(t, "--site", one.root, "--role", "source"), to.serve(t, "target"), t.TempDir()
	sites := []string{"--source", src.link(), "--target", dst.link(), "--data", data}
	says(t, bailey(t, append([]string{"plan"}, sites...)...), []int{0}, "languages_no_home, e.g. en-US, fr-FR", "the source has 2 languages", "suffix")
	file := filepath.Join(t.TempDir(), "map.yaml")
	says(t, bailey(t, append([]string{"map", "init", "--out", file}, sites...)...), []int{0})
	text := readFile(t, file)
	if !strings.Contains(text, "fr-FR: keep ") || !strings.Contains(text, "the target has no languages") {
		t.Fatalf("bailey map init wrote\n%s", text)
	}
	writeFile(t, file, strings.Replace(text, "fr-FR: keep ", "fr-FR: suffix ", 1))
	rep := migrate(t, data, src, dst, []int{0, 3}, "--map", file)
	rep.reconcile(t)
	slugs := query(t, to.db, "SELECT slug FROM posts WHERE title IN ('bridge', 'pont', 'river', 'gare') ORDER BY slug")
	if want := []string{"bridge", "gare-fr", "pont-fr", "river"}; !slices.Equal(slugs, want) {
		t.Errorf("addresses are %v, want %v", slugs, want)
	}
	says(t, bailey(t, "redirects", rep.Migration, "--data", data, "--format", "csv", "--target", dst.link()), []int{0}, "/pont-fr/")
	says(t, bailey(t, "rollback", rep.Migration, "--data", data, "--target", dst.link()), []int{0}, "Everything is undone")

	writeFile(t, file, strings.Replace(text, "fr-FR: keep ", "fr-FR: skip ", 1))
	other := t.TempDir()
	rep = migrate(t, other, src, dst, []int{0, 3}, "--map", file)
	rep.reconcile(t)
	if slugs = query(t, to.db, "SELECT slug FROM posts WHERE title IN ('bridge', 'pont', 'river', 'gare') ORDER BY slug"); !slices.Equal(slugs, []string{"bridge", "river"}) || rep.loss("filtered") < 3 {
		t.Errorf("addresses are %v; %d were left behind", slugs, rep.loss("filtered"))
	}
}
