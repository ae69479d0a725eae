package ewssoap

import (
	"fmt"
	"net/http"
	"strconv"
)

// request is an operation ready to be sent.
type request struct {
	op     string // the operation
	answer string // local name of the element that answers it
	url    string
	header http.Header // what this operation sends beyond the headers of every request
	body   []byte
}

// ewsRequest frames an operation of Exchange Web Services.
func (c *Client) ewsRequest(op string, call Call, operation func(*xmlWriter)) request {
	w := new(xmlWriter)
	w.buf.WriteString(`<?xml version="1.0" encoding="utf-8"?>` + "\n")
	w.open("s:Envelope", "xmlns:s", soapNamespace, "xmlns:t", typesNamespace, "xmlns:m", messagesNamespace)
	w.open("s:Header")
	w.empty("t:RequestServerVersion", "Version", c.version)
	w.impersonation(call.Impersonate)
	w.close("s:Header")
	w.open("s:Body")
	operation(w)
	w.close("s:Body")
	w.close("s:Envelope")
	return request{op: op, answer: op + "Response", url: call.URL, header: call.Affinity.header(), body: w.buf.Bytes()}
}

// impersonation writes the header that makes Exchange act as address, and charge it (office-developer-exchange-docs,
// "Impersonation and EWS").
func (w *xmlWriter) impersonation(address string) {
	if address == "" {
		return
	}
	w.open("t:ExchangeImpersonation")
	w.open("t:ConnectingSID")
	w.text("t:SmtpAddress", address)
	w.close("t:ConnectingSID")
	w.close("t:ExchangeImpersonation")
}

// folders writes a list of folder ids.
func (w *xmlWriter) folders(element string, ids []FolderID) {
	w.open(element)
	for _, id := range ids {
		switch {
		case id.Mailbox != "":
			w.open("t:DistinguishedFolderId", "Id", id.Distinguished)
			w.open("t:Mailbox")
			w.text("t:EmailAddress", id.Mailbox)
			w.close("t:Mailbox")
			w.close("t:DistinguishedFolderId")
		case id.Distinguished != "":
			w.empty("t:DistinguishedFolderId", "Id", id.Distinguished)
		default:
			w.empty("t:FolderId", "Id", id.ID)
		}
	}
	w.close(element)
}

// folderShape asks for ids and the given properties.
func (w *xmlWriter) folderShape(properties []Property) {
	w.open("m:FolderShape")
	w.text("t:BaseShape", "IdOnly")
	if len(properties) > 0 {
		w.open("t:AdditionalProperties")
		for _, p := range properties {
			w.empty("t:ExtendedFieldURI", "PropertyTag", "0x"+strconv.FormatUint(uint64(p.Tag), 16), "PropertyType", p.Type)
		}
		w.close("t:AdditionalProperties")
	}
	w.close("m:FolderShape")
}

func (id FolderID) check() error {
	if (id.Distinguished == "") == (id.ID == "") {
		return fmt.Errorf("a folder must have one of Distinguished and ID, have %q and %q", id.Distinguished, id.ID)
	}
	if id.Mailbox != "" && id.Distinguished == "" {
		return fmt.Errorf("folder %q names the mailbox %q: only a distinguished folder can", id.ID, id.Mailbox)
	}
	return nil
}

func checkFolders(ids []FolderID) error {
	for _, id := range ids {
		if err := id.check(); err != nil {
			return err
		}
	}
	return nil
}

// refuse reports a request that cannot be sent.
func refuse(op string, err error) error {
	return &Error{Op: op, Code: ConditionRequest, Text: err.Error()}
}
