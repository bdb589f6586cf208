package modx

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/modx/modxtest"
)

func TestDetect(t *testing.T) {
	t.Parallel()
	const config = `<?php
$database_type = 'mysql';
$database_server = 'db.example;port=3307';
$database_user = 'u';
$database_password = 'it\'s $ecret';
$dbase = 'other';
$table_prefix = 'mx_';
$database_dsn = '%DSN%';
if (!defined('MODX_BASE_PATH')) {
    $modx_base_path= '/var/www/site/';
    define('MODX_BASE_PATH', $modx_base_path);
}`
	files := fstest.MapFS{
		"var/www/site/config.core.php":       {Data: []byte("<?php\ndefine('MODX_CORE_PATH', '/srv/core/');\ndefine('MODX_CONFIG_KEY', 'live');\n")},
		"var/www/site/manager/index.php":     {Data: []byte("<?php")},
		"srv/core/docs/version.inc.php":      {Data: []byte("<?php\n$v= array ();\n$v['version']= '2';\n$v['major_version']= '8';\n$v['minor_version']= '7';\n$v['patch_level']= 'pl';\nreturn $v;\n")},
		"var/www/empty/index.php":            {Data: []byte("<?php")},
		"var/www/broken/config.core.php":     {Data: []byte("<?php define('MODX_CORE_PATH', '/nowhere/');")},
		"var/www/computed/config.core.php":   {Data: []byte("<?php define('MODX_CORE_PATH', '/srv/computed/');")},
		"srv/computed/config/config.inc.php": {Data: []byte("<?php $database_user = getenv('U'); $dbase = getenv('D');")},
	}
	for dsn, want := range map[string]string{"mysql:host=127.0.0.1;dbname=modx_dev;charset=utf8mb4": "mysql://u@127.0.0.1:3307/modx_dev", "": "mysql://u@db.example:3307/other",
		"mysql:unix_socket=/run/x.sock;dbname=d": "mysql://u@/run/x.sock/d", "mysql:host=h;port=3310;dbname=d": "mysql://u@h:3310/d"} {
		files["srv/core/config/live.inc.php"] = &fstest.MapFile{Data: []byte(strings.Replace(config, "%DSN%", dsn, 1))}
		for _, dir := range []string{"var/www/site", "/var/www/site/manager"} {
			set, err := Driver{}.Detect(files, dir)
			if err != nil {
				t.Fatalf("%s: %v", dir, err)
			}
			if got := set.Database.String(); got != want || set.Database.Password != "it's $ecret" || set.Prefix != "mx_" || set.Files != "/var/www/site" || set.Version != "2.8.7-pl" {
				t.Errorf("%q: database %s, %+v", dsn, got, set)
			}
		}
	}
	if _, err := (Driver{}).Detect(files, "var/www/empty"); !errors.Is(err, cms.ErrNotFound) {
		t.Errorf("an empty folder: %v", err)
	}
	for dir, word := range map[string]string{"var/www/broken": "config.inc.php", "var/www/computed": "--dsn"} {
		if _, err := (Driver{}).Detect(files, dir); err == nil || errors.Is(err, cms.ErrNotFound) || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v", dir, err)
		}
	}
}

func TestCalls(t *testing.T) {
	t.Parallel()
	c := newCalls()
	c.scan("7", "[[!Hello? &name=`[[*pagetitle]]`]] [[$callout? &a=`[[++x]]`]] [[hello]] [[~7]] [[+ph:default=`x`]] [[%lex]] [[- [[Commented]] ]] [[")
	c.scan("0", "[[$callout]]")
	got := map[string]uint64{}
	for _, one := range c.most() {
		got[one.name] = one.count
	}
	if len(got) != 3 || got["Hello"] != 2 || got["$callout"] != 2 || got["Commented"] != 1 {
		t.Errorf("calls %v", got)
	}
}

// What stays behind is told by name, on both versions.
func TestInventory(t *testing.T) {
	t.Parallel()
	for _, three := range []bool{false, true} {
		s := modxtest.New(t, three, "modx_")
		s.Exec(t, "INSERT INTO {property_set} (name, description) VALUES ('gallery', ''), ('news list', '')")
		s.Exec(t, "INSERT INTO {site_htmlsnippets} (name, snippet) VALUES ('head', 'x')")
		site, err := Driver{}.Open(t.Context(), s.Settings)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = site.Close() })
		facts, err := site.Probe(t.Context(), cms.Options{})
		if err != nil {
			t.Fatal(err)
		}
		told := map[string][]string{}
		for _, f := range facts.Findings {
			told[f.GetCode()] = f.GetExamples()
		}
		if !slices.Equal(told["property_sets"], []string{"gallery", "news list"}) || !slices.Equal(told["chunks"], []string{"head"}) {
			t.Errorf("told %v", told)
		}
	}
}

func TestBasePath(t *testing.T) {
	t.Parallel()
	source := func(base, relative string) string {
		return `a:2:{s:8:"basePath";a:1:{s:5:"value";s:` + itoa(int64(len(base))) + `:"` + base + `";}s:16:"basePathRelative";a:1:{s:5:"value";b:` + relative + `;}}`
	}
	for base, want := range map[string]string{"assets/x/": "assets/x/", "/images": "images/", "[[++assets_path]]y/": "assets/y/", "": "", "/": "", "../up": "up/", "[[++custom]]z": "-"} {
		if got, ok := basePath(source(base, "1"), "/var/www"); got != want && (ok || want != "-") {
			t.Errorf("%q is %q, not %q", base, got, want)
		}
	}
	for base, want := range map[string]string{"/var/www/assets/x/": "assets/x/", "/srv/elsewhere/": "-", "/var/www": ""} {
		if got, ok := basePath(source(base, "0"), "/var/www"); ok != (want != "-") || ok && got != want {
			t.Errorf("%q is %q, not %q", base, got, want)
		}
	}
}
