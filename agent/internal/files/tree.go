package files

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
)

// sniff is how many bytes tell a file's type.
const sniff = 512

// ErrNoFile means that there is no regular file of that path.
var ErrNoFile = errors.New("no such file")

// Tree is the folder of uploads, and that of private files where the site keeps them elsewhere. Nothing outside of the two can be
// reached, symbolic links included.
type Tree struct {
	root    *os.Root
	folders []string
	// private is nil where there is no second folder.
	private *os.Root
}

// OpenTree opens the folder. Where folders are named, only what lies below one of them is reached.
func OpenTree(dir string, folders ...string) (*Tree, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &Tree{root: root, folders: folders}, nil
}

// OpenPrivate opens the folder of what cms.PrivateFiles begins; nothing to open where dir is empty.
func (t *Tree) OpenPrivate(dir string) (err error) {
	if dir != "" {
		t.private, err = os.OpenRoot(dir)
	}
	return err
}

// side is what begins the paths of a file's folder: none of uploads.
func side(path string) string {
	if strings.HasPrefix(path, cms.PrivateFiles) {
		return cms.PrivateFiles
	}
	return ""
}

// at is where a path lies: the folder, and the name below it. nil: the site has no such folder.
func (t *Tree) at(p string) (*os.Root, string) {
	// The folder itself is named without the slash, too.
	if rest, ok := strings.CutPrefix(p+"/", cms.PrivateFiles); ok {
		return t.private, path.Clean(rest)
	}
	return t.root, p
}

func (t *Tree) look(path string, look func(*os.Root, string) (fs.FileInfo, error)) (fs.FileInfo, error) {
	root, name := t.at(path)
	if root == nil {
		return nil, fs.ErrNotExist
	}
	return look(root, name)
}

// within says that a path lies where uploads are.
func (t *Tree) within(path string) bool {
	if side(path) != "" {
		return t.private != nil
	}
	return len(t.folders) == 0 || slices.ContainsFunc(t.folders, func(f string) bool { return strings.HasPrefix(path, f+"/") })
}

// safe is SafePath within the folder that is wished for.
func safe(wish string) string {
	return side(wish) + SafePath(strings.TrimPrefix(wish, side(wish)))
}

// Close releases the folders.
func (t *Tree) Close() error {
	if t.private == nil {
		return t.root.Close()
	}
	return errors.Join(t.root.Close(), t.private.Close())
}

// Info is what is known of a file.
type Info struct {
	Bytes  int64
	SHA256 []byte
	MIME   string
}

func toUTF8(s string) string { return strings.ToValidUTF8(s, "_") }

func (t *Tree) open(path string) (*os.File, fs.FileInfo, error) {
	if !valid(path) || !t.within(path) {
		return nil, nil, ErrNoFile
	}
	// A look before opening: opening a named pipe would wait for ever.
	if st, err := t.look(path, (*os.Root).Stat); err != nil || !st.Mode().IsRegular() {
		return nil, nil, ErrNoFile
	}
	root, name := t.at(path)
	f, err := root.Open(name)
	if err != nil {
		return nil, nil, ErrNoFile
	}
	st, err := f.Stat()
	if err != nil || !st.Mode().IsRegular() {
		_ = f.Close()
		return nil, nil, ErrNoFile
	}
	return f, st, nil
}

// Stat looks at a file; with digest it reads it whole.
func (t *Tree) Stat(ctx context.Context, path string, digest bool) (Info, error) {
	f, st, err := t.open(path)
	if err != nil {
		return Info{}, err
	}
	defer func() { _ = f.Close() }()
	head := make([]byte, sniff)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return Info{}, err
	}
	info := Info{Bytes: st.Size(), MIME: http.DetectContentType(head[:n])}
	if !digest {
		return info, nil
	}
	h := sha256.New()
	h.Write(head[:n])
	if _, err := io.Copy(h, &reader{ctx, f}); err != nil {
		return Info{}, err
	}
	info.SHA256 = h.Sum(nil)
	return info, nil
}

// Read gives a file's bytes from an offset in pieces of at most size; a piece is valid until the next.
func (t *Tree) Read(ctx context.Context, path string, offset int64, size int, each func([]byte) error) error {
	f, _, err := t.open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		return err
	}
	buf := make([]byte, size)
	for {
		n, err := io.ReadFull(&reader{ctx, f}, buf)
		if n > 0 {
			if err := each(buf[:n]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// reader stops when the context ends.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// Size is a file's length in bytes; ok is false where there is no regular file.
func (t *Tree) Size(path string) (bytes int64, ok bool) {
	if !valid(path) {
		return 0, false
	}
	st, err := t.look(path, (*os.Root).Stat)
	if err != nil || !st.Mode().IsRegular() {
		return 0, false
	}
	return st.Size(), true
}
