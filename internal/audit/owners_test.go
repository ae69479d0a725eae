package audit_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/internal/audit"
	"github.com/ewsnats/ewsnats/pkg/exchangesim"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// deeds is what two members, s1 and s2, did with the group g. Times are seconds
// since start.
type deeds struct{ audit.Ownership }

func newDeeds() *deeds {
	return &deeds{audit.Ownership{
		Member: func(agent string) string {
			member, _ := strings.CutPrefix(agent, "streamer/")
			return member
		},
		Group: map[string]string{"id1": "g", "id2": "g"},
		Until: second(1000),
	}}
}

// claim stores a record; token 0 keeps the last one.
func (d *deeds) claim(at int, owner string, life, token uint64, to string) {
	if n := len(d.Claims); token == 0 && n > 0 {
		token = d.Claims[n-1].Token
	}
	d.Claims = append(d.Claims, audit.Claim{Group: "g", Owner: owner, Life: life, Token: token, To: to,
		Sequence: uint64(10 + 10*len(d.Claims)), At: second(at)})
}

func (d *deeds) connect(member string, from, to int) {
	c := exchangesim.Connection{Number: len(d.Connections) + 1, Agent: "streamer/" + member, IDs: []string{"id1", "id2"}, Opened: second(from)}
	if to > 0 {
		c.Ended = second(to)
	}
	d.Connections = append(d.Connections, c)
}

func (d *deeds) die(member string, from, to int) {
	d.Outages = append(d.Outages, audit.Outage{What: "kill", Member: member, From: second(from), To: second(to)})
}

func (d *deeds) do(member string, at int) {
	d.Deeds = append(d.Deeds, audit.Deed{Group: "g", Member: member, What: "coverage record", At: second(at)})
}

type faults struct{ intruders, lingering, usurped, tokens, orphans, disturbed int }

func TestWhoMayOpenAConnection(t *testing.T) {
	for _, test := range []struct {
		name  string
		story func(d *deeds)
		want  faults
		taken []int // seconds
	}{
		{"the owner", func(d *deeds) { d.claim(0, "s1", 1, 10, ""); d.connect("s1", 1, 0) }, faults{}, nil},
		{"a stranger", func(d *deeds) { d.claim(0, "s1", 1, 10, ""); d.connect("s2", 20, 21) }, faults{intruders: 1}, nil},
		{"one that no one knows as a member", func(d *deeds) { d.claim(0, "s1", 1, 10, ""); d.connect("", 20, 21) }, faults{}, nil},
		{"an owner of a group that was never claimed", func(d *deeds) { d.connect("s1", 1, 2) }, faults{intruders: 1}, nil},
		{"before its claim", func(d *deeds) { d.claim(10, "s1", 1, 10, ""); d.connect("s1", 5, 0) }, faults{intruders: 1}, nil},
		{"an answer that is a moment old", func(d *deeds) {
			d.claim(0, "s1", 1, 10, "")
			d.claim(10, "s2", 1, 20, "")
			d.connect("s1", 11, 12)
		}, faults{}, nil},
		{"an answer that is older", func(d *deeds) {
			d.claim(0, "s1", 1, 10, "")
			d.claim(10, "s2", 1, 20, "")
			d.connect("s1", 12, 13)
		}, faults{intruders: 1}, nil},
		{"a hand-over by overlap", func(d *deeds) {
			d.claim(0, "s1", 1, 10, "")
			d.connect("s1", 1, 12)
			d.claim(10, "s1", 1, 0, "s2")
			d.connect("s2", 11, 0)
			d.claim(13, "s2", 1, 40, "")
		}, faults{}, nil},
		{"a successor that was not offered the group", func(d *deeds) {
			d.claim(0, "s1", 1, 10, "")
			d.connect("s1", 1, 12)
			d.connect("s2", 8, 0)
			d.claim(10, "s1", 1, 0, "s2")
			d.claim(13, "s2", 1, 40, "")
		}, faults{intruders: 1}, nil},
		{"an old owner that goes on reading", func(d *deeds) {
			d.claim(0, "s1", 1, 10, "")
			d.connect("s1", 1, 26)
			d.claim(10, "s2", 1, 20, "")
		}, faults{lingering: 1}, nil},
		{"an old owner that never closes", func(d *deeds) {
			d.claim(0, "s1", 1, 10, "")
			d.connect("s1", 1, 0)
			d.claim(10, "s2", 1, 20, "")
		}, faults{lingering: 1}, nil},
		{"an old owner that reads to the goodbye", func(d *deeds) {
			d.claim(0, "s1", 1, 10, "")
			d.connect("s1", 1, 24)
			d.claim(10, "s2", 1, 20, "")
		}, faults{}, nil},
		{"an owner that is frozen cannot close", func(d *deeds) {
			d.claim(0, "s1", 1, 10, "")
			d.connect("s1", 1, 42)
			d.die("s1", 5, 40)
			d.claim(10, "s2", 1, 20, "")
		}, faults{}, []int{5}},
		{"one that is woken and does not close", func(d *deeds) {
			d.claim(0, "s1", 1, 10, "")
			d.connect("s1", 1, 60)
			d.die("s1", 5, 40)
			d.claim(10, "s2", 1, 20, "")
		}, faults{lingering: 1}, []int{5}},
		{"the owner's record of coverage", func(d *deeds) { d.claim(0, "s1", 1, 10, ""); d.do("s1", 1) }, faults{}, nil},
		{"the successor's", func(d *deeds) { d.claim(0, "s1", 1, 10, ""); d.claim(5, "s1", 1, 0, "s2"); d.do("s2", 6) }, faults{usurped: 1}, nil},
		{"the former owner's", func(d *deeds) { d.claim(0, "s1", 1, 10, ""); d.claim(5, "s2", 1, 20, ""); d.do("s1", 7) }, faults{usurped: 1}, nil},
		{"one that owns again", func(d *deeds) {
			d.claim(0, "s1", 1, 10, "")
			d.claim(10, "s2", 1, 20, "")
			d.claim(100, "s1", 1, 30, "")
			d.connect("s1", 101, 0)
		}, faults{}, nil},
	} {
		t.Run(test.name, func(t *testing.T) { checkDeeds(t, test.story, test.want, test.taken) })
	}
}

func TestHowAGroupFindsItsNextOwner(t *testing.T) {
	for _, test := range []struct {
		name  string
		story func(d *deeds)
		want  faults
		taken []int
	}{
		{"another member", func(d *deeds) { d.claim(0, "s1", 1, 10, ""); d.die("s1", 5, 9); d.claim(11, "s2", 1, 20, "") }, faults{}, []int{6}},
		{"itself, after a restart", func(d *deeds) { d.claim(0, "s1", 1, 10, ""); d.die("s1", 5, 9); d.claim(9, "s1", 2, 20, "") }, faults{}, []int{4}},
		{"a restart that only renews", func(d *deeds) { d.claim(0, "s1", 1, 10, ""); d.die("s1", 5, 9); d.claim(9, "s1", 1, 0, "") }, faults{orphans: 1}, nil},
		{"no one", func(d *deeds) { d.claim(0, "s1", 1, 10, ""); d.die("s1", 5, 9) }, faults{orphans: 1}, nil},
		{"freed and claimed", func(d *deeds) {
			d.claim(0, "s1", 1, 10, "")
			d.die("s1", 5, 9)
			d.claim(8, "", 0, 0, "")
			d.claim(12, "s2", 1, 30, "")
		}, faults{}, []int{7}},
		{"the death of who did not own it", func(d *deeds) { d.claim(0, "s1", 1, 10, ""); d.die("s2", 5, 9); d.claim(11, "s2", 1, 20, "") }, faults{}, nil},
		{"an outage of no member", func(d *deeds) {
			d.claim(0, "s1", 1, 10, "")
			d.claim(3, "", 0, 0, "")
			d.die("", 5, 9)
			d.claim(11, "s2", 1, 20, "")
		}, faults{}, nil},
		{"another member, while its heir was dead too", func(d *deeds) {
			d.claim(0, "s1", 1, 10, "")
			d.die("s1", 5, 9)
			d.die("s3", 7, 12)
			d.claim(16, "s2", 1, 20, "")
		}, faults{disturbed: 1}, nil},
		{"another member, once the store was there again", func(d *deeds) {
			d.claim(0, "s1", 1, 10, "")
			d.die("s1", 5, 9)
			d.Outages = append(d.Outages, audit.Outage{Store: true, From: second(2), To: second(6)})
			d.claim(16, "s2", 1, 20, "")
		}, faults{disturbed: 1}, nil},
		{"another member, before and after other faults", func(d *deeds) {
			d.claim(0, "s1", 1, 10, "")
			d.die("s2", 1, 4)
			d.die("s1", 5, 9)
			d.claim(11, "s2", 1, 20, "")
			d.Outages = append(d.Outages, audit.Outage{Store: true, From: second(12), To: second(13)}, audit.Outage{From: second(6), To: second(7)})
		}, faults{}, []int{6}},
		{"two deaths", func(d *deeds) {
			d.claim(0, "s1", 1, 10, "")
			d.die("s1", 5, 9)
			d.claim(11, "s2", 1, 20, "")
			d.die("s2", 20, 30)
			d.claim(23, "s1", 2, 30, "")
		}, faults{}, []int{3, 6}},
		{"a token that does not grow", func(d *deeds) { d.claim(0, "s1", 1, 10, ""); d.claim(11, "s2", 1, 10, "") }, faults{tokens: 1}, nil},
		{"nor over a time without owner", func(d *deeds) {
			d.claim(0, "s1", 1, 10, "")
			d.claim(5, "", 0, 1, "")
			d.claim(11, "s2", 1, 9, "")
		}, faults{tokens: 1}, nil},
		{"a token that changes without a new owner", func(d *deeds) { d.claim(0, "s1", 1, 10, ""); d.claim(11, "s1", 1, 20, "") }, faults{tokens: 1}, nil},
		{"a record told twice", func(d *deeds) { d.claim(0, "s1", 1, 10, ""); d.Claims = append(d.Claims, d.Claims[0]) }, faults{}, nil},
		{"an older record after a newer one", func(d *deeds) {
			d.claim(0, "s1", 1, 10, "")
			d.claim(1, "s1", 1, 0, "s2")
			d.Claims = append(d.Claims, d.Claims[0])
		}, faults{tokens: 1}, nil},
	} {
		t.Run(test.name, func(t *testing.T) { checkDeeds(t, test.story, test.want, test.taken) })
	}
}

func checkDeeds(t *testing.T, story func(d *deeds), want faults, taken []int) {
	d := newDeeds()
	story(d)
	report := audit.CheckOwners(d.Ownership)
	have := faults{len(report.Intruders), len(report.Lingering), len(report.Usurped), len(report.Tokens), len(report.Orphans), len(report.Disturbed)}
	var takeovers []int
	for _, took := range report.Takeovers {
		takeovers = append(takeovers, int(took.Seconds()))
	}
	if have != want || !slices.Equal(takeovers, taken) || report.Sound() != (want == faults{disturbed: want.disturbed}) {
		t.Errorf("\nwant %+v %v\nhave %+v %v\n%s", want, taken, have, takeovers, report)
	}
}

func TestQuantiles(t *testing.T) {
	var sorted []time.Duration
	for n := range 100 {
		sorted = append(sorted, time.Duration(n))
	}
	for share, want := range map[float64]time.Duration{0: 0, 0.5: 50, 0.95: 95, 1: 99} {
		if have := audit.Quantile(sorted, share); have != want {
			t.Errorf("%v: have %d, want %d", share, have, want)
		}
	}
	if audit.Quantile(nil, 0.5) != 0 {
		t.Error("a quantile of nothing")
	}
}

func TestHowLongAGapMayBe(t *testing.T) {
	outage := func(from, to int) audit.Outage { return audit.Outage{From: second(from), To: second(to)} }
	for _, test := range []struct {
		name     string
		from, to int
		outages  []audit.Outage
		tooLong  bool
	}{
		{"short, without a fault", 100, 132, nil, false},
		{"long, without a fault", 100, 133, nil, true},
		{"as long as the fault and the recovery", 100, 182, []audit.Outage{outage(100, 150)}, false},
		{"longer", 100, 183, []audit.Outage{outage(100, 150)}, true},
		{"faults that overlap count once", 100, 183, []audit.Outage{outage(100, 140), outage(120, 150)}, true},
		{"one within another", 100, 183, []audit.Outage{outage(100, 150), outage(110, 120)}, true},
		{"one within another, and no longer than the recovery", 100, 182, []audit.Outage{outage(100, 150), outage(110, 120)}, false},
		{"faults one after the other", 100, 182, []audit.Outage{outage(130, 150), outage(100, 130)}, false},
		{"another time's fault", 100, 133, []audit.Outage{outage(10, 60), outage(200, 300)}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld()
			w.open(1)
			w.gap(1, 1, test.from, test.to)
			w.keep(messages.MailboxHealed{EventMeta: w.meta(1, 2)})
			report := audit.CheckGaps(w.stored, test.outages)
			if want := time.Duration(test.to-test.from) * time.Second; !slices.Equal(report.Lengths, []time.Duration{want}) {
				t.Errorf("lengths %v", report.Lengths)
			}
			if have := len(report.TooLong) > 0; have != test.tooLong {
				t.Errorf("too long: %v\n%s", have, report)
			}
		})
	}
}
