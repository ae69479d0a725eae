package archtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestStructure(t *testing.T) {
	root := filepath.Join("..", "..")
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil || !strings.HasPrefix(string(text), "module "+module+"\n") {
		t.Fatalf("%s is not the root of %s", root, module)
	}
	sources := readTree(t, root)
	for _, folder := range append(append([]string{}, stages...), pure...) {
		if !holds(sources, folder) {
			t.Errorf("no Go file lies in %s: the rules about it hold nothing", folder)
		}
	}
	for _, v := range check(sources) {
		t.Error(v)
	}
}

func holds(sources []source, folder string) bool {
	for _, s := range sources {
		if s.folder == folder && !s.test {
			return true
		}
	}
	return false
}

// The rules are worth nothing if they cannot fail.
func TestRules(t *testing.T) {
	tests := map[string]struct {
		files map[string]string // the imports of each, or its text
		want  string            // part of the only complaint; empty: none
	}{
		"public imports internal":             {files{"pkg/messages/a_test.go": imports("internal/lease")}, "public packages"},
		"public imports NATS":                 {files{"pkg/ewssoap/a.go": imports("github.com/nats-io/nats-server/v2/server")}, "public packages"},
		"public imports standard library":     {files{"pkg/ewssoap/a.go": imports("net/http", "log/slog")}, ""},
		"stage imports stage":                 {files{"internal/streamer/a.go": imports("internal/subscriber")}, "a stage sees only its ports"},
		"stage's test imports stage":          {files{"internal/streamer/a_test.go": imports("internal/discoverer")}, "a stage sees only its ports"},
		"stage imports HTTP":                  {files{"internal/discoverer/a.go": imports("net/http")}, "a stage sees only its ports"},
		"stage imports its own part":          {files{"internal/streamer/a.go": imports("internal/streamer/ladder")}, ""},
		"stage reaches HTTP":                  {files{"internal/streamer/a.go": imports("internal/x"), "internal/x/a.go": imports("internal/y"), "internal/y/a.go": imports("net/http")}, "internal/streamer is built of it"},
		"stage's test reaches HTTP":           {files{"internal/streamer/a_test.go": imports("internal/x"), "internal/x/a.go": imports("net/http")}, ""},
		"adapter imports HTTP":                {files{"internal/exchange/a.go": imports("net/http", "pkg/ewssoap")}, ""},
		"NATS outside jetbus":                 {files{"internal/cli/a.go": imports("github.com/nats-io/nats.go/jetstream")}, "only internal/jetbus"},
		"Watermill outside jetbus":            {files{"internal/app/a_test.go": imports("github.com/ThreeDotsLabs/watermill/message")}, "only internal/jetbus"},
		"NATS in the tests of the whole":      {files{"e2e/a_test.go": imports("github.com/nats-io/nats.go")}, ""},
		"NATS in jetbus":                      {files{"internal/jetbus/a.go": imports("github.com/nats-io/nats.go", "github.com/ThreeDotsLabs/watermill-nats/v2/pkg/jetstream")}, ""},
		"NATS server outside natsserver":      {files{"internal/cli/a.go": imports("github.com/nats-io/nats-server/v2/server")}, "only internal/natsserver"},
		"embedded server in a stage's binary": {files{"cmd/streamer/a.go": imports("internal/natsserver")}, "the embedded server"},
		"embedded server in tests":            {files{"internal/jetbus/a_test.go": imports("internal/natsserver")}, ""},
		"embedded server in all-in-one":       {files{"cmd/ewsnats/a.go": imports("internal/natsserver")}, ""},
		"gobreaker outside breaker":           {files{"internal/exchange/a.go": imports("github.com/sony/gobreaker/v2")}, "only internal/breaker"},
		"SMTP in the simulator":               {files{"pkg/exchangesim/a.go": imports("github.com/emersion/go-smtp")}, "only pkg/exchangesim/simsmtp"},
		"simulator imports its SMTP":          {files{"pkg/exchangesim/a_test.go": imports("pkg/exchangesim/simsmtp")}, "only pkg/exchangesim/simsmtp"},
		"SMTP in simsmtp and the command":     {files{"pkg/exchangesim/simsmtp/a.go": imports("github.com/emersion/go-smtp"), "cmd/exchangesim/a.go": imports("pkg/exchangesim/simsmtp")}, ""},
		"pure imports a library":              {files{"pkg/ewsaffinity/a.go": imports("github.com/google/uuid")}, "the standard library only"},
		"pure test imports a library":         {files{"pkg/ewsaffinity/a_test.go": imports("pgregory.net/rapid")}, ""},
		"messages imports affinity":           {files{"pkg/messages/a.go": imports("pkg/ewsaffinity")}, "the standard library only"},
		"affinity imports messages":           {files{"pkg/ewsaffinity/a.go": imports("pkg/messages", "net/url")}, ""},
		"pure imports net":                    {files{"pkg/messages/a.go": imports("net/netip")}, "decide and do nothing"},
		"pure imports context":                {files{"pkg/messages/a.go": imports("context")}, "decide and do nothing"},
		"pure imports slog":                   {files{"pkg/ewsaffinity/a.go": imports("log/slog")}, "decide and do nothing"},
		"pure reads the clock":                {files{"pkg/ewsaffinity/a.go": "package a\nimport \"time\"\nvar x = time.Now()\n"}, "time.Now"},
		"pure reads a renamed clock":          {files{"pkg/messages/a.go": "package a\nimport clock \"time\"\nvar x = clock.NewTimer(1)\n"}, "time.NewTimer"},
		"pure names a time":                   {files{"pkg/messages/a.go": "package a\nimport \"time\"\nvar x time.Duration = time.Second\n"}, ""},
		"stage reads the clock":               {files{"internal/streamer/a.go": "package a\nimport \"time\"\nvar x = time.Now()\n"}, ""},
		"simulator's test imports client":     {files{"pkg/exchangesim/a_test.go": imports("pkg/ewssoap")}, "judge each other"},
		"client imports simulator":            {files{"pkg/ewssoap/wire/a.go": imports("pkg/exchangesim")}, "judge each other"},
		"walk imports affinity":               {files{"pkg/ewssoap/autodiscover/a.go": imports("pkg/ewsaffinity")}, "pkg/ewssoap and the standard library only"},
		"walk imports the client":             {files{"pkg/ewssoap/autodiscover/a.go": imports("pkg/ewssoap", "net/http")}, ""},
		"long main":                           {files{"cmd/streamer/main.go": "package main\n" + strings.Repeat("\n", 59)}, "has 60 lines"},
		"short main":                          {files{"cmd/streamer/main.go": "package main\n" + strings.Repeat("\n", 58)}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			have := check(parseAll(t, tt.files))
			switch {
			case tt.want == "" && len(have) > 0:
				t.Errorf("have %v, want no complaint", have)
			case tt.want != "" && (len(have) == 0 || !strings.Contains(have[0].String(), tt.want)):
				t.Errorf("have %v, want a complaint with %q", have, tt.want)
			}
		})
	}
}

type files = map[string]string

// imports is a file with imports; those without a dot in their first element
// that name a folder of this repository are of this module.
func imports(paths ...string) string {
	var b strings.Builder
	b.WriteString("package a\n")
	for _, path := range paths {
		if within(path, "pkg", "internal", "cmd", "e2e") {
			path = module + "/" + path
		}
		b.WriteString("import _ \"" + path + "\"\n")
	}
	return b.String()
}

func parseAll(t *testing.T, texts files) []source {
	t.Helper()
	var sources []source
	for path, text := range texts {
		s, err := parse(path, text)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, s)
	}
	return sources
}

func TestReadTreeSkipsOtherModules(t *testing.T) {
	root := t.TempDir()
	tree := files{
		"a.go": "package a\n", "sub/b.go": "package b\n", "tools/go.mod": "module tools\n", "tools/c.go": "package c\n",
		"testdata/d.go": "not Go", ".git/e.go": "not Go", "notes.txt": "not Go",
	}
	for path, text := range tree {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var have []string
	for _, s := range readTree(t, root) {
		have = append(have, s.path)
	}
	if strings.Join(have, " ") != "a.go sub/b.go" {
		t.Errorf("have %v, want a.go and sub/b.go", have)
	}
}
