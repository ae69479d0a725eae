package oauth

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// assertionLife is how long an assertion is valid: Microsoft advises 5 to 10 minutes ("Microsoft identity platform
// application authentication certificate credentials").
const assertionLife = 10 * time.Minute

// assert makes the JWT by which the holder of a certificate's key proves to be the application (RFC 7523, section 3).
//
// Entra wants it signed by PS256 and names the certificate by x5t#S256 (same document). AD FS, which is told by its path,
// knows RS256 and x5t.
func assert(certificate tls.Certificate, tokenURL, clientID string, now time.Time) (string, error) {
	key, ok := certificate.PrivateKey.(*rsa.PrivateKey)
	if !ok || len(certificate.Certificate) == 0 {
		return "", fmt.Errorf("the certificate has a key of type %T: give one with an RSA key", certificate.PrivateKey)
	}
	der := certificate.Certificate[0]
	old, modern := sha1.Sum(der), sha256.Sum256(der)
	header := map[string]string{"alg": "PS256", "typ": "JWT", "x5t#S256": encode(modern[:])}
	isADFS := underADFS(tokenURL)
	if isADFS {
		header = map[string]string{"alg": "RS256", "typ": "JWT", "x5t": encode(old[:])}
	}
	head, err := json.Marshal(header)
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(map[string]any{
		"aud": tokenURL, "iss": clientID, "sub": clientID, "jti": rand.Text(),
		"nbf": now.Unix(), "iat": now.Unix(), "exp": now.Add(assertionLife).Unix(),
	})
	if err != nil {
		return "", err
	}
	text := encode(head) + "." + encode(claims)
	digest := sha256.Sum256([]byte(text))
	var signature []byte
	if isADFS {
		signature, err = rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	} else {
		signature, err = rsa.SignPSS(rand.Reader, key, crypto.SHA256, digest[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	}
	if err != nil {
		return "", errors.New("the certificate's key signs nothing: is it too short?")
	}
	return text + "." + encode(signature), nil
}

func underADFS(tokenURL string) bool {
	u, err := url.Parse(tokenURL)
	return err == nil && strings.HasPrefix(strings.ToLower(u.Path), "/adfs/")
}

// encode is the base64url of JWTs (RFC 7515, section 2).
func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
