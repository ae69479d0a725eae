package ewssoap

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// reference returns a folder of the reference material, or skips the test.
func reference(t testing.TB, name string) string {
	t.Helper()
	root := os.Getenv("EWSNATS_REFERENCE")
	if root == "" {
		t.Skip("EWSNATS_REFERENCE names no folder with reference material")
	}
	folder := filepath.Join(root, name)
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("EWSNATS_REFERENCE holds no %s: %v", name, err)
	}
	return folder
}

// TestSchema validates every golden request of EWS against the published schema.
func TestSchema(t *testing.T) {
	xsd := filepath.Join(reference(t, "xsd"), "messages.xsd")
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("xmllint is not installed")
	}
	folder := t.TempDir()
	args := []string{"--noout", "--schema", xsd}
	for _, test := range wireCases {
		if strings.HasPrefix(test.name, "getusersettings/") {
			continue // of another schema
		}
		file := filepath.Join(folder, strings.ReplaceAll(test.name, "/", "-")+".xml")
		if err := os.WriteFile(file, bodyOf(t, wire(t, test.name+".req.xml")), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	if out, err := exec.Command(xmllint, args...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// bodyOf returns the element in the Body of a request as a document of its own.
func bodyOf(t *testing.T, envelope []byte) []byte {
	t.Helper()
	_, body, found := bytes.Cut(envelope, []byte("<s:Body>"))
	body, _, closed := bytes.Cut(body, []byte("</s:Body>"))
	if !found || !closed {
		t.Fatalf("no Body in %s", envelope)
	}
	end := bytes.IndexAny(body, " />")
	namespaces := ` xmlns:t="` + typesNamespace + `" xmlns:m="` + messagesNamespace + `"`
	return append(append(bytes.Clone(body[:end]), namespaces...), body[end:]...)
}
