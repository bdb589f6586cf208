// Package cms is the contract between the agent and its drivers: one folder per platform maps tables to records and back.
//
// A driver knows its tables and nothing else. Transactions, ledger, retry, read-only sessions, throttling, file transfer
// and the wire are around it, once.
package cms

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"slices"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Kind is the kind of a record.
type Kind = recordv1.Kind

// ErrNotFound is what Detect returns when the folder holds no site of the platform.
var ErrNotFound = errors.New("no site of this platform found")

// ErrCursor is what Read yields for a shard or cursor that this driver did not make.
var ErrCursor = errors.New("the shard or cursor was not made by this driver")

// Driver makes sites of one platform.
type Driver interface {
	// Describe says what the driver can do. No I/O.
	Describe() Description
	// Detect reads the configuration file of the site in dir (slash-separated, below fsys) without executing it.
	// It may look one level above dir. ErrNotFound: dir is no site of this platform.
	Detect(fsys fs.FS, dir string) (*Settings, error)
	// Open connects. The database session is read-only unless s.Writable.
	Open(ctx context.Context, s Settings) (Site, error)
}

// Versioned is a driver whose platform holds other things in other versions.
type Versioned interface {
	Driver
	// Of is the driver that describes what the version of an opened site holds.
	Of(site Site) Driver
}

// Description is what a driver can do.
type Description struct {
	// Platform is the word on the command line: "wordpress".
	Platform string
	// Title is the name for people: "WordPress".
	Title string
	// Versions that the driver is tested with, e.g. "5.0 to 6.8".
	Versions string
	// Dialects of databases.
	Dialects []cmssql.Dialect
	// Folders below Settings.Files that hold uploads, slash-separated; nothing beside them is read or written. Empty: all of it.
	Folders []string
	// Private is the absolute folder of files that not everybody may fetch, where that lies outside of Settings.Files. Paths of files there
	// begin with PrivateFiles. Empty: there is none.
	Private string
	// Kinds says of every kind whether it is read and written, and what the platform holds. Counts are not filled.
	Kinds []*agentv1.KindInfo
	// Logins by version; none: the platform keeps no passwords.
	Logins []Logins
}

// PrivateFiles begins the path of a file that lies in Description.Private instead of Settings.Files. No file that is stored gets such a
// name by itself: colons are taken out of names.
const PrivateFiles = "private:/"

// PrivateHint begins such a path where a source tells it to others, which know no second folder.
const PrivateHint = "private/"

// Settings say where a site's data is. String and logs never show the DSN.
type Settings struct {
	Platform string
	// Database to connect to.
	Database cmssql.Config
	// Prefix of table names; only where the platform has one.
	Prefix string
	// Files is the absolute folder of uploads; empty: files are out of reach.
	Files string
	// Private is the folder of files that not everybody may fetch, absolute or from the site's root; empty: the site's own word.
	Private string
	// BaseURL overrides the address that the site itself states; empty: the site's own.
	BaseURL string
	// Writable opens the site for writing (role target). Rule 5: otherwise no session may write.
	Writable bool
	// Version of the platform, where the configuration or the program files tell it; may be empty.
	Version string
	// Flavour of a platform that has several, where it was named; empty: found by the site's own configuration.
	Flavour string
}

// Flavoured is a driver for sites that may be a folder without any configuration yet.
type Flavoured interface {
	// Flavour gives the settings of the folder dir (absolute); false where the driver has no flavour of that name.
	Flavour(dir, name string) (*Settings, bool)
}

// Site is one opened site. Methods may be called from several goroutines.
type Site interface {
	// Probe looks at the whole site: version, exact counts, custom fields, findings.
	Probe(ctx context.Context, opt Options) (*Facts, error)
	// Split divides a kind into at most n key ranges that together hold each record once, in reading order.
	Split(ctx context.Context, kind Kind, n int, opt Options) ([]Shard, error)
	// Read yields the records of a shard that lie after a cursor. The same order on every call; resumes at any cursor it
	// has yielded; holds at most one batch in memory. A non-nil error ends the sequence.
	Read(ctx context.Context, kind Kind, sh Shard, after Cursor, opt Options) iter.Seq2[Item, error]
	// Fetch reads records by the site's own ids, in order; nil Record and nil Unread where there is none.
	Fetch(ctx context.Context, q cmssql.Querier, kind Kind, ids []string) ([]Item, error)
	// Write writes records of one kind in the unit's transaction and answers each in order. An error means that nothing
	// of the batch may be committed; a Result with OutcomeRejected means that this record alone was left out and wrote nothing.
	Write(ctx context.Context, u *Unit, kind Kind, batch []*recordv1.Record) ([]Result, error)
	// Locate gives the text that stands for (kind, own id, form) in content of this site, in order; "" where it cannot.
	Locate(ctx context.Context, q cmssql.Querier, wants []Want) ([]string, error)
	// Relink fills pointers of records written before; all of one kind. All links of one slot of one record come together;
	// a slot that holds text is read again and expanded whole, after u.Refs.Load.
	Relink(ctx context.Context, u *Unit, kind Kind, links []Link) error
	// Finish recounts, clears caches and rebuilds derived data after a migration's last write.
	Finish(ctx context.Context, u *Unit) ([]*agentv1.Finding, error)
	// A site can take back what was written.
	Undoer
	// Place is where below Settings.Files the platform would store an uploaded file; slash-separated, not yet made safe or unique.
	Place(h *agentv1.FileHeader) string
	// DB is the site's database; nil for sites that have none.
	DB() *cmssql.DB
	// TablePrefix goes before the names of the ledger's tables.
	TablePrefix() string
	// Close releases the connection. Using the site afterwards is an error, not a panic.
	Close() error
}

// Options choose what is read.
type Options struct {
	// Revisions are read as entries of PURPOSE_REVISION.
	Revisions bool
	// Brief lets Probe leave out what takes looks at every row: counts, custom fields and findings; and Read the texts of records of
	// which only refs, addresses and times are wanted.
	Brief bool
	// Addresses lets entries and terms say at which address they stand. Drivers need not look at it: it is done around them.
	Addresses bool
}

// Facts are what Probe found.
type Facts struct {
	Version  string
	BaseURL  string
	OtherURL []string
	Locales  []string
	Database string
	// Identity are strings that stay the same for the life of the site and together belong to no other; hashed, never sent.
	Identity []string
	// Counts per kind are exactly what Read yields, Unread items included.
	Counts   map[Kind]uint64
	Types    map[Kind][]*agentv1.TypeCount
	Fields   []*agentv1.FieldInfo
	Findings []*agentv1.Finding
	// Logins are the schemes of password hashes that this site verifies; told in a brief look as well.
	Logins []string
}

// Shard is a key range; opaque to everyone but the driver.
type Shard struct {
	Range []byte
	Count uint64
}

// Cursor is a position inside a shard; opaque to everyone but the driver.
type Cursor []byte

// Item is one thing that reading yields: a record, or the reason why there is none.
type Item struct {
	Record *recordv1.Record
	// Unread is set instead of Record for a record that is skipped or cannot be read.
	Unread *agentv1.Unread
	// Paths are the addresses it answers to, the public one first.
	Paths []*agentv1.Path
	// Cursor after this item.
	Cursor Cursor
}

// Want asks Locate for one text.
type Want struct {
	Kind     Kind
	TargetID string
	Form     string
}

// Result is what became of one record.
type Result struct {
	Outcome agentv1.Outcome
	// TargetID is the row that stands for the record; empty when skipped or rejected.
	TargetID string
	Problem  *agentv1.Problem
	// Adjustments name the fields that the target holds otherwise than they were sent.
	Adjustments []*agentv1.Adjustment
	// Open are pointers whose record is not written yet; Relink gets them back.
	Open []Open
	// Before is the before-image of an overwritten row, in a form only the driver knows (Rule 6).
	Before []byte
}

// Adjust tells once that the target holds a field otherwise than it was sent.
func (r *Result) Adjust(field, code, value string) {
	for _, a := range r.Adjustments {
		if a.GetField() == field && a.GetCode() == code {
			return
		}
	}
	r.Adjustments = append(r.Adjustments, &agentv1.Adjustment{Field: field, Code: code, Value: value})
}

// StandIn tells that an account of the target, by its own id there, stands in for an author who is not on the target; "0": none does.
func (r *Result) StandIn(field, account string) {
	a := &agentv1.Adjustment{Field: field, Code: "fallback_author"}
	if account != "0" {
		a.Instead = record.NewRef(recordv1.Kind_KIND_USER, account)
	}
	r.Adjustments = append(r.Adjustments, a)
}

// Wait keeps pointers of a slot for Relink, each once.
func (r *Result) Wait(slot string, tokens ...record.Token) {
	for _, t := range tokens {
		if o := (Open{Slot: slot, Token: t}); !slices.Contains(r.Open, o) {
			r.Open = append(r.Open, o)
		}
	}
}

// Open is a pointer that could not be filled when its record was written.
type Open struct {
	// Slot says where in the record, in the driver's words: "parent", "content", "meta:_thumbnail_id".
	Slot string
	// Token is what is pointed to.
	Token record.Token
}

// Link is an open pointer handed back to the driver.
type Link struct {
	// TargetID is the row that holds the pointer.
	TargetID string
	Slot     string
	Token    record.Token
	// Found says that Target holds the row pointed to; otherwise the pointer is to be cleared.
	Found  bool
	Target string
}

// Unit is what one batch is written through.
type Unit struct {
	// Tx is the transaction that the driver shares with the ledger (Rule 2).
	Tx *cmssql.Tx
	// Refs knows what earlier records became.
	Refs Refs
	// FallbackAuthor is the target id of the account that stands in for authors who are not moved; empty: the driver's choice.
	FallbackAuthor string
	// Names hands out slugs and logins that are unique among parallel units as well.
	Names *Reservation
	// Shared remembers rows that no record consists of; see Keep and Made.
	Shared Shared
}

// Refs is the driver's view of the ledger during a batch. But for Load, methods answer from memory.
type Refs interface {
	// Existing is the row that an earlier run wrote for a record of the batch; the record is then an update.
	Existing(ref *recordv1.Ref) (targetID string, ok bool)
	// Target is the row that a ref became.
	Target(ref *recordv1.Ref) (targetID string, ok bool)
	// File is where a file of the source was stored, below Settings.Files, slash-separated.
	File(fileID string) (path string, ok bool)
	// Expand replaces the tokens of a text. When some cannot be resolved yet the text stays unexpanded and they are
	// returned; in the last round of Relink every token is replaced, by the migration's fallbacks where nothing else is known.
	Expand(text string) (string, []record.Token)
	// Load looks up the tokens of texts that were not part of the batch (Relink), in one go.
	Load(ctx context.Context, texts ...string) error
}
