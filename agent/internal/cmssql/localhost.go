package cmssql

import "os"

// sockets are where PHP's MySQL driver finds a server called localhost, on Debian and its relatives first.
var sockets = []string{"/run/mysqld/mysqld.sock", "/var/run/mysqld/mysqld.sock", "/var/lib/mysql/mysql.sock", "/tmp/mysql.sock"}

// Localhost is what PHP connects to for the name localhost: the socket, or the port where there is no socket.
func Localhost() (network, address string) {
	for _, s := range sockets {
		if st, err := os.Stat(s); err == nil && st.Mode()&os.ModeSocket != 0 {
			return "unix", s
		}
	}
	return "tcp", "127.0.0.1:3306"
}
