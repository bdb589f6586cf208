package ghost

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"sync"
	"time"
)

// idSource makes ids of 24 hex digits that ascend: seconds, a random part of this process, a counter.
type idSource struct {
	mu      sync.Mutex
	seconds uint32
	count   uint64
	own     [3]byte
}

func newIDs() *idSource {
	s := &idSource{}
	_, _ = rand.Read(s.own[:]) // never fails
	return s
}

func (s *idSource) next(now time.Time) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seconds = max(s.seconds, uint32(now.Unix()))
	s.count++
	return fmt.Sprintf("%08x%s%010x", s.seconds, hex.EncodeToString(s.own[:]), s.count&(1<<40-1))
}

func (s *Site) newID() string { return s.ids.next(s.now()) }

// newUUID makes a version 4 UUID.
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// isUUID says whether a text has the form of a UUID, whatever its version.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		hexDigit := c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
		if dash != (c == '-') || !dash && !hexDigit {
			return false
		}
	}
	return true
}

// unusableHash has the form of a bcrypt hash but belongs to no password that anyone knows.
func unusableHash() string {
	const alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	var b [53]byte
	_, _ = rand.Read(b[:]) // never fails
	for i := range b {
		b[i] = alphabet[b[i]&63]
	}
	return "$2a$10$" + string(b[:])
}
