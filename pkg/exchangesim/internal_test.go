package exchangesim

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestRoute(t *testing.T) {
	const m1, m2, m9 = "m1@sim.test", "m2@sim.test", "m9@sim.test"
	const toA, toB, toDown, toNone = "a.sim.test~1", "B.SIM.TEST~1942128136", "down.sim.test~1", "z.sim.test~1"
	for _, test := range []struct {
		name         string
		anchor       string
		prefer       bool
		cookie       string
		impersonated string
		want         string
	}{
		{"cookie and prefer", m1, true, toB, m1, "b.sim.test"},
		{"cookie outlives the anchor's move", m9, true, toB, m9, "b.sim.test"},
		{"cookie without prefer counts nothing", m1, false, toB, m2, "a.sim.test"},
		{"anchor before impersonated", m1, true, "", m2, "a.sim.test"},
		{"anchor without prefer", m2, false, "", m1, "b.sim.test"},
		{"case of the anchor", "M2@SIM.test", false, "", m1, "b.sim.test"},
		{"stale cookie, server down", m1, true, toDown, m2, "a.sim.test"},
		{"stale cookie, unknown server", m2, true, toNone, m1, "b.sim.test"},
		{"no cookie at all", m2, true, "nonsense", m1, "b.sim.test"},
		{"build that is no number", m2, true, "a.sim.test~x", m1, "b.sim.test"},
		{"impersonated alone", "", false, "", m2, "b.sim.test"},
		{"unknown anchor", m9, false, "", m1, "a.sim.test"},
		{"nothing: the next in turn", "", true, "", "", "b.sim.test"},
		{"cookie alone", "", true, toA, "", "a.sim.test"},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := newOrganisation(Config{})
			o.addMailbox(m1, "A.sim.test", "g", time.Time{})
			o.addMailbox(m2, "b.sim.test", "g", time.Time{})
			o.server("down.sim.test").up = false
			have := o.route(test.anchor, test.prefer, test.cookie, "", test.impersonated)
			if have == nil || have.name != test.want {
				t.Errorf("have %v, want %s", have, test.want)
			}
		})
	}
}

func TestRoundRobinPassesServersThatAreDown(t *testing.T) {
	o := newOrganisation(Config{})
	if have := o.route("", false, "", "", ""); have != nil {
		t.Errorf("without servers: have %v", have)
	}
	for _, name := range []string{"a", "b", "c"} {
		o.server(name)
	}
	o.servers["b"].up = false
	var have []string
	for range 4 {
		have = append(have, o.route("", false, "", "", "").name)
	}
	if want := []string{"c", "a", "c", "a"}; !slices.Equal(have, want) {
		t.Errorf("have %q, want %q", have, want)
	}
}

func TestPackedBuild(t *testing.T) {
	for _, test := range []struct {
		v    ServerVersion
		want int
	}{
		{ServerVersion{Major: 15, MajorBuild: 775}, 1941996295},             // docs, affinity article
		{ServerVersion{Major: 15, Minor: 20, MajorBuild: 4042}, 1943310282}, // public capture
	} {
		if have := test.v.packedBuild(); have != test.want {
			t.Errorf("%+v: have %d, want %d", test.v, have, test.want)
		}
	}
}

func TestSubscriptionIDShape(t *testing.T) {
	created := time.Date(2026, 11, 21, 1, 0, 5, 0, time.UTC)
	s := newSubscriptionID(SubscriptionIDWithMailbox, "ex01.sim.test", newGUID("a"), created, newGUID("b"))
	if !looksLikeSubscriptionID(s) {
		t.Errorf("%s does not look like an id", s)
	}
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || string(b[2:15]) != "ex01.sim.test" || len(b) != 63 {
		t.Fatalf("%q, %v", b, err)
	}
	if have, want := binary.LittleEndian.Uint64(b[35:]), uint64(639308196050000000); have != want {
		t.Errorf("ticks: have %d, want %d", have, want)
	}
	for _, bad := range []string{"", "junk", "AQAAAAUAAAA="} {
		if looksLikeSubscriptionID(bad) {
			t.Errorf("%q looks like an id", bad)
		}
	}
}

func TestObjectIDShape(t *testing.T) {
	mb := newMailbox("anna@sim.test", time.Time{})
	f, it := mb.distinguished("inbox"), mb.put(mb.distinguished("inbox"), false, time.Time{})
	for _, test := range []struct {
		what, id, prefix string
		size             int
	}{
		{"item", it.id, "AAMkA", 152}, {"folder", f.plainID(), "AAMkA", 120},
	} {
		if !strings.HasPrefix(test.id, test.prefix[:4]) || len(test.id) != test.size {
			t.Errorf("%s: %s has %d characters, want %s… and %d", test.what, test.id, len(test.id), test.prefix[:4], test.size)
		}
	}
	if packed := f.eventID(true); !strings.HasPrefix(packed, "AQMk") || len(packed) >= 120 {
		t.Errorf("packed: %s", packed)
	}
}

func TestObjectIDsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.Uint64Range(1, 1<<48-1)
		want := objectRef{mailbox: newGUID(rapid.String().Draw(t, "mailbox")).String(), folder: number.Draw(t, "folder")}
		if rapid.Bool().Draw(t, "item") {
			want.item = number.Draw(t, "number")
		}
		for _, id := range []string{want.plain(), want.packed()} {
			if have, ok := parseObjectID(id); !ok || have != want {
				t.Fatalf("%s: have %+v, want %+v", id, have, want)
			}
		}
	})
}

// The example of MS-OXCEXT 3.1.4.5: runs of two and more become three bytes.
func TestPack(t *testing.T) {
	for _, test := range []struct{ in, want []byte }{
		{nil, nil},
		{[]byte{1, 2, 3}, []byte{1, 2, 3}},
		{[]byte{7, 7}, []byte{7, 7, 0}},
		{[]byte{1, 0, 0, 0, 0, 2}, []byte{1, 0, 0, 2, 2}},
		{bytes.Repeat([]byte{9}, 258), []byte{9, 9, 255, 9}},
	} {
		if have := pack(test.in); !bytes.Equal(have, test.want) {
			t.Errorf("%v: have %v, want %v", test.in, have, test.want)
		}
		if have := unpack(test.want); !bytes.Equal(have, test.in) {
			t.Errorf("%v: unpacked %v, want %v", test.want, have, test.in)
		}
	}
}

func TestHistoryForgets(t *testing.T) {
	h := history[int]{limit: 3}
	for i := range 100 {
		if have := h.add(i); have != i {
			t.Fatalf("position: have %d, want %d", have, i)
		}
		if have := *h.at(i); have != i {
			t.Fatalf("entry: have %d, want %d", have, i)
		}
		if len(h.entries) > 7 {
			t.Fatalf("%d entries are kept", len(h.entries))
		}
	}
	if have, want := h.latest(), []int{97, 98, 99}; !slices.Equal(have, want) {
		t.Errorf("latest: have %v, want %v", have, want)
	}
	if h.at(5) != nil {
		t.Error("entry 5 is not forgotten")
	}
}

func TestSplitKeepsEveryByte(t *testing.T) {
	body := bytes.Repeat([]byte("0123456789"), 70)
	for number := range 200 {
		pieces := split(body, number)
		if len(pieces) < 2 || !bytes.Equal(slices.Concat(pieces...), body) {
			t.Fatalf("envelope %d: %d pieces", number, len(pieces))
		}
	}
}

func FuzzParseObjectID(f *testing.F) {
	f.Add(objectRef{mailbox: newGUID("a").String(), folder: 3}.packed())
	f.Add(objectRef{mailbox: newGUID("a").String(), folder: 3, item: 4}.plain())
	f.Fuzz(func(t *testing.T, s string) {
		if ref, ok := parseObjectID(s); ok && len(ref.mailbox) != guidText {
			t.Errorf("mailbox %q", ref.mailbox)
		}
	})
}

func FuzzParseXML(f *testing.F) {
	f.Add([]byte(`<a xmlns="b"><c d="e">f</c></a>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if n, err := parseXML(b); err == nil && n.name.Local == "" {
			t.Errorf("%q has a root without a name", b)
		}
	})
}

// What is read of a message and composed anew reads the same.
func FuzzReadMIME(f *testing.F) {
	f.Add([]byte("Subject: =?utf-8?q?=C3=BC?=\r\nTo: a@b, \"C D\" <e@f>\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\na\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>\r\n--x--\r\n"))
	f.Add([]byte("Subject: x\r\nContent-Type: image/png; name=\"a;\\\"b\"\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA"))
	f.Add([]byte("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:a\\, b\\\\n\r\n c\r\nDTSTART;TZID=Europe/Berlin:20300102T100000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		first, err := readMIME(raw)
		if err != nil {
			return
		}
		again, err := readMIME(first.composed().mime)
		if err != nil {
			t.Fatalf("%v: %q", err, first.composed().mime)
		}
		if strings.TrimSpace(again.subject) != strings.TrimSpace(first.subject) || len(again.attachments) != len(first.attachments) {
			t.Errorf("subject %q, %d attachments; again %q, %d\n%q", first.subject, len(first.attachments), again.subject, len(again.attachments), first.composed().mime)
		}
	})
}
