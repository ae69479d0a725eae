package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRunServesUntilCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	addrFile := filepath.Join(t.TempDir(), "addr")
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"-listen", "127.0.0.1:0", "-addr-file", addrFile, "-mailboxes", "3", "-rate", "0"}, w)
		w.Close()
	}()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal(err, <-ended)
	}
	addr, err := os.ReadFile(addrFile)
	if err != nil || !strings.HasPrefix(line, "ews=http://"+string(addr)+"/EWS/Exchange.asmx ") {
		t.Errorf("line %q, address %q, %v", line, addr, err)
	}
	res, err := http.Post("http://"+string(addr)+"/sim/deliver", "application/json", strings.NewReader(`{"mailbox":"user0003@sim.test"}`))
	if err != nil {
		t.Fatal(err)
	}
	var it exchangesim.Item
	err = json.NewDecoder(res.Body).Decode(&it)
	res.Body.Close()
	if err != nil || it.Folder != "inbox" {
		t.Errorf("delivered %+v, %v", it, err)
	}
	http.DefaultClient.CloseIdleConnections()
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
}

func TestPopulate(t *testing.T) {
	o, err := parse([]string{"-mailboxes", "6", "-servers", "4", "-keys", "2", "-domain", "example.com"})
	if err != nil {
		t.Fatal(err)
	}
	sim := exchangesim.New(o.config)
	o.populate(sim)
	for _, address := range []string{"user0001@example.com", "user0006@example.com"} {
		if it := sim.Deliver(address); it.ID == "" {
			t.Errorf("nothing delivered to %s", address)
		}
	}
	sim.Restart("ex04.example.com") // panics if there is none
}

func TestParseRefuses(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"-keys", "3"}, "every value needs a server"},
		{[]string{"-servers", "0"}, "count"},
		{[]string{"-rate", "-1"}, "-rate"},
		{[]string{"-cookies", "sometimes"}, "cookie mode"},
		{[]string{"-auth", "digest"}, "use basic or ntlm"},
		{[]string{"-listen", "127.0.0.1:0", "-auth", "ntlm"}, "-auth ntlm needs an account"},
		{[]string{"-binding", "never"}, "use ignored, allowed or required"},
		{[]string{"-profile", "gromo"}, `profile "gromo": use one of`},
		{[]string{"-listen", "127.0.0.1:0", "-control", "nowhere:x:y"}, "-control nowhere:x:y"},
		{[]string{"-listen", "127.0.0.1:0", "-smtp", "nowhere:x:y"}, "-smtp nowhere:x:y"},
		{[]string{"-listen", "127.0.0.1:0", "-control", "127.0.0.1:0", "-smtp", "127.0.0.1:0", "-watch", "/nonexistent"}, "-watch: open /nonexistent"},
		{[]string{"extra"}, `unexpected argument "extra"`},
		{[]string{"-listen", "nowhere:x:y"}, "-listen nowhere:x:y"},
		{[]string{"-listen", "127.0.0.1:0", "-addr-file", "/nonexistent/file"}, "-addr-file"},
		{[]string{"-config", "/nonexistent/file"}, "-config: open /nonexistent/file"},
		{[]string{"-config", writeFile(t, goodFile), "-servers", "3"}, "-servers: "},
		{[]string{"-tls-names", "a"}, "do nothing without -tls"},
		{[]string{"-tls-cert", "a"}, "-tls-cert and -tls-key go together"},
		{[]string{"-tls-cert", "a", "-tls-key", "b", "-tls-ca-out", "c"}, "leave them out beside -tls-cert"},
		{[]string{"-listen", "127.0.0.1:0", "-tls-cert", "/nonexistent", "-tls-key", "b"}, "-tls-cert, -tls-key: open"},
		{[]string{"-listen", "127.0.0.1:0", "-tls", "-tls-names", "a,,b"}, "empty name"},
		{[]string{"-listen", "127.0.0.1:0", "-tls", "-tls-ca-out", "/nonexistent/file"}, "-tls-ca-out: open"},
	} {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			if err := run(t.Context(), test.args, io.Discard); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("have %v, want %s", err, test.want)
			}
		})
	}
	if _, err := parse([]string{"-h"}); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-h: %v", err)
	}
}

func TestAccountIsAskedFor(t *testing.T) {
	o, err := parse([]string{"-user", "svc", "-password", "secret"})
	if err != nil || o.config.Accounts["svc"] != "secret" {
		t.Errorf("%+v, %v", o.config, err)
	}
}
