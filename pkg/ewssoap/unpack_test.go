package ewssoap

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
)

// A packer is one way to pack the pieces of a body, each flushed.
type packer struct {
	name, coding string
	writer       func(io.Writer) flusher
	each         bool // every piece is packed by itself
}

type flusher interface {
	io.WriteCloser
	Flush() error
}

var packers = []packer{
	{"gzip", "gzip", func(w io.Writer) flusher { return gzip.NewWriter(w) }, false},
	{"members of gzip", "X-GZIP", func(w io.Writer) flusher { return gzip.NewWriter(w) }, true},
	{"stored gzip", "gzip", func(w io.Writer) flusher { z, _ := gzip.NewWriterLevel(w, gzip.NoCompression); return z }, false},
	{"zlib", "deflate", func(w io.Writer) flusher { return zlib.NewWriter(w) }, false},
	{"bare deflate", "deflate", func(w io.Writer) flusher { z, _ := flate.NewWriter(w, flate.BestSpeed); return z }, false},
}

// pack writes the pieces to w as p packs them, whole says that the end belongs to it.
func (p packer) pack(w io.Writer, whole bool, pieces ...string) {
	z := p.writer(w)
	for i, piece := range pieces {
		if i > 0 && p.each {
			z = p.writer(w)
		}
		_, _ = io.WriteString(z, piece)
		_ = z.Flush()
		if last := i == len(pieces)-1; p.each && !last || whole && last {
			_ = z.Close()
		}
	}
}

func (p packer) packed(pieces ...string) string {
	var b bytes.Buffer
	p.pack(&b, true, pieces...)
	return b.String()
}

// packedStream opens a stream whose answer has a Content-Encoding.
func packedStream(t *testing.T, coding string, body io.Reader, o Options) *Stream {
	t.Helper()
	o.Streams = answering(http.StatusOK, http.Header{"Content-Encoding": {coding}}, func() io.Reader { return body })
	s, err := NewClient(o).GetStreamingEvents(t.Context(), Call{URL: someURL}, oneStream)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// TestPackedStream: a packed stream brings what it would bring as it is, however it is cut, and has its ends.
func TestPackedStream(t *testing.T) {
	full := exchangeEnvelope(0, 2, 3)
	want := outcomeOf(t, strings.NewReader(full+goodbye), Options{}, false)
	for _, p := range packers {
		body := p.packed(heartbeat, full, goodbye)
		for name, read := range map[string]func(io.Reader) io.Reader{"whole": func(r io.Reader) io.Reader { return r }, "bytes": iotest.OneByteReader, "end with data": iotest.DataErrReader} {
			have, err := readAll(packedStream(t, p.coding, read(strings.NewReader(body)), Options{}))
			if err != io.EOF || len(have) != 3 || len(have[1].Messages[0].Notifications) != len(want.Envelopes[0].Messages[0].Notifications) {
				t.Errorf("%s, %s: have %d envelopes, %v", p.name, name, len(have), err)
			}
		}
		var flushed bytes.Buffer
		p.pack(&flushed, false, heartbeat, goodbye, full)
		broken := &resetError{}
		for end, test := range map[error]struct {
			body string
			want string
		}{
			io.EOF:              {flushed.String(), ConditionEOF},
			io.ErrUnexpectedEOF: {flushed.String()[:flushed.Len()-60], ConditionTruncated},
			broken:              {flushed.String(), ConditionReset},
		} {
			_, err := readAll(packedStream(t, p.coding, io.MultiReader(strings.NewReader(test.body), iotest.ErrReader(end)), Options{}))
			if code(err) != test.want || end == broken && !errors.Is(err, broken) {
				t.Errorf("%s, broken by %v: have %v, want %s", p.name, end, err, test.want)
			}
		}
	}
}

type resetError struct{}

func (*resetError) Error() string { return "connection reset by peer" }

// TestPackedStreamDeliversAtOnce reads from a pipe that blocks behind every flush.
func TestPackedStreamDeliversAtOnce(t *testing.T) {
	for _, p := range packers {
		r, w := io.Pipe()
		s := packedStream(t, p.coding, r, Options{})
		next := make(chan string)
		go func() {
			z := p.writer(w)
			for piece := range next {
				_, _ = io.WriteString(z, piece)
				if p.each {
					_ = z.Close()
					z = p.writer(w)
				} else {
					_ = z.Flush()
				}
			}
			_ = w.Close()
		}()
		for range 3 {
			next <- heartbeat
			if _, err := s.Next(); err != nil { // would hang if it wanted one byte more
				t.Fatal(p.name, err)
			}
		}
		close(next)
	}
}

// TestPackedAnswers: packed answers to calls, and what a coding that cannot be undone is called.
func TestPackedAnswers(t *testing.T) {
	zip := packers[0]
	good := zip.packed(subscribeOK(t))
	tests := []struct {
		name, coding, body string
		status             int
		want               string
		words              string
	}{
		{"zipped", "gzip", good, 200, "", ""},
		{"identity", "Identity", subscribeOK(t), 200, "", ""},
		{"deflated", "deflate", packers[3].packed(subscribeOK(t)), 200, "", ""},
		{"fault", "gzip", zip.packed(innerFault), 500, "ErrorServerBusy", ""},
		{"page", "gzip", zip.packed("<html>"), 200, ConditionNotSOAP, ""},
		{"bad checksum", "gzip", good[:len(good)-5] + "\x00\x00\x00\x00\x00", 200, "", ""}, // the answer was complete before
		{"cut", "gzip", good[:len(good)/2], 200, ConditionTruncated, ""},
		{"no gzip", "gzip", subscribeOK(t), 200, ConditionNotSOAP, `"gzip"`},
		{"no deflate", "deflate", "\xff\xff\xff", 200, ConditionNotSOAP, `"deflate"`},
		{"empty", "gzip", "", 200, ConditionNotSOAP, "empty"},
		{"one byte", "deflate", "x", 200, ConditionNotSOAP, ""},
		{"unknown", "br", "\x0b\x02", 200, ConditionNotSOAP, `"br"`},
		{"stacked", "gzip, br", good, 200, ConditionNotSOAP, `"gzip, br"`},
		{"unknown and refused", "br", "\x0b\x02", 503, "HTTP 503", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			transport := answering(test.status, http.Header{"Content-Encoding": {test.coding}}, func() io.Reader { return strings.NewReader(test.body) })
			_, err := NewClient(Options{Calls: transport}).Subscribe(t.Context(), Call{URL: someURL}, oneSubscribe)
			if code(err) != test.want || !strings.Contains(fmt.Sprint(err), test.words) {
				t.Errorf("have %v, want %q and %q", err, test.want, test.words)
			}
		})
	}
	body := zip.packed(heartbeat)
	_, err := readAll(packedStream(t, "gzip", strings.NewReader(body+"junk that is none"), Options{}))
	if code(err) != ConditionMalformed {
		t.Errorf("junk behind the first envelope: have %v", err)
	}
}

// TestPackedBomb: the limits count what was unpacked.
func TestPackedBomb(t *testing.T) {
	for _, p := range packers {
		head := heartbeat + "<Envelope>"
		r, w := io.Pipe()
		t.Cleanup(func() { _ = r.Close() })
		go func() {
			z := p.writer(w)
			_, _ = io.WriteString(z, head)
			_, _ = io.Copy(z, &repeat{text: " "})
		}()
		body := &counted{r: r}
		if _, err := readAll(packedStream(t, p.coding, body, Options{MaxEnvelope: 1 << 18})); code(err) != ConditionMalformed {
			t.Errorf("%s: have %v", p.name, err)
		}
		if p.name != "stored gzip" && body.n > 1<<15 {
			t.Errorf("%s: %d packed bytes were read", p.name, body.n)
		}
	}
}

// TestPackedNoReuse: the connection of a wrong answer is closed also if it was packed, that of a right one is used again.
func TestPackedNoReuse(t *testing.T) {
	for _, p := range packers[:4] { // bare deflate has no trailer to stop in front of
		for answer, want := range map[string]int32{innerFault: 5, otherAnswer: 5, "<html>Sign in.</html>": 5, subscribeOK(t): 1} {
			for name, frame := range map[string]func(string) string{"length": withLength, "chunked": chunked} {
				call, conns := rawServer(t, func(int) string {
					return strings.Replace(frame(p.packed(answer)), "\r\n", "\r\nContent-Encoding: "+p.coding+"\r\n", 1)
				})
				c := NewClient(Options{Trace: func(Exchange) {}}) // the trace reads on, and must not read to the end
				for range 5 {
					_, _ = c.Subscribe(t.Context(), call, oneSubscribe)
				}
				if n := conns.Load(); n != want {
					t.Errorf("%s, %s: %d connections for 5 answers %.20q, want %d", p.name, name, n, answer, want)
				}
				c.CloseIdleConnections()
			}
		}
	}
}
