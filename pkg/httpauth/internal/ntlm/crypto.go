package ntlm

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/rc4"
	"errors"
	"strings"

	"golang.org/x/crypto/md4" //lint:ignore SA1019 NTLM is built on MD4
)

func hmacMD5(key []byte, parts ...[]byte) []byte {
	h := hmac.New(md5.New, key)
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// responseKey is NTOWFv2, [MS-NLMP] 3.3.2.
func responseKey(user, domain, password string) []byte {
	h := md4.New()
	h.Write(utf16le(password))
	return hmacMD5(h.Sum(nil), utf16le(strings.ToUpper(user)+domain))
}

// clientBlob is the part of the response that the client makes, NTLMv2_CLIENT_CHALLENGE of [MS-NLMP] 2.2.2.7.
func clientBlob(nonce [8]byte, timestamp []byte, target avPairs) []byte {
	b := append([]byte{1, 1, 0, 0, 0, 0, 0, 0}, timestamp...)
	b = append(append(b, nonce[:]...), 0, 0, 0, 0)
	return append(append(b, target.marshal()...), 0, 0, 0, 0)
}

// prove returns NTProofStr and the session base key, [MS-NLMP] 3.3.2.
func prove(responseKey, serverNonce, blob []byte) (proof, key []byte) {
	proof = hmacMD5(responseKey, serverNonce, blob)
	return proof, hmacMD5(responseKey, proof)
}

// exchangedKey is the key that the client made and encrypted, [MS-NLMP] 3.1.5.1.2.
func exchangedKey(base, encrypted []byte) ([]byte, error) {
	if len(encrypted) != md5.Size {
		return nil, errors.New("no session key of 16 bytes, though one was to be exchanged")
	}
	c, err := rc4.NewCipher(base)
	if err != nil {
		return nil, err
	}
	key := make([]byte, len(encrypted))
	c.XORKeyStream(key, encrypted)
	return key, nil
}

// integrityCode is the MIC over the three messages, of which the third has zeros in its place, [MS-NLMP] 3.1.5.1.2.
func integrityCode(key, negotiate, challenge, authenticate []byte) []byte {
	return hmacMD5(key, negotiate, challenge, authenticate)
}
