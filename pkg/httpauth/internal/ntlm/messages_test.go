package ntlm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"
)

var (
	noon = time.Date(2026, 5, 4, 12, 0, 0, 700, time.UTC)
	some = Server{NetBIOSDomain: "EXAMPLE", NetBIOSComputer: "EX01", DNSDomain: "example.com", DNSComputer: "ex01.example.com"}
	anna = Login{
		User: "Änne", Domain: "EXAMPLE", Password: "pässword", Workstation: "WS1", SPN: "HTTP/ex01.example.com",
		Binding: [16]byte{1, 2, 3}, Nonce: [8]byte{7}, Now: noon.Add(time.Hour),
	}
)

// handshake is the three messages of a login.
func handshake(t testing.TB, l Login) (negotiate, challenge, authenticate []byte) {
	t.Helper()
	negotiate = NewNegotiate()
	flags, err := ParseNegotiate(negotiate)
	if err != nil {
		t.Fatal(err)
	}
	challenge = some.NewChallenge(flags, [8]byte{9, 8, 7}, noon)
	authenticate, err = l.NewAuthenticate(negotiate, challenge)
	if err != nil {
		t.Fatal(err)
	}
	return negotiate, challenge, authenticate
}

func TestLogin(t *testing.T) {
	negotiate, challenge, authenticate := handshake(t, anna)
	a, err := ParseAuthenticate(authenticate)
	if err != nil {
		t.Fatal(err)
	}
	if a.User != anna.User || a.Domain != anna.Domain || a.Workstation != anna.Workstation || a.SPN != anna.SPN || a.Binding() != anna.Binding {
		t.Errorf("have %+v", a)
	}
	if have := binary.LittleEndian.Uint64(a.response[24:]); have != fileTime(noon) {
		t.Errorf("the time is %d, not the server's %d", have, fileTime(noon))
	}
	if a.flags != 0xa2888205 || a.target.flags() != flagMIC || !a.hasMIC {
		t.Errorf("flags %#x, MsvAvFlags %d, MIC %v", uint32(a.flags), a.target.flags(), a.hasMIC)
	}
	if err := a.Check(negotiate, challenge, anna.Password); err != nil {
		t.Error(err)
	}
	if err := a.Check(negotiate, challenge, "Password"); !errors.Is(err, ErrPassword) {
		t.Errorf("another password: have %v", err)
	}
	changed := bytes.Clone(negotiate)
	changed[12] ^= byte(RequestTarget)
	if err := a.Check(changed, challenge, anna.Password); !errors.Is(err, ErrMIC) {
		t.Errorf("a changed first message: have %v", err)
	}
	if err := a.Check(negotiate, some.NewChallenge(clientFlags, [8]byte{1}, noon), anna.Password); !errors.Is(err, ErrPassword) {
		t.Errorf("another challenge: have %v", err)
	}
}

// No byte of the third message can be changed: what the proof does not cover, the MIC does.
func TestChangedAnswer(t *testing.T) {
	negotiate, challenge, authenticate := handshake(t, anna)
	for i := range authenticate {
		b := bytes.Clone(authenticate)
		b[i] ^= 1
		a, err := ParseAuthenticate(b)
		if err == nil {
			err = a.Check(negotiate, challenge, anna.Password)
		}
		if err == nil {
			t.Errorf("byte %d was changed, and nobody noticed", i)
		}
	}
}

func TestRefusedMessages(t *testing.T) {
	_, challenge, authenticate := handshake(t, anna)
	set := func(message []byte, at int, value ...byte) []byte {
		b := bytes.Clone(message)
		copy(b[at:], value)
		return b
	}
	readNegotiate := func(b []byte) error { _, err := ParseNegotiate(b); return err }
	readChallenge := func(b []byte) error { _, err := anna.NewAuthenticate(NewNegotiate(), b); return err }
	readAnswer := func(b []byte) error { _, err := ParseAuthenticate(b); return err }
	for name, tt := range map[string]struct {
		read    func([]byte) error
		message []byte
		want    string
	}{
		"empty":                      {readNegotiate, nil, "not an NTLM message"},
		"another type":               {readNegotiate, challenge, "of type 2, not 1"},
		"cut first message":          {readNegotiate, NewNegotiate()[:15], "at least 16"},
		"cut challenge":              {readChallenge, challenge[:47], "at least 48"},
		"challenge, OEM":             {readChallenge, set(challenge, 20, 2), "no Unicode"},
		"target info outside":        {readChallenge, set(challenge, 44, 0xff, 0xff, 0xff, 0xff), "the target info"},
		"target name outside":        {readChallenge, set(challenge, 16, 0xff, 0xff), "the target name"},
		"target info cut":            {readChallenge, set(challenge, 40, 26), "lies outside the list"},
		"target info without an end": {readChallenge, set(challenge, 40, 4+2*7), "has no end"},
		"huge":                       {readAnswer, append(bytes.Clone(authenticate), make([]byte, maxMessage)...), "at most"},
		"user outside":               {readAnswer, set(authenticate, 40, 0xff, 0xff, 0xff), "the user"},
		"answer in OEM":              {readAnswer, set(authenticate, 60, 2), "no Unicode"},
		"odd user":                   {readAnswer, set(authenticate, 36, 7), "no UTF-16"},
		"anonymous":                  {readAnswer, set(authenticate, 36, 0), ErrOldNTLM.Error()},
		"NTLMv1":                     {readAnswer, set(authenticate, 20, 24, 0), ErrOldNTLM.Error()},
		"LM alone":                   {readAnswer, set(authenticate, 20, 0, 0), ErrOldNTLM.Error()},
		"a short response":           {readAnswer, set(authenticate, 20, 40, 0), "none of NTLMv2"},
		"an odd response":            {readAnswer, set(authenticate, 88+24+16, 9), "none of NTLMv2"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := tt.read(tt.message); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("have %v, want %q", err, tt.want)
			}
		})
	}
}

func FuzzMessages(f *testing.F) {
	negotiate, challenge, authenticate := handshake(f, anna)
	for _, b := range [][]byte{negotiate, challenge, authenticate} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if flags, err := ParseNegotiate(b); err == nil {
			if _, err := parseChallenge(some.NewChallenge(flags, [8]byte{}, noon)); err != nil {
				t.Errorf("own challenge: %v", err)
			}
		}
		if answer, err := anna.NewAuthenticate(negotiate, b); err == nil {
			if a, err := ParseAuthenticate(answer); err != nil || a.Check(negotiate, b, anna.Password) != nil {
				t.Errorf("own answer: %v", err)
			}
		}
		if a, err := ParseAuthenticate(b); err == nil {
			_ = a.Check(negotiate, challenge, anna.Password)
			_ = a.Binding()
		}
	})
}
