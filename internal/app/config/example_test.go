package config

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

func exampleFile(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "ewsnats.example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestExampleLoads(t *testing.T) {
	example := exampleFile(t)
	t.Chdir(t.TempDir())
	t.Setenv("EXCHANGE_PASSWORD", "secret")
	writeFile(t, "mailboxes.txt", "anna@contoso.com\n")
	writeFile(t, "ewsnats.yaml", example)

	have, err := load(t, NeedNATS|NeedExchange|NeedDiscovery, "--config", "ewsnats.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Exchange.Autodiscover.URL = "https://autodiscover.example.com/autodiscover/autodiscover.svc"
	want.Exchange.Account.User, want.Exchange.Account.Password.Env = `EXAMPLE\svc-ewsnats`, "EXCHANGE_PASSWORD"
	want.Mailboxes.List = "mailboxes.txt"
	if diff := cmp.Diff(want, have, ignoreOrigins); diff != "" {
		t.Errorf("the example differs from what it says it is; want - have +:\n%s", diff)
	}
}

// commentedKey is a key that the example shows without setting it; a sentence
// has a space after its #.
var (
	commentedKey = regexp.MustCompile(`(?m)^( *)#([a-zA-Z]+:)`)
	sentence     = regexp.MustCompile(`^ *# `)
)

func TestExampleExplainsEveryKey(t *testing.T) {
	example := commentedKey.ReplaceAllString(exampleFile(t), "$1$2")
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(example), &document); err != nil {
		t.Fatal(err)
	}
	have := map[string]int{}
	collect("", document.Content[0], have)
	var want []string
	for _, s := range Default().settings() {
		want = append(want, s.key)
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(have))); diff != "" {
		t.Errorf("keys that exist - keys of the example +:\n%s", diff)
	}
	lines := strings.Split(example, "\n")
	for key, line := range have {
		if !sentence.MatchString(lines[line-2]) {
			t.Errorf("ewsnats.example.yaml:%d: no comment explains %s", line, key)
		}
	}
}

// collect gathers the keys below a node with their lines.
func collect(prefix string, node *yaml.Node, lines map[string]int) {
	for i := 0; i < len(node.Content); i += 2 {
		name, content := node.Content[i], node.Content[i+1]
		key := join(prefix, name.Value)
		if content.Kind == yaml.MappingNode {
			collect(key, content, lines)
			continue
		}
		lines[key] = name.Line
	}
}

// What the file of a user's first try most often gets wrong.
func TestExampleWithoutItsSecretNamesTheReference(t *testing.T) {
	example := exampleFile(t)
	t.Chdir(t.TempDir())
	writeFile(t, "mailboxes.txt", "anna@contoso.com\n")
	writeFile(t, "ewsnats.yaml", example)
	_, err := load(t, NeedExchange, "--config", "ewsnats.yaml")
	var invalid *Error
	if !errors.As(err, &invalid) || len(invalid.Problems) != 1 {
		t.Fatalf("have %v, want one problem", err)
	}
	have := invalid.Problems[0]
	if have.Key != "exchange.account.password.env" || have.Wrong != "the environment variable EXCHANGE_PASSWORD is not set" {
		t.Errorf("have %s, want it to name the variable", have)
	}
}
