// Package scratch makes temporary folders that do not outlive their process for long, however it ends.
package scratch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// held is the file in a folder that its process keeps locked for as long as it lives.
const held = "held"

// Dir is a temporary folder.
type Dir struct {
	// Path is absolute.
	Path string
	lock *os.File
}

// Make makes a folder whose name begins with prefix, and takes away those of processes that were killed. One of a living process is never
// touched: its lock ends with it, whatever ends it.
func Make(prefix string) (*Dir, error) {
	sweep(prefix)
	path, err := os.MkdirTemp("", prefix)
	if err != nil {
		return nil, err
	}
	d := &Dir{Path: path}
	if err := d.hold(); err != nil {
		return nil, errors.Join(fmt.Errorf("lock a temporary folder: %w", err), d.Close())
	}
	return d, nil
}

// hold locks before the lock has its name: a folder whose lock can be found is locked, or nobody's.
func (d *Dir) hold() (err error) {
	making := filepath.Join(d.Path, held+".new")
	if d.lock, err = os.OpenFile(making, os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return err
	}
	if err := flock(d.lock); err != nil {
		return err
	}
	return os.Rename(making, filepath.Join(d.Path, held))
}

// Close removes the folder with all that is in it.
func (d *Dir) Close() error {
	if d == nil {
		return nil
	}
	err := os.RemoveAll(d.Path)
	if d.lock != nil {
		err = errors.Join(err, d.lock.Close())
	}
	return err
}

// sweep removes folders of this account that nobody holds. What cannot be removed is left for the next time.
func sweep(prefix string) {
	all, err := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*"))
	if err != nil {
		return
	}
	for _, path := range all {
		if st, err := os.Lstat(path); err != nil || !st.IsDir() || !own(st) {
			continue
		}
		lock, err := os.OpenFile(filepath.Join(path, held), os.O_RDWR|syscall.O_NOFOLLOW, 0)
		if err != nil {
			continue
		}
		if flock(lock) == nil {
			_ = os.RemoveAll(path)
		}
		_ = lock.Close()
	}
}

func own(st os.FileInfo) bool {
	s, ok := st.Sys().(*syscall.Stat_t)
	return ok && int(s.Uid) == os.Getuid()
}

func flock(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) //nolint:gosec // a descriptor fits
}
