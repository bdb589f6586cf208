// Package passwords checks a password against a stored hash as each platform does, for tests that log in.
//
// It is written from the platforms' own sources and shares nothing with the drivers, which it judges.
package passwords

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // what old platforms store
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
)

// WordPress checks as wp_check_password does: before 6.8 (wp-includes/class-phpass.php), or since (wp-includes/pluggable.php).
func WordPress(since68 bool, password, stored string) bool {
	switch {
	case len(stored) <= 32:
		return stored == hexMD5(password)
	case strings.HasPrefix(stored, "$P$"):
		return phpass(md5.New, password, stored, 34)
	case since68 && strings.HasPrefix(stored, "$wp"):
		mac := hmac.New(sha512.New384, []byte("wp-sha384"))
		mac.Write([]byte(strings.TrimSpace(password)))
		return phpVerify(base64.StdEncoding.EncodeToString(mac.Sum(nil)), stored[3:])
	case since68:
		return phpVerify(password, stored)
	case strings.HasPrefix(stored, "$H$"):
		return phpass(md5.New, password, stored, 34)
	}
	// CheckPassword leaves what it does not know to crypt(), which knows no Argon2.
	return isBcrypt(stored) && phpVerify(password, stored)
}

// Drupal checks as versions 7 to 10.0 do (includes/password.inc, PhpassHashedPassword).
func Drupal(password, stored string) bool {
	if strings.HasPrefix(stored, "U$") {
		stored, password = stored[1:], hexMD5(password)
	}
	switch {
	case strings.HasPrefix(stored, "$S$"):
		return phpass(sha512.New, password, stored, 55)
	case strings.HasPrefix(stored, "$H$"), strings.HasPrefix(stored, "$P$"):
		return phpass(md5.New, password, stored, 34)
	}
	return false
}

// Drupal101 checks as 10.1 and later do (PhpPassword), with the module phpass or without.
func Drupal101(module bool, password, stored string) bool {
	old := strings.HasPrefix(stored, "U$") || strings.HasPrefix(stored, "$S$") || strings.HasPrefix(stored, "$H$") || strings.HasPrefix(stored, "$P$")
	if module && old {
		return Drupal(password, stored)
	}
	return phpVerify(password, stored)
}

// Joomla checks as UserHelper::verifyPassword does; three knows one form more than later versions.
func Joomla(three bool, password, stored string) bool {
	sum, salt, salted := strings.Cut(stored, ":")
	switch {
	case strings.HasPrefix(stored, "$P$"):
		return phpass(md5.New, password, stored, 34)
	case strings.HasPrefix(stored, "$"):
		return phpVerify(password, stored)
	case three && strings.HasPrefix(stored, "{SHA256}"):
		h := sha256.Sum256([]byte(password + salt))
		return sum == "{SHA256}"+hex.EncodeToString(h[:])
	case salted:
		return sum == hexMD5(password+salt)
	}
	return stored == hexMD5(password)
}

// MODX checks as the class named does (hashing/modnative, modpbkdf2, modmd5).
func MODX(class, salt, password, stored string) bool {
	switch class[strings.LastIndexAny(class, `.\`)+1:] {
	case "modNative":
		return phpVerify(password, stored)
	case "modMD5":
		return stored == hexMD5(password)
	case "modPBKDF2":
		key, err := pbkdf2.Key(sha256.New, password, []byte(salt), 1000, 32)
		return err == nil && salt != "" && stored == base64.StdEncoding.EncodeToString(key)
	}
	return false
}

// Ghost checks as its bcrypt.js does.
func Ghost(password, stored string) bool { return isBcrypt(stored) && phpVerify(password, stored) }

func isBcrypt(stored string) bool {
	return len(stored) == 60 && (strings.HasPrefix(stored, "$2a$") || strings.HasPrefix(stored, "$2b$") || strings.HasPrefix(stored, "$2y$"))
}

// phpVerify is PHP's password_verify.
func phpVerify(password, stored string) bool {
	if isBcrypt(stored) {
		return bcrypt.CompareHashAndPassword([]byte("$2a$"+stored[4:]), []byte(password)) == nil
	}
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || !strings.HasPrefix(parts[1], "argon2i") {
		return false
	}
	var memory, time uint32
	var threads uint8
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &time, &threads); err != nil {
		return false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	want, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	key := argon2.Key
	if parts[1] == "argon2id" {
		key = argon2.IDKey
	}
	return err1 == nil && err2 == nil && len(want) > 0 && bytes.Equal(want, key([]byte(password), salt, time, memory, threads, uint32(len(want)))) //nolint:gosec // a length
}

func hexMD5(s string) string {
	h := md5.Sum([]byte(s)) //nolint:gosec // what old platforms store
	return hex.EncodeToString(h[:])
}

const itoa64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// phpass is the portable hash: a mark, a letter that says how often, 8 letters of salt, and the sum; cut to a length.
func phpass(h func() hash.Hash, password, stored string, length int) bool {
	return len(stored) >= 12 && Phpass(h, password, stored[:12], length) == stored
}

// Phpass makes a portable hash with a setting of 12 letters.
func Phpass(h func() hash.Hash, password, setting string, length int) string {
	sum := func(s string) string {
		d := h()
		_, _ = d.Write([]byte(s))
		return string(d.Sum(nil))
	}
	log := strings.IndexByte(itoa64, setting[3])
	if log < 7 || log > 30 {
		return ""
	}
	d := sum(setting[4:12] + password)
	for range 1 << log {
		d = sum(d + password)
	}
	out := setting + encode64(d)
	return out[:min(length, len(out))]
}

func encode64(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i += 3 {
		v, n := 0, min(3, len(s)-i)
		for j := range n {
			v |= int(s[i+j]) << (8 * j)
		}
		for j := range n + 1 {
			b.WriteByte(itoa64[v>>(6*j)&0x3f])
		}
	}
	return b.String()
}
