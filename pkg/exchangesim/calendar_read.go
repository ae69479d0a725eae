package exchangesim

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"
)

var calendarBegin = []byte("BEGIN:VCALENDAR")

// readCalendar makes the content of an appointment from an iCalendar object (RFC 5545), of which the first event counts.
func readCalendar(raw []byte) (*content, error) {
	_, event, _ := strings.Cut(unfold(raw), "\nBEGIN:VEVENT\n")
	event, _, found := strings.Cut(event, "\nEND:VEVENT")
	if !found {
		return nil, errors.New("the calendar has no event")
	}
	c := &content{mime: bytes.Clone(raw), importance: "Normal", sensitivity: "Normal"}
	for _, line := range strings.Split(event, "\n") {
		name, value, _ := strings.Cut(line, ":")
		name, parameters, _ := strings.Cut(name, ";")
		if err := c.setCalendar(strings.ToUpper(name), parameters, value); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if c.start.IsZero() {
		return nil, errors.New("the event has no DTSTART")
	}
	if c.end.IsZero() {
		c.end = c.start
	}
	return c, nil
}

// unfold joins the lines that belong together, and ends each with \n.
func unfold(raw []byte) string {
	return strings.NewReplacer("\r\n ", "", "\r\n\t", "", "\r\n", "\n", "\n ", "", "\n\t", "").Replace(string(raw))
}

var calendarTexts = strings.NewReplacer(`\\`, `\`, `\;`, ";", `\,`, ",", `\n`, "\r\n", `\N`, "\r\n", "\r", "")

func (c *content) setCalendar(name, parameters, value string) (err error) {
	switch text := strings.ToValidUTF8(calendarTexts.Replace(value), "\uFFFD"); name {
	case "SUMMARY":
		c.subject = text
	case "DESCRIPTION":
		c.text = text
	case "LOCATION":
		c.location = text
	case "UID":
		c.messageID = text
	case "CLASS":
		if strings.EqualFold(value, "PRIVATE") || strings.EqualFold(value, "CONFIDENTIAL") {
			c.sensitivity = "Private"
		}
	case "DTSTART":
		c.start, err = readCalendarTime(parameters, value)
	case "DTEND":
		c.end, err = readCalendarTime(parameters, value)
	}
	return err
}

// readCalendarTime reads a time in UTC, in a zone that Go knows, or a day. A time in another zone is taken for UTC.
func readCalendarTime(parameters, value string) (time.Time, error) {
	if t, err := time.Parse("20060102", value); err == nil {
		return t, nil
	}
	zone := time.UTC
	for _, p := range strings.Split(parameters, ";") {
		if id, ok := strings.CutPrefix(p, "TZID="); ok {
			if known, err := time.LoadLocation(strings.Trim(id, `"`)); err == nil {
				zone = known
			}
		}
	}
	t, err := time.ParseInLocation(strings.TrimSuffix(calendarTime, "Z"), strings.TrimSuffix(value, "Z"), zone)
	if t = t.UTC(); err == nil && (t.Year() < 1 || t.Year() > 9999) {
		err = fmt.Errorf("%s is no year of iCalendar", value)
	}
	return t, err
}
