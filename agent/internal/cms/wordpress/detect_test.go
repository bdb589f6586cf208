package wordpress

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/wordpress/wptest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

const plainConfig = `<?php define( 'DB_NAME', 'shop' ); define( 'DB_USER', 'u' ); define( 'DB_PASSWORD', 'p\'w' );
define( 'DB_HOST', '%HOST%' ); $table_prefix = 'x_'; if ( ! defined( 'ABSPATH' ) ) { define( 'ABSPATH', __DIR__ . '/' ); }`

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func TestDetect(t *testing.T) {
	t.Parallel()
	for host, want := range map[string][2]string{
		"db.example": {"tcp", "db.example:3306"}, "db.example:3307": {"tcp", "db.example:3307"}, "localhost:/run/m.sock": {"unix", "/run/m.sock"},
		":/run/m.sock": {"unix", "/run/m.sock"}, "[::1]:3308": {"tcp", "[::1]:3308"}, "::1": {"tcp", "[::1]:3306"}, "": {"tcp", "127.0.0.1:3306"},
	} {
		for _, where := range []string{"srv/www/wp-config.php", "srv/wp-config.php"} {
			set, err := Driver{}.Detect(fstest.MapFS{
				where: file(strings.ReplaceAll(plainConfig, "%HOST%", host)), "srv/www/wp-includes/version.php": file("<?php $wp_version = '6.1.9';"),
			}, "srv/www")
			if err != nil {
				t.Fatal(err)
			}
			if db := set.Database; db.Network != want[0] || db.Address != want[1] || db.Name != "shop" || db.Password != "p'w" || db.Dialect != cmssql.MySQL {
				t.Errorf("%q: %v %v", host, db.Network, db.Address)
			}
			if set.Prefix != "x_" || set.Version != "6.1.9" || set.Files != "/srv/www/wp-content/uploads" {
				t.Errorf("prefix %q version %q files %q", set.Prefix, set.Version, set.Files)
			}
		}
	}
}

func TestDetectSQLite(t *testing.T) {
	t.Parallel()
	set, err := Driver{}.Detect(fstest.MapFS{
		"www/wp-config.php":     file("<?php $table_prefix = 'wp_'; define('DB_DIR', __DIR__ . '/data/'); define('UPLOADS', 'media');"),
		"www/wp-content/db.php": file("<?php"), "www/data/.ht.sqlite": file(""), "www/wp-includes/version.php": file(""),
	}, "www")
	if err != nil {
		t.Fatal(err)
	}
	if set.Database.Dialect != cmssql.SQLite || set.Database.File != "/www/data/.ht.sqlite" || set.Files != "/www/media" {
		t.Errorf("%v files %q", set.Database, set.Files)
	}
}

func TestDetectSaysWhatToDo(t *testing.T) {
	t.Parallel()
	if _, err := (Driver{}).Detect(fstest.MapFS{"www/index.html": file("")}, "www"); !errors.Is(err, cms.ErrNotFound) {
		t.Errorf("a folder without WordPress: %v", err)
	}
	_, err := Driver{}.Detect(fstest.MapFS{"www/wp-config.php": file("<?php define('DB_NAME', getenv('N')); $table_prefix='wp_';")}, "www")
	if err == nil || !strings.Contains(err.Error(), "--dsn") {
		t.Errorf("a computed configuration: %v", err)
	}
}

func TestWrongPrefixNamesTheRightOne(t *testing.T) {
	t.Parallel()
	set := wptest.New(t, cmssql.SQLite, "real_", false)
	set.Prefix = "wp_"
	_, err := Driver{}.Open(t.Context(), set)
	if err == nil || !strings.Contains(err.Error(), "real_") {
		t.Errorf("the error does not help: %v", err)
	}
}
