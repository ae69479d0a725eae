package ewsaffinity

import (
	"fmt"
	"hash/fnv"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// MaxGroupSize is the most subscriptions one GetStreamingEvents may carry, and
// so the most mailboxes of a group (Microsoft, "Maintain affinity …").
const MaxGroupSize = 200

// Key is what the mailboxes of a group have in common.
type Key struct {
	URL      messages.Endpoint
	Grouping messages.Grouping
}

// groupID names the n-th group of the key. It is made of the key, so that two
// deciders that plan from the same facts choose the same name and one of them
// loses the compare-and-set.
func (k Key) groupID(n int) messages.GroupID {
	h := fnv.New32a()
	h.Write([]byte(k.URL))
	h.Write([]byte{'\n'})
	h.Write([]byte(k.Grouping))
	return messages.GroupID(fmt.Sprintf("%08x-%d", h.Sum32(), n))
}
