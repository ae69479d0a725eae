package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/ewsnats/ewsnats"

// source is what the rules look at in a Go file.
type source struct {
	path    string // of the file, from the root of the repository
	folder  string // of its package
	test    bool
	lines   int
	imports []string // those of this module without its path
	clock   []string // functions of package time that read or use the clock
}

// inModule tells the folder of a package of this module.
func inModule(imported string) (folder string, ok bool) {
	return strings.CutPrefix(imported, module+"/")
}

// readTree reads every Go file of the module below root. Folders with a go.mod of
// their own are other modules.
func readTree(t *testing.T, root string) []source {
	t.Helper()
	var sources []source
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != root && otherTree(path, entry.Name()):
			return filepath.SkipDir
		case entry.IsDir() || filepath.Ext(path) != ".go":
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		s, err := parse(filepath.ToSlash(name), string(text))
		sources = append(sources, s)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sources
}

func otherTree(path, name string) bool {
	_, err := os.Stat(filepath.Join(path, "go.mod"))
	return err == nil || name == "testdata" || strings.HasPrefix(name, ".")
}

// clockFunctions are those of package time that make behaviour depend on when it
// happens.
var clockFunctions = map[string]bool{
	"Now": true, "Since": true, "Until": true, "Sleep": true, "After": true, "AfterFunc": true,
	"Tick": true, "NewTicker": true, "NewTimer": true,
}

func parse(path, text string) (source, error) {
	folder := ""
	if slash := strings.LastIndexByte(path, '/'); slash >= 0 {
		folder = path[:slash]
	}
	s := source{path: path, folder: folder, test: strings.HasSuffix(path, "_test.go"), lines: strings.Count(text, "\n")}
	file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.SkipObjectResolution)
	if err != nil {
		return s, err
	}
	clock := "time"
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return s, err
		}
		s.imports = append(s.imports, imported)
		if imported == "time" && spec.Name != nil {
			clock = spec.Name.Name
		}
	}
	ast.Inspect(file, func(node ast.Node) bool {
		if selector, ok := node.(*ast.SelectorExpr); ok && clockFunctions[selector.Sel.Name] {
			if from, ok := selector.X.(*ast.Ident); ok && from.Name == clock {
				s.clock = append(s.clock, selector.Sel.Name)
			}
		}
		return true
	})
	return s, nil
}
