package messages_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

func TestToken(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""},
		{"contoso.com", "contoso=2Ecom"},
		{"Anna_B-1", "anna_b-1"},
		{"a=b", "a=3Db"},
		{"* >", "=2A=20=3E"},
		{"ä", "=C3=A4"},
		{"\xff\x00", "=FF=00"},
	}
	for _, test := range tests {
		if have := messages.Token(test.in); have != test.want {
			t.Errorf("Token(%q): want %q, have %q", test.in, test.want, have)
		}
	}
}

func TestParseTokenRefusesWhatTokenNeverWrites(t *testing.T) {
	for _, token := range []string{
		"A", "a.b", "a b", "*", ">", "=", "=2", "=2e", "=G0", "a=", "=61", "=41", "=5F", "ä", "=2E=",
	} {
		if s, err := messages.ParseToken(token); err == nil {
			t.Errorf("ParseToken(%q): want an error, have %q", token, s)
		} else if !strings.Contains(err.Error(), "token") {
			t.Errorf("ParseToken(%q): the error does not say what it is about: %v", token, err)
		}
	}
}

// FuzzToken: a token is valid in subjects and gives its string back, lowered.
func FuzzToken(f *testing.F) {
	for _, seed := range []string{"", "anna", "Contoso.com", "=2E", "ÄÖÜ", "\xff", "a b*>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		token := messages.Token(s)
		if strings.Trim(token, "abcdefghijklmnopqrstuvwxyz0123456789_-=ABCDEF") != "" {
			t.Fatalf("Token(%q) = %q holds what no token may", s, token)
		}
		back, err := messages.ParseToken(token)
		if err != nil || back != lowerASCII(s) {
			t.Fatalf("%q by %q: have %q, %v", s, token, back, err)
		}
	})
}

// FuzzParseToken: whatever parses is the token of what it parses to, so no two
// tokens mean the same string.
func FuzzParseToken(f *testing.F) {
	for _, seed := range []string{"anna", "contoso=2Ecom", "=2e", "=41", "=", "=F"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if s, err := messages.ParseToken(token); err == nil && messages.Token(s) != token {
			t.Fatalf("ParseToken(%q) = %q, whose token is %q", token, s, messages.Token(s))
		}
	})
}

func TestTokensAreInjective(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.RuneFrom([]rune("aAbB.=2E3D*> ä_-")))
		one, other := text.Draw(t, "one"), text.Draw(t, "other")
		same := messages.Token(one) == messages.Token(other)
		if same != (lowerASCII(one) == lowerASCII(other)) {
			t.Fatalf("tokens of %q and %q: %q, %q", one, other, messages.Token(one), messages.Token(other))
		}
	})
}

func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
