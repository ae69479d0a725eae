package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ewsnats/ewsnats/internal/audit"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// coordination is what a test sees of EWS_COORD, as it is stored.
type coordination struct {
	mu      sync.Mutex
	claims  []audit.Claim            // of streamers
	others  map[string][]audit.Claim // of the other stages
	newest  map[string]audit.Claim
	deeds   []audit.Deed
	members map[string]member // by subject
	changed time.Time         // when a claim or the membership did
}

// member is the record of a process of a stage.
type member struct {
	stage string
	ID    string `json:"id"`
	PID   int    `json:"pid"`
	Gone  bool   `json:"gone"`
}

// watchCoordination follows the records until the test ends.
func watchCoordination(t *testing.T, url string) *coordination {
	t.Helper()
	c := &coordination{others: map[string][]audit.Claim{}, newest: map[string]audit.Claim{}, members: map[string]member{}}
	connection, err := nats.Connect(url, nats.MaxReconnects(-1), nats.Name("e2e"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(connection.Close)
	js, err := jetstream.New(connection)
	if err != nil {
		t.Fatal(err)
	}
	consumer, err := js.OrderedConsumer(t.Context(), "EWS_COORD", jetstream.OrderedConsumerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	reading, err := consumer.Consume(func(m jetstream.Msg) {
		meta, err := m.Metadata()
		if err != nil {
			t.Error(err)
			return
		}
		c.take(strings.Split(m.Subject(), "."), m.Data(), meta)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(reading.Stop)
	return c
}

// take notes one record. One that cannot be read is as good as none.
func (c *coordination) take(subject []string, data []byte, meta *jetstream.MsgMetadata) {
	c.mu.Lock()
	defer c.mu.Unlock()
	name, err := messages.ParseToken(subject[len(subject)-1])
	switch kind := subject[2]; {
	case err != nil:
	case kind == "member":
		m, before := member{stage: subject[3]}, c.members[strings.Join(subject, ".")]
		json.Unmarshal(data, &m)
		place := strings.Join(subject, ".")
		if m.ID == "" || m.Gone {
			m = member{}
			delete(c.members, place)
		} else {
			c.members[place] = m
		}
		if m != before {
			c.changed = meta.Timestamp
		}
	case kind == "claim":
		newest := claimOf(name, data, meta)
		if stage := subject[3]; stage != "streamer" {
			c.others[stage] = append(c.others[stage], newest)
			return
		}
		c.claims, c.newest[name], c.changed = append(c.claims, newest), newest, meta.Timestamp
	case kind == "coverage":
		var coverage messages.Coverage
		if json.Unmarshal(data, &coverage); coverage.Owner != "" {
			c.deeds = append(c.deeds, audit.Deed{Group: name, Member: coverage.Owner, What: "coverage record", At: meta.Timestamp})
		}
	}
}

// claimOf reads the record of a unit.
func claimOf(unit string, data []byte, meta *jetstream.MsgMetadata) audit.Claim {
	var claim struct {
		Owner string `json:"owner"`
		Life  uint64 `json:"life"`
		Token uint64 `json:"token"`
		To    string `json:"to"`
	}
	json.Unmarshal(data, &claim)
	if claim.Owner != "" && claim.Token == 0 {
		claim.Token = meta.Sequence.Stream // this record made it the owner
	}
	return audit.Claim{Group: unit, Owner: claim.Owner, Life: claim.Life, Token: claim.Token, To: claim.To,
		Sequence: meta.Sequence.Stream, At: meta.Timestamp}
}

// memberOf is the member id of a process; empty: it has none.
func (c *coordination) memberOf(stage string, pid int) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.members {
		if m.stage == stage && m.PID == pid {
			return m.ID
		}
	}
	return ""
}

// living are the ids of a stage's members, in order.
func (c *coordination) living(stage string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var ids []string
	for _, m := range c.members {
		if m.stage == stage {
			ids = append(ids, m.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// owned counts the groups of each streamer, and those that are free or on their way
// to another.
func (c *coordination) owned() (groups map[string]int, unsettled int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	groups = map[string]int{}
	for _, claim := range c.newest {
		if claim.Owner == "" || claim.To != "" {
			unsettled++
		} else {
			groups[claim.Owner]++
		}
	}
	return groups, unsettled
}

// work copies the claims of a stage that does not stream.
func (c *coordination) work(stage string) []audit.Claim {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.others[stage])
}

// log copies what was seen.
func (c *coordination) log() ([]audit.Claim, []audit.Deed) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.claims), slices.Clone(c.deeds)
}

// claimsOf are the claims that a streamer has now.
func (c *coordination) claimsOf(owner string) []audit.Claim {
	c.mu.Lock()
	defer c.mu.Unlock()
	var claims []audit.Claim
	for _, claim := range c.newest {
		if claim.Owner == owner {
			claims = append(claims, claim)
		}
	}
	return claims
}

// tenure is the claim by which a group got its next owner, and when that changed
// again, or now.
func (c *coordination) tenure(held audit.Claim) (next audit.Claim, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, claim := range c.claims {
		switch {
		case claim.Group != held.Group || claim.Sequence <= held.Sequence:
		case next.Owner == "" && claim.Owner != held.Owner:
			next = claim
		case next.Owner != "":
			return next, claim.At
		}
	}
	return next, time.Now()
}

// story is what was stored of a group between two moments, a line each.
func (c *coordination) story(group string, from, to time.Time) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	lines := ""
	for _, claim := range c.claims {
		if claim.Group == group && claim.At.After(from) && claim.At.Before(to) {
			lines += fmt.Sprintf("  %s owner %q to %q token %d\n", claim.At.Format(time.StampMilli), claim.Owner, claim.To, claim.Token)
		}
	}
	return lines
}

// quiet is how long no claim and no member changed.
func (c *coordination) quiet() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Since(c.changed)
}
