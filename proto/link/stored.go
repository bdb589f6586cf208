package link

import (
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

const (
	pemCert = "CERTIFICATE"
	pemKey  = "PRIVATE KEY"
)

// PEM is the identity with its private key, for an agent that is to keep its link when it is started again. Whoever reads
// it can pose as the agent.
func (i Identity) PEM() ([]byte, error) {
	key, err := x509.MarshalPKCS8PrivateKey(i.cert.PrivateKey)
	if err != nil {
		return nil, fmt.Errorf("encode key: %w", err)
	}
	out := pem.EncodeToMemory(&pem.Block{Type: pemCert, Bytes: i.cert.Certificate[0]})
	return append(out, pem.EncodeToMemory(&pem.Block{Type: pemKey, Bytes: key})...), nil
}

// IdentityFromPEM reads what PEM gave; other blocks around it are passed over. Errors hold nothing of what was read.
func IdentityFromPEM(data []byte) (Identity, error) {
	var cert, key []byte
	for {
		var b *pem.Block
		if b, data = pem.Decode(data); b == nil {
			break
		}
		switch b.Type {
		case pemCert:
			cert = b.Bytes
		case pemKey:
			key = b.Bytes
		}
	}
	leaf, err := x509.ParseCertificate(cert)
	if err != nil {
		return Identity{}, errors.New("the identity holds no certificate")
	}
	private, err := x509.ParsePKCS8PrivateKey(key)
	if err != nil {
		return Identity{}, errors.New("the identity holds no key")
	}
	own, ok := private.(ed25519.PrivateKey)
	if !ok || !own.Public().(ed25519.PublicKey).Equal(leaf.PublicKey) {
		return Identity{}, errors.New("the identity's key does not belong to its certificate")
	}
	return Identity{tls.Certificate{Certificate: [][]byte{cert}, PrivateKey: own}}, nil
}
