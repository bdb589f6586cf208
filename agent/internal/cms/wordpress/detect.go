package wordpress

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	slashpath "path"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
)

const configFile = "wp-config.php"

// Detect implements cms.Driver. wp-config.php lies beside wp-includes or one level above. Paths are made absolute by
// taking fsys for the root of the file system.
func (Driver) Detect(fsys fs.FS, dir string) (*cms.Settings, error) {
	dir = slashpath.Clean(dir)
	file, src, err := findConfig(fsys, dir)
	if err != nil {
		return nil, err
	}
	c := php.ReadConfig(src, "/"+strings.TrimLeft(file, "/"))
	set := &cms.Settings{Platform: platform, Prefix: "wp_", Version: version(fsys, dir)}
	if p, ok := c.Variable("table_prefix"); ok {
		set.Prefix = p
	} else if strings.Contains(string(src), "table_prefix") {
		return nil, fmt.Errorf("%s computes $table_prefix; give it with --prefix and the database with --dsn", configFile)
	}
	content := contentDir(c, dir)
	set.Files = uploadsDir(c, dir, content)
	for _, name := range []string{"WP_HOME", "WP_SITEURL"} {
		if v, ok := c.Constant(name); ok && set.BaseURL == "" {
			set.BaseURL = strings.TrimRight(v, "/")
		}
	}
	if db, ok := sqliteFile(fsys, c, content); ok {
		set.Database = cmssql.Config{Dialect: cmssql.SQLite, File: db}
		return set, nil
	}
	set.Database, err = mysqlConfig(c)
	return set, err
}

// findConfig looks beside the program files and one level above; there only if that folder is no installation itself.
func findConfig(fsys fs.FS, dir string) (file string, src []byte, err error) {
	if !exists(fsys, slashpath.Join(dir, "wp-includes")) && !exists(fsys, slashpath.Join(dir, configFile)) {
		return "", nil, cms.ErrNotFound
	}
	for _, d := range []string{dir, slashpath.Dir(dir)} {
		if d != dir && exists(fsys, slashpath.Join(d, "wp-settings.php")) {
			break
		}
		file = slashpath.Join(d, configFile)
		if src, err = fs.ReadFile(fsys, file); err == nil {
			return file, src, nil
		}
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrInvalid) {
			return "", nil, fmt.Errorf("read %s: %w", configFile, err)
		}
	}
	return "", nil, cms.ErrNotFound
}

func exists(fsys fs.FS, name string) bool {
	_, err := fs.Stat(fsys, name)
	return err == nil
}

func contentDir(c *php.Config, dir string) string {
	if v, ok := c.Constant("WP_CONTENT_DIR"); ok && v != "" {
		return strings.TrimLeft(slashpath.Clean(v), "/")
	}
	return slashpath.Join(dir, "wp-content")
}

// uploadsDir is the absolute folder of uploads. UPLOADS is relative to the program files.
func uploadsDir(c *php.Config, dir, content string) string {
	if v, ok := c.Constant("UPLOADS"); ok && v != "" {
		return "/" + slashpath.Join(strings.TrimLeft(dir, "/"), v)
	}
	return "/" + slashpath.Join(strings.TrimLeft(content, "/"), "uploads")
}

// sqliteFile finds the database of the SQLite drop-in. (constants.php of sqlite-database-integration)
func sqliteFile(fsys fs.FS, c *php.Config, content string) (string, bool) {
	if v, ok := c.Constant("FQDB"); ok && v != "" {
		return v, true
	}
	if engine, _ := c.Constant("DB_ENGINE"); engine == "mysql" || !exists(fsys, slashpath.Join(content, "db.php")) {
		return "", false
	}
	folder := "/" + slashpath.Join(strings.TrimLeft(content, "/"), "database")
	for _, name := range []string{"FQDBDIR", "DB_DIR"} {
		if v, ok := c.Constant(name); ok && v != "" {
			folder = slashpath.Clean(v)
			break
		}
	}
	name := ".ht.sqlite"
	if v, ok := c.Constant("DB_FILE"); ok && v != "" {
		name = v
	}
	file := slashpath.Join(folder, name)
	return file, exists(fsys, strings.TrimLeft(file, "/"))
}

func mysqlConfig(c *php.Config) (cmssql.Config, error) {
	db := cmssql.Config{Dialect: cmssql.MySQL}
	var host string
	for name, to := range map[string]*string{"DB_NAME": &db.Name, "DB_USER": &db.User, "DB_PASSWORD": &db.Password, "DB_HOST": &host} {
		v, ok := c.Constant(name)
		if !ok {
			return db, fmt.Errorf("%s does not hold %s as a plain value; give the database with --dsn", configFile, name)
		}
		*to = v
	}
	db.Network, db.Address = parseHost(host)
	return db, nil
}

// parseHost reads DB_HOST: name, name:port, name:/path/to/socket, :/path, [v6], [v6]:port, v6. (wpdb::parse_db_host)
func parseHost(host string) (network, address string) {
	if i := strings.Index(host, ":/"); i >= 0 {
		return "unix", host[i+1:]
	}
	name, port := host, "3306"
	if h, p, err := net.SplitHostPort(host); err == nil {
		name, port = h, p
	}
	name = strings.Trim(name, "[]")
	switch {
	case name == "":
		name = "127.0.0.1"
	case name == "localhost" && port == "3306" && !strings.Contains(host, ":"):
		return cmssql.Localhost()
	}
	return "tcp", net.JoinHostPort(name, port)
}

// version reads $wp_version from the program files; empty when they are not there.
func version(fsys fs.FS, dir string) string {
	file := slashpath.Join(dir, "wp-includes/version.php")
	src, err := fs.ReadFile(fsys, file)
	if err != nil {
		return ""
	}
	v, _ := php.ReadConfig(src, "/"+file).Variable("wp_version")
	return v
}
