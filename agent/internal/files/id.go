// Package files gives and takes a site's files by opaque ids, inside the folder of uploads and never outside of it.
package files

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io/fs"
)

// MaxID is the longest id in bytes; ledgers index it.
const MaxID = 700

const ivBytes = aes.BlockSize

// ErrUnknownID means that an id was not made by this site's agent.
var ErrUnknownID = errors.New("the file id is none of this site's")

// IDs turns paths below the folder of uploads into opaque ids and back (Rule 7). The same path of the same site has the
// same id always, so that a transfer resumes after the agent was started again.
//
// An id is a synthetic initialization vector, HMAC(path), followed by the path in AES-CTR under it: whoever lacks the key
// can neither read nor make one.
type IDs struct {
	mac   []byte
	block cipher.Block
}

// NewIDs derives the keys from the strings that identify the site.
func NewIDs(identity []string) *IDs {
	h := sha256.New()
	for _, s := range identity {
		_ = binary.Write(h, binary.BigEndian, uint64(len(s)))
		h.Write([]byte(s))
	}
	seed := h.Sum(nil)
	block, err := aes.NewCipher(derive(seed, "bailey file path"))
	if err != nil {
		panic(err) // 32 bytes are always a key.
	}
	return &IDs{mac: derive(seed, "bailey file id"), block: block}
}

func derive(seed []byte, use string) []byte {
	m := hmac.New(sha256.New, seed)
	m.Write([]byte(use))
	return m.Sum(nil)
}

// ID is the id of a slash-separated path; empty for a path that is none or is too long to have one.
func (c *IDs) ID(path string) string {
	if !valid(path) || base64.RawURLEncoding.EncodedLen(ivBytes+len(path)) > MaxID {
		return ""
	}
	out := make([]byte, ivBytes+len(path))
	iv := c.iv(path)
	copy(out, iv)
	cipher.NewCTR(c.block, iv).XORKeyStream(out[ivBytes:], []byte(path))
	return base64.RawURLEncoding.EncodeToString(out)
}

func (c *IDs) iv(path string) []byte {
	m := hmac.New(sha256.New, c.mac)
	m.Write([]byte(path))
	return m.Sum(nil)[:ivBytes]
}

// Path is the path of an id, or ErrUnknownID.
func (c *IDs) Path(id string) (string, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(id)
	if err != nil || len(id) > MaxID || len(raw) <= ivBytes {
		return "", ErrUnknownID
	}
	path := make([]byte, len(raw)-ivBytes)
	cipher.NewCTR(c.block, raw[:ivBytes]).XORKeyStream(path, raw[ivBytes:])
	if subtle.ConstantTimeCompare(raw[:ivBytes], c.iv(string(path))) != 1 || !valid(string(path)) {
		return "", ErrUnknownID
	}
	return string(path), nil
}

// valid says that a path is relative, goes nowhere up and holds no NUL.
func valid(path string) bool {
	for i := range len(path) {
		if path[i] == 0 {
			return false
		}
	}
	// ValidPath wants UTF-8; names of old uploads need not be.
	return path != "." && fs.ValidPath(toUTF8(path))
}
