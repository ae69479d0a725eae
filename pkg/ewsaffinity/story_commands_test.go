package ewsaffinity

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// story is a world that is told what happens in words.
type story struct {
	*world
	t       *testing.T
	started []Change
	request messages.RegroupRequested // the last one
}

func newStory(t *testing.T) *story { return &story{world: newWorld(MaxGroupSize), t: t} }

// command is a line in pieces: name, what it is about, and what is set with =.
type command struct {
	name, about string
	set         map[string]string
}

func parseCommand(line string) command {
	c := command{set: map[string]string{}}
	for i, word := range strings.Fields(line) {
		switch name, value, ok := strings.Cut(word, "="); {
		case i == 0:
			c.name = word
		case ok:
			c.set[name] = value
		default:
			c.about = word
		}
	}
	return c
}

// run carries a command out and returns its effect.
func (s *story) run(line string) string {
	c := parseCommand(line)
	names := addresses(s.t, c.about)
	switch c.name {
	case "enrol":
		return s.each(names, func(a messages.Address) { s.enrol(a, cmp.Or(c.set["by"], "file")) })
	case "withdraw":
		return s.each(names, func(a messages.Address) { s.withdraw(a, cmp.Or(c.set["by"], "file")) })
	case "discover":
		return s.each(names, func(a messages.Address) { s.discover(a, keyNamed(c.set["at"])) })
	case "stale":
		return s.each(names, s.stale)
	case "park":
		return s.each(names, func(a messages.Address) { s.park(a, s.now.Add(s.duration(c.set["for"]))) })
	case "size":
		s.size = number(s.t, c.about)
	case "advance":
		s.now = s.now.Add(s.duration(c.about))
	case "plan":
		return s.describePlan(s.plan())
	case "start":
		s.started = s.plan().Changes
	case "subscribe":
		s.started = s.plan().Changes
		return s.finish(addresses(s.t, c.set["reject"]))
	case "finish":
		return s.finish(addresses(s.t, c.set["reject"]))
	case "lost":
		s.request = s.regroupRequest(c, names)
		return s.handle()
	case "repeat":
		return s.handle()
	case "groups":
		return s.describeGroups()
	case "where":
		return s.describePlaces(names)
	default:
		s.t.Fatalf("no such command: %q", line)
	}
	return ""
}

func (s *story) each(names []messages.Address, do func(messages.Address)) string {
	for _, a := range names {
		do(a)
	}
	return ""
}

func (s *story) duration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

// finish carries out what was started, parks who was rejected, and describes it.
func (s *story) finish(rejects []messages.Address) string {
	rejected := map[messages.Address]bool{}
	for _, a := range rejects {
		rejected[a] = true
	}
	var out strings.Builder
	for _, c := range s.started {
		former, _ := s.roster.Group(c.Group)
		if !s.carryOut(c, rejected) {
			out.WriteString(groupLabel(c.Group, c.Key) + ": given up\n")
			continue
		}
		next, _ := s.roster.Group(c.Group)
		out.WriteString(describeRevision(former, next))
	}
	for _, a := range rejects {
		until := s.now.Add(ParkDelay(s.roster.ParkedAttempts(a) + 1))
		s.park(a, until)
		out.WriteString("parked " + short(a) + " for " + until.Sub(s.now).String() + "\n")
	}
	s.started = nil
	return out.String()
}

// regroupRequest is about mailboxes of one group by their current ids; with from
// it is about that group, whoever has its mailboxes now.
func (s *story) regroupRequest(c command, names []messages.Address) messages.RegroupRequested {
	home := s.roster.Home(names[0])
	for id := range s.roster.groups {
		if g, _ := s.roster.Group(id); groupLabel(id, Key{g.URL, g.Grouping}) == c.set["from"] {
			home = id
		}
	}
	action := messages.RegroupAction(cmp.Or(c.set["by"], string(messages.Resubscribe)))
	return s.world.request(home, action, names...)
}

func (s *story) handle() string {
	losses := s.lose(s.request)
	if len(losses.Lost) == 0 {
		return "outdated\n"
	}
	out := describeRevision(losses.Former, losses.Group)
	if len(losses.Rediscover) > 0 {
		out += "rediscover " + ranges(losses.Rediscover) + "\n"
	}
	if len(losses.Park) > 0 {
		out += "park " + ranges(losses.Park) + "\n"
	}
	return out
}

func (s *story) describePlan(p Plan) string {
	var out strings.Builder
	for _, c := range p.Changes {
		out.WriteString(groupLabel(c.Group, c.Key))
		if c.Begin {
			out.WriteString(" begins generation " + itoa(int(c.Generation)))
		}
		out.WriteString(":")
		if len(c.Join) > 0 {
			out.WriteString(" join " + ranges(c.Join))
		}
		for _, leave := range c.Leave {
			out.WriteString(" leave " + short(leave.Mailbox) + " (" + string(leave.Why) + ")")
		}
		out.WriteString("\n")
	}
	if !p.Wake.IsZero() {
		out.WriteString("wake in " + p.Wake.Sub(s.now).String() + "\n")
	}
	return cmp.Or(out.String(), "nothing to do\n")
}

// describeRevision says what a group's message is and what it changed.
func describeRevision(former, next messages.GroupSubscribed) string {
	joined, left := changed(former.Subscriptions, next.Subscriptions), changed(next.Subscriptions, former.Subscriptions)
	out := describeGroup(next)
	if len(joined) > 0 {
		out += "; joined " + ranges(joined)
	}
	if len(left) > 0 {
		out += "; left " + ranges(left)
	}
	return out + "\n"
}

// changed are those of next that former lacks, or has by another subscription.
func changed(former, next map[messages.Address]messages.Subscription) []messages.Address {
	var changed []messages.Address
	for _, a := range slices.Sorted(maps.Keys(next)) {
		if former[a].ID != next[a].ID {
			changed = append(changed, a)
		}
	}
	return changed
}

func describeGroup(g messages.GroupSubscribed) string {
	return groupLabel(g.Group, Key{g.URL, g.Grouping}) + " generation " + itoa(int(g.Generation)) + " revision " + itoa(int(g.Revision)) +
		", anchor " + short(g.Anchor) + ", " + count(len(g.Subscriptions))
}

func count(mailboxes int) string {
	if mailboxes == 1 {
		return "1 mailbox"
	}
	return itoa(mailboxes) + " mailboxes"
}

func (s *story) describeGroups() string {
	var out strings.Builder
	for _, id := range slices.Sorted(maps.Keys(s.roster.groups)) {
		g, _ := s.roster.Group(id)
		out.WriteString(describeGroup(g))
		if len(g.Subscriptions) > 0 {
			out.WriteString(": " + ranges(slices.Sorted(maps.Keys(g.Subscriptions))))
		}
		out.WriteString("\n")
	}
	return out.String()
}

func (s *story) describePlaces(names []messages.Address) string {
	var out strings.Builder
	for _, a := range names {
		g, _ := s.roster.Group(s.roster.Home(a))
		if g.Group == "" {
			out.WriteString(short(a) + " nowhere\n")
			continue
		}
		out.WriteString(short(a) + " in " + groupLabel(g.Group, Key{g.URL, g.Grouping}) + " by " + string(g.Subscriptions[a].ID) + "\n")
	}
	return out.String()
}
