package httpauth

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// TestConcurrent: 50 requests at once while streams hang; each connection is logged in once, and carries one request at a
// time.
func TestConcurrent(t *testing.T) {
	release := make(chan struct{})
	w := newWorld(t, true, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/stream" {
			_, _ = io.WriteString(w, "first\n")
			w.(http.Flusher).Flush()
			<-release
		}
		_, _ = io.Copy(w, r.Body)
	}, nil)
	c := w.client(t, nil)
	var streams []*http.Response
	for range 5 {
		answer, err := c.Get(w.URL + "/stream")
		if err != nil {
			t.Fatal(err)
		}
		streams = append(streams, answer)
	}
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			for j := range 10 {
				text := fmt.Sprintf("%d/%d", i, j)
				if status, have := post(t, c, w.URL, text); status != http.StatusOK || have != text {
					t.Errorf("have %d %q, want %q", status, have, text)
				}
			}
		})
	}
	all.Wait()
	close(release)
	for _, s := range streams {
		if b, err := io.ReadAll(s.Body); err != nil || string(b) != "first\n" {
			t.Errorf("stream: %q, %v", b, err)
		}
		_ = s.Body.Close()
	}
	// A busy machine may lose a connection before its login, but never log one in twice, or use it before.
	messages := map[string]string{}
	for _, l := range w.legs {
		messages[l.connection] += strconv.Itoa(l.message)
	}
	for connection, have := range messages {
		if trimmed := strings.TrimRight(have, "0"); trimmed != "13" && have != "1" {
			t.Errorf("%s: messages %s", connection, have)
		}
	}
	if len(messages) < 6 {
		t.Errorf("%d connections", len(messages))
	}
	if n := c.Transport.(*Transport).pool.count; n == 0 || n > DefaultMaxIdle {
		t.Errorf("%d connections are idle", n)
	}
}
