package config

import (
	"cmp"
	"slices"
	"strings"
)

// Error is a configuration that cannot be used: everything that is wrong with it.
type Error struct{ Problems []Problem }

// Problem is one thing that is wrong.
type Problem struct {
	Where   string // file:line, --flag or environment variable; empty where a value is missing
	Key     string // such as groups.size; empty where it is about no key
	Wrong   string // what is wrong
	Instead string // what to write instead
	line    int
}

// Error has a line for each problem.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// ExitCode is EX_CONFIG of sysexits.
func (e *Error) ExitCode() int { return 78 }

// String is WHERE: KEY: WHAT IS WRONG: WHAT TO WRITE INSTEAD, without what is empty.
func (p Problem) String() string {
	parts := slices.DeleteFunc([]string{p.Where, p.Key, p.Wrong, p.Instead}, func(s string) bool { return s == "" })
	return strings.Join(parts, ": ")
}

// UsageError is a command line that cannot be read.
type UsageError struct{ Text string }

func (e *UsageError) Error() string { return e.Text }

// ExitCode is EX_USAGE of sysexits.
func (e *UsageError) ExitCode() int { return 64 }

// asError makes an error of the problems, in the order of the file's lines.
func asError(problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	slices.SortStableFunc(problems, func(a, b Problem) int { return cmp.Compare(a.line, b.line) })
	return &Error{Problems: problems}
}

// mistake is what is wrong with a value, before it is known where it stands.
type mistake struct{ wrong, instead string }

func (m *mistake) Error() string { return m.wrong + ": " + m.instead }
