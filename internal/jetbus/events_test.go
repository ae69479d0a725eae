package jetbus

import (
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

func TestFollowEventsFrom(t *testing.T) {
	b, _ := fresh(t)
	lane := b.NewLane()
	ctx := limited(t)
	_, err := lane.Publish(ctx, newMails(anna, 1, 3))
	must(t, err)
	between := storedEvents(t, b)[2].Stored.Add(time.Nanosecond)
	_, err = lane.Publish(ctx, newMails(anna, 4, 5))
	must(t, err)

	tests := []struct {
		name string
		from From
		want []messages.Sequence
	}{
		{"the beginning", From{}, []messages.Sequence{1, 2, 3, 4, 5}},
		{"a sequence", From{Sequence: 3}, []messages.Sequence{3, 4, 5}},
		{"a time", From{Time: between}, []messages.Sequence{4, 5}},
		{"now", From{New: true}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			feed, err := b.FollowEvents(limited(t), nil, tt.from)
			must(t, err)
			var got []messages.Sequence
			for e := receive(t, feed, "event"); e.Event != nil; e = receive(t, feed, "event") {
				got = append(got, e.Event.Meta().Sequence)
				expect(t, "stream sequence", uint64(e.Event.Meta().Sequence), e.Sequence)
			}
			expect(t, "before the mark", tt.want, got)
		})
	}
}

func TestFollowEventsFilters(t *testing.T) {
	b, _ := fresh(t)
	ctx := limited(t)
	deleted := newMail(anna, 2)
	deleted.What.Verb = messages.VerbDeleted
	calendar := newMail(bert, 1)
	calendar.Folder = messages.FolderCalendar
	fabrikam := newMail("carl@fabrikam.com", 1)
	_, err := b.NewLane().Publish(ctx, []messages.Event{newMail(anna, 1), deleted, calendar, fabrikam})
	must(t, err)

	tests := []struct {
		name    string
		filters []messages.EventFilter
		want    []uint64
	}{
		{"none", nil, []uint64{1, 2, 3, 4}},
		{"one mailbox", []messages.EventFilter{{Mailbox: anna}}, []uint64{1, 2}},
		{"one domain", []messages.EventFilter{{Domain: "fabrikam.com"}}, []uint64{4}},
		{"one inside another", []messages.EventFilter{{Mailbox: anna}, {Domain: "contoso.com"}}, []uint64{1, 2, 3}},
		{"apart", []messages.EventFilter{{Mailbox: bert}, {Domain: "fabrikam.com"}}, []uint64{3, 4}},
		{"overlapping", []messages.EventFilter{{Verb: messages.VerbDeleted}, {Folder: messages.FolderCalendar}}, []uint64{2, 3}},
		{"twice the same", []messages.EventFilter{{Mailbox: bert}, {Mailbox: bert}}, []uint64{3}},
		{"nothing", []messages.EventFilter{{Mailbox: "nobody@contoso.com"}}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			feed, err := b.FollowEvents(limited(t), tt.filters, From{})
			must(t, err)
			var got []uint64
			for e := receive(t, feed, "event"); e.Event != nil; e = receive(t, feed, "event") {
				got = append(got, e.Sequence)
			}
			expect(t, "selected", tt.want, got)
		})
	}
}

func TestEventsOfUnknownTypes(t *testing.T) {
	b, _ := fresh(t)
	ctx := limited(t)
	subject := b.subjects.Event(messages.Kind{Object: messages.ObjectMailbox, Verb: "renamed"}, messages.FolderNone, anna)
	_, err := b.js.PublishMsg(ctx, &nats.Msg{Subject: subject, Header: nats.Header{"ce-type": {"ewsnats.mailbox.renamed.v1"}}})
	must(t, err)
	var unknown *messages.UnknownTypeError
	if _, ok, err := b.Last(ctx, anna); ok || !errors.As(err, &unknown) {
		t.Errorf("last event: %v, %v; want UnknownTypeError", ok, err)
	}
	_, err = b.NewLane().Publish(ctx, newMails(anna, 1, 1))
	must(t, err)
	expect(t, "delivered", 1, len(storedEvents(t, b)))
}
