package link

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// identityAge is how long an identity is valid. Nobody checks it, since the fingerprint is pinned; it ends with the process.
const identityAge = 10 * 365 * 24 * time.Hour

// Identity is an agent's certificate with its key, made at start; stored only where its owner asks for a link that outlives a restart.
type Identity struct{ cert tls.Certificate }

// NewIdentity makes a self-signed Ed25519 certificate without names.
func NewIdentity(now time.Time) (Identity, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Identity{}, fmt.Errorf("make key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return Identity{}, fmt.Errorf("make serial: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "bailey-agent"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(identityAge),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		return Identity{}, fmt.Errorf("make certificate: %w", err)
	}
	return Identity{tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}}, nil
}

// Fingerprint is the SHA-256 of the certificate (DER).
func (i Identity) Fingerprint() [sha256.Size]byte { return sha256.Sum256(i.cert.Certificate[0]) }

func (i Identity) serverTLS() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{i.cert}, NextProtos: []string{"h2"}}
}

// errPin ends a handshake; it is no Error, because gRPC lets no other status than its own out of a handshake.
var errPin = errors.New("the certificate is not the pinned one")

// clientTLS accepts exactly the certificate with the fingerprint; seen hears whether it was that one.
func clientTLS(want [sha256.Size]byte, seen func(match bool)) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		NextProtos: []string{"h2"},
		// The chain is not checked because there is none: the certificate itself is pinned below, on resumption too.
		InsecureSkipVerify: true, //nolint:gosec // replaced by VerifyConnection
		VerifyConnection: func(s tls.ConnectionState) error {
			if len(s.PeerCertificates) > 0 {
				got := sha256.Sum256(s.PeerCertificates[0].Raw)
				if subtle.ConstantTimeCompare(got[:], want[:]) == 1 {
					seen(true)
					return nil
				}
			}
			seen(false)
			return errPin
		},
	}
}
