package config

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ewsnats/ewsnats/internal/app/yamldoc"
)

// readFile sets what the file says.
func (r *reading) readFile(path string) {
	data, err := os.ReadFile(path)
	if err != nil {
		r.add(Problem{Where: path, Wrong: "the configuration file cannot be read", Instead: err.Error()})
		return
	}
	root, err := yamldoc.Decode(data)
	var invalid *yamldoc.Error
	if errors.As(err, &invalid) {
		r.add(Problem{Where: at(path, invalid.Line), Wrong: invalid.Text, line: invalid.Line})
	}
	if root != nil {
		fileReader{reading: r, path: path}.section("", root)
	}
}

// at is file:line.
func at(path string, line int) string {
	if line == 0 {
		return path
	}
	return fmt.Sprintf("%s:%d", path, line)
}

// fileReader walks the nodes of a file.
type fileReader struct {
	*reading
	path string
}

func (f fileReader) where(node *yaml.Node) string { return at(f.path, node.Line) }

func (f fileReader) problem(node *yaml.Node, key, wrong, instead string) {
	f.add(Problem{Where: f.where(node), Key: key, Wrong: wrong, Instead: instead, line: node.Line})
}

// section reads the keys below a prefix. A section without keys is one whose
// lines are all commented out.
func (f fileReader) section(prefix string, node *yaml.Node) {
	if node.Kind == yaml.ScalarNode && node.Tag == "!!null" {
		return
	}
	if node.Kind != yaml.MappingNode {
		f.problem(node, prefix, "is a section, not a value", f.sectionHint(prefix))
		return
	}
	seen := map[string]int{}
	for i := 0; i < len(node.Content); i += 2 {
		name, content := node.Content[i], node.Content[i+1]
		key := join(prefix, name.Value)
		if line, twice := seen[name.Value]; twice {
			f.problem(name, key, fmt.Sprintf("set twice, first on line %d", line), "keep one of them")
			continue
		}
		seen[name.Value] = name.Line
		f.entry(prefix, key, name, content)
	}
}

func (f fileReader) entry(prefix, key string, name, content *yaml.Node) {
	if s, known := f.byKey[key]; known {
		f.leaf(s, name, content)
		return
	}
	if f.isSection(key) {
		f.section(key, content)
		return
	}
	f.problem(name, key, "unknown key", didYouMean(name.Value, f.namesBelow(prefix)))
}

func (f fileReader) leaf(s setting, name, content *yaml.Node) {
	text, wrong := scalarText(s, content)
	if wrong != nil {
		f.problem(name, s.key, wrong.wrong, wrong.instead)
		return
	}
	f.set(s, text, f.where(name), name.Line)
}

// scalarText is what a node says: one value, or a sequence where s is a list.
func scalarText(s setting, node *yaml.Node) (string, *mistake) {
	switch {
	case node.Kind == yaml.ScalarNode && node.Tag == "!!null":
		return "", &mistake{"has no value", "write one, or take the line out"}
	case node.Kind == yaml.ScalarNode:
		return node.Value, nil
	case node.Kind != yaml.SequenceNode || !s.value.list:
		return "", &mistake{"must be a single value", "write " + s.key[strings.LastIndexByte(s.key, '.')+1:] + ": VALUE"}
	}
	var parts []string
	for _, item := range node.Content {
		if item.Kind != yaml.ScalarNode {
			return "", &mistake{"must be a list of single values", "write [a, b]"}
		}
		parts = append(parts, item.Value)
	}
	return strings.Join(parts, ","), nil
}

// sectionHint says what belongs below a section. References to secrets are
// sections too: a secret written in their place is not shown.
func (f fileReader) sectionHint(prefix string) string {
	names := f.namesBelow(prefix)
	if prefix != "" && len(names) == 2 && names[0] == "file" && names[1] == "env" {
		return "secrets do not stand in the file: write {file: PATH} or {env: NAME}"
	}
	return "write its keys below it: " + strings.Join(names, ", ")
}

func join(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}
