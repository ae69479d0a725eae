package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ewsnats/ewsnats/internal/app"
	"github.com/ewsnats/ewsnats/internal/jetbus"
	"github.com/ewsnats/ewsnats/internal/lease"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// stageOfGroups is the stage whose units are groups.
const stageOfGroups = app.StageStreamer

// kindCoverage is the kind of the records of coverage.
const kindCoverage lease.Kind = "coverage"

// coordinationRecord is a record of the coordination stream as it is stored.
type coordinationRecord struct {
	Kind  lease.Kind
	Stage string
	Name  string // id of a member, name of a unit or of a group
	Value []byte // empty: there is none any more
}

// readCluster reads everything that is stored about who does what.
func readCluster(ctx context.Context, bus *jetbus.Bus) (*cluster, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c := newCluster()
	feed, err := bus.Groups(ctx)
	if err != nil {
		return nil, err
	}
	for r := range feed {
		if r.CaughtUp() {
			return c, c.readCoordination(ctx, bus)
		}
		c.applyGroup(r)
	}
	return nil, ctx.Err()
}

// readCoordination reads the coverage of each group.
func (c *cluster) readCoordination(ctx context.Context, bus *jetbus.Bus) error {
	for id := range c.groups {
		coverage, ok, err := bus.Coverage(ctx, id)
		if err != nil {
			return err
		}
		if ok {
			c.coverages[id] = coverage
		}
	}
	return nil
}

// applyRecord takes a record of coordination. One that cannot be read is left out.
func (c *cluster) applyRecord(r coordinationRecord) {
	if len(r.Value) == 0 {
		return
	}
	var err error
	switch r.Kind {
	case lease.KindMember:
		err = c.applyMember(r)
	case lease.KindClaim:
		err = c.applyClaim(r)
	case kindCoverage:
		var coverage messages.Coverage
		if err = json.Unmarshal(r.Value, &coverage); err == nil {
			c.coverages[messages.GroupID(r.Name)] = coverage
		}
	}
	if err != nil {
		c.problems = append(c.problems, fmt.Errorf("the record of %s %s %s: %w", r.Kind, r.Stage, r.Name, err))
	}
}

func (c *cluster) applyMember(r coordinationRecord) error {
	var value struct {
		Host    string    `json:"host"`
		PID     int       `json:"pid"`
		Since   time.Time `json:"since"`
		Leaving bool      `json:"leaving"`
		Gone    bool      `json:"gone"` // the process left, or was found dead
	}
	if err := json.Unmarshal(r.Value, &value); err != nil || value.Gone {
		return err
	}
	m := member{Stage: r.Stage, ID: r.Name, State: memberLive, Host: value.Host, PID: value.PID, Since: value.Since}
	if value.Leaving {
		m.State = memberLeaving
	}
	c.members = append(c.members, m)
	return nil
}

func (c *cluster) applyClaim(r coordinationRecord) error {
	var value struct {
		Owner  string    `json:"owner"`
		Since  time.Time `json:"since"`
		To     string    `json:"to"`
		Opened bool      `json:"opened"`
	}
	if err := json.Unmarshal(r.Value, &value); err != nil {
		return err
	}
	c.claims = append(c.claims, claim{Stage: r.Stage, Unit: r.Name, Owner: value.Owner, Since: value.Since, To: value.To, Opened: value.Opened})
	return nil
}
