package wptest

import (
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
)

// Plugins that keep languages.
const (
	Polylang = "polylang"
	WPML     = "wpml"
)

// Languages installs a plugin with English, the standard, and French, whose addresses begin with /fr/. full also says what the
// content is in: posts 10 and 12 are translations of one another, and so are the categories 40 and 41.
func Languages(tb testing.TB, set cms.Settings, plugin string, full bool) cms.Settings {
	tb.Helper()
	statements := installedLanguages[plugin]
	if full {
		statements = append(statements[:len(statements):len(statements)], saidLanguages[plugin]...)
	}
	install(tb, set, statements)
	return set
}

// installedLanguages is what the plugins leave: Polylang 3, and WPML 4.
var installedLanguages = map[string][]string{
	Polylang: {
		`INSERT INTO {options} (option_name, option_value) VALUES ('polylang','a:7:{s:12:"default_lang";s:2:"en";s:10:"force_lang";i:1;s:12:"hide_default";b:1;s:7:"rewrite";b:1;` +
			`s:13:"media_support";b:0;s:10:"post_types";a:1:{i:0;s:4:"book";}s:10:"taxonomies";a:1:{i:0;s:5:"genre";}}')`,
		`INSERT INTO {terms} (term_id, name, slug, term_group) VALUES (800,'English','en',0),(801,'Français','fr',1),(802,'English','pll_en',0),(803,'Français','pll_fr',0)`,
		`INSERT INTO {term_taxonomy} (term_taxonomy_id, term_id, taxonomy, description, count) VALUES
			(810,800,'language','a:3:{s:6:"locale";s:5:"en_US";s:3:"rtl";i:0;s:9:"flag_code";s:2:"us";}',0),
			(811,801,'language','a:3:{s:6:"locale";s:5:"fr_FR";s:3:"rtl";i:0;s:9:"flag_code";s:2:"fr";}',0),(812,802,'term_language','',0),(813,803,'term_language','',0)`,
	},
	WPML: {
		`INSERT INTO {options} (option_name, option_value) VALUES ('icl_sitepress_settings','a:4:{s:16:"default_language";s:2:"en";s:25:"language_negotiation_type";s:1:"1";` +
			`s:24:"custom_posts_sync_option";a:2:{s:4:"book";s:1:"1";s:10:"attachment";s:1:"0";}s:22:"taxonomies_sync_option";a:1:{s:5:"genre";s:1:"1";}}')`,
		`CREATE TABLE {icl_translations} (translation_id bigint unsigned NOT NULL AUTO_INCREMENT, element_type varchar(60) NOT NULL DEFAULT 'post_post', element_id bigint DEFAULT NULL,
			trid bigint NOT NULL, language_code varchar(20) NOT NULL, source_language_code varchar(20) DEFAULT NULL, PRIMARY KEY (translation_id), UNIQUE KEY trid_lang (trid,language_code), UNIQUE KEY el_type_id (element_type,element_id))`,
		`CREATE TABLE {icl_languages} (code varchar(20) NOT NULL, default_locale varchar(60) DEFAULT NULL, active int NOT NULL DEFAULT 0, KEY code (code))`,
		`INSERT INTO {icl_languages} (code, default_locale, active) VALUES ('en','en_US',1),('fr','fr_FR',1),('de','de_DE',0)`,
	},
}

var saidLanguages = map[string][]string{
	Polylang: {
		`INSERT INTO {terms} (term_id, name, slug) VALUES (804,'pll_5f0c1','pll_5f0c1'),(805,'pll_5f0c2','pll_5f0c2')`,
		`INSERT INTO {term_taxonomy} (term_taxonomy_id, term_id, taxonomy, description, count) VALUES
			(814,804,'post_translations','a:2:{s:2:"en";i:10;s:2:"fr";i:12;}',2),(815,805,'term_translations','a:2:{s:2:"en";i:20;s:2:"fr";i:21;}',2)`,
		`INSERT INTO {term_relationships} (object_id, term_taxonomy_id) VALUES (10,810),(12,811),(10,814),(12,814),(15,810),(16,811),(20,812),(21,813),(20,815),(21,815),(10,813)`,
		`INSERT INTO {terms} (term_id, name, slug) VALUES (10,'Low number','low')`,
		`INSERT INTO {term_taxonomy} (term_taxonomy_id, term_id, taxonomy, description) VALUES (816,10,'post_tag','')`,
	},
	WPML: {
		`INSERT INTO {icl_translations} (element_type, element_id, trid, language_code, source_language_code) VALUES ('post_post',10,1,'en',NULL),('post_post',12,1,'fr','en'),
			('post_page',15,2,'en',NULL),('post_page',16,3,'fr',NULL),('tax_category',40,4,'en',NULL),('tax_category',41,4,'fr','en')`,
	},
}
