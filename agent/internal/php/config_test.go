package php

import (
	"testing"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

const config = `<html><?php
/* define('DB_NAME', 'commented'); */
# define('DB_NAME', 'commented');
// define('DB_NAME', 'commented'); ?>
text define('DB_NAME', 'html');
<?php
define( 'DB_NAME', 'it\'s \\ here\n' ); define("DB_USER", "a\tb\x41\u{e9}\101\$");
define('DB_NAME', 'second');
define('DB_PASSWORD', getenv('X') ?: 'no');
define('WITH_VAR', "a $b c");
const LIMIT = 0x1F;
$table_prefix = 'wp_' . 'x' . LIMIT;
$gone = 'a'; $gone = compute();
if ($table_prefix == 'y') { }
define('DIR', __DIR__ . '/content'); define('UP', dirname(__FILE__, 2) . "/up");
$conf['db']['host'] = <<<'EOT'
  raw $x
  EOT;
$text = <<<EOT
one\ttwo
EOT;
$list = array('a', 'k' => [1, -2.5, true, null], 7 => 'b', 'c',);
class JConfig { public $host = 'localhost'; protected ?string $user = "u"; public static $n = 3; private $x = foo(); public function f($a = 'z') {} }
`

func TestReadConfig(t *testing.T) {
	t.Parallel()
	c := ReadConfig([]byte(config), "/srv/www/wp-config.php")
	for name, want := range map[string]string{
		"DB_NAME": `it's \ here\n`, "DB_USER": "a\tbAéA$", "LIMIT": "31", "DIR": "/srv/www/content", "UP": "/srv/up",
	} {
		if got, ok := c.Constant(name); !ok || got != want {
			t.Errorf("constant %s = %q, %v; want %q", name, got, ok, want)
		}
	}
	for _, name := range []string{"DB_PASSWORD", "WITH_VAR"} {
		if got, ok := c.Constant(name); ok {
			t.Errorf("computed constant %s is taken for %q", name, got)
		}
	}
	for name, want := range map[string]string{"table_prefix": "wp_x31", "conf[db][host]": "raw $x", "text": "one\ttwo"} {
		if got, ok := c.Variable(name); !ok || got != want {
			t.Errorf("variable %s = %q, %v; want %q", name, got, ok, want)
		}
	}
	if _, ok := c.Variable("gone"); ok {
		t.Error("a variable that is computed later keeps its literal")
	}
	for name, want := range map[string]string{"host": "localhost", "user": "u", "n": "3"} {
		if got, ok := c.Property(name); !ok || got != want {
			t.Errorf("property %s = %q, %v; want %q", name, got, ok, want)
		}
	}
	if _, ok := c.Properties["x"]; ok {
		t.Error("a computed property is taken for a literal")
	}
}

func TestReadConfigArrays(t *testing.T) {
	t.Parallel()
	c := ReadConfig([]byte(config), "/srv/www/wp-config.php")
	got, err := Serialize(c.Variables["list"])
	if want := `a:4:{i:0;s:1:"a";s:1:"k";a:4:{i:0;i:1;i:1;d:-2.5;i:2;b:1;i:3;N;}i:7;s:1:"b";i:8;s:1:"c";}`; err != nil || string(got) != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}
}

func TestReadConfigDeepNestingEnds(t *testing.T) {
	t.Parallel()
	src := []byte("<?php $x = ")
	for range 100000 {
		src = append(src, '[')
	}
	if _, ok := ReadConfig(src, "f").Variables["x"]; ok {
		t.Error("an unfinished array is taken for a literal")
	}
}

func FuzzReadConfig(f *testing.F) {
	f.Add([]byte(config))
	f.Add([]byte("<?\""))
	f.Add([]byte("<?php define('A', \"\\u{110000}\\x\\8\"); <<<X\nX"))
	f.Fuzz(func(t *testing.T, src []byte) {
		for name, v := range ReadConfig(src, "/a/b.php").Constants {
			if v == nil {
				t.Errorf("constant %q has no value", name)
			}
		}
	})
}

func textValue(s string) *recordv1.Value { return Text(s) }
