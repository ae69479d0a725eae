package ewssoap

import (
	"errors"
	"io"
	"net"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// enveloped wraps messages as a mailbox server does.
func enveloped(messages string) string {
	return `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><soap11:Header xmlns:soap11="http://schemas.xmlsoap.org/soap/envelope/"/>` +
		`<soap11:Body xmlns:soap11="http://schemas.xmlsoap.org/soap/envelope/"><m:GetStreamingEventsResponse xmlns:m="M" xmlns:t="T"><m:ResponseMessages>` +
		messages + `</m:ResponseMessages></m:GetStreamingEventsResponse></soap11:Body></Envelope>`
}

func message(inner string) string {
	return `<m:GetStreamingEventsResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>` + inner + `</m:GetStreamingEventsResponseMessage>`
}

var (
	heartbeat = enveloped(message(`<m:ConnectionStatus>OK</m:ConnectionStatus>`))
	goodbye   = enveloped(message(`<m:ConnectionStatus>Closed</m:ConnectionStatus>`))
)

func nested(depth int) string {
	return strings.Repeat("<x>", depth) + strings.Repeat("</x>", depth)
}

const otherAnswer = `<Envelope><Body><GetFolderResponse><ResponseMessages><GetFolderResponseMessage/></ResponseMessages></GetFolderResponse></Body></Envelope>`

// TestStreamEnds says how many envelopes a body holds and what its end is called.
func TestStreamEnds(t *testing.T) {
	tests := []struct {
		name      string
		body      string
		envelopes int
		want      string // code, or the text of another error
	}{
		{"closed", heartbeat + goodbye, 2, "EOF"},
		{"closed twice", heartbeat + goodbye + goodbye, 3, "EOF"},
		{"never closed", heartbeat, 1, ConditionEOF},
		{"empty", "", 0, ConditionEOF},
		{"blank", " \r\n", 0, ConditionEOF},
		{"closed, then events, then the end", heartbeat + goodbye + enveloped(message("<m:Notifications/>")), 3, "EOF"},
		{"closed, then open again", goodbye + heartbeat, 2, ConditionEOF},
		{"closed, then half an envelope", goodbye + heartbeat[:100], 1, ConditionTruncated},
		{"cut in the first", heartbeat[:300], 0, ConditionTruncated},
		{"cut in the last tag", heartbeat + heartbeat[:len(heartbeat)-1], 1, ConditionTruncated},
		{"cut in the root tag", heartbeat + heartbeat[:5], 1, ConditionTruncated},
		{"blank between", "\ufeff<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n" + heartbeat + "\r\n \ufeff<?xml version=\"1.0\"?><!-- c -->" + goodbye + "\n", 2, "EOF"},
		{"not XML inside", heartbeat + strings.Replace(heartbeat, "<m:ResponseCode>", "<m:ResponseCode", 1), 1, ConditionMalformed},
		{"wrong end tag", heartbeat + strings.Replace(heartbeat, "</m:ResponseMessages>", "</m:Responses>", 1), 1, ConditionMalformed},
		{"bad entity", strings.Replace(heartbeat, "NoError", "&nope;", 1), 0, ConditionMalformed},
		{"no end of a reference", strings.Replace(heartbeat, "NoError", "&#x41<", 1), 0, ConditionMalformed},
		{"no reference", heartbeat + strings.Replace(heartbeat, "NoError", "&#xg;", 1), 1, ConditionMalformed},
		{"junk between", heartbeat + "junk" + heartbeat, 1, ConditionMalformed},
		{"too deep", strings.Replace(heartbeat, "<m:ConnectionStatus>", nested(maxDepth)+"<m:ConnectionStatus>", 1), 0, ConditionMalformed},
		{"deep enough", strings.Replace(heartbeat, "<m:ConnectionStatus>", nested(maxDepth-5)+"<m:ConnectionStatus>", 1) + goodbye, 2, "EOF"},
		{"doctype first", `<!DOCTYPE x [<!ENTITY a "b">]>` + heartbeat, 0, ConditionNotSOAP},
		{"doctype later", heartbeat + `<!DOCTYPE x>` + heartbeat, 1, ConditionMalformed},
		{"doctype inside", strings.Replace(heartbeat, "<m:ConnectionStatus>", "<!DOCTYPE x><m:ConnectionStatus>", 1), 0, ConditionMalformed},
		{"other encoding", `<?xml version="1.0" encoding="utf-16"?>` + heartbeat, 0, ConditionNotSOAP},
		{"HTML", "<!DOCTYPE html><html><body><br>Sign in", 0, ConditionNotSOAP},
		{"bare HTML", "<html><head><meta charset=utf-8>", 0, ConditionNotSOAP},
		{"text", "Service unavailable", 0, ConditionNotSOAP},
		{"other answer", otherAnswer, 0, ConditionNotSOAP},
		{"other answer later", heartbeat + otherAnswer, 1, ConditionMalformed},
		{"answer without messages", enveloped(""), 0, ConditionNotSOAP},
		{"operation sent back", `<Envelope><Body><GetStreamingEvents/></Body></Envelope>`, 0, ConditionNotSOAP},
		{"no body", `<Envelope><Header/></Envelope>`, 0, ConditionNotSOAP},
		{"empty body", `<Envelope><Body/></Envelope>`, 0, ConditionNotSOAP},
		{"fault", `<s:Envelope xmlns:s="S"><s:Body><s:Fault><faultcode>SOAP:Client</faultcode></s:Fault></s:Body></s:Envelope>`, 0, "Client"},
		{"fault later", heartbeat + `<s:Envelope xmlns:s="S"><s:Body><s:Fault><faultcode>a:ErrorServerBusy</faultcode></s:Fault></s:Body></s:Envelope>`, 1, "ErrorServerBusy"},
		{"fault without a code", `<Envelope><Body><Fault/></Body></Envelope>`, 0, ConditionMalformed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, read := range []func(io.Reader) io.Reader{func(r io.Reader) io.Reader { return r }, iotest.OneByteReader, iotest.DataErrReader} {
				s := streamOf(t, read(strings.NewReader(test.body)), Options{})
				envelopes, err := readAll(s)
				if code(err) != test.want || len(envelopes) != test.envelopes {
					t.Errorf("have %d envelopes and %v, want %d and %q", len(envelopes), err, test.envelopes, test.want)
				}
				if _, again := s.Next(); again != err {
					t.Errorf("Next repeats %v, want %v", again, err)
				}
			}
		})
	}
}

// TestStreamBroken says what the end of a stream is called when the transport breaks it.
func TestStreamBroken(t *testing.T) {
	tests := []struct {
		name string
		body string
		err  error
		want string
	}{
		{"between envelopes", heartbeat, io.ErrUnexpectedEOF, ConditionEOF},
		{"after Closed, but without the end of the body", goodbye, io.ErrUnexpectedEOF, ConditionEOF},
		{"inside an envelope", heartbeat[:200], io.ErrUnexpectedEOF, ConditionTruncated},
		{"reset between", heartbeat, &net.OpError{Op: "read", Err: errors.New("connection reset by peer")}, ConditionReset},
		{"reset inside", heartbeat + heartbeat[:200], &net.OpError{Op: "read", Err: errors.New("connection reset by peer")}, ConditionReset},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := readAll(streamOf(t, io.MultiReader(strings.NewReader(test.body), iotest.ErrReader(test.err)), Options{}))
			if code(err) != test.want {
				t.Errorf("have %v, want %s", err, test.want)
			}
		})
	}
}

// TestStreamAnyCut reads a stream cut into two reads at every byte: in tags, entities, and UTF-8 sequences.
func TestStreamAnyCut(t *testing.T) {
	body := "\ufeff<?xml version=\"1.0\" encoding=\"utf-8\"?>" + enveloped(`<m:GetStreamingEventsResponseMessage ResponseClass="Error"><m:MessageText>gelöscht &amp; 删除</m:MessageText>`+
		`<m:ResponseCode>ErrorX</m:ResponseCode><m:Notifications/><m:Notifications><m:Notification><t:SubscriptionId>a+/=</t:SubscriptionId><t:CreatedEvent><t:ItemId Id='&#x41;"'  ChangeKey = "k" /></t:CreatedEvent>`+
		`</m:Notification></m:Notifications></m:GetStreamingEventsResponseMessage>`) + "\r\n \ufeff" + goodbye
	want := []*Envelope{
		{Messages: []StreamMessage{{
			ResponseClass: "Error", ResponseCode: "ErrorX", MessageText: "gelöscht & 删除",
			Notifications: []Notification{{SubscriptionID: "a+/=", Events: []Event{{Type: CreatedEvent, ItemID: ID{`A"`, "k"}}}}},
		}}},
		{Messages: []StreamMessage{{ResponseClass: "Success", ResponseCode: "NoError", ConnectionStatus: "Closed"}}},
	}
	for cut := range body {
		have, err := readAll(streamOf(t, io.MultiReader(strings.NewReader(body[:cut]), strings.NewReader(body[cut:])), Options{}))
		if err != io.EOF || !reflect.DeepEqual(want, have) {
			t.Fatalf("cut at %d: %v (-want +have):\n%s", cut, err, cmp.Diff(want, have))
		}
	}
}

// TestStreamDeliversAtOnce reads from a pipe that blocks behind every envelope.
func TestStreamDeliversAtOnce(t *testing.T) {
	r, w := io.Pipe()
	s := streamOf(t, r, Options{})
	written := make(chan error, 1)
	for range 3 {
		go func() {
			_, err := io.WriteString(w, heartbeat)
			written <- err
		}()
		if _, err := s.Next(); err != nil { // would hang if it wanted one byte more
			t.Fatal(err)
		}
		if err := <-written; err != nil {
			t.Fatal(err)
		}
	}
}

// TestEnvelopeLimit: an envelope may have as many bytes as allowed, and no more.
func TestEnvelopeLimit(t *testing.T) {
	size := int64(len(heartbeat))
	if _, err := readAll(streamOf(t, strings.NewReader(heartbeat+heartbeat+goodbye), Options{MaxEnvelope: size + 4})); err != io.EOF {
		t.Errorf("at the limit: %v", err)
	}
	envelopes, err := readAll(streamOf(t, strings.NewReader(goodbye+strings.Repeat(" ", 9)+heartbeat), Options{MaxEnvelope: size + 8}))
	if code(err) != ConditionMalformed || len(envelopes) != 1 {
		t.Errorf("beyond the limit: have %d envelopes and %v", len(envelopes), err)
	}
	if _, err := readAll(streamOf(t, io.MultiReader(strings.NewReader("<Envelope "), endless(`a="b" `)), Options{MaxEnvelope: 1 << 20})); code(err) != ConditionMalformed {
		t.Errorf("an endless tag: have %v", err)
	}
}

// endless repeats text for ever.
type endless string

func (e endless) Read(p []byte) (int, error) { return copy(p, e), nil }

// TestTolerantEvents: what a server leaves out or writes wrongly costs the field, not the event.
func TestTolerantEvents(t *testing.T) {
	event := func(inner string) Event {
		body := enveloped(message(`<m:Notifications><x:Notification xmlns:x="X"><t:SubscriptionId> id </t:SubscriptionId><t:Unknown><t:Deep/></t:Unknown>` +
			`<t:ModifiedEvent>` + inner + `</t:ModifiedEvent><t:FutureEvent/></x:Notification></m:Notifications>`))
		e, err := streamOf(t, strings.NewReader(body), Options{}).Next()
		if err != nil {
			t.Fatal(err)
		}
		n := e.Messages[0].Notifications[0]
		if n.SubscriptionID != "id" || len(n.Events) != 1 {
			t.Fatalf("have %+v", n)
		}
		return n.Events[0]
	}
	five := 5
	tests := []struct {
		inner string
		want  Event
	}{
		{``, Event{}},
		{`<t:TimeStamp>2026-11-21T01:00:05Z</t:TimeStamp>`, Event{TimeStamp: stamp}},
		{`<TimeStamp> 2026-11-21T01:00:05.000000000Z </TimeStamp>`, Event{TimeStamp: stamp}},
		{`<TimeStamp>2026-11-21T02:00:05.0+01:00</TimeStamp>`, Event{TimeStamp: stamp}},
		{`<TimeStamp>2026-11-21T01:00:05</TimeStamp>`, Event{TimeStamp: stamp}},
		{`<TimeStamp>yesterday</TimeStamp>`, Event{}},
		{`<UnreadCount> 5 </UnreadCount>`, Event{UnreadCount: &five}},
		{`<UnreadCount>many</UnreadCount>`, Event{}},
		{`<FolderId Id="a&amp;b"/><New>x</New><ParentFolderId ChangeKey='k' Id='p'/>`, Event{FolderID: ID{ID: "a&b"}, ParentFolderID: ID{"p", "k"}}},
	}
	for _, test := range tests {
		test.want.Type = ModifiedEvent
		if diff := cmp.Diff(test.want, event(test.inner)); diff != "" {
			t.Errorf("%s (-want +have):\n%s", test.inner, diff)
		}
		if zone := event(test.inner).TimeStamp.Location(); zone != time.UTC {
			t.Errorf("%s: the time is of zone %v", test.inner, zone)
		}
	}
}

func TestStreamRequestRefused(t *testing.T) {
	tests := []StreamRequest{
		{TimeoutMinutes: 30},
		{SubscriptionIDs: []string{firstID}},
		{SubscriptionIDs: []string{firstID}, TimeoutMinutes: 31},
		{SubscriptionIDs: []string{firstID}, TimeoutMinutes: -1},
	}
	for _, test := range tests {
		if _, err := NewClient(Options{Streams: unused(t)}).GetStreamingEvents(t.Context(), Call{URL: someURL}, test); code(err) != ConditionRequest {
			t.Errorf("%+v: have %v", test, err)
		}
	}
}
