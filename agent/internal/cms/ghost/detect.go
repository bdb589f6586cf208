package ghost

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strconv"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// maxConfig bounds a configuration file.
const maxConfig = 1 << 20

// config is what of Ghost's configuration file is needed.
type config struct {
	URL      string `json:"url"`
	Database struct {
		Client     string          `json:"client"`
		Connection json.RawMessage `json:"connection"`
	} `json:"database"`
	Paths struct {
		ContentPath string `json:"contentPath"`
	} `json:"paths"`
}

type connection struct {
	Filename   string          `json:"filename"`
	Host       string          `json:"host"`
	Port       json.RawMessage `json:"port"`
	SocketPath string          `json:"socketPath"`
	User       string          `json:"user"`
	Password   string          `json:"password"`
	Database   string          `json:"database"`
}

// Detect reads config.production.json, or another config.*.json, in dir or one level above.
func (Driver) Detect(fsys fs.FS, dir string) (*cms.Settings, error) {
	dir = path.Clean(strings.Trim(dir, "/"))
	for _, d := range []string{dir, path.Dir(dir)} {
		name, cfg, err := findConfig(fsys, d)
		if err != nil {
			return nil, err
		}
		if cfg != nil {
			return settingsOf(fsys, d, name, cfg)
		}
	}
	return nil, cms.ErrNotFound
}

func findConfig(fsys fs.FS, dir string) (string, *config, error) {
	names, err := fs.Glob(fsys, path.Join(escapeGlob(dir), "config.*.json"))
	if err != nil {
		return "", nil, fmt.Errorf("look for config.*.json: %w", err)
	}
	rank := map[string]int{"config.production.json": -2, "config.development.json": -1}
	sort.SliceStable(names, func(i, j int) bool { return rank[path.Base(names[i])] < rank[path.Base(names[j])] })
	for _, name := range names {
		cfg, err := readConfig(fsys, name)
		if err != nil {
			return "", nil, err
		}
		if cfg != nil {
			return name, cfg, nil
		}
	}
	return "", nil, nil
}

// escapeGlob makes the letters of a folder's name stand for themselves.
func escapeGlob(dir string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(dir)
}

// readConfig gives nil for a JSON file of another program.
func readConfig(fsys fs.FS, name string) (*config, error) {
	st, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path.Base(name), err)
	}
	if st.Size() > maxConfig {
		return nil, nil
	}
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path.Base(name), err)
	}
	cfg := &config{}
	if err := json.Unmarshal(data, cfg); err != nil {
		// The parser's message could quote the password.
		return nil, fmt.Errorf("%s is not valid JSON; correct it or use --dsn", path.Base(name))
	}
	if cfg.Database.Client == "" {
		return nil, nil
	}
	return cfg, nil
}

func settingsOf(fsys fs.FS, dir, name string, cfg *config) (*cms.Settings, error) {
	db, err := databaseOf(dir, cfg)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path.Base(name), err)
	}
	content := cfg.Paths.ContentPath
	if content == "" {
		content = "content"
	}
	return &cms.Settings{
		Platform: Platform, Database: db, BaseURL: strings.TrimRight(cfg.URL, "/"),
		Files: absolute(dir, content), Version: packageVersion(fsys, dir),
	}, nil
}

func databaseOf(dir string, cfg *config) (cmssql.Config, error) {
	var c connection
	if len(cfg.Database.Connection) > 0 && json.Unmarshal(cfg.Database.Connection, &c) != nil {
		return cmssql.Config{}, errors.New("database.connection is not understood; use --dsn")
	}
	switch cfg.Database.Client {
	case "sqlite3", "better-sqlite3":
		if c.Filename == "" {
			return cmssql.Config{}, errors.New("database.connection.filename is missing")
		}
		return cmssql.Config{Dialect: cmssql.SQLite, File: absolute(dir, c.Filename)}, nil
	case "mysql", "mysql2":
		return mysqlConfig(c), nil
	}
	return cmssql.Config{}, fmt.Errorf("the database client %q is not supported; Ghost 5 has sqlite3 and mysql", cfg.Database.Client)
}

func mysqlConfig(c connection) cmssql.Config {
	out := cmssql.Config{Dialect: cmssql.MySQL, Network: "tcp", User: c.User, Password: c.Password, Name: c.Database}
	if c.SocketPath != "" {
		out.Network, out.Address = "unix", c.SocketPath
		return out
	}
	port := 3306
	if n, err := strconv.Atoi(strings.Trim(string(c.Port), `"`)); err == nil && n > 0 {
		port = n
	}
	host := c.Host
	if host == "" {
		host = "127.0.0.1"
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	out.Address = host + ":" + strconv.Itoa(port)
	return out
}

// absolute is a path of the configuration file, which is relative to the folder that Ghost is started in.
func absolute(dir, p string) string {
	if path.IsAbs(p) {
		return path.Clean(p)
	}
	return path.Join("/", dir, p)
}

// packageVersion reads package.json of the program, beside the configuration or below "current".
func packageVersion(fsys fs.FS, dir string) string {
	for _, name := range []string{"current/package.json", "package.json"} {
		data, err := fs.ReadFile(fsys, path.Join(dir, name))
		if err != nil {
			continue
		}
		var pkg struct{ Name, Version string }
		if json.Unmarshal(data, &pkg) == nil && pkg.Name == "ghost" {
			return pkg.Version
		}
	}
	return ""
}
