package jetbus

import (
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// acks publishes a lane's messages and tells their fates: an acknowledgement, a
// refusal, none in time, or a connection lost meanwhile. It does what nats.go's
// asynchronous publishing does without a timer, a future and reflection for each
// message, and repeats nothing: that is the lane's.
type acks struct {
	nc      *nats.Conn
	settled *settlements
	timeout time.Duration
	replies string // what the reply subjects begin with

	mu           sync.Mutex
	subscription *nats.Subscription // nil before the first message
	number       uint64
	waiting      map[uint64]waitingAck // by what their reply subjects end with
}

type waitingAck struct {
	attempt *nats.Msg
	sent    time.Time
}

func newAcks(nc *nats.Conn, settled *settlements, timeout time.Duration) *acks {
	return &acks{nc: nc, settled: settled, timeout: timeout, replies: nc.NewInbox() + ".", waiting: make(map[uint64]waitingAck)}
}

// publish sends a message. Its fate comes later, unless there is an error.
func (a *acks) publish(attempt *nats.Msg) error {
	number, err := a.expect(attempt)
	if err != nil {
		return err
	}
	var reply [64]byte
	attempt.Reply = string(strconv.AppendUint(append(reply[:0], a.replies...), number, 10))
	if err := a.nc.PublishMsg(attempt); err != nil {
		if _, waits := a.take(number); waits {
			return err
		} // else its fate is told: the connection was lost meanwhile
	}
	return nil
}

// expect makes a place for the answer to a message.
func (a *acks) expect(attempt *nats.Msg) (number uint64, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.subscription == nil {
		if a.subscription, err = a.nc.Subscribe(a.replies+"*", a.answered); err != nil {
			return 0, err
		}
	}
	a.number++
	a.waiting[a.number] = waitingAck{attempt, time.Now()}
	return a.number, nil
}

func (a *acks) take(number uint64) (*nats.Msg, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w, waits := a.waiting[number]
	delete(a.waiting, number)
	return w.attempt, waits
}

// answered takes an answer. One that comes too late is not expected any more.
func (a *acks) answered(m *nats.Msg) {
	number, err := strconv.ParseUint(strings.TrimPrefix(m.Subject, a.replies), 10, 64)
	if err != nil {
		return
	}
	attempt, waits := a.take(number)
	if !waits {
		return
	}
	if ack, err := ackOf(m); err != nil {
		a.settled.failed(attempt, err)
	} else {
		a.settled.acked(attempt, ack)
	}
}

// noResponders is the status of an answer that nobody gave.
const noResponders = "503"

func ackOf(m *nats.Msg) (jetstream.PubAck, error) {
	if len(m.Data) == 0 && m.Header.Get("Status") == noResponders {
		return jetstream.PubAck{}, jetstream.ErrNoStreamResponse
	}
	if ack, ok := plainAck(m.Data); ok {
		return ack, nil
	}
	var answer struct {
		jetstream.PubAck
		Error *jetstream.APIError `json:"error"`
	}
	switch err := json.Unmarshal(m.Data, &answer); {
	case err != nil || answer.Error == nil && answer.Stream == "":
		return jetstream.PubAck{}, jetstream.ErrInvalidJSAck
	case answer.Error != nil:
		return jetstream.PubAck{}, answer.Error
	}
	return answer.PubAck, nil
}

// plainAck reads what almost all answers are: {"stream":"NAME","seq":NUMBER}.
func plainAck(data []byte) (jetstream.PubAck, bool) {
	rest, begins := strings.CutPrefix(string(data), `{"stream":"`)
	stream, rest, isAck := strings.Cut(rest, `","seq":`)
	number, ends := strings.CutSuffix(rest, "}")
	sequence, err := strconv.ParseUint(number, 10, 64)
	special := func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }
	if !begins || !isAck || !ends || err != nil || number[0] == '0' || stream == "" || strings.ContainsFunc(stream, special) {
		return jetstream.PubAck{}, false
	}
	return jetstream.PubAck{Stream: stream, Sequence: sequence}, true
}

// watch fails what waits for too long, and all that waits when the connection is
// lost, until stop is closed.
func (a *acks) watch(stop <-chan struct{}) {
	lost := a.nc.StatusChanged(nats.RECONNECTING, nats.CLOSED)
	defer a.nc.RemoveStatusListener(lost)
	look := time.NewTicker(min(watchInterval, a.timeout/4))
	defer look.Stop()
	for {
		select {
		case now := <-look.C:
			a.fail(jetstream.ErrAsyncPublishTimeout, now.Add(-a.timeout))
		case _, open := <-lost:
			a.fail(nats.ErrDisconnected, time.Now())
			if !open {
				lost = nil
			}
		case <-stop:
			a.end()
			return
		}
	}
}

func (a *acks) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.subscription != nil {
		_ = a.subscription.Unsubscribe() // of a connection that is closed there is none
	}
}

// fail gives up what was sent before a time.
func (a *acks) fail(err error, before time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for number, w := range a.waiting {
		if !w.sent.After(before) {
			delete(a.waiting, number)
			a.settled.failed(w.attempt, err)
		}
	}
}
