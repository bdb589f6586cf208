package drupal

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// unset is what stands in a column that nobody set.
func unset(_ string, c cmssql.TableColumn) any {
	switch {
	case c.Null:
		return nil
	case c.IsNumber():
		return 0
	}
	return ""
}

// columns holds the columns of the site's tables by their names without the prefix. Tables are added while a migration
// makes fields.
type columns struct {
	mu     sync.Mutex
	tables cmssql.Catalogue
	// foretold are tables that a dry run would have made.
	foretold map[string]bool
	// sources are the fields that hold the files of media types, by type; those that are made while a migration runs as well.
	sources map[string]*field
}

func (c *columns) source(bundle string, f *field) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sources == nil {
		c.sources = map[string]*field{}
	}
	c.sources[bundle] = f
}

// shown are those sources whose tables are there, by type.
func (c *columns) shown() []*field {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []*field
	for _, bundle := range sortedKeys(c.sources) {
		if f := c.sources[bundle]; c.tables[f.table] != nil && !c.foretold[f.table] {
			all = append(all, f)
		}
	}
	return all
}

func (c *columns) of(table string) cmssql.Columns {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tables[table]
}

func (c *columns) set(table string, cols cmssql.Columns, foretold bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tables[table] = cols
	if foretold {
		if c.foretold == nil {
			c.foretold = map[string]bool{}
		}
		c.foretold[table] = true
	}
}

// real says that a table is there to be read and written.
func (c *columns) real(table string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tables[table] != nil && !c.foretold[table]
}

// load reads the columns of all tables.
func (c *columns) load(ctx context.Context, q cmssql.Querier, prefix string) error {
	found, err := cmssql.ReadColumns(ctx, q, func(table string) (string, bool) {
		if len(table) < len(prefix) || !strings.EqualFold(table[:len(prefix)], prefix) {
			return "", false
		}
		return table[len(prefix):], true
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tables = found
	return err
}

// has says whether a table has all the named columns.
func (c *columns) has(table string, names ...string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tables.Has(table, names...)
}

// with are the tables that have all the named columns, by their names.
func (c *columns) with(names ...string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Sorted(maps.Keys(c.tables)), func(table string) bool { return !c.tables.Has(table, names...) })
}

func (c *columns) drop(table string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.tables, table)
}
