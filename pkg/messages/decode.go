package messages

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// UnknownTypeError says that a message's ce-type is none of this package's.
// Readers skip such messages: a newer producer may have written them.
type UnknownTypeError struct{ Type string }

func (e *UnknownTypeError) Error() string {
	if e.Type == "" {
		return "the message has no ce-type header: it is not a CloudEvent in binary mode"
	}
	return fmt.Sprintf("unknown message type %q", e.Type)
}

// DecodeFact reads a fact.
func DecodeFact(m Message) (Fact, error) {
	h := headers(m.Header)
	meta := Meta{ID: h.get(headerID), Time: h.time(headerTime)}
	switch h.get(headerType) {
	case typeEnrolled:
		return decodeFact(m, func(f *MailboxEnrolled) { f.setMeta(meta) })
	case typeWithdrawn:
		return decodeFact(m, func(f *MailboxWithdrawn) { f.setMeta(meta) })
	case typeDiscovered:
		return decodeFact(m, func(f *MailboxDiscovered) { f.setMeta(meta) })
	case typeStale:
		return decodeFact(m, func(f *MailboxStale) { f.setMeta(meta) })
	case typeUndiscoverable:
		return decodeFact(m, func(f *MailboxUndiscoverable) { f.setMeta(meta) })
	case typeFolders:
		return decodeFact(m, func(f *MailboxFolders) { f.setMeta(meta) })
	case typeGrouped:
		return decodeFact(m, func(f *MailboxGrouped) { f.setMeta(meta) })
	case typeParked:
		return decodeFact(m, func(f *MailboxParked) { f.setMeta(meta) })
	case typeGroupSubscribed:
		return decodeFact(m, func(f *GroupSubscribed) { f.setMeta(meta) })
	case typeRegroupRequested:
		return decodeFact(m, func(f *RegroupRequested) { f.setMeta(meta) })
	}
	return nil, &UnknownTypeError{Type: h.get(headerType)}
}

func decodeFact[F Fact](m Message, complete func(*F)) (Fact, error) {
	var fact F
	if err := json.Unmarshal(m.Data, &fact); err != nil {
		return nil, fmt.Errorf("read %s from %s: %w", fact.Type(), m.Subject, err)
	}
	complete(&fact)
	return fact, nil
}

func (m *Meta) setMeta(headers Meta) { m.ID, m.Time = headers.ID, headers.Time }

// DecodeEvent reads an event. sequence is the message's stream sequence: the
// number of the epoch that a mailbox.streaming opens. An event of a lifecycle
// verb that this package does not know is an [UnknownEvent].
func DecodeEvent(m Message, sequence uint64) (Event, error) {
	h := headers(m.Header)
	kind, ok := kindOf(h.get(headerType))
	if !ok {
		return nil, &UnknownTypeError{Type: h.get(headerType)}
	}
	meta := EventMeta{
		Recorded: h.time(headerRecordedTime),
		Epoch:    Epoch(h.uint(headerEpoch)),
		Sequence: Sequence(h.uint(headerSequence)),
	}
	if kind.Object != ObjectMailbox {
		return decodeEvent(m, func(e *MailboxEvent) {
			e.setMeta(meta)
			e.What, e.Origin = kind, Origin(h.get(headerOrigin))
		})
	}
	switch kind.Verb {
	case VerbStreaming:
		meta.Epoch = Epoch(sequence)
		return decodeEvent(m, func(e *MailboxStreaming) { e.setMeta(meta) })
	case VerbStopped:
		return decodeEvent(m, func(e *MailboxStopped) { e.setMeta(meta) })
	case VerbGap:
		return decodeEvent(m, func(e *MailboxGap) { e.setMeta(meta) })
	case VerbHealed:
		return decodeEvent(m, func(e *MailboxHealed) { e.setMeta(meta) })
	}
	if meta.Epoch == 0 {
		return nil, &UnknownTypeError{Type: kind.Type()}
	}
	return decodeEvent(m, func(e *UnknownEvent) {
		e.setMeta(meta)
		e.What, e.Body = kind, m.Data
	})
}

func decodeEvent[E Event](m Message, complete func(*E)) (Event, error) {
	var event E
	if err := json.Unmarshal(m.Data, &event); err != nil {
		return nil, fmt.Errorf("read %s from %s: %w", headers(m.Header).get(headerType), m.Subject, err)
	}
	complete(&event)
	return event, nil
}

func (m *EventMeta) setMeta(headers EventMeta) {
	m.Recorded, m.Epoch, m.Sequence = headers.Recorded, headers.Epoch, headers.Sequence
}

// kindOf reads ewsnats.OBJECT.VERB.v1. Verbs are open: consumers see new ones of
// items and folders as they come.
func kindOf(eventType string) (Kind, bool) {
	parts := strings.Split(eventType, ".")
	if len(parts) != 4 || parts[0] != "ewsnats" || parts[3] != "v1" {
		return Kind{}, false
	}
	kind := Kind{Object(parts[1]), Verb(parts[2])}
	switch kind.Object {
	case ObjectItem, ObjectFolder, ObjectMailbox:
		return kind, true
	}
	return Kind{}, false
}

// headers reads CloudEvents attributes whatever the case of their names.
type headers map[string][]string

func (h headers) get(name string) string {
	if values := h[name]; len(values) > 0 {
		return percentDecode(values[0])
	}
	for key, values := range h {
		if len(values) > 0 && strings.EqualFold(key, name) {
			return percentDecode(values[0])
		}
	}
	return ""
}

func (h headers) time(name string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, h.get(name))
	if err != nil {
		return time.Time{}
	}
	return at
}

func (h headers) uint(name string) uint64 {
	n, err := strconv.ParseUint(h.get(name), 10, 64)
	if err != nil {
		return 0
	}
	return n
}
