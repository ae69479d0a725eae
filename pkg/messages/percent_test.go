package messages

import "testing"

// The table is of the percent-encoding of CloudEvents' HTTP binding, 3.1.3.2.
func TestPercentEncode(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""},
		{"AAMkAD+/=", "AAMkAD+/="},
		{"Euro € 😀", "Euro%20%E2%82%AC%20%F0%9F%98%80"},
		{`say "hi"`, "say%20%22hi%22"},
		{"100%", "100%25"},
		{"~!}", "~!}"},
		{"\r\n\x7f", "%0D%0A%7F"},
	}
	for _, test := range tests {
		have := string(appendPercent(nil, test.in))
		if have != test.want {
			t.Errorf("appendPercent(%q): want %q, have %q", test.in, test.want, have)
		}
		if back := percentDecode(have); back != test.in {
			t.Errorf("percentDecode(%q): want %q, have %q", have, test.in, back)
		}
	}
}

func TestPercentDecodeIsTolerant(t *testing.T) {
	tests := []struct{ in, want string }{
		{"%e2%82%ac", "€"}, // lower-case digits of other producers
		{"%41", "A"},       // needlessly encoded
		{"100%", "100%"},
		{"%zz", "%zz"},
		{"a+b", "a+b"}, // no form encoding
	}
	for _, test := range tests {
		if have := percentDecode(test.in); have != test.want {
			t.Errorf("percentDecode(%q): want %q, have %q", test.in, test.want, have)
		}
	}
}

func FuzzPercent(f *testing.F) {
	for _, seed := range []string{"", "a b", "%", "%25", "€", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		encoded := string(appendPercent(nil, s))
		for i := range len(encoded) {
			if c := encoded[i]; c <= ' ' || c > '~' || c == '"' {
				t.Fatalf("appendPercent(%q) = %q holds %q", s, encoded, c)
			}
		}
		if back := percentDecode(encoded); back != s {
			t.Fatalf("%q by %q: have %q", s, encoded, back)
		}
	})
}
