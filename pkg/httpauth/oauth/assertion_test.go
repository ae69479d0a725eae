package oauth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// parts decodes a JWT: header, claims, and the signature with what it signs.
func parts(t *testing.T, jwt string) (header, claims map[string]any, digest, signature []byte) {
	t.Helper()
	fields := strings.Split(jwt, ".")
	if len(fields) != 3 {
		t.Fatalf("%q is no JWT", jwt)
	}
	decode := func(text string) []byte {
		b, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for i, into := range []*map[string]any{&header, &claims} {
		if err := json.Unmarshal(decode(fields[i]), into); err != nil {
			t.Fatal(err)
		}
	}
	sum := sha256.Sum256([]byte(fields[0] + "." + fields[1]))
	return header, claims, sum[:], decode(fields[2])
}

func TestAssertion(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der := []byte("a certificate")
	sha2, sha := sha256.Sum256(der), sha1.Sum(der)
	tests := map[string]struct {
		url, alg, name, thumbprint string
		verify                     func(digest, signature []byte) error
	}{
		"Entra": {EntraURL("contoso.com"), "PS256", "x5t#S256", base64.RawURLEncoding.EncodeToString(sha2[:]), func(digest, signature []byte) error {
			return rsa.VerifyPSS(&key.PublicKey, crypto.SHA256, digest, signature, &rsa.PSSOptions{SaltLength: 32})
		}},
		"AD FS": {"https://adfs.contoso.com/adfs/oauth2/token", "RS256", "x5t", base64.RawURLEncoding.EncodeToString(sha[:]), func(digest, signature []byte) error {
			return rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, digest, signature)
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &server{}
				source, err := New(Config{TokenURL: tt.url, ClientID: "app", Client: &http.Client{Transport: s},
					Certificate: func() (tls.Certificate, error) {
						return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
					}})
				if err != nil {
					t.Fatal(err)
				}
				now := time.Now()
				wantToken(t, source, "token-1")
				form := s.forms[0]
				if form.Get("client_assertion_type") != assertionType || form.Has("client_secret") || form.Has("scope") {
					t.Errorf("have %v", form)
				}
				header, claims, digest, signature := parts(t, form.Get("client_assertion"))
				if header["alg"] != tt.alg || header["typ"] != "JWT" || header[tt.name] != tt.thumbprint || len(header) != 3 {
					t.Errorf("have the header %v", header)
				}
				id, _ := claims["jti"].(string)
				if claims["aud"] != tt.url || claims["iss"] != "app" || claims["sub"] != "app" || len(id) < 20 ||
					claims["nbf"] != float64(now.Unix()) || claims["exp"] != float64(now.Add(10*time.Minute).Unix()) {
					t.Errorf("have the claims %v", claims)
				}
				if err := tt.verify(digest, signature); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestCertificateThatDoesNotDo(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	gone := errors.New("no such file")
	for name, tt := range map[string]struct {
		certificate tls.Certificate
		err         error
		want        string
	}{
		"gone":                    {tls.Certificate{}, gone, "no such file"},
		"an elliptic curve":       {tls.Certificate{Certificate: [][]byte{{1}}, PrivateKey: key}, nil, "RSA key"},
		"a key without one":       {tls.Certificate{}, nil, "RSA key"},
		"a key that is too short": {tls.Certificate{Certificate: [][]byte{{1}}, PrivateKey: &rsa.PrivateKey{}}, nil, "signs nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &server{}
				source, err := New(Config{TokenURL: EntraURL("t"), ClientID: "app", Client: &http.Client{Transport: s},
					Certificate: func() (tls.Certificate, error) { return tt.certificate, tt.err }})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := source.Token(t.Context()); err == nil || !strings.Contains(err.Error(), tt.want) || s.asked() != 0 {
					t.Errorf("have %v after %d requests, want %s", err, s.asked(), tt.want)
				}
			})
		})
	}
}
