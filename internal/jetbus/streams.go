package jetbus

import (
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// The streams, by the last part of their names.
const (
	streamMailbox = "MAILBOX"
	streamGroup   = "GROUP"
	streamRegroup = "REGROUP"
	streamEvent   = "EVENT"
	streamCoord   = "COORD"
	streamDLQ     = "DLQ"
)

const (
	duplicateWindow   = 2 * time.Minute
	regroupMaxAge     = 24 * time.Hour
	deadLetterMaxAge  = 30 * 24 * time.Hour
	deadLetterMax     = 256 << 20
	dissolvedGroupTTL = 7 * 24 * time.Hour
	memberMarkerTTL   = time.Minute

	mailboxFactsKept = 16
	groupFactsKept   = 2
)

// streamName is the stream's name below the prefix: EWS_MAILBOX for "ews".
func (c Config) streamName(stream string) string {
	return strings.ToUpper(strings.ReplaceAll(c.Prefix, ".", "_")) + "_" + stream
}

// streams is what must exist.
//
// Direct gets stay off everywhere: with replicas they may be answered by a
// follower, and what is read back here decides.
func (c Config) streams() []jetstream.StreamConfig {
	s := c.subjects()
	return []jetstream.StreamConfig{
		c.stream(streamMailbox, s.Mailboxes(), jetstream.StreamConfig{
			Description:       "what is wanted and what is known of each mailbox",
			MaxMsgsPerSubject: mailboxFactsKept,
		}),
		c.stream(streamGroup, s.Groups(), jetstream.StreamConfig{
			Description:       "who is in each group, by which subscriptions",
			MaxMsgsPerSubject: groupFactsKept,
			AllowMsgTTL:       true,
			AllowRollup:       true, // a dissolved group replaces what its subject held
		}),
		c.stream(streamRegroup, s.Regroups(), jetstream.StreamConfig{
			Description: "subscriptions that died: the subscriber's work",
			Retention:   jetstream.WorkQueuePolicy,
			MaxAge:      regroupMaxAge,
		}),
		c.stream(streamEvent, s.Events(), jetstream.StreamConfig{
			Description: "the events of all mailboxes",
			MaxBytes:    c.eventMaxBytes(),
			MaxAge:      c.EventMaxAge,
		}),
		c.stream(streamCoord, s.Coordination(), jetstream.StreamConfig{
			Description:            "leases, claims, coverage and refused logins",
			MaxMsgsPerSubject:      1,
			AllowMsgTTL:            true,
			AllowRollup:            true,
			SubjectDeleteMarkerTTL: memberMarkerTTL,
		}),
		c.stream(streamDLQ, s.DeadLetters(), jetstream.StreamConfig{
			Description: "messages no one could handle, with the reason",
			MaxBytes:    deadLetterMax,
			MaxAge:      deadLetterMaxAge,
			Duplicates:  deadLetterMaxAge, // a fold that starts again copies nothing twice
		}),
	}
}

// stream completes what all streams have in common.
func (c Config) stream(name, subjects string, cfg jetstream.StreamConfig) jetstream.StreamConfig {
	cfg.Name = c.streamName(name)
	cfg.Subjects = []string{subjects}
	cfg.Storage = jetstream.FileStorage
	cfg.Discard = jetstream.DiscardOld
	cfg.Replicas = c.Replicas
	if cfg.MaxMsgsPerSubject == 0 {
		cfg.MaxMsgsPerSubject = -1
	}
	if cfg.MaxBytes == 0 {
		cfg.MaxBytes = -1
	}
	if cfg.Duplicates == 0 {
		cfg.Duplicates = duplicateWindow
	}
	return cfg
}

func (c Config) eventMaxBytes() int64 {
	if c.EventMaxBytes == 0 {
		return defaultEventMaxBytes
	}
	return c.EventMaxBytes
}
