package fetch

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// Codes of what is refused or does not arrive.
const (
	CodeHost    = "fetch_host_refused"
	CodeAddress = "fetch_address_refused"
	CodeHops    = "fetch_led_on_too_often"
	CodeTooLong = "fetch_too_large"
	CodeType    = "fetch_type_refused"
	CodePage    = "fetch_page_for_file"
	CodeGone    = "fetch_not_found"
	CodeStatus  = "fetch_status"
	CodeFailed  = "fetch_failed"
)

// within are the addresses that are not the public internet's, as the IANA special-purpose registries for IPv4 and IPv6 list them
// (RFC 6890 and later): this host, private, shared (CGNAT), loopback, link-local with the metadata services, documentation, benchmarks,
// multicast, reserved. The last IPv4 one is the platform service of a cloud in public space.
var within = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
	"192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
	// Within 2000::/3, which is all of IPv6 that is taken: protocol assignments with Teredo, documentation, 6to4 with an IPv4 address in it.
	"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
)

// global is the only part of IPv6 given out to the public internet; IPv4 in IPv6 (mapped, NAT64) and local addresses lie outside of it.
var global = netip.MustParsePrefix("2000::/3")

func prefixes(all ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(all))
	for i, p := range all {
		out[i] = netip.MustParsePrefix(p)
	}
	return out
}

// public says that an address belongs to the public internet.
func public(ip netip.Addr) bool {
	if !ip.IsValid() || ip.Zone() != "" || ip.Is4In6() || ip.Is6() && !global.Contains(ip) {
		return false
	}
	for _, p := range within {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}

// guard says what may be asked.
type guard struct {
	// hosts by "name:port".
	hosts    map[string]bool
	loopback bool
}

func newGuard(hosts []string, loopback bool) guard {
	g := guard{hosts: map[string]bool{}, loopback: loopback}
	for _, h := range hosts {
		if name, port, err := net.SplitHostPort(h); err == nil {
			g.hosts[hostKey(name, port)] = true
			continue
		}
		h = strings.Trim(h, "[]")
		g.hosts[hostKey(h, "80")], g.hosts[hostKey(h, "443")] = true, true
	}
	return g
}

func hostKey(name, port string) string {
	return net.JoinHostPort(strings.ToLower(strings.TrimSuffix(name, ".")), port)
}

// HostOf is an address's host as Config.Hosts takes it, with its port unless it is the scheme's own.
func HostOf(address string) (string, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || portOf(u) == "" {
		return "", false
	}
	if u.Port() == "" {
		return u.Hostname(), true
	}
	return hostKey(u.Hostname(), u.Port()), true
}

// CheckHosts refuses what Config.Hosts does not take.
func CheckHosts(hosts []string) error {
	for _, h := range hosts {
		if u, err := url.Parse("http://" + h); err != nil || u.Host != h || u.Hostname() == "" || u.Port() == "" && strings.HasSuffix(h, ":") {
			return fmt.Errorf("%q is no host like cdn.example.org", h)
		}
	}
	return nil
}

// Named says that a host as Config.Hosts takes it is among those of a list: by name, by name and port, as one below "*.example.org", or
// because the list has "*".
func Named(list []string, host string) bool {
	host = strings.ToLower(host)
	return slices.ContainsFunc(list, func(n string) bool {
		below, wild := strings.CutPrefix(strings.ToLower(n), "*")
		return strings.EqualFold(n, host) || n == "*" || wild && strings.HasPrefix(below, ".") && len(host) > len(below) && strings.HasSuffix(host, below)
	})
}

func portOf(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return map[string]string{"http": "80", "https": "443"}[u.Scheme]
}

// address refuses what is not a plain web address of a host that may be asked; on each redirect too.
func (g guard) address(u *url.URL) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https", u.User != nil, u.Hostname() == "":
		return refusal(CodeHost, "the address is not a plain one of http or https", "Put the file in its place on the source's disk.")
	case !g.hosts[hostKey(u.Hostname(), portOf(u))]:
		return refusal(CodeHost, "the address leads to a host that was not named", "Name the host with --allow-host, if its files are the site's.")
	}
	return nil
}

// dial is asked when a connection is about to be made, after names were resolved: an answer of the name service that changes
// in between has nothing to change any more.
func (g guard) dial(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !public(at.Addr()) && (!g.loopback || !at.Addr().IsLoopback()) {
		return refusal(CodeAddress, "the host's address lies within a network, not on the public internet", "Give the source's agent the folder of files, which needs no fetching.")
	}
	return nil
}

func refusal(code, cause, fix string) *migration.Error {
	return &migration.Error{Problem: migration.Problem{Code: code, Cause: cause, Fix: fix}, Exit: migration.ExitFailed, Err: ErrNotFetched}
}

// ErrNotFetched is within every error that tells why a document cannot be had: asking again does not help.
var ErrNotFetched = errors.New("not fetched")

func refused(err error) bool { return errors.Is(err, ErrNotFetched) }
