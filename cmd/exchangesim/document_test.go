package main

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

func document(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/simulator.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// curlExamples are the fenced blocks of the document that call curl.
func curlExamples(t *testing.T) (blocks []string) {
	for _, match := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(document(t), -1) {
		if strings.Contains(match[1], "curl ") {
			blocks = append(blocks, match[1])
		}
	}
	return blocks
}

func TestFileOfTheDocument(t *testing.T) {
	block := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(document(t))
	if block == nil {
		t.Fatal("no file in the document")
	}
	o, err := readFile(writeFile(t, block[1]))
	if err != nil || len(o.mailboxes) != 2 || len(o.accounts) != 2 {
		t.Errorf("have %+v, %v", o, err)
	}
}

// The tables have every flag and every profile, and no other.
func TestTablesOfTheDocument(t *testing.T) {
	_, err := exchangesim.ParseProfile("?")
	_, names, _ := strings.Cut(err.Error(), "use one of ")
	wantSame(t, "profile", regexp.MustCompile("(?m)^\\| `((?:exchange-|gromox)[a-z0-9]*)` \\|"), strings.Split(names, ", "))
	var flags []string
	for _, m := range regexp.MustCompile(`(?m)^  -([a-z-]+)`).FindAllStringSubmatch(usage(t), -1) {
		flags = append(flags, "-"+m[1])
	}
	wantSame(t, "flag", regexp.MustCompile("`(-[a-z-]+)`"), flags)
}

// wantSame compares what the first columns of the document's tables name with what there is.
func wantSame(t *testing.T, kind string, pattern *regexp.Regexp, want []string) {
	t.Helper()
	var have []string
	for _, row := range regexp.MustCompile("(?m)^\\| `[^|]*\\|").FindAllString(document(t), -1) {
		for _, m := range pattern.FindAllStringSubmatch(row, -1) {
			have = append(have, m[1])
		}
	}
	slices.Sort(have)
	slices.Sort(want)
	if !slices.Equal(have, want) {
		t.Errorf("%ss documented %q\nthere are %q", kind, have, want)
	}
}

// usage is what -h prints.
func usage(t *testing.T) string {
	t.Helper()
	out, err := os.Create(filepath.Join(t.TempDir(), "usage"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	stderr := os.Stderr
	os.Stderr = out
	defer func() { os.Stderr = stderr }()
	if _, err := parse([]string{"-h"}); !errors.Is(err, flag.ErrHelp) {
		t.Error(err)
	}
	text, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Every example of the document works, one after the other, against one server.
func TestExamplesOfTheDocument(t *testing.T) {
	for _, tool := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("install " + tool + ": the examples of the document are run with it")
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
