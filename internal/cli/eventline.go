package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/ewsnats/ewsnats/internal/jetbus"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// print writes events until there are no more, or until all stored ones are
// written when only those are wanted.
func (o *eventOptions) print(ctx context.Context, events <-chan jetbus.StoredEvent, w io.Writer) error {
	for {
		select {
		case e, ok := <-events:
			if !ok {
				return ctx.Err()
			}
			if e.Event == nil {
				if o.once {
					return nil
				}
				continue
			}
			write := writeLine
			if o.json {
				write = writeJSON
			}
			if err := write(w, e); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// jsonEvent is an event as --json shows it.
type jsonEvent struct {
	Subject  string          `json:"subject"`
	Sequence uint64          `json:"streamSequence"`
	Stored   time.Time       `json:"stored"`
	Type     string          `json:"type"`
	ID       string          `json:"id"`
	Epoch    messages.Epoch  `json:"epoch"`
	Data     json.RawMessage `json:"data"`
}

func writeJSON(w io.Writer, e jetbus.StoredEvent) error {
	line, err := json.Marshal(jsonEvent{Subject: e.Message.Subject, Sequence: e.Sequence, Stored: e.Stored.UTC(),
		Type: e.Event.Kind().Type(), ID: e.Event.ID(), Epoch: e.Event.Meta().Epoch, Data: e.Message.Data})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", line)
	return err
}

func writeLine(w io.Writer, e jetbus.StoredEvent) error {
	meta, kind := e.Event.Meta(), e.Event.Kind()
	_, err := fmt.Fprintf(w, "%s  %-32s %-22s %-12s %-14s %s\n", meta.Time.UTC().Format(time.RFC3339), meta.Mailbox,
		string(kind.Object)+"."+string(kind.Verb), e.Event.InFolder(), e.Event.ID(), detail(e.Event))
	return err
}

// detail is what a kind of event has to say beyond its subject.
func detail(event messages.Event) string {
	switch e := event.(type) {
	case messages.MailboxEvent:
		return e.SubjectID()
	case messages.MailboxStreaming:
		return e.Reason
	case messages.MailboxStopped:
		why := string(e.Reason)
		if e.Code != "" {
			why += " (" + e.Code + ")"
		}
		return why + ", covered until " + e.CoveredUntil.UTC().Format(time.RFC3339)
	case messages.MailboxGap:
		return fmt.Sprintf("%s to %s ±%ds: %s", e.From.UTC().Format(time.RFC3339), e.To.UTC().Format(time.RFC3339), e.Uncertainty, e.Cause)
	}
	return ""
}
