package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

var fenced = regexp.MustCompile("(?s)```sh\n(.*?)```")

// curlExamples are the fenced blocks of the document that call curl.
func curlExamples(t *testing.T) (blocks []string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/simulator.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, match := range fenced.FindAllStringSubmatch(string(text), -1) {
		if strings.Contains(match[1], "curl ") {
			blocks = append(blocks, match[1])
		}
	}
	return blocks
}

// Every example of the document works, one after the other, against one server.
func TestExamplesOfTheDocument(t *testing.T) {
	for _, tool := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("no " + tool)
		}
	}
	base := serve(t, nil, "-rate", "0")
	blocks := curlExamples(t)
	if len(blocks) < 10 {
		t.Fatalf("%d examples", len(blocks))
	}
	for _, block := range blocks {
		script := `set -euo pipefail; curl() { command curl -sS --fail-with-body --max-time 20 "$@"; };` + "\n" +
			strings.ReplaceAll(block, "http://127.0.0.1:8080", base)
		out, err := exec.CommandContext(t.Context(), "bash", "-c", script).CombinedOutput()
		if err != nil {
			t.Errorf("%v\n%s%s", err, block, out)
		}
	}
}
