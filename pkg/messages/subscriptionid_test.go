package messages

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"
)

// idOf makes an id as Exchange does: the host's name, a GUID, and what else a version adds.
func idOf(host string, more ...byte) SubscriptionID {
	raw := binary.LittleEndian.AppendUint16(nil, uint16(len(host)))
	raw = append(raw, host...)
	raw = binary.LittleEndian.AppendUint32(raw, 16)
	raw = append(raw, "0123456789abcdef"...)
	return SubscriptionID(base64.StdEncoding.EncodeToString(append(raw, more...)))
}

func TestSubscriptionIDHost(t *testing.T) {
	tests := map[string]struct {
		id   SubscriptionID
		want string // empty: none
	}{
		"Exchange 2016":        {"DQBleDAxLnNpbS50ZXN0EAAAAOAEJT+JT9NBmgwDBegsMwEAaJPEakffCBAAAAAQuKdrrZ3REYC0AMBP1DDI", "ex01.sim.test"},
		"Exchange 2010":        {idOf("exch03.bookingbug.local"), "exch03.bookingbug.local"},
		"capitals":             {idOf("EX01.Contoso.com"), "ex01.contoso.com"},
		"short name":           {idOf("ex_01-a"), "ex_01-a"},
		"later versions":       {idOf("bn1pr03mb202.namprd03.prod.outlook.com", make([]byte, 100)...), "bn1pr03mb202.namprd03.prod.outlook.com"},
		"empty":                {"", ""},
		"no base64":            {"not base64!", ""},
		"one byte":             {"DQ==", ""},
		"a GUID as gromox's":   {SubscriptionID(base64.StdEncoding.EncodeToString([]byte("0123456789abcdef"))), ""},
		"a GUID's text":        {"f47ac10b-58cc-4372-a567-0e02b2c3d479", ""},
		"no host":              {idOf(""), ""},
		"long host":            {idOf(strings.Repeat("a.", 130) + "a"), ""},
		"control characters":   {idOf("ex01\x1b[2J"), ""},
		"empty label":          {idOf("ex01..test"), ""},
		"an address":           {idOf("anna@contoso.com"), ""},
		"cut behind the name":  {idOf("ex01.sim.test")[:24], ""},
		"another length":       {SubscriptionID(base64.StdEncoding.EncodeToString([]byte("\x02\x00ab\x11\x00\x00\x000123456789abcdef"))), ""},
		"length out of bounds": {SubscriptionID(base64.StdEncoding.EncodeToString([]byte("\xff\xffab"))), ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if have, ok := tt.id.Host(); have != tt.want || ok != (tt.want != "") {
				t.Errorf("have %q, %t, want %q", have, ok, tt.want)
			}
		})
	}
}

func FuzzSubscriptionIDHost(f *testing.F) {
	f.Add("DQBleDAxLnNpbS50ZXN0EAAAAOAEJT+JT9NBmgwDBegsMwEAaJPEakffCBAAAAAQuKdrrZ3REYC0AMBP1DDI")
	f.Add(string(idOf("ex01")))
	f.Add("")
	f.Fuzz(func(t *testing.T, id string) {
		host, ok := SubscriptionID(id).Host()
		if ok != (host != "") {
			t.Errorf("%q: host %q, %t", id, host, ok)
		}
		if !ok {
			return
		}
		if again, ok := idOf(host).Host(); !ok || again != host {
			t.Errorf("%q: host %q is none when written again", id, host)
		}
		if host != strings.ToLower(host) || strings.ContainsFunc(host, func(r rune) bool { return r <= ' ' || r > '~' || r == '@' }) {
			t.Errorf("%q: host %q is not fit to be shown", id, host)
		}
	})
}
