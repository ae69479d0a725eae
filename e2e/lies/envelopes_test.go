package lies

import (
	"fmt"
	"strings"
	"time"
)

const namespaces = `xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"`

// envelope frames a body as the streams of Exchange do: no declaration, no prefix.
func envelope(body string) string {
	return `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><soap11:Body xmlns:soap11="http://schemas.xmlsoap.org/soap/envelope/">` +
		body + `</soap11:Body></Envelope>`
}

// answer is the answer to an operation with one response message for each content.
func answer(op, class string, contents ...string) string {
	var b strings.Builder
	for _, content := range contents {
		fmt.Fprintf(&b, `<m:%sResponseMessage ResponseClass="%s">%s</m:%sResponseMessage>`, op, class, content, op)
	}
	return envelope(fmt.Sprintf(`<m:%sResponse %s><m:ResponseMessages>%s</m:ResponseMessages></m:%sResponse>`, op, namespaces, b.String(), op))
}

func code(code string) string     { return "<m:ResponseCode>" + code + "</m:ResponseCode>" }
func status(status string) string { return "<m:ConnectionStatus>" + status + "</m:ConnectionStatus>" }

// message is an envelope of a stream.
func message(class string, parts ...string) string {
	return answer(opStream, class, strings.Join(parts, ""))
}

// What streams say.
var (
	okText     = message("Success", code("NoError"), status("OK"))
	closedText = message("Success", code("NoError"), status("Closed"))

	ok     = say(okText)
	closed = say(closedText)
)

// event is one of an item that just happened.
func event(name, item string) string {
	return eventAt(name, time.Now().UTC().Format(time.RFC3339), `<t:ItemId Id="`+item+`" ChangeKey="CQAAAA=="/>`)
}

func eventAt(name, at, refs string) string {
	return "<t:" + name + "><t:TimeStamp>" + at + "</t:TimeStamp>" + refs + `<t:ParentFolderId Id="inbox" ChangeKey="AQAAAA=="/></t:` + name + ">"
}

// notification names a subscription; without events it holds what it is given.
func notification(id string, contents ...string) string {
	return "<m:Notification><t:SubscriptionId>" + id + "</t:SubscriptionId>" + strings.Join(contents, "") + "</m:Notification>"
}

func notifications(n ...string) string {
	return "<m:Notifications>" + strings.Join(n, "") + "</m:Notifications>"
}

// mails are the events of new mails. By the item's name the test knows whose it is:
// one named a.1 is a's, and x's are nobody's.
func mails(items ...string) string {
	var b strings.Builder
	for _, item := range items {
		b.WriteString(event("NewMailEvent", item))
	}
	return b.String()
}

// told is an envelope of notifications.
func told(n ...string) string { return message("Success", code("NoError"), notifications(n...)) }

// mail brings new mails of a subscription.
func mail(id string, items ...string) act {
	return live(func() string { return told(notification(id, mails(items...))) })
}

// failed are subscriptions that an error names.
func failed(ids ...string) string {
	var b strings.Builder
	for _, id := range ids {
		b.WriteString("<m:SubscriptionId>" + id + "</m:SubscriptionId>")
	}
	return "<m:ErrorSubscriptionIds>" + b.String() + "</m:ErrorSubscriptionIds>"
}

// fails is an error in a stream, about the subscriptions named, or all.
func fails(errorCode string, ids ...string) act {
	return say(message("Error", "<m:MessageText>in the server's words</m:MessageText>", code(errorCode), failed(ids...)))
}

// fault is a SOAP fault.
func fault(errorCode, details string) string {
	return envelope(`<soap11:Fault xmlns:soap11="http://schemas.xmlsoap.org/soap/envelope/"><faultcode>a:` + errorCode + `</faultcode><faultstring>in the server's words</faultstring>` +
		`<detail><e:ResponseCode xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">` + errorCode + `</e:ResponseCode>` + details + `</detail></soap11:Fault>`)
}

// value is one that a fault or a message carries besides its code.
func value(name, text string) string {
	return `<t:MessageXml ` + namespaces + `><t:Value Name="` + name + `">` + text + `</t:Value></t:MessageXml>`
}

// honest answers a call as an honest server does. A mailbox's subscription is called
// by its name and a number.
func honest(r *request, made int) []act {
	switch r.op {
	case opSubscribe:
		return reply("200 OK", answer(r.op, "Success", code("NoError")+fmt.Sprintf("<m:SubscriptionId>id-%s-%d</m:SubscriptionId>", r.as, made)))
	case opUnsubscribe:
		return reply("200 OK", answer(r.op, "Success", code("NoError")))
	case opFolders:
		return reply("200 OK", answer(r.op, "Success", folders(r.as+"-folder")...))
	case opDiscover:
		var users []string
		for range r.users {
			users = append(users, place("https://mail.contoso.com/EWS/Exchange.asmx", "Site-A"))
		}
		return settings(users...)
	}
	return stream(ok)
}

// ownerOf reads the mailbox in the name of a subscription: id-a-1 is a's.
func ownerOf(id string) string { return strings.Split(id+"--", "-")[1] }

// folders are the well-known folders of a mailbox.
func folders(name string) []string {
	contents := make([]string, 10)
	for i := range contents {
		contents[i] = folder(fmt.Sprint(name, i))
	}
	return contents
}

func folder(id string) string {
	return code("NoError") + `<m:Folders><t:Folder><t:FolderId Id="` + id + `" ChangeKey="AQAAAA=="/></t:Folder></m:Folders>`
}

// place is what Autodiscover says of a user.
func place(url, grouping string) string {
	setting := func(name, value string) string {
		return `<UserSetting><Name>` + name + `</Name><Value>` + value + `</Value></UserSetting>`
	}
	return `<UserResponse><ErrorCode>NoError</ErrorCode><UserSettings>` + setting("ExternalEwsUrl", url) +
		setting("GroupingInformation", grouping) + `</UserSettings></UserResponse>`
}

// settings is an answer of Autodiscover.
func settings(users ...string) []act {
	return reply("200 OK", envelope(`<GetUserSettingsResponseMessage xmlns="http://schemas.microsoft.com/exchange/2010/Autodiscover"><Response>`+
		`<ErrorCode>NoError</ErrorCode><UserResponses>`+strings.Join(users, "")+`</UserResponses></Response></GetUserSettingsResponseMessage>`))
}
