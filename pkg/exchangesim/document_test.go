package exchangesim

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The document's table of operations names every one that is answered, and no other.
func TestDocumentHasEveryOperation(t *testing.T) {
	text, err := os.ReadFile("../../docs/simulator.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Operations\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var documented []string
	for _, m := range regexp.MustCompile(`(?m)^\| ([A-Z][A-Za-z, ]*) \|`).FindAllStringSubmatch(section, -1) {
		documented = append(documented, strings.Split(m[1], ", ")...)
	}
	answered := append(slices.Collect(maps.Keys(operations)), "GetStreamingEvents")
	slices.Sort(documented)
	slices.Sort(answered)
	if !slices.Equal(documented, answered) {
		t.Errorf("documented %q\nanswered %q", documented, answered)
	}
}

// The document's table has every path of the control endpoint, no other, and an example for each.
func TestDocumentHasEveryControlPath(t *testing.T) {
	text, err := os.ReadFile("../../docs/simulator.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, m := range regexp.MustCompile("(?m)^\\| `((?:GET|POST) /sim/[a-z]+)`").FindAllStringSubmatch(string(text), -1) {
		rows = append(rows, m[1])
	}
	paths := New(Config{}).newControl().paths
	slices.Sort(paths)
	slices.Sort(rows)
	if !slices.Equal(rows, paths) {
		t.Errorf("documented %q\nserved %q", rows, paths)
	}
	for _, path := range paths {
		method, name, _ := strings.Cut(path, " ")
		example := `curl '?http://127.0.0.1:8080` + name + `\b`
		if method == "POST" {
			example += `.* (-d|--data-binary) `
		} else {
			example += `[^ ]*\n`
		}
		if !regexp.MustCompile(example).Match(text) {
			t.Errorf("no example of %s", path)
		}
	}
}
