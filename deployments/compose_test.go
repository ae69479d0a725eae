package deployments

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/ewsnats/ewsnats/internal/app/config"
)

// composeFile is what the tests look at in compose.yaml; what it does not have a
// field for is in Rest.
type composeFile struct {
	Name     string
	Services map[string]service
	Volumes  map[string]any
	Secrets  map[string]struct{ File string }
	Rest     map[string]any `yaml:",inline"`
}

type service struct {
	Image           string
	Build           struct{ Context, Dockerfile, Target string }
	Entrypoint      []string
	Command         []string
	Environment     map[string]string
	Volumes         []string
	Secrets         []string
	Restart         string
	StopGracePeriod string   `yaml:"stop_grace_period"`
	ReadOnly        bool     `yaml:"read_only"`
	CapDrop         []string `yaml:"cap_drop"`
	SecurityOpt     []string `yaml:"security_opt"`
	Profiles        []string
}

var stages = []string{"discoverer", "subscriber", "streamer"}

func compose(t *testing.T) composeFile {
	t.Helper()
	decoder := yaml.NewDecoder(bytes.NewReader(read(t, "compose.yaml")))
	decoder.KnownFields(true) // container_name, ports and the like are no fields of a service above
	var c composeFile
	if err := decoder.Decode(&c); err != nil {
		t.Fatal(err)
	}
	for key := range c.Rest {
		if !strings.HasPrefix(key, "x-") {
			t.Errorf("compose.yaml: the tests do not know %s", key)
		}
	}
	return c
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// deployed is the configuration of the compose file, read where its files lie here.
func deployed(t *testing.T) *config.Config {
	t.Helper()
	cfg, err := config.Parse("streamer", []string{"--config", "compose/ewsnats/ewsnats.yaml",
		"--mailboxes-list", "compose/ewsnats/mailboxes.txt", "--exchange-account-password-file", "compose/exchange-password"},
		t.Output(), config.NeedNATS|config.NeedExchange|config.NeedDiscovery)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestEveryFileOfTheComposeFileExists(t *testing.T) {
	c := compose(t)
	for name, s := range c.Services {
		files := []string{}
		if s.Build.Context != "" {
			files = append(files, filepath.Join(s.Build.Context, s.Build.Dockerfile))
		}
		for _, volume := range s.Volumes {
			from, _, _ := strings.Cut(volume, ":")
			if strings.HasPrefix(from, ".") {
				files = append(files, from)
			} else if _, declared := c.Volumes[from]; !declared {
				t.Errorf("%s: volume %s is not declared", name, from)
			}
		}
		for _, secret := range s.Secrets {
			files = append(files, c.Secrets[secret].File)
		}
		for _, file := range files {
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestStagesCanBeScaledAndEndInOrder(t *testing.T) {
	c, cfg := compose(t), deployed(t)
	for _, name := range stages {
		s := c.Services[name]
		grace, err := time.ParseDuration(s.StopGracePeriod)
		switch {
		case err != nil || grace <= cfg.Drain:
			t.Errorf("%s: stop_grace_period %q is not above drain, %s: %v", name, s.StopGracePeriod, cfg.Drain, err)
		case !slices.Equal(s.Command, []string{name}):
			t.Errorf("%s: the command is %v", name, s.Command)
		case s.Restart != "on-failure":
			t.Errorf("%s: restart is %q: a stage that was killed must come back", name, s.Restart)
		case !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || len(s.SecurityOpt) == 0:
			t.Errorf("%s may do more than it needs", name)
		case s.Environment["EWSNATS_ID"] != "":
			t.Errorf("%s: all replicas would have one id", name)
		}
	}
}

func TestConfigurationIsWhatTheComposeFileMounts(t *testing.T) {
	c, cfg := compose(t), deployed(t)
	if cfg.HTTP.Listen != "0.0.0.0:8080" || cfg.ID != "" {
		t.Errorf("http.listen is %q, id %q: want probes that are reached, and an id for each replica", cfg.HTTP.Listen, cfg.ID)
	}
	if !strings.Contains(cfg.NATS.URL, "//nats:") || !strings.Contains(cfg.Exchange.Autodiscover.URL, "//exchangesim:") {
		t.Errorf("%s and %s are not the services", cfg.NATS.URL, cfg.Exchange.Autodiscover.URL)
	}
	text := string(read(t, "compose/ewsnats/ewsnats.yaml"))
	for _, name := range append(stages, "tool") {
		s := c.Services[name]
		if !slices.Contains(s.Volumes, "./compose/ewsnats:/etc/ewsnats:ro") || s.Environment["EWSNATS_CONFIG"] != "/etc/ewsnats/ewsnats.yaml" {
			t.Errorf("%s has no configuration", name)
		}
		if !slices.Contains(s.Secrets, "exchange-password") {
			t.Errorf("%s has no password", name)
		}
	}
	for _, path := range []string{"list: /etc/ewsnats/mailboxes.txt", "file: /run/secrets/exchange-password"} {
		if !strings.Contains(text, path) {
			t.Errorf("ewsnats.yaml lacks %s", path)
		}
	}
	password, err := cfg.Exchange.Account.Password.Read()
	if err != nil {
		t.Fatal(err)
	}
	sim := strings.Join(c.Services["exchangesim"].Command, " ")
	if !strings.Contains(sim, "-user "+cfg.Exchange.Account.User+" ") || !strings.HasSuffix(sim, "-password "+password) {
		t.Errorf("exchangesim asks for another login: %s", sim)
	}
}

var maxFile = regexp.MustCompile(`(?m)^  max_file: (\d+)GB$`)

func TestEventsFitIntoNATS(t *testing.T) {
	cfg := deployed(t)
	conf := string(read(t, "compose/nats.conf"))
	match := maxFile.FindStringSubmatch(conf)
	if match == nil || len(match[1]) != 1 {
		t.Fatal("nats.conf: no max_file of a few GB")
	}
	const gigabyte = 1 << 30 // NATS counts in powers of two
	if room := int64(match[1][0]-'0') * gigabyte; int64(cfg.NATS.Events.MaxBytes)+gigabyte/2 > room {
		t.Errorf("events take up to %s of %d bytes: too little is left for the other streams", cfg.NATS.Events.MaxBytes, room)
	}
	if !slices.Contains(compose(t).Services["nats"].Volumes, "nats:/data") || !strings.Contains(conf, "store_dir: /data") {
		t.Error("NATS does not store in its volume")
	}
}

// imageStages are the stages of the container file by name, "" for the last one.
func imageStages(t *testing.T) map[string]string {
	t.Helper()
	stages := map[string]string{}
	for _, text := range strings.Split(string(read(t, "Containerfile")), "\nFROM ")[1:] {
		line, _, _ := strings.Cut(text, "\n")
		_, name, _ := strings.Cut(line, " AS ")
		stages[name] = text
	}
	return stages
}

func TestContainerfile(t *testing.T) {
	stages := imageStages(t)
	for name, lines := range map[string][]string{
		"build": {"CGO_ENABLED=0 go build", "-o /out/ ./cmd/..."}, // all commands, without C
		"":      {"\nENTRYPOINT [\"/usr/local/bin/ewsnats\"]", "COPY --from=build /out/ /usr/local/bin/", "\nEXPOSE 8080\n"},
		"exchangesim": {"\nENTRYPOINT [\"/usr/local/bin/exchangesim\"]", "COPY --from=build /out/exchangesim /usr/local/bin/",
			"\nEXPOSE 8080 2525\n", "\nCMD [\"-listen\", \"0.0.0.0:8080\"]", "-probe\", \"http://127.0.0.1:8080\"]"},
	} {
		if name != "build" {
			lines = append(lines, "gcr.io/distroless/static-debian12:nonroot", "\nUSER nonroot")
		}
		for _, line := range lines {
			if !strings.Contains(stages[name], line) {
				t.Errorf("stage %q lacks %q", name, line)
			}
		}
	}
	module := string(read(t, "../go.mod"))
	wants := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(module)[1]
	if !strings.HasPrefix(stages["build"], "golang:"+wants+" ") {
		t.Errorf("go.mod asks for Go %s", wants)
	}
}

// The flags that the image and the compose file give to exchangesim are flags that it has, and its stage is one.
func TestExchangesimOfTheImage(t *testing.T) {
	sim := compose(t).Services["exchangesim"]
	stage := imageStages(t)[sim.Build.Target]
	if sim.Build.Target != "exchangesim" || stage == "" || sim.Image != "exchangesim" {
		t.Errorf("the compose file builds %q as %s", sim.Build.Target, sim.Image)
	}
	flags := sim.Command
	for _, match := range regexp.MustCompile(`"(-[a-z-]+)"`).FindAllStringSubmatch(stage, -1) {
		flags = append(flags, match[1])
	}
	document := string(read(t, "../docs/simulator.md")) // a test there compares it with -h
	for _, flag := range flags {
		if strings.HasPrefix(flag, "-") && !strings.Contains(document, "`"+flag+"`") {
			t.Errorf("exchangesim has no flag %s", flag)
		}
	}
}
