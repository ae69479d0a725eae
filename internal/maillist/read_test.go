package maillist

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

func TestRead(t *testing.T) {
	tests := map[string]struct {
		file, content string
		want          []messages.Address
	}{
		"text with comments and blank lines": {
			file:    "mailboxes.txt",
			content: "# sales\nBea@contoso.com  # head of sales\n\n  anna@contoso.com\t\r\n#carl@contoso.com\n",
			want:    []messages.Address{"anna@contoso.com", "bea@contoso.com"},
		},
		"doubled addresses count once": {
			file:    "mailboxes.txt",
			content: "anna@contoso.com\nANNA@contoso.com\nanna@contoso.com",
			want:    []messages.Address{"anna@contoso.com"},
		},
		"a number sign inside an address": {
			file: "mailboxes.txt", content: "room#1@contoso.com #ground floor\n",
			want: []messages.Address{"room#1@contoso.com"},
		},
		"byte order mark": {
			file: "mailboxes.txt", content: "\ufeffanna@contoso.com\n",
			want: []messages.Address{"anna@contoso.com"},
		},
		"empty":      {file: "mailboxes.txt", content: "# none yet\n"},
		"empty YAML": {file: "mailboxes.yaml", content: "# none yet\n"},
		"YAML": {
			file: "mailboxes.yml", content: "# sales\n- bea@contoso.com\n- Anna@contoso.com # head\n",
			want: []messages.Address{"anna@contoso.com", "bea@contoso.com"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			have, err := Read(write(t, tt.file, tt.content))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, have); diff != "" {
				t.Errorf("want - have +:\n%s", diff)
			}
		})
	}
}

func TestReadTellsEveryBadLine(t *testing.T) {
	tests := map[string]struct {
		file, content string
		want          string // FILE stands for the path
	}{
		"text": {
			file:    "mailboxes.txt",
			content: "anna@contoso.com\nbea\n\n@contoso.com\n",
			want: "FILE:2: address \"bea\" has no domain: write it as name@example.com\n" +
				"FILE:4: address \"@contoso.com\" has nothing before the @: write it as name@example.com",
		},
		"YAML item": {
			file:    "mailboxes.yaml",
			content: "- anna@contoso.com\n- bea\n- {address: carl@contoso.com}\n",
			want: "FILE:2: address \"bea\" has no domain: write it as name@example.com\n" +
				"FILE:3: not an address: write - name@example.com",
		},
		"YAML mapping": {
			file: "mailboxes.yaml", content: "anna@contoso.com: yes\n",
			want: "FILE:1: not a sequence: write each address on a line of its own, as - name@example.com",
		},
		"YAML syntax": {
			file: "mailboxes.yaml", content: "- 'anna@contoso.com\n",
			want: "FILE:2: not valid YAML: found unexpected end of stream",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := write(t, tt.file, tt.content)
			mailboxes, err := Read(path)
			var invalid *Error
			if !errors.As(err, &invalid) {
				t.Fatalf("have %v, %v, want an *Error", mailboxes, err)
			}
			if have := replacePath(err.Error(), path); have != tt.want {
				t.Errorf("have %s\nwant %s", have, tt.want)
			}
		})
	}
}

func TestReadMissing(t *testing.T) {
	_, err := Read(filepath.Join(t.TempDir(), "mailboxes.txt"))
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("have %v, want one that is os.ErrNotExist", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("list.txt", []byte("anna@contoso.com # x\n"))
	f.Add("list.yaml", []byte("- anna@contoso.com\n- [x]\n"))
	f.Add("list.yaml", []byte("a: *b"))
	f.Fuzz(func(t *testing.T, path string, data []byte) {
		mailboxes, err := parse(path, data)
		if err != nil && mailboxes != nil {
			t.Errorf("a list with bad lines was taken in part: %v", mailboxes)
		}
		for i, mailbox := range mailboxes {
			if _, err := messages.ParseAddress(string(mailbox)); err != nil {
				t.Errorf("have %q: %v", mailbox, err)
			}
			if i > 0 && mailboxes[i-1] >= mailbox {
				t.Errorf("%q stands before %q", mailboxes[i-1], mailbox)
			}
		}
	})
}
