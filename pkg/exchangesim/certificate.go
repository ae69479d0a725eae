package exchangesim

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"strings"
	"time"
)

// certificateLife is how long a generated certificate is valid.
const certificateLife = 30 * 24 * time.Hour

// GenerateCertificate makes a certificate for host names and IP addresses, without any for localhost, 127.0.0.1 and ::1,
// and the authority that signed it, in PEM, which clients must be told to trust. Both are made anew by each call. The
// error names an empty name, or is that of the machine's randomness.
func GenerateCertificate(names ...string) (cert tls.Certificate, authority []byte, err error) {
	if len(names) == 0 {
		names = []string{"localhost", "127.0.0.1", "::1"}
	}
	ca, caKey, err := newTemplate("exchangesim authority")
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	ca.IsCA, ca.BasicConstraintsValid, ca.KeyUsage = true, true, x509.KeyUsageCertSign
	leaf, leafKey, err := newTemplate("exchangesim")
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	leaf.KeyUsage, leaf.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, name := range names {
		switch name = strings.TrimSpace(name); {
		case name == "":
			return tls.Certificate{}, nil, fmt.Errorf("exchangesim: a certificate for an empty name in %q: give host names or IP addresses", names)
		case net.ParseIP(name) != nil:
			leaf.IPAddresses = append(leaf.IPAddresses, net.ParseIP(name))
		default:
			leaf.DNSNames = append(leaf.DNSNames, name)
		}
	}
	signedCA, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("exchangesim: authority: %w", err)
	}
	signed, err := x509.CreateCertificate(rand.Reader, leaf, ca, &leafKey.PublicKey, caKey)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("exchangesim: certificate for %q: %w", names, err)
	}
	return tls.Certificate{Certificate: [][]byte{signed, signedCA}, PrivateKey: leafKey},
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signedCA}), nil
}

func newTemplate(name string) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("exchangesim: key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, nil, fmt.Errorf("exchangesim: serial number: %w", err)
	}
	now := time.Now()
	return &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(certificateLife)}, key, nil
}
