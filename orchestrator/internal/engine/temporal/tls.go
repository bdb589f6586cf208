package temporal

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// TLS says how the connection to Temporal is secured; zero: not at all.
type TLS struct {
	// On secures it; the files below do so too.
	On bool
	// CA is a file of certificates in PEM that the server's is to be signed by; empty: those of the system.
	CA string
	// Cert and Key are files in PEM that this process shows who it is with; empty: it does not.
	Cert, Key string
	// ServerName is the name in the server's certificate; empty: the host of the address.
	ServerName string
}

// Config reads the files. nil: no TLS.
func (t TLS) Config() (*tls.Config, error) {
	if t == (TLS{}) {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName}
	if t.CA != "" {
		pem, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, unusable("the file of --temporal-ca cannot be read", err)
		}
		if c.RootCAs = x509.NewCertPool(); !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, unusable("the file of --temporal-ca holds no certificate in PEM", nil)
		}
	}
	if t.Cert != "" || t.Key != "" {
		cert, err := tls.LoadX509KeyPair(t.Cert, t.Key)
		if err != nil {
			return nil, unusable("the files of --temporal-cert and --temporal-key cannot be read, or do not belong together", err)
		}
		c.Certificates = []tls.Certificate{cert}
	}
	return c, nil
}

func unusable(cause string, err error) error {
	e := migration.Usage("temporal_tls", cause, "Give files in PEM that this process may read; certificate and key belong together.")
	if err != nil {
		// What it says may hold no more than the path: the key's text is never in it.
		e.Err = fmt.Errorf("read a file: %w", err)
	}
	return e
}
