package bustest

import (
	"context"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Bus is what the stages use of a bus.
type Bus interface {
	Record(ctx context.Context, facts ...messages.Fact) error
	Decide(ctx context.Context, g messages.GroupSubscribed, expected uint64) (uint64, error)
	Mailboxes(ctx context.Context) (<-chan messages.Recorded, error)
	Groups(ctx context.Context) (<-chan messages.Recorded, error)
	RequestRegroup(ctx context.Context, r messages.RegroupRequested) error
	ServeRegroups(ctx context.Context, served Partitions, handle func(context.Context, messages.RegroupRequested) error) error
	Publish(ctx context.Context, events []messages.Event) ([]uint64, error)
	Epoch(ctx context.Context, mailbox messages.Address) (messages.Epoch, error)
	OpenEpochs(ctx context.Context, openings []messages.MailboxStreaming) ([]messages.Epoch, error)
	Last(ctx context.Context, mailbox messages.Address) (messages.Event, bool, error)
	Folders(ctx context.Context, mailbox messages.Address) (messages.MailboxFolders, bool, error)
	Coverage(ctx context.Context, group messages.GroupID) (messages.Coverage, uint64, error)
	SaveCoverage(ctx context.Context, c messages.Coverage, expected uint64) (uint64, error)
}

// Partitions says which partitions a server of regroup requests serves.
type Partitions = interface {
	Serves(p messages.Partition) bool
	Changed() <-chan struct{}
}

// Run judges the buses that open gives; each is used by one test. Each test runs in
// what in makes for it: [InRealTime], or synctest.Test for a bus that lives in a bubble.
func Run(t *testing.T, in func(*testing.T, func(*testing.T)), open func(t *testing.T) Bus) {
	tests := []struct {
		name string
		test func(t *testing.T, b Bus)
	}{
		{"feed of an empty stream is caught up", feedEmpty},
		{"feed delivers in order, marks once, goes on", feedOrder},
		{"feed keeps the newest facts of a subject", feedRetention},
		{"feed ends with its context", feedEnds},
		{"a fact comes back as it was recorded", recordRoundTrip},
		{"a repeated fact is stored once", recordRepeat},
		{"a fact without an id is refused", recordWithoutID},
		{"decide: first, next, conflict", decideConflict},
		{"decide: one of many wins", decideRace},
		{"decide: one's own decision again", decideRepeat},
		{"decide: a dissolved group replaces its past", decideDissolve},
		{"publish: order, sequences, repeats", publishOrder},
		{"publish: an ended context", publishEnded},
		{"publish: callers side by side keep their order", publishConcurrent},
		{"epochs: first, next, none beside another", epochConflict},
		{"epochs: one of many opens", epochRace},
		{"epochs: one's own opening again", epochRepeat},
		{"last event of a mailbox", lastEvent},
		{"folders of a mailbox", foldersNewest},
		{"coverage is a record", coverageRecord},
		{"coverage: a stale owner does not write it", coverageConflict},
		{"regroup: handled in order, once", regroupOrder},
		{"regroup: an error is tried again", regroupRetry},
		{"regroup: a poisoned request lets others pass", regroupPoison},
		{"regroup: what ended early comes again", regroupInterrupted},
		{"regroup: shared by two, of which one ends", regroupShared},
		{"regroup: only what is ours", regroupOurs},
		{"regroup: handed over in the middle", regroupHandOver},
		{"regroup: what failed after it ceased to be ours", regroupForgiven},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in(t, func(t *testing.T) { tt.test(t, open(t)) })
		})
	}
}

// InRealTime runs a test as it is.
func InRealTime(t *testing.T, test func(*testing.T)) { test(t) }
