package archtest

import (
	"fmt"
	"slices"
	"strings"
)

// violation is a file that breaks a rule.
type violation struct{ path, text string }

func (v violation) String() string { return v.path + ": " + v.text }

// rule looks at one file.
type rule func(source) (complaints []string)

func rules() []rule {
	return []rule{
		publicPackagesStandAlone, stagesStandAlone, natsStaysInJetbus, serverStaysInNatsserver,
		breakerStaysInBreaker, smtpStaysInSimsmtp, pureImports, pureClock, clientAndSimulatorNeverMeet, walkStandsOnTheClient, mainsAreShort,
	}
}

// check holds the rules against the files, and the rule on stages also against
// everything of this module that a stage is built of.
func check(sources []source) []violation {
	var found []violation
	for _, s := range sources {
		for _, r := range rules() {
			for _, text := range r(s) {
				found = append(found, violation{s.path, text})
			}
		}
	}
	return append(found, stagesReachNoTransport(sources)...)
}

// within reports whether a package lies in a folder or below it.
func within(folder string, roots ...string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return folder == root || strings.HasPrefix(folder, root+"/")
	})
}

var (
	natsClient = []string{"github.com/nats-io/nats.go", "github.com/ThreeDotsLabs/watermill", "github.com/ThreeDotsLabs/watermill-nats"}
	natsServer = []string{"github.com/nats-io/nats-server"}
	breaker    = []string{"github.com/sony/gobreaker"}
	smtp       = []string{"github.com/emersion"}
	stages     = []string{"internal/discoverer", "internal/subscriber", "internal/streamer"}
	pure       = []string{"pkg/messages", "pkg/ewsaffinity"}
)

func isNATS(imported string) bool {
	return within(imported, natsClient...) || within(imported, natsServer...)
}

// each complains about every import that is forbidden.
func (s source) each(forbidden func(imported string) bool, why string) []string {
	var complaints []string
	for _, imported := range s.imports {
		if forbidden(imported) {
			complaints = append(complaints, fmt.Sprintf("imports %s: %s", strings.TrimPrefix(imported, module+"/"), why))
		}
	}
	return complaints
}

func publicPackagesStandAlone(s source) []string {
	if !within(s.folder, "pkg") {
		return nil
	}
	return s.each(func(imported string) bool {
		folder, ours := inModule(imported)
		return ours && within(folder, "internal") || isNATS(imported) || within(imported, breaker...)
	}, "public packages know nothing of internal ones, of NATS, Watermill or gobreaker")
}

func stagesStandAlone(s source) []string {
	if !within(s.folder, stages...) {
		return nil
	}
	return s.each(func(imported string) bool {
		folder, ours := inModule(imported)
		return ours && within(folder, stages...) && !sameStage(folder, s.folder) || isNATS(imported) || imported == "net/http"
	}, "a stage sees only its ports: no other stage, no NATS, no HTTP")
}

func sameStage(a, b string) bool {
	return slices.ContainsFunc(stages, func(stage string) bool { return within(a, stage) && within(b, stage) })
}

func natsStaysInJetbus(s source) []string {
	if within(s.folder, "internal/jetbus", "e2e", "examples") { // the latter two stand for users
		return nil
	}
	return s.each(func(imported string) bool { return within(imported, natsClient...) },
		"only internal/jetbus imports nats.go, watermill and watermill-nats")
}

func serverStaysInNatsserver(s source) []string {
	complaints := s.each(func(imported string) bool {
		return within(imported, natsServer...) && !within(s.folder, "internal/natsserver")
	},
		"only internal/natsserver imports nats-server")
	if s.test || within(s.folder, "cmd/ewsnats", "internal/cli", "e2e", "internal/natsserver") {
		return complaints
	}
	return append(complaints, s.each(func(imported string) bool { return imported == module+"/internal/natsserver" },
		"the embedded server is linked into cmd/ewsnats and tests only")...)
}

func breakerStaysInBreaker(s source) []string {
	if within(s.folder, "internal/breaker") {
		return nil
	}
	return s.each(func(imported string) bool { return within(imported, breaker...) }, "only internal/breaker imports gobreaker")
}

// smtpStaysInSimsmtp: who tests with the simulator alone does without the library.
func smtpStaysInSimsmtp(s source) []string {
	if within(s.folder, "pkg/exchangesim/simsmtp") {
		return nil
	}
	return s.each(func(imported string) bool {
		folder, ours := inModule(imported)
		return within(imported, smtp...) || ours && folder == "pkg/exchangesim/simsmtp" && s.folder != "cmd/exchangesim"
	}, "only pkg/exchangesim/simsmtp imports go-smtp, and only cmd/exchangesim imports that")
}

// pureImports: tests of the pure packages may use what tests use.
func pureImports(s source) []string {
	if !within(s.folder, pure...) || s.test {
		return nil
	}
	complaints := s.each(func(imported string) bool {
		external := strings.Contains(strings.Split(imported, "/")[0], ".")
		toMessages := imported == module+"/pkg/messages" && within(s.folder, "pkg/ewsaffinity")
		return external && !toMessages
	}, "pkg/messages imports the standard library only, pkg/ewsaffinity also pkg/messages")
	return append(complaints, s.each(func(imported string) bool {
		return imported != "net/url" && within(imported, "net", "context", "log", "os")
	}, "pkg/messages and pkg/ewsaffinity decide and do nothing: no net but net/url, no context, no log, no os")...)
}

func pureClock(s source) []string {
	if !within(s.folder, pure...) || s.test {
		return nil
	}
	var complaints []string
	for _, function := range s.clock {
		complaints = append(complaints, fmt.Sprintf("calls time.%s: time comes to pkg/messages and pkg/ewsaffinity as an argument", function))
	}
	return complaints
}

func clientAndSimulatorNeverMeet(s source) []string {
	const why = "the simulator and the client judge each other: they share nothing, not even in tests"
	switch {
	case within(s.folder, "pkg/exchangesim"):
		return s.each(func(imported string) bool { return within(imported, module+"/pkg/ewssoap") }, why)
	case within(s.folder, "pkg/ewssoap"):
		return s.each(func(imported string) bool { return within(imported, module+"/pkg/exchangesim") }, why)
	}
	return nil
}

// walkStandsOnTheClient: what looks for Autodiscover is a library by itself.
func walkStandsOnTheClient(s source) []string {
	if !within(s.folder, "pkg/ewssoap/autodiscover") || s.test {
		return nil
	}
	return s.each(func(imported string) bool {
		external := strings.Contains(strings.Split(imported, "/")[0], ".")
		return external && imported != module+"/pkg/ewssoap"
	}, "pkg/ewssoap/autodiscover imports pkg/ewssoap and the standard library only")
}

// longestMain is the first length that is too long.
const longestMain = 60

func mainsAreShort(s source) []string {
	if !within(s.folder, "cmd") || !strings.HasSuffix(s.path, "/main.go") || s.lines < longestMain {
		return nil
	}
	return []string{fmt.Sprintf("has %d lines: a main parses, constructs and runs, in under %d", s.lines, longestMain)}
}

// stagesReachNoTransport follows the imports of each stage through this module.
func stagesReachNoTransport(sources []source) []violation {
	byFolder := map[string][]source{}
	for _, s := range sources {
		if !s.test {
			byFolder[s.folder] = append(byFolder[s.folder], s)
		}
	}
	var found []violation
	for _, stage := range stages {
		seen := map[string]bool{stage: true}
		for queue := []string{stage}; len(queue) > 0; queue = queue[1:] {
			for _, s := range byFolder[queue[0]] {
				if s.folder != stage {
					for _, text := range s.each(func(imported string) bool { return isNATS(imported) || imported == "net/http" },
						stage+" is built of it, and a stage sees no NATS and no HTTP") {
						found = append(found, violation{s.path, text})
					}
				}
				queue = append(queue, unseen(s, seen)...)
			}
		}
	}
	return found
}

// unseen are the packages of this module that a file imports, those seen left out.
func unseen(s source, seen map[string]bool) []string {
	var folders []string
	for _, imported := range s.imports {
		if folder, ours := inModule(imported); ours && !seen[folder] {
			seen[folder] = true
			folders = append(folders, folder)
		}
	}
	return folders
}
