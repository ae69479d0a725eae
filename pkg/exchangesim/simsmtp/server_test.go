package simsmtp

import (
	"bytes"
	"fmt"
	"net"
	"net/smtp"
	"net/textproto"
	"regexp"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	anna = "anna@sim.test"
	bert = "bert@sim.test"
	text = "From: cora@example.com\r\nTo: anna@sim.test\r\nSubject: lunch\r\n\r\nAt noon?\r\n..\r\n"
)

// serve serves anna and bert, with a limit for the size of mails.
func serve(t *testing.T, maxBytes int64) (*exchangesim.Server, string) {
	t.Helper()
	sim := exchangesim.New(exchangesim.Config{})
	sim.AddMailbox(anna, "ex01.sim.test", "SITE")
	sim.AddMailbox(bert, "ex02.sim.test", "SITE")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := start(sim, l, maxBytes)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return sim, s.Addr().String()
}

// delivered are the mails that came, as mailbox and text.
func delivered(sim *exchangesim.Server) (mails []string) {
	for _, c := range sim.Truth().Changes {
		mails = append(mails, c.Mailbox+" "+string(sim.MIME(c.Mailbox, c.ItemID)))
	}
	return mails
}

var trace = regexp.MustCompile(`Received: from localhost \(127\.0\.0\.1\) by exchangesim with ESMTP; [^\r]+\r\n`)

func TestSendMailToSeveral(t *testing.T) {
	sim, addr := serve(t, MaxMessageBytes)
	if err := smtp.SendMail(addr, nil, "cora@example.com", []string{anna, "Bert@SIM.test", bert}, []byte(text)); err != nil {
		t.Fatal(err)
	}
	mails := delivered(sim)
	if len(mails) != 2 {
		t.Fatalf("have %q, want one for each mailbox", mails)
	}
	for i, to := range []string{anna, bert} {
		if have := trace.ReplaceAllString(mails[i], "TRACE "); have != to+" TRACE "+text {
			t.Errorf("have %q", have)
		}
	}
}

func TestTextWithoutHeader(t *testing.T) {
	for body, want := range map[string]string{
		"just text\r\n": "\r\njust text\r\n", "": "\r\n", "\r\nafter an empty line\r\n": "\r\nafter an empty line\r\n",
	} {
		sim, addr := serve(t, MaxMessageBytes)
		if err := smtp.SendMail(addr, nil, "", []string{anna}, []byte(body)); err != nil {
			t.Fatal(err)
		}
		if mails := delivered(sim); len(mails) != 1 || trace.ReplaceAllString(mails[0], "TRACE ") != anna+" TRACE "+want {
			t.Errorf("%q: have %q", body, mails)
		}
	}
}

// conversation sends commands and compares the codes of the answers.
func conversation(t *testing.T, addr string, steps [][2]string) {
	t.Helper()
	c, err := textproto.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, _, err := c.ReadResponse(220); err != nil {
		t.Fatal(err)
	}
	for _, step := range steps {
		if err := c.PrintfLine("%s", step[0]); err != nil {
			t.Fatal(err)
		}
		code, message, err := c.ReadResponse(0)
		if have := fmt.Sprint(code, " ", message); err != nil && have == "0 " || !strings.HasPrefix(have, step[1]) {
			t.Fatalf("%.60s: have %q, want %q, %v", step[0], have, step[1], err)
		}
	}
}

func TestRefused(t *testing.T) {
	const greet, from = "EHLO client", "MAIL FROM:<cora@example.com>"
	for name, test := range map[string]struct {
		steps [][2]string
		mails int
	}{
		"unknown mailbox": {[][2]string{{greet, "250"}, {from, "250"}, {"RCPT TO:<nobody@sim.test>", "550 5.1.1 No mailbox nobody@sim.test"}, {"DATA", "502"}}, 0},
		"one of two": {[][2]string{{greet, "250"}, {from, "250"}, {"RCPT TO:<nobody@sim.test>", "550 5.1.1"}, {"RCPT TO:<" + anna + ">", "250"},
			{"DATA", "354"}, {"Subject: a\r\n\r\nb\r\n.", "250"}}, 1},
		"relay":          {[][2]string{{greet, "250"}, {from, "250"}, {"RCPT TO:<" + anna + "@elsewhere>", "5"}}, 0},
		"announced size": {[][2]string{{greet, "250"}, {from + " SIZE=101", "552 5.3.4"}}, 0},
		"size": {[][2]string{{greet, "250"}, {from, "250"}, {"RCPT TO:<" + anna + ">", "250"}, {"DATA", "354"},
			{"Subject: a\r\n\r\n" + strings.Repeat("x", 100) + "\r\n.", "552 5.3.4"}, {"NOOP", "250"}}, 0},
		"reset": {[][2]string{{greet, "250"}, {from, "250"}, {"RCPT TO:<" + bert + ">", "250"}, {"RSET", "250"}, {from, "250"},
			{"RCPT TO:<" + anna + ">", "250"}, {"DATA", "354"}, {"Subject: a\r\n\r\nb\r\n.", "250"}}, 1},
		"two mails": {[][2]string{{greet, "250"}, {from, "250"}, {"RCPT TO:<" + bert + ">", "250"}, {"DATA", "354"}, {"S: a\r\n\r\n.", "250"},
			{from, "250"}, {"RCPT TO:<" + anna + ">", "250"}, {"DATA", "354"}, {"S: a\r\n\r\n.", "250"}}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			sim, addr := serve(t, 100)
			conversation(t, addr, test.steps)
			if mails := delivered(sim); len(mails) != test.mails {
				t.Errorf("delivered %q, want %d", mails, test.mails)
			}
		})
	}
}

func TestMailboxThatGoesMeanwhile(t *testing.T) {
	sim, addr := serve(t, MaxMessageBytes)
	steps := [][2]string{{"EHLO client", "250"}, {"MAIL FROM:<>", "250"}, {"RCPT TO:<" + anna + ">", "250"}, {"DATA", "354"}}
	c, err := textproto.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _, _ = c.ReadResponse(220)
	for _, step := range steps {
		_ = c.PrintfLine("%s", step[0])
		if code, message, err := c.ReadResponse(0); !strings.HasPrefix(fmt.Sprint(code), step[1]) {
			t.Fatal(step, code, message, err)
		}
	}
	sim.RemoveMailbox(anna)
	_ = c.PrintfLine("Subject: late\r\n\r\n.")
	if code, message, _ := c.ReadResponse(0); code != 550 {
		t.Errorf("have %d %s, want 550", code, message)
	}
}

func TestLongLines(t *testing.T) {
	sim, addr := serve(t, MaxMessageBytes)
	mail := append([]byte("Subject: long\r\n\r\n"), bytes.Repeat([]byte("x"), 100_000)...)
	if err := smtp.SendMail(addr, nil, "cora@example.com", []string{anna}, mail); err != nil {
		t.Fatal(err)
	}
	if mails := delivered(sim); len(mails) != 1 || len(mails[0]) < 100_000 {
		t.Errorf("%d mails", len(mails))
	}
}
