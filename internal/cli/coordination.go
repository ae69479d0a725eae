package cli

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/ewsnats/ewsnats/internal/app"
	"github.com/ewsnats/ewsnats/internal/jetbus"
	"github.com/ewsnats/ewsnats/internal/lease"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// stageOfGroups is the stage whose units are groups.
const stageOfGroups = app.StageStreamer

// kindCoverage is the kind of the records of coverage.
const kindCoverage lease.Kind = "coverage"

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
			records, err := bus.CoordinationSnapshot(ctx)
			for _, record := range records {
				c.applyRecord(record)
			}
			return c, err
		}
		c.applyGroup(r)
	}
	return nil, ctx.Err()
}

// applyRecord takes a record of coordination. One that cannot be read is left out.
func (c *cluster) applyRecord(r jetbus.CoordinationRecord) {
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

// leased is a record as the lease package reads it.
func leased(r jetbus.CoordinationRecord) lease.Record {
	return lease.Record{Key: lease.Key{Kind: r.Kind, Name: r.Name}, Value: r.Value, Sequence: r.Sequence}
}

func (c *cluster) applyMember(r jetbus.CoordinationRecord) error {
	value, err := lease.DecodeMember(leased(r))
	if err != nil || value.Gone {
		return err
	}
	m := member{Stage: r.Stage, ID: r.Name, State: memberLive, Host: value.Host, PID: value.PID, Since: value.Since}
	if value.Leaving {
		m.State = memberLeaving
	}
	c.members = append(c.members, m)
	return nil
}

func (c *cluster) applyClaim(r jetbus.CoordinationRecord) error {
	value, err := lease.DecodeClaim(leased(r))
	if err != nil {
		return err
	}
	c.claims = append(c.claims, claim{Stage: r.Stage, Unit: r.Name, Owner: value.Owner, Since: value.Since, To: value.To, Opened: value.Opened})
	return nil
}
