package app

import (
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	"github.com/baileybridge/bailey/proto/link"
)

func badFile(code, cause, fix string) error { return &link.Error{Code: code, Cause: cause, Fix: fix} }

// writePrivate writes a file that only its owner may read; it is there whole or not at all. A symbolic link in its place
// is refused: somebody else may have put it there.
func writePrivate(file string, data []byte) error {
	if st, err := os.Lstat(file); err == nil && !st.Mode().IsRegular() {
		return badFile("file_refused", file+" is not a plain file", "remove it or name another file")
	}
	err := replace(file, data)
	if err != nil {
		return badFile("file_not_written", file+" cannot be written", "check the folder and its rights")
	}
	return nil
}

func replace(file string, data []byte) error {
	// CreateTemp makes the file with mode 0600.
	tmp, err := os.CreateTemp(filepath.Dir(file), ".bailey-*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return nil
}

// pemLink is the block of an identity file that keeps the token, inside a link whose address means nothing.
const pemLink = "BAILEY LINK"

// loadIdentity reads key, token and expiry from a file, or makes them, valid until expires, and keeps them there; without a
// file they are new each time.
func loadIdentity(file string, now, expires time.Time) (link.Options, error) {
	if file == "" {
		return newIdentity(now, expires)
	}
	st, err := os.Lstat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return makeIdentity(file, now, expires)
	}
	if err != nil || !st.Mode().IsRegular() || st.Mode().Perm()&0o077 != 0 {
		return link.Options{}, badFile("identity_refused", file+" is no plain file that only its owner may read", "run chmod 600 on it, or name another file")
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return link.Options{}, badFile("identity_refused", file+" cannot be read", "check its rights, or name another file")
	}
	opts, err := decodeIdentity(data)
	if err != nil {
		return opts, badFile("identity_broken", file+" holds no identity of an agent", "remove it; a new one is made, and with it a new link")
	}
	if !opts.Expires.IsZero() && !now.Before(opts.Expires) {
		return opts, badFile("identity_expired", "the link that "+file+" keeps has expired", "remove the file; a new one is made, and with it a new link")
	}
	return opts, nil
}

func newIdentity(now, expires time.Time) (link.Options, error) {
	id, err := link.NewIdentity(now)
	return link.Options{Identity: id, Token: link.NewToken(), Expires: expires}, err
}

func makeIdentity(file string, now, expires time.Time) (link.Options, error) {
	opts, err := newIdentity(now, expires)
	if err != nil {
		return opts, err
	}
	data, err := opts.Identity.PEM()
	if err != nil {
		return opts, err
	}
	kept := opts
	kept.Role = agentv1.Role_ROLE_SOURCE
	l := kept.Link("127.0.0.1:1")
	data = append(data, pem.EncodeToMemory(&pem.Block{Type: pemLink, Bytes: []byte(l.Reveal())})...)
	return opts, writePrivate(file, data)
}

func decodeIdentity(data []byte) (link.Options, error) {
	id, err := link.IdentityFromPEM(data)
	if err != nil {
		return link.Options{}, err
	}
	for b, rest := pem.Decode(data); b != nil; b, rest = pem.Decode(rest) {
		if b.Type == pemLink {
			l, err := link.Parse(string(b.Bytes))
			return link.Options{Identity: id, Token: l.Token, Expires: l.Expires}, err
		}
	}
	return link.Options{}, errors.New("the identity holds no token")
}
