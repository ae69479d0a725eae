package messages_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

func TestParseAddress(t *testing.T) {
	long := strings.Repeat("x", 250) + "@contoso.com"
	tests := []struct {
		in   string
		want messages.Address
		err  string
	}{
		{in: "anna@contoso.com", want: "anna@contoso.com"},
		{in: "  Anna.Müller@Contoso.COM\t", want: "anna.müller@contoso.com"},
		{in: "ÄRMEL@contoso.com", want: "ärmel@contoso.com"},
		{in: "a@b@contoso.com", want: "a@b@contoso.com"},
		{in: "anna@localhost", want: "anna@localhost"},
		{in: "", err: "empty address: write it as name@example.com"},
		{in: " \n", err: "empty address: write it as name@example.com"},
		{in: "anna", err: `address "anna" has no domain: write it as name@example.com`},
		{in: "@contoso.com", err: `address "@contoso.com" has nothing before the @: write it as name@example.com`},
		{in: "anna@", err: `address "anna@" has an empty part in its domain: write it as name@example.com`},
		{in: "anna@contoso..com", err: `address "anna@contoso..com" has an empty part in its domain: write it as name@example.com`},
		{in: "anna@.com", err: `address "anna@.com" has an empty part in its domain: write it as name@example.com`},
		{in: "anna b@contoso.com", err: `address "anna b@contoso.com" holds the character ' ', which no mailbox address has`},
		{in: "anna\x00@contoso.com", err: `address "anna\x00@contoso.com" holds the character '\x00', which no mailbox address has`},
		{in: "anna\r\nX-Evil: 1@contoso.com", err: `address "anna\r\nx-evil: 1@contoso.com" holds the character '\r', which no mailbox address has`},
		{in: "\xff@contoso.com", err: "address \"\uFFFD@contoso.com\" holds the character '\uFFFD', which no mailbox address has"},
		{in: long, err: "address \"" + strings.Repeat("x", 40) + "\"… has 262 bytes: at most 254 are allowed"},
	}
	for _, test := range tests {
		have, err := messages.ParseAddress(test.in)
		if have != test.want || (err == nil) != (test.err == "") || err != nil && err.Error() != test.err {
			t.Errorf("ParseAddress(%.60q):\nwant %q, %s\nhave %q, %v", test.in, test.want, test.err, have, err)
		}
	}
}

// FuzzParseAddress: an address that was parsed once is in its final form, and
// survives its token and JSON.
func FuzzParseAddress(f *testing.F) {
	for _, seed := range []string{"anna@contoso.com", "İ@contoso.com", "a=b.c@x-y.org", "\"a@b\"@c", "ẞ@ẞ.de"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := messages.ParseAddress(s)
		if err != nil {
			return
		}
		if again, err := messages.ParseAddress(string(a)); err != nil || again != a {
			t.Fatalf("%q parsed again: %q, %v", a, again, err)
		}
		if back, err := messages.ParseAddressToken(a.Token()); err != nil || back != a {
			t.Fatalf("%q by its token %q: %q, %v", a, a.Token(), back, err)
		}
		data, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var back messages.Address
		if err := json.Unmarshal(data, &back); err != nil || back != a {
			t.Fatalf("%q by JSON %s: %q, %v", a, data, back, err)
		}
	})
}

func TestAddressParts(t *testing.T) {
	tests := []struct {
		address                        messages.Address
		local, domain, token, redacted string
	}{
		{"anna.b@contoso.com", "anna.b", "contoso.com", "contoso=2Ecom.anna=2Eb", "a***@contoso.com"},
		{"a@b@contoso.com", "a@b", "contoso.com", "contoso=2Ecom.a=40b", "a***@contoso.com"},
		{"ärmel@contoso.com", "ärmel", "contoso.com", "contoso=2Ecom.=C3=A4rmel", "ä***@contoso.com"},
		{"", "", "", ".", "***"},
	}
	for _, test := range tests {
		a := test.address
		if a.Local() != test.local || a.Domain() != test.domain || a.Token() != test.token || a.Redacted() != test.redacted {
			t.Errorf("%q: have %q, %q, %q, %q", a, a.Local(), a.Domain(), a.Token(), a.Redacted())
		}
	}
}

func TestRedactedHidesTheMailbox(t *testing.T) {
	for _, a := range []messages.Address{anna, bert, "ärmel@contoso.com"} {
		if shown := a.Redacted(); strings.Contains(shown, a.Local()) || !strings.HasSuffix(shown, "***@contoso.com") {
			t.Errorf("%q is shown as %q", a, shown)
		}
	}
}

func TestParseAddressTokenRefuses(t *testing.T) {
	for _, token := range []string{"", "contoso=2Ecom", "contoso=2ecom.anna", "contoso=2Ecom.an na", "contoso=2Ecom.", "=2E.anna"} {
		if a, err := messages.ParseAddressToken(token); err == nil {
			t.Errorf("ParseAddressToken(%q): want an error, have %q", token, a)
		}
	}
}

func TestPartitions(t *testing.T) {
	seen := map[messages.Partition]bool{}
	for i := range 1000 {
		a := messages.Address(fmt.Sprintf("user%d@contoso.com", i))
		p := a.Partition()
		if p < 0 || p >= messages.Partitions {
			t.Fatalf("%d is no partition", p)
		}
		if p != messages.Endpoint(a).Partition() {
			t.Fatalf("the same bytes have two partitions")
		}
		seen[p] = true
	}
	if len(seen) != messages.Partitions {
		t.Errorf("1000 names fill %d partitions of %d", len(seen), messages.Partitions)
	}
	// Stored subjects hold the number: it must never change.
	if have := endpoint.Partition(); have != 30 {
		t.Errorf("%s: want partition 30, have %d", endpoint, have)
	}
}
