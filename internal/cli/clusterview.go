package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// table writes rows in columns.
func table(w io.Writer, rows [][]string) error {
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i, cell := range row {
			row[i] = cmp.Or(cell, "-")
		}
		fmt.Fprintln(columns, strings.Join(row, "\t"))
	}
	return columns.Flush()
}

// jsonLines writes one object a line.
func jsonLines[T any](w io.Writer, objects []T) error {
	encoder := json.NewEncoder(w)
	for _, o := range objects {
		if err := encoder.Encode(o); err != nil {
			return err
		}
	}
	return nil
}

func writeMembers(w io.Writer, members []member, now time.Time) error {
	rows := [][]string{{"STAGE", "ID", "STATE", "UNITS", "HOST", "PID", "SINCE"}}
	for _, m := range members {
		pid := ""
		if m.PID > 0 {
			pid = strconv.Itoa(m.PID)
		}
		rows = append(rows, []string{m.Stage, m.ID, m.State, strconv.Itoa(m.Units), m.Host, pid, moment(m.Since, now)})
	}
	return table(w, rows)
}

func writeGroups(w io.Writer, groups []groupState, now time.Time) error {
	rows := [][]string{{"GROUP", "GENERATION", "MAILBOXES", "OWNER", "SINCE", "COVERED UNTIL", "BEHIND", "CONNECTED SINCE", "MAILBOX SERVER"}}
	for _, g := range groups {
		rows = append(rows, []string{string(g.Group), fmt.Sprintf("%d.%d", g.Generation, g.Revision), strconv.Itoa(g.Mailboxes),
			g.owners(), moment(g.Since, now), moment(g.Covered, now), strconv.Itoa(g.Behind), moment(g.Connected, now), g.affinity()})
	}
	return table(w, rows)
}

// owners is who streams the group, and who it is handed over to.
func (g groupState) owners() string {
	switch {
	case g.To == "":
		return g.Owner
	case g.Opened:
		return g.Owner + " > " + g.To + " (begun)"
	}
	return g.Owner + " > " + g.To
}

// affinity is the mailbox server of the group: one where affinity is at work.
func (g groupState) affinity() string {
	hosts := slices.SortedFunc(maps.Keys(g.Hosts), func(a, b string) int {
		return cmp.Or(cmp.Compare(g.Hosts[b], g.Hosts[a]), cmp.Compare(a, b))
	})
	if len(hosts) == 0 {
		return "unknown"
	}
	if len(hosts) == 1 && g.Unnamed == 0 {
		return hosts[0]
	}
	var parts []string
	for _, host := range hosts {
		parts = append(parts, fmt.Sprintf("%s %d", host, g.Hosts[host]))
	}
	if g.Unnamed > 0 {
		parts = append(parts, fmt.Sprintf("unknown %d", g.Unnamed))
	}
	if len(hosts) > 1 {
		return fmt.Sprintf("%d DIFFER: %s", len(hosts), strings.Join(parts, ", "))
	}
	return strings.Join(parts, ", ")
}

// moment is a time and how long ago that is; empty for none.
func moment(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339) + " (" + age(now.Sub(t)) + ")"
}

// age is a duration in its two greatest units. A time of another clock may lie
// ahead of ours.
func age(d time.Duration) string {
	const day = 24 * time.Hour
	d = max(0, d)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	case d < day:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%dd%02dh", d/day, d%day/time.Hour)
}
