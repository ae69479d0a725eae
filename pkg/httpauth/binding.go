package httpauth

import (
	"crypto"
	"crypto/md5"
	_ "crypto/sha256" // the hashes of certificates
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/binary"
	"fmt"
)

// ChannelBinding is the application data that ties a login to the TLS connection under it: the name of the type, a colon
// and the hash of the server's certificate (RFC 5929). Nil is none.
type ChannelBinding []byte

// ServerEndPoint is the binding of type tls-server-end-point (RFC 5929, section 4): the hash of the certificate by the hash
// of its signature, where MD5 and SHA-1 are replaced by SHA-256. RSA-PSS counts by its hash. A certificate whose signature
// has no hash of its own, such as Ed25519, has no binding by the RFC: then the error says so, and to send none is right
// rather than to guess, since a server that merely allows bindings refuses a wrong one.
func ServerEndPoint(certificate *x509.Certificate) (ChannelBinding, error) {
	hash := signatureHash(certificate.SignatureAlgorithm)
	if hash == 0 {
		return nil, fmt.Errorf("a certificate signed with %v has no channel binding (RFC 5929, section 4.1)", certificate.SignatureAlgorithm)
	}
	h := hash.New()
	h.Write(certificate.Raw)
	return h.Sum([]byte("tls-server-end-point:")), nil
}

// signatureHash is the hash that the binding is made with, 0 if there is none.
func signatureHash(a x509.SignatureAlgorithm) crypto.Hash {
	switch a {
	case x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1,
		x509.SHA256WithRSA, x509.SHA256WithRSAPSS, x509.DSAWithSHA256, x509.ECDSAWithSHA256:
		return crypto.SHA256
	case x509.SHA384WithRSA, x509.SHA384WithRSAPSS, x509.ECDSAWithSHA384:
		return crypto.SHA384
	case x509.SHA512WithRSA, x509.SHA512WithRSAPSS, x509.ECDSAWithSHA512:
		return crypto.SHA512
	}
	return 0
}

// MD5 is what NTLM and Kerberos send of a binding: the MD5 of a gss_channel_bindings_struct without addresses (RFC 4121,
// section 4.1.1.2; [MS-NLMP] 2.2.2.1, MsvAvChannelBindings). Of no binding it is zeros.
func (b ChannelBinding) MD5() (sum [md5.Size]byte) {
	if b == nil {
		return sum
	}
	const addresses = 16 // type and length of the initiator's and of the acceptor's, all zero
	s := binary.LittleEndian.AppendUint32(make([]byte, addresses), uint32(len(b)))
	return md5.Sum(append(s, b...))
}
