package interop

import (
	"bufio"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// snippet is the code of a language in the document of the simulator, as it stands there but for the server's address.
func snippet(t *testing.T, language string, sim simulator) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/simulator.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	const documented = "http://127.0.0.1:8080"
	if len(blocks) != 1 || !strings.Contains(blocks[0][1], documented) {
		t.Fatalf("the document has %d snippets in %s, or one without %s", len(blocks), language, documented)
	}
	return strings.ReplaceAll(blocks[0][1], documented, sim.url)
}

// The programs of the document print events of what the users do, who work as in its five minutes.
func TestSnippets(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		language string
		command  func(t *testing.T) []string // takes the code as its last argument
		line     string                      // that it prints
	}{
		{"python", func(t *testing.T) []string { return []string{python(t, "exchangelib"), "-u", "-c"} },
			`^(Created|NewMail|Modified|Moved|Copied|Deleted)Event \d{4}-\d\d-\d\d`},
		{"js", func(t *testing.T) []string { return []string{node(t, "ews-javascript-api"), "-e"} },
			`^(Created|NewMail) \w{3} \w{3} \d\d \d{4}`},
	} {
		t.Run(test.language, func(t *testing.T) {
			command := test.command(t)
			t.Parallel()
			sim := start(t, "-user", "svc", "-password", "secret", "-mailboxes", "1", "-servers", "1", "-rate", "20")
			command = append(command, snippet(t, test.language, sim))
			cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
			cmd.Env = append(os.Environ(), "NO_PROXY=*", "no_proxy=*")
			cmd.Stderr = os.Stderr
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			line, err := bufio.NewReader(out).ReadString('\n')
			if t.Log(strings.TrimSpace(line)); err != nil || !regexp.MustCompile(test.line).MatchString(line) {
				t.Errorf("printed %q, %v; want %s", line, err, test.line)
			}
			_ = cmd.Process.Kill() // it would read for a minute
			_ = cmd.Wait()
		})
	}
}
