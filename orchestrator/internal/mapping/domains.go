package mapping

import (
	"net/url"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// domains reads the further addresses of the source: links to one of them are links to the site.
func (f *file) domains(m *Mapping, n *yaml.Node) {
	for v := range f.items(n, string(inDomains)) {
		if !f.scalar(v, "a domain") {
			continue
		}
		if at, ok := domainOf(v.Value); ok {
			m.domains = append(m.domains, at)
		} else {
			f.fault(v, "wrong_value", `"`+v.Value+`" is no address of a site`, "Write a host, as in www.example.org, or an address, as in https://example.org/blog.")
		}
	}
}

// domainOf is the address that a host or address stands for.
func domainOf(s string) (string, bool) {
	if !strings.Contains(s, "//") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	ok := err == nil && u.Hostname() != "" && (u.Scheme == "http" || u.Scheme == "https") && u.User == nil && u.RawQuery == "" && u.Fragment == ""
	return s, ok
}

// Domains are further addresses of the source, as "https://old.example/blog"; nil for a nil Mapping.
func (m *Mapping) Domains() []string {
	if m == nil {
		return nil
	}
	return slices.Clone(m.domains)
}
