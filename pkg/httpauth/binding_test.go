package httpauth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"math/big"
	"testing"
	"time"
)

type certificate = *x509.Certificate

// The binding and its MD5 that Microsoft published ("NTLM and Channel Binding Hash", Open Specifications blog, 2013).
func TestPublishedBinding(t *testing.T) {
	hash, err := hex.DecodeString("ea05fefecc6b0bd571dbbc5baa3ed45386d0446835f7b74c85621b9983475f95")
	if err != nil {
		t.Fatal(err)
	}
	sum := ChannelBinding("tls-server-end-point:" + string(hash)).MD5()
	if have, want := hex.EncodeToString(sum[:]), "6586e99d81c2fc984e47172fd4dd0310"; have != want {
		t.Errorf("have %s, want %s", have, want)
	}
	if ChannelBinding(nil).MD5() != [16]byte{} {
		t.Error("no binding is not zeros")
	}
}

// The hash follows the signature of the certificate: the lengths tell them apart.
func TestServerEndPoint(t *testing.T) {
	for algorithm, want := range map[x509.SignatureAlgorithm]int{
		x509.MD5WithRSA: 32, x509.SHA1WithRSA: 32, x509.DSAWithSHA1: 32, x509.ECDSAWithSHA1: 32,
		x509.SHA256WithRSA: 32, x509.SHA256WithRSAPSS: 32, x509.ECDSAWithSHA256: 32, x509.DSAWithSHA256: 32,
		x509.SHA384WithRSA: 48, x509.SHA384WithRSAPSS: 48, x509.ECDSAWithSHA384: 48,
		x509.SHA512WithRSA: 64, x509.SHA512WithRSAPSS: 64, x509.ECDSAWithSHA512: 64,
		x509.PureEd25519: 0, x509.UnknownSignatureAlgorithm: 0, x509.MD2WithRSA: 0,
	} {
		b, err := ServerEndPoint(&x509.Certificate{Raw: []byte("certificate"), SignatureAlgorithm: algorithm})
		if have := max(0, len(b)-len("tls-server-end-point:")); have != want || (err != nil) != (want == 0) {
			t.Errorf("%v: hash of %d bytes, want %d (%v)", algorithm, have, want, err)
		}
	}
}

// selfSigned makes a certificate for 127.0.0.1.
func selfSigned(t *testing.T) (tls.Certificate, certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"localhost"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, c
}
