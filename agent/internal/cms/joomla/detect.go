package joomla

import (
	"encoding/xml"
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

const configFile = "configuration.php"

// config are the plain values of Joomla's configuration file that are needed.
type config map[string]string

// configKeys are those of them that the driver looks at; nothing else of the file is kept.
var configKeys = []string{"dbtype", "host", "user", "password", "db", "dbprefix", "dbencryption", "dbsslverifyservercert",
	"sitename", "MetaDesc", "offset", "sef", "sef_rewrite", "sef_suffix", "live_site", "list_limit"}

// readConfig reads the class JConfig without executing it; nil when the file is not Joomla's.
func readConfig(fsys fs.FS, file string) config {
	src, err := fs.ReadFile(fsys, file)
	if err != nil || !strings.Contains(string(src), "JConfig") {
		return nil
	}
	read, c := php.ReadConfig(src, "/"+strings.TrimLeft(file, "/")), config{}
	for _, key := range configKeys {
		if v, ok := read.Property(key); ok {
			c[key] = v
		}
	}
	return c
}

// Detect finds configuration.php in dir, or where defines.php says that it lies. Paths are made absolute by taking fsys for the
// root of the file system.
func (Driver) Detect(fsys fs.FS, dir string) (*cms.Settings, error) {
	dir = path.Clean(strings.Trim(dir, "/"))
	file := configPath(fsys, dir)
	c := readConfig(fsys, file)
	if c == nil {
		return nil, cms.ErrNotFound
	}
	db, err := database(c)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", configFile, err)
	}
	return &cms.Settings{Platform: Platform, Database: db, Prefix: c["dbprefix"], Files: path.Join("/", dir),
		BaseURL: strings.TrimRight(c["live_site"], "/"), Version: programVersion(fsys, dir)}, nil
}

// configPath is where the configuration lies: defines.php may name another folder (JPATH_CONFIGURATION).
func configPath(fsys fs.FS, dir string) string {
	for _, d := range []string{"defines.php", "administrator/defines.php"} {
		name := path.Join(dir, d)
		src, err := fs.ReadFile(fsys, name)
		if err != nil {
			continue
		}
		if folder, ok := php.ReadConfig(src, "/"+name).Constant("JPATH_CONFIGURATION"); ok && folder != "" {
			return strings.TrimLeft(path.Join(folder, configFile), "/")
		}
	}
	return path.Join(dir, configFile)
}

func database(c config) (cmssql.Config, error) {
	db := cmssql.Config{User: c["user"], Password: c["password"], Name: c["db"]}
	port := "3306"
	switch c["dbtype"] {
	case "mysqli", "mysql", "pdomysql":
		db.Dialect = cmssql.MySQL
		if c["dbencryption"] == "1" || c["dbencryption"] == "2" {
			db.TLS = "skip-verify"
			if v := c["dbsslverifyservercert"]; v != "" && v != "0" {
				db.TLS = "true"
			}
		}
	case "pgsql", "postgresql":
		db.Dialect, port = cmssql.Postgres, "5432"
	default:
		return db, fmt.Errorf("the database type %q is not supported; Joomla's are mysqli, mysql and pgsql", c["dbtype"])
	}
	if db.Name == "" {
		return db, errors.New("it names no database as a plain value; give the database with --dsn and --prefix")
	}
	db.Network, db.Address = parseHost(strings.TrimPrefix(c["host"], "p:"), port)
	return db, nil
}

// parseHost reads name, name:port, name:/path/of/socket, [v6] and [v6]:port. PHP takes the socket for localhost.
func parseHost(host, port string) (network, address string) {
	if i := strings.Index(host, ":/"); i >= 0 {
		return "unix", host[i+1:]
	}
	if h, p, err := net.SplitHostPort(host); err == nil {
		return "tcp", net.JoinHostPort(h, p)
	}
	host = strings.Trim(host, "[]")
	switch {
	case host == "localhost" && port == "3306":
		return cmssql.Localhost()
	case host == "":
		host = "127.0.0.1"
	}
	return "tcp", net.JoinHostPort(host, port)
}

// programVersion reads the manifest of the program files, or the constants of their class Version.
func programVersion(fsys fs.FS, dir string) string {
	if src, err := fs.ReadFile(fsys, path.Join(dir, "administrator/manifests/files/joomla.xml")); err == nil {
		var m struct {
			Version string `xml:"version"`
		}
		if xml.Unmarshal(src, &m) == nil && m.Version != "" {
			return m.Version
		}
	}
	name := path.Join(dir, "libraries/src/Version.php")
	src, err := fs.ReadFile(fsys, name)
	if err != nil {
		return ""
	}
	c := php.ReadConfig(src, "/"+name)
	var parts []string
	for _, k := range []string{"MAJOR_VERSION", "MINOR_VERSION", "PATCH_VERSION"} {
		if v, ok := c.Constant(k); ok {
			parts = append(parts, v)
		}
	}
	return strings.Join(parts, ".")
}
