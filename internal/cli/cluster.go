package cli

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// member is a process of a stage, as its record says.
type member struct {
	Stage string    `json:"stage"`
	ID    string    `json:"id"`
	State string    `json:"state"` // one of those below
	Units int       `json:"units"` // that it owns
	Host  string    `json:"host,omitempty"`
	PID   int       `json:"pid,omitempty"`
	Since time.Time `json:"since,omitzero"`
}

// The states of members.
const (
	memberLive    = "live"
	memberLeaving = "leaving" // hands over what it has
	memberGone    = "gone"    // dead, and not all that it owned has been taken over yet
)

// claim is who owns a unit of a stage, as its record says.
type claim struct {
	Stage  string
	Unit   string
	Owner  string
	Since  time.Time // when the owner became it
	To     string    // who it is handed over to; empty: no one
	Opened bool      // that one has begun
}

// cluster is what all processes have stored about their work.
type cluster struct {
	members   []member
	claims    []claim
	coverages map[messages.GroupID]messages.Coverage
	groups    map[messages.GroupID]messages.GroupSubscribed
	roster    *ewsaffinity.Roster
	problems  []error // records that could not be read, and are left out
}

func newCluster() *cluster {
	return &cluster{coverages: map[messages.GroupID]messages.Coverage{},
		groups: map[messages.GroupID]messages.GroupSubscribed{}, roster: ewsaffinity.NewRoster()}
}

// applyGroup takes a group's message, in the order of the stream.
func (c *cluster) applyGroup(r messages.Recorded) {
	c.roster.Apply(r)
	if g, ok := r.Fact.(messages.GroupSubscribed); ok {
		c.groups[g.Group] = g
	}
}

// processes are the members by stage and id, with the number of their units.
func (c *cluster) processes() []member {
	type key struct{ stage, id string }
	units := map[key]int{}
	for _, claim := range c.claims {
		if claim.Owner != "" {
			units[key{claim.Stage, claim.Owner}]++
		}
	}
	all := slices.Clone(c.members)
	for i, m := range all {
		all[i].Units = units[key{m.Stage, m.ID}]
		delete(units, key{m.Stage, m.ID})
	}
	for k, n := range units {
		all = append(all, member{Stage: k.stage, ID: k.id, State: memberGone, Units: n})
	}
	slices.SortFunc(all, func(a, b member) int { return cmp.Or(cmp.Compare(a.Stage, b.Stage), cmp.Compare(a.ID, b.ID)) })
	return all
}

// groupState is what is true of a group.
type groupState struct {
	Group      messages.GroupID    `json:"group"`
	URL        messages.Endpoint   `json:"externalEwsUrl"`
	Grouping   messages.Grouping   `json:"groupingInformation"`
	Generation messages.Generation `json:"generation"`
	Revision   messages.Revision   `json:"revision"`
	Mailboxes  int                 `json:"mailboxes"`

	Owner  string    `json:"owner"` // id of the streamer; empty: none
	Since  time.Time `json:"since,omitzero"`
	To     string    `json:"to,omitempty"` // who it is handed over to
	Opened bool      `json:"opened,omitempty"`

	Covered   time.Time `json:"coveredUntil,omitzero"` // Exchange's time; zero: there is no record
	Behind    int       `json:"behind"`                // mailboxes that are covered up to an earlier time only, or not at all
	Connected time.Time `json:"connectedSince,omitzero"`

	Hosts   map[string]int `json:"hosts"`   // mailbox servers that the subscription ids name, with their numbers
	Unnamed int            `json:"unnamed"` // ids that name none
}

// streamed are the groups that have members, by name.
func (c *cluster) streamed() []groupState {
	owners := map[string]claim{}
	for _, claim := range c.claims {
		if claim.Stage == stageOfGroups {
			owners[claim.Unit] = claim
		}
	}
	var states []groupState
	for _, id := range slices.Sorted(maps.Keys(c.groups)) {
		members := c.roster.Members(id)
		if len(members) == 0 {
			continue
		}
		g, owner := c.groups[id], owners[string(id)]
		s := groupState{Group: id, URL: g.URL, Grouping: g.Grouping, Generation: g.Generation, Revision: g.Revision,
			Mailboxes: len(members), Owner: owner.Owner, Since: owner.Since, To: owner.To, Opened: owner.Opened, Hosts: map[string]int{}}
		s.cover(c.coverages[id], members)
		for _, subscription := range members {
			if host, ok := subscription.ID.Host(); ok {
				s.Hosts[host]++
			} else {
				s.Unnamed++
			}
		}
		states = append(states, s)
	}
	return states
}

func (s *groupState) cover(c messages.Coverage, members map[messages.Address]messages.Subscription) {
	s.Covered, s.Connected = c.Until, c.Opened
	for mailbox := range members {
		if until, ok := c.Of(mailbox); !ok || until.Before(c.Until) {
			s.Behind++
		}
	}
}
