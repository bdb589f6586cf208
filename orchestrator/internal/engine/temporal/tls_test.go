package temporal_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/baileybridge/bailey/deploy/testbed"

	"github.com/baileybridge/bailey/orchestrator/internal/engine/temporal"
	"github.com/baileybridge/bailey/orchestrator/internal/migration"
)

// identity makes a certificate that signs itself, for a server and for its clients, in files.
func identity(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "temporal.test"}, DNSNames: []string{"temporal.test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert"), filepath.Join(dir, "key")
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: signed}, key: {Type: "PRIVATE KEY", Bytes: plain}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// secured puts TLS, with certificates on both sides, before a server that has none.
func secured(t *testing.T, server, cert, key string) string {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(pair.Leaf)
	lis, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}, NextProtos: []string{"h2"}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert,
	})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	t.Cleanup(func() {
		_ = lis.Close()
		all.Wait()
	})
	all.Go(func() {
		for {
			in, err := lis.Accept()
			if err != nil {
				return
			}
			all.Go(func() { pipe(in, server) })
		}
	})
	return lis.Addr().String()
}

// pipe joins two connections until either ends.
func pipe(in net.Conn, server string) {
	defer func() { _ = in.Close() }()
	out, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(in, out)
		_ = in.Close()
	})
	_, _ = io.Copy(out, in)
	_ = out.Close()
	back.Wait()
}

// TestTLS: Temporal is reached by who has its authority and a certificate of it, and by nobody else.
func TestTLS(t *testing.T) {
	t.Parallel()
	cert, key := identity(t)
	foreign, foreignKey := identity(t)
	address := secured(t, testbed.Temporal(t).Address, cert, key)
	for name, c := range map[string]struct {
		tls  temporal.TLS
		code string
	}{
		"both":              {temporal.TLS{CA: cert, Cert: cert, Key: key, ServerName: "temporal.test"}, ""},
		"no TLS":            {temporal.TLS{}, "temporal_unreachable"},
		"unknown authority": {temporal.TLS{On: true, Cert: cert, Key: key, ServerName: "temporal.test"}, "temporal_unreachable"},
		"other name":        {temporal.TLS{CA: cert, Cert: cert, Key: key}, "temporal_unreachable"},
		"no certificate":    {temporal.TLS{CA: cert, ServerName: "temporal.test"}, "temporal_unreachable"},
		"foreign":           {temporal.TLS{CA: cert, Cert: foreign, Key: foreignKey, ServerName: "temporal.test"}, "temporal_unreachable"},
		"no such file":      {temporal.TLS{CA: cert + "x"}, "temporal_tls"},
		"no PEM":            {temporal.TLS{CA: os.Args[0]}, "temporal_tls"},
		"another's key":     {temporal.TLS{Cert: cert, Key: foreignKey}, "temporal_tls"},
		"no key":            {temporal.TLS{Cert: cert}, "temporal_tls"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, err := temporal.Dial(context.Background(), temporal.Options{Address: address, TLS: c.tls})
			if err == nil {
				client.Close()
			}
			if (err == nil) != (c.code == "") || err != nil && migration.ProblemOf(err).Code != c.code {
				t.Errorf("%v", err)
			}
		})
	}
}
