// Package yamldoc reads files that hold one YAML document, and tells on which
// line they are wrong.
package yamldoc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// Error is a file that is not one YAML document.
type Error struct {
	Line int // counted from 1; 0: unknown
	Text string
}

func (e *Error) Error() string { return e.Text }

// Decode returns the root of a file's only document; nil when the file is empty
// or holds comments only. The error is an *[Error].
func Decode(data []byte) (*yaml.Node, error) {
	var document, second yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, syntaxError(err)
	}
	switch err := decoder.Decode(&second); {
	case errors.Is(err, io.EOF):
		return document.Content[0], nil
	case err != nil:
		return nil, syntaxError(err)
	}
	return nil, &Error{Line: second.Line, Text: "a second YAML document begins here: keep one, without --- between"}
}

// The library tells the line in its text only.
var position = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

func syntaxError(err error) *Error {
	line := 0
	if match := position.FindStringSubmatch(err.Error()); match != nil && match[1] != "" {
		line, _ = strconv.Atoi(match[1])
	}
	return &Error{Line: line, Text: fmt.Sprintf("not valid YAML: %s", position.ReplaceAllString(err.Error(), ""))}
}
