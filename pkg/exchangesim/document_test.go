package exchangesim

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

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
