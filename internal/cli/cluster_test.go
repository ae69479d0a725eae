package cli

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ewsnats/ewsnats/internal/app"
	"github.com/ewsnats/ewsnats/internal/app/config"
	"github.com/ewsnats/ewsnats/internal/jetbus"
	"github.com/ewsnats/ewsnats/internal/lease"
	"github.com/ewsnats/ewsnats/internal/natsserver"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// idOn is a subscription id that names a host, as Exchange's do.
func idOn(host string, n byte) messages.SubscriptionID {
	raw := binary.LittleEndian.AppendUint16(nil, uint16(len(host)))
	raw = append(append(raw, host...), 16, 0, 0, 0)
	return messages.SubscriptionID(base64.StdEncoding.EncodeToString(append(raw, bytes.Repeat([]byte{n}, 16)...)))
}

func subscribed(id messages.GroupID, generation messages.Generation, ids map[messages.Address]messages.SubscriptionID) messages.GroupSubscribed {
	g := messages.GroupSubscribed{Meta: messages.Meta{ID: string(id), Time: noon}, Group: id, Generation: generation, Revision: 2,
		URL: "https://mail.contoso.com/EWS/Exchange.asmx", Grouping: "SITE-1", Subscriptions: map[messages.Address]messages.Subscription{}}
	for mailbox, id := range ids {
		g.Subscriptions[mailbox] = messages.Subscription{ID: id, Since: noon}
	}
	return g
}

func record(kind lease.Kind, stage, name, value string) jetbus.CoordinationRecord {
	return jetbus.CoordinationRecord{Kind: kind, Stage: stage, Name: name, Value: []byte(value)}
}

// sample is a cluster with one of everything.
func sample(t *testing.T) *cluster {
	t.Helper()
	c := newCluster()
	for _, r := range []jetbus.CoordinationRecord{
		record(lease.KindMember, "streamer", "node2-0", `{"id":"node2-0","incarnation":"x","host":"node2","pid":77,"since":"2026-11-19T11:00:00Z","leaving":true}`),
		record(lease.KindMember, "streamer", "node1-0", `{"id":"node1-0","incarnation":"x","host":"node1","pid":4711,"since":"2026-11-21T11:58:30Z"}`),
		record(lease.KindMember, "discoverer", "node1-0", `{"id":"node1-0","incarnation":"x","host":"node1","pid":4712,"since":"2026-11-21T09:00:00Z"}`),
		record(lease.KindMember, "subscriber", "node3-0", `{"id":"node3-0","since":"2026-11-21T09:00:00Z","gone":true}`),
		record(lease.KindMember, "subscriber", "expired", ""),
		record(lease.KindMember, "subscriber", "broken", `{`),
		record(lease.KindClaim, "streamer", "a-1", `{"owner":"node1-0","since":"2026-11-21T11:58:31Z"}`),
		record(lease.KindClaim, "streamer", "b-1", `{"owner":"node2-0","since":"2026-11-19T11:00:01Z","to":"node1-0","opened":true}`),
		record(lease.KindClaim, "streamer", "c-1", `{"owner":"node2-0","since":"2026-11-19T11:00:01Z","to":"node1-0"}`),
		record(lease.KindClaim, "subscriber", "17", `{"owner":"node3-0","since":"2026-11-21T09:00:00Z"}`),
		record(lease.KindClaim, "subscriber", "18", `{}`),
		record(kindCoverage, "", "a-1", `{"group":"a-1","until":"2026-11-21T11:59:52Z","opened":"2026-11-21T11:58:32Z","members":["anna@contoso.com","bea@contoso.com"],"behind":{"bea@contoso.com":"2026-11-21T11:00:00Z"}}`),
		record(kindCoverage, "", "b-1", `{"group":"b-1","until":"2026-11-21T12:00:03Z","members":["dora@contoso.com"]}`),
		record("tomorrow's", "", "x", `?`),
	} {
		c.applyRecord(r)
	}
	for i, g := range []messages.GroupSubscribed{
		subscribed("a-1", 3, map[messages.Address]messages.SubscriptionID{"anna@contoso.com": idOn("ex01.contoso.com", 1),
			"bea@contoso.com": idOn("ex01.contoso.com", 2), "carl@contoso.com": idOn("EX01.contoso.com", 3)}),
		subscribed("c-1", 1, map[messages.Address]messages.SubscriptionID{"dora@contoso.com": "gromox-1", "emil@contoso.com": "gromox-2"}),
		subscribed("b-1", 1, map[messages.Address]messages.SubscriptionID{"dora@contoso.com": idOn("ex02.contoso.com", 4),
			"fritz@contoso.com": idOn("ex01.contoso.com", 5), "gerd@contoso.com": "opaque"}),
		subscribed("d-1", 9, nil),
	} {
		c.applyGroup(messages.Recorded{Fact: g, Sequence: uint64(i + 1)})
	}
	return c
}

func TestMembersTable(t *testing.T) {
	var out bytes.Buffer
	if err := writeMembers(&out, sample(t).processes(), noon); err != nil {
		t.Fatal(err)
	}
	want := `
STAGE       ID       STATE    UNITS  HOST   PID   SINCE
discoverer  node1-0  live     0      node1  4712  2026-11-21T09:00:00Z (3h00m)
streamer    node1-0  live     1      node1  4711  2026-11-21T11:58:30Z (1m30s)
streamer    node2-0  leaving  2      node2  77    2026-11-19T11:00:00Z (2d01h)
subscriber  node3-0  gone     1      -      -     -
`
	if diff := cmp.Diff(want, "\n"+out.String()); diff != "" {
		t.Errorf("want -, have +\n%s", diff)
	}
}

func TestGroupsTable(t *testing.T) {
	var out bytes.Buffer
	if err := writeGroups(&out, sample(t).streamed(), noon); err != nil {
		t.Fatal(err)
	}
	want := `
GROUP  GENERATION  MAILBOXES  OWNER                      SINCE                         COVERED UNTIL              BEHIND  CONNECTED SINCE               MAILBOX SERVER
a-1    3.2         3          node1-0                    2026-11-21T11:58:31Z (1m29s)  2026-11-21T11:59:52Z (8s)  2       2026-11-21T11:58:32Z (1m28s)  ex01.contoso.com
b-1    1.2         3          node2-0 > node1-0 (begun)  2026-11-19T11:00:01Z (2d00h)  2026-11-21T12:00:03Z (0s)  2       -                             2 DIFFER: ex01.contoso.com 1, ex02.contoso.com 1, unknown 1
c-1    1.2         1          node2-0 > node1-0          2026-11-19T11:00:01Z (2d00h)  -                          1       -                             unknown
`
	if diff := cmp.Diff(want, "\n"+out.String()); diff != "" {
		t.Errorf("want -, have +\n%s", diff)
	}
}

func TestUnreadableRecordsAreLeftOutAndTold(t *testing.T) {
	c := sample(t)
	if len(c.problems) != 1 || !strings.Contains(c.problems[0].Error(), "member subscriber broken") {
		t.Errorf("have %v, want the broken one", c.problems)
	}
}

func TestJSONOfMembersAndGroups(t *testing.T) {
	var out bytes.Buffer
	if err := jsonLines(&out, sample(t).processes()[1:2]); err != nil {
		t.Fatal(err)
	}
	if err := jsonLines(&out, sample(t).streamed()[:1]); err != nil {
		t.Fatal(err)
	}
	want := `{"stage":"streamer","id":"node1-0","state":"live","units":1,"host":"node1","pid":4711,"since":"2026-11-21T11:58:30Z"}
{"group":"a-1","externalEwsUrl":"https://mail.contoso.com/EWS/Exchange.asmx","groupingInformation":"SITE-1","generation":3,"revision":2,"mailboxes":3,` +
		`"owner":"node1-0","since":"2026-11-21T11:58:31Z","coveredUntil":"2026-11-21T11:59:52Z","behind":2,"connectedSince":"2026-11-21T11:58:32Z",` +
		`"hosts":{"ex01.contoso.com":3},"unnamed":0}
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("want -, have +\n%s", diff)
	}
}

func TestAffinityOfServersThatNameSome(t *testing.T) {
	for want, g := range map[string]groupState{
		"ex01":               {Hosts: map[string]int{"ex01": 3}},
		"ex01 3, unknown 1":  {Hosts: map[string]int{"ex01": 3}, Unnamed: 1},
		"2 DIFFER: b 5, a 3": {Hosts: map[string]int{"a": 3, "b": 5}},
		"unknown":            {Unnamed: 4},
		"2 DIFFER: a 1, b 1": {Hosts: map[string]int{"b": 1, "a": 1}},
	} {
		if have := g.affinity(); have != want {
			t.Errorf("have %q, want %q", have, want)
		}
	}
}

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-3 * time.Second: "0s", 59999 * time.Millisecond: "59s", time.Minute: "1m00s", 3599 * time.Second: "59m59s",
		time.Hour: "1h00m", 24*time.Hour - time.Second: "23h59m", 24 * time.Hour: "1d00h", 9*24*time.Hour + 13*time.Hour: "9d13h",
	} {
		if have := age(d); have != want {
			t.Errorf("%s: have %s, want %s", d, have, want)
		}
	}
}

func TestWrongCommandLinesOfMembersAndGroups(t *testing.T) {
	for _, args := range [][]string{{"members", "x"}, {"groups", "--jsn"}} {
		if err := Run(t.Context(), args, io.Discard, io.Discard); app.ExitCode(err) != app.ExitUsage {
			t.Errorf("%v: have %v, exit code %d", args, err, app.ExitCode(err))
		}
	}
	if code := app.ExitCode(notReached(config.Default())); code != app.ExitUnavailable {
		t.Errorf("NATS not reached: exit code %d", code)
	}
}

func TestGroupsAndMembersOfAServer(t *testing.T) {
	server, err := natsserver.Start(natsserver.Config{Dir: t.TempDir(), Host: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Shutdown(); err != nil {
			t.Error(err)
		}
	}()
	store(t, server.ClientURL())
	var groups, members bytes.Buffer
	for command, out := range map[string]*bytes.Buffer{"groups": &groups, "members": &members} {
		if err := Run(t.Context(), []string{command, "--nats-url", server.ClientURL()}, out, t.Output()); err != nil {
			t.Fatalf("%s: %v", command, err)
		}
	}
	for _, want := range []string{"\na-1 ", " 3.2 ", "ex01.contoso.com\n", noon.Format(time.RFC3339) + " ("} {
		if !strings.Contains(groups.String(), want) {
			t.Errorf("have\n%s, want it to hold %q", groups.String(), want)
		}
	}
	if !strings.HasPrefix(members.String(), "STAGE ") {
		t.Errorf("have\n%s", members.String())
	}
}

// store stores a group with its coverage.
func store(t *testing.T, url string) {
	t.Helper()
	cfg := config.Default()
	cfg.NATS.URL = url
	bus, err := app.OpenBus(t.Context(), cfg, "test", app.NewLogger(cfg.Log, "test", t.Output()))
	if err != nil {
		t.Fatal(err)
	}
	defer bus.Close()
	g := subscribed("a-1", 3, map[messages.Address]messages.SubscriptionID{"anna@contoso.com": idOn("ex01.contoso.com", 1)})
	if _, err := bus.Decide(t.Context(), g, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := bus.SaveCoverage(t.Context(), messages.Coverage{Group: "a-1", Until: noon, Members: []messages.Address{"anna@contoso.com"}}, 0); err != nil {
		t.Fatal(err)
	}
}
