package audit

import (
	"fmt"
	"time"
)

// tenure is the story of who owned one group: each record holds until the next.
type tenure struct{ records []Claim }

// take adds a record. One that was delivered again is no news.
func (t *tenure) take(c Claim, report *Owners) {
	n := len(t.records)
	if n == 0 {
		t.records = append(t.records, c)
		return
	}
	last := t.records[n-1]
	switch {
	case c == last:
		return
	case c.Sequence <= last.Sequence:
		report.Tokens = append(report.Tokens, fmt.Sprintf("group %s: record %d after %d", c.Group, c.Sequence, last.Sequence))
	case c.Owner != "" && t.newest() > 0 && changes(t.owned(), c) && c.Token <= t.newest():
		report.Tokens = append(report.Tokens, fmt.Sprintf("group %s: %s became owner with token %d after %d", c.Group, c.Owner, c.Token, t.newest()))
	case c.Owner != "" && !changes(t.owned(), c) && c.Owner == last.Owner && c.Token != t.newest():
		report.Tokens = append(report.Tokens, fmt.Sprintf("group %s: the token of %s changed from %d to %d", c.Group, c.Owner, t.newest(), c.Token))
	}
	t.records = append(t.records, c)
}

// owned is the last record that had an owner.
func (t *tenure) owned() Claim {
	for i := len(t.records) - 1; i >= 0; i-- {
		if t.records[i].Owner != "" {
			return t.records[i]
		}
	}
	return Claim{}
}

func (t *tenure) newest() uint64 { return t.owned().Token }

// changes reports whether the owner of b is another than that of a.
func changes(a, b Claim) bool { return a.Owner != b.Owner || a.Life != b.Life }

func (c Claim) owner(member string) bool { return c.Owner == member }
func (c Claim) names(member string) bool { return c.Owner == member || c.To == member }

// part reports whether a member had a part at some moment between two.
func (t *tenure) part(has func(Claim, string) bool, member string, from, to time.Time) bool {
	if t == nil {
		return false
	}
	for i, c := range t.records {
		begins, ends := c.At, time.Time{}
		if i+1 < len(t.records) {
			ends = t.records[i+1].At
		}
		if has(c, member) && !begins.After(to) && (ends.IsZero() || !ends.Before(from)) {
			return true
		}
	}
	return false
}

// lost is when the part that a member had at a time, or got soon after it, ended.
func (t *tenure) lost(member string, at time.Time) (time.Time, bool) {
	had := false
	for i, c := range t.records {
		if i+1 < len(t.records) && t.records[i+1].At.Before(at) {
			continue
		}
		if !c.names(member) && had {
			return c.At, true
		}
		had = had || c.names(member)
	}
	return time.Time{}, false
}

// at says who had which part at a time.
func (t *tenure) at(when time.Time) string {
	if t == nil {
		return "no one ever claimed it"
	}
	said := "it was not claimed yet"
	for _, c := range t.records {
		if c.At.After(when) {
			break
		}
		said = fmt.Sprintf("claim %d of %s names owner %q and successor %q", c.Sequence, c.At.Format(time.StampMilli), c.Owner, c.To)
	}
	return said
}

// around is the record that held at a time, and the first after it that names another owner, or the same in another life.
func (t *tenure) around(when time.Time) (before, after Claim) {
	for _, c := range t.records {
		switch {
		case !c.At.After(when):
			before = c
		case c.Owner != "" && changes(before, c):
			return before, c
		}
	}
	return before, Claim{}
}
