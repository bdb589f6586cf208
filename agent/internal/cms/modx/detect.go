package modx

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"path"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/php"
)

// coreConfig lies in the web root and says where the core folder and its configuration are.
const coreConfig = "config.core.php"

// Detect implements cms.Driver. dir is the web root, the manager's folder below it, or the core folder. Paths are made
// absolute by taking fsys for the root of the file system.
func (Driver) Detect(fsys fs.FS, dir string) (*cms.Settings, error) {
	dir = path.Clean(strings.Trim(dir, "/"))
	for _, d := range []string{dir, path.Dir(dir)} {
		core, key, err := findCore(fsys, d)
		if err != nil {
			return nil, err
		}
		if core != "" {
			return settingsOf(fsys, d, core, key)
		}
	}
	if exists(fsys, path.Join(dir, "config/config.inc.php")) && exists(fsys, path.Join(dir, "docs/version.inc.php")) {
		return settingsOf(fsys, path.Dir(dir), dir, "config")
	}
	return nil, cms.ErrNotFound
}

func exists(fsys fs.FS, name string) bool {
	_, err := fs.Stat(fsys, name)
	return err == nil
}

// findCore reads config.core.php; core is "" where there is none. The core is often outside of the web root.
func findCore(fsys fs.FS, dir string) (core, key string, err error) {
	file := path.Join(dir, coreConfig)
	src, err := fs.ReadFile(fsys, file)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		return "", "", nil
	}
	if err != nil {
		return "", "", fmt.Errorf("read %s: %w", coreConfig, err)
	}
	c := php.ReadConfig(src, "/"+file)
	key, ok := c.Constant("MODX_CONFIG_KEY")
	if !ok || key == "" {
		key = "config"
	}
	core = path.Join(dir, "core")
	if p, ok := c.Constant("MODX_CORE_PATH"); ok && p != "" {
		core = strings.TrimLeft(path.Clean(p), "/")
	}
	return core, key, nil
}

func settingsOf(fsys fs.FS, dir, core, key string) (*cms.Settings, error) {
	file := path.Join(core, "config", key+".inc.php")
	src, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, fmt.Errorf("read the configuration file %s.inc.php, which %s points to: %w", key, coreConfig, err)
	}
	c := php.ReadConfig(src, "/"+file)
	set := &cms.Settings{Platform: Platform, Prefix: "modx_", Version: version(fsys, core), Files: "/" + strings.TrimLeft(dir, "/")}
	if p, ok := c.Variable("table_prefix"); ok {
		set.Prefix = p
	}
	if p, ok := c.Variable("modx_base_path"); ok && path.IsAbs(p) {
		set.Files = path.Clean(p)
	}
	set.Database, err = databaseOf(c)
	return set, err
}

// databaseOf reads the connection. $database_dsn is what MODX itself connects with; the other variables are for people.
func databaseOf(c *php.Config) (cmssql.Config, error) {
	db := cmssql.Config{Dialect: cmssql.MySQL}
	get := func(name string) string { v, _ := c.Variable(name); return v }
	if t := get("database_type"); t != "" && t != "mysql" {
		return db, fmt.Errorf("$database_type %q is not supported; MODX on MySQL or MariaDB is", t)
	}
	dsn := pairs(strings.TrimPrefix(get("database_dsn"), "mysql:"))
	host, extra, _ := strings.Cut(get("database_server"), ";")
	for k, v := range pairs(extra) {
		if dsn[k] == "" {
			dsn[k] = v
		}
	}
	if dsn["host"] != "" {
		host = dsn["host"]
	}
	db.User, db.Password, db.Name = get("database_user"), get("database_password"), dsn["dbname"]
	if db.Name == "" {
		db.Name = strings.Trim(get("dbase"), "`")
	}
	if db.Name == "" || db.User == "" {
		return db, errors.New("the configuration file does not hold $dbase and $database_user as plain values; give the database with --dsn")
	}
	db.Network, db.Address = address(host, dsn["port"], dsn["unix_socket"])
	return db, nil
}

// pairs reads "host=h;port=3307;dbname=d".
func pairs(s string) map[string]string {
	m := map[string]string{}
	for p := range strings.SplitSeq(s, ";") {
		if k, v, ok := strings.Cut(p, "="); ok {
			m[strings.TrimSpace(k)] = strings.TrimSpace(v)
		}
	}
	return m
}

// address is where the server listens. PHP's MySQL driver takes the name localhost for its socket.
func address(host, port, socket string) (network, addr string) {
	if h, p, err := net.SplitHostPort(host); err == nil && port == "" {
		host, port = h, p
	}
	if socket == "" && host == "localhost" && port == "" {
		return cmssql.Localhost()
	}
	switch {
	case socket != "":
		return "unix", socket
	case host == "":
		host = "127.0.0.1"
	}
	if port == "" {
		port = "3306"
	}
	return "tcp", net.JoinHostPort(strings.Trim(host, "[]"), port)
}

// version reads the program files: 'version', 'major_version', 'minor_version' and 'patch_level' of $v.
func version(fsys fs.FS, core string) string {
	file := path.Join(core, "docs/version.inc.php")
	src, err := fs.ReadFile(fsys, file)
	if err != nil {
		return ""
	}
	c := php.ReadConfig(src, "/"+file)
	part := func(key string) string { v, _ := c.Variable("v[" + key + "]"); return v }
	if part("version") == "" {
		return ""
	}
	v := part("version") + "." + part("major_version") + "." + part("minor_version")
	if level := part("patch_level"); level != "" {
		v += "-" + level
	}
	return v
}
