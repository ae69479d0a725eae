package demo

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// screen is the whole view line by line, cut to the size of the terminal; a size
// of zero cuts nothing.
func (s *state) screen(connections int, width, height int) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	lines := []string{
		fmt.Sprintf("ewsnats demo   %.0f s   NATS %s   Exchange %s   Ctrl-C ends", now.Sub(s.began).Seconds(), s.natsURL, s.exchangeURL),
		"",
		"mailboxes    " + s.mailboxStates(),
		fmt.Sprintf("connections  %d      events/s %.1f      gaps %d", connections, s.rate.perSecond(now), s.gaps),
		"last regroup " + orNone(s.regroup),
		"last gap     " + orNone(s.lastGap),
		"",
		"groups",
	}
	lines = append(lines, s.groupLines()...)
	lines = append(lines, "", "what happened")
	lines = append(lines, indented(s.news)...)
	lines = append(lines, "", "newest events")
	lines = append(lines, indented(s.events)...)
	if height > 0 && len(lines) > height {
		lines = lines[:height]
	}
	for i, line := range lines {
		if runes := []rune(line); width > 0 && len(runes) > width {
			lines[i] = string(runes[:width])
		}
	}
	return lines
}

func (s *state) mailboxStates() string {
	counts := map[string]int{}
	for _, state := range s.mailboxes {
		counts[state]++
	}
	var parts []string
	for _, state := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s %d", state, counts[state]))
	}
	return orNone(strings.Join(parts, "   "))
}

func (s *state) groupLines() []string {
	var lines []string
	for _, id := range slices.Sorted(maps.Keys(s.groups)) {
		g := s.groups[id]
		streaming := 0
		for a := range g.Subscriptions {
			if s.mailboxes[a] == "streaming" {
				streaming++
			}
		}
		what := fmt.Sprintf("%d of %d stream, anchor %s", streaming, len(g.Subscriptions), g.Anchor)
		if len(g.Subscriptions) == 0 {
			what = "dissolved: " + g.Cause.Reason
		}
		lines = append(lines, fmt.Sprintf("  %-12s %-8s generation %d revision %d   %s", id, g.Grouping, g.Generation, g.Revision, what))
	}
	return lines
}

func indented(lines []string) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = "  " + line
	}
	return out
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
