package metrics

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

var (
	named    = regexp.MustCompile(`ewsnats_[a-z_]+`)
	selector = regexp.MustCompile(`(ewsnats_[a-z_]+)\{(\w+)="([^"]+)"\}`)
	label    = regexp.MustCompile(`(\w+)="([^"]*)"`)
)

// shown are the names of all metrics, and the labels that they have.
func shown(t *testing.T) (names, labels map[string]bool) {
	t.Helper()
	m := allInOne()
	feedEverything(m)
	m.Stored(storedEvent(notificationKinds()[0], "stream"))
	names, labels = map[string]bool{}, map[string]bool{}
	for line := range strings.Lines(exposition(t, m)) {
		name := named.FindString(line)
		if strings.HasPrefix(line, "#") || name == "" {
			continue
		}
		for _, part := range []string{"_bucket", "_sum", "_count"} {
			name = strings.TrimSuffix(name, part)
		}
		names[name] = true
		for _, l := range label.FindAllStringSubmatch(line, -1) {
			labels[name+" "+l[1]+" "+l[2]] = true
		}
	}
	return names, labels
}

func document(t *testing.T, path ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{"..", ".."}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// An alarm about a metric that is not there never rings.
func TestAlarmsAndDocumentsNameWhatIsShown(t *testing.T) {
	names, labels := shown(t)
	operations, alerts := document(t, "docs", "operations.md"), document(t, "deployments", "alerts.yaml")
	for _, name := range named.FindAllString(operations+alerts, -1) {
		if !names[name] {
			t.Errorf("%s is no metric", name)
		}
	}
	for _, s := range selector.FindAllStringSubmatch(alerts, -1) {
		if !labels[s[1]+" "+s[2]+" "+s[3]] {
			t.Errorf("no series is %s", s[0])
		}
	}
	for name := range names {
		if !strings.Contains(operations, name) {
			t.Errorf("docs/operations.md does not tell %s", name)
		}
	}
}

func TestEveryAlarmIsExplained(t *testing.T) {
	var rules struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	if err := yaml.Unmarshal([]byte(document(t, "deployments", "alerts.yaml")), &rules); err != nil {
		t.Fatal(err)
	}
	operations, count := document(t, "docs", "operations.md"), 0
	for _, group := range rules.Groups {
		for _, rule := range group.Rules {
			if count++; rule.Expr == "" || !strings.Contains(operations, "\n* **"+rule.Alert+"**") {
				t.Errorf("docs/operations.md does not say what %s means", rule.Alert)
			}
		}
	}
	if count == 0 {
		t.Error("there are no alarms")
	}
}
