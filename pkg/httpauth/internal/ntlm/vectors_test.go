package ntlm

import (
	"bytes"
	"encoding/hex"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The values of [MS-NLMP] 4.2.4: User, Domain, Password; time 0, client's nonce aa…, server's nonce 0123456789abcdef, a
// target info of domain and server name, and a session key 55….
func TestPublishedValues(t *testing.T) {
	nonce := unhex(t, "0123456789abcdef")
	target := avPairs{{avNetBIOSDomain, utf16le("Domain")}, {avNetBIOSComputer, utf16le("Server")}}
	key := responseKey("User", "Domain", "Password")
	blob := clientBlob([8]byte(bytes.Repeat([]byte{0xaa}, 8)), make([]byte, 8), target)
	proof, session := prove(key, nonce, blob)
	exported, err := exchangedKey(session, unhex(t, "c5dad2544fc9799094ce1ce90bc9d03e"))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []struct {
		name, want string
		have       []byte
	}{
		{"4.2.4.1.1 NTOWFv2", "0c868a403bfd7a93a3001ef22ef02e3f", key},
		{"4.2.4.1.3 temp", "01010000000000000000000000000000aaaaaaaaaaaaaaaa00000000" +
			"02000c0044006f006d00610069006e0001000c005300650072007600650072000000000000000000", blob},
		{"4.2.4.2.2 NTProofStr", "68cd0ab851e51c96aabc927bebef6a1c", proof},
		{"4.2.4.1.2 session base key", "8de40ccadbc14a82f15cb0ad0de95ca3", session},
		{"4.2.4.2.3 session key", "55555555555555555555555555555555", exported},
	} {
		if have := hex.EncodeToString(v.have); have != v.want {
			t.Errorf("%s: have %s, want %s", v.name, have, v.want)
		}
	}
}

// The challenge of [MS-NLMP] 4.2.4.3, which is older than clocks in challenges, and the answer to it.
func TestPublishedChallenge(t *testing.T) {
	message := unhex(t, "4e544c4d53535000020000000c000c003800000033828ae20123456789abcdef"+
		"00000000000000002400240044000000060070170000000f530065007200760065007200"+
		"02000c0044006f006d00610069006e0001000c0053006500720076006500720000000000")
	c, err := parseChallenge(message)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(c.nonce, unhex(t, "0123456789abcdef")) || len(c.target) != 2 ||
		!bytes.Equal(c.target.get(avNetBIOSDomain), utf16le("Domain")) {
		t.Errorf("have %+v", c)
	}
	negotiate := NewNegotiate()
	b, err := Login{User: "User", Domain: "Domain", Password: "Password"}.NewAuthenticate(negotiate, message)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := ParseAuthenticate(b)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Check(negotiate, message, "Password"); err != nil {
		t.Error(err)
	}
}
