package drupal

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net"
	slashpath "path"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

const settingsFile = "settings.php"

// docroots are where the program files lie below or at the folder that the owner names.
var docroots = []string{"", "web", "docroot"}

// Detect implements cms.Driver: it finds sites/*/settings.php beside Drupal's program files, or in the folder of one site.
func (Driver) Detect(fsys fs.FS, dir string) (*cms.Settings, error) {
	dir = slashpath.Clean(dir)
	for _, sub := range docroots {
		root := slashpath.Join(dir, sub)
		if v := version(fsys, root); v != "" {
			return detectIn(fsys, root, v)
		}
	}
	// The folder of one of several sites: sites/example.org.
	if root := slashpath.Dir(slashpath.Dir(dir)); slashpath.Base(slashpath.Dir(dir)) == "sites" {
		if v := version(fsys, root); v != "" {
			return read(fsys, root, dir, v)
		}
	}
	return nil, cms.ErrNotFound
}

// version reads Drupal's version from its program files; empty when they are not there.
func version(fsys fs.FS, root string) string {
	if src, err := fs.ReadFile(fsys, slashpath.Join(root, "core/lib/Drupal.php")); err == nil {
		v, _ := php.ReadConfig(src, "").Constant("VERSION")
		return v
	}
	if src, err := fs.ReadFile(fsys, slashpath.Join(root, "includes/bootstrap.inc")); err == nil && strings.Contains(string(src), "DRUPAL_") {
		v, _ := php.ReadConfig(src, "").Constant("VERSION")
		return v
	}
	return ""
}

// detectIn finds the only site of an installation. With several, the owner has to name one.
func detectIn(fsys fs.FS, root, version string) (*cms.Settings, error) {
	files, err := fs.Glob(fsys, slashpath.Join(root, "sites/*", settingsFile))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("this is Drupal, but no sites/*/%s was found; give the database with --dsn", settingsFile)
	}
	if i := slices.Index(files, slashpath.Join(root, "sites/default", settingsFile)); i >= 0 && len(files) > 1 {
		files = files[i : i+1]
	}
	if len(files) > 1 {
		return nil, errors.New("this Drupal holds several sites and none is the default; name the folder of one, as in --site /var/www/html/sites/example.org")
	}
	return read(fsys, root, slashpath.Dir(files[0]), version)
}

// included are files that settings.php usually ends with; what they assign counts.
var included = []string{settingsFile, "settings.local.php"}

func read(fsys fs.FS, root, site, version string) (*cms.Settings, error) {
	var database *recordv1.Value
	paths := map[string]string{}
	for _, name := range included {
		src, err := fs.ReadFile(fsys, slashpath.Join(site, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		c := php.ReadConfig(append(given(root, site), src...), "/"+strings.TrimLeft(slashpath.Join(site, name), "/"))
		if v := databaseOf(c); v != nil {
			database = v
		}
		for key, variable := range map[string]string{"settings[file_public_path]": "files", "conf[file_public_path]": "files", "settings[file_private_path]": "private", "conf[file_private_path]": "private", "base_url": "base_url"} {
			if v, ok := c.Variable(key); ok && v != "" {
				paths[variable] = v
			}
		}
	}
	if database == nil {
		return nil, fmt.Errorf("%s does not hold $databases as plain values; give the database with --dsn, and --prefix if the tables have one", settingsFile)
	}
	set := &cms.Settings{Platform: Platform, Version: version, BaseURL: strings.TrimRight(paths["base_url"], "/")}
	public := paths["files"]
	if public == "" {
		public = strings.TrimPrefix(slashpath.Join(site, "files"), root+"/")
	}
	set.Files = absolute(root, public)
	if p := paths["private"]; p != "" {
		set.Private = absolute(root, p)
	}
	var err error
	set.Prefix, err = prefixOf(dig(database, "prefix"))
	if err != nil {
		return nil, err
	}
	set.Database, err = config(database, root, &set.Prefix)
	return set, err
}

// given is what Drupal defines before it reads settings.php, and paths in that may begin with.
func given(root, site string) []byte {
	quote := func(s string) string { return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'" }
	at := quote("/" + strings.TrimLeft(root, "/"))
	return []byte("<?php define('DRUPAL_ROOT', " + at + "); $app_root = " + at + "; $site_path = " + quote(strings.TrimPrefix(site, root+"/")) + ";?>")
}

// databaseOf finds the default database, whether it is assigned whole or in parts.
func databaseOf(c *php.Config) *recordv1.Value {
	for _, v := range []*recordv1.Value{c.Variables["databases[default][default]"], dig(c.Variables["databases[default]"], "default"), dig(c.Variables["databases"], "default", "default")} {
		if dig(v, "driver") != nil {
			return v
		}
	}
	return nil
}

// prefixOf is the prefix of all tables.
func prefixOf(v *recordv1.Value) (string, error) {
	if v.GetArray() == nil {
		return scalar(v), nil
	}
	prefix := scalar(dig(v, "default"))
	for _, p := range v.GetArray().GetPairs() {
		if scalar(p.GetValue()) != prefix {
			return "", errors.New("some tables have a prefix of their own, shared with another site: that is not supported")
		}
	}
	return prefix, nil
}

func absolute(root, p string) string {
	if slashpath.IsAbs(p) {
		return slashpath.Clean(p)
	}
	return "/" + strings.TrimLeft(slashpath.Join(root, p), "/")
}

func config(v *recordv1.Value, root string, prefix *string) (cmssql.Config, error) {
	c := cmssql.Config{User: scalar(dig(v, "username")), Password: scalar(dig(v, "password")), Name: scalar(dig(v, "database"))}
	host, port := scalar(dig(v, "host")), scalar(dig(v, "port"))
	switch driver := scalar(dig(v, "driver")); driver {
	case "sqlite":
		c = cmssql.Config{Dialect: cmssql.SQLite, File: absolute(root, c.Name)}
		if *prefix != "" {
			// Drupal keeps such tables in a file of their own, where they have no prefix.
			c.File, *prefix = c.File+"-"+*prefix, ""
		}
		return c, nil
	case "mysql":
		c.Dialect, port = cmssql.MySQL, cmp.Or(port, "3306")
	case "pgsql":
		c.Dialect, port = cmssql.Postgres, cmp.Or(port, "5432")
	default:
		return c, fmt.Errorf("the database driver %q is not supported; MySQL, MariaDB, PostgreSQL and SQLite are", driver)
	}
	if strings.Contains(*prefix, ".") {
		return c, errors.New("the prefix names another database or schema: that is not supported")
	}
	c.Network, c.Address = "tcp", net.JoinHostPort(cmp.Or(host, "127.0.0.1"), port)
	if socket := scalar(dig(v, "unix_socket")); socket != "" {
		c.Network, c.Address = "unix", socket
	} else if host == "localhost" && c.Dialect == cmssql.MySQL {
		c.Network, c.Address = cmssql.Localhost()
	}
	return c, nil
}
