package kerberos

import (
	"encoding/asn1"
	"errors"

	"golang.org/x/crypto/cryptobyte"
	tags "golang.org/x/crypto/cryptobyte/asn1"
)

var oidSPNEGO = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 2}

// rejected is the state of a negotiation that failed (RFC 4178, section 4.2.2).
const rejected = 2

func field(n uint8) tags.Tag { return tags.Tag(n).Constructed().ContextSpecific() }

// negTokenInit offers Kerberos alone, with its first token (RFC 4178, section 4.2.1). With one mechanism there is nothing
// that a man in the middle could talk the two out of, so no mechListMIC is needed.
func negTokenInit(token []byte) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(application, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidSPNEGO)
		b.AddASN1(field(0), func(b *cryptobyte.Builder) {
			b.AddASN1(tags.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(field(0), func(b *cryptobyte.Builder) {
					b.AddASN1(tags.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidKerberos) })
				})
				b.AddASN1(field(2), func(b *cryptobyte.Builder) { b.AddASN1OctetString(token) })
			})
		})
	})
	return b.Bytes()
}

// negTokenResp is an answer in a negotiation.
type negTokenResp struct {
	state int // -1: not given
	token []byte
}

// parseNegTokenResp reads an answer strictly (RFC 4178, section 4.2.2).
func parseNegTokenResp(b []byte) (negTokenResp, error) {
	r := negTokenResp{state: -1}
	outer := cryptobyte.String(b)
	var choice, sequence cryptobyte.String
	if !outer.ReadASN1(&choice, field(1)) || !outer.Empty() || !choice.ReadASN1(&sequence, tags.SEQUENCE) || !choice.Empty() {
		return r, errors.New("the server's token is no SPNEGO answer")
	}
	var parts [4]cryptobyte.String
	var given [4]bool
	for i := range parts {
		if !sequence.ReadOptionalASN1(&parts[i], &given[i], field(uint8(i))) {
			return r, errors.New("the server's SPNEGO answer is broken")
		}
	}
	var mechanism asn1.ObjectIdentifier
	var token, integrity cryptobyte.String
	ok := sequence.Empty() &&
		(!given[0] || parts[0].ReadASN1Enum(&r.state) && parts[0].Empty()) &&
		(!given[1] || parts[1].ReadASN1ObjectIdentifier(&mechanism) && parts[1].Empty()) &&
		(!given[2] || parts[2].ReadASN1(&token, tags.OCTET_STRING) && parts[2].Empty()) &&
		(!given[3] || parts[3].ReadASN1(&integrity, tags.OCTET_STRING) && parts[3].Empty())
	if !ok {
		return r, errors.New("the server's SPNEGO answer is broken")
	}
	r.token = token
	return r, nil
}
