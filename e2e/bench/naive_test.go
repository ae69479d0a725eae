package bench

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	wmjetstream "github.com/ThreeDotsLabs/watermill-nats/v2/pkg/jetstream"
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// naive is the way without this project: each connection is decoded by encoding/xml,
// and each event published by Watermill's publisher, which waits for the answer.
// What to publish is given to it: it need not encode.
type naive struct {
	b         *testing.B
	exchange  *server
	publisher message.Publisher
	work      []chan []*message.Message // by group: what is to be published next
	done      sync.WaitGroup
}

// naivePrefix is as long as the pipeline's.
const naivePrefix = "wml"

func newNaive(b *testing.B, p *pipeline, groups int) *naive {
	b.Helper()
	openBus(b, p.natsURL, naivePrefix)
	publisher, err := wmjetstream.NewPublisher(wmjetstream.PublisherConfig{URL: p.natsURL})
	must(b, err)
	n := &naive{b: b, publisher: publisher, exchange: p.exchange}
	b.Cleanup(func() { publisher.Close() })
	for group := range groups {
		work := make(chan []*message.Message)
		n.work = append(n.work, work)
		request, err := http.NewRequest(http.MethodPost, string(p.exchange.url("http")), strings.NewReader("<GetStreamingEvents/>"))
		must(b, err)
		request.Header.Set("X-AnchorMailbox", naiveAnchor(group))
		answer, err := http.DefaultTransport.RoundTrip(request)
		must(b, err)
		b.Cleanup(func() { answer.Body.Close(); close(work) })
		go n.read(xml.NewDecoder(answer.Body), work)
	}
	return n
}

func naiveAnchor(group int) string { return fmt.Sprintf("naive-%d@contoso.com", group) }

// run has a part of the streams written and waits until it is stored.
func (n *naive) run(streams [][][]byte, events []messages.Event) cost {
	const each = roundEvents / naiveShare
	lists := make([][]*message.Message, len(streams))
	for group := range lists {
		own := slices.DeleteFunc(slices.Clone(events), func(e messages.Event) bool { return e.Meta().Group != groupID(group) })
		for _, m := range encoded(n.b, naivePrefix, own[:each]) {
			lists[group] = append(lists[group], forWatermill(m))
		}
	}
	n.done.Add(len(streams))
	spent := begin()
	for group, envelopes := range streams {
		n.work[group] <- lists[group]
		n.exchange.feed(naiveAnchor(group)) <- slices.Concat(envelopes[:len(envelopes)/naiveShare]...)
	}
	n.done.Wait()
	return spent(each * len(streams))
}

// read decodes a stream and publishes for each event the next message of the work.
func (n *naive) read(decoder *xml.Decoder, work <-chan []*message.Message) {
	for list := range work {
		for len(list) > 0 {
			var e naiveEnvelope
			if err := decoder.Decode(&e); err != nil {
				n.b.Error(err)
				return
			}
			for range e.events() {
				m := list[0]
				list = list[1:]
				if err := n.publisher.Publish(m.Metadata.Get(subjectKey), m); err != nil {
					n.b.Error(err)
				}
			}
		}
		n.done.Done()
	}
}

// subjectKey is where a message for Watermill carries its topic.
const subjectKey = "subject"

func forWatermill(m messages.Message) *message.Message {
	out := message.NewMessage(watermill.NewUUID(), m.Data)
	for name, values := range m.Header {
		out.Metadata.Set(name, values[0])
	}
	out.Metadata.Set(subjectKey, m.Subject)
	return out
}

// naiveEnvelope is what is to be known of an envelope, as one writes it for encoding/xml.
type naiveEnvelope struct {
	Messages []struct {
		ResponseClass    string              `xml:"ResponseClass,attr"`
		ResponseCode     string              `xml:"ResponseCode"`
		ConnectionStatus string              `xml:"ConnectionStatus"`
		Notifications    []naiveNotification `xml:"Notifications>Notification"`
	} `xml:"Body>GetStreamingEventsResponse>ResponseMessages>GetStreamingEventsResponseMessage"`
}

type naiveNotification struct {
	SubscriptionID string       `xml:"SubscriptionId"`
	MoreEvents     bool         `xml:"MoreEvents"`
	NewMail        []naiveEvent `xml:"NewMailEvent"`
	Created        []naiveEvent `xml:"CreatedEvent"`
	Modified       []naiveEvent `xml:"ModifiedEvent"`
	Deleted        []naiveEvent `xml:"DeletedEvent"`
	Moved          []naiveEvent `xml:"MovedEvent"`
	Copied         []naiveEvent `xml:"CopiedEvent"`
}

type naiveEvent struct {
	TimeStamp      time.Time `xml:"TimeStamp"`
	ItemID         naiveID   `xml:"ItemId"`
	FolderID       naiveID   `xml:"FolderId"`
	ParentFolderID naiveID   `xml:"ParentFolderId"`
}

type naiveID struct {
	ID        string `xml:"Id,attr"`
	ChangeKey string `xml:"ChangeKey,attr"`
}

func (e *naiveEnvelope) events() []naiveEvent {
	var all []naiveEvent
	for _, m := range e.Messages {
		for _, n := range m.Notifications {
			all = append(all, slices.Concat(n.NewMail, n.Created, n.Modified, n.Deleted, n.Moved, n.Copied)...)
		}
	}
	return all
}
