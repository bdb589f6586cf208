// Package secret seals credentials at rest with a key that lies in the data directory, readable by its owner only.
package secret

import (
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/crypto/chacha20poly1305"
)

// Box seals with XChaCha20-Poly1305.
type Box struct{ aead cipher.AEAD }

// Open reads the key file, or makes it with mode 0600.
func Open(file string) (*Box, error) {
	key, err := File(file)
	if err != nil {
		return nil, err
	}
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, errors.New("the key file in the data directory is damaged; remove it, and give links again when resuming")
	}
	return &Box{aead}, nil
}

// File reads a key file, or makes it with mode 0600 and 32 random bytes. Processes that come at the same time get the same key.
func File(file string) ([]byte, error) {
	key, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		key, err = create(file)
	}
	if err != nil {
		return nil, fmt.Errorf("read the key file: %w", err)
	}
	return key, nil
}

// create writes a new key; when another process was faster, that one's key counts.
func create(file string) ([]byte, error) {
	key := make([]byte, chacha20poly1305.KeySize)
	rand.Read(key) // crypto/rand never fails
	tmp, err := os.CreateTemp(filepath.Dir(file), ".key-*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.Write(key)
	if err = errors.Join(err, tmp.Chmod(0o600), tmp.Sync(), tmp.Close()); err != nil {
		return nil, err
	}
	if err := os.Link(tmp.Name(), file); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return os.ReadFile(file)
}

// Seal encrypts; context binds the result to what it is for.
func (b *Box) Seal(context string, plain []byte) ([]byte, error) {
	nonce := make([]byte, b.aead.NonceSize(), b.aead.NonceSize()+len(plain)+b.aead.Overhead())
	rand.Read(nonce)
	return b.aead.Seal(nonce, nonce, plain, []byte(context)), nil
}

// Open decrypts what Seal made for the same context.
func (b *Box) Open(context string, sealed []byte) ([]byte, error) {
	n := b.aead.NonceSize()
	if len(sealed) < n {
		return nil, errors.New("the sealed text is too short")
	}
	plain, err := b.aead.Open(nil, sealed[:n], sealed[n:], []byte(context))
	if err != nil {
		return nil, errors.New("the sealed text was made with another key")
	}
	return plain, nil
}
