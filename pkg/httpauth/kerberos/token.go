package kerberos

import (
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/gssapi"
	"github.com/jcmturner/gokrb5/v8/iana/chksumtype"
	"github.com/jcmturner/gokrb5/v8/iana/flags"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
	"golang.org/x/crypto/cryptobyte"
	tags "golang.org/x/crypto/cryptobyte/asn1"
)

var oidKerberos = asn1.ObjectIdentifier{1, 2, 840, 113554, 1, 2, 2}

// The kinds of GSS-API tokens (RFC 4121, section 4.1).
const (
	kindRequest = 0x0100
	kindReply   = 0x0200
	kindError   = 0x0300
)

// application is the tag of a GSS-API token (RFC 2743, section 3.1).
const application = tags.Tag(0x60)

// stamp is the time of an authenticator, which a server that proves itself sends back.
type stamp struct {
	seconds int64
	micro   int
}

// request is a token with an AP-REQ that is bound to a channel; zeros bind to none.
func (t ticket) request(binding [16]byte, mutual bool) (token []byte, sent stamp, err error) {
	err = guarded(func() error {
		authenticator, err := types.NewAuthenticator(t.realm, t.client)
		if err != nil {
			return err
		}
		authenticator.Cksum = types.Checksum{CksumType: chksumtype.GSSAPI, Checksum: checksum(binding, mutual)}
		sent = stamp{authenticator.CTime.Unix(), authenticator.Cusec}
		request, err := messages.NewAPReq(t.ticket, t.key, authenticator)
		if err != nil {
			return err
		}
		if mutual {
			types.SetFlag(&request.APOptions, flags.APOptionMutualRequired)
		}
		message, err := request.Marshal()
		if err != nil {
			return err
		}
		token, err = wrap(kindRequest, message)
		return err
	})
	return token, sent, err
}

// checksum is the field of the authenticator that says what the context is for (RFC 4121, section 4.1.1).
func checksum(binding [16]byte, mutual bool) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(binding)))
	b = append(b, binding[:]...)
	wanted := uint32(gssapi.ContextFlagInteg)
	if mutual {
		wanted |= gssapi.ContextFlagMutual
	}
	return binary.LittleEndian.AppendUint32(b, wanted)
}

// wrap puts a Kerberos message into a GSS-API token.
func wrap(kind uint16, message []byte) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(application, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidKerberos)
		b.AddUint16(kind)
		b.AddBytes(message)
	})
	return b.Bytes()
}

// unwrap takes a Kerberos message out of its token.
func unwrap(token []byte) (kind uint16, message []byte, err error) {
	outer := cryptobyte.String(token)
	var inner cryptobyte.String
	var mechanism asn1.ObjectIdentifier
	if !outer.ReadASN1(&inner, application) || !outer.Empty() || !inner.ReadASN1ObjectIdentifier(&mechanism) || !inner.ReadUint16(&kind) {
		return 0, nil, errors.New("the server's token is no GSS-API token")
	}
	if !mechanism.Equal(oidKerberos) {
		return 0, nil, fmt.Errorf("the server's token is of the mechanism %v, not of Kerberos", mechanism)
	}
	return kind, inner, nil
}

// judge looks at what the server says of the login: of one that it accepted, its proof.
func (h *handshake) judge(reply negTokenResp, accepted bool) error {
	if len(reply.token) == 0 {
		switch {
		case accepted:
			return errors.New("the server did not prove itself: its answer has no Kerberos message")
		case reply.state == rejected:
			return errors.New("the server rejects the Kerberos login and gives no reason")
		}
		return nil
	}
	kind, message, err := unwrap(reply.token)
	switch {
	case err != nil:
		return err
	case kind == kindError:
		return guarded(func() error { return readError(message) })
	case !accepted:
		return nil
	case kind == kindReply:
		return guarded(func() error { return h.prove(message) })
	}
	return fmt.Errorf("the server did not prove itself: its answer is of kind %#04x", kind)
}

// readError turns a KRB-ERROR into an error.
func readError(message []byte) error {
	var e messages.KRBError
	if err := e.Unmarshal(message); err != nil {
		return fmt.Errorf("error message of the server: %w", err)
	}
	return fmt.Errorf("the server says: %w", e)
}

// prove checks that an AP-REP was made by who could read the request (RFC 4120, section 3.2.5).
func (h *handshake) prove(message []byte) error {
	var reply messages.APRep
	if err := reply.Unmarshal(message); err != nil {
		return fmt.Errorf("the server did not prove itself: %w", err)
	}
	plain, err := crypto.DecryptEncPart(reply.EncPart, h.ticket.key, keyusage.AP_REP_ENCPART)
	if err != nil {
		return fmt.Errorf("the server did not prove itself: %w", err)
	}
	var part messages.EncAPRepPart
	if err := part.Unmarshal(plain); err != nil {
		return fmt.Errorf("the server did not prove itself: %w", err)
	}
	if have := (stamp{part.CTime.Unix(), part.Cusec}); have != h.sent {
		return fmt.Errorf("the server did not prove itself: it answers to the time %s, not %s", have, h.sent)
	}
	return nil
}

func (s stamp) String() string {
	return time.Unix(s.seconds, int64(s.micro)*1000).UTC().Format(time.RFC3339Nano)
}
