package exchangesim

import (
	"bytes"
	"strings"
	"time"
)

const calendarTime = "20060102T150405Z"

// calendar is the MIME of an appointment, which is an iCalendar object (RFC 5545) and no message. Times are in UTC; the
// zone that the appointment was made in is told beside them.
func (c *content) calendar() []byte {
	b := &calendarBuffer{}
	b.line("BEGIN:VCALENDAR")
	b.line("METHOD:PUBLISH")
	b.line("PRODID:exchangesim")
	b.line("VERSION:2.0")
	zoneOf(c.zone).renderCalendar(b)
	b.line("BEGIN:VEVENT")
	if c.from != nil {
		b.line("ORGANIZER:MAILTO:" + oneLine(c.from.Address))
	}
	b.text("DESCRIPTION", c.plain())
	b.text("UID", c.messageID)
	b.text("SUMMARY", c.subject)
	b.line("DTSTART:" + c.start.UTC().Format(calendarTime))
	b.line("DTEND:" + c.end.UTC().Format(calendarTime))
	b.line("DTSTAMP:" + c.sent.UTC().Format(calendarTime))
	b.text("LOCATION", c.location)
	b.line("CLASS:" + map[bool]string{true: "PUBLIC", false: "PRIVATE"}[c.sensitivity == "Normal"])
	b.line("TRANSP:OPAQUE")
	b.line("END:VEVENT")
	b.line("END:VCALENDAR")
	return b.Bytes()
}

type calendarBuffer struct{ bytes.Buffer }

// line appends a content line, folded at 75 octets between characters.
func (b *calendarBuffer) line(s string) {
	room := 75
	for _, r := range s {
		if room -= len(string(r)); room < 0 {
			b.WriteString("\r\n ")
			room = 74 - len(string(r))
		}
		b.WriteRune(r)
	}
	b.WriteString("\r\n")
}

var calendarEscapes = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", "")

// text appends a property of type TEXT, unless it is empty.
func (b *calendarBuffer) text(name, value string) {
	if value != "" {
		b.line(name + ":" + calendarEscapes.Replace(value))
	}
}

// renderCalendar writes a VTIMEZONE.
func (z timeZone) renderCalendar(b *calendarBuffer) {
	b.line("BEGIN:VTIMEZONE")
	b.line("TZID:" + z.id)
	if z.daylight == "" {
		b.observance("STANDARD", z.standard, z.standard, transition{})
	} else {
		b.observance("STANDARD", z.daylight, z.standard, z.back)
		b.observance("DAYLIGHT", z.standard, z.daylight, z.toDaylight)
	}
	b.line("END:VTIMEZONE")
}

// observance writes a rule of a zone; one that is always kept has no day on which it begins.
func (b *calendarBuffer) observance(kind, before, after string, begins transition) {
	first := time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC) // where the time of Windows begins
	b.line("BEGIN:" + kind)
	b.line("DTSTART:" + first.Add(xmlHours(begins.at)).Format("20060102T150405"))
	if begins.month != "" {
		b.line("RRULE:FREQ=YEARLY;BYDAY=" + begins.sunday + "SU;BYMONTH=" + begins.month)
	}
	b.line("TZOFFSETFROM:" + calendarOffset(before))
	b.line("TZOFFSETTO:" + calendarOffset(after))
	b.line("END:" + kind)
}

// calendarOffset is what is added to UTC to get local time, of a bias.
func calendarOffset(bias string) string {
	return time.Time{}.In(time.FixedZone("", -int(xmlHours(bias).Seconds()))).Format("-0700")
}

// xmlHours reads an XML duration of whole hours, such as the tables of zones have; empty is none.
func xmlHours(s string) time.Duration {
	d, err := time.ParseDuration(strings.ToLower(strings.Replace(s, "PT", "", 1)))
	if err != nil {
		return 0
	}
	return d
}

// zoneOf finds a zone by its id; without one, or with one that this server does not know, it is UTC.
func zoneOf(id string) timeZone {
	for _, z := range timeZones {
		if z.id == id {
			return z
		}
	}
	return timeZones[0]
}
