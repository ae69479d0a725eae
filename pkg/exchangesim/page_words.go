package exchangesim

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// first is the mailbox a request is about, and how many more.
func (r Request) first() string {
	who := cmp.Or(r.Impersonated, r.AnchorMailbox)
	if len(r.Mailboxes) > 0 {
		who = r.Mailboxes[0]
	}
	if len(r.Mailboxes) > 1 {
		who += fmt.Sprintf(" + %d", len(r.Mailboxes)-1)
	}
	return who
}

// class colours an answer.
func (r Request) class() string {
	if r.HTTPStatus == 200 && r.Code == "NoError" {
		return "good"
	}
	return "bad"
}

// describe says in a few words what a fault answers.
func (a FaultAnswer) describe() string {
	what := cmp.Or(a.ResponseCode, a.SOAPFault)
	switch {
	case a.Status != 0:
		what = fmt.Sprintf("HTTP %d", a.Status)
	case a.Reset:
		what = "a reset"
	case a.CorruptXML:
		what = "ill-formed XML"
	case a.Truncate:
		what = "half an answer"
	case a.Users > 0:
		what = fmt.Sprintf("the first %d users", a.Users)
	}
	if a.Delay > 0 {
		what = strings.TrimSpace(fmt.Sprintf("%s %s late", what, a.Delay))
	}
	return what
}

// product is the server it passes for, and the version.
func (c Config) product() string {
	v := c.Version
	return fmt.Sprintf("%s %d.%d.%d.%d", c.Profile, v.Major, v.Minor, v.MajorBuild, v.MinorBuild)
}

// took is a duration in milliseconds, as tables of requests have it.
func took(d time.Duration) string {
	if d < 10*time.Millisecond {
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	}
	return fmt.Sprintf("%d ms", d.Milliseconds())
}

// age is a duration in the two greatest units it has.
func age(d time.Duration) string {
	d = max(d, 0)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
}
