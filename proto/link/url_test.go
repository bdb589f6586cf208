package link_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/baileybridge/bailey/proto/link"

	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

func sample(t testing.TB) link.Link {
	t.Helper()
	id, err := link.NewIdentity(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return link.Link{
		Address: "203.0.113.7:4443", Fingerprint: id.Fingerprint(), Token: link.NewToken(),
		Role: agentv1.Role_ROLE_SOURCE, Expires: time.Unix(1_800_000_000, 0),
	}
}

func TestLinkParsesBack(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"203.0.113.7:4443", "[2001:db8::1]:1", "agent.example.org:65535", "localhost:80"} {
		for _, expires := range []time.Time{{}, time.Unix(1_800_000_000, 0)} {
			want := sample(t)
			want.Address, want.Expires, want.Role = address, expires, agentv1.Role_ROLE_TARGET
			got, err := link.Parse("  " + want.Reveal() + "\n")
			if err != nil || got != want {
				t.Errorf("%v parses to %v, %v", want, got, err)
			}
		}
	}
}

func TestLinkTakesBase64Fingerprint(t *testing.T) {
	t.Parallel()
	want := sample(t)
	s := strings.Replace(want.Reveal(), fmt.Sprintf("%x", want.Fingerprint), base64.RawURLEncoding.EncodeToString(want.Fingerprint[:]), 1)
	if got, err := link.Parse(s); err != nil || got != want {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestLinkErrorsSayWhatToDoAndNothingSecret(t *testing.T) {
	t.Parallel()
	good := sample(t).Reveal()
	token := good[strings.Index(good, "token=")+6:]
	for name, s := range map[string]string{
		"empty":           "",
		"other scheme":    strings.Replace(good, "bailey:", "https:", 1),
		"no port":         strings.Replace(good, ":4443", "", 1),
		"port 0":          strings.Replace(good, ":4443", ":0", 1),
		"port too high":   strings.Replace(good, ":4443", ":65536", 1),
		"no host":         strings.Replace(good, "203.0.113.7", "", 1),
		"user":            strings.Replace(good, "203", "me@203", 1),
		"path":            strings.Replace(good, "?", "/x?", 1),
		"cut at &":        good[:strings.Index(good, "&")],
		"cut token":       good[:len(good)-1],
		"token twice":     good + "&token=" + token,
		"short fp":        strings.Replace(good, "fp=", "fp=00", 1),
		"no fp":           strings.Replace(good, "fp=", "xx=", 1),
		"role":            strings.Replace(good, "role=source", "role=admin", 1),
		"expiry":          strings.Replace(good, "exp=1", "exp=x", 1),
		"negative expiry": strings.Replace(good, "exp=1", "exp=-1", 1),
		"redacted":        sample(t).String(),
	} {
		_, err := link.Parse(s)
		var e *link.Error
		if !errors.As(err, &e) || e.Code != link.CodeLinkInvalid || e.Cause == "" || !strings.Contains(e.Fix, "Copy the whole link") {
			t.Errorf("%s: %#v", name, err)
			continue
		}
		if strings.Contains(e.Cause+e.Fix, token) || strings.Contains(e.Cause, "203.0.113.7") {
			t.Errorf("%s: the error repeats the link: %v", name, e)
		}
	}
}

func TestLinkDoesNotPrintItsToken(t *testing.T) {
	t.Parallel()
	l := sample(t)
	token := l.Reveal()[strings.Index(l.Reveal(), "token=")+6:]
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		for _, v := range []any{l, &l, l.Token, struct{ L link.Link }{l}} {
			if strings.Contains(fmt.Sprintf(format, v), token) {
				t.Errorf("%s of %T prints the token", format, v)
			}
		}
	}
	if !strings.Contains(l.Reveal(), token) || len(token) != 43 {
		t.Error("the revealed link lacks the token")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample(f).Reveal())
	f.Add("bailey://[::1]:1?fp=&token=&role=source")
	f.Add("bailey://a%zz:1?fp=00&token=%00")
	f.Fuzz(func(t *testing.T, s string) {
		l, err := link.Parse(s)
		if err != nil {
			var e *link.Error
			if !errors.As(err, &e) || e.Fix == "" {
				t.Fatalf("%v has no fix", err)
			}
			return
		}
		again, err := link.Parse(l.Reveal())
		if err != nil || again != l {
			t.Fatalf("%v parses back to %v, %v", l, again, err)
		}
	})
}
