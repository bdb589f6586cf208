package files

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"sync"
	"syscall"

	"google.golang.org/grpc/codes"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/ledger"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/link"
)

// parts is the folder of unfinished transfers, on the same file system as the uploads so that renaming is one step.
const parts = ".bailey-parts"

// tries bounds the search for a free name.
const tries = 1000

// Receiver stores files of a source. What is unfinished stays hidden; what appears is whole (Rule 2).
type Receiver struct {
	tree  *Tree
	books *ledger.Ledger
	busy  sync.Map
}

// NewReceiver makes a receiver over the folder of uploads and the site's ledger.
func NewReceiver(t *Tree, l *ledger.Ledger) *Receiver { return &Receiver{tree: t, books: l} }

// Next gives the next piece of a file; io.EOF after the last one.
type Next func() ([]byte, error)

// Receive stores one file at wish, or under the next free name beside it.
func (r *Receiver) Receive(ctx context.Context, sc *ledger.Scope, h *agentv1.FileHeader, wish string, next Next) (*agentv1.WriteFileResponse, error) {
	id := h.GetFile().GetId()
	if id == "" || len(id) > MaxID || len(h.GetSha256()) != sha256.Size {
		return nil, &link.Error{Code: "bad_file_header", Cause: "the file's id or SHA-256 is missing", Fix: "send File.id as the source gave it, and 32 bytes of SHA-256", Grpc: codes.InvalidArgument}
	}
	if p := refusal(wish); p != nil {
		return &agentv1.WriteFileResponse{Outcome: agentv1.Outcome_OUTCOME_REJECTED, Problem: p}, nil
	}
	path := safe(wish)
	if !r.tree.within(path) {
		return rejected("folder_refused", "the file would lie outside of the folders that the platform has for uploads", "copy the file by hand if it is meant to be there"), nil
	}
	release, err := r.alone(ctx, id)
	if err != nil {
		return nil, err
	}
	defer release()
	in := &intake{r: r, sc: sc, h: h, wish: path, next: next}
	resp, err := in.run(ctx)
	return resp, diskFull(err)
}

// alone waits until no other stream sends the same file: two media records may share one, and a broken stream may still be
// ending when the next one resumes it.
func (r *Receiver) alone(ctx context.Context, id string) (release func(), err error) {
	mine := make(chan struct{})
	for {
		other, taken := r.busy.LoadOrStore(id, mine)
		if !taken {
			return func() { r.busy.Delete(id); close(mine) }, nil
		}
		select {
		case <-other.(chan struct{}):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// refusal says why no file of this name is taken; nil: it is.
func refusal(wish string) *agentv1.Problem {
	ending, no := Refused(wish)
	if !no {
		return nil
	}
	return rejected("type_refused", "files ending in ."+ending+" may be run by a web server", "copy the file by hand if it is meant to be there").GetProblem()
}

func rejected(code, cause, fix string) *agentv1.WriteFileResponse {
	return &agentv1.WriteFileResponse{Outcome: agentv1.Outcome_OUTCOME_REJECTED, Problem: &agentv1.Problem{Code: code, Cause: cause, Fix: fix, Field: "files"}}
}

func diskFull(err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return &link.Error{Code: "target_full", Cause: "the disk of the target's folder of uploads is full", Fix: "free space there, then resume the migration", Grpc: codes.ResourceExhausted}
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return &link.Error{Code: "files_refused", Cause: "the target's folder of uploads may not be written", Fix: "start the agent as the user that the web server writes uploads as", Grpc: codes.FailedPrecondition}
	}
	return err
}

// Kept is how many bytes of a file need not be sent: all, when another file of the source has the same content and stands here
// already, or those of an unfinished transfer. known is what the ledger says of the file; nil: nothing.
func (r *Receiver) Kept(ctx context.Context, sc *ledger.Scope, known *ledger.File, id string, content []byte) (int64, error) {
	twin, err := r.books.FileOf(ctx, sc, content)
	if err != nil {
		return 0, err
	}
	if twin != nil {
		if n, ok := r.tree.Size(twin.Path); ok && n == twin.Bytes {
			return n, nil
		}
	}
	begun := &ledger.File{ID: id, SHA256: content}
	if known != nil {
		begun.Path = known.Path
	}
	st, err := r.tree.look(partName(begun), (*os.Root).Stat)
	if err != nil {
		return 0, nil
	}
	return st.Size(), nil
}

// partName is the hidden name of an unfinished transfer, in the folder that the file is for; other bytes have another one.
func partName(f *ledger.File) string {
	h := sha256.Sum256(append([]byte(f.ID+"\x00"), f.SHA256...))
	return side(f.Path) + path.Join(parts, hex.EncodeToString(h[:16]))
}

// Clean removes the folders of unfinished transfers when nothing is in them.
func (r *Receiver) Clean() {
	for _, side := range []string{"", cms.PrivateFiles} {
		_ = r.remove(side + parts)
	}
}

// intake is the storing of one file.
type intake struct {
	r    *Receiver
	sc   *ledger.Scope
	h    *agentv1.FileHeader
	wish string
	next Next
	file *ledger.File
	wide int64
}

func (in *intake) run(ctx context.Context) (*agentv1.WriteFileResponse, error) {
	known, err := in.r.books.Files(ctx, in.sc, []string{in.h.GetFile().GetId()})
	if err != nil {
		return nil, err
	}
	in.file = known[in.h.GetFile().GetId()]
	if in.file != nil && bytes.Equal(in.file.SHA256, in.h.GetSha256()) {
		if same, err := in.inPlace(ctx); same || err != nil {
			return &agentv1.WriteFileResponse{Outcome: agentv1.Outcome_OUTCOME_UNCHANGED}, err
		}
	} else if err := in.claim(ctx); err != nil {
		return nil, err
	}
	if resp, err := in.receive(ctx); resp != nil || err != nil {
		return resp, err
	}
	if err := in.publish(ctx); err != nil {
		return nil, err
	}
	return &agentv1.WriteFileResponse{Outcome: agentv1.Outcome_OUTCOME_CREATED, Bytes: uint64(in.wide)}, nil
}

// inPlace says that the file stands where the ledger says; after a crash between appearing and the ledger's note the note
// is made up for.
func (in *intake) inPlace(ctx context.Context) (bool, error) {
	info, err := in.r.tree.Stat(ctx, in.file.Path, !in.file.Whole)
	switch {
	case err != nil:
		return false, ctx.Err()
	case in.file.Whole:
		return info.Bytes == in.file.Bytes, nil
	case !bytes.Equal(info.SHA256, in.file.SHA256):
		return false, nil
	}
	return true, in.r.books.FileWhole(ctx, in.sc, in.file.ID, info.Bytes)
}

// claim finds a free name and writes the intent down before anything appears. A file that a run before this one stored
// keeps its name when its bytes have changed.
func (in *intake) claim(ctx context.Context) error {
	f := &ledger.File{ID: in.h.GetFile().GetId(), MediaID: in.h.GetMedia().GetSourceId(), SHA256: in.h.GetSha256(), Bytes: int64(in.h.GetFile().GetBytes())}
	if in.file != nil && in.file.Whole {
		f.Path, f.Replaces = in.file.Path, true
		in.file = f
		return in.r.books.ClaimFile(ctx, in.sc, f)
	}
	in.file = f
	for n := range tries {
		f.Path = numbered(in.wish, n)
		if _, err := in.r.tree.look(f.Path, (*os.Root).Lstat); err == nil {
			continue
		}
		err := in.r.books.ClaimFile(ctx, in.sc, f)
		if !errors.Is(err, ledger.ErrPathTaken) {
			return err
		}
	}
	return &link.Error{Code: "no_free_name", Cause: "the target has a thousand files of that name", Fix: "tidy the folder of uploads", Grpc: codes.FailedPrecondition}
}

// receive takes the bytes into the hidden file and checks them. A response means that the file is not to be stored.
func (in *intake) receive(ctx context.Context) (*agentv1.WriteFileResponse, error) {
	name := partName(in.file)
	f, sum, err := in.resume(ctx, name)
	if err != nil {
		return nil, err
	}
	err = in.copy(ctx, f, sum)
	if err == nil {
		err = f.Sync()
	}
	head := make([]byte, sniff)
	n, _ := f.ReadAt(head, 0)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		in.makeRoom(name, err)
		return nil, err
	}
	if Program(in.file.Path, head[:n]) {
		_ = in.r.remove(name)
		return rejected("type_refused", "the file is a program, whatever its name says", "copy the file by hand if it is meant to be there"), nil
	}
	if !bytes.Equal(sum.Sum(nil), in.file.SHA256) {
		_ = in.r.remove(name)
		return rejected("digest_mismatch", "the bytes received are not those that were announced", "the file changed at the source while it was read; migrate again"), nil
	}
	return nil, nil
}

// makeRoom: a full disk is not kept full by what cannot be finished.
func (in *intake) makeRoom(name string, err error) {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		_ = in.r.remove(name)
	}
}

// resume opens the hidden file at the offset that is sent from and digests what is there already.
func (in *intake) resume(ctx context.Context, name string) (*os.File, hash.Hash, error) {
	root, below := in.r.tree.at(name)
	if err := root.Mkdir(parts, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, nil, err
	}
	f, err := root.OpenFile(below, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, err
	}
	at, sum := int64(in.h.GetOffset()), sha256.New()
	err = func() error {
		st, err := f.Stat()
		if err != nil {
			return err
		}
		if at < 0 {
			return badOffset()
		}
		if at > st.Size() {
			if err := in.reuse(ctx, f); err != nil {
				return err
			}
		}
		if err := f.Truncate(at); err != nil {
			return err
		}
		_, err = io.Copy(sum, &reader{ctx, f})
		return err
	}()
	if err != nil {
		_ = f.Close()
		in.makeRoom(name, err)
		return nil, nil, err
	}
	return f, sum, nil
}

func badOffset() error {
	return &link.Error{Code: "bad_offset", Cause: "fewer bytes of the file are here than the offset says", Fix: "ask StatFiles how many there are and go on from there", Grpc: codes.FailedPrecondition}
}

// reuse takes the bytes of another file of the source that should have the same content: a copy, so that each may be edited and
// removed without the other. What people have made of that file since does not pass the look at the digest.
func (in *intake) reuse(ctx context.Context, f *os.File) error {
	twin, err := in.r.books.FileOf(ctx, in.sc, in.file.SHA256)
	if err != nil {
		return err
	}
	if twin == nil {
		return badOffset()
	}
	if err := f.Truncate(0); err != nil {
		return err
	}
	from, _, err := in.r.tree.open(twin.Path)
	if errors.Is(err, ErrNoFile) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	if _, err := io.Copy(f, &reader{ctx, from}); err != nil {
		return err
	}
	_, err = f.Seek(0, io.SeekStart)
	return err
}

func (in *intake) copy(ctx context.Context, f *os.File, sum hash.Hash) error {
	for {
		data, err := in.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		n, err := f.Write(data)
		in.wide += int64(n)
		if err != nil {
			return err
		}
		sum.Write(data)
	}
}
