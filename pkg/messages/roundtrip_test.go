package messages_test

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// streamSequence is where the sample events lie in the stream.
const streamSequence = 4712

func encodeFact(t rapid.TB, f messages.Fact) messages.Message {
	t.Helper()
	m, err := messages.EncodeFact(subjects, f)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func encodeEvent(t rapid.TB, e messages.Event) messages.Message {
	t.Helper()
	m, err := messages.EncodeEvent(subjects, e)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestFactsSurviveTheWire(t *testing.T) {
	for _, want := range sampleFacts() {
		t.Run(want.Type(), func(t *testing.T) {
			m := encodeFact(t, want)
			have, err := messages.DecodeFact(m)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, have); diff != "" {
				t.Errorf("want -, have +\n%s", diff)
			}
			if diff := cmp.Diff(m, encodeFact(t, have)); diff != "" {
				t.Errorf("encoded again: want -, have +\n%s", diff)
			}
		})
	}
}

func TestEventsSurviveTheWire(t *testing.T) {
	for _, want := range sampleEvents() {
		t.Run(want.Kind().Type(), func(t *testing.T) {
			m := encodeEvent(t, want)
			have, err := messages.DecodeEvent(m, streamSequence)
			if err != nil {
				t.Fatal(err)
			}
			if streaming, ok := want.(messages.MailboxStreaming); ok {
				streaming.Epoch = streamSequence // what it opens is where it was stored
				want = streaming
			}
			if diff := cmp.Diff(want, have); diff != "" {
				t.Errorf("want -, have +\n%s", diff)
			}
			if diff := cmp.Diff(m, encodeEvent(t, have)); diff != "" {
				t.Errorf("encoded again: want -, have +\n%s", diff)
			}
		})
	}
}

func TestEmptyFactsSurviveTheWire(t *testing.T) {
	for _, want := range []messages.Fact{
		messages.GroupSubscribed{Meta: messages.Meta{ID: "F1"}, Group: "g"}, // dissolved
		messages.MailboxGrouped{Meta: messages.Meta{ID: "F2"}, Mailbox: anna},
		messages.MailboxFolders{Meta: messages.Meta{ID: "F3"}, Mailbox: anna},
	} {
		have, err := messages.DecodeFact(encodeFact(t, want))
		if err != nil {
			t.Errorf("%s: %v", want.Type(), err)
		} else if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("want -, have +\n%s", diff)
		}
	}
}

func TestAnyGroupSurvivesTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := messages.GroupSubscribed{
			Meta:          messages.Meta{ID: rapid.StringMatching(`[!-~]{1,30}`).Draw(t, "id"), Time: anyTime(t)},
			Group:         messages.GroupID(rapid.String().Draw(t, "group")),
			Generation:    messages.Generation(rapid.Uint64().Draw(t, "generation")),
			URL:           messages.Endpoint(rapid.String().Draw(t, "url")),
			Cookie:        messages.Cookie(rapid.String().Draw(t, "cookie")),
			Since:         anyTime(t),
			Subscriptions: map[messages.Address]messages.Subscription{},
		}
		want.ExchangeCookie = messages.Cookie(rapid.String().Draw(t, "exchange cookie"))
		for _, member := range rapid.SliceOfN(anyAddress(), 0, 5).Draw(t, "members") {
			id := messages.SubscriptionID(rapid.String().Draw(t, "subscription"))
			want.Subscriptions[member] = messages.Subscription{ID: id, Since: anyTime(t)}
		}
		have, err := messages.DecodeFact(encodeFact(t, want))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(messages.Fact(want), have); diff != "" {
			t.Fatalf("want -, have +\n%s", diff)
		}
	})
}

func TestAnyEventSurvivesTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := messages.MailboxEvent{
			EventMeta: messages.EventMeta{
				Mailbox: anyAddress().Draw(t, "mailbox"), Time: anyTime(t), Recorded: anyTime(t),
				Epoch:    messages.Epoch(rapid.Uint64Min(1).Draw(t, "epoch")),
				Sequence: messages.Sequence(rapid.Uint64Min(1).Draw(t, "sequence")),
			},
			What:   messages.Kind{Object: messages.ObjectItem, Verb: messages.VerbCreated},
			Folder: messages.FolderInbox,
			Item:   &messages.Ref{ID: rapid.String().Draw(t, "item"), ChangeKey: rapid.String().Draw(t, "key")},
			Origin: messages.OriginStream,
		}
		m := encodeEvent(t, want)
		have, err := messages.DecodeEvent(m, streamSequence)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(messages.Event(want), have); diff != "" {
			t.Fatalf("want -, have +\n%s", diff)
		}
		if id := want.ID(); m.Header["ce-id"][0] != id || !strings.HasSuffix(m.Header["Nats-Msg-Id"][0], "."+id) {
			t.Fatalf("ids of %s: %q", id, m.Header)
		}
	})
}

// TestHeadersAreText: whatever an id holds, header values are visible ASCII.
func TestHeadersAreText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := encodeEvent(t, messages.MailboxEvent{
			EventMeta: messages.EventMeta{Mailbox: anyAddress().Draw(t, "mailbox")},
			What:      messages.Kind{Object: messages.ObjectItem, Verb: messages.VerbCreated},
			Item:      &messages.Ref{ID: rapid.String().Draw(t, "item")},
		})
		for name, values := range m.Header {
			for _, r := range values[0] {
				if r <= ' ' || r > '~' {
					t.Fatalf("%s holds %q: %q", name, r, values[0])
				}
			}
		}
	})
}

func anyTime(t *rapid.T) time.Time {
	return time.Unix(rapid.Int64Range(0, 1<<34).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")).UTC()
}

func anyAddress() *rapid.Generator[messages.Address] {
	return rapid.Custom(func(t *rapid.T) messages.Address {
		local := rapid.StringOfN(rapid.Rune(), 1, 12, 40).Draw(t, "local")
		a, err := messages.ParseAddress(local + "@" + rapid.StringMatching(`[a-z0-9-]{1,8}(\.[a-zé]{1,5}){1,2}`).Draw(t, "domain"))
		if err != nil {
			t.Skip(err.Error())
		}
		return a
	})
}

// TestHeaderNamesAreReadInAnyCase: NATS keeps the case a producer chose.
func TestHeaderNamesAreReadInAnyCase(t *testing.T) {
	for _, change := range []func(string) string{strings.ToUpper, func(s string) string { return "Ce-" + strings.TrimPrefix(s, "ce-") }} {
		want := sampleEvents()[0]
		m := encodeEvent(t, want)
		changed := map[string][]string{}
		for name, values := range m.Header {
			changed[change(name)] = values
		}
		m.Header = changed
		have, err := messages.DecodeEvent(m, streamSequence)
		if err != nil {
			t.Errorf("%v: %v", slices.Sorted(maps.Keys(changed)), err)
		} else if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("want -, have +\n%s", diff)
		}
	}
}

func TestUnknownTypes(t *testing.T) {
	for _, typ := range []string{"", "ewsnats.mailbox.renamed.v1", "ewsnats.item.created.v2", "com.example.thing", "ewsnats.task.created.v1"} {
		m := messages.Message{Header: map[string][]string{}, Data: []byte(`{}`)}
		if typ != "" {
			m.Header["ce-type"] = []string{typ}
		}
		var unknown *messages.UnknownTypeError
		if _, err := messages.DecodeFact(m); !errors.As(err, &unknown) || unknown.Type != typ {
			t.Errorf("fact %q: want an UnknownTypeError that names it, have %v", typ, err)
		}
		unknown = nil
		if _, err := messages.DecodeEvent(m, 1); !errors.As(err, &unknown) || unknown.Type != typ {
			t.Errorf("event %q: want an UnknownTypeError that names it, have %v", typ, err)
		}
		if unknown != nil && unknown.Error() == "" {
			t.Errorf("%q: the error says nothing", typ)
		}
	}
}

// TestNewVerbsAreRead: consumers see verbs of items and folders that are younger than they are.
func TestNewVerbsAreRead(t *testing.T) {
	m := encodeEvent(t, sampleEvents()[0])
	m.Header["ce-type"] = []string{"ewsnats.item.flagged.v1"}
	e, err := messages.DecodeEvent(m, streamSequence)
	if err != nil || e.Kind().Verb != "flagged" {
		t.Errorf("want the verb flagged, have %v, %v", e, err)
	}
}

// TestNewFieldsAreSkipped: within v1 messages gain fields.
func TestNewFieldsAreSkipped(t *testing.T) {
	for _, want := range sampleFacts() {
		m := encodeFact(t, want)
		m.Data = withField(t, m.Data)
		if have, err := messages.DecodeFact(m); err != nil || !cmp.Equal(want, have) {
			t.Errorf("%s with a new field: have %+v, %v", want.Type(), have, err)
		}
	}
	for _, e := range sampleEvents() {
		m := encodeEvent(t, e)
		m.Data = withField(t, m.Data)
		if _, err := messages.DecodeEvent(m, streamSequence); err != nil {
			t.Errorf("%s with a new field: %v", e.Kind().Type(), err)
		}
	}
}

func withField(t *testing.T, data []byte) []byte {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal(data, &fields); err != nil {
		t.Fatal(err)
	}
	fields["fromTheFuture"] = map[string]any{"a": []int{1}}
	data, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestDamagedBodiesAreErrors(t *testing.T) {
	fact, event := encodeFact(t, sampleFacts()[0]), encodeEvent(t, sampleEvents()[0])
	for _, body := range []string{"", "{", `{"mailbox":"no address"}`, `{"mailbox":7}`, "[]"} {
		fact.Data, event.Data = []byte(body), []byte(body)
		if f, err := messages.DecodeFact(fact); err == nil || !strings.Contains(err.Error(), fact.Subject) {
			t.Errorf("fact %q: want an error that names the subject, have %v, %v", body, f, err)
		}
		if e, err := messages.DecodeEvent(event, 1); err == nil || !strings.Contains(err.Error(), event.Subject) {
			t.Errorf("event %q: want an error that names the subject, have %v, %v", body, e, err)
		}
	}
}

func TestFactWithoutIDIsRefused(t *testing.T) {
	if _, err := messages.EncodeFact(subjects, messages.MailboxEnrolled{Mailbox: anna}); err == nil {
		t.Error("want an error: nothing would drop a repeat of it")
	}
}

// TestDamagedHeadersAreZero: a header that cannot be read is like one that is missing.
func TestDamagedHeadersAreZero(t *testing.T) {
	m := encodeEvent(t, sampleEvents()[0])
	m.Header["ce-recordedtime"] = []string{"yesterday"}
	m.Header["ce-ewsepoch"] = []string{"-1"}
	m.Header["ce-sequence"] = nil
	e, err := messages.DecodeEvent(m, streamSequence)
	if err != nil {
		t.Fatal(err)
	}
	if have := e.Meta(); !have.Recorded.IsZero() || have.Epoch != 0 || have.Sequence != 0 {
		t.Errorf("want zeroes, have %+v", have)
	}
}

func TestCaughtUpIsAMarkWithoutFact(t *testing.T) {
	if !(messages.Recorded{}).CaughtUp() || (messages.Recorded{Fact: sampleFacts()[0], Sequence: 1}).CaughtUp() {
		t.Error("want CaughtUp exactly without a Fact")
	}
}
