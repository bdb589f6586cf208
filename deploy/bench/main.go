// Command bench moves a large generated WordPress into empty ones and sets the time against mariadb-dump | mariadb of the same tables.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/baileybridge/bailey/deploy/testbed"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := bench(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

// tables are what both ways move.
var tables = strings.Fields("wp_users wp_usermeta wp_terms wp_termmeta wp_term_taxonomy wp_term_relationships wp_posts wp_postmeta wp_comments wp_commentmeta")

func bench(ctx context.Context) error {
	n := amounts{posts: number("POSTS", 50000), comments: number("COMMENTS", 200000), users: number("USERS", 500), terms: number("TERMS", 1000)}
	// As servers are installed: every commit is flushed.
	srv, err := testbed.Start("--innodb-flush-log-at-trx-commit=1")
	if err != nil {
		return fmt.Errorf("start mariadbd (make deps): %w", err)
	}
	defer srv.Stop()
	source, err := srv.Create("source")
	if err != nil {
		return err
	}
	defer func() { _ = source.DB.Close() }()
	fmt.Printf("generating %d posts, %d comments, %d users, %d terms\n", n.posts, n.comments, n.users, n.terms)
	if err := install(ctx, source.DB, "http://source.example").fill(ctx, n); err != nil {
		return err
	}
	// Other programs share the machine, whose speed changes within minutes: each copy stands between two pipes, and of several
	// rounds the middle one counts.
	before, err := pipe(ctx, srv)
	if err != nil {
		return err
	}
	var all rounds
	for range number("ROUNDS", 3) {
		moved, err := round(ctx, srv, source)
		if err != nil {
			return err
		}
		after, err := pipe(ctx, srv)
		if err != nil {
			return err
		}
		moved.print(before, after)
		result := moved.against(before, after)
		fmt.Println("round:", result)
		all, before = append(all, result), after
	}
	fmt.Println(all)
	return nil
}

// round moves the site into an empty one.
func round(ctx context.Context, srv *testbed.Server, source *testbed.Database) (*measured, error) {
	target, err := srv.Create("target")
	if err != nil {
		return nil, err
	}
	defer func() { _, _ = target.DB.Exec("DROP DATABASE target"); _ = target.DB.Close() }()
	if err := install(ctx, target.DB, "http://target.example").err; err != nil {
		return nil, err
	}
	// As many shards as bailey migrate takes.
	return migrate(ctx, srv.PID(), local(srv, source), local(srv, target), number("WORKERS", min(runtime.NumCPU()+1, 4)))
}

// local leads to a database over the server's socket, as both the pipe's programs and a CMS beside its database reach it.
func local(srv *testbed.Server, d *testbed.Database) string {
	return "mysql://root@/" + d.Name + "?socket=" + srv.Socket
}

// piped is what one mariadb-dump | mariadb took: time, and processor time of the server and the two programs together.
type piped struct{ time, cpu time.Duration }

func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil && n > 0 {
		return n
	}
	return otherwise
}

// pipe copies the tables with mariadb-dump | mariadb into a database of its own.
func pipe(ctx context.Context, srv *testbed.Server) (piped, error) {
	d, err := srv.Create("piped")
	if err != nil {
		return piped{}, err
	}
	defer func() { _, _ = d.DB.Exec("DROP DATABASE piped"); _ = d.DB.Close() }()
	login := "--no-defaults --user=root --socket=" + srv.Socket
	line := fmt.Sprintf("set -o pipefail; mariadb-dump %s --single-transaction --default-character-set=utf8mb4 source %s | mariadb %s --default-character-set=utf8mb4 piped",
		login, strings.Join(tables, " "), login)
	cmd := exec.CommandContext(ctx, "bash", "-c", line)
	begun, used := time.Now(), spent(srv.PID())
	if out, err := cmd.CombinedOutput(); err != nil {
		return piped{}, fmt.Errorf("mariadb-dump | mariadb: %w\n%s", err, out)
	}
	took, programs := time.Since(begun), cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()
	used = spent(srv.PID()) - used
	fmt.Printf("mariadb-dump | mariadb: %.1f s; processor time: mariadbd %.1f s, the two programs %.1f s\n", took.Seconds(), used.Seconds(), programs.Seconds())
	return piped{took, used + programs}, nil
}
