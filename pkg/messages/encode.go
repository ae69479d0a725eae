package messages

import (
	"encoding/json"
	"fmt"
)

// Message is a NATS message without the connection: subject, headers, body.
type Message struct {
	Subject string
	Header  map[string][]string
	Data    []byte
}

// Headers that JetStream reads, and the ones of CloudEvents' NATS binding in
// binary mode. NATS compares header names by case: they are always written in
// lower case, and read in any.
const (
	HeaderMsgID = "Nats-Msg-Id"

	headerSpecVersion     = "ce-specversion"
	headerType            = "ce-type"
	headerSource          = "ce-source"
	headerID              = "ce-id"
	headerTime            = "ce-time"
	headerSubject         = "ce-subject"
	headerDataContentType = "ce-datacontenttype"
	headerContentType     = "content-type"
	headerRecordedTime    = "ce-recordedtime"
	headerSequence        = "ce-sequence"
	headerPartitionKey    = "ce-partitionkey"
	headerEpoch           = "ce-ewsepoch"
	headerOrigin          = "ce-ewsorigin"
)

const contentTypeJSON = "application/json"

// sequenceDigits pads ce-sequence, so that it orders as text (CloudEvents' sequence extension).
const sequenceDigits = 10

// EncodeFact writes a fact as a message.
func EncodeFact(s Subjects, f Fact) (Message, error) {
	meta := f.FactMeta()
	if meta.ID == "" {
		return Message{}, fmt.Errorf("encode %s of %s: the fact has no id", f.Type(), f.Source())
	}
	data, err := json.Marshal(f)
	if err != nil {
		return Message{}, fmt.Errorf("encode %s of %s: %w", f.Type(), f.Source(), err)
	}
	var room headerRoom
	w := room.writer().cloudEvent(f.Type(), f.Source(), meta.ID, meta.Time)
	w = w.add(HeaderMsgID, meta.ID)
	return Message{Subject: f.Subject(s), Header: w.header(nil), Data: data}, nil
}

// EncodeEvent writes an event as a message. Its id and with it Nats-Msg-Id are
// fixed by the event: encoding it again gives the same bytes.
func EncodeEvent(s Subjects, e Event) (Message, error) {
	var m Message
	err := EncodeEventInto(&m, s, e)
	return m, err
}

// EncodeEventInto is EncodeEvent in place of a message that is not needed any more:
// its headers and its body are used again. After an error m is as it was.
func EncodeEventInto(m *Message, s Subjects, e Event) error {
	meta, kind := e.Meta(), e.Kind()
	item, isItem := e.(MailboxEvent)
	data, err := encodeBody(m.Data, e, item, isItem)
	if err != nil {
		return fmt.Errorf("encode %s of %s: %w", kind.Type(), meta.Mailbox, err)
	}
	token, id := meta.Mailbox.Token(), e.ID()
	var room headerRoom
	w := room.writer().cloudEvent(kind.Type(), mailboxSource(meta.Mailbox), id, meta.Time)
	w = w.add(HeaderMsgID, token, ".", id)
	w = w.addTime(headerRecordedTime, meta.Recorded)
	w = w.addEncoded(headerPartitionKey, string(meta.Mailbox))
	if meta.Sequence != 0 { // a mailbox.streaming has none: its place in the stream is its epoch
		w = w.addNumber(headerEpoch, uint64(meta.Epoch), 1)
		w = w.addNumber(headerSequence, uint64(meta.Sequence), sequenceDigits)
	}
	if isItem {
		w = w.addEncoded(headerSubject, item.SubjectID())
		w = w.add(headerOrigin, string(item.Origin))
	}
	*m = Message{Subject: s.event(kind, e.InFolder(), token), Header: w.header(m.Header), Data: data}
	return nil
}

func encodeBody(former []byte, e Event, item MailboxEvent, isItem bool) ([]byte, error) {
	if isItem {
		return item.json(former)
	}
	return json.Marshal(e)
}
