package ewsaffinity

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the expected effects of the stories in testdata")

// TestStories runs the transcripts of testdata/story: a command, dashes, and its
// effect up to an empty line. Lines that begin with # are comments. After a change
// of behaviour run the test with -update and review the difference.
//
//	enrol NAMES [by=SOURCE]      withdraw NAMES [by=SOURCE]
//	discover NAMES at=SITE/GROUPING
//	stale NAMES                  park NAMES for=DURATION
//	size N                       advance DURATION
//	plan                         what is to be done
//	subscribe [reject=NAMES]     do it, but Exchange rejects some
//	start, finish [reject=NAMES] the same in two steps
//	lost NAMES [by=ACTION] [from=GROUP]
//	repeat                       the last request again
//	groups                       all groups with their members
//	where NAMES                  the group and the subscription of each
//
// NAMES are separated by commas; a001-a450 is a range.
func TestStories(t *testing.T) {
	paths, err := filepath.Glob("testdata/story/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			have := retell(t, string(want))
			if *update {
				if err := os.WriteFile(path, []byte(have), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if have != string(want) {
				t.Errorf("the story goes otherwise%s", firstDifference(string(want), have))
			}
		})
	}
}

const dashes = "----"

// retell runs the commands of a transcript and returns it with their effects.
func retell(t *testing.T, transcript string) string {
	s := newStory(t)
	var out strings.Builder
	lines := strings.Split(strings.TrimSuffix(transcript, "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		out.WriteString(line + "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		effect := s.run(line)
		if i+1 < len(lines) && lines[i+1] == dashes {
			for i++; i+1 < len(lines) && lines[i+1] != ""; i++ {
			}
		}
		if effect != "" {
			out.WriteString(dashes + "\n" + effect)
		}
	}
	return out.String()
}

func firstDifference(want, have string) string {
	w, h := strings.Split(want, "\n"), strings.Split(have, "\n")
	for i := range min(len(w), len(h)) {
		if w[i] != h[i] {
			return " in line " + itoa(i+1) + "\nwant " + w[i] + "\nhave " + h[i]
		}
	}
	return ": one ends in line " + itoa(min(len(w), len(h)))
}
