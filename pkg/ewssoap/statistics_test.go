package ewssoap

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestClientStatistics: each call tells of the one before to the same URL, once, and only where that is wanted.
func TestClientStatistics(t *testing.T) {
	const other = "http://other.example.com/EWS/Exchange.asmx"
	synctest.Test(t, func(t *testing.T) {
		var sent []string
		requests := 0
		transport := roundTrip(func(r *http.Request) (*http.Response, error) {
			sent = append(sent, strings.Join(r.Header.Values("X-ClientStatistics"), "|"))
			requests++
			header := http.Header{}
			if requests != 3 {
				header.Set([]string{"request-id", "RequestId"}[requests%2], "r"+strings.Repeat("1", requests))
			}
			time.Sleep(time.Duration(requests) * 10 * time.Millisecond)
			body := subscribeOK(t)
			if requests == 2 {
				body = withCode("ErrorServerBusy")
			}
			return answering(200, header, func() io.Reader { return strings.NewReader(body) })(r)
		})
		c := NewClient(Options{Calls: transport, Streams: transport, ClientStatistics: true})
		for _, url := range []string{someURL, someURL, someURL, someURL, other} {
			_, _ = c.Subscribe(t.Context(), Call{URL: url}, oneSubscribe)
		}
		want := []string{"", "MessageId=r1,ResponseTime=10,SoapAction=Subscribe;", "MessageId=r11,ResponseTime=20,SoapAction=Subscribe;", "", ""}
		if !slices.Equal(sent, want) {
			t.Errorf("\nsent %q\nwant %q", sent, want)
		}
		sent = nil
		silent := NewClient(Options{Calls: transport})
		for range 2 {
			_, _ = silent.Subscribe(t.Context(), Call{URL: someURL}, oneSubscribe)
		}
		if want := []string{"", ""}; !slices.Equal(sent, want) {
			t.Errorf("unasked it sent %q", sent)
		}
	})
}
