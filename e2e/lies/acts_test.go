package lies

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"time"
)

// raw writes bytes as they are. DATE stands for the time of writing.
func raw(text string) act {
	return func(c *conn) error {
		_, err := io.WriteString(c, strings.ReplaceAll(text, "DATE", time.Now().UTC().Format(http.TimeFormat)))
		return err
	}
}

// head is that of a stream's answer; further headers may follow its first line.
func head(headers ...string) act {
	return func(c *conn) error {
		c.chunked = true
		c.server.takeOver(c)
		return raw("HTTP/1.1 200 OK\r\n" + lines(append(headers, "Date: DATE")) + "Transfer-Encoding: chunked\r\n\r\n")(c)
	}
}

// dated is a head with a Date of its own; empty: none.
func dated(date string) act {
	return func(c *conn) error {
		c.chunked = true
		c.server.takeOver(c)
		line := ""
		if date != "" {
			line = "Date: " + date + "\r\n"
		}
		return raw("HTTP/1.1 200 OK\r\n" + line + "Transfer-Encoding: chunked\r\n\r\n")(c)
	}
}

func lines(headers []string) string {
	var b strings.Builder
	for _, h := range headers {
		b.WriteString(h + "\r\n")
	}
	return b.String()
}

// say brings text, in a chunk where the answer is chunked.
func say(text string) act {
	return func(c *conn) error {
		said := text
		if c.chunked {
			said = fmt.Sprintf("%x\r\n%s\r\n", len(text), text)
		}
		_, err := io.WriteString(c, said)
		return err
	}
}

// live is what is said at the time of saying it.
func live(text func() string) act { return func(c *conn) error { return say(text())(c) } }

// each says a text byte by byte.
func each(pause time.Duration, text string) act {
	return func(c *conn) error {
		for i := range len(text) {
			if err := errors.Join(say(text[i:i+1])(c), wait(pause)(c)); err != nil {
				return err
			}
		}
		return nil
	}
}

// endless says the same again and again, at most so many bytes, and looks at the heap.
func endless(atMost int, text string) act {
	return func(c *conn) error {
		for said, looked := 0, 0; said < atMost; said += len(text) {
			if err := say(text)(c); err != nil {
				return err
			}
			if said-looked > 1<<20 {
				looked = said
				c.server.look()
			}
		}
		return nil
	}
}

// look notes how large the heap is.
func (s *server) look() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.peak = max(s.peak, m.HeapAlloc)
}

func wait(d time.Duration) act { return func(*conn) error { time.Sleep(d); return nil } }

var errOver = errors.New("the script is over")

// errAnswered ends a script, and the connection serves the next request.
var errAnswered = errors.New("the answer is over")

// finish ends a chunked body in order; the connection stays.
func finish(c *conn) error {
	c.server.forget(c)
	return cmp.Or(raw("0\r\n\r\n")(c), errAnswered)
}

// cut ends the connection.
func cut(*conn) error { return errOver }

// hang says nothing more until the client hangs up.
func hang(c *conn) error {
	_, err := io.Copy(io.Discard, c)
	return errors.Join(errOver, err)
}

// again does something n times.
func again(n int, acts ...act) act {
	return func(c *conn) error {
		for range n {
			for _, a := range acts {
				if err := a(c); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

// stream is a lie on a stream: a head, and what follows. If the script is not over
// then, it goes on honestly.
func stream(acts ...act) []act { return slices.Concat([]act{head()}, acts, []act{goOn}) }

// silent is the same, but says nothing more in the end.
func silent(acts ...act) []act { return slices.Concat([]act{head()}, acts, []act{hang}) }

// goOn is how an honest stream goes on: a mail for every subscription after a second,
// beats, and the end after 25 minutes.
func goOn(c *conn) error {
	acts := []act{wait(time.Second)}
	for _, id := range c.request.ids {
		acts = append(acts, mail(id, ownerOf(id)+".back"))
	}
	acts = append(acts, again(33, wait(45*time.Second), ok), closed, finish)
	return again(1, acts...)(c)
}

// reply is a whole answer.
func reply(status, body string, headers ...string) []act {
	return []act{raw("HTTP/1.1 " + status + "\r\nDate: DATE\r\n" + lines(headers) + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body)) + body)}
}
