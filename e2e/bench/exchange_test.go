package bench

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// server is a scripted Exchange. It answers every request with a stream that opens,
// and then writes what is fed to it by its anchor, as fast as that is read, and a
// heartbeat every 15 s.
type server struct {
	listener net.Listener
	mu       sync.Mutex
	feeds    map[string]chan []byte // by X-AnchorMailbox
}

// feed is what the streams with an anchor are fed by.
func (x *server) feed(anchor string) chan []byte {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.feeds[anchor] == nil {
		x.feeds[anchor] = make(chan []byte)
	}
	return x.feeds[anchor]
}

const heartbeatEvery = 15 * time.Second

// serve takes connections until the listener is closed.
func (x *server) serve() {
	for {
		c, err := x.listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			_ = x.stream(c) // whoever hung up has had enough
		}()
	}
}

func (x *server) stream(c net.Conn) error {
	request, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, request.Body); err != nil {
		return err
	}
	head := "HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nTransfer-Encoding: chunked\r\nDate: " +
		time.Now().UTC().Format(http.TimeFormat) + "\r\n\r\n"
	if _, err := c.Write(append([]byte(head), alive()...)); err != nil {
		return err
	}
	beats := time.NewTicker(heartbeatEvery)
	defer beats.Stop()
	feed := x.feed(request.Header.Get("X-AnchorMailbox"))
	for {
		var next []byte
		select {
		case next = <-feed:
		case <-beats.C:
			next = alive()
		}
		if _, err := c.Write(next); err != nil {
			return err
		}
	}
}

// envelope is one chunk of a stream.
func envelope(content string) []byte {
	body := `<?xml version="1.0" encoding="utf-8"?><soap11:Envelope xmlns:soap11="http://schemas.xmlsoap.org/soap/envelope/"><soap11:Header>` +
		`<ServerVersionInfo MajorVersion="15" MinorVersion="2" MajorBuildNumber="1544" MinorBuildNumber="4" xmlns="http://schemas.microsoft.com/exchange/services/2006/types" />` +
		`</soap11:Header><soap11:Body><m:GetStreamingEventsResponse xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"` +
		` xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><m:ResponseMessages>` +
		`<m:GetStreamingEventsResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>` + content +
		`</m:GetStreamingEventsResponseMessage></m:ResponseMessages></m:GetStreamingEventsResponse></soap11:Body></soap11:Envelope>`
	return fmt.Appendf(nil, "%x\r\n%s\r\n", len(body), body)
}

// alive is the envelope that opens a stream, and the heartbeat.
func alive() []byte { return envelope(`<m:ConnectionStatus>OK</m:ConnectionStatus>`) }

// happened is an event that is to be told.
type happened struct {
	group, mailbox, number int
	at                     time.Time
}

// told is an envelope with a notification for every event.
func told(events []happened) []byte {
	var content strings.Builder
	content.WriteString(`<m:Notifications>`)
	for _, e := range events {
		fmt.Fprintf(&content, `<m:Notification><t:SubscriptionId>%s</t:SubscriptionId><t:MoreEvents>false</t:MoreEvents>`+
			`<t:NewMailEvent><t:TimeStamp>%s</t:TimeStamp><t:ItemId Id="%s" ChangeKey="CQAAAA==" />`+
			`<t:ParentFolderId Id="%s" ChangeKey="AQAAAA==" /></t:NewMailEvent></m:Notification>`,
			subscription(e.group, e.mailbox), e.at.UTC().Format(time.RFC3339), itemID(e.group, e.mailbox, e.number), folderID(e.group, e.mailbox, 0))
	}
	content.WriteString(`</m:Notifications>`)
	return envelope(content.String())
}

// anchor is the header by which a group's stream is known.
func anchor(group int) string { return string(mailbox(group, 0)) }

// listenAsExchange makes a server on a free port, which does not serve yet.
func listenAsExchange() (*server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	return &server{listener: listener, feeds: map[string]chan []byte{}}, err
}

// url is the server's for a scheme.
func (x *server) url(scheme string) messages.Endpoint {
	return messages.Endpoint(scheme + "://" + x.listener.Addr().String() + "/EWS/Exchange.asmx")
}
