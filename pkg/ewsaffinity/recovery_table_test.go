package ewsaffinity

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestTableIsTranscribed compares the table with its transcription in testdata,
// row by row and in both directions.
func TestTableIsTranscribed(t *testing.T) {
	want := readTranscription(t)
	have := map[string]string{}
	for code, rows := range table {
		for _, row := range rows {
			have[string(code)+" | "+letters(row.At, opLetters)] = notation(row)
		}
	}
	for key, line := range want {
		if row, ok := have[key]; !ok {
			t.Errorf("%s: the table has no such row", key)
		} else if row != line {
			t.Errorf("%s:\nwant %s\nhave %s", key, line, row)
		}
	}
	for key := range have {
		if _, ok := want[key]; !ok {
			t.Errorf("%s: the row is not in testdata/recovery_codes.txt", key)
		}
	}
}

// TestRecoverFindsEachRowWhereItIsExpected: no row is hidden by another one.
func TestRecoverFindsEachRowWhereItIsExpected(t *testing.T) {
	for code, rows := range table {
		for i, row := range rows {
			for op, bit := range opsOf {
				if row.At&bit == 0 || slices.ContainsFunc(rows[:i], func(r Row) bool { return r.At.Has(op) }) {
					continue
				}
				have := Recover(op, code)
				if have.At != row.At || have.Meaning != row.Meaning || have.Code != code || !have.Known {
					t.Errorf("Recover(%s, %s) is the row of %s, want that of %s", op, code,
						letters(have.At, opLetters), letters(row.At, opLetters))
				}
			}
		}
	}
}

func TestRowsAreComplete(t *testing.T) {
	for code, rows := range table {
		for _, row := range append(rows, anyOther) {
			if len(row.Steps) == 0 || row.Scope == 0 || row.Subscription == "" || row.Meaning == "" || row.Source == "" {
				t.Errorf("%s: the row lacks steps, scope, fate, meaning or source: %+v", code, row)
			}
		}
	}
}

// TestEveryDoIsReachable: each thing that can be done is what some fault asks for.
func TestEveryDoIsReachable(t *testing.T) {
	reached := map[Do]bool{}
	for code := range table {
		for op := range opsOf {
			row := Recover(op, code)
			for times := 1; times < 8; times++ {
				reached[row.Next(Seen{Times: times}).Do] = true
				reached[row.Next(Seen{Times: times, Several: true}).Do] = true
			}
		}
	}
	for do := range doLetters {
		if !reached[do] {
			t.Errorf("no row ever asks for %s", do)
		}
	}
}

// TestCodesAreInTheSchema holds the EWS codes of the table against the schema's
// ResponseCodeType, where the reference material is at hand.
func TestCodesAreInTheSchema(t *testing.T) {
	folder := os.Getenv("EWSNATS_REFERENCE")
	if folder == "" {
		t.Skip("EWSNATS_REFERENCE is not set: no schema to compare with")
	}
	schema := responseCodes(t, filepath.Join(folder, "xsd", "messages.xsd"))
	absent := map[Code]bool{"ErrorConnectionFailedTransientError": true} // known from exchangelib only
	for code := range table {
		if !strings.HasPrefix(string(code), "Error") {
			continue
		}
		if schema[code] == absent[code] {
			t.Errorf("%s: in the schema %v, want %v", code, schema[code], !absent[code])
		}
	}
}

func responseCodes(t *testing.T, path string) map[Code]bool {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	codes, inside := map[Code]bool{}, false
	for decoder := xml.NewDecoder(file); ; {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		switch element := token.(type) {
		case xml.StartElement:
			if element.Name.Local == "simpleType" {
				inside = attribute(element, "name") == "ResponseCodeType"
			} else if inside && element.Name.Local == "enumeration" {
				codes[Code(attribute(element, "value"))] = true
			}
		}
	}
	if len(codes) < 500 {
		t.Fatalf("%s: %d response codes, want the 500 and more of the schema", path, len(codes))
	}
	return codes
}

func attribute(element xml.StartElement, name string) string {
	for _, attr := range element.Attr {
		if attr.Name.Local == name {
			return attr.Value
		}
	}
	return ""
}

// readTranscription maps "code | where" to the rest of its line.
func readTranscription(t *testing.T) map[string]string {
	t.Helper()
	file, err := os.Open("testdata/recovery_codes.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows := map[string]string{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		line := lines.Text()
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.SplitN(line, " | ", 3)
		if len(fields) != 3 {
			t.Fatalf("testdata/recovery_codes.txt: %q has not five columns", line)
		}
		key := fields[0] + " | " + fields[1]
		if _, twice := rows[key]; twice {
			t.Fatalf("testdata/recovery_codes.txt: %s stands twice", key)
		}
		rows[key] = fields[2]
	}
	return rows
}

var doLetters = map[Do]string{
	Nothing: "-", Retry: "T", HonourHint: "H", ReopenSameIDs: "C", Resubscribe: "S", Regroup: "G",
	Rediscover: "D", RediscoverGroup: "DG", Park: "P", Stop: "O",
}

type letter[Set ~uint8] struct {
	bit    Set
	letter string
}

var (
	opLetters = []letter[Ops]{
		{subscribe, "S"}, {stream, "G"}, {readBack, "R"}, {unsubscribe, "U"}, {discover, "A"},
	}
	scopeLetters = []letter[Scope]{
		{ScopeMailbox, "m"}, {ScopeGroup, "g"}, {ScopeEndpoint, "e"}, {ScopeAccount, "a"}, {ScopeClient, "c"},
	}
	fateLetters = map[Fate]string{Kept: "k", Dead: "x", Unknown: "?", None: "-"}
)

func letters[Set ~uint8](set Set, alphabet []letter[Set]) string {
	var have []string
	for _, l := range alphabet {
		if set&l.bit != 0 {
			have = append(have, l.letter)
		}
	}
	if len(have) == 5 && have[0] == "S" {
		return "*"
	}
	return strings.Join(have, " ")
}

// notation writes a row as the transcription does.
func notation(row Row) string {
	var chain []string
	for _, step := range row.Steps {
		chain = append(chain, stepNotation(step))
	}
	do := strings.Join(chain, ">")
	for _, instead := range []struct {
		when string
		do   Do
	}{{"move", row.Moved}, {"ours", row.Ours}, {"most", row.Most}} {
		if instead.do != "" {
			do += " " + instead.when + ":" + doLetters[instead.do]
		}
	}
	fate := fateLetters[row.Subscription]
	if row.Gap {
		fate += "!"
	}
	return letters(row.Scope, scopeLetters) + " | " + do + " | " + fate
}

func stepNotation(step Step) string {
	s := doLetters[step.Do]
	if step.Times > 0 {
		s += fmt.Sprint(step.Times)
	}
	if step.Wait > 0 {
		s += "@" + step.Wait.String()
	}
	if step.With != "" {
		s += "/" + string(step.With)
	}
	return s
}
