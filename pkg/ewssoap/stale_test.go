package ewssoap

import (
	"fmt"
	"net/http"
	"testing"
)

func TestAnAnswerToAnotherRequest(t *testing.T) {
	tests := []struct {
		name   string
		echoes []string
		want   bool
	}{
		{"none", nil, false},
		{"ours", []string{"this"}, false},
		{"ours and a gateway's", []string{"other", "this"}, false},
		{"a gateway's", []string{"gateway"}, false},
		{"empty", []string{""}, false},
		{"of another of our requests", []string{"other"}, true},
		{"of one that was forgotten", []string{"old"}, false},
	}
	var sent recent
	sent.add("old")
	for i := range remembered - 2 {
		sent.add(fmt.Sprint(i))
	}
	sent.add("other")
	sent.add("this")
	for _, test := range tests {
		if have := sent.stale(http.Header{"Client-Request-Id": test.echoes}, "this"); have != test.want {
			t.Errorf("%s: have %v, want %v", test.name, have, test.want)
		}
	}
}
