package ewssoap

import (
	"encoding/xml"
	"errors"
	"strings"
	"time"
)

// Item is an item in an answer (MS-OXWSCORE, ItemType). Everything but Class and ID stands there only if it was asked for
// and the server had it.
type Item struct {
	Class          string // name of the element: Message, CalendarItem, MeetingRequest, Contact, Task and so on
	ID             ID
	ParentFolderID ID
	ItemClass      string // "IPM.Note" and so on
	Subject        string
	Sender         Mailbox // who sent it
	From           Mailbox // on whose behalf
	Received       time.Time
	Created        time.Time
	LastModified   time.Time
	Size           *int // bytes
	IsRead         *bool
	HasAttachments *bool
	Properties     ExtendedProperties
}

// Mailbox names whom an item is from.
type Mailbox struct {
	Name        string
	Address     string
	RoutingType string // SMTP; or EX, where Address is no SMTP address but a name in the directory
}

// wireItem is an item of any kind.
type wireItem struct {
	XMLName        xml.Name
	ID             wireID         `xml:"ItemId"`
	ParentFolderID wireID         `xml:"ParentFolderId"`
	ItemClass      string         `xml:"ItemClass"`
	Subject        string         `xml:"Subject"`
	Sender         wireMailbox    `xml:"Sender>Mailbox"`
	From           wireMailbox    `xml:"From>Mailbox"`
	Received       string         `xml:"DateTimeReceived"`
	Created        string         `xml:"DateTimeCreated"`
	LastModified   string         `xml:"LastModifiedTime"`
	Size           string         `xml:"Size"`
	IsRead         string         `xml:"IsRead"`
	HasAttachments string         `xml:"HasAttachments"`
	Properties     []wireProperty `xml:"ExtendedProperty"`
}

type wireMailbox struct {
	Name        string `xml:"Name"`
	Address     string `xml:"EmailAddress"`
	RoutingType string `xml:"RoutingType"`
}

// wireItems is a list of items in their order.
type wireItems struct {
	Items []wireItem `xml:",any"`
}

func (w *wireItem) item() Item {
	return Item{
		Class: w.XMLName.Local, ID: ID(w.ID), ParentFolderID: ID(w.ParentFolderID),
		ItemClass: strings.TrimSpace(w.ItemClass), Subject: w.Subject, Sender: w.Sender.mailbox(), From: w.From.mailbox(),
		Received: timeOf(w.Received), Created: timeOf(w.Created), LastModified: timeOf(w.LastModified),
		Size: countOf(w.Size), IsRead: boolOf(w.IsRead), HasAttachments: boolOf(w.HasAttachments),
		Properties: properties(w.Properties),
	}
}

func (w wireMailbox) mailbox() Mailbox {
	return Mailbox{Name: w.Name, Address: strings.TrimSpace(w.Address), RoutingType: strings.TrimSpace(w.RoutingType)}
}

// items returns the items that have an id, which are those a caller can ask for.
func (w wireItems) items() []Item {
	var all []Item
	for i := range w.Items {
		if w.Items[i].ID.ID != "" {
			all = append(all, w.Items[i].item())
		}
	}
	return all
}

// boolOf reads an xs:boolean, nil if absent.
func boolOf(text string) *bool {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	b := isTrue(text)
	return &b
}

// items writes a list of item ids, without change keys: those of events are no keys of items, and none is needed to read.
func (w *xmlWriter) items(element string, ids []string) {
	w.open(element)
	for _, id := range ids {
		w.empty("t:ItemId", "Id", id)
	}
	w.close(element)
}

func checkItems(ids []string) error {
	for _, id := range ids {
		if id == "" {
			return errors.New("an item id is empty")
		}
	}
	return nil
}
