package maillist

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ewsnats/ewsnats/internal/app/yamldoc"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Error is a list with lines that are no addresses.
type Error struct {
	Path  string
	Lines []Line
}

// Line is one that cannot be read.
type Line struct {
	Number int // counted from 1
	Err    error
}

// Error has a line for each bad line of the list: FILE:LINE: what is wrong.
func (e *Error) Error() string {
	lines := make([]string, len(e.Lines))
	for i, line := range e.Lines {
		lines[i] = fmt.Sprintf("%s:%d: %v", e.Path, line.Number, line.Err)
	}
	return strings.Join(lines, "\n")
}

// Read reads a list. The error is an *[Error] when lines of it are wrong.
func Read(path string) ([]messages.Address, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the mailbox list cannot be read: %w", err)
	}
	return parse(path, data)
}

func parse(path string, data []byte) ([]messages.Address, error) {
	p := parser{path: path}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	switch strings.ToLower(filepath.Ext(path)) {
	case ".yaml", ".yml":
		p.yaml(data)
	default:
		p.text(data)
	}
	if len(p.wrong) > 0 {
		return nil, &Error{Path: path, Lines: p.wrong}
	}
	slices.Sort(p.addresses)
	return slices.Compact(p.addresses), nil
}

type parser struct {
	path      string
	addresses []messages.Address
	wrong     []Line
}

func (p *parser) address(text string, line int) {
	address, err := messages.ParseAddress(text)
	if err != nil {
		p.wrong = append(p.wrong, Line{Number: line, Err: err})
		return
	}
	p.addresses = append(p.addresses, address)
}

func (p *parser) text(data []byte) {
	number := 0
	for line := range strings.Lines(string(data)) {
		number++
		if text := strings.TrimSpace(withoutComment(line)); text != "" {
			p.address(text, number)
		}
	}
}

// withoutComment cuts a comment. A # inside an address, where RFC 5321 allows it,
// does not follow white space and begins none.
func withoutComment(line string) string {
	for i := range len(line) {
		if line[i] == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t') {
			return line[:i]
		}
	}
	return line
}

func (p *parser) yaml(data []byte) {
	list, err := yamldoc.Decode(data)
	var invalid *yamldoc.Error
	if errors.As(err, &invalid) {
		p.wrong = append(p.wrong, Line{Number: max(invalid.Line, 1), Err: err})
	}
	if list == nil {
		return
	}
	if list.Kind != yaml.SequenceNode {
		p.wrong = append(p.wrong, Line{Number: list.Line, Err: errors.New("not a sequence: write each address on a line of its own, as - name@example.com")})
		return
	}
	for _, item := range list.Content {
		if item.Kind != yaml.ScalarNode {
			p.wrong = append(p.wrong, Line{Number: item.Line, Err: errors.New("not an address: write - name@example.com")})
			continue
		}
		p.address(item.Value, item.Line)
	}
}
