package sqlite

import (
	"embed"
	"io/fs"
	"strings"
)

//go:embed schema/*.sql
var schema embed.FS

//go:embed queries/*.sql
var queryFiles embed.FS

// queries are the statements of the query files by name.
var queries = mustLoad()

func mustLoad() map[string]string {
	all := map[string]string{}
	files, err := fs.Glob(queryFiles, "queries/*.sql")
	if err != nil {
		panic(err)
	}
	for _, f := range files {
		text, err := queryFiles.ReadFile(f)
		if err != nil {
			panic(err)
		}
		for part := range strings.SplitSeq("\n"+string(text), "\n-- name: ") {
			if name, query, ok := strings.Cut(part, "\n"); ok && name != "" {
				all[name] = strings.TrimSpace(query)
			}
		}
	}
	return all
}

// q is the statement of a name; a missing one is a mistake in this package.
func q(name string) string {
	s, ok := queries[name]
	if !ok {
		panic("no query named " + name)
	}
	return s
}
