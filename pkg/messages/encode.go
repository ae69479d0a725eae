package messages

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
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
	header := cloudEvent(f.Type(), f.Source(), meta.ID, meta.Time)
	header[HeaderMsgID] = []string{meta.ID}
	return Message{Subject: f.Subject(s), Header: header, Data: data}, nil
}

// EncodeEvent writes an event as a message. Its id and with it Nats-Msg-Id are
// fixed by the event: encoding it again gives the same bytes.
func EncodeEvent(s Subjects, e Event) (Message, error) {
	meta := e.Meta()
	kind := e.Kind()
	data, err := json.Marshal(e)
	if err != nil {
		return Message{}, fmt.Errorf("encode %s of %s: %w", kind.Type(), meta.Mailbox, err)
	}
	header := cloudEvent(kind.Type(), mailboxSource(meta.Mailbox), e.ID(), meta.Time)
	header[HeaderMsgID] = []string{MsgID(e)}
	header[headerRecordedTime] = []string{formatTime(meta.Recorded)}
	header[headerPartitionKey] = []string{percentEncode(string(meta.Mailbox))}
	if meta.Sequence != 0 { // a mailbox.streaming has none: its place in the stream is its epoch
		header[headerEpoch] = []string{strconv.FormatUint(uint64(meta.Epoch), 10)}
		header[headerSequence] = []string{fmt.Sprintf("%0*d", sequenceDigits, meta.Sequence)}
	}
	if item, ok := e.(MailboxEvent); ok {
		header[headerSubject] = []string{percentEncode(item.SubjectID())}
		header[headerOrigin] = []string{string(item.Origin)}
	}
	return Message{Subject: s.Event(kind, e.InFolder(), meta.Mailbox), Header: header, Data: data}, nil
}

func cloudEvent(eventType, source, id string, at time.Time) map[string][]string {
	return map[string][]string{
		headerSpecVersion:     {"1.0"},
		headerType:            {eventType},
		headerSource:          {percentEncode(source)},
		headerID:              {percentEncode(id)},
		headerTime:            {formatTime(at)},
		headerDataContentType: {contentTypeJSON},
		headerContentType:     {contentTypeJSON},
	}
}

func formatTime(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
