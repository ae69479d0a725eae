package jetbus

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ewsnats/ewsnats/internal/lease"
)

// CoordinationRecord is a record of EWS_COORD as it is stored.
type CoordinationRecord struct {
	Kind     lease.Kind // member, claim or coverage
	Stage    string     // empty for coverage
	Name     string     // id of the member, unit that is claimed, or group
	Value    []byte     // empty: given up by its writer
	Sequence uint64
	Stored   time.Time // by the server's clock
}

// errComplete ends a reading that has all it wants.
var errComplete = errors.New("everything was read")

// CoordinationSnapshot returns the members and claims of every stage and the
// coverage of every group, in the order in which they were stored. It goes on
// trying until ctx ends.
func (b *Bus) CoordinationSnapshot(ctx context.Context) ([]CoordinationRecord, error) {
	var records []CoordinationRecord
	err := b.persist(ctx, "read the records of coordination", func(ctx context.Context) error {
		newest := make(map[string]CoordinationRecord)
		r := &coordReader{bus: b, filters: []string{b.subjects.Members(""), b.subjects.Claims(""), b.subjects.Coverages()}}
		r.deliver = func(m jetstream.Msg, meta *jetstream.MsgMetadata) error {
			b.collect(newest, m, meta)
			return nil
		}
		r.caughtUp = func(context.Context) error { return errComplete }
		if err := r.read(ctx); !errors.Is(err, errComplete) {
			return err
		}
		records = nil
		for _, record := range newest {
			records = append(records, record)
		}
		return nil
	})
	slices.SortFunc(records, func(x, y CoordinationRecord) int { return cmp.Compare(x.Sequence, y.Sequence) })
	return records, err
}

// collect takes a record down; a marker takes it back. What cannot be read is left out.
func (b *Bus) collect(newest map[string]CoordinationRecord, m jetstream.Msg, meta *jetstream.MsgMetadata) {
	delete(newest, m.Subject())
	if isMarker(m.Headers()) {
		return
	}
	at, err := b.placeOf(m.Subject())
	if err != nil {
		b.cfg.Logger.Error("a record of coordination is left out", "sequence", meta.Sequence.Stream, "error", err)
		return
	}
	newest[m.Subject()] = CoordinationRecord{
		Kind: at.key.Kind, Stage: at.stage, Name: at.key.Name,
		Value: m.Data(), Sequence: meta.Sequence.Stream, Stored: meta.Timestamp,
	}
}
