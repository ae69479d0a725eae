package bench

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

const (
	certFile = "exchange.pem"
	keyFile  = "exchange-key.pem"
)

// writeCertificate makes a certificate of the loopback that is its own authority.
func writeCertificate(b *testing.B, dir string) {
	b.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(b, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "exchange"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(b, err)
	private, err := x509.MarshalECPrivateKey(key)
	must(b, err)
	writePEM(b, filepath.Join(dir, certFile), "CERTIFICATE", cert)
	writePEM(b, filepath.Join(dir, keyFile), "EC PRIVATE KEY", private)
}

func writePEM(b *testing.B, path, kind string, content []byte) {
	b.Helper()
	must(b, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600))
}
