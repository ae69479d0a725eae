package ewssoap

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
)

// TestForbidden says what is left of a text with characters that XML forbids, and how many were left out: in an ordinary
// answer, in the first envelope of a stream, and in a later one.
func TestForbidden(t *testing.T) {
	tests := []struct {
		text, want string
		forbidden  int
	}{
		{"plain", "plain", 0},
		{"a&#x1A;b&#x0;c&#16;d&#0000000;e", "abcde", 4},
		{"a\x00b\x1ac\x7fd", "abc\x7fd", 2},
		{"&#x9;a&#xA;b&#13;c\td", "a\nb\rc\td", 0},
		{"a\xffb\xe4c\xe4\xb8d\x80e", "abcde", 4},
		{"a\xc0\x80b", "ab", 2},                             // too long for what it says
		{"a\xed\xa0\x80b", "ab", 2},                         // a surrogate
		{"a\uffffb\ufffdc", "ab\ufffdc", 1},                 // U+FFFD itself is allowed
		{"a&#xD83D;&#xDE00;b&#xfffe;&#x110000;c", "abc", 4}, // not combined
		{"a&#99999999999999999999;b", "ab", 1},
		{"ä&#xe4;&#228;删&#x1F600;😀&amp;&lt;", "äää删😀😀&<", 0},
		{"<![CDATA[a&#x1A;b\x01<&]]>&#1;c<!-- &#1; &#xg; -->d<?x &#1;?>&#2;", "a&#x1A;b<&cd", 3}, // in sections it is no reference
		{"<!-- <![CDATA[ -->a&#1;b", "ab", 1},
	}
	for _, test := range tests {
		envelope := enveloped(`<m:GetStreamingEventsResponseMessage ResponseClass="Error"><m:MessageText>` + test.text + `</m:MessageText></m:GetStreamingEventsResponseMessage>`)
		have, err := readAll(streamOf(t, iotest.OneByteReader(strings.NewReader(envelope+envelope+goodbye)), Options{}))
		if err != io.EOF || len(have) != 3 {
			t.Fatalf("%q: have %d envelopes, %v", test.text, len(have), err)
		}
		for i, e := range have[:2] {
			if e.Messages[0].MessageText != test.want || e.Forbidden != test.forbidden {
				t.Errorf("%q: envelope %d: have %q and %d, want %q and %d", test.text, i+1, e.Messages[0].MessageText, e.Forbidden, test.want, test.forbidden)
			}
		}
		if have[2].Forbidden != 0 {
			t.Errorf("%q: the next envelope counts %d", test.text, have[2].Forbidden)
		}
		answer := strings.Replace(subscribeOK(t), "<m:SubscriptionId>", "<m:MessageText>"+test.text+"</m:MessageText><m:SubscriptionId>", 1)
		c := NewClient(Options{Calls: answering(http.StatusOK, nil, func() io.Reader { return strings.NewReader(answer) })})
		response, err := c.Subscribe(t.Context(), Call{URL: someURL}, oneSubscribe)
		if err != nil || response.Meta.Forbidden != test.forbidden {
			t.Errorf("%q: have %+v, %v", test.text, response, err)
		}
	}
}

// TestForbiddenEverywhere: such characters do no harm in attributes, in tags and between envelopes either, and those of an
// answer that fails are counted as well.
func TestForbiddenEverywhere(t *testing.T) {
	folder := enveloped(message(`<m:Notifications><m:Notification><t:SubscriptionId>` + firstID + "</t:SubscriptionId><t:Created\x00Event><t:ItemId Id='a&#1;\x02&amp;b' Change\x1fKey=\"&#31;\"/></t:CreatedEvent></m:Notification></m:Notifications>"))
	have, err := readAll(streamOf(t, strings.NewReader(heartbeat+"\x00\xff"+folder+goodbye), Options{}))
	if err != io.EOF || len(have) != 3 || have[1].Forbidden != 7 || have[1].Messages[0].Notifications[0].Events[0].ItemID != (ID{ID: "a&b"}) {
		t.Errorf("have %+v, %v", have, err)
	}
	c := NewClient(Options{Calls: answering(http.StatusOK, nil, func() io.Reader {
		return strings.NewReader(strings.Replace(string(wire(t, "subscribe/exceeded.res.xml")), "You", "&#0;You", 1))
	})})
	_, err = c.Subscribe(t.Context(), Call{URL: someURL}, oneSubscribe)
	if e, ok := err.(*Error); !ok || e.Meta.Forbidden != 1 || e.Code != "ErrorExceededSubscriptionCount" {
		t.Errorf("have %#v", err)
	}
}

// TestXML11: a declaration of XML 1.1 is no reason to refuse an answer; one of 1.2 is.
func TestXML11(t *testing.T) {
	for declaration, want := range map[string]string{
		`<?xml version="1.1" encoding="UTF-8"?>`: "EOF",
		`<?xml encoding='utf-8' version='1.1'?>`: "EOF",
		`<?xml version="1.0" encoding="UTF-8"?>`: "EOF",
		`<?xml version="1.2"?>`:                  ConditionMalformed,
		`<?xml version="1.01"?>`:                 ConditionMalformed,
	} {
		if _, err := readAll(streamOf(t, strings.NewReader(heartbeat+declaration+goodbye), Options{})); code(err) != want {
			t.Errorf("%s: have %v, want %s", declaration, err, want)
		}
	}
}
