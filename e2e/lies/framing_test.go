package lies

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

var bomb = strings.Repeat("<a>", 100)

// How the bytes of a stream are framed.
var framing = []lie{
	{name: "two envelopes in a chunk", meets: [][]act{stream(live(func() string {
		return okText + told(notification("id-a", mails("a.1"))) + told(notification("id-b", mails("b.1")))
	}))},
		want: "a: 1; b: 1; back", asks: "1"},
	{name: "a byte at a time", meets: [][]act{stream(each(0, okText), mail("id-a", "a.1"))},
		want: "a: 1; back", asks: "1"},
	{name: "declaration, mark and comments between envelopes", meets: [][]act{stream(say("\ufeff<?xml version=\"1.0\"?><!-- a -->"+okText+" \r\n <!-- b -->\ufeff"), mail("id-a", "a.1"))},
		want: "a: 1; back", asks: "1"},
	{name: "a byte every 10 s", meets: [][]act{stream(ok, each(10*time.Second, okText))},
		want: "gap silence a b c; back", asks: "2"},
	{name: "white space without end, slowly", meets: [][]act{stream(ok, again(1000, say("   \n"), wait(time.Second)))},
		want: "gap silence a b c; back", asks: "2"},
	{name: "white space without end, fast", meets: [][]act{stream(ok, endless(100<<20, strings.Repeat(" ", 16<<10)))},
		want: "gap malformed a b c; back", asks: "2"},
	{name: "a comment without end", meets: [][]act{stream(ok, say("<!-- "), endless(100<<20, strings.Repeat("x", 16<<10)))},
		want: "gap malformed a b c; back", asks: "2"},
	{name: "an envelope of 100 MiB", meets: [][]act{stream(ok, say(`<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Header>`), endless(100<<20, strings.Repeat("<a>b</a>", 2<<10)))},
		want: "gap malformed a b c; back", asks: "2"},
	{name: "a text of 100 MiB", meets: [][]act{stream(ok, say(`<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Header><a>`), endless(100<<20, strings.Repeat("x", 16<<10)))},
		want: "gap malformed a b c; back", asks: "2"},
	{name: "a hundred elements deep", meets: [][]act{stream(ok, say(envelope(bomb)))},
		want: "gap malformed a b c; back", asks: "2"},
	{name: "a document type with entities", meets: [][]act{stream(ok, say(`<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]>`+strings.ReplaceAll(okText, "OK", "&c;")))},
		want: "gap malformed a b c; back", asks: "2"},
	{name: "an entity that no one declared", meets: [][]act{stream(ok, say(strings.ReplaceAll(okText, "OK", "&c;")))},
		want: "gap malformed a b c; back", asks: "2"},
	{name: "the reference of a control character", meets: [][]act{stream(ok, live(func() string { return told(notification("id-a", mails("a.1&#x1A;"))) }))},
		want: "a: 1; back", asks: "1"},
	{name: "a raw control character", meets: [][]act{stream(ok, live(func() string { return told(notification("id-a", mails("a.1\x00"))) }))},
		want: "a: 1; back", asks: "1"},
	{name: "invalid UTF-8", meets: [][]act{stream(ok, live(func() string { return told(notification("id-a", mails("a.1\xff\xfe"))) }))},
		want: "a: 1; back", asks: "1"},
	{name: "UTF-16", meets: [][]act{stream(say(utf16(okText)))},
		want: "back", asks: "1"},
	{name: "UTF-16 by its declaration", meets: [][]act{stream(say(`<?xml version="1.0" encoding="utf-16"?>` + okText))},
		want: "back", asks: "2"},
	{name: "XML 1.1", meets: [][]act{stream(say(`<?xml version="1.1"?>` + okText))},
		want: "back", asks: "1"},
	{name: "gzip unasked", meets: [][]act{{head("Content-Encoding: gzip"), say("\x1f\x8b\x08\x00 and so on"), hang}},
		want: "back", asks: "2"},
	{name: "end without Closed", meets: [][]act{silent(ok, finish)},
		want: "gap eof a b c; back", asks: "2"},
	{name: "end inside an envelope", meets: [][]act{silent(ok, say(okText[:100]), finish)},
		want: "gap truncated a b c; back", asks: "2"},
	{name: "reset between envelopes", meets: [][]act{stream(ok, cut)},
		want: "gap eof a b c; back", asks: "2"},
	{name: "reset inside an envelope", meets: [][]act{stream(ok, say(okText[:100]), cut)},
		want: "gap truncated a b c; back", asks: "2"},
	{name: "a chunk that is cut", meets: [][]act{stream(ok, raw("fff\r\nabc"), cut)},
		want: "gap malformed a b c; back", asks: "2"},
	{name: "a chunk of a length that is none", meets: [][]act{stream(ok, raw("xyz\r\n"), goOn)},
		want: "gap reset a b c; back", asks: "2"},
	{name: "a length that is too short", meets: [][]act{{raw(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", len(okText)-10)), say(okText), goOn}},
		want: "gap truncated a b c; back", asks: "2"},
	{name: "neither length nor chunks", meets: [][]act{{raw("HTTP/1.0 200 OK\r\n\r\n"), ok, goOn}},
		want: "back", asks: "1"},
}

// utf16 is a text in UTF-16, as a mark tells.
func utf16(text string) string {
	var b strings.Builder
	b.WriteString("\xff\xfe")
	for i := range len(text) {
		b.WriteString(text[i:i+1] + "\x00")
	}
	return b.String()
}

func TestFraming(t *testing.T) { tell(t, streaming, framing) }
