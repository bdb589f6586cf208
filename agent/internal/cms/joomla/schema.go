package joomla

import "github.com/baileybridge/bailey/agent/internal/cmssql"

// unset is what stands in a column for nothing: dates have NULL or, in Joomla 3, the zero date.
func unset(c cmssql.TableColumn, d cmssql.Dialect) any {
	switch {
	case c.Null:
		return nil
	case c.IsTime() && d == cmssql.Postgres:
		return "1970-01-01 00:00:00"
	case c.IsTime():
		return "0000-00-00 00:00:00"
	case c.IsNumber():
		return 0
	}
	return ""
}
