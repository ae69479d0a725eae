package exchangesim

import (
	"strconv"
	"time"
)

// frame writes the envelopes of a stream in the shape of Exchange. Their shape is that of public captures of Exchange 2010 to 2016 and Office
// 365: no declaration, an unprefixed root, nothing between two of them.
type frame struct{ head, tail string }

// envelope is one envelope and the events in it.
type envelope struct {
	body       []byte
	deliveries []delivery
}

func newFrame(v ServerVersion) frame {
	return frame{
		head: `<Envelope xmlns="` + nsSOAP + `"><soap11:Header xmlns:soap11="` + nsSOAP + `"><ServerVersionInfo` + xsiXSD +
			v.attributes() + ` xmlns="` + nsTypes + `" /></soap11:Header><soap11:Body xmlns:soap11="` + nsSOAP +
			`"><m:GetStreamingEventsResponse` + xsiXSD + ` xmlns:t="` + nsTypes + `" xmlns:m="` + nsMessages +
			`"><m:ResponseMessages><m:GetStreamingEventsResponseMessage ResponseClass="`,
		tail: `</m:GetStreamingEventsResponseMessage></m:ResponseMessages></m:GetStreamingEventsResponse></soap11:Body></Envelope>`,
	}
}

const noError = `Success"><m:ResponseCode>NoError</m:ResponseCode>`

// status is the envelope that opens a stream, keeps it alive or ends it.
func (f frame) status(status string) envelope {
	x := &xmlBuffer{}
	return envelope{body: x.raw(f.head, noError).element("m:ConnectionStatus", status).raw(f.tail).b}
}

// errors is an envelope for each notice; the last one carries the status if there is one.
func (f frame) errors(notices []notice, status string) []envelope {
	var envelopes []envelope
	for i, n := range notices {
		x := &xmlBuffer{}
		x.raw(f.head, `Error">`)
		n.head(x)
		if len(n.ids) > 0 {
			x.raw(`<m:ErrorSubscriptionIds>`)
			for _, id := range n.ids {
				x.element("m:SubscriptionId", id)
			}
			x.raw(`</m:ErrorSubscriptionIds>`)
		}
		if i == len(notices)-1 && status != "" {
			x.element("m:ConnectionStatus", status)
		}
		envelopes = append(envelopes, envelope{body: x.raw(f.tail).b})
	}
	return envelopes
}

// notifications is one envelope with a Notification for each delivery, or none without deliveries.
func (f frame) notifications(deliveries []delivery) []envelope {
	if len(deliveries) == 0 {
		return nil
	}
	x := &xmlBuffer{b: make([]byte, 0, sizeOf(deliveries))}
	x.raw(f.head, noError, `<m:Notifications>`)
	for _, d := range deliveries {
		x.raw(`<m:Notification>`).element("t:SubscriptionId", d.sub.ID)
		for _, e := range d.events {
			e.render(x)
		}
		x.raw(`</m:Notification>`)
	}
	x.raw(`</m:Notifications>`, f.tail)
	return []envelope{{body: x.b, deliveries: deliveries}}
}

// sizeOf is about the size of an envelope, to make its buffer once.
func sizeOf(deliveries []delivery) int {
	size := 1024
	for _, d := range deliveries {
		size += 128 + 700*len(d.events)
	}
	return size
}

// statusEvents is a heartbeat with a StatusEvent for each id.
func (f frame) statusEvents(st *stream) envelope {
	x := &xmlBuffer{}
	x.raw(f.head, noError, `<m:Notifications>`)
	for _, sub := range st.inOrder() {
		x.raw(`<m:Notification>`).element("t:SubscriptionId", sub.ID).raw(`<t:StatusEvent /></m:Notification>`)
	}
	return envelope{body: x.raw(`</m:Notifications>`, f.tail).b}
}

// render writes the event without watermark, as real streams do.
func (e *event) render(x *xmlBuffer) { e.renderWith(x, "") }

// renderWith writes the event in the order of types.xsd, with a watermark unless it is empty.
func (e *event) renderWith(x *xmlBuffer, watermark string) {
	x.raw("<t:", e.Type, ">")
	if watermark != "" {
		x.element("t:Watermark", watermark)
	}
	x.raw("<t:TimeStamp>")
	x.b = e.At.UTC().AppendFormat(x.b, time.RFC3339)
	x.raw("</t:TimeStamp>")
	if e.folder != nil {
		x.id("t:FolderId", e.FolderID, e.folder.changeKey())
	} else {
		x.id("t:ItemId", e.ItemID, e.itemKey)
	}
	if e.parent != nil {
		x.id("t:ParentFolderId", e.ParentFolderID, e.parent.changeKey())
	}
	if e.oldParent != nil {
		if e.folder != nil {
			x.id("t:OldFolderId", e.OldFolderID, e.folder.changeKey())
		} else {
			x.id("t:OldItemId", e.OldItemID, e.itemKey)
		}
		x.id("t:OldParentFolderId", e.OldParentFolderID, e.oldParent.changeKey())
	}
	if e.UnreadCount != nil {
		x.element("t:UnreadCount", strconv.Itoa(*e.UnreadCount))
	}
	x.raw("</t:", e.Type, ">")
}
