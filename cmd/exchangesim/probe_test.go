package main

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

func TestProbe(t *testing.T) {
	base := serve(t, nil, "-rate", "0")
	fields := strings.Fields(announced(t, nil, "-rate", "0", "-control", "127.0.0.1:0"))
	ews, _, _ := strings.Cut(strings.TrimPrefix(fields[0], "ews="), "/EWS/")
	control, _, _ := strings.Cut(strings.TrimPrefix(fields[2], "control="), "/sim/")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + l.Addr().String()
	l.Close()
	for name, test := range map[string]struct{ url, want string }{
		"well":             {base, ""},
		"with a slash":     {base + "/", ""},
		"control alone":    {control, ""},
		"beside a control": {ews, "answered 404 Not Found: give the URL of the control endpoint"},
		"nobody":           {closed, "connection refused"},
		"no URL":           {"://", "missing protocol scheme"},
	} {
		t.Run(name, func(t *testing.T) {
			err := run(t.Context(), []string{"-probe", test.url}, io.Discard)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("have %v, want %q", err, test.want)
			}
		})
	}
	http.DefaultClient.CloseIdleConnections()
}
