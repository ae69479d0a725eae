package check

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Status is how a step ended.
type Status string

// The statuses.
const (
	OK       Status = "ok"
	Warning  Status = "warning" // it works, and something should be looked at
	Failed   Status = "failed"
	Skipped  Status = "skipped" // not needed by this configuration
	NotTried Status = "not tried"
)

// cause is what kind of failure a step ended with; it decides the exit code.
type cause int

const (
	causeOther cause = iota
	causeConfig
	causeRefused     // the login
	causeUnreachable // no connection, or no answer
)

// Finding is what is to be said of a step.
type Finding struct {
	Step    string   `json:"step"`
	Status  Status   `json:"status"`
	Text    string   `json:"text"`
	Details []string `json:"details,omitempty"`
	Advice  []string `json:"advice,omitempty"` // what to do

	cause    cause
	unspoken bool // nothing new: not shown
	blocks   bool // what depends on it is not tried, though it did not fail
}

func ok(format string, args ...any) Finding { return found(OK, format, args...) }

func warning(format string, args ...any) Finding { return found(Warning, format, args...) }

func failed(c cause, format string, args ...any) Finding {
	f := found(Failed, format, args...)
	f.cause = c
	return f
}

func found(s Status, format string, args ...any) Finding {
	return Finding{Status: s, Text: fmt.Sprintf(format, args...)}
}

// with adds details; empty ones are left out.
func (f Finding) with(details ...string) Finding {
	for _, d := range details {
		if d != "" {
			f.Details = append(f.Details[:len(f.Details):len(f.Details)], d)
		}
	}
	return f
}

// advise adds what to do; an empty advice is left out.
func (f Finding) advise(advice ...string) Finding {
	for _, a := range advice {
		if a != "" {
			f.Advice = append(f.Advice[:len(f.Advice):len(f.Advice)], a)
		}
	}
	return f
}

// softened makes a failure of what is not needed a warning. What depends on it is not tried all the same.
func (f Finding) softened(why string) Finding {
	if f.Status == Failed {
		f.Status, f.blocks = Warning, true
		f = f.with(why)
	}
	return f
}

// stops reports whether what depends on the step must not be tried.
func (f Finding) stops() bool { return f.Status == Failed || f.Status == NotTried || f.blocks }

// indent is where details begin: below the text.
const indent = 33

// WriteText writes the finding for people: a line, and details and advice indented below it.
func (f Finding) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%-20s %-11s %s\n", f.Step, f.Status, oneLine(f.Text))
	for _, d := range f.Details {
		fmt.Fprintf(&b, "%*s%s\n", indent, "", oneLine(d))
	}
	for _, a := range f.Advice {
		fmt.Fprintf(&b, "%*s> %s\n", indent, "", oneLine(a))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteJSON writes the finding as one line of JSON.
func (f Finding) WriteJSON(w io.Writer) error { return json.NewEncoder(w).Encode(f) }

// oneLine keeps the words of servers from breaking lines, and terminals.
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 }), " ")
}
