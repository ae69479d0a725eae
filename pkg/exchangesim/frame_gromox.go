package exchangesim

import "strconv"

// gromoxFrame writes the envelopes of a stream in the shape of gromox 3.10.
type gromoxFrame struct{ head, tail string }

const xmlDeclaration = `<?xml version="1.0" encoding="UTF-8"?>`

// gromoxHead is an envelope up to the content of its body, gromoxTail the rest.
func gromoxHead(v ServerVersion) string {
	return gromoxEnvelope + `<SOAP:Header><t:ServerVersionInfo xmlns:t="` + nsTypes + `"` + v.attributes() + `/></SOAP:Header><SOAP:Body>`
}

const (
	gromoxEnvelope = `<SOAP:Envelope xmlns:SOAP="` + nsSOAP + `"` + xsiXSD + `>`
	gromoxTail     = `</SOAP:Body></SOAP:Envelope>`
)

func newGromoxFrame(v ServerVersion) gromoxFrame {
	return gromoxFrame{
		head: gromoxHead(v) + `<m:GetStreamingEventsResponse xmlns:m="` + nsMessages + `" xmlns:t="` + nsTypes +
			`"><m:ResponseMessages><m:GetStreamingEventsResponseMessage ResponseClass="`,
		tail: `</m:GetStreamingEventsResponseMessage></m:ResponseMessages></m:GetStreamingEventsResponse>` + gromoxTail,
	}
}

func (f gromoxFrame) status(status string) envelope {
	x := &xmlBuffer{}
	x.raw(f.head, noError, `<m:Notifications/><m:ErrorSubscriptionIds/>`).element("m:ConnectionStatus", status)
	return envelope{body: x.raw(f.tail).b}
}

// errors writes ids in no namespace, and a status in any case.
func (f gromoxFrame) errors(notices []notice, status string) []envelope {
	var envelopes []envelope
	for i, n := range notices {
		x := &xmlBuffer{}
		x.raw(f.head, `Error">`)
		n.head(x)
		x.raw(`<m:Notifications/><m:ErrorSubscriptionIds>`)
		for _, id := range n.ids {
			x.element("SubscriptionId", id)
		}
		x.raw(`</m:ErrorSubscriptionIds>`)
		if i < len(notices)-1 || status == "" {
			x.element("m:ConnectionStatus", "OK")
		} else {
			x.element("m:ConnectionStatus", status)
		}
		envelopes = append(envelopes, envelope{body: x.raw(f.tail).b})
	}
	return envelopes
}

func (f gromoxFrame) notifications(deliveries []delivery) []envelope {
	if len(deliveries) == 0 {
		return nil
	}
	x := &xmlBuffer{b: make([]byte, 0, sizeOf(deliveries))}
	x.raw(f.head, noError, `<m:Notifications>`)
	for _, d := range deliveries {
		x.raw(`<m:Notification>`).element("t:SubscriptionId", d.sub.ID).element("t:MoreEvents", strconv.FormatBool(len(d.sub.waiting) > 0))
		for _, e := range d.events {
			e.renderGromox(x)
		}
		if len(d.events) == 0 {
			x.raw(`<t:StatusEvent/>`)
		}
		x.raw(`</m:Notification>`)
	}
	x.raw(`</m:Notifications><m:ErrorSubscriptionIds/><m:ConnectionStatus>OK</m:ConnectionStatus>`, f.tail)
	return []envelope{{body: x.b, deliveries: deliveries}}
}

func (f gromoxFrame) statusEvents(st *stream) envelope {
	return f.notifications(st.withQuiet(nil))[0]
}

// withQuiet adds the stream's subscriptions that have nothing to deliver.
func (st *stream) withQuiet(deliveries []delivery) []delivery {
	busy := map[*subscription]bool{}
	for _, d := range deliveries {
		busy[d.sub] = true
	}
	for _, sub := range st.inOrder() {
		if !busy[sub] {
			deliveries = append(deliveries, delivery{sub: sub})
		}
	}
	return deliveries
}

func (e *event) renderGromox(x *xmlBuffer) {
	x.raw("<t:", e.Type, "><t:TimeStamp>")
	x.b = e.At.UTC().AppendFormat(x.b, "2006-01-02T15:04:05.000000000Z")
	x.raw("</t:TimeStamp>")
	for _, id := range []struct{ name, id string }{
		{"t:FolderId", e.FolderID}, {"t:ItemId", e.ItemID}, {"t:ParentFolderId", e.ParentFolderID},
		{"t:OldItemId", e.OldItemID}, {"t:OldParentFolderId", e.OldParentFolderID},
	} {
		if id.id != "" {
			x.raw("<", id.name, ` Id="`, id.id, `"/>`)
		}
	}
	if e.UnreadCount != nil {
		x.element("t:UnreadCount", strconv.Itoa(*e.UnreadCount))
	}
	x.raw("</t:", e.Type, ">")
}
