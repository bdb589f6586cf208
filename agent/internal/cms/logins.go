package cms

import (
	"regexp"
	"slices"
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// Schemes of password hashes, as Password.scheme names them.
const (
	// Phpass is the portable hash of phpass: WordPress before 6.8, Joomla 2.5 and 3.2, imported accounts elsewhere.
	Phpass = "phpass"
	// Bcrypt is what PHP's password_hash makes by default: Joomla, MODX, Drupal since 10.1, Ghost.
	Bcrypt = "bcrypt"
	// WPBcrypt is bcrypt of a base64-encoded HMAC-SHA384: WordPress since 6.8.
	WPBcrypt = "wp-bcrypt"
	// Argon2id and Argon2i are made by PHP's password_hash where it is told to.
	Argon2id = "argon2id"
	Argon2i  = "argon2i"
	// DrupalSHA512 is phpass with SHA-512: Drupal 7 to 10.0.
	DrupalSHA512 = "drupal-sha512"
	// DrupalMD5 is DrupalSHA512 of an MD5: accounts of Drupal 6 that were updated.
	DrupalMD5 = "drupal-md5-sha512"
	// MD5 is the bare one in hexadecimal digits: old accounts of WordPress, Joomla and MODX.
	MD5 = "md5"
	// JoomlaMD5 and JoomlaSHA256 are salted: Joomla 1.5 to 3.1.
	JoomlaMD5    = "joomla-md5"
	JoomlaSHA256 = "joomla-sha256"
	// MODXPBKDF2 is "salt$hash": MODX 2.0 to 2.7.
	MODXPBKDF2 = "modx-pbkdf2"
	// UnknownScheme is any other.
	UnknownScheme = "unknown"
)

// Schemes are all that are known, the most common first.
func Schemes() []string {
	return []string{Bcrypt, Phpass, WPBcrypt, DrupalSHA512, DrupalMD5, Argon2id, Argon2i, MD5, JoomlaMD5, JoomlaSHA256, MODXPBKDF2}
}

// Logins says with which hashes people can go on logging in to some versions of a platform.
type Logins struct {
	// Versions for people: "before 6.8"; empty: all.
	Versions string
	// Schemes that these versions verify.
	Schemes []string
}

var hashForms = []struct {
	scheme string
	form   *regexp.Regexp
}{
	{Bcrypt, regexp.MustCompile(`^\$2[abxy]\$`)}, {WPBcrypt, regexp.MustCompile(`^\$wp\$2y\$`)}, {Phpass, regexp.MustCompile(`^\$P\$`)},
	{DrupalSHA512, regexp.MustCompile(`^\$S\$`)}, {DrupalMD5, regexp.MustCompile(`^U\$S\$`)}, {Argon2id, regexp.MustCompile(`^\$argon2id\$`)}, {Argon2i, regexp.MustCompile(`^\$argon2i\$`)},
	{MD5, regexp.MustCompile(`^[0-9a-f]{32}$`)}, {JoomlaMD5, regexp.MustCompile(`^[0-9a-f]{32}:.`)}, {JoomlaSHA256, regexp.MustCompile(`^\{SHA256\}`)},
}

// ReadPassword names the scheme of a stored hash; nil: there is none. phpBB's mark of a phpass hash becomes the usual one: the hash is
// the same, and more platforms know it.
func ReadPassword(hash string) *recordv1.Password {
	if hash == "" {
		return nil
	}
	if rest, ok := strings.CutPrefix(hash, "$H$"); ok {
		hash = "$P$" + rest
	}
	for _, f := range hashForms {
		if f.form.MatchString(hash) {
			return &recordv1.Password{Scheme: f.scheme, Hash: hash}
		}
	}
	return &recordv1.Password{Scheme: UnknownScheme, Hash: hash}
}

// Verifies says that a platform which verifies these schemes verifies the hash. It looks at the hash itself: what the record says of
// it came over the wire.
func Verifies(schemes []string, p *recordv1.Password) bool {
	if p == nil {
		return false
	}
	scheme := p.GetScheme()
	if scheme != MODXPBKDF2 {
		scheme = ReadPassword(p.GetHash()).GetScheme()
	}
	return slices.Contains(schemes, scheme)
}
