package kerberos

import (
	"context"
	"encoding/asn1"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/pkg/httpauth"
	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/krberror"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
	"golang.org/x/crypto/cryptobyte"
	tags "golang.org/x/crypto/cryptobyte/asn1"
)

func TestNew(t *testing.T) {
	for name, tt := range map[string]struct {
		cfg  Config
		want string
	}{
		"none":            {Config{User: "anna"}, "exactly one"},
		"two":             {Config{User: "anna", Keytab: "a", CCache: "b"}, "exactly one"},
		"no user":         {Config{Keytab: "a"}, "User is required"},
		"cache with user": {Config{CCache: "a", User: "anna"}, "must be empty"},
	} {
		if _, err := New(tt.cfg); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: have %v, want %q", name, err, tt.want)
		}
	}
}

// TestSharedFailure: logins that wait for the same ticket share its failure, one whose context ends does not wait, and the
// next login tries anew.
func TestSharedFailure(t *testing.T) {
	conf := filepath.Join(t.TempDir(), "krb5.conf")
	if err := os.WriteFile(conf, []byte("[libdefaults]\n default_realm = EXAMPLE.TEST\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		closed := errors.New("the vault is closed")
		m, err := New(Config{Krb5Conf: conf, User: "anna", Password: func(context.Context) (string, error) {
			asked++
			time.Sleep(time.Second)
			return "", closed
		}})
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if _, err := m.Start(t.Context(), httpauth.Target{SPN: service}); !errors.Is(err, closed) {
					t.Errorf("have %v", err)
				}
			})
		}
		hasty, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := m.Start(hasty, httpauth.Target{SPN: service}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("have %v", err)
		}
		all.Wait()
		if asked != 1 {
			t.Errorf("asked %d times", asked)
		}
		_, _ = m.Start(t.Context(), httpauth.Target{SPN: service})
		if asked != 2 {
			t.Errorf("asked %d times in the end", asked)
		}
	})
}

func TestUsable(t *testing.T) {
	got := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	ticket := ticket{since: got, until: got.Add(time.Hour)}
	for _, tt := range []struct {
		after       time.Duration
		renew, want bool
	}{
		{0, false, true}, {0, true, true}, {fresh, true, false}, {fresh, false, true},
		{time.Hour - spare, false, false}, {2 * time.Hour, false, false},
	} {
		if have := ticket.usable(got.Add(tt.after), tt.renew); have != tt.want {
			t.Errorf("after %v, renew %v: have %v", tt.after, tt.renew, have)
		}
	}
}

var (
	sessionKey  = types.EncryptionKey{KeyType: 18, KeyValue: []byte("0123456789abcdef0123456789abcdef")}
	strangerKey = types.EncryptionKey{KeyType: 18, KeyValue: []byte("another key, of thirty-two bytes")}
	someTime    = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
)

// proving is a login that waits for the server's proof.
func proving() *handshake {
	return &handshake{mutual: true, ticket: ticket{key: sessionKey}, sent: stamp{someTime.Unix(), 42}}
}

// proof is the token of a server that proves itself with a key, for an authenticator's time.
func proof(t testing.TB, key types.EncryptionKey, micro int) []byte {
	t.Helper()
	part, err := asn1.MarshalWithParams(messages.EncAPRepPart{CTime: someTime, Cusec: micro}, "application,explicit,tag:27")
	if err != nil {
		t.Fatal(err)
	}
	encrypted, err := crypto.GetEncryptedData(part, key, keyusage.AP_REP_ENCPART, 0)
	if err != nil {
		t.Fatal(err)
	}
	message, err := asn1.MarshalWithParams(messages.APRep{PVNO: 5, MsgType: 15, EncPart: encrypted}, "application,explicit,tag:15")
	if err != nil {
		t.Fatal(err)
	}
	return answer(t, 0, kindReply, message)
}

// answer is a NegTokenResp with a Kerberos message in it, or none.
func answer(t testing.TB, state int64, kind uint16, message []byte) []byte {
	t.Helper()
	token, err := wrap(kind, message)
	if err != nil {
		t.Fatal(err)
	}
	var b cryptobyte.Builder
	b.AddASN1(field(1), func(b *cryptobyte.Builder) {
		b.AddASN1(tags.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(field(0), func(b *cryptobyte.Builder) { b.AddASN1Enum(state) })
			b.AddASN1(field(1), func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidKerberos) })
			if message != nil {
				b.AddASN1(field(2), func(b *cryptobyte.Builder) { b.AddASN1OctetString(token) })
			}
		})
	})
	return b.BytesOrPanic()
}

// TestProof: only the server that could read the ticket, answering to this login, passes.
func TestProof(t *testing.T) {
	refusal := messages.NewKRBError(types.PrincipalName{NameString: []string{"HTTP", "localhost"}}, "EXAMPLE.TEST", 37, "clock")
	skew, err := refusal.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		token    []byte
		accepted bool
		want     string
	}{
		"right":           {proof(t, sessionKey, 42), true, ""},
		"another key":     {proof(t, strangerKey, 42), true, "did not prove itself"},
		"another login":   {proof(t, sessionKey, 43), true, "answers to the time"},
		"no token":        {nil, true, "no token"},
		"no message":      {answer(t, 0, 0, nil), true, "no Kerberos message"},
		"no proof":        {answer(t, 0, kindRequest, []byte{1}), true, "kind 0x0100"},
		"short message":   {answer(t, 0, kindReply, []byte{0x6f, 0}), true, "did not prove itself"},
		"no SPNEGO":       {[]byte{1, 2, 3}, true, "no SPNEGO answer"},
		"clock":           {answer(t, 2, kindError, skew), false, "KRB_AP_ERR_SKEW"},
		"no reason":       {answer(t, 2, 0, nil), false, "gives no reason"},
		"refused, silent": {nil, false, ""},
	} {
		err := proving().Finish(tt.token, tt.accepted)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: have %v, want %q", name, err, tt.want)
		}
	}
}

func FuzzFinish(f *testing.F) {
	f.Add(proof(f, sessionKey, 42))
	f.Add(answer(f, 2, kindError, nil))
	f.Add(answer(f, 0, 0, nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		_ = proving().Finish(b, true)
		_ = proving().Finish(b, false)
		deceived := proving()
		deceived.ticket.key = strangerKey
		if deceived.Finish(b, true) == nil {
			t.Errorf("a forged proof passes: %x", b)
		}
	})
}

// TestRefusal: only what the KDC said of a password counts.
func TestRefusal(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{krberror.New(krberror.KDCError, "KDC_ERR_PREAUTH_FAILED"), true},
		{krberror.New(krberror.KRBMsgError, "AS_REP is not valid"), true},
		{krberror.New(krberror.NetworkingError, "no KDC"), false},
		{krberror.New(krberror.ConfigError, "no realm"), false},
		{errors.New("no file"), false},
	} {
		if have := errors.Is(refusal(tt.err), httpauth.ErrRefused); have != tt.want {
			t.Errorf("%v: have %v, want %v", tt.err, have, tt.want)
		}
	}
}
