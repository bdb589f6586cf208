package wordpress

import (
	"os"
)

// localhost is the socket that PHP would use for the name localhost, or the port where there is no socket.
func localhost() (network, address string) {
	for _, s := range []string{defaultSocket, "/var/run/mysqld/mysqld.sock", "/var/lib/mysql/mysql.sock", "/tmp/mysql.sock"} {
		if st, err := os.Stat(s); err == nil && st.Mode()&os.ModeSocket != 0 {
			return "unix", s
		}
	}
	return "tcp", "127.0.0.1:3306"
}
