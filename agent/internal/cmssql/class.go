package cmssql

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
)

// Class is what an error of a database means for what to do next.
type Class int

// Classes of errors.
const (
	// Other: the statement or its data is wrong; trying again gives the same.
	Other Class = iota
	// Retry: deadlock, lock wait, busy; the whole transaction may be run again.
	Retry
	// Gone: the connection or the server went away.
	Gone
	// Refused: wrong user, password or rights.
	Refused
	// Full: no space left.
	Full
	// Missing: no such database, table or column.
	Missing
	// Duplicate: a unique key is taken.
	Duplicate
	// TooLarge: the row or packet is larger than the server takes.
	TooLarge
)

var mysqlClasses = map[uint16]Class{
	1205: Retry, 1213: Retry, 1020: Retry, 1040: Retry, 1203: Retry, 1226: Retry, 1317: Retry,
	// Lock table full, definition changed under the transaction, statement to be prepared again, statement took too long.
	1206: Retry, 1412: Retry, 1615: Retry, 1969: Retry, 3024: Retry,
	1044: Refused, 1045: Refused, 1142: Refused, 1698: Refused, 1227: Refused, 1290: Refused, 1792: Refused, 1836: Refused, 1143: Refused,
	1021: Full, 1114: Full, 1049: Missing, 1146: Missing, 1054: Missing, 1062: Duplicate, 1586: Duplicate,
	1153: TooLarge, 1301: TooLarge, 1406: TooLarge, 1118: TooLarge, 1053: Gone, 1077: Gone, 1927: Gone, 4031: Gone,
	// The server lost the connection in the middle of a statement.
	1152: Gone, 1158: Gone, 1159: Gone, 1160: Gone, 1161: Gone,
}

// Classes of SQLSTATE values, or of the two letters that begin them. (PostgreSQL, appendix A)
var postgresClasses = map[string]Class{
	"40": Retry, "55P03": Retry, "53300": Retry, "57014": Retry, "28": Refused, "42501": Refused, "25006": Refused, "53100": Full,
	"3D000": Missing, "3F000": Missing, "42P01": Missing, "42703": Missing, "23505": Duplicate, "22001": TooLarge, "54": TooLarge, "08": Gone, "57": Gone,
}

var sqliteClasses = map[int]Class{
	5: Retry, 6: Retry, 8: Refused, 3: Refused, 23: Refused, 13: Full, 14: Missing, 18: TooLarge, 10: Gone, 26: Missing,
}

// ClassOf classes an error; Other for what it does not know.
func ClassOf(err error) Class {
	var my *mysql.MySQLError
	if errors.As(err, &my) {
		// 1030 is any error of the storage engine; 28 is the system's ENOSPC.
		if my.Number == 1030 && strings.Contains(my.Message, "28") {
			return Full
		}
		return mysqlClasses[my.Number]
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return classOfSQLite(lite)
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return classOfPostgres(pg.Code)
	}
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, mysql.ErrMalformPkt) || errors.Is(err, mysql.ErrPktSync) ||
		errors.Is(err, mysql.ErrPktSyncMul) || errors.Is(err, sql.ErrConnDone) || isNetwork(err) {
		return Gone
	}
	if errors.Is(err, mysql.ErrPktTooLarge) {
		return TooLarge
	}
	return Other
}

func classOfPostgres(state string) Class {
	if c, ok := postgresClasses[state]; ok || len(state) < 2 {
		return c
	}
	return postgresClasses[state[:2]]
}

func classOfSQLite(e *sqlite.Error) Class {
	if e.Code() == 1555 || e.Code() == 2067 {
		return Duplicate
	}
	// SQLite has one code for "no such table" and for a syntax error.
	if e.Code() == 1 && (strings.Contains(e.Error(), "no such ") || strings.Contains(e.Error(), " has no column ")) {
		return Missing
	}
	return sqliteClasses[e.Code()&0xff]
}

// missingTable is how the databases name a table that is not there.
var missingTable = regexp.MustCompile(`^(?:Table '(?:[^']*\.)?([^'.]+)' doesn't exist|.*no such table: (?:main\.)?(\S+)|relation "(?:[^"]*\.)?([^".]+)" does not exist)`)

// MissingTable is the table that an error says is not there; empty: it is another error, or told in another language.
func MissingTable(err error) string {
	var my *mysql.MySQLError
	var lite *sqlite.Error
	var pg *pgconn.PgError
	text := ""
	switch {
	case ClassOf(err) != Missing:
	case errors.As(err, &my):
		text = my.Message
	case errors.As(err, &lite):
		text = lite.Error()
	case errors.As(err, &pg):
		text = pg.Message
	}
	m := missingTable.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return m[1] + m[2] + m[3]
}

func isNetwork(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNREFUSED)
}

// Number is the database's own number of an error, which holds no content; "none" for errors of another origin.
func Number(err error) string {
	var my *mysql.MySQLError
	if errors.As(err, &my) {
		return "mysql " + strconv.Itoa(int(my.Number))
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return "sqlite " + strconv.Itoa(lite.Code())
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return "postgres " + pg.Code
	}
	return "none"
}
