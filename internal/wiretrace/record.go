package wiretrace

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/ewsnats/ewsnats/pkg/ewssoap"
)

// told are the headers of an answer by which a server's administrator finds the request
// (office-developer-exchange-docs, "Instrumenting client requests for EWS"). They stand
// in every record, also in those of a stream's envelopes.
var told = []string{"request-id", "client-request-id", "X-FEServer", "X-BEServer", "X-TargetBEServer", "X-CalculatedBETarget",
	"X-DiagInfo", "x-ms-diagnostics"}

// record is an exchange as text: a line that begins with "=== ", more of them about it
// beginning with "--- ", then the request with "> " before each line and the answer with
// "< ". It is cut where it would be longer than most.
func record(x ewssoap.Exchange, most int64) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "=== %s %s", stamp(x.Finished), x.Op)
	if x.Login {
		b.WriteString(" login")
	}
	if x.Envelope > 0 {
		fmt.Fprintf(&b, " envelope=%d", x.Envelope)
	}
	fmt.Fprintf(&b, " status=%d label=%q client-request-id=%s\n", x.Status, x.Label, x.ClientRequestID)
	if !x.Started.IsZero() {
		fmt.Fprintf(&b, "--- start=%s%s%s%s%s\n", stamp(x.Started), after(x, "connected", x.Connected), after(x, "first-byte", x.FirstByte),
			after(x, "head", x.Received), after(x, "end", x.Finished))
	}
	if answered := x.Remote + servers(x.ResponseHeader); answered != "" {
		line(&b, "--- ", "remote="+answered)
	}
	if x.Err != nil {
		line(&b, "--- ", "error="+x.Err.Error())
	}
	if x.Envelope == 0 {
		line(&b, "> ", x.Method+" "+x.URL)
		headers(&b, "> ", x.RequestHeader)
		body(&b, "> ", x.RequestBody, most)
		if x.Status != 0 {
			line(&b, "< ", fmt.Sprintf("%d %s", x.Status, http.StatusText(x.Status)))
			headers(&b, "< ", x.ResponseHeader)
		}
	}
	body(&b, "< ", x.ResponseBody, most)
	b.WriteByte('\n')
	return cut(b.Bytes(), most)
}

const cutMark = "\n--- cut: the record is longer than trace.maxBytes\n\n"

func cut(text []byte, most int64) []byte {
	if int64(len(text)) <= most {
		return text
	}
	return append(text[:max(0, most-int64(len(cutMark)))], cutMark...)
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

// after tells how long after the start something was; nothing if it was not.
func after(x ewssoap.Exchange, name string, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return fmt.Sprintf(" %s=+%.3fms", name, at.Sub(x.Started).Seconds()*1000)
}

func servers(h http.Header) string {
	var b strings.Builder
	for _, name := range told {
		if values := h.Values(name); len(values) > 0 {
			fmt.Fprintf(&b, " %s=%q", name, strings.Join(values, ", "))
		}
	}
	return b.String()
}

func headers(b *bytes.Buffer, prefix string, h http.Header) {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			line(b, prefix, name+": "+value)
		}
	}
	line(b, prefix, "")
}

// body writes as much of a body as a record may hold.
func body(b *bytes.Buffer, prefix string, content []byte, most int64) {
	if len(content) == 0 {
		return
	}
	content = content[:min(int64(len(content)), most)]
	for text := range strings.SplitSeq(strings.TrimSuffix(string(content), "\n"), "\n") {
		line(b, prefix, strings.TrimSuffix(text, "\r"))
	}
}

// line writes a line whose text can neither end it nor steer a terminal.
func line(b *bytes.Buffer, prefix, text string) {
	b.WriteString(prefix)
	for i, r := range text {
		switch {
		case r == utf8.RuneError && text[i] != "\uFFFD"[0]:
			fmt.Fprintf(b, `\x%02x`, text[i])
		case r != '\t' && unicode.IsControl(r):
			fmt.Fprintf(b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('\n')
}
