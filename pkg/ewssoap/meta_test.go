package ewssoap

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestMeta(t *testing.T) {
	header := http.Header{
		"Date": {"Sat, 21 Nov 2026 01:00:05 GMT"}, "Request-Id": {"r1"}, "X-Feserver": {"FE1", "FE2"}, "X-Beserver": {"BE1"}, "X-Calculatedbetarget": {"be1.example.local"},
	}
	before := time.Now()
	s := open(t, t.Context(), NewClient(Options{Streams: answering(http.StatusOK, header, func() io.Reader { return strings.NewReader("") })}), oneStream)
	m := s.Meta()
	if !m.Date.Equal(stamp) || m.RequestID != "r1" || m.FEServer != "FE1, FE2" || m.BEServer != "BE1" || m.ClientRequestID == "" {
		t.Errorf("have %+v", m)
	}
	if m.Received.Before(before) || m.Received.After(time.Now()) {
		t.Errorf("received at %v", m.Received)
	}
	header.Del("X-BEServer")
	header.Set("Date", "yesterday")
	if m := metaOf(header, ""); !m.Date.IsZero() || m.BEServer != "be1.example.local" {
		t.Errorf("have %+v", m)
	}
}
