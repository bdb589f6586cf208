// Package secret seals credentials at rest with a key that lies in the data directory, readable by its owner only, or is given.
package secret

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/crypto/chacha20poly1305"
)

// Box seals with XChaCha20-Poly1305.
type Box struct {
	file string
	mu   sync.Mutex
	aead cipher.AEAD
}

// Open reads the key file. When there is none, the first Seal makes it, with mode 0600: who only opens needs the key of others.
func Open(file string) (*Box, error) {
	b := &Box{file: file}
	if err := b.load(os.ReadFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return b, nil
}

// Parse takes a key of 64 hexadecimal digits.
func Parse(digits string) (*Box, error) {
	key, err := hex.DecodeString(digits)
	if err == nil {
		var aead cipher.AEAD
		if aead, err = chacha20poly1305.NewX(key); err == nil {
			return &Box{aead: aead}, nil
		}
	}
	return nil, errors.New("the key given is not 64 hexadecimal digits; make one with: openssl rand -hex 32")
}

// Ready says whether there is a key.
func (b *Box) Ready() bool {
	_, err := b.cipher(os.ReadFile)
	return err == nil
}

// cipher gives the cipher; the key is read when there was none yet.
func (b *Box) cipher(read func(string) ([]byte, error)) (cipher.AEAD, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.aead == nil {
		if err := b.load(read); err != nil {
			return nil, err
		}
	}
	return b.aead, nil
}

func (b *Box) load(read func(string) ([]byte, error)) error {
	key, err := read(b.file)
	if err != nil {
		return fmt.Errorf("read the key file: %w", err)
	}
	if b.aead, err = chacha20poly1305.NewX(key); err != nil {
		return errors.New("the key file in the data directory is damaged; remove it, and give links again when resuming")
	}
	return nil
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
	aead, err := b.cipher(File)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(plain)+aead.Overhead())
	rand.Read(nonce)
	return aead.Seal(nonce, nonce, plain, []byte(context)), nil
}

// Open decrypts what Seal made for the same context.
func (b *Box) Open(context string, sealed []byte) ([]byte, error) {
	aead, err := b.cipher(os.ReadFile)
	if err != nil {
		return nil, err
	}
	n := aead.NonceSize()
	if len(sealed) < n {
		return nil, errors.New("the sealed text is too short")
	}
	plain, err := aead.Open(nil, sealed[:n], sealed[n:], []byte(context))
	if err != nil {
		return nil, errors.New("the sealed text was made with another key")
	}
	return plain, nil
}
