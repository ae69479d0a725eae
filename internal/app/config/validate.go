package config

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// validate checks what single values cannot tell by their form.
func (r *reading) validate(needs Needs) {
	c := r.cfg
	r.validateID()
	r.positive("drain", c.Drain)
	r.validateNATS(needs)
	r.validateSubscribe()
	r.validateExchange(needs)
	r.validateMailboxes(needs)
	r.between("discoverer.batch", c.Discoverer.Batch, 1, 1000)
	r.positive("discoverer.refresh", c.Discoverer.Refresh)
	r.between("groups.size", c.Groups.Size, 1, maxGroupSize)
	r.positive("groups.quiet", c.Groups.Quiet)
	r.validateStreamer()
	r.validateLease()
	r.address("http.listen", c.HTTP.Listen, "0.0.0.0:8080")
	r.oneOf("log.level", c.Log.Level, []string{"debug", "info", "warn", "error"})
	r.oneOf("log.format", c.Log.Format, []string{"json", "text"})
	r.validateTrace()
}

// shortestTrace holds a large answer.
const shortestTrace = 64 << 10

func (r *reading) validateTrace() {
	t := r.cfg.Trace
	if len(t.Only) > 0 && t.Dir == "" {
		r.wrong("trace.dir", "not set, though trace.only is", "write the path of a folder, or take trace.only out")
	}
	if !r.failed["trace.maxBytes"] && t.MaxBytes < shortestTrace {
		r.wrong("trace.maxBytes", fmt.Sprintf("%s does not hold a large answer", t.MaxBytes), "write a size of at least 64KiB, such as 16MiB")
	}
	r.between("trace.maxFiles", t.MaxFiles, 2, 100_000)
}

var memberID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

func (r *reading) validateID() {
	if id := r.cfg.ID; id != "" && !memberID.MatchString(id) {
		r.wrong("id", fmt.Sprintf("%q cannot name a process", id), "write at most 64 letters, digits, dots, - and _")
	}
}

// The TTL of a lease: below the shortest a pause of the network or the disk would
// cost the work of a process that is well, above the longest a dead one is missed
// for too long.
const (
	shortestTTL = 3 * time.Second
	longestTTL  = time.Minute
)

func (r *reading) validateLease() {
	if ttl := r.cfg.Lease.TTL; !r.failed["lease.ttl"] && (ttl < shortestTTL || ttl > longestTTL) {
		r.wrong("lease.ttl", fmt.Sprintf("%s is out of range", ttl), fmt.Sprintf("write a duration from %s to %s", shortestTTL, longestTTL))
	}
}

// validateSubscribe checks folders and events, and writes each as EWS does.
func (r *reading) validateSubscribe() {
	s := &r.cfg.Subscribe
	if len(s.Events) == 0 || slices.Equal(s.Events, []string{"all"}) {
		s.Events = eventElements()
	}
	for i, event := range s.Events {
		s.Events[i] = r.canonical("subscribe.events", "event", event, eventElements())
	}
	if slices.Equal(s.Folders, []string{"all"}) {
		s.Folders = nil
	}
	for i, folder := range s.Folders {
		if !IsFolderID(folder) {
			s.Folders[i] = r.canonical("subscribe.folders", "folder", folder, folderNames())
		}
	}
}

// shortestFolderID is well below the ids that Exchange makes (some 120
// characters) and above its longest folder name.
const shortestFolderID = 40

// IsFolderID tells an id of a folder, as Exchange makes them, from a well-known name.
func IsFolderID(s string) bool {
	_, err := base64.StdEncoding.DecodeString(s)
	return err == nil && len(s) >= shortestFolderID
}

// canonical finds a name regardless of case.
func (r *reading) canonical(key, kind, word string, names []string) string {
	for _, name := range names {
		if strings.EqualFold(word, name) {
			return name
		}
	}
	r.wrong(key, fmt.Sprintf("unknown %s %q", kind, word), didYouMean(word, names))
	return word
}

func (r *reading) validateStreamer() {
	s := r.cfg.Streamer
	lowest, highest := s.ConnectionTimeout.Min, s.ConnectionTimeout.Max
	r.minutes("streamer.connectionTimeout.min", lowest)
	r.minutes("streamer.connectionTimeout.max", highest)
	if lowest > highest {
		r.wrong("streamer.connectionTimeout.min", fmt.Sprintf("%s is longer than streamer.connectionTimeout.max, %s", lowest, highest),
			"write the shorter one as min")
	}
	r.positive("streamer.silence", s.Silence)
}

// minutes checks a ConnectionTimeout: StreamingSubscriptionConnectionTimeoutType
// of Exchange's types.xsd is a whole number from 1 to 30.
func (r *reading) minutes(key string, d time.Duration) {
	if !r.failed[key] && (d%time.Minute != 0 || d < time.Minute || d > 30*time.Minute) {
		r.wrong(key, fmt.Sprintf("Exchange does not accept a ConnectionTimeout of %s", d), "write whole minutes from 1m to 30m")
	}
}

func (r *reading) positive(key string, d time.Duration) {
	if !r.failed[key] && d <= 0 {
		r.wrong(key, fmt.Sprintf("%s is not longer than nothing", d), "write a duration above 0s")
	}
}

func (r *reading) between(key string, n, lowest, highest int) {
	if !r.failed[key] && (n < lowest || n > highest) {
		r.wrong(key, fmt.Sprintf("%d is out of range", n), fmt.Sprintf("write a number from %d to %d", lowest, highest))
	}
}

func (r *reading) oneOf(key, word string, names []string) {
	if !slices.Contains(names, word) {
		r.wrong(key, fmt.Sprintf("%q is not known", word), didYouMean(word, names))
	}
}

var hostPort = regexp.MustCompile(`^[^\s/@]*:\d{1,5}$`)

func (r *reading) address(key, address, example string) {
	if address != "" && !hostPort.MatchString(address) {
		r.wrong(key, fmt.Sprintf("%q is not host:port", address), "write an address such as "+example)
	}
}
