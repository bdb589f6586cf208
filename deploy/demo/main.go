// Command demo makes a sample WordPress site and an empty Ghost site, both on SQLite, and moves one to the other.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

// marker is the file by which a folder is known to be the demo's own.
const marker = ".made-by-bailey-demo"

func main() {
	out := flag.String("out", "demo-out", "folder to make; an earlier demo in it is replaced")
	bin := flag.String("bin", "bin", "folder of the programs bailey and bailey-agent")
	sites := flag.Bool("sites", false, "only make the two sites")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := demo(ctx, *out, *bin, *sites); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		stop()
		os.Exit(1)
	}
}

func demo(ctx context.Context, out, bin string, sites bool) error {
	out, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	if err := fresh(out); err != nil {
		return err
	}
	wp, err := makeWordPress(ctx, filepath.Join(out, "wordpress"))
	if err != nil {
		return fmt.Errorf("make the WordPress site: %w", err)
	}
	gh, err := makeGhost(ctx, filepath.Join(out, "ghost"))
	if err != nil {
		return fmt.Errorf("make the Ghost site: %w", err)
	}
	fmt.Printf("A WordPress site with %d posts and pages lies in %s,\nan empty Ghost site in %s.\n\n", wp.entries, short(wp.dir), short(gh.dir))
	if sites {
		return nil
	}
	return move(ctx, programs{agent: filepath.Join(bin, "bailey-agent"), bailey: filepath.Join(bin, "bailey")}, out, wp, gh)
}

// fresh makes the folder empty; it removes only what an earlier demo made.
func fresh(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return err
	case len(entries) > 0:
		if _, err := os.Stat(filepath.Join(dir, marker)); err != nil {
			return fmt.Errorf("%s is not empty and was not made by this demo; choose another folder with -out", dir)
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, marker), []byte("This folder is replaced by the next demo.\n"), 0o644)
}

// short is a path as seen from here, where that is shorter.
func short(path string) string {
	if wd, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(wd, path); err == nil && len(rel) < len(path) {
			return rel
		}
	}
	return path
}
