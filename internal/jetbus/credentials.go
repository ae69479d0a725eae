package jetbus

import (
	"context"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Logins keeps the records of refused logins, one a credential.
type Logins struct{ bus *Bus }

// Logins are the refused logins of every process on this bus.
func (b *Bus) Logins() Logins { return Logins{b} }

// Load returns the record of refused logins of a credential, and its sequence; no
// record and 0 when there is none. It is repeated until the answer is known or ctx
// ends.
func (l Logins) Load(ctx context.Context, credential string) (record []byte, sequence uint64, err error) {
	stored, err := l.bus.newest(ctx, streamCoord, l.bus.subjects.Credential(credential))
	if err != nil || stored == nil {
		return nil, 0, err
	}
	return stored.Data, stored.Sequence, nil
}

// Store replaces the record of refused logins of a credential if the newest has the
// sequence expected (0: there was never one), and reports whether it did. When not,
// another record was stored first, or this one by a try whose answer was lost: load it
// and decide again. It is repeated until the answer is known or ctx ends.
func (l Logins) Store(ctx context.Context, credential string, record []byte, expected uint64) (stored bool, err error) {
	m := nats.NewMsg(l.bus.subjects.Credential(credential))
	m.Data = record
	m.Header.Set(jetstream.ExpectedLastSubjSeqHeader, strconv.FormatUint(expected, 10))
	err = l.bus.persist(ctx, "count a login", func(ctx context.Context) error {
		_, err := l.bus.js.PublishMsg(ctx, m)
		switch {
		case hasCode(err, codeWrongSequence, codeWrongSequenceOnR3):
			return nil
		case unstorable(err):
			return permanent(err)
		}
		stored = err == nil
		return err
	})
	return stored, err
}
