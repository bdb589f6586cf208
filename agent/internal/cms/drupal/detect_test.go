package drupal

import (
	"errors"
	"testing"
	"testing/fstest"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

const (
	programs7 = "<?php\ndefine('VERSION', '7.105');\ndefine('DRUPAL_CORE_COMPATIBILITY', '7.x');\n"
	programs9 = "<?php\nclass Drupal {\n  const VERSION = '9.5.11';\n}\n"
	sample    = "<?php\n/**\n * $databases['default']['default'] = array('driver' => 'mysql', 'database' => 'sample');\n */\n"
)

func TestDetect(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		dir, version    string
		want            cmssql.Config
		prefix, uploads string
		texts           map[string]string
	}{
		"seven": {dir: "www", version: "7.105", prefix: "d_", uploads: "/www/sites/default/files", want: cmssql.Config{Dialect: cmssql.MySQL, Network: "tcp", Address: "db:3307", User: "u", Password: "p'w", Name: "n"},
			texts: map[string]string{"www/includes/bootstrap.inc": programs7, "www/sites/default/settings.php": sample + `$databases = array('default' => array('default' => array('driver' => 'mysql', 'database' => 'n', 'username' => 'u',
				'password' => 'p\'w', 'host' => 'db', 'port' => '3307', 'prefix' => array('default' => 'd_'))));`}},
		"nine below web": {dir: "srv", version: "9.5.11", uploads: "/srv/web/up", want: cmssql.Config{Dialect: cmssql.Postgres, Network: "tcp", Address: "pg:5432", User: "u", Name: "n"},
			texts: map[string]string{"srv/web/core/lib/Drupal.php": programs9, "srv/web/sites/default/settings.php": sample + `$databases = []; $databases['default']['default'] = ['driver' => 'pgsql', 'database' => 'n', 'username' => 'u', 'host' => 'pg', 'prefix' => ''];
				$settings['file_public_path'] = 'up';`}},
		"local settings win": {dir: "w", version: "9.5.11", uploads: "/w/sites/default/files", want: cmssql.Config{Dialect: cmssql.SQLite, File: "/w/sites/default/files/.ht.sqlite-x_"},
			texts: map[string]string{"w/core/lib/Drupal.php": programs9, "w/sites/default/settings.php": sample, "w/sites/default/settings.local.php": `<?php $databases['default']['default'] = ['driver' => 'sqlite', 'database' => 'sites/default/files/.ht.sqlite', 'prefix' => 'x_'];`}},
		"one of several sites": {dir: "w/sites/b.example", version: "7.105", uploads: "/w/sites/b.example/files", want: cmssql.Config{Dialect: cmssql.SQLite, File: "/b.db"},
			texts: map[string]string{"w/includes/bootstrap.inc": programs7, "w/sites/a.example/settings.php": sample, "w/sites/b.example/settings.php": `<?php $databases['default']['default'] = array('driver' => 'sqlite', 'database' => '/b.db');`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Driver{}.Detect(tree(c.texts), c.dir)
			if err != nil {
				t.Fatal(err)
			}
			if got.Database != c.want || got.Prefix != c.prefix || got.Files != c.uploads || got.Version != c.version {
				t.Errorf("got %v prefix %q files %q version %q", got.Database, got.Prefix, got.Files, got.Version)
			}
		})
	}
}

// The folder of private files is found in the forms that Drupal's manual gives.
func TestDetectPrivate(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{"'/var/private'": "/var/private", "'../private'": "/srv/private", "'sites/default/private'": "/srv/web/sites/default/private", "$app_root . '/../private'": "/srv/private", "DRUPAL_ROOT . '/../p'": "/srv/p",
		"$app_root . '/' . $site_path . '/private'": "/srv/web/sites/default/private", "dirname(DRUPAL_ROOT) . '/p'": "/srv/p", "__DIR__ . '/p'": "/srv/web/sites/default/p", "getenv('PRIVATE')": "", "''": ""} {
		got, err := Driver{}.Detect(tree(map[string]string{"srv/web/core/lib/Drupal.php": programs9, "srv/web/sites/default/settings.php": "<?php $databases['default']['default'] = ['driver' => 'sqlite', 'database' => '/x'];\n$settings['file_private_path'] = " + value + ";"}), "srv")
		if err != nil || got.Private != want {
			t.Errorf("%s is %v, %v; want %q", value, got, err, want)
		}
	}
}

func tree(texts map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range texts {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

func TestDetectRefuses(t *testing.T) {
	t.Parallel()
	if _, err := (Driver{}).Detect(tree(map[string]string{"w/wp-config.php": "<?php"}), "w"); !errors.Is(err, cms.ErrNotFound) {
		t.Errorf("a folder of another platform: %v", err)
	}
	for name, settings := range map[string]string{
		"computed": "<?php $databases['default']['default'] = array('driver' => 'mysql', 'database' => getenv('DB'));",
		"shared":   "<?php $databases['default']['default'] = array('driver' => 'mysql', 'database' => 'd', 'prefix' => array('default' => '', 'users' => 'x_'));",
		"schema":   "<?php $databases['default']['default'] = array('driver' => 'pgsql', 'database' => 'd', 'prefix' => 's.');",
		"driver":   "<?php $databases['default']['default'] = array('driver' => 'oracle', 'database' => 'd');",
	} {
		fsys := tree(map[string]string{"w/core/lib/Drupal.php": programs9, "w/sites/default/settings.php": settings})
		if _, err := (Driver{}).Detect(fsys, "w"); err == nil || errors.Is(err, cms.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	several := tree(map[string]string{"w/core/lib/Drupal.php": programs9, "w/sites/a/settings.php": sample, "w/sites/b/settings.php": sample})
	if _, err := (Driver{}).Detect(several, "w"); err == nil || errors.Is(err, cms.ErrNotFound) {
		t.Errorf("several sites: %v", err)
	}
}
