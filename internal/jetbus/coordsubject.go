package jetbus

import (
	"fmt"
	"strings"

	"github.com/ewsnats/ewsnats/internal/lease"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// kindCoverage names the coverage records of groups beside [lease.KindMember] and
// [lease.KindClaim].
const kindCoverage lease.Kind = "coverage"

// coordSubject is where a record of a stage is stored. A name that would come back
// as another is refused: its owner would not know it again.
func (b *Bus) coordSubject(stage string, key lease.Key) (string, error) {
	if key.Name == "" {
		return "", fmt.Errorf("a %s record needs a name", key.Kind)
	}
	if lower := asciiLower(key.Name); lower != key.Name {
		return "", fmt.Errorf("the %s %q cannot be stored: names are kept in lower case, write %q", key.Kind, key.Name, lower)
	}
	switch key.Kind {
	case lease.KindMember:
		return b.subjects.Member(stage, key.Name), nil
	case lease.KindClaim:
		return b.subjects.Claim(stage, key.Name), nil
	}
	return "", fmt.Errorf("records of kind %q are not stored", key.Kind)
}

func asciiLower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// place is what the subject of a record says.
type place struct {
	stage string // empty for coverage
	key   lease.Key
}

// placeOf reads the subject of a member, a claim or a coverage record.
func (b *Bus) placeOf(subject string) (place, error) {
	rest, ok := strings.CutPrefix(subject, b.subjects.Prefix+".coord.")
	tokens := strings.Split(rest, ".")
	kind := lease.Kind(tokens[0])
	want := 3
	if kind == kindCoverage {
		want = 2
	}
	if !ok || len(tokens) != want {
		return place{}, fmt.Errorf("subject %s is not that of a record", subject)
	}
	name, err := messages.ParseToken(tokens[want-1])
	if err != nil {
		return place{}, fmt.Errorf("read subject %s: %w", subject, err)
	}
	at := place{key: lease.Key{Kind: kind, Name: name}}
	if kind == kindCoverage {
		return at, nil
	}
	if at.stage, err = messages.ParseToken(tokens[1]); err != nil {
		return place{}, fmt.Errorf("read subject %s: %w", subject, err)
	}
	return at, nil
}
