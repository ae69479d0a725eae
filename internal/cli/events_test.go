package cli

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ewsnats/ewsnats/internal/app"
	"github.com/ewsnats/ewsnats/internal/jetbus"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

func TestFiltersBecomeSubjects(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		want []string
	}{
		{"none", nil, []string{"ews.event.v1.*.*.*.*.*"}},
		{"a mailbox", []string{"--mailbox", "Anna@Contoso.com"}, []string{"ews.event.v1.*.*.*.contoso=2Ecom.anna"}},
		{"a domain", []string{"--mailbox", "@contoso.com"}, []string{"ews.event.v1.*.*.*.contoso=2Ecom.*"}},
		{"a verb", []string{"--kind", "newmail"}, []string{"ews.event.v1.*.newmail.*.*.*"}},
		{"a kind", []string{"--kind", "mailbox.gap"}, []string{"ews.event.v1.mailbox.gap.*.*.*"}},
		{"a folder", []string{"--folder", "Inbox"}, []string{"ews.event.v1.*.*.inbox.*.*"}},
		{"every combination", []string{"--kind", "item.created,item.moved", "--folder", "inbox", "--folder", "drafts"}, []string{
			"ews.event.v1.item.created.inbox.*.*", "ews.event.v1.item.created.drafts.*.*",
			"ews.event.v1.item.moved.inbox.*.*", "ews.event.v1.item.moved.drafts.*.*"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, o, err := parseEvents(c.args, io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			filters, err := o.filters()
			if err != nil {
				t.Fatal(err)
			}
			var have []string
			for _, f := range filters {
				have = append(have, messages.Subjects{Prefix: "ews"}.Filter(f))
			}
			if diff := cmp.Diff(c.want, have); diff != "" {
				t.Errorf("want -, have +\n%s", diff)
			}
		})
	}
}

func TestWrongFiltersSayWhatToWrite(t *testing.T) {
	for _, c := range []struct{ flag, value, want string }{
		{"--mailbox", "anna", "name@example.com"},
		{"--kind", "mail.new", "item, folder or mailbox"},
		{"--kind", "item.new mail", "newmail"},
		{"--folder", "posteingang", "inbox"},
	} {
		_, o, err := parseEvents([]string{c.flag, c.value}, io.Discard)
		if err == nil {
			_, err = o.filters()
		}
		if err == nil || app.ExitCode(err) != app.ExitUsage || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %q: have %v, want a usage error that says %q", c.flag, c.value, err, c.want)
		}
	}
}

func TestWhereReadingBegins(t *testing.T) {
	if _, o, _ := parseEvents(nil, io.Discard); o.from() != (jetbus.From{New: true}) {
		t.Errorf("by default: have %+v, want what comes from now on", o.from())
	}
	for _, args := range [][]string{{"--once"}, {"--all"}} {
		if _, o, _ := parseEvents(args, io.Discard); o.from() != (jetbus.From{}) {
			t.Errorf("%v: have %+v, want the beginning", args, o.from())
		}
	}
	_, o, _ := parseEvents([]string{"--since", "10m"}, io.Discard)
	if age := time.Since(o.from().Time); age < 10*time.Minute || age > 11*time.Minute {
		t.Errorf("--since 10m begins %s ago", age)
	}
}

func TestUnknownCommandsShowTheCommands(t *testing.T) {
	for _, args := range [][]string{nil, {"evnts"}} {
		var stderr bytes.Buffer
		if err := Run(t.Context(), args, io.Discard, &stderr); app.ExitCode(err) != app.ExitUsage || !strings.Contains(stderr.String(), "events") {
			t.Errorf("%v: have %v and %q", args, err, &stderr)
		}
	}
}
