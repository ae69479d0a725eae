package main

import (
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"
)

const pythonMail = `
import smtplib, sys
from email.message import EmailMessage
host, port = sys.argv[1].split(":")
m = EmailMessage()
m["From"], m["To"], m["Subject"] = "c@example.com", "user0001@sim.test, user0002@sim.test", "Grüße"
m.set_content("At noon – or later?\n")
with smtplib.SMTP(host, int(port)) as s:
    refused = s.send_message(m, to_addrs=["user0001@sim.test", "nobody@sim.test", "user0002@sim.test"])
    assert list(refused) == ["nobody@sim.test"] and refused["nobody@sim.test"][0] == 550, refused
`

// Programs of others send mails, and the mailboxes have them.
func TestSMTPOfStrangers(t *testing.T) {
	for name, test := range map[string]struct {
		command []string
		stdin   string
		want    map[string]string // by mailbox
	}{
		"python3": {[]string{"python3", "-c", pythonMail, "ADDRESS"}, "", map[string]string{"user0001": "=?utf-8?", "user0002": "=?utf-8?"}},
		"curl": {[]string{"curl", "-sS", "smtp://ADDRESS", "--mail-from", "c@example.com", "--mail-rcpt", "user0003@sim.test", "-T", "-"},
			"Subject: lunch\r\n\r\nAt noon?\r\n", map[string]string{"user0003": "Subject: lunch\r\n\r\nAt noon?\r\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := exec.LookPath(name); err != nil {
				t.Skip("install " + name + ": it sends the mail of this test")
			}
			line := strings.Fields(announced(t, nil, "-rate", "0", "-smtp", "127.0.0.1:0"))
			address := strings.TrimPrefix(line[len(line)-1], "smtp=")
			for i, arg := range test.command {
				test.command[i] = strings.ReplaceAll(arg, "ADDRESS", address)
			}
			cmd := exec.CommandContext(t.Context(), test.command[0], test.command[1:]...)
			cmd.Stdin = strings.NewReader(test.stdin)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			control, _, _ := strings.Cut(strings.TrimPrefix(line[0], "ews="), "/EWS/")
			for mailbox, want := range test.want {
				if have := newest(t, control, mailbox+"@sim.test"); !strings.HasPrefix(have, "Received: from ") || !strings.Contains(have, want) {
					t.Errorf("%s has %q", mailbox, have)
				}
			}
		})
	}
}

// newest is the last mail of a mailbox.
func newest(t *testing.T, base, mailbox string) string {
	t.Helper()
	res, err := http.Get(base + "/sim/mime?mailbox=" + mailbox)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
