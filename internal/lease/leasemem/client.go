package leasemem

import (
	"context"
	"errors"
	"time"

	"github.com/ewsnats/ewsnats/internal/lease"
)

var errAway = errors.New("the store is away")

// Client is the store as one process reaches it; it is a [lease.Store]. The switches
// hold until told otherwise.
type Client struct {
	log *Log

	// Under the log's lock.
	outage   bool
	loseAcks bool
	acks     time.Duration
	feed     time.Duration
}

// Outage makes the log unreachable for this client.
func (c *Client) Outage(on bool) { c.set(func() { c.outage = on }) }

// LoseAcks has writes stored, but answered with an error that leaves that open.
func (c *Client) LoseAcks(on bool) { c.set(func() { c.loseAcks = on }) }

// DelayAcks has writes stored at once and answered later.
func (c *Client) DelayAcks(d time.Duration) { c.set(func() { c.acks = d }) }

// DelayFeed has records delivered later.
func (c *Client) DelayFeed(d time.Duration) { c.set(func() { c.feed = d }) }

func (c *Client) set(change func()) {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	change()
	c.log.wake()
}

// Put implements [lease.Store].
func (c *Client) Put(ctx context.Context, key lease.Key, value []byte, expected uint64, ttl time.Duration) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	c.log.mu.Lock()
	away, delay, lost := c.outage || c.log.outage, c.acks, c.loseAcks
	var sequence uint64
	err := errAway
	if !away {
		sequence, err = c.log.put(key, value, expected, ttl)
	}
	c.log.mu.Unlock()
	if err := sleep(ctx, delay); err != nil {
		return 0, err
	}
	if lost {
		return 0, errAway
	}
	return sequence, err
}

// Watch implements [lease.Store]. What is replaced before it is delivered is left out.
func (c *Client) Watch(ctx context.Context) (<-chan lease.Record, error) {
	records := make(chan lease.Record)
	go func() {
		defer close(records)
		c.deliver(ctx, records)
	}()
	return records, nil
}

func (c *Client) deliver(ctx context.Context, records chan<- lease.Record) {
	var at uint64
	for caughtUp := false; ; {
		batch, delay, changed, away := c.next(at)
		if sleep(ctx, delay) != nil {
			return
		}
		if !away && !caughtUp {
			caughtUp = true
			batch = append(batch, lease.Record{})
		}
		for _, r := range batch {
			select {
			case records <- r:
				at = max(at, r.Sequence)
			case <-ctx.Done():
				return
			}
		}
		if len(batch) > 0 {
			continue
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// next is what is to be delivered after a sequence, and how much later.
func (c *Client) next(at uint64) (batch []lease.Record, delay time.Duration, changed <-chan struct{}, away bool) {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	if c.outage || c.log.outage {
		return nil, 0, c.log.changed, true
	}
	return c.log.after(at), c.feed, c.log.changed, false
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
