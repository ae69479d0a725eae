package ewssoap

import (
	"bytes"
	"slices"
)

// declarations stand in front of envelopes and change nothing.
var declarations = [][]byte{[]byte(`<?xml version="1.0" encoding="utf-8"?>`), []byte(`<?xml version="1.0"?>`)}

// envelope reads the next envelope if it is a plain answer to GetStreamingEvents, to the same effect as
// [decoder.envelope]. If it is not, envelope returns nil and has consumed nothing.
func (s *scanner) envelope() *Envelope {
	s.begin()
	defer s.forget()
	if !s.root() || !s.is("Envelope") || !s.inside("Body") || !s.child() || !s.is("GetStreamingEventsResponse") {
		return nil
	}
	for s.child() {
		if s.is("ResponseMessages") {
			s.responses()
		} else {
			s.skip()
		}
	}
	for s.depth > 0 && !s.odd { // what else is in Body and Envelope
		s.child()
	}
	if s.odd || len(s.messages) == 0 || int64(s.pos) > s.src.limit {
		return nil
	}
	s.src.consume(s.pos)
	return &Envelope{Messages: taken(&s.messages)}
}

// root moves into the root element, past white space, byte order marks and declarations.
func (s *scanner) root() bool {
	for !s.odd {
		s.run(inSpace)
		if s.at() == 0xef {
			_ = s.expect(0xef) && s.expect(0xbb) && s.expect(0xbf)
			continue
		}
		from := s.pos
		if s.expect('<') && s.at() != '?' {
			return s.start()
		}
		s.declaration(from)
	}
	return false
}

// declaration passes over the declaration that begins at from.
func (s *scanner) declaration(from int) {
	for s.at() != '>' {
		if s.at() == 0 || s.pos-from > len(declarations[0]) {
			s.odd = true
			return
		}
		s.pos++
	}
	s.pos++
	s.odd = !slices.ContainsFunc(declarations, func(known []byte) bool { return bytes.EqualFold(known, s.buf[from:s.pos]) })
}

// inside moves into the next child of that name, past others.
func (s *scanner) inside(local string) bool {
	for s.child() {
		if s.is(local) {
			return true
		}
		s.skip()
	}
	return false
}

func (s *scanner) responses() {
	for s.child() {
		if s.is("GetStreamingEventsResponseMessage") {
			s.messages = append(s.messages, s.message())
		} else {
			s.skip()
		}
	}
}

func (s *scanner) message() StreamMessage {
	m := StreamMessage{}
	for _, a := range s.attrs[:s.count] {
		if string(s.buf[a.name.local:a.name.to]) == "ResponseClass" {
			m.ResponseClass = s.texts.of(s.bytes(a.value))
		}
	}
	for s.child() {
		switch string(s.local()) {
		case "ResponseCode":
			m.ResponseCode = s.string()
		case "MessageText":
			m.MessageText = s.string()
		case "ConnectionStatus":
			m.ConnectionStatus = s.string()
		case "Notifications":
			for s.inside("Notification") {
				s.notifications = append(s.notifications, s.notification())
			}
		case "ErrorSubscriptionIds":
			for s.inside("SubscriptionId") {
				m.ErrorSubscriptionIDs = append(m.ErrorSubscriptionIDs, s.string())
			}
		case "MessageXml": // rare, and of many forms
			s.odd = true
		default:
			s.skip()
		}
	}
	m.Notifications = taken(&s.notifications)
	return m
}

func (s *scanner) notification() Notification {
	n := Notification{}
	for s.child() {
		switch string(s.local()) {
		case "SubscriptionId":
			n.SubscriptionID = s.string()
		case "MoreEvents":
			n.MoreEvents = isTrue(string(s.text()))
		default:
			if kind, known := eventTypes[string(s.local())]; known {
				s.events = append(s.events, Event{Type: kind})
				s.event(&s.events[len(s.events)-1])
			} else {
				s.skip()
			}
		}
	}
	n.Events = taken(&s.events)
	return n
}

func (s *scanner) event(e *Event) {
	for s.child() {
		switch string(s.local()) {
		case "TimeStamp":
			e.TimeStamp = s.texts.time(s.text())
		case "ItemId":
			s.id(&e.ItemID)
		case "FolderId":
			s.id(&e.FolderID)
		case "ParentFolderId":
			s.id(&e.ParentFolderID)
		case "OldItemId":
			s.id(&e.OldItemID)
		case "OldFolderId":
			s.id(&e.OldFolderID)
		case "OldParentFolderId":
			s.id(&e.OldParentFolderID)
		case "UnreadCount":
			e.UnreadCount = countOf(string(s.text()))
		default:
			s.skip()
		}
	}
}

// id reads what the current element names.
func (s *scanner) id(into *ID) {
	for _, a := range s.attrs[:s.count] {
		switch string(s.buf[a.name.local:a.name.to]) {
		case "Id":
			into.ID = s.texts.of(s.bytes(a.value))
		case "ChangeKey":
			into.ChangeKey = s.texts.of(s.bytes(a.value))
		}
	}
	s.skip()
}

func (s *scanner) is(local string) bool { return string(s.local()) == local }

// string returns the text of the current element, and leaves it.
func (s *scanner) string() string { return s.texts.of(s.text()) }

// taken returns a copy of what was gathered, nil if nothing, and empties it for the next.
func taken[T any](gathered *[]T) []T {
	if len(*gathered) == 0 {
		return nil
	}
	out := slices.Clone(*gathered)
	emptied(gathered)
	return out
}

// emptied drops what was gathered, and its room too if it is more than usual.
func emptied[T any](gathered *[]T) {
	const usual = 256
	clear(*gathered)
	*gathered = (*gathered)[:0]
	if cap(*gathered) > usual {
		*gathered = nil
	}
}
