package ewssoap

import (
	"io"
	"testing"
)

// TestABodyIsKeptUntilNobodyReadsIt: another try sends all of it, and an answer that
// comes before all is sent cuts nothing off.
func TestABodyIsKeptUntilNobodyReadsIt(t *testing.T) {
	b := &body{content: []byte("content")}
	for range 2 {
		if sent, err := io.ReadAll(b.reader()); string(sent) != "content" || err != nil {
			t.Errorf("sent %q, %v", sent, err)
		}
	}
	if b.release(); b.content != nil {
		t.Error("kept although it is sent and answered")
	}
	early := &body{content: []byte("content")}
	early.release()
	if sent, err := io.ReadAll(early.reader()); string(sent) != "content" || err != nil {
		t.Errorf("sent %q after an early answer, %v", sent, err)
	}
	if early.content != nil {
		t.Error("kept although it was answered and then sent")
	}
}
