package exchangesim

import (
	"fmt"
	"time"
)

// Item is a message or an appointment as a user sees it.
type Item struct {
	Mailbox  string `json:"mailbox"`
	ID       string `json:"id"`
	FolderID string `json:"folderId"`
	Folder   string `json:"folder"` // the folder's well-known name, or its display name
}

// Folder is a folder as a user sees it.
type Folder struct {
	Mailbox   string `json:"mailbox"`
	ID        string `json:"id"`
	ParentID  string `json:"parentId"`
	Name      string `json:"name"`
	WellKnown string `json:"wellKnown,omitempty"`
}

// Deliver puts a new mail with a generated content into the inbox. Like every method that names a mailbox or a folder it panics when there is
// none of that name.
func (s *Server) Deliver(address string) Item {
	return must(s.deliver(address, nil))
}

// DeliverMIME puts a mail of the client's own making into the inbox: a message of RFC 5322 with its header. A message
// without a readable header is an error, and so is, other than with Deliver, a mailbox that is not there: where mails
// come from outside it may have gone meanwhile.
func (s *Server) DeliverMIME(address string, message []byte) (Item, error) {
	says, err := readMIME(message)
	if err != nil {
		return Item{}, fmt.Errorf("exchangesim: DeliverMIME to %s: %w", address, err)
	}
	return s.deliver(address, says)
}

// Invite has a meeting request arrive in the inbox; the meeting stands in the calendar and waits for Accept.
func (s *Server) Invite(address string) Item {
	return must(s.invite(address))
}

// SaveDraft saves a draft as Outlook does, which raises more than Create.
func (s *Server) SaveDraft(address string) Item {
	return must(s.saveDraft(address))
}

// Create saves a new item in a folder, given by its well-known name, display name or id.
func (s *Server) Create(address, folder string) Item {
	return must(s.create(address, folder))
}

// MarkRead marks an item read, or touches it when it is read already; false when it is gone.
func (s *Server) MarkRead(address, itemID string) bool {
	return must(s.markRead(address, itemID)).ID != ""
}

// Move moves an item, which gets a new id; the zero Item when it is gone.
func (s *Server) Move(address, itemID, toFolder string) Item {
	return must(s.move(address, itemID, toFolder))
}

// Copy copies an item and returns the copy; the zero Item when the item is gone.
func (s *Server) Copy(address, itemID, toFolder string) Item {
	return must(s.copyItem(address, itemID, toFolder))
}

// Delete deletes an item for good; false when it is gone.
func (s *Server) Delete(address, itemID string) bool {
	return must(s.deleteItem(address, itemID)).ID != ""
}

// CreateFolder makes a folder in another one. It panics when there is one of that name.
func (s *Server) CreateFolder(address, parent, name string) Folder {
	return must(s.createFolder(address, parent, name))
}

// Accept accepts the newest meeting that waits for it; without one a meeting appears in the calendar.
func (s *Server) Accept(address string) Item {
	return must(s.accept(address))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// act runs what a user does to a mailbox.
func act[T any](s *Server, address string, do func(*mailbox, time.Time) (T, error)) (T, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	mb, err := s.org.mailbox(address)
	if err != nil {
		return *new(T), err
	}
	return do(mb, s.now())
}

// actOn runs what a user does to an item, unless it is gone.
func actOn(s *Server, address, itemID string, do func(*mailbox, *item, time.Time) (Item, error)) (Item, error) {
	return act(s, address, func(mb *mailbox, now time.Time) (Item, error) {
		it := mb.item(itemID)
		if it == nil {
			return Item{}, nil
		}
		return do(mb, it, now)
	})
}

func (s *Server) deliver(address string, says *content) (Item, error) {
	return act(s, address, func(mb *mailbox, now time.Time) (Item, error) {
		return s.org.deliver(mb, says, now).public(), nil
	})
}

func (s *Server) create(address, name string) (Item, error) {
	return act(s, address, func(mb *mailbox, now time.Time) (Item, error) {
		f, err := mb.folder(name)
		if err != nil {
			return Item{}, err
		}
		return s.org.create(f, nil, now).public(), nil
	})
}

func (s *Server) invite(address string) (Item, error) {
	return act(s, address, func(mb *mailbox, now time.Time) (Item, error) {
		return s.org.invite(mb, now).public(), nil
	})
}

func (s *Server) saveDraft(address string) (Item, error) {
	return act(s, address, func(mb *mailbox, now time.Time) (Item, error) {
		return s.org.saveDraft(mb, now).public(), nil
	})
}

func (s *Server) markRead(address, itemID string) (Item, error) {
	return actOn(s, address, itemID, func(_ *mailbox, it *item, now time.Time) (Item, error) {
		s.org.markRead(it, now)
		return it.public(), nil
	})
}

func (s *Server) move(address, itemID, to string) (Item, error) {
	return actOn(s, address, itemID, func(mb *mailbox, it *item, now time.Time) (Item, error) {
		f, err := mb.folder(to)
		if err != nil {
			return Item{}, err
		}
		return s.org.move(it, f, now).public(), nil
	})
}

func (s *Server) copyItem(address, itemID, to string) (Item, error) {
	return actOn(s, address, itemID, func(mb *mailbox, it *item, now time.Time) (Item, error) {
		f, err := mb.folder(to)
		if err != nil {
			return Item{}, err
		}
		return s.org.copyItem(it, f, now).public(), nil
	})
}

func (s *Server) deleteItem(address, itemID string) (Item, error) {
	return actOn(s, address, itemID, func(_ *mailbox, it *item, now time.Time) (Item, error) {
		s.org.deleteItem(it, now)
		return it.public(), nil
	})
}

func (s *Server) createFolder(address, parent, name string) (Folder, error) {
	return act(s, address, func(mb *mailbox, now time.Time) (Folder, error) {
		p, err := mb.folder(parent)
		if err != nil {
			return Folder{}, err
		}
		f, code := s.org.addFolder(p, name, "IPF.Note", now)
		if code != "" {
			return Folder{}, fmt.Errorf("exchangesim: createfolder %q in %s of %s: %s", name, p.name, mb.address, textOf(code))
		}
		return Folder{Mailbox: mb.address, ID: f.plainID(), ParentID: p.plainID(), Name: name}, nil
	})
}

func (s *Server) accept(address string) (Item, error) {
	return act(s, address, func(mb *mailbox, now time.Time) (Item, error) {
		return s.org.accept(mb, now).public(), nil
	})
}

func (it *item) public() Item {
	name := it.folder.wellKnown
	if name == "" {
		name = it.folder.name
	}
	return Item{Mailbox: it.folder.mailbox.address, ID: it.id, FolderID: it.folder.plainID(), Folder: name}
}
