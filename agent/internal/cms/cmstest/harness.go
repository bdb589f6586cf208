// Package cmstest is the one conformance suite: every driver passes it on every dialect that it declares.
package cmstest

import (
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// Capabilities that a driver may lack. A test is skipped only when the harness names its capability in Absent.
const (
	// Reading: the driver reads at least one kind.
	Reading = "reading"
	// Writing: the driver writes at least one kind.
	Writing = "writing"
	// Prefixes: table names have a prefix that the owner chooses.
	Prefixes = "prefixes"
	// NumericIDs: the platform's own ids are automatic numbers.
	NumericIDs = "numeric_ids"
	// ExtraColumns: the driver tolerates columns that plugins added to the platform's tables.
	ExtraColumns = "extra_columns"
	// HugeText: the platform's body column takes 10 MB; see Harness.Huge.
	HugeText = "huge_text"
	// NulInText: the platform's texts may hold a NUL.
	NulInText = "nul_in_text"
)

// Column names one column of the platform; Table is without the prefix.
type Column struct {
	Table, Column string
}

// Harness makes sites of one platform for the suite.
type Harness struct {
	// Driver under test. Its Description says which kinds and dialects are tried.
	Driver cms.Driver
	// Source makes a new site filled with content: at least three records of each kind that the driver reads (one of
	// KIND_SITE), with a hierarchy where the platform has one. It returns Settings with Writable false. The suite may change
	// the database (decoy tables, extra columns) before it opens the site, so each call makes a database of its own.
	Source func(t *testing.T, d cmssql.Dialect, prefix string) cms.Settings
	// Target makes a new site as the platform's installer leaves it, with Writable true and Files a folder of its own.
	Target func(t *testing.T, d cmssql.Dialect, prefix string) cms.Settings
	// Prefix is the platform's usual prefix of table names; empty where it has none.
	Prefix string
	// Unusual is another legal prefix, with letters that must be quoted or escaped in LIKE ("Wp_2-x_"); empty with Prefix.
	Unusual string
	// Records are written beside the suite's own samples: cases that only this platform has. Source ids must not begin
	// with "s-". They go through record.Fit like everything else.
	Records []*recordv1.Record
	// Entry is the type of entry used for samples; empty: "post".
	Entry string
	// Poison names for a kind a column into which a text of the record is inserted unchanged (the title of an entry, the
	// name of a term, the display name of a user, the author's name of a comment). A trigger refuses rows whose column
	// contains "poison". Kinds not named are not tried; at least one must be.
	Poison map[cms.Kind]Column
	// Large sets the text of exactly two entries, and of nothing else, to {text}; {name} is a table. Empty: no column takes any length.
	Large string
	// Edit changes the one entry of a title as people do and says how many entries hold their words, then and later; for sites
	// whose entries are not edited in the column of Poison.
	Edit func(t *testing.T, set cms.Settings, title string) (left func() int)
	// AutoID are tables with automatic ids, without the prefix; they are set beyond 32 bits before writing.
	AutoID []string
	// Huge is the longest body tried, in bytes, for platforms that keep a rendering beside the text, so that a record would
	// not fit into a message; 0: 10 MB.
	Huge int
	// Sound are statements that find what a site of the platform must not have, by a word for it; {name} is a table. They are asked
	// whenever a migration or a rollback has come to its end, and must find nothing.
	Sound map[string]string
	// Sums digests what a site consists of, by name, where that is not the tables of its database; skip leaves out names.
	Sums func(t *testing.T, set cms.Settings, skip func(name string) bool) map[string]string
	// Volatile are tables, without the prefix, that opening or reading may change on a source; empty for any SQL platform.
	Volatile []string
	// Absent names what the platform or driver lacks, each with the reason; the reason is printed.
	Absent map[string]string
}
