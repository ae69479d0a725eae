package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func document(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/events.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// blocks are the fenced blocks of a language.
func blocks(document, language string) []string {
	var found []string
	for _, part := range strings.Split(document, "```"+language+"\n")[1:] {
		block, _, _ := strings.Cut(part, "```")
		found = append(found, block)
	}
	return found
}

func TestTheDocumentShowsThisProgram(t *testing.T) {
	shown := strings.Join(blocks(document(t), "go"), "")
	for _, file := range []string{"main.go", "tracker.go"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(shown, string(text)) {
			t.Errorf("docs/events.md does not show %s as it is: copy it there", file)
		}
	}
}

// The messages of the document are the ones that the encoding is held to.
func TestTheDocumentShowsGoldenMessages(t *testing.T) {
	doc := document(t)
	for _, kind := range []string{"item.moved", "folder.modified",
		"mailbox.streaming", "mailbox.stopped", "mailbox.gap", "mailbox.healed"} {
		golden, err := os.ReadFile(filepath.Join("../../pkg/messages/testdata", "ewsnats."+kind+".v1.txt"))
		if err != nil {
			t.Fatal(err)
		}
		head, body, _ := strings.Cut(string(golden), "\n\n")
		if !holdsJSON(doc, body) {
			t.Errorf("%s: docs/events.md does not show its body", kind)
		}
		if kind == "item.moved" || kind == "mailbox.streaming" || kind == "mailbox.gap" {
			if !strings.Contains(doc, "```\n"+head+"\n```") {
				t.Errorf("%s: docs/events.md does not show its subject and headers", kind)
			}
		}
	}
}

func holdsJSON(doc, body string) bool {
	for _, shown := range blocks(doc, "json") {
		var compact bytes.Buffer
		if json.Compact(&compact, []byte(shown)) == nil && compact.String() == strings.TrimSpace(body) {
			return true
		}
	}
	return false
}
