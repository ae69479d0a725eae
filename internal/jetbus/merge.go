package jetbus

import (
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// mergeStream is what a stream that exists must become: ours in what the program
// relies on, the wider of both in its limits, and as it is in all else.
func mergeStream(have, want jetstream.StreamConfig) (jetstream.StreamConfig, error) {
	if have.Retention != want.Retention {
		return have, permanent(fmt.Errorf("stream %s has retention %s, needed is %s, and NATS cannot change it: move its messages away and delete it, or use another nats.prefix",
			want.Name, have.Retention, want.Retention))
	}
	if have.Storage != want.Storage {
		return have, permanent(fmt.Errorf("stream %s is kept in %s, needed is %s, and NATS cannot change it: delete it, or use another nats.prefix",
			want.Name, have.Storage, want.Storage))
	}
	merged := have
	merged.Subjects = want.Subjects
	merged.Discard = want.Discard
	merged.AllowMsgTTL = have.AllowMsgTTL || want.AllowMsgTTL
	merged.AllowRollup = have.AllowRollup || want.AllowRollup
	merged.AllowDirect = want.AllowDirect
	merged.SubjectDeleteMarkerTTL = max(have.SubjectDeleteMarkerTTL, want.SubjectDeleteMarkerTTL)
	merged.Duplicates = max(have.Duplicates, want.Duplicates)
	merged.Replicas = max(have.Replicas, want.Replicas)
	merged.MaxBytes = widerLimit(have.MaxBytes, want.MaxBytes)
	merged.MaxAge = widerLimit(have.MaxAge, want.MaxAge)
	merged.MaxMsgsPerSubject = widerLimit(have.MaxMsgsPerSubject, want.MaxMsgsPerSubject)
	return merged, nil
}

// widerLimit is the greater limit, where zero and less mean none.
func widerLimit[N ~int64](a, b N) N {
	if a <= 0 || b <= 0 {
		return min(a, b)
	}
	return max(a, b)
}
