package all

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/deploy/testbed/passwords"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

const (
	operations  = "../../../../deploy/docs/OPERATIONS.md"
	loginsBegin = "<!-- made by make matrix, from what drivers declare and tests have checked -->\n"
	loginsEnd   = "<!-- end of the table of logins -->\n"
	// secret is the password of all hashes below, which PHP, WordPress 6.1 and Drupal 7 have made.
	secret = "Correct-Horse 9é"
)

var stored = map[string]string{
	cms.Bcrypt:       "$2y$05$/9xgGKOpLmTGb/5pHNfILOzgv7x7Y60nS2ViRmr7JGCIjpemxkHhi",
	cms.Phpass:       "$P$Bn9lYgPdiqQY/M6g6XN.pMNiceGjuk1",
	cms.WPBcrypt:     "$wp$2y$05$0WoCtSu0GpskeG5w3.nG/uTyZ4QCAKOZkIZ1I/eQtD1w8SIz6CmVO",
	cms.DrupalSHA512: "$S$5WmdrwTPoR3SfeycGWc8H/Z/TtlasCWkM8J9uapS49x/nISsUl0.",
	cms.DrupalMD5:    "U$S$5vusyoA738Kh9Z.PbZ/B5w0EB72JdKdG0xWYsxKyU60/spGNlL1M",
	cms.Argon2id:     "$argon2id$v=19$m=64,t=1,p=1$Yi5wY1FobkZGNDJQdUdtOA$48z7BSfmwhfFuKKYOpc2CSy2939Inh/W0xvN2uwrYn0",
	cms.Argon2i:      "$argon2i$v=19$m=64,t=1,p=1$T0JUajMxVnFBSy5Rdm1HYg$Gc31OCzbeFDDYRna4vH+x9bRh8xW1b3QbVYxGZU0MIw",
	cms.MD5:          "6dddec07f0be8fb7ea6c4b4146b43103",
	cms.JoomlaMD5:    "4795550c5896b7a375f8777e0fcdb645:saltOf32",
	cms.JoomlaSHA256: "{SHA256}44d26b7c3b4c91f7688992df13c9a396e75628c8c755bf470752863d8da113de:saltOf32",
	cms.MODXPBKDF2:   "saltsalt$6nOaQlUOhRlLLi0pPT6M1uZehkONi8bmM5gr4SbNIe8=",
}

// check is the platform's own look at a password, for a hash as its driver would store it.
var check = map[string]func(password string, p *recordv1.Password) bool{
	"WordPress before 6.8":                          func(pw string, p *recordv1.Password) bool { return passwords.WordPress(false, pw, p.GetHash()) },
	"WordPress 6.8 and later":                       func(pw string, p *recordv1.Password) bool { return passwords.WordPress(true, pw, p.GetHash()) },
	"Drupal 7 to 10.0":                              func(pw string, p *recordv1.Password) bool { return passwords.Drupal(pw, p.GetHash()) },
	"Drupal 10.1 and later":                         func(pw string, p *recordv1.Password) bool { return passwords.Drupal101(false, pw, p.GetHash()) },
	"Drupal 10.1 and later, with the module phpass": func(pw string, p *recordv1.Password) bool { return passwords.Drupal101(true, pw, p.GetHash()) },
	"Joomla 3":           func(pw string, p *recordv1.Password) bool { return passwords.Joomla(true, pw, p.GetHash()) },
	"Joomla 4 and later": func(pw string, p *recordv1.Password) bool { return passwords.Joomla(false, pw, p.GetHash()) },
	"Ghost":              func(pw string, p *recordv1.Password) bool { return passwords.Ghost(pw, p.GetHash()) },
	"MODX Revolution": func(pw string, p *recordv1.Password) bool {
		salt, sum, ok := strings.Cut(p.GetHash(), "$")
		if p.GetScheme() == cms.MODXPBKDF2 && ok {
			return passwords.MODX("modPBKDF2", salt, pw, sum)
		}
		return passwords.MODX(map[string]string{cms.MD5: "modMD5"}[p.GetScheme()], "", pw, p.GetHash()) || passwords.MODX("modNative", "", pw, p.GetHash())
	},
}

// targets are the declarations by the name of platform and version.
func targets() (names []string, by map[string][]string) {
	by = map[string][]string{}
	for _, d := range Drivers() {
		desc := d.Describe()
		for _, l := range desc.Logins {
			name := strings.TrimSpace(desc.Title + " " + l.Versions)
			names, by[name] = append(names, name), l.Schemes
		}
	}
	return names, by
}

func samplePassword(scheme string) *recordv1.Password {
	if scheme == cms.MODXPBKDF2 {
		return &recordv1.Password{Scheme: scheme, Hash: stored[scheme]}
	}
	return cms.ReadPassword(stored[scheme])
}

// What a driver declares is what the platform's own algorithm lets in: no more, so that nobody is locked out without being told, and no less.
func TestDeclaredLoginsAreThoseThatThePlatformLetsIn(t *testing.T) {
	t.Parallel()
	names, by := targets()
	if len(names) != len(check) {
		t.Errorf("%d platforms declare logins, %d are checked", len(names), len(check))
	}
	for _, scheme := range cms.Schemes() {
		p := samplePassword(scheme)
		if p.GetScheme() != scheme {
			t.Errorf("%s is read as %s", scheme, p.GetScheme())
		}
		for _, name := range names {
			in := check[name](secret, p)
			if declared := cms.Verifies(by[name], p); in != declared {
				t.Errorf("%s with %s: declared %v, lets in %v", name, scheme, declared, in)
			}
			if check[name](secret+"x", p) {
				t.Errorf("%s with %s lets in with a wrong password", name, scheme)
			}
		}
	}
	// phpBB's mark of phpass is rewritten to one that all know.
	p := cms.ReadPassword("$H$" + stored[cms.Phpass][3:])
	for _, name := range []string{"WordPress 6.8 and later", "Joomla 4 and later", "Drupal 7 to 10.0"} {
		if !check[name](secret, p) {
			t.Errorf("%s does not know phpBB's hash", name)
		}
	}
}

func TestPasswordsThatAreNoneOrStrangeAreNotTaken(t *testing.T) {
	t.Parallel()
	if cms.ReadPassword("") != nil {
		t.Error("no hash is a password")
	}
	for _, hash := range []string{"plain text", "!", "*", "$S", "$1$salt$abc"} {
		for name, p := range map[string]*recordv1.Password{"as read": cms.ReadPassword(hash), "as claimed": {Scheme: cms.Bcrypt, Hash: hash}} {
			if cms.Verifies(cms.Schemes(), p) {
				t.Errorf("%q is taken %s", hash, name)
			}
		}
	}
}

// TestMatrixOfLogins: the documentation has the table that the drivers declare.
func TestMatrixOfLogins(t *testing.T) {
	current(t, operations, loginsBegin, loginTable(), loginsEnd)
}

func loginTable() string {
	names, by := targets()
	schemes := cms.Schemes()
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, "| target | `%s` |\n|---|%s\n", strings.Join(schemes, "` | `"), strings.Repeat(":-:|", len(schemes)))
	for _, name := range names {
		b.WriteString("| " + name)
		for _, s := range schemes {
			b.WriteString(map[bool]string{true: " | yes", false: " | –"}[slices.Contains(by[name], s)])
		}
		b.WriteString(" |\n")
	}
	return b.String()
}
