package yamldoc

import (
	"errors"
	"testing"
)

func TestDecodeTellsTheLine(t *testing.T) {
	tests := map[string]struct {
		content string
		want    Error
	}{
		"tab":             {"a:\n\tb: 1\n", Error{2, "not valid YAML: found character that cannot start any token"}},
		"open quote":      {"a: 1\nb: 'x\n", Error{2, "not valid YAML: found unexpected end of stream"}},
		"unknown alias":   {"a: *b\n", Error{0, "not valid YAML: unknown anchor 'b' referenced"}},
		"second document": {"a: 1\n---\nb: 1\n", Error{2, "a second YAML document begins here: keep one, without --- between"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Decode([]byte(tt.content))
			var have *Error
			if !errors.As(err, &have) || *have != tt.want {
				t.Errorf("have %#v, want %#v", err, tt.want)
			}
		})
	}
}

func TestDecode(t *testing.T) {
	for _, content := range []string{"", "# nothing yet\n", "\n\n"} {
		if have, err := Decode([]byte(content)); have != nil || err != nil {
			t.Errorf("Decode(%q): have %v, %v, want nil, nil", content, have, err)
		}
	}
	have, err := Decode([]byte("# head\nname: value\n"))
	if err != nil {
		t.Fatal(err)
	}
	if have.Line != 2 || have.Content[1].Value != "value" {
		t.Errorf("have %+v, want the mapping of line 2", have)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("a: {b: [1, 2]}\n"))
	f.Add([]byte("---\n---\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		root, err := Decode(data)
		if root != nil && err != nil {
			t.Errorf("have a document and %v", err)
		}
	})
}
