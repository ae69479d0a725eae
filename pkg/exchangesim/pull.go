package exchangesim

import (
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strconv"
	"time"
)

// pullLog is what a pull subscription may be asked for: the latest events, whether they were read or not, because a client
// may come again with an older watermark.
type pullLog struct {
	timeout   time.Duration
	events    []*event
	forgotten uint64 // Seq of the latest event that is no longer kept; at first, that of the last event before the subscription
}

// newPullLog reads the Timeout of a pull subscription.
func (c *call) newPullLog(request *node) (*pullLog, *soapFault) {
	minutes, err := strconv.Atoi(request.child(nsTypes, "Timeout").value())
	if err != nil || minutes < 1 || minutes > 1440 {
		return nil, schemaFault("Timeout is not a number from 1 to 1440")
	}
	return &pullLog{timeout: time.Duration(minutes) * c.s.cfg.Minute}, nil
}

// beginAt has a new pull subscription begin at a watermark, empty for now; false if that is not one of the mailbox's, or
// too old.
func (o *organisation) beginAt(sub *subscription, watermark string) bool {
	if watermark == "" {
		sub.pull.forgotten = o.counts.Events
		return true
	}
	seq, ok := sub.mailbox.readWatermark(watermark)
	known := o.events.latest()
	if !ok || seq > o.counts.Events || len(known) > 0 && known[0].Seq > seq+1 {
		return false
	}
	sub.pull.forgotten = seq
	for _, e := range known {
		if e.Seq > seq && e.Mailbox == sub.Mailbox && sub.wants(e) {
			sub.queue(e, o.cfg.QueueLimit)
		}
	}
	return true
}

// add keeps an event, and forgets the oldest half of too many.
func (p *pullLog) add(e *event, limit int) {
	if len(p.events) >= limit {
		half := (len(p.events) + 1) / 2
		p.forgotten = p.events[half-1].Seq
		p.events = slices.Clone(p.events[half:])
	}
	p.events = append(p.events, e)
}

// since returns the events after a watermark; false if some of them are forgotten.
func (p *pullLog) since(seq uint64) ([]*event, bool) {
	i, _ := slices.BinarySearchFunc(p.events, seq+1, func(e *event, seq uint64) int {
		return int(int64(e.Seq) - int64(seq))
	})
	return p.events[i:], seq >= p.forgotten
}

// watermarkSize is that of the watermarks in Microsoft's examples: four bytes, a counter, one byte.
const watermarkSize = 13

// watermark writes the number of an event so that only subscriptions of its mailbox take it back.
func (mb *mailbox) watermark(seq uint64) string {
	b := append(make([]byte, 0, watermarkSize), mb.guid[:4]...)
	return base64.StdEncoding.EncodeToString(append(binary.LittleEndian.AppendUint64(b, seq), 1))
}

func (mb *mailbox) readWatermark(s string) (uint64, bool) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(b) != watermarkSize {
		return 0, false
	}
	seq := binary.LittleEndian.Uint64(b[4:])
	return seq, mb.watermark(seq) == s
}
