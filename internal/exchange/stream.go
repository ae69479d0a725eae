package exchange

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/ewsnats/ewsnats/internal/streamer"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Open opens a GetStreamingEvents connection. It impersonates the anchor, so that
// each group has a budget of its own ("Maintain affinity …", step 7).
func (a *Adapter) Open(ctx context.Context, place messages.Place, ids []messages.SubscriptionID) (streamer.Stream, error) {
	r := ewssoap.StreamRequest{TimeoutMinutes: a.timeout(), Silence: a.cfg.Silence}
	for _, id := range ids {
		r.SubscriptionIDs = append(r.SubscriptionIDs, string(id))
	}
	call := a.groupCall(a.replaced.in(place), place.Anchor)
	call.Label = string(place.Group) // it is about all of its mailboxes
	var s *ewssoap.Stream
	err := a.loggedIn(ctx, func() (err error) {
		s, err = a.client.GetStreamingEvents(ctx, call, r)
		return err
	})
	if err != nil {
		return nil, a.fault(ewsaffinity.OpStream, "", err)
	}
	a.replaced.note(place, messages.Cookie(cookie(s.Meta().ExchangeCookie)))
	return &stream{adapter: a, stream: s}, nil
}

// timeout spreads the ends of connections that were opened together.
func (a *Adapter) timeout() int {
	return a.cfg.TimeoutMin + int(a.cfg.Random()*float64(a.cfg.TimeoutMax-a.cfg.TimeoutMin+1))
}

type stream struct {
	adapter *Adapter
	stream  *ewssoap.Stream
}

// Opened is Exchange's time of the answer; zero: it gives none.
func (s *stream) Opened() time.Time { return date(s.stream.Meta()) }

// Close cuts the connection.
func (s *stream) Close() error { return s.stream.Close() }

// Next waits for an envelope.
func (s *stream) Next() (streamer.Envelope, error) {
	envelope, err := s.stream.Next()
	switch {
	case errors.Is(err, io.EOF):
		return streamer.Envelope{Closed: true}, nil
	case err != nil:
		return streamer.Envelope{}, s.adapter.fault(ewsaffinity.OpStream, "", err)
	}
	out := streamer.Envelope{Forbidden: envelope.Forbidden}
	for _, m := range envelope.Messages {
		out.Notifications = slices.Grow(out.Notifications, len(m.Notifications))
		for _, n := range m.Notifications {
			out.Notifications = append(out.Notifications, notification(n))
		}
		if f := s.messageFault(m); f != nil {
			out.Faults = append(out.Faults, f)
		}
		out.Closed = out.Closed || m.ConnectionStatus == "Closed"
	}
	return out, nil
}

// codeUnnamed stands for ids that a server lists as failed without a code.
const codeUnnamed = "ErrorInvalidSubscription"

// messageFault is what a message says about subscriptions. Its class decides, or an
// error's code in a success, or that it names failed ids; its text never does.
func (s *stream) messageFault(m ewssoap.StreamMessage) *ewsaffinity.Fault {
	codeless := m.ResponseCode == "" || m.ResponseCode == "NoError"
	harmless := m.ResponseClass == "Warning" || m.ResponseClass != "Error" && codeless
	if harmless && len(m.ErrorSubscriptionIDs) == 0 {
		return nil
	}
	f := &ewsaffinity.Fault{Op: ewsaffinity.OpStream, Code: ewsaffinity.Code(clip(m.ResponseCode, longestCode)), Text: clip(m.MessageText, longestText),
		BackOff: min(m.BackOff, longestHint), RequestID: requestID(s.stream.Meta())}
	if codeless {
		f.Code = codeUnnamed
	}
	for _, id := range m.ErrorSubscriptionIDs {
		f.Died = append(f.Died, messages.SubscriptionID(id))
	}
	return f
}

func notification(n ewssoap.Notification) streamer.Notification {
	out := streamer.Notification{Subscription: messages.SubscriptionID(n.SubscriptionID), More: n.MoreEvents}
	out.Events = slices.Grow(out.Events, len(n.Events))
	for _, e := range n.Events {
		if notice, ok := noticeOf(e); ok {
			out.Events = append(out.Events, notice)
		}
	}
	return out
}

// noticeOf is an event in the stage's terms; a StatusEvent is none.
func noticeOf(e ewssoap.Event) (streamer.Notice, bool) {
	verb, ok := verbs[e.Type]
	if !ok {
		return streamer.Notice{}, false
	}
	object := messages.ObjectItem
	if e.ItemID.ID == "" {
		object = messages.ObjectFolder
	}
	return streamer.Notice{
		Name: string(e.Type), Kind: messages.Kind{Object: object, Verb: verb}, Time: e.TimeStamp,
		Item: ref(e.ItemID), Folder: ref(e.FolderID), Parent: ref(e.ParentFolderID),
		OldItem: ref(e.OldItemID), OldFolder: ref(e.OldFolderID), OldParent: ref(e.OldParentFolderID),
		UnreadCount: e.UnreadCount,
	}, true
}

var verbs = map[ewssoap.EventType]messages.Verb{
	ewssoap.CopiedEvent:          messages.VerbCopied,
	ewssoap.CreatedEvent:         messages.VerbCreated,
	ewssoap.DeletedEvent:         messages.VerbDeleted,
	ewssoap.ModifiedEvent:        messages.VerbModified,
	ewssoap.MovedEvent:           messages.VerbMoved,
	ewssoap.NewMailEvent:         messages.VerbNewMail,
	ewssoap.FreeBusyChangedEvent: messages.VerbFreeBusyChanged,
}

func ref(id ewssoap.ID) *messages.Ref {
	if id.ID == "" {
		return nil
	}
	return &messages.Ref{ID: id.ID, ChangeKey: id.ChangeKey}
}
