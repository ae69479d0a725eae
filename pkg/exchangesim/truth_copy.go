package exchangesim

import "maps"

// truth copies what happened, so that the reader may keep it.
func (o *organisation) truth() Truth {
	t := Truth{
		Changes:       append([]Change{}, o.changes.latest()...),
		Writes:        append([]Write{}, o.writes.latest()...),
		Requests:      append([]Request{}, o.requests.latest()...),
		Events:        make([]Event, 0, len(o.events.latest())),
		Subscriptions: make([]Subscription, 0, len(o.everySub.latest())),
		Connections:   make([]Connection, 0, len(o.connections.latest())),
	}
	for _, e := range o.events.latest() {
		t.Events = append(t.Events, e.Event)
	}
	for _, s := range o.everySub.latest() {
		t.Subscriptions = append(t.Subscriptions, *s)
	}
	for _, c := range o.connections.latest() {
		t.Connections = append(t.Connections, *c)
	}
	return t
}

func (o *organisation) totals() Counts {
	c := o.counts
	c.Connections, c.Subscriptions = len(o.streams), len(o.subscriptions)
	c.Requests = maps.Clone(c.Requests)
	return c
}
