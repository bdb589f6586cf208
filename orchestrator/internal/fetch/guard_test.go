package fetch

import (
	"net/http"
	"net/netip"
	"testing"
	"time"
)

func TestPublicAddresses(t *testing.T) {
	t.Parallel()
	for ip, want := range map[string]bool{
		"93.184.216.34": true, "2606:2800:220:1::1": true, "8.8.8.8": true,
		"127.0.0.1": false, "10.1.2.3": false, "172.16.0.1": false, "172.31.255.255": false, "192.168.1.1": false, "100.64.0.1": false, "100.100.100.200": false,
		"169.254.169.254": false, "0.0.0.0": false, "255.255.255.255": false, "224.0.0.1": false, "192.0.0.192": false, "168.63.129.16": false, "198.18.0.1": false,
		"::": false, "::1": false, "fe80::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd00:ec2::254": false, "ff02::1": false, "2001:db8::1": false,
		"::ffff:10.0.0.1": false, "::ffff:8.8.8.8": false, "64:ff9b::a00:1": false, "2002:7f00:1::": false, "2001:0:4136:e378::": false, "::127.0.0.1": false,
	} {
		if got := public(netip.MustParseAddr(ip)); got != want {
			t.Errorf("%s: %v", ip, got)
		}
	}
	if public(netip.Addr{}) || newGuard(nil, true).dial("tcp", "10.0.0.1:80", nil) == nil || newGuard(nil, true).dial("tcp", "localhost:80", nil) == nil || newGuard(nil, true).dial("tcp", "[::1]:80", nil) != nil {
		t.Error("an address was judged wrongly")
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	g := newGuard([]string{"Example.org", "cdn.example.org:8443", "::1", "[::2]:81"}, false)
	for key, want := range map[string]bool{
		hostKey("example.org.", "443"): true, hostKey("EXAMPLE.ORG", "80"): true, hostKey("example.org", "22"): false, hostKey("www.example.org", "443"): false,
		hostKey("cdn.example.org", "8443"): true, hostKey("cdn.example.org", "443"): false, hostKey("::1", "80"): true, hostKey("::2", "81"): true,
	} {
		if g.hosts[key] != want {
			t.Errorf("%s: %v", key, !want)
		}
	}
	for address, want := range map[string]string{"https://Example.org/x?y": "Example.org", "http://127.0.0.1:8080": "127.0.0.1:8080", "ftp://x": "", "x": "", "http://[::1": ""} {
		if got, ok := HostOf(address); got != want || ok != (want != "") {
			t.Errorf("%s: %q", address, got)
		}
	}
}

// A server may wish for days.
func TestBackoffIsBounded(t *testing.T) {
	t.Parallel()
	resp := &http.Response{StatusCode: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"86400"}}}
	if d := backoff(time.Millisecond, time.Second, 0, resp); d != time.Second {
		t.Error(d)
	}
}

func TestNamed(t *testing.T) {
	t.Parallel()
	list := []string{"Example.org", "files.example.org:8443", "*.cdn.example"}
	for host, want := range map[string]bool{
		"example.org": true, "EXAMPLE.ORG": true, "example.org:8080": false, "www.example.org": false, "files.example.org:8443": true, "files.example.org": false,
		"a.cdn.example": true, "a.b.CDN.example": true, "cdn.example": false, ".cdn.example": false, "evilcdn.example": false, "a.cdn.example.evil": false, "a.cdn.example:81": false, "": false,
	} {
		if got := Named(list, host); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
	if !Named([]string{"*"}, "anything:1") || Named(nil, "example.org") || Named([]string{"*example.org"}, "evilexample.org") {
		t.Error("a star alone is all, and nothing else is")
	}
}
