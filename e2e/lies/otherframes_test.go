package lies

import (
	"fmt"
	"strings"
	"time"
)

const declaration = `<?xml version="1.0" encoding="UTF-8"?>`

// otherEnvelope frames a body as the other server does.
func otherEnvelope(body string) string {
	return `<SOAP:Envelope xmlns:SOAP="http://schemas.xmlsoap.org/soap/envelope/"><SOAP:Header>` +
		`<t:ServerVersionInfo xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" MajorVersion="15" MinorVersion="0"/>` +
		`</SOAP:Header><SOAP:Body>` + body + `</SOAP:Body></SOAP:Envelope>`
}

// otherAnswer is the answer to an operation with one response message for each content.
func otherAnswer(op, class string, contents ...string) string {
	var b strings.Builder
	for _, content := range contents {
		fmt.Fprintf(&b, `<m:%sResponseMessage ResponseClass="%s">%s</m:%sResponseMessage>`, op, class, content, op)
	}
	return otherEnvelope(fmt.Sprintf(`<m:%sResponse %s><m:ResponseMessages>%s</m:ResponseMessages></m:%sResponse>`, op, namespaces, b.String(), op))
}

// otherMessage is a message of a stream. Its lists are there also when they are empty,
// and failed ids are in no namespace.
func otherMessage(bad []string, status, notifications string) string {
	class, result, ids := "Success", code("NoError"), "<m:ErrorSubscriptionIds/>"
	if len(bad) > 0 {
		class, result = "Error", "<m:MessageText>no such subscription</m:MessageText>"+code("ErrorInvalidSubscription")+"<m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>"
		ids = "<m:ErrorSubscriptionIds><SubscriptionId>" + strings.Join(bad, "</SubscriptionId><SubscriptionId>") + "</SubscriptionId></m:ErrorSubscriptionIds>"
	}
	told := "<m:Notifications/>"
	if notifications != "" {
		told = "<m:Notifications>" + notifications + "</m:Notifications>"
	}
	return otherAnswer(opStream, class, result+told+ids+"<m:ConnectionStatus>"+status+"</m:ConnectionStatus>")
}

// otherNotification brings events of a subscription; one without any is a sign of life.
func otherNotification(id string, events []string, more bool) string {
	if len(events) == 0 {
		events = []string{"<t:StatusEvent/>"}
	}
	return fmt.Sprintf("<m:Notification><t:SubscriptionId>%s</t:SubscriptionId><t:MoreEvents>%t</t:MoreEvents>%s</m:Notification>", id, more, strings.Join(events, ""))
}

// otherEvent is an event that happens now, of an item, or of the folder itself. Its ids
// have no ChangeKey.
func otherEvent(name, item, folder string) string {
	refs := `<t:ItemId Id="` + item + `"/><t:ParentFolderId Id="` + folder + `"/>`
	if item == "" {
		refs = `<t:FolderId Id="` + folder + `"/><t:ParentFolderId Id="root"/><t:UnreadCount>1</t:UnreadCount>`
	}
	return "<t:" + name + "><t:TimeStamp>" + time.Now().UTC().Format("2006-01-02T15:04:05.000000000Z") + "</t:TimeStamp>" + refs + "</t:" + name + ">"
}

// otherFault has its code in faultcode alone, and comes with 200.
func otherFault(errorCode string) []act {
	return otherReply(otherEnvelope("<SOAP:Fault><faultcode>" + errorCode + "</faultcode><faultstring>O-17: not allowed</faultstring></SOAP:Fault>"))
}

// otherReply is a whole answer, without Date.
func otherReply(body string) []act {
	body = declaration + body
	return []act{raw(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n", len(body)) + body)}
}
