package jetbus

import (
	"strings"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// orderingKeys returns what tells the ordering key of a subject: of events and of
// mailbox facts the mailbox, of anything else the subject itself.
func orderingKeys(s messages.Subjects) func(subject string) string {
	events, facts := strings.TrimSuffix(s.Events(), ">"), strings.TrimSuffix(s.Mailboxes(), ">")
	return func(subject string) string {
		if strings.HasPrefix(subject, events) {
			return lastTokens(subject, 2)
		}
		if fact, ok := strings.CutPrefix(subject, facts); ok {
			if end := strings.LastIndexByte(fact, '.'); end > 0 {
				return fact[:end]
			}
		}
		return subject
	}
}

// lastTokens is the end of a subject, n tokens long, or all of it.
func lastTokens(subject string, n int) string {
	for i := len(subject) - 1; i >= 0; i-- {
		if subject[i] != '.' {
			continue
		}
		if n--; n == 0 {
			return subject[i+1:]
		}
	}
	return subject
}
