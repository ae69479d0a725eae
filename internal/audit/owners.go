package audit

import (
	"fmt"
	"slices"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// Claim is a record of who owns a group, as it was stored.
type Claim struct {
	Group    string
	Owner    string // member id; empty: the group is free
	Life     uint64 // tells the runs of a member apart
	Token    uint64 // of the ownership: grows from owner to owner
	To       string // the member it is offered to
	Sequence uint64 // of the store
	At       time.Time
}

// Deed is what only the owner of a group may do.
type Deed struct {
	Group  string
	Member string
	What   string // for people
	At     time.Time
}

// Outage is a fault that a test made.
type Outage struct {
	What     string // for people
	Member   string // the member that was killed, or frozen for longer than its lease; empty: none
	Store    bool   // the claims could not be read or written
	From, To time.Time
}

// Ownership is what is known of who owned which group when.
type Ownership struct {
	Claims      []Claim // in the order in which they were stored
	Connections []exchangesim.Connection
	Deeds       []Deed
	Member      func(agent string) string // the member that a connection's Agent names; empty: none
	Group       map[string]string         // of each subscription id
	Outages     []Outage
	Until       time.Time // when the watching ended
}

// Owners is the outcome. What follows Disturbed must be empty.
type Owners struct {
	Claims      int             // records
	Connections int             // of members
	Takeovers   []time.Duration // from each death of an owner to the next claim of each of its groups, sorted
	Disturbed   []time.Duration // the same, where the store was away or another member died meanwhile

	Intruders []string // connections of members that were neither owner nor offered successor
	Usurped   []string // deeds of members that were not the owner
	Lingering []string // connections that outlived their member's part in the group
	Tokens    []string // tokens or sequences that did not grow
	Orphans   []string // groups of dead members that no one claimed
}

// Sound reports whether nothing is wrong.
func (o Owners) Sound() bool {
	return o.rivals()+len(o.Tokens)+len(o.Orphans) == 0
}

// rivals is how often a group had two owners at once.
func (o Owners) rivals() int { return len(o.Intruders) + len(o.Usurped) + len(o.Lingering) }

// Bounds of what is excused.
const (
	// Stale is how old a member's knowledge may be when its request arrives.
	Stale = time.Second
	// Goodbye is how long an old owner may read after its part ended: it waits 10 s for
	// the in-band end.
	Goodbye = 15 * time.Second
)

// CheckOwners compares the claims with the connections.
func CheckOwners(o Ownership) Owners {
	groups := map[string]*tenure{}
	report := Owners{Claims: len(o.Claims)}
	for _, c := range o.Claims {
		t, ok := groups[c.Group]
		if !ok {
			t = &tenure{}
			groups[c.Group] = t
		}
		t.take(c, &report)
	}
	for _, c := range o.Connections {
		member := o.Member(c.Agent)
		if member == "" {
			continue
		}
		report.Connections++
		for _, group := range o.groupsOf(c) {
			o.judge(c, member, group, groups[group], &report)
		}
	}
	for _, d := range o.Deeds {
		if t := groups[d.Group]; !t.part(Claim.owner, d.Member, d.At.Add(-Stale), d.At.Add(Stale)) {
			report.Usurped = append(report.Usurped, fmt.Sprintf("%s of %s for group %s, %s, while %s",
				d.What, d.Member, d.Group, d.At.Format(time.StampMilli), t.at(d.At)))
		}
	}
	for _, outage := range o.Outages {
		for group, t := range groups {
			o.succession(outage, group, t, &report)
		}
	}
	slices.Sort(report.Takeovers)
	slices.Sort(report.Disturbed)
	slices.Sort(report.Orphans)
	return report
}

// groupsOf are the groups whose subscriptions a connection carries.
func (o Ownership) groupsOf(c exchangesim.Connection) []string {
	var groups []string
	for _, id := range c.IDs {
		if group, ok := o.Group[id]; ok && !slices.Contains(groups, group) {
			groups = append(groups, group)
		}
	}
	return groups
}

// judge holds a connection against the claims on a group that it carries.
func (o Ownership) judge(c exchangesim.Connection, member, group string, t *tenure, report *Owners) {
	if !t.part(Claim.names, member, c.Opened.Add(-Stale), c.Opened.Add(Stale)) {
		report.Intruders = append(report.Intruders, fmt.Sprintf("connection %d of %s for group %s, opened %s, while %s",
			c.Number, member, group, c.Opened.Format(time.StampMilli), t.at(c.Opened)))
		return
	}
	ended := c.Ended
	if ended.IsZero() {
		ended = o.Until
	}
	over, ok := t.lost(member, c.Opened)
	if !ok {
		return
	}
	for _, outage := range o.Outages { // who is frozen cannot close
		if outage.Member == member && !outage.From.After(over) && outage.To.After(over) {
			over = outage.To
		}
	}
	if late := ended.Sub(over); late > Goodbye {
		report.Lingering = append(report.Lingering, fmt.Sprintf("connection %d of %s for group %s was open for %.1f s after %s",
			c.Number, member, group, late.Seconds(), t.at(over)))
	}
}

// Quantile is the value below which a share of sorted durations lies; 0 of none.
func Quantile(sorted []time.Duration, share float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}

// succession measures how long a group waited for an owner after the death of its own.
func (o Ownership) succession(dead Outage, group string, t *tenure, report *Owners) {
	before, after := t.around(dead.From)
	if dead.Member == "" || before.Owner != dead.Member {
		return
	}
	switch {
	case after.Owner == "":
		report.Orphans = append(report.Orphans, fmt.Sprintf("group %s of %s, dead since %s", group, dead.Member, dead.From.Format(time.StampMilli)))
	case o.disturbed(dead, after.At):
		report.Disturbed = append(report.Disturbed, after.At.Sub(dead.From))
	default:
		report.Takeovers = append(report.Takeovers, after.At.Sub(dead.From))
	}
}

// disturbed reports whether another fault stood in the way of a takeover.
func (o Ownership) disturbed(dead Outage, until time.Time) bool {
	return slices.ContainsFunc(o.Outages, func(other Outage) bool {
		return other != dead && (other.Store || other.Member != "") && other.From.Before(until) && other.To.After(dead.From)
	})
}

// String is the report in a few lines.
func (o Owners) String() string {
	s := fmt.Sprintf("claims %d, connections %d, claims taken over: %s; with another fault meanwhile: %s; two owners at once %d",
		o.Claims, o.Connections, spread(o.Takeovers), spread(o.Disturbed), o.rivals())
	return s + cases([]wrong{{"intruder", o.Intruders}, {"usurper", o.Usurped}, {"lingering", o.Lingering}, {"token", o.Tokens}, {"orphan", o.Orphans}})
}

// spread is how sorted durations lie.
func spread(sorted []time.Duration) string {
	return fmt.Sprintf("%d, p50 %.1f s, p95 %.1f s, max %.1f s", len(sorted),
		Quantile(sorted, 0.5).Seconds(), Quantile(sorted, 0.95).Seconds(), Quantile(sorted, 1).Seconds())
}
