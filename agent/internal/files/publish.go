package files

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"syscall"
)

// publish lets the file appear under its name in one step, and never over a file that is not ours.
func (in *intake) publish(ctx context.Context) error {
	for range tries {
		err := in.appear(ctx, partName(in.file))
		if err == nil {
			return in.r.books.FileWhole(ctx, in.sc, in.file.ID, int64(in.h.GetOffset())+in.wide)
		}
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		// Somebody took the name since it was claimed.
		in.file = nil
		if err := in.claim(ctx); err != nil {
			return err
		}
	}
	return fs.ErrExist
}

func (in *intake) appear(ctx context.Context, part string) error {
	if err := in.folders(ctx, path.Dir(in.file.Path)); err != nil {
		return err
	}
	if err := in.dress(part, path.Dir(in.file.Path), 0o640, 0o666); err != nil {
		return err
	}
	// Both lie in the same folder.
	root, to := in.r.tree.at(in.file.Path)
	_, part = in.r.tree.at(part)
	if in.file.Replaces {
		return root.Rename(part, to)
	}
	err := root.Link(part, to)
	if err == nil {
		return root.Remove(part)
	}
	if errors.Is(err, fs.ErrExist) {
		return err
	}
	// File systems without hard links: nearly as good.
	if _, serr := root.Lstat(to); serr == nil {
		return fs.ErrExist
	}
	return root.Rename(part, to)
}

// folders makes the folders above a file, each as open as the one it lies in.
func (in *intake) folders(ctx context.Context, dir string) error {
	if dir == "." {
		return nil
	}
	if err := in.folders(ctx, path.Dir(dir)); err != nil {
		return err
	}
	if _, err := in.r.tree.look(dir, (*os.Root).Lstat); err == nil {
		return nil
	}
	if err := in.r.books.MadeFolder(ctx, in.sc, dir); err != nil {
		return err
	}
	root, name := in.r.tree.at(dir)
	err := root.Mkdir(name, 0o750)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return in.dress(dir, path.Dir(dir), 0o750, 0o777)
}

// dress gives a new file or folder the mode and owner that the folder around it has, within mask and at least least: the
// web server must be able to read what it is asked for, as platforms see to themselves.
func (in *intake) dress(name, folder string, least, mask fs.FileMode) error {
	st, err := in.r.tree.look(folder, (*os.Root).Stat)
	if err != nil {
		return err
	}
	root, name := in.r.tree.at(name)
	if err := root.Chmod(name, st.Mode().Perm()&mask&^0o002|least); err != nil {
		return err
	}
	if owner, ok := st.Sys().(*syscall.Stat_t); ok && os.Geteuid() == 0 {
		return root.Lchown(name, int(owner.Uid), int(owner.Gid))
	}
	return nil
}
