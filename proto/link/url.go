package link

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

// scheme begins every link.
const scheme = "bailey"

// tokenBytes is the length of a token before it is encoded.
const tokenBytes = 32

// Link is all that is needed to reach an agent and be let in. It holds a secret: String and %v leave the token out.
type Link struct {
	// Address is host:port.
	Address string
	// Fingerprint is the SHA-256 of the agent's certificate (DER).
	Fingerprint [sha256.Size]byte
	// Token lets in.
	Token Token
	// Role is what the token allows.
	Role agentv1.Role
	// Expires is when the agent stops accepting the token, to the second; zero: never.
	Expires time.Time
}

// Token is a secret that does not print.
type Token struct{ secret string }

// NewToken makes 256 random bits.
func NewToken() Token {
	b := make([]byte, tokenBytes)
	rand.Read(b) // crypto/rand never fails
	return Token{base64.RawURLEncoding.EncodeToString(b)}
}

// String hides the token.
func (t Token) String() string { return "REDACTED" }

// GoString hides the token.
func (t Token) GoString() string { return t.String() }

// Reveal is the link as people copy it: it holds the token.
func (l Link) Reveal() string { return l.format(l.Token.secret) }

// String is the link without its token, for logs and errors.
func (l Link) String() string { return l.format(l.Token.String()) }

// GoString is String.
func (l Link) GoString() string { return l.String() }

func (l Link) format(token string) string {
	s := scheme + "://" + l.Address + "?fp=" + hex.EncodeToString(l.Fingerprint[:]) + "&role=" + roleName(l.Role)
	if !l.Expires.IsZero() {
		s += "&exp=" + strconv.FormatInt(l.Expires.Unix(), 10)
	}
	return s + "&token=" + token
}

func roleName(r agentv1.Role) string {
	return strings.ToLower(strings.TrimPrefix(r.String(), "ROLE_"))
}

// ParseRole reads "source" or "target".
func ParseRole(name string) (agentv1.Role, bool) {
	switch name {
	case roleName(agentv1.Role_ROLE_SOURCE):
		return agentv1.Role_ROLE_SOURCE, true
	case roleName(agentv1.Role_ROLE_TARGET):
		return agentv1.Role_ROLE_TARGET, true
	}
	return agentv1.Role_ROLE_UNSPECIFIED, false
}

// Parse reads a link; white space around it, as copying brings along, does not matter. The error is an *Error and
// never repeats any part of the link.
func Parse(s string) (Link, error) {
	l, cause := parse(strings.TrimSpace(s))
	if cause != "" {
		return Link{}, &Error{Code: CodeLinkInvalid, Cause: cause, Grpc: codes.InvalidArgument,
			Fix: fixNewLink + " Put it in quotes on a command line, because it holds & and ?."}
	}
	return l, nil
}

func parse(s string) (l Link, cause string) {
	if s == "" {
		return l, "the link is empty"
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != scheme || u.Opaque != "" {
		return l, "the link does not begin with bailey://host:port"
	}
	if u.User != nil || u.Fragment != "" || u.Path != "" && u.Path != "/" {
		return l, "the link holds more than an address and its parameters"
	}
	if l.Address, cause = parseAddress(u); cause != "" {
		return l, cause
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return l, "the parameters of the link cannot be read"
	}
	for name, values := range q {
		if len(values) != 1 {
			return l, fmt.Sprintf("the link says %q more than once", name)
		}
	}
	return parseParameters(l, q)
}

func parseAddress(u *url.URL) (address, cause string) {
	host, port := u.Hostname(), u.Port()
	n, err := strconv.ParseUint(port, 10, 16)
	if host == "" || err != nil || n == 0 || strings.ContainsAny(host, " \t\r\n/?#@%[]\\") {
		return "", "the link has no valid host:port"
	}
	return net.JoinHostPort(host, strconv.FormatUint(n, 10)), ""
}

func parseParameters(l Link, q url.Values) (_ Link, cause string) {
	fp, ok := decode(q.Get("fp"))
	if !ok {
		return l, "the fingerprint (fp) of the link is not whole"
	}
	l.Fingerprint = fp
	if _, ok := decode(q.Get("token")); !ok {
		return l, "the token of the link is not whole"
	}
	l.Token = Token{q.Get("token")}
	if l.Role, ok = ParseRole(q.Get("role")); !ok {
		return l, "the role of the link is neither source nor target"
	}
	if !q.Has("exp") {
		return l, ""
	}
	exp, err := strconv.ParseInt(q.Get("exp"), 10, 64)
	if err != nil || exp <= 0 {
		return l, "the expiry (exp) of the link is no number of seconds"
	}
	l.Expires = time.Unix(exp, 0)
	return l, ""
}

// decode reads 32 bytes in hex or base64url.
func decode(s string) (out [sha256.Size]byte, ok bool) {
	b, err := hex.DecodeString(s)
	if err != nil {
		b, err = base64.RawURLEncoding.Strict().DecodeString(s)
	}
	if err != nil || len(b) != len(out) || strings.ContainsAny(s, "\r\n") {
		return out, false
	}
	return [sha256.Size]byte(b), true
}
